/* Asks for the part of the page that changes by itself (#live) every 15 s, and changes only what differs, so that focus, open
   details and typed text stay. Rests while nobody looks and while paused. Without it, a grey line says to reload. */
const line = document.getElementById("live-line"), pause = document.getElementById("live-pause");
const { from, changed, out, lost } = line.dataset;
const policy = window.trustedTypes ? trustedTypes.createPolicy("cs-live", { createHTML: (text) => text }) : { createHTML: (text) => text };
let every = 0, paused = false;

const keep = (node) => node?.dataset?.keep || node?.id;
const isSame = (a, b) => a.nodeName === b.nodeName && keep(a) === keep(b);

// old becomes like fresh. What has a name (data-keep, id) stays the same element; named ones keep their order.
const become = (old, fresh) => {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  let at = old.firstChild;
  for (const want of [...fresh.childNodes]) {
    let have = at;
    if (keep(want)) while (have && !isSame(have, want)) have = have.nextSibling;
    if (!have || !isSame(have, want)) { old.insertBefore(want, at); continue; }
    while (at !== have) { const gone = at; at = at.nextSibling; gone.remove(); }
    become(have, want);
    at = have.nextSibling;
  }
  while (at) { const gone = at; at = at.nextSibling; gone.remove(); }
};

// The one thing that is said aloud: that nothing more will come.
const stop = (why) => {
  clearInterval(every);
  every = 0;
  pause.hidden = true;
  line.setAttribute("role", "status");
  line.textContent = why;
};

const look = async () => {
  if (!every || paused || document.hidden) return;
  try {
    const answer = await fetch(from, { redirect: "manual", cache: "no-store" });
    if (answer.type === "opaqueredirect") return stop(out);
    if (answer.status === 204 || answer.status === 404) return stop(changed);
    if (answer.status !== 200 || answer.type !== "basic") throw answer;
    const text = await answer.text();
    if (!every || paused) return;
    const fresh = new DOMParser().parseFromString(policy.createHTML(text), "text/html");
    for (const id of ["live", "updated"]) become(document.getElementById(id), fresh.getElementById(id));
    line.textContent = "";
  } catch {
    line.textContent = lost;
  }
};

pause.addEventListener("click", () => {
  paused = !paused;
  [pause.textContent, pause.dataset.resume] = [pause.dataset.resume, pause.textContent];
  look();
});
document.addEventListener("visibilitychange", look);
line.textContent = "";
pause.hidden = false;
every = setInterval(look, 15000);
