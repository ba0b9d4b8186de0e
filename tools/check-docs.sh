#!/bin/sh
# check-docs.sh - what the source offers and what the manual says are the same: every option of
# base/config.c in cleansmtp.conf(5) and back, every command of the command line in cleansmtp(1)
# and back.
set -u
cd "$(dirname "$0")/.." || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
bad=0

# The option tables: "static cfg_opt_t NAME_options[]" holds the section NAME, "options[]" the top.
awk '
	/^static cfg_opt_t / {
		section = $3; sub(/\[.*/, "", section)
		if (section == "options") section = ""
		else { sub(/_options$/, "", section); section = section "." }
		inside = 1
	}
	inside && /CFG_(STR|INT|BOOL|STR_LIST)\("/ {
		name = $0; sub(/[^"]*"/, "", name); sub(/".*/, "", name)
		print section name
	}
	/^};/ { inside = 0 }
' base/config.c | sort >"$work/config.source"
sed -n 's/^\.It Va //p' docs/man/cleansmtp.conf.5 | sort >"$work/config.manual"

# The table of commands: a row begins with {"words".
sed -n 's/^    {"\([a-z ]*\)",.*/\1/p' issuer/cli/command.c | sort >"$work/command.source"
while read -r words; do
	grep -q "^\.It Cm $words\( [A-Z][a-z] .*\| Po .*\|\)\$" docs/man/cleansmtp.1 && echo "$words"
done <"$work/command.source" >"$work/command.manual"

for what in config command; do
	if [ ! -s "$work/$what.source" ]; then
		echo "check-docs: no $what found in the source"
		bad=1
	fi
	if ! diff "$work/$what.source" "$work/$what.manual" >"$work/diff"; then
		echo "check-docs: $what: source (<) and manual (>) differ"
		grep '^[<>]' "$work/diff"
		bad=1
	fi
done

# Entries of the manual's sections that are no command.
sed -n 's/^\.It Cm \([a-z]* \{0,1\}[a-z]*\).*/\1/p' docs/man/cleansmtp.1 | sed 's/ *$//' | sort -u |
	while read -r words; do
		grep -qx "$words" "$work/command.source" || echo "check-docs: cleansmtp(1): \"$words\" is no command"
	done >"$work/strange"
if [ -s "$work/strange" ]; then
	cat "$work/strange"
	bad=1
fi
exit $bad
