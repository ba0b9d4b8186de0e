#!/usr/bin/env bash
# 45-texts.t - what is wrong with a text ends the build: each fault put into a copy of templates/. TAP.
set -u
cd "$(dirname "$0")/../.." || exit 1
work=$(mktemp -d /tmp/cleansmtp-texts.XXXXXX) || exit 1
trap 'rm -rf "$work"' EXIT
count=0 failed=0
sources=(core/*.c issuer/*.c issuer/*/*.c)

result() { # STATUS NAME
    count=$((count + 1))
    if [ "$1" = 0 ]; then
        echo "ok $count - $2"
    else
        echo "not ok $count - $2"
        failed=$((failed + 1))
        sed 's/^/# /' "$work/said"
    fi
}
# refuses NAME FILE SED WANTED: the file changed by sed is refused, and what is said has WANTED.
refuses() {
    rm -rf "$work/templates"
    cp -r templates "$work/templates"
    sed -i "$3" "$work/templates/$2"
    ! tools/check-text.sh "$work/templates" "${sources[@]}" >"$work/said" 2>&1 && grep -qF "$4" "$work/said"
    result $? "$1"
}

# refuses_source NAME FILE SED WANTED: the same with a source.
refuses_source() {
    mkdir -p "$work/${2%/*}"
    sed "$3" "$2" >"$work/$2"
    cmp -s "$2" "$work/$2" && echo "nothing changed" >"$work/said" && result 1 "$1" && return
    ! tools/check-text.sh templates "${sources[@]/#$2/$work/$2}" >"$work/said" 2>&1 && grep -qF "$4" "$work/said"
    result $? "$1"
}

tools/check-text.sh templates "${sources[@]}" >"$work/said" 2>&1
result $? "the texts as they are"
refuses "a text that German lacks" text/customer.de.txt '/^ask.button/d' 'lacks "ask.button"'
refuses "a text that only German has" text/customer.de.txt '$ a ask.more = Mehr' 'English has no "ask.more"'
refuses "a placeholder too few" text/customer.de.txt 's/{link_until}/morgen/' '"ask.until" fills in'
refuses "a placeholder too many" text/customer.de.txt 's/^ask.button = /&{zone} /' '"ask.button" fills in'
refuses "a text twice" text/customer.en.txt '$ a ask.button = Again' '"ask.button" is there twice'
refuses "a text that nobody uses" text/console.en.txt '$ a console.nobody = x' 'nobody uses "console.nobody"'
refuses "a key that is none" html/customer_ask.html 's/@ask.button/@ask.bottom/' 'there is no text "ask.bottom"'
refuses "a plural without its other form" text/console.en.txt '/^console.count.places.other/d' 'there is no "console.count.places.other"'
refuses "a placeholder that C does not fill in" text/console.en.txt 's/^console.time.ago = /&{since} /' '"console.time.ago" wants {since}'
refuses_source "a key in C that is none" issuer/web/case.c 's/"console.case.title"/"console.case.nosuch"/' 'there is no text "console.case.nosuch"'
refuses_source "a name in C that the text does not have" issuer/web/speak.c 's/"console.time.ago", "span"/"console.time.ago", "spam"/' '"console.time.ago" wants {span}'
refuses_source "a row of core that has no words" core/doubt.c 's/DOUBT_ROW("log_absent")/DOUBT_ROW("log_gone")/' '"said.doubt.log_gone"'
refuses_source "a value of core that its text does not fill in" core/spf.c 's/"said.spf.broken", SAY_TEXT("domain"/"said.spf.broken", SAY_TEXT("name"/' '"said.spf.broken" wants {domain}'
refuses "a sentence that nobody says" text/said.en.txt '$ a said.doubt.nobody = x' 'nobody uses "said.doubt.nobody"'
refuses "a guide that fills in otherwise" guides/ios.de.md 's/{port}/465/' 'ios.de.md: fills in'
refuses "a mail that fills in otherwise" email/again.de.txt 's/{{brand}}//' 'again.de.txt: fills in'
refuses "a line that is no text" text/customer.en.txt '$ a nonsense' 'is not key = text'
refuses "English between the tags of a page" html/cases.html 's/{{@console.cases.paste}}/Paste it/' '"Paste it" stands in the template'
refuses "English beside a text of the catalogue" html/today.html 's/{{@console.today.see_pool}}/& now/' '"now" stands in the template'
refuses "English on a line of its own" html/cases.html '5 a \  Newest' '"Newest" stands in the template'
refuses "a tag that does not end on its line" html/cases.html '5 a <p' 'stands in the template'
refuses "English that is only heard" html/head.html 's/aria-label="{{@console.frame.main}}"/aria-label="Main"/' '"Main" stands'
refuses "English in an empty field" html/head.html 's/{{@console.frame.search}}/Search/' '"Search" stands'
refuses "English that a script shows" html/case_advise.html 's/data-said="[^"]*"/data-said="Copied"/' '"Copied" stands'
echo "1..$count"
[ "$failed" = 0 ]
