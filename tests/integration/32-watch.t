#!/usr/bin/env bash
# 32-watch.t - cleansmtpd watches a real block list by itself: a listing appears, lasts while the list is
# silent, and ends. TAP.
# shellcheck disable=SC1091,SC2154  # issuer.sh sets what is used here
. "$(dirname "$0")/issuer.sh"

web=$(free_port)
list_up 192.0.2.14

# ---- the daemon -------------------------------------------------------------------------
write_conf() { # MORE OF zones
    cat >"$conf" <<CONF
state_dir   = "$work/state"
runtime_dir = "$work/run"
console     { listen = "127.0.0.1:$web" url = "http://127.0.0.1:$web" }
customer    { listen = "127.0.0.1:0" url = "http://127.0.0.1:8026" }
dns         { servers = { "127.0.0.1" } port = $dns timeout = "1s" }
zones       { use = { "bl.spamcop.net" } $1 }
CONF
}
"$bin/cleansmtp" init --dir "$work" --admin ana >/dev/null 2>&1 || bail "init"
write_conf 'check_every = "1s"'
start_issuer
cs shared add 192.0.2.14 >/dev/null
cs pool add 203.0.113.9 --lane clean1 --helo out9.hoster.example >/dev/null

# says ADDRESS STATE: the newest answer that the daemon has kept.
says() { cs --json listing history "$1" | python3 -c 'import json, sys
rows = json.load(sys.stdin)
sys.exit(not (rows and rows[0]["state"] == sys.argv[1]))' "$2"; }
# told ACTION OBJECT TIMES: so many records of it are in the audit log.
told() { [ "$(cs audit export | grep -c "\"action\": *\"$1\".*\"object\": *\"$2\"")" = "$3" ]; }
page() { curl -s --max-time 20 "http://127.0.0.1:$web$1"; }
figure() { page /metrics | awk -v name="$1" '$1 == name { print $2 }'; }
figure_is() { [ "$(figure "$1")" = "$2" ]; }

wait_for 60 says 192.0.2.14 listed
result $? "nobody asked, and the shared address is known to be listed"
wait_for 60 says 203.0.113.9 clear
result $? "and the reserved one to be clear"
told listing.started shared:192.0.2.14 1
result $? "the listing began, once, in the audit log"

listed 192.0.2.14 203.0.113.9
wait_for 60 says 203.0.113.9 listed
result $? "a listing of the reserved address is seen"
told listing.started pool:203.0.113.9 1
result $? "and told"
wait_for 60 figure_is cleansmtp_pool_listed 1
result $? "/metrics counts it"

before=$(figure cleansmtp_watch_rounds_total)
more_rounds() { [ "$(figure cleansmtp_watch_rounds_total)" -gt $((before + 2)) ]; }
wait_for 60 more_rounds
result $? "rounds go on"
told listing.started pool:203.0.113.9 1
result $? "and tell nothing twice"

stop rbldnsd
wait_for 60 says 203.0.113.9 unknown
result $? "while the list is silent, nobody knows"
before=$(figure cleansmtp_watch_rounds_total)
wait_for 60 more_rounds
told listing.ended pool:203.0.113.9 0
result $? "which ends no listing"
figure_is cleansmtp_pool_listed 1
result $? "and /metrics still counts it"
figure_is cleansmtp_watch_pairs_unknown 2
result $? "the round says how much it does not know"
cs shared list >"$work/out" 2>&1
result $? "the daemon answers meanwhile"

listed 192.0.2.14
start_list
wait_for 60 says 203.0.113.9 clear
result $? "when the list answers again, the address is clear"
told listing.ended pool:203.0.113.9 1
result $? "and the listing has ended, once"
wait_for 60 figure_is cleansmtp_pool_listed 0
result $? "/metrics counts it no more"
cs audit verify >"$work/out" 2>&1
result $? "the chain of the audit log is whole"

page /readyz >"$work/out"
grep -qE '^the last round over the lists ended .* ago: 2 answers of 2' "$work/out"
result $? "/readyz says when the last round was"
cs --json doctor >"$work/out" 2>/dev/null
grep -q 'the last round over the lists ended' "$work/out"
result $? "doctor says so too"
cs metrics >"$work/out"
grep -qx 'cleansmtp_watch_behind 0' "$work/out"
result $? "and cleansmtp metrics, that it keeps up"

# A list that takes every question and answers none must not hold up the end.
stop rbldnsd
python3 - "$dns" <<'PY' &
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", int(sys.argv[1])))
while True:
    s.recv(4096)
PY
PID[silent]=$!
wait_for 60 says 192.0.2.14 unknown
result $? "silence is unknown"
kill "${PID[cleansmtpd]}"
timeout 20 tail --pid="${PID[cleansmtpd]}" -f /dev/null
result $? "the daemon ends while a list is silent"
wait "${PID[cleansmtpd]}"
result $? "cleanly"

write_conf 'check_every = "off"'
start_issuer
page /readyz >"$work/out"
grep -q 'zones.check_every is off' "$work/out"
result $? "switched off, /readyz says that nobody asks"

done_testing
