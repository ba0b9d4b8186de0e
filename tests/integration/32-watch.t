#!/usr/bin/env bash
# 32-watch.t - cleansmtpd watches a real block list by itself: a listing appears, lasts while the list is
# silent, and ends. TAP.
set -u
cd "$(dirname "$0")/../.." || exit 1
bin=$PWD/${B:-build/release}
export PATH=$PATH:/usr/sbin:/sbin
unset CLEANSMTP_CONFIG http_proxy
command -v rbldnsd >/dev/null || { echo "Bail out! rbldnsd is not installed"; exit 1; }
work=$(mktemp -d /tmp/cleansmtp-watch.XXXXXX) || exit 1
chmod 0755 "$work"
conf=$work/cleansmtp.conf
declare -A pid=()
count=0

finish() {
    local name
    for name in "${!pid[@]}"; do kill "${pid[$name]}" 2>/dev/null; done
    wait 2>/dev/null
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

result() { # STATUS NAME
    count=$((count + 1))
    if [ "$1" = 0 ]; then
        echo "ok $count - $2"
    else
        echo "not ok $count - $2"
        tail -n 5 "$work/out" "$work/cleansmtpd.log" 2>/dev/null | sed 's/^/# /'
    fi
}
cs() { "$bin/cleansmtp" -c "$conf" "$@"; }
# A round is a second apart here; on a busy host it may be many.
until_true() {
    for _ in $(seq 300); do
        "$@" >"$work/out" 2>&1 && return 0
        sleep 0.2
    done
    return 1
}
free_port() {
    local port=$((20000 + RANDOM % 20000))
    while ss -Hlnut "sport = :$port" 2>/dev/null | grep -q .; do port=$((port + 1)); done
    echo "$port"
}

# ---- the block list -------------------------------------------------------------------
listed() { # ADDRESS...: what the list names, besides its test point
    {
        # shellcheck disable=SC2016  # rbldnsd's own words
        echo '$SOA 1 ns.bl.spamcop.net hostmaster.bl.spamcop.net 1 1h 1h 1h 1'
        echo ":127.0.0.2:Blocked - see the list"
        printf '%s\n' 127.0.0.2 "$@"
    } >"$work/dns/next"
    mv "$work/dns/next" "$work/dns/listed"
    chmod 0644 "$work/dns/listed"
    [ -z "${pid[rbldnsd]:-}" ] || kill -HUP "${pid[rbldnsd]}"
}
start_list() {
    local as_user=()
    [ "$(id -u)" != 0 ] || as_user=(-u nobody)
    rbldnsd -n -q -c 1h -t 1 -w "$work/dns" "${as_user[@]}" -b "127.0.0.1/$dns" \
        bl.spamcop.net:ip4set:listed >"$work/rbldnsd.log" 2>&1 </dev/null &
    pid[rbldnsd]=$!
}
stop_list() {
    kill "${pid[rbldnsd]}"
    wait "${pid[rbldnsd]}" 2>/dev/null
    unset 'pid[rbldnsd]'
}
mkdir -m 0755 "$work/dns"
dns=$(free_port)
web=$(free_port)
listed 192.0.2.14
start_list

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
"$bin/cleansmtp" init --dir "$work" --admin ana >/dev/null 2>&1 || { echo "Bail out! init"; exit 1; }
write_conf 'check_every = "1s"'
start_daemon() {
    "$bin/cleansmtpd" -c "$conf" >>"$work/cleansmtpd.log" 2>&1 </dev/null &
    pid[cleansmtpd]=$!
    until_true cs shared list || { sed 's/^/# /' "$work/cleansmtpd.log"; echo "Bail out! cleansmtpd"; exit 1; }
}
start_daemon
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

until_true says 192.0.2.14 listed
result $? "nobody asked, and the shared address is known to be listed"
until_true says 203.0.113.9 clear
result $? "and the reserved one to be clear"
told listing.started shared:192.0.2.14 1
result $? "the listing began, once, in the audit log"

listed 192.0.2.14 203.0.113.9
until_true says 203.0.113.9 listed
result $? "a listing of the reserved address is seen"
told listing.started pool:203.0.113.9 1
result $? "and told"
until_true figure_is cleansmtp_pool_listed 1
result $? "/metrics counts it"

before=$(figure cleansmtp_watch_rounds_total)
more_rounds() { [ "$(figure cleansmtp_watch_rounds_total)" -gt $((before + 2)) ]; }
until_true more_rounds
result $? "rounds go on"
told listing.started pool:203.0.113.9 1
result $? "and tell nothing twice"

stop_list
until_true says 203.0.113.9 unknown
result $? "while the list is silent, nobody knows"
before=$(figure cleansmtp_watch_rounds_total)
until_true more_rounds
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
until_true says 203.0.113.9 clear
result $? "when the list answers again, the address is clear"
told listing.ended pool:203.0.113.9 1
result $? "and the listing has ended, once"
until_true figure_is cleansmtp_pool_listed 0
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
stop_list
python3 - "$dns" <<'PY' &
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", int(sys.argv[1])))
while True:
    s.recv(4096)
PY
pid[silent]=$!
until_true says 192.0.2.14 unknown
result $? "silence is unknown"
kill "${pid[cleansmtpd]}"
timeout 20 tail --pid="${pid[cleansmtpd]}" -f /dev/null
result $? "the daemon ends while a list is silent"
wait "${pid[cleansmtpd]}"
result $? "cleanly"

write_conf 'check_every = "off"'
start_daemon
page /readyz >"$work/out"
grep -q 'zones.check_every is off' "$work/out"
result $? "switched off, /readyz says that nobody asks"

echo "1..$count"
