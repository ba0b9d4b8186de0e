#!/bin/sh
# 10-bounce.t - cleansmtp-bounce as its callers see it: what it prints for each golden bounce, and
# how it ends on what is too large, too deep, broken or missing. TAP.
#
# `tests/integration/10-bounce.t update` writes the golden answers anew, for review by diff.
set -u
cd "$(dirname "$0")/../.." || exit 1
tests/built || { echo "Bail out! it does not build"; exit 1; }
bounce=${B:-build/release}/cleansmtp-bounce
golden=tests/golden/bounces
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
count=0
failed=0

result() { # STATUS NAME
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $count - $2"
	else
		echo "not ok $count - $2"
		failed=$((failed + 1))
	fi
}

read_bounce() { # FILE
	"$bounce" --shared 198.51.100.0/24 --shared 2001:db8:10::/48 <"$1"
}

# ends NAME STATUS FILE [WORD]: the exit status, and a word that the answer must hold
ends() {
	"$bounce" <"$3" >"$work/out" 2>"$work/err"
	status=$?
	good=0
	if [ "$status" -ne "$2" ]; then
		echo "# $1: exit status $status, want $2: $(head -c 200 "$work/err")"
		good=1
	fi
	if [ -n "${4:-}" ] && ! grep -qF -- "$4" "$work/out"; then
		echo "# $1: no $4 in $(head -c 300 "$work/out")"
		good=1
	fi
	if [ "$status" -ne 0 ] && [ -s "$work/out" ]; then
		echo "# $1: failed, and printed something"
		good=1
	fi
	result $good "$1"
}

# many COUNT TEXT: the text so many times
many() {
	awk -v n="$1" -v text="$2" 'BEGIN { for (i = 0; i < n; i++) printf "%s", text }'
}

for file in "$golden"/*.eml "$golden"/*.txt; do
	want=${file%.*}.json
	if [ "${1:-}" = update ]; then
		read_bounce "$file" >"$want"
		continue
	fi
	read_bounce "$file" >"$work/out" 2>"$work/err"
	if cmp -s "$work/out" "$want"; then
		result 0 "golden ${file##*/}"
	else
		diff "$want" "$work/out" | sed 's/^/# /'
		result 1 "golden ${file##*/}"
	fi
done
[ "${1:-}" = update ] && exit 0

header='From: MAILER-DAEMON@mail.example
To: a@b.example
Subject: Undelivered mail
MIME-Version: 1.0
'
head -c 2097152 /dev/zero >"$work/at-limit"
ends "two MiB of NUL are read" 0 "$work/at-limit" '"is_bounce":false'
head -c 2097153 /dev/zero >"$work/over-limit"
ends "a byte more is too large" 65 "$work/over-limit"
ends "nothing is no bounce" 0 /dev/null '"flags":["empty"]'
printf '554 Client host [192.0.2.1]\000blocked using bl.spamcop.net' >"$work/nul"
ends "a NUL does not end the text" 0 "$work/nul" '"list":"bl.spamcop.net"'
head -c 300000 /dev/urandom >"$work/random"
ends "random bytes are no bounce" 0 "$work/random" '"grantable":false'
head -c 700 "$golden/postfix-rcpt.eml" >"$work/cut"
ends "a mail cut in its header is read" 0 "$work/cut" '"grantable":false'
head -c 2200 "$golden/postfix-rcpt.eml" >"$work/cut"
ends "a mail cut in its body is read" 0 "$work/cut" '"is_bounce":true'

{ printf '%s' "$header"; many 150 'Content-Type: multipart/mixed; boundary=b

--b
'; } >"$work/deep"
ends "deep MIME is followed as far as it goes" 0 "$work/deep" '"nested"'
{ printf '%s' "$header"; many 5000 'Content-Type: multipart/mixed; boundary=b

--b
'; } >"$work/deeper"
ends "deeper MIME is a limit" 70 "$work/deeper"
{ printf '%s' "$header"; many 5000 'Content-Type: message/rfc822

'; } >"$work/russian-doll"
ends "messages in messages are a limit" 70 "$work/russian-doll"
{ printf '%s' "$header"; many 650000 'a:
'; } >"$work/headers"
ends "memory is a limit" 70 "$work/headers"
{ printf '550 '; many 40000 'A1.2 '; } >"$work/long-line"
ends "a line of 200 KB is cut and said" 0 "$work/long-line" '"truncated"'
many 300000 '550 x
' >"$work/replies"
ends "very many replies are cut and said" 0 "$work/replies" '"truncated"'
sed 's/us-ascii/x-no-such-charset/; s/^Subject: /Subject: =?ibm1047?Q?abc?= =?x-none?B?YWJj?= /' \
	"$golden/postfix-rcpt.eml" >"$work/charset"
ends "an unknown charset loads nothing and does no harm" 0 "$work/charset" '"grantable":true'

"$bounce" <&- >"$work/out" 2>&1
status=$?
grep -q '"unreadable"' "$work/out" && [ $status -eq 0 ]
result $? "closed standard input is unreadable"
"$bounce" </ >"$work/out" 2>&1
status=$?
grep -q '"unreadable"' "$work/out" && [ $status -eq 0 ]
result $? "a folder as standard input is unreadable"
"$bounce" --shared 192.0.2.1/24 </dev/null >"$work/out" 2>&1
[ $? -eq 2 ]
result $? "a network with host bits is wrong usage"
"$bounce" --no-such-option </dev/null >"$work/out" 2>&1
[ $? -eq 2 ]
result $? "an unknown option is wrong usage"
"$bounce" --shared=203.0.113.0/24 <"$golden/line-spamcop.txt" >"$work/out" 2>&1
grep -q '"blocked_ip":"198.51.100.10"' "$work/out" && grep -q '"not_shared"' "$work/out"
result $? "an address outside our ranges is said to be"
"$bounce" <"$golden/postfix-rcpt.eml" >/dev/full 2>"$work/err"
[ $? -eq 1 ]
result $? "an answer that cannot be written is a failure"

# refuses NAME TABLE ROW MESSAGE, columns by "|": a row of --rules that is not understood ends with 78, its place
# and why, and nothing is printed
refuses() {
	rm -rf "$work/rules"
	mkdir "$work/rules"
	printf '# a comment\n\n%b\n' "$3" | tr '|' '\t' >"$work/rules/$2"
	"$bounce" --rules "$work/rules" <"$golden/line-spamcop.txt" >"$work/out" 2>"$work/err"
	status=$?
	if [ $status -eq 78 ] && [ ! -s "$work/out" ] &&
		grep -qF "cleansmtp-bounce: $work/rules/$2:3: $4" "$work/err"; then
		result 0 "$1"
	else
		echo "# exit status $status: $(cat "$work/err")"
		result 1 "$1"
	fi
}
refuses "a list row with a column missing is refused" lists.tsv \
	'rbl.example|address|yes|x' 'not the five columns'
refuses "a row with a column too many is refused" lists.tsv \
	'rbl.example|address|yes|x|x|x' 'not the five columns'
refuses "a list that is no zone is refused" lists.tsv \
	'no list|address|yes|x|x' 'the list is neither'
refuses "a list of an unknown kind is refused" lists.tsv \
	'rbl.example|host|yes|x|x' 'kind is none of'
refuses "a list half alive is refused" lists.tsv \
	'rbl.example|address|perhaps|x|x' 'alive is neither'
refuses "a pattern that does not compile is refused" lists.tsv \
	'rbl.example|address|yes|(x|x' 'the pattern is wrong at byte 2: '
refuses "a pattern that matches everything is refused" lists.tsv \
	'rbl.example|address|yes|x*|x' 'the pattern matches every text'
refuses "a row that misses its own example is refused" lists.tsv \
	'rbl.example|address|yes|x|y' 'the pattern does not match the example'
refuses "a rule of an unknown class is refused" rules.tsv \
	'weather|no|-|x|x' 'class is neither'
refuses "a rule with an unknown answer is refused" rules.tsv \
	'auth|maybe|-|x|x' 'ip_block is none of'
refuses "a rule with an unknown need is refused" rules.tsv \
	'auth|no|luck|x|x' 'needs is none of'
refuses "a role without a number is refused" roles.tsv \
	'six|client|by {IP}|by {IP}' 'score is no number'
refuses "a role that looks at no address is refused" roles.tsv \
	'6|client|by|by {IP}' 'the pattern says nothing of {IP}'
refuses "a table that is no text is refused" roles.tsv \
	'6|client|\0377{IP}|\0377{IP}' 'not text in UTF-8'
mkdir "$work/none"
"$bounce" --rules "$work/none" <"$golden/line-spamcop.txt" >"$work/out" 2>"$work/err"
[ $? -eq 78 ] && [ ! -s "$work/out" ] && grep -q 'holds no lists.tsv' "$work/err"
result $? "a folder without a table is refused"
"$bounce" --rules "$work/absent" <"$golden/line-spamcop.txt" >"$work/out" 2>"$work/err"
[ $? -eq 78 ] && [ ! -s "$work/out" ]
result $? "a folder that is not there is refused"

rm -rf "$work/rules"
mkdir "$work/rules"
echo 'rbl.house.example|address|yes|house list 7|you are on house list 7' | tr '|' '\t' >"$work/rules/lists.tsv"
printf '# ours\ncontent\tno\t-\tmoon phase\t550 wrong moon phase\n' >"$work/rules/rules.tsv"
printf '7\tclient\tcaller={IP}\tcaller={IP}\n' >"$work/rules/roles.tsv"
text='550 you are on house list 7, caller=198.51.100.10'
echo "$text" >"$work/text"
"$bounce" <"$work/text" >"$work/out" && grep -q '"grantable":false' "$work/out"
result $? "without the folder the wording is not known"
"$bounce" --rules="$work/rules" --explain <"$work/text" >"$work/out" &&
	grep -q '"blocked_ip":"198.51.100.10"' "$work/out" &&
	grep -q '"list":"rbl.house.example".*"grantable":true' "$work/out" &&
	grep -qF "\"row\":\"$work/rules/lists.tsv:1\",\"matched\":\"house list 7\"" "$work/out" &&
	grep -qF "\"row\":\"$work/rules/roles.tsv:1\",\"matched\":\"caller=198.51.100.10\"" "$work/out"
result $? "a row of the folder teaches a wording, and is named"
sed 's/$/ in a wrong moon phase/' "$golden/line-spamcop.txt" |
	"$bounce" --rules "$work/rules" --explain >"$work/out" &&
	grep -q '"class":"content".*"grantable":false' "$work/out" &&
	grep -qF "\"row\":\"$work/rules/rules.tsv:2\"" "$work/out"
result $? "a row of the folder goes before the built-in ones"
"$bounce" <"$golden/line-spamcop.txt" >"$work/plain"
"$bounce" --explain <"$golden/line-spamcop.txt" >"$work/out"
grep -q '"row":"rules.tsv:' "$work/out" && ! grep -q '"explain"' "$work/plain" &&
	[ "$(sed 's/,"explain":.*/}/' "$work/out")" = "$(cat "$work/plain")" ]
result $? "an explanation adds a key and changes nothing else"
many 3000 '550 Client host [192.0.2.1] blocked using bl.spamcop.net "\\\\ see 192.0.2.2 192.0.2.3 192.0.2.4
' >"$work/wordy"
"$bounce" --explain <"$work/wordy" >"$work/out" && python3 -c 'import json, sys; json.load(sys.stdin)' <"$work/out"
result $? "an explanation of very much has an end"

{ printf '%s\n' "$header"; many 60 '<r@remote.example>: host mx.example[203.0.113.1] said: 550 5.7.1 Client host [192.0.2.1] blocked using bl.spamcop.net
'; } | awk '{ sub(/<r@/, "<r" NR "@") } 1' >"$work/many"
head -c 400000 /dev/zero >"$work/file"
"$bounce" <"$work/many" >>"$work/file" 2>"$work/err" && [ "$(wc -c <"$work/file")" -gt 408000 ]
result $? "a long answer behind a long file is written"

echo "1..$count"
[ $failed -eq 0 ]
