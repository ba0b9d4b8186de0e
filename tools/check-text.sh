#!/bin/sh
# check-text.sh TEMPLATES SOURCE... - the texts of all languages say the same, and each is used.
#
# In TEMPLATES: every text/PART.LANGUAGE.txt has the keys of PART's English file, with the same
# {placeholders}; every guide and mail is there in each language of the customers' texts, with the
# same ones. A key that a template or a C source (SOURCE, files) names exists, and every key of
# English is named somewhere; "state.%s.word" in C names all that it can make. A statement in C that
# speaks a key, or makes a sentence of it (core/sentence.h), names what the key fills in, and nothing
# else; where the key comes out of a table, the file does. The rows of a table that find their words by
# a name (#define ROW(n) … "{said.doubt." n "}") have a text each. A text has both forms of its plural,
# and is then spoken with a count. A page's template has no words of its own: neither between tags nor in an attribute that people read or hear. What is
# typed or a name stands in <code>, <kbd>, <var> or an element with translate="no".
set -eu
templates=$1
shift

awk -v dir="$templates/" '
function complain(text) { print FILENAME ":" FNR ": " text | "cat >&2"; bad = 1 }
function say(text) { print text | "cat >&2"; bad = 1 }
# The set of names between open and close, as one sorted word.
function names(text, open, close_,    found, list, n, i, k, t, out) {
	while ((i = index(text, open)) > 0) {
		text = substr(text, i + length(open))
		k = index(text, close_)
		if (k == 0) break
		t = substr(text, 1, k - 1)
		if (t ~ /^[#^\/>~@]?[a-z0-9_.]+$/ && !(t in found)) { found[t] = 1; list[++n] = t }
		text = substr(text, k)
	}
	for (i = 2; i <= n; i++)
		for (k = i; k > 1 && list[k - 1] > list[k]; k--) { t = list[k]; list[k] = list[k - 1]; list[k - 1] = t }
	for (i = 1; i <= n; i++) out = out " " list[i]
	return out
}
# What is left of a line of a template when everything is taken out that is not a word for people.
function bare(line,    said, name, value) {
	gsub(/\{\{[^}]*\}\}/, "", line)
	gsub(/<var>[^<]*<\/var>/, "", line)
	gsub(/<(code|kbd)[^>]*>[^<]*<\/(code|kbd)>/, "", line)
	gsub(/<[a-z]+[^>]* translate="no"[^>]*>[^<]*<\/[a-z]+>/, "", line)
	while (match(line, / (aria-label|title|alt|placeholder|label|data-said|data-select|data-label)="[^"]*"/)) {
		value = substr(line, RSTART, RLENGTH)
		gsub(/^[^"]*"|"$/, "", value)
		said = said value " "
		line = substr(line, 1, RSTART - 1) substr(line, RSTART + RLENGTH)
	}
	gsub(/<[^>]*>/, " ", line)
	line = said line
	gsub(/[ \t]+/, " ", line)
	gsub(/^ | $/, "", line)
	return line ~ /[A-Za-z]/ ? line : ""
}
FNR == 1 {
	name = FILENAME
	if (substr(name, 1, length(dir)) == dir) name = substr(name, length(dir) + 1)
	kind = name; sub(/\/.*/, "", kind)
	if (kind == FILENAME) kind = "source"
	file = name; sub(/^[^\/]*\//, "", file)
	if (kind == "text" || kind == "guides" || kind == "email") {
		split(file, part, ".")
		base = part[1]; lang = part[2]
		has[kind, base, lang] = FILENAME; bases[kind, base] = 1
		if (kind == "text" && base == "customer") langs[lang] = 1
	}
}
kind == "text" && !/^[ \t]*(#|$)/ {
	i = index($0, "=")
	key = substr($0, 1, i - 1); gsub(/[ \t]/, "", key)
	if (i == 0 || key !~ /^[a-z0-9_]+(\.[a-z0-9_]+)+$/) { complain("is not key = text"); next }
	if ((base, lang, key) in text) complain("\"" key "\" is there twice")
	text[base, lang, key] = FILENAME ":" FNR
	holes[base, lang, key] = names(substr($0, i + 1), "{", "}")
	if (lang == "en") { english[key] = FILENAME ":" FNR; fills[key] = holes[base, lang, key] }
}
kind == "guides" { holes["guides", base, lang] = holes["guides", base, lang] $0 }
kind == "email" { holes["email", base, lang] = holes["email", base, lang] $0 }
kind == "html" || kind == "email" {
	rest = $0
	while (match(rest, /\{\{@[a-z0-9_.]+\}\}/)) {
		used[substr(rest, RSTART + 3, RLENGTH - 5)] = FILENAME ":" FNR
		rest = substr(rest, RSTART + RLENGTH)
	}
}
kind == "html" && (own = bare($0)) != "" {
	complain("\"" own "\" stands in the template itself, not in a catalogue")
}
# The names that a file, or a statement, fills into sentences.
function filled(text, into,    count) {
	split("", into)
	while (match(text, /SAY_[A-Z]+\([ \t]*"[a-z_]+"/)) {
		key = substr(text, RSTART, RLENGTH)
		text = substr(text, RSTART + RLENGTH)
		gsub(/^[^"]*"|"$/, "", key)
		into[key] = 1
		count++
	}
	return count
}
# The keys in it, plurals by the form that has all.
function keys(text, into,    count) {
	split("", into)
	while (match(text, /"[a-z_]+(\.[a-z0-9_]+)+"/)) {
		key = substr(text, RSTART + 1, RLENGTH - 2)
		text = substr(text, RSTART + RLENGTH)
		if ((key ".other") in english) key = key ".other"
		if (key in english) { into[key] = 1; count++ }
	}
	return count
}
function has_hole(key, name) { return index(fills[key] " ", " " name " ") > 0 }
# Is each of the names that are filled in a placeholder of one of the keys?
function check_filled(where, names_, keys_,    n, k, found) {
	for (n in names_) {
		found = 0
		for (k in keys_) found = found || has_hole(k, n)
		if (!found) say(where ": nothing has {" n "}")
	}
}
# A statement that speaks names every placeholder of the keys in it.
FILENAME ~ /\.[ch]$/ {
	statement = FNR == 1 ? $0 : statement " " $0
	if (/[;{}][ \t]*$/) {
		if (statement ~ /(speak(_with|_plural|_count)?|template_text|SAY|SENTENCE)\(/) spoken[++spoken_count] = FILENAME ":" FNR ": " statement
		statement = ""
	}
}
# A table that finds its words by a name: ROW("log_absent") is "said.doubt.log_absent".
FILENAME ~ /\.[ch]$/ && /^#define [A-Z_]+\(n\)/ {
	row = $2; sub(/\(.*/, "", row)
	rest = $0
	while (match(rest, /"\{?[a-z_]+\.[a-z_.]*" n/)) {
		key = substr(rest, RSTART + 1, RLENGTH - 4); sub(/^\{/, "", key)
		rows[FILENAME, row] = rows[FILENAME, row] " " key
		rest = substr(rest, RSTART + RLENGTH)
	}
}
FILENAME ~ /\.[ch]$/ && !/^#define/ {
	rest = $0
	while (match(rest, /[A-Z_]+\("[a-z_]+"\)/)) {
		row = substr(rest, RSTART, RLENGTH); name = row
		sub(/\(.*/, "", row); gsub(/^[^"]*"|"\)$/, "", name)
		count = split(rows[FILENAME, row], prefix, " ")
		for (i = 1; i <= count; i++) said[prefix[i] name] = named[prefix[i] name] = FILENAME ":" FNR
		rest = substr(rest, RSTART + RLENGTH)
	}
	whole[FILENAME] = whole[FILENAME] " " $0
}
FILENAME ~ /\.[ch]$/ {
	rest = $0
	while (match(rest, /"[a-z_]+(\.[a-z0-9_%]+)+"/)) {
		key = substr(rest, RSTART + 1, RLENGTH - 2)
		if (key ~ /%/) { gsub(/\./, "\\.", key); gsub(/%[a-z]/, "[a-z0-9_]+", key); patterns[key] = 1 }
		else said[key] = FILENAME ":" FNR
		rest = substr(rest, RSTART + RLENGTH)
	}
}
END {
	for (k in text) {
		split(k, p, SUBSEP)
		if (p[2] != "en" && !(p[3] in english)) say(text[k] ": English has no \"" p[3] "\"")
	}
	for (k in has) {
		split(k, p, SUBSEP)
		if (p[1] != "text" || p[3] == "en") continue
		for (e in english)
			if ((p[2], "en", e) in text && !((p[2], p[3], e) in text))
				say(has[k] ": lacks \"" e "\"")
			else if ((p[2], "en", e) in text && holes[p[2], p[3], e] != holes[p[2], "en", e])
				say(text[p[2], p[3], e] ": \"" e "\" fills in" holes[p[2], p[3], e] ", English" holes[p[2], "en", e])
	}
	for (b in bases) {
		split(b, p, SUBSEP)
		if (p[1] == "text") continue
		open = p[1] == "email" ? "{{" : "{"; close_ = p[1] == "email" ? "}}" : "}"
		for (l in langs)
			if (!((p[1], p[2], l) in has)) say(p[1] "/" p[2] ": is not there in " l)
			else if (names(holes[p[1], p[2], l], open, close_) != names(holes[p[1], p[2], "en"], open, close_))
				say(has[p[1], p[2], l] ": fills in" names(holes[p[1], p[2], l], open, close_) ", English" names(holes[p[1], p[2], "en"], open, close_))
	}
	for (k in used) if (!(k in english)) say(used[k] ": there is no text \"" k "\"")
	for (e in english) {
		found = (e in used) || (e in said)
		for (pattern in patterns) if (!found && e ~ ("^" pattern "$")) found = 1
		stem = e
		if (!found && sub(/\.(one|other)$/, "", stem)) found = (stem in said) || (stem in used)
		if (!found) say(english[e] ": nobody uses \"" e "\"")
	}
	for (k in said)
		if ((k ~ /^said\./ || k in named || (said[k] ~ /\/web\// && k ~ /^console\./)) && !(k in english) && !((k ".one") in english)) say(said[k] ": there is no text \"" k "\"")
	for (e in english) {
		stem = e
		if (sub(/\.one$/, "", stem) && !((stem ".other") in english)) say(english[e] ": there is no \"" stem ".other\"")
		if (sub(/\.other$/, "", stem) && !((stem ".one") in english)) say(english[e] ": there is no \"" stem ".one\"")
	}
	for (i = 1; i <= spoken_count; i++) {
		rest = spoken[i]
		while (match(rest, /"[a-z_]+(\.[a-z0-9_]+)+"/)) {
			key = substr(rest, RSTART + 1, RLENGTH - 2)
			rest = substr(rest, RSTART + RLENGTH)
			if ((key ".other") in english) key = key ".other"
			if (!(key in english)) continue
			count = split(fills[key], hole, " ")
			for (k = 1; k <= count; k++)
				if (index(spoken[i], "\"" hole[k] "\"") == 0)
					say(substr(spoken[i], 1, index(spoken[i], ": ") - 1) ": \"" key "\" wants {" hole[k] "}")
		}
	}
	# What a verdict comes to has a word in lists, too.
	for (e in english) {
		stem = e
		if (sub(/^said\.verdict\./, "console.verdict.", stem) && !(stem in english)) say(english[e] ": there is no \"" stem "\"")
		stem = e
		if (sub(/^console\.verdict\./, "said.verdict.", stem) && !(stem in english)) say(english[e] ": there is no \"" stem "\"")
	}
	for (k in named) if (fills[k] != "") say(named[k] ": \"" k "\" wants" fills[k] ", and a row fills in nothing")
	for (i = 1; i <= spoken_count; i++) {
		where = substr(spoken[i], 1, index(spoken[i], ": ") - 1)
		if (spoken[i] !~ /SAY\(/ || keys(spoken[i], of_text) == 0) continue
		filled(spoken[i], of_code)
		check_filled(where, of_code, of_text)
		for (k in of_text)
			if ((k ~ /\.other$/) != (spoken[i] ~ /SAY_COUNT\(/)) say(where ": \"" k "\" and a count go together")
	}
	for (f in whole) {
		filled(whole[f], of_code)
		keys(whole[f], of_text)
		check_filled(f, of_code, of_text)
		for (k in of_text) {
			if (k !~ /^said\./) continue
			count = split(fills[k], hole, " ")
			for (i = 1; i <= count; i++) if (!(hole[i] in of_code)) say(f ": \"" k "\" wants {" hole[i] "}")
		}
	}
	exit bad
}' "$templates"/text/*.txt "$templates"/guides/*.md "$templates"/email/*.txt "$templates"/html/*.html "$@"
