/* Moves the key from behind '#' into the form and out of the address bar. Without it, it is typed. */
const field = document.getElementById("code");
const key = decodeURIComponent(location.hash.slice(1));
if (field && key) {
  field.value = key.replace(/(.{5})(?=.)/g, "$1 ");
  history.replaceState(null, "", location.pathname);
}
