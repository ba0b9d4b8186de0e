#!/usr/bin/env bash
# 50-cli.t - the command line against a real cleansmtpd and a real block list: every command, what
# it prints, and how it ends. TAP.
# shellcheck disable=SC1091,SC2154  # issuer.sh sets what is used here
. "$(dirname "$0")/issuer.sh"
bounce=$work/bounce.eml
"$top/tools/example-bounce.sh" >"$bounce" || exit 1

# ends STATUS NAME COMMAND...: its exit status; what it said stays in out and err.
ends() {
    local want=$1 name=$2 status
    shift 2
    "$@" >"$work/out" 2>"$work/err" </dev/null
    status=$?
    [ $status = "$want" ] || echo "# exit status $status, want $want: $*"
    result $((status != want)) "$name"
}
out_has() { grep -qE -- "$1" "$work/out"; result $? "$2"; }
err_has() { grep -qE -- "$1" "$work/err"; result $? "$2"; }
# json EXPRESSION: about the last output as j.
json() {
    python3 -c 'import json, sys
j = json.load(open(sys.argv[1]))
sys.exit(0 if eval(sys.argv[2]) else 1)' "$work/out" "$1"
    result $? "$2"
}
list_up 192.0.2.14

# ---- without a daemon -------------------------------------------------------------------
ends 0 "--version" "$bin/cleansmtp" --version
out_has '^cleansmtp [0-9]' "--version names program and version"
ends 0 "--help" "$bin/cleansmtp" --help
out_has 'lease revoke' "--help lists the commands"
ends 0 "help of one command" "$bin/cleansmtp" lease revoke --help
out_has '^usage: .*lease revoke ID' "help of one command shows its arguments"
ends 2 "no command is wrong usage" "$bin/cleansmtp"
ends 2 "an unknown command is wrong usage" "$bin/cleansmtp" frobnicate
ends 2 "an unknown option is wrong usage" "$bin/cleansmtp" lease list --colour
ends 3 "an absent configuration is not found" "$bin/cleansmtp" -c "$work/none" lease list
err_has 'cleansmtp init' "an absent configuration says what to do"

ends 0 "init" "$bin/cleansmtp" init --dir "$work" --admin ana
out_has '^http://127\.0\.0\.1:8025/set-up/[0-9a-f]{64}$' "init prints the set-up link alone"
[ "$(stat -c %a "$work/state" "$work/state/journal" "$work/state/pepper" | tr '\n' ' ')" = "700 700 600 " ]
result $? "init closes the state folder and the pepper"
cp "$work/state/pepper" "$work/pepper.before"
ends 4 "init refuses to overwrite" "$bin/cleansmtp" init --dir "$work" --admin bo
cmp -s "$work/state/pepper" "$work/pepper.before"
result $? "init left what was there"
ends 0 "config check" cs config check
ends 0 "config show" cs config show
out_has '^dns.timeout = "3s" # default$' "config show marks defaults"
ends 0 "config show --json" cs --json config show
json 'j["state_dir"] == {"value": "\"'"$work"'/state\"", "default": False}' "config show as JSON"
python3 -c 'import json, re, sys
section, made = "", set()
for line in open(sys.argv[2]):
    if found := re.match(r"(\w+) \{$", line):
        section = found[1] + "."
    elif line.startswith("}"):
        section = ""
    elif found := re.match(r"(?:# *)?(\w+) *= ", line):
        made.add(section + found[1])
wrong = made ^ set(json.load(open(sys.argv[1])))
sys.exit("not in both: " + " ".join(wrong) if wrong else 0)' "$work/out" "$conf" 2>"$work/err"
result $? "the file that init makes has every option"
echo 'policy { lease_max = "soon" }' >"$work/bad.conf"
ends 2 "config check finds a bad duration" "$bin/cleansmtp" -c "$work/bad.conf" config check
err_has 'lease_max' "config check names the option"
ends 1 "cleansmtpd -t finds it too" "$bin/cleansmtpd" -t -c "$work/bad.conf"
ends 0 "cleansmtpd -t" "$bin/cleansmtpd" -t -c "$conf"
ends 0 "cleansmtpd --version" "$bin/cleansmtpd" --version
ends 2 "cleansmtpd with an unknown option" "$bin/cleansmtpd" --colour
ends 8 "without a daemon: try later" cs lease list
err_has 'is it running' "without a daemon: says so"

# ---- the daemon ---------------------------------------------------------------------------
write_conf() { # MORE
    cat >"$conf" <<CONF
state_dir   = "$work/state"
runtime_dir = "$work/run"
console     { listen = "127.0.0.1:0" url = "http://127.0.0.1:8025" }
customer    { listen = "127.0.0.1:0" url = "http://127.0.0.1:8026" }
dns         { servers = { "127.0.0.1" } port = $dns timeout = "1s" }
$1
CONF
}
write_conf ''
start_issuer

ends 0 "shared add" cs shared add 192.0.2.0/28 --label "round robin"
ends 4 "shared add twice is refused" cs shared add 192.0.2.0/28
ends 2 "shared add of nonsense" cs shared add 192.0.2.300
ends 0 "shared add of IPv6" cs shared add 2001:db8:1::/48
ends 0 "shared list --json" cs --json shared list
json '[s["network"] for s in j] == ["192.0.2.0/28", "2001:db8:1::/48"] and j[0]["label"] == "round robin"' "shared list as JSON"
ends 0 "shared remove" cs shared remove 2001:db8:1::/48
ends 3 "shared remove of what is not there" cs shared remove 2001:db8:1::/48
ends 0 "shared list" cs shared list
out_has '^192\.0\.2\.0/28 .*round robin$' "shared list as a table"

ends 2 "pool add needs a lane" cs pool add 203.0.113.9 --helo out9.hoster.example
ends 0 "pool add" cs pool add 203.0.113.9 --lane clean1 --helo out9.hoster.example --capacity 1
ends 0 "pool add, another" cs pool add 203.0.113.10 --lane clean2 --helo out10.hoster.example --capacity 1
ends 4 "pool add twice is refused" cs pool add 203.0.113.9 --lane clean3 --helo out9.hoster.example
ends 2 "pool add with a lane that Postfix cannot have" cs pool add 203.0.113.11 --lane 'a b' --helo out11.hoster.example
"$bin/cleansmtp" -c "$conf" pool add 192.0.2.3 --lane clean4 --helo out.hoster.example >"$work/out" 2>"$work/err"
[ $? -gt 1 ]
result $? "pool add of a shared address is refused"
ends 0 "pool list" cs pool list
out_has '^203\.0\.113\.9 +active +clean1 +out9' "pool list as a table"
ends 0 "pool drain" cs pool drain 203.0.113.10
ends 0 "pool show --json" cs --json pool show 203.0.113.10
json 'j["state"] == "draining" and j["capacity"] == 1' "pool show as JSON"
ends 0 "pool rest" cs pool rest 203.0.113.10
ends 0 "pool activate" cs pool activate 203.0.113.10
ends 3 "pool show of an unknown address" cs pool show 203.0.113.99

ends 0 "listing check" cs listing check 192.0.2.14
out_has '^bl\.spamcop\.net +listed +127\.0\.0\.2 ' "listing check says listed"
ends 0 "listing check --json" cs --json listing check 203.0.113.9
json 'j[0]["state"] == "clear" and j[0]["list"] == "bl.spamcop.net"' "listing check as JSON"
ends 2 "listing check of nonsense" cs listing check localhost
ends 0 "listing history" cs --json listing history 192.0.2.14
json 'len(j) == 1 and j[0]["state"] == "listed"' "listing history has what was found"

ends 0 "diagnose: ours, and listed now" cs diagnose "$bounce"
out_has '^address +192\.0\.2\.14$' "diagnose names the address"
out_has '^clears +SpamCop clears 24 h after the last report, plus up to 4 h: probably by ' "diagnose says when it is likely to clear"
ends 0 "diagnose --explain" cs diagnose --explain "$bounce"
out_has '^list +bl\.spamcop\.net +- +lists\.tsv:[0-9]+ ' "diagnose --explain names the row that told the list"
ends 2 "other commands take no --explain" cs pool list --explain
ends 0 "diagnose --json" cs --json diagnose "$bounce"
json 'j["verdict"] == "listed_now" and j["may_lease"] and j["evidence"]["sender"] == "anna@kunde.example" and len(j["checks"]) >= 3 and j["id"] is None' "diagnose as JSON"
cs diagnose - <"$bounce" >"$work/out" 2>"$work/err"
result $? "diagnose reads standard input"
echo '554 5.7.1 Client host [198.51.100.7] blocked using bl.spamcop.net' >"$work/other.txt"
ends 10 "diagnose: an address that is not ours" cs diagnose "$work/other.txt"
echo 'Good morning, when does the shop open?' >"$work/letter.txt"
ends 10 "diagnose: no bounce at all" cs diagnose "$work/letter.txt"
printf 'M\374ller schreibt:\n554 5.7.1 Client host [192.0.2.14] blocked using bl.spamcop.net\n' >"$work/latin1.txt"
ends 0 "diagnose: bytes that are not UTF-8" cs diagnose "$work/latin1.txt" --mailbox anna@kunde.example
head -c 200000 /dev/urandom | LC_ALL=C tr -d '[:print:]' >"$work/noise"
ends 10 "diagnose: noise" cs diagnose "$work/noise"
head -c 2200000 /dev/zero | tr '\0' 'a' >"$work/huge"
ends 2 "diagnose: too large" cs diagnose "$work/huge"
ends 3 "diagnose: no such file" cs diagnose "$work/nothing"
ends 2 "diagnose: a mailbox that is none" cs diagnose "$bounce" --mailbox anna

ends 2 "mint of nothing is wrong usage" cs mint --mailbox anna@kunde.example
ends 3 "mint for a case that is not there" cs mint --case 99 --mailbox anna@kunde.example
ends 0 "mint --bounce" cs mint --bounce "$bounce" --mailbox anna@kunde.example --for 2h --messages 3 --ticket T-1 --reason "urgent"
out_has '^http://127\.0\.0\.1:8026/r/[a-z0-9]{13}#[a-z0-9]{25}$' "mint prints the link alone"
[ "$(wc -l <"$work/out")" = 1 ]
result $? "mint prints one line"
err_has 'case 1: ' "mint says which case it opened"
ends 0 "case list" cs case list
out_has '^1 .*listed_now .*anna@kunde\.example' "case list as a table"
ends 0 "case show" cs case show 1
out_has 'WHAT WE CHECKED' "case show tells what was checked"
out_has '^clears +SpamCop clears 24 h ' "case show says when it is likely to clear"
ends 0 "case show --json" cs --json case show 1
json 'j["id"] == 1 and j["listing"]["state"] == "listed" and j["leases"][0]["id"] == 1 and j["clears"]["basis"] == "rule" and j["clears"]["not_before"] <= j["clears"]["probably_by"] <= j["clears"]["latest"]' "case show as JSON"
ends 3 "case show of an unknown case" cs case show 99
ends 0 "lease show" cs lease show 1
out_has '^state +offered$' "lease show tells the state"
ends 0 "lease show --json" cs --json lease show 1
json 'j["messages_max"] == 3 and j["senders"] == ["anna@kunde.example"] and j["revealed_at"] is None and "link" not in j and j["ticket"] == "T-1"' "lease show as JSON"
ends 0 "lease list --case" cs --json lease list --case 1
json 'len(j) == 1' "lease list of a case"
ends 3 "lease show of an unknown lease" cs lease show 99
ends 4 "a second live lease for a mailbox is refused" cs mint --case 1
# Each lease by one person's word needs a bounce of its own; a refused mint opens its case, too.
"$top/tools/example-bounce.sh" b82f5d1c >"$work/bounce2.eml"
"$top/tools/example-bounce.sh" c93a6e2d >"$work/bounce3.eml"
ends 4 "... also from another bounce" cs mint --bounce "$work/bounce2.eml" --mailbox anna@kunde.example
ends 4 "more messages than policy allows are refused" cs mint --case 1 --mailbox bo@kunde.example --messages 100000
ends 4 "a longer lease than policy allows is refused" cs mint --case 1 --mailbox bo@kunde.example --for 30d
ends 2 "a duration must be one" cs mint --case 1 --mailbox bo@kunde.example --for tomorrow
ends 0 "mint --json" cs --json mint --case 2 --mailbox bo@kunde.example --idempotency-key once
json 'j["lease"]["id"] == 2 and "#" in j["lease"]["link"]' "mint as JSON"
ends 0 "the same key again" cs --json mint --case 2 --mailbox bo@kunde.example --idempotency-key once
json 'j["lease"]["id"] == 2 and "link" not in j["lease"]' "the same key gives the same lease, without its link"
ends 6 "a full pool" cs mint --bounce "$work/bounce3.eml" --mailbox cy@kunde.example
ends 2 "lease extend needs a time" cs lease extend 1
ends 0 "lease extend" cs --json lease extend 1 --for 1h
json 'j["id"] == 1 and j["state"] == "offered"' "lease extend gives the lease"
ends 4 "lease extend beyond policy" cs lease extend 1 --for 72h
ends 3 "lease extend of none" cs lease extend 99 --for 1h
ends 0 "lease link" cs lease link 1
out_has '^http://127\.0\.0\.1:8026/r/' "lease link prints a link"
ends 4 "lease reveal is refused by default" cs lease reveal 1
ends 0 "lease revoke" cs lease revoke 1 --reason "test"
ends 4 "lease revoke twice is refused" cs lease revoke 1
ends 3 "lease revoke of an unknown lease" cs lease revoke 99
ends 0 "a revoked lease makes room" cs mint --case 3 --mailbox cy@kunde.example

ends 0 "mta postfix" cs mta postfix
out_has '^clean1 +unix' "mta postfix has a lane for each address"
out_has 'smtp_bind_address=203\.0\.113\.10' "mta postfix binds it"
out_has "unix:$work/run/policy" "mta postfix knows the socket"
ends 0 "mta exim" cs mta exim
out_has '^  clean2=203\.0\.113\.10 ' "mta exim has a lane for each address"
out_has "^CLEAN_POLICY = $work/run/policy" "mta exim knows the socket"
ends 3 "mta of a server that is unknown" cs mta sendmale
ends 2 "mta without a server" cs mta

ends 2 "user add needs a role" cs user add bo
ends 2 "user add with a role that is none" cs user add bo --role king
ends 0 "user add" cs user add bo --role agent
out_has '^http://127\.0\.0\.1:8025/set-up/[0-9a-f]{64}$' "user add prints the link alone"
ends 4 "user add twice is refused" cs user add bo --role agent
ends 0 "user role" cs user role bo --role lead
err_has 'bo has the role lead from now on' "user role says so"
ends 4 "user role that is there already is refused" cs user role bo --role lead
ends 2 "user role needs a role" cs user role bo
ends 3 "user role of nobody" cs user role cy --role lead
ends 4 "user role of the last administrator is refused" cs user role ana --role lead
ends 0 "user reset" cs user reset bo
ends 0 "user disable" cs user disable bo
ends 3 "user disable of nobody" cs user disable cy
ends 0 "user list" cs --json user list
json '[u["name"] for u in j] == ["ana", "bo"] and j[1]["disabled_at"] and j[1]["role"] == "lead" and not j[0]["has_password"]' "user list as JSON"

# ---- the list, and when it is silent ---------------------------------------------------------
listed
ends 10 "diagnose: not listed any more" cs diagnose "$bounce"
ends 4 "mint: not listed any more" cs mint --case 1 --mailbox dora@kunde.example
ends 4 "mint --bounce: not listed any more" cs mint --bounce "$bounce" --mailbox dora@kunde.example
stop rbldnsd
ends 11 "diagnose: a silent list is unknown" cs diagnose "$bounce"
ends 8 "mint: a silent list gives no lease" cs mint --case 1 --mailbox dora@kunde.example
ends 8 "mint --bounce: a silent list gives no lease" cs mint --bounce "$bounce" --mailbox dora@kunde.example
ends 0 "no lease was made" cs --json lease list
json 'len(j) == 3' "three leases in all"

# ---- who may ---------------------------------------------------------------------------------
if [ "$(id -u)" = 0 ]; then
    cp "$bin/cleansmtp" "$work/cleansmtp"
    ends 7 "a stranger is not allowed" setpriv --reuid=65534 --regid=65534 --clear-groups "$work/cleansmtp" -c "$conf" lease list
else
    ok "a stranger is not allowed # SKIP needs root"
fi

# ---- reload, restart ---------------------------------------------------------------------------
write_conf 'policy { console_reveal = perhaps }'
kill -HUP "${PID[cleansmtpd]}"
wait_for 10 grep -q 'event=config.refused' "$work/cleansmtpd.log"
result $? "a bad configuration is reported"
write_conf 'policy { console_reveal = yes }'
kill -HUP "${PID[cleansmtpd]}"
wait_for 10 grep -q 'event=config.reloaded' "$work/cleansmtpd.log"
result $? "a good one is taken"
mkdir "$work/rules"
printf 'nonsense\n' >"$work/rules/lists.tsv"
write_conf "policy { console_reveal = yes  log_proof = required }  bounce_rules = \"$work/rules\""
: >"$work/cleansmtpd.log"
kill -HUP "${PID[cleansmtpd]}"
wait_for 10 grep -q 'event=config.reloaded' "$work/cleansmtpd.log"
ends 8 "a wrong row of our own: nothing is diagnosed" cs diagnose "$bounce"
printf '%s\t' bl.ours.example address yes '\bour own list\b' >"$work/rules/lists.tsv"
echo '550 192.0.2.14 is on our own list' >>"$work/rules/lists.tsv"
echo '550 5.7.1 [192.0.2.14] is blocked by our own list' >"$work/own.txt"
cs diagnose --explain "$work/own.txt" >"$work/out" 2>"$work/err"
out_has '^list +bl\.ours\.example +- +[^ ]*rules/lists\.tsv:1 ' "a row of our own is tried first"
listed 192.0.2.14
start_list
ends 0 "a third address" cs pool add 203.0.113.11 --lane clean9 --helo out11.hoster.example
ends 5 "mint: policy wants the log, which is not there" cs mint --bounce "$bounce" --mailbox max@kunde.example
[ ! -s "$work/out" ]
result $? "nothing is printed that could be taken for a link"
err_has 'waits for a second person' "mint says that it waits"
ends 0 "approval list" cs approval list
out_has '^1 .* max@kunde\.example ' "approval list shows the request"
ends 7 "approve: not one's own request" cs approve 1
ends 3 "deny: an unknown request" cs deny 9
ends 0 "the request is taken back" cs lease revoke 4
ends 0 "lease reveal, where policy allows it" cs --json lease reveal 2
json 'len(j["password"]) == 29 and j["username"].startswith("cs-") and j["port"] == 465' "lease reveal prints the login"
ends 0 "lease reveal for a person" cs lease reveal 2
out_has '^password +[a-z2-9]{5}(-[a-z2-9]{5}){4}$' "lease reveal for a person prints the password"
! grep -qE '[a-z2-9]{5}(-[a-z2-9]{5}){4}' "$work/cleansmtpd.log"
result $? "no password in the log"
kill "${PID[cleansmtpd]}" && wait "${PID[cleansmtpd]}"
result $? "cleansmtpd ends cleanly on SIGTERM"
unset 'PID[cleansmtpd]'
[ ! -e "$work/run/api" ]
result $? "its socket is gone"
ends 8 "without a daemon again: try later" cs lease list
start_issuer
ends 0 "after a restart all is there" cs --json lease list
json 'len(j) == 4' "four leases after the restart"

# ---- the audit log -----------------------------------------------------------------------------
ends 0 "audit verify" cs audit verify
out_has '^intact +yes$' "the chain is intact"
ends 0 "audit tail" cs audit tail --limit 5
out_has 'lease\.reveal' "audit tail shows the reveal"
ends 0 "audit export" cs audit export
python3 -c 'import json, sys
records = [json.loads(line) for line in open(sys.argv[1])]
assert [r["seq"] for r in records] == list(range(1, len(records) + 1))
assert all(a["hash"] == b["prev_hash"] for a, b in zip(records, records[1:]))
assert any(r["action"] == "lease.mint" for r in records)' "$work/out"
result $? "audit export is every record, each with the hash before it"
cp "$work/out" "$work/export"
ends 0 "audit verify of an export" cs audit verify "$work/export"
json_records=$(wc -l <"$work/export")
out_has "^records +$json_records\$" "audit verify of an export counts its records"
sed '2d' "$work/export" >"$work/export.cut"
ends 9 "an export that lacks a record" cs audit verify "$work/export.cut"
err_has 'line 2 ' "audit verify names the line"
sed '3s/"actor":"[^"]*"/"actor":"nobody"/' "$work/export" >"$work/export.changed"
ends 9 "an export that was changed" cs audit verify "$work/export.changed"
ends 9 "an export that is none" cs audit verify "$bounce"
ends 3 "an export that is not there" cs audit verify "$work/nothing"
python3 - "$work/state/cleansmtp.db" <<'PY'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=10)
for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'").fetchall():
    db.execute("DROP TRIGGER " + name)
assert db.execute("UPDATE audit SET actor = 'nobody' WHERE seq = 3").rowcount == 1
db.commit()
PY
result $? "somebody edits the audit log"
ends 9 "audit verify finds it" cs audit verify
err_has '3' "audit verify names the record"

done_testing
