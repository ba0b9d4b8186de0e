/* Keys for people who work here all day: the page /keys lists them, and switches them off. Single keys work
   only outside of fields; what cannot be undone has none. Without it, links and buttons do it all. */
const off = () => localStorage.getItem("keys") === "off";
const pages = { c: "/cases", l: "/leases", p: "/pool", i: "/listings", a: "/approvals", u: "/audit", s: "/settings", t: "/" };
let goes = 0;

const rows = () => [...document.querySelectorAll("main tbody th a, main .rows a, main .tile a")];
const step = (by) => {
  const all = rows(), at = all.indexOf(document.activeElement);
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by];
  if (next) next.focus();
};
const single = {
  n: () => location.assign("/"),
  "/": () => (document.getElementById("q") || document.getElementById("find"))?.focus(),
  j: () => step(1),
  k: () => step(-1),
  y: () => document.querySelector("[data-copy=reply]:not([hidden])")?.click(),
  "?": () => location.assign("/keys"),
  g: () => { goes = Date.now(); },
};

document.addEventListener("keydown", (e) => {
  const field = e.target.closest?.("input, textarea, select, [contenteditable]");
  if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) {
    const form = e.target.closest?.("form");
    (form?.querySelector(".go") || document.querySelector("main .go"))?.click();
    e.preventDefault();
    return;
  }
  if (e.key === "Escape") { document.activeElement?.blur(); return; }
  if (off() || field || e.ctrlKey || e.metaKey || e.altKey) return;
  const own = document.activeElement?.closest("[data-keys]")?.querySelector(`[data-key="${CSS.escape(e.key)}"]`);
  const page = Date.now() - goes < 1500 && pages[e.key];
  goes = 0;
  if (page) location.assign(page);
  else if (own) own.click();
  else if (Object.hasOwn(single, e.key)) single[e.key]();
  else return;
  e.preventDefault();
});

const box = document.getElementById("keys-on");
if (box) {
  box.closest("[hidden]").hidden = false;
  box.checked = !off();
  box.addEventListener("change", () => localStorage.setItem("keys", box.checked ? "on" : "off"));
}
