/* Moves the key from behind '#' into the form and out of the address bar. Without it, it is typed. Says that the link was opened, which
   fetching the page does not mean: mail scanners do that. */
const field = document.getElementById("code");
const key = decodeURIComponent(location.hash.slice(1));
if (field && /^[A-Za-z0-9 -]{25,40}$/.test(key)) {
  field.value = key.replace(/[ -]/g, "").replace(/(.{5})(?=.)/g, "$1 ");
  history.replaceState(null, "", location.pathname + location.search);
  for (const a of document.querySelectorAll("a[hreflang]")) a.hash = key;
  fetch(`${location.pathname}/opened`, { method: "POST" }).catch(() => {});
}
