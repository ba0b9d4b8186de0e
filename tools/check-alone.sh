#!/bin/sh
# check-alone - the mail server's side must outlive the console's: in a copy of the tree without
# issuer/, authd and checkpassword build and every test of base, core, db and auth passes.
set -eu
cd "$(dirname "$0")/.."

copy=build/alone
rm -rf "$copy"
mkdir -p "$copy"
git ls-files --cached --others --exclude-standard |
    grep -vE '^(issuer|templates|tests/support/issuer|tests/fuzz/corpus)/' |
    while read -r file; do [ ! -f "$file" ] || printf '%s\n' "$file"; done |
    tar --create --files-from=- | tar --extract --directory="$copy"
make -C "$copy" --no-print-directory check-lower
rm -rf "$copy"
