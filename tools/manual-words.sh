#!/bin/sh
# manual-words.sh CONF.5 - what each option is, in one sentence: OPTION, a tab, and the first sentence
# of its entry in cleansmtp.conf(5), as plain text.
#
# The settings pages show these sentences, so the manual is the only place that has them. A new
# sentence begins on a new line there. A macro that is not known here ends the build.
set -eu

awk '
function flush() {
	if (name == "") return
	if (!done) fail("\"" name "\" has no sentence")
	print name "\t" text
	name = ""
}
function fail(why) { print FILENAME ":" FNR ": " why | "cat >&2"; bad = 1; exit 1 }
function add(words, is_tight) {
	text = text (text == "" || is_tight || is_open ? "" : " ") words
	is_open = 0
}
# A line of text, or a macro with its arguments; what only ends a sentence stands tight behind it.
function take(    i, n, arg, words, end, open, shut) {
	if ($0 !~ /^\./) { gsub(/\\&/, ""); add($0); return }
	if ($1 == ".Po") { add("("); is_open = 1; return }
	if ($1 == ".Pc") { add(")" $2, 1); return }
	if ($1 !~ /^\.(Qq|Dq|Pq|Ql|Li|Pa|Va|Ar|Ic|Dv|Cm|Xr)$/) fail($1 " is not known")
	open = $1 ~ /[QD]q$/ ? "\"" : $1 == ".Pq" ? "(" : ""
	shut = open == "(" ? ")" : open
	for (i = 2; i <= NF; i++) {
		arg = $i
		gsub(/\\&/, "", arg)
		if (arg ~ /^(|No|Li|Pa|Va)$/) continue
		if (arg == "Fl") arg = "-" $(++i)
		if (arg == "Xr") { arg = $(i + 1) "(" $(i + 2) ")"; i += 2 }
		if (arg ~ /^[.,;:)]$/) { end = end arg; continue }
		words = words (words == "" ? "" : " ") arg
	}
	if ($1 == ".Xr") sub(/ /, "(", words)
	add(open words ($1 == ".Xr" ? ")" : shut) end)
}
/^\.It Va / { flush(); name = $3; text = ""; done = 0; next }
/^\.(El|Ss|Sh)/ { flush(); next }
name != "" && !done { take(); done = text ~ /\.$/ }
END { if (!bad) flush(); exit bad }
' "$1"
