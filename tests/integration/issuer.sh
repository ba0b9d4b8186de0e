# shellcheck shell=bash
# issuer.sh - for the tests that are shell: one folder, cleansmtpd in it, the command line, and a real
# block list, all on loopback. TAP, waiting and the programs' ends are those of the e2e tests.
#
# Sourced; $work is the folder, $conf the configuration in it, $bin the build. The test writes $conf.
# shellcheck disable=SC1091,SC2034,SC2154  # the library uses what is set here, and sets top and B
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
cd "$top" || exit 1
unset http_proxy
bin=$B
T=$(mktemp -d /tmp/cleansmtp-issuer.XXXXXX) || exit 1
chmod 0755 "$T" # the list drops to its own user
work=$T
conf=$work/cleansmtp.conf

# Whatever was started here ends here.
finish() {
    local name
    exec 2>/dev/null
    for name in "${!PID[@]}"; do kill "${PID[$name]}"; done
    wait
    rm -rf "$T"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

result() { # STATUS NAME
    if [ "$1" = 0 ]; then
        ok "$2"
    else
        not_ok "$2"
        tail -n 5 "$work/out" "$work/err" "$work/cleansmtpd.log" 2>/dev/null | sed 's/^/# /'
    fi
}
cs() { "$bin/cleansmtp" -c "$conf" "$@"; }
start_issuer() {
    "$bin/cleansmtpd" -c "$conf" >>"$work/cleansmtpd.log" 2>&1 </dev/null &
    PID[cleansmtpd]=$!
    wait_for 60 cs shared list || bail "cleansmtpd does not start"
}

# A free UDP and TCP port, from a range no service of a test host uses.
free_port() {
    local port=$((20000 + RANDOM % 20000))
    while ss -Hlnut "sport = :$port" 2>/dev/null | grep -q .; do port=$((port + 1)); done
    echo "$port"
}

# ---- bl.spamcop.net, at port $dns ---------------------------------------------------------
listed() { # ADDRESS...: what the list names, besides its test point
    {
        # shellcheck disable=SC2016  # rbldnsd's own words
        echo '$SOA 1 ns.bl.spamcop.net hostmaster.bl.spamcop.net 1 1h 1h 1h 1'
        echo ":127.0.0.2:Blocked - see the list"
        printf '%s\n' 127.0.0.2 "$@"
    } >"$work/dns/next"
    chmod 0644 "$work/dns/next"
    mv "$work/dns/next" "$work/dns/listed"
    [ -z "${PID[rbldnsd]:-}" ] || { kill -HUP "${PID[rbldnsd]}" && sleep 0.5; }
}
start_list() {
    local as_user=()
    [ "$(id -u)" != 0 ] || as_user=(-u nobody)
    rbldnsd -n -q -c 1h -t 1 -w "$work/dns" "${as_user[@]}" -b "127.0.0.1/$dns" \
        bl.spamcop.net:ip4set:listed >>"$work/rbldnsd.log" 2>&1 </dev/null &
    PID[rbldnsd]=$!
    sleep 0.4
    kill -0 "${PID[rbldnsd]}" 2>/dev/null
}
list_up() { # ADDRESS...
    mkdir -m 0755 "$work/dns"
    listed "$@"
    for _ in 1 2 3 4 5; do
        dns=$(free_port)
        if start_list; then return; fi
    done
    bail "rbldnsd does not start"
}
