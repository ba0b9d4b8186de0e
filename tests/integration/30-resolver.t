#!/usr/bin/env bash
# 30-resolver.t - our resolver against a real rbldnsd, and against servers that fail.
set -u
cd "$(dirname "$0")/../.." || exit 1
export PATH=$PATH:/usr/sbin:/sbin

tests/built || { echo "Bail out! it does not build"; exit 1; }
ask=${B:-build/release}/tests/dnsbl/ask
command -v rbldnsd >/dev/null || { echo "Bail out! rbldnsd is not installed"; exit 1; }

T=$(mktemp -d) || exit 1
chmod 755 "$T"
pids=()
clean_up() {
    [ "${#pids[@]}" -eq 0 ] || kill "${pids[@]}" 2>/dev/null
    wait 2>/dev/null
    rm -rf "$T"
}
trap clean_up EXIT
note() { printf '# %s\n' "${1//$'\n'/$'\n# '}"; }
tests=0
out=

is() { # is NAME PATTERN: the pattern (grep -E) is in the output
    tests=$((tests + 1))
    if grep -qE "$2" <<<"$out"; then
        echo "ok $tests - $1"
    else
        echo "not ok $tests - $1"
        echo "# wanted $2"
        note "$out"
    fi
}

# A free UDP and TCP port of 127.0.0.1, from a range no service of a test host uses.
free_port() {
    local port=$((20000 + RANDOM % 20000))
    while ss -Hlnut "sport = :$port" 2>/dev/null | grep -q .; do port=$((port + 1)); done
    echo "$port"
}

# Until somebody takes datagrams on the port.
wait_bound() {
    local i
    for i in $(seq 100); do
        ! ss -Hlnu "sport = :$port" | grep -q . || return 0
        sleep 0.1
    done
    note "nobody has port $port after ${i} tries"
}

# listed [ADDRESS...]: what the list has, besides its test point.
listed() {
    {
        # shellcheck disable=SC2016  # rbldnsd's own words
        echo '$SOA 1 ns.example hostmaster.example 1 1h 1h 1h 1'
        # shellcheck disable=SC2016
        echo ':127.0.0.2:Blocked - see https://www.spamcop.net/bl.shtml?$'
        printf '%s\n' "$@"
    } >"$T/list"
}

port=$(free_port)
listed 127.0.0.2 192.0.2.14 '203.0.113.7 :127.0.0.77:odd'
# It refuses to run as root.
user=$(id -un)
[ "$user" != root ] || user=rbldns
rbldnsd -n -q -u "$user" -c 1s -t 1 -b "127.0.0.1/$port" "bl.spamcop.net:ip4set:$T/list" >/dev/null 2>&1 &
pids+=($!)
for _ in $(seq 50); do
    out=$("$ask" "$port" 500 bl.spamcop.net 192.0.2.14)
    grep -q ' listed ' <<<"$out" && break
    sleep 0.1
done

out=$("$ask" "$port" 3000 bl.spamcop.net 192.0.2.14 203.0.113.9 203.0.113.7 2001:db8::14)
is "a listed address is listed, with its code" '^192\.0\.2\.14 listed 127\.0\.0\.2 '
is "the list's words come with it" '\|Blocked - see https://www\.spamcop\.net/bl\.shtml\?192\.0\.2\.14$'
is "an address that is not there is clear" '^203\.0\.113\.9 clear - '
is "an answer without a meaning is unknown" '^203\.0\.113\.7 unknown 127\.0\.0\.77 '
# rbldnsd answers the mapped test points of IPv6 (::ffff:7f00:2) from its IPv4 data.
is "an IPv6 address is asked too" '^2001:db8::14 clear - '
is "a healthy list answers at once" '^took [0-9]{1,3} ms$'

out=$("$ask" "$port" 3000 psbl.surriel.com 192.0.2.14)
is "a server that does not serve the zone leaves it unknown" '^192\.0\.2\.14 unknown '

out=$("$ask" "$port" 5000 bl.spamcop.net $(seq -f '198.51.100.%g' 1 60))
tests=$((tests + 1))
if [ "$(grep -c ' clear - ' <<<"$out")" -eq 60 ]; then
    echo "ok $tests - sixty addresses in one round are all answered"
else
    echo "not ok $tests - sixty addresses in one round are all answered"
    note "$out"
fi

listed 192.0.2.14
kill -HUP "${pids[0]}"
for _ in $(seq 50); do
    out=$("$ask" "$port" 500 bl.spamcop.net 192.0.2.14)
    grep -q ' unknown ' <<<"$out" && break
    sleep 0.1
done
is "a list without its test point is not believed" '^192\.0\.2\.14 unknown '

listed 127.0.0.1 127.0.0.2 192.0.2.14
kill -HUP "${pids[0]}"
for _ in $(seq 50); do
    out=$("$ask" "$port" 500 bl.spamcop.net 203.0.113.9 192.0.2.14)
    grep -q 'every address' <<<"$out" && break
    sleep 0.1
done
is "a list that lists everything is not believed" '^192\.0\.2\.14 unknown .*every address'

kill "${pids[0]}" && wait "${pids[0]}" 2>/dev/null
out=$("$ask" "$port" 3000 bl.spamcop.net 192.0.2.14)
is "a resolver that is not there leaves it unknown" '^192\.0\.2\.14 unknown '
is "and says so soon" '^took [0-9]{1,3} ms$'

# A server that takes every question and answers none.
python3 - "$port" <<'PY' &
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", int(sys.argv[1])))
while True:
    s.recv(4096)
PY
pids+=($!)
wait_bound
out=$("$ask" "$port" 3000 bl.spamcop.net 192.0.2.14 203.0.113.9)
is "silence is unknown" '^192\.0\.2\.14 unknown - .*did not answer in time'
is "silence ends when the first look does" '^took (19[5-9][0-9]|2[0-8][0-9]{2}) ms$' # two thirds of 3 s, and no second look
kill "${pids[1]}" && wait "${pids[1]}" 2>/dev/null

# A server that answers with noise.
python3 - "$port" <<'PY' &
import os, socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", int(sys.argv[1])))
while True:
    q, peer = s.recvfrom(4096)
    # its id, "an answer, no error, 9 records", then nonsense
    s.sendto(q[:2] + b"\x81\x80\x00\x01\x00\x09\x00\x00\x00\x00" + q[12:] + os.urandom(40), peer)
PY
pids+=($!)
wait_bound
out=$("$ask" "$port" 1500 bl.spamcop.net 192.0.2.14)
is "noise is unknown" '^192\.0\.2\.14 unknown '

echo "1..$tests"
