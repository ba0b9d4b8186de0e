/* Times in the reader's own zone, with its name; the time left, once a minute; the first login. Without
 * it they stand in the host's zone, as they were when the page was made. */
const lang = document.documentElement.lang;
const own = new Intl.DateTimeFormat(lang, {weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", hourCycle: "h23"});
const zone = new Intl.DateTimeFormat(lang, {timeZoneName: "long"});
const times = document.querySelectorAll("time[datetime]");
const zoneOf = (date) => zone.formatToParts(date).find((p) => p.type === "timeZoneName").value;
const offset = document.documentElement.dataset.offset;
if (times.length && offset !== undefined && Number(offset) !== -new Date(times[0].dateTime).getTimezoneOffset()) {
  for (const t of times) t.textContent = own.format(new Date(t.dateTime)) + " (" + zoneOf(new Date(t.dateTime)) + ")";
  for (const z of document.querySelectorAll("[data-zone]")) z.hidden = true;
}

const left = document.querySelector("[data-left]");
if (left) setInterval(() => {
  const minutes = Math.max(0, Math.floor((new Date(left.dataset.left) - Date.now()) / 60000));
  const form = minutes < 60 ? left.dataset.minutes : left.dataset.hours;
  if (minutes < 2880) left.textContent = form.replace("#h", Math.floor(minutes / 60)).replace("#m", minutes % 60);
  left.classList.toggle("unsure", minutes < 120);
}, 60000);

const login = document.querySelector("[data-login]");
const look = async () => {
  if (document.hidden) return;
  try {
    const answer = await fetch(login.dataset.login);
    if (answer.status !== 200) return;
    login.textContent = "● " + await answer.text();
    login.className = "clear";
    clearInterval(every);
  } catch { /* next time */ }
};
const every = login ? setInterval(look, 10000) : 0;

for (const form of document.querySelectorAll("form[data-say]")) form.addEventListener("submit", async (event) => {
  const {submitter} = event;
  if (form.dataset.failed) return;
  event.preventDefault();
  try {
    const answer = await fetch(form.action, {method: "POST", redirect: "manual", body: new URLSearchParams({do: submitter.value})});
    if (!answer.ok && answer.type !== "opaqueredirect") throw answer;
    document.getElementById(form.dataset.say).textContent = submitter.dataset.said;
  } catch {
    form.dataset.failed = "1";
    form.requestSubmit(submitter);
  }
});
