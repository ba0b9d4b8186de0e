#!/usr/bin/env bash
# demo.sh - the whole job in front of you, on this machine alone: a block list, a bounce, a
# diagnosis, a lease, the customer's page, a login, and its end. Afterwards the console runs on.
#
#     tools/demo.sh [stop]
#
# Everything lies in build/demo. Daemons are ended by their pid files, and only when the process
# is the one that was started here.
set -u
cd "$(dirname "$0")/.." || exit 1
top=$PWD
bin=$top/${B:-build/release}
demo=$top/build/demo
conf=$demo/cleansmtp.conf
export PATH=$PATH:/usr/sbin:/sbin
unset CLEANSMTP_CONFIG http_proxy
daemons='authd cleansmtpd rbldnsd' # in the order in which they end

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
    bold=$(printf '\033[1m') plain=$(printf '\033[0m')
else
    bold='' plain=''
fi
step() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
tell() { printf '    %s\n' "$*"; }
show() { sed 's/^/    | /'; }
die() {
    printf '\ndemo: %s\n' "$*" >&2
    for log in "$demo"/*.log; do
        [ ! -s "$log" ] || { echo "--- $log" && tail -n 8 "$log"; } >&2
    done
    stop
    exit 1
}

# ---- daemons ------------------------------------------------------------------------
# A process id is used again some day: ours has our folder on its command line.
is_ours() { [ -r "/proc/$1/cmdline" ] && tr '\0' ' ' <"/proc/$1/cmdline" | grep -qF "$demo"; }

end_one() {
    local pid
    pid=$(cat "$demo/$1.pid" 2>/dev/null) || return 0
    if is_ours "$pid"; then
        kill "$pid" 2>/dev/null
        for _ in $(seq 50); do
            is_ours "$pid" || break
            sleep 0.1
        done
        ! is_ours "$pid" || kill -9 "$pid" 2>/dev/null
    fi
    rm -f "$demo/$1.pid"
}
stop() {
    local name
    for name in $daemons; do end_one "$name"; done
}
launch() { # NAME COMMAND...
    local name=$1
    shift
    "$@" >"$demo/$name.log" 2>&1 </dev/null &
    echo $! >"$demo/$name.pid"
    disown
}
alive() { is_ours "$(cat "$demo/$1.pid")"; }
wait_for() { # NAME COMMAND...: until it succeeds, 10 s at most
    local name=$1
    shift
    for _ in $(seq 100); do
        "$@" >/dev/null 2>&1 && return 0
        alive "$name" || die "$name does not start"
        sleep 0.1
    done
    die "$name is not ready"
}

if [ "${1:-}" = stop ]; then
    if [ ! -d "$demo" ]; then
        echo "The demo is not running."
        exit 0
    fi
    stop
    [ ! -s "$demo/runtime" ] || rm -rf "$(cat "$demo/runtime")"
    rm -rf "$demo"
    echo "The demo is stopped, and build/demo is removed."
    exit 0
fi
[ $# = 0 ] || {
    echo "usage: $0 [stop]" >&2
    exit 2
}

# ---- preparing ------------------------------------------------------------------------
for program in cleansmtp cleansmtpd cleansmtp-authd cleansmtp-bounce cleansmtp-checkpassword; do
    [ -x "$bin/$program" ] || {
        echo "demo: $bin/$program is not built; run make" >&2
        exit 1
    }
done
# From an earlier run.
stop
[ ! -s "$demo/runtime" ] || rm -rf "$(cat "$demo/runtime")"
rm -rf "$demo"
mkdir -p "$demo" || exit 1
trap 'die interrupted' INT TERM

# Somebody listens there when connecting works.
free_port() {
    local port=$1
    while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
    echo "$port"
}
console=$(free_port 8025)
customer=$(free_port $((console + 1)))

# The path of a unix socket has 107 bytes at most.
run=$demo/run
if [ ${#run} -gt 90 ]; then
    run=$(mktemp -d /tmp/cleansmtp-demo.XXXXXX) || exit 1
    echo "$run" >"$demo/runtime"
fi

step "1. A mail host, small"
tell "Its customers share the outgoing address 192.0.2.14."
tell "Two more addresses are kept clean for emergencies: 203.0.113.9 and 203.0.113.10."
"$bin/cleansmtp" init --dir "$demo" --admin admin >"$demo/init.out" 2>"$demo/init.log" ||
    die "could not set up"

# The block list: a real rbldnsd on loopback that answers for bl.spamcop.net. As root it needs
# another user, who reads the data from its working folder.
mkdir -m 0755 "$demo/dns"
cat >"$demo/dns/listed" <<'DATA'
$SOA 1 ns.bl.spamcop.net hostmaster.bl.spamcop.net 1 1h 1h 1h 1
:127.0.0.2:Blocked - see https://www.spamcop.net/bl.shtml?$
127.0.0.2
192.0.2.14
DATA
chmod 0644 "$demo/dns/listed"
as_user=()
[ "$(id -u)" != 0 ] || as_user=(-u nobody)
dns=0
for port in $(seq 5354 5374); do
    launch rbldnsd rbldnsd -n -q -c 1s -w "$demo/dns" "${as_user[@]}" -b "127.0.0.1/$port" \
        bl.spamcop.net:ip4set:listed
    sleep 0.4
    if alive rbldnsd; then
        dns=$port
        break
    fi
done
[ "$dns" != 0 ] || die "rbldnsd does not start"

cat >"$conf" <<CONF
state_dir   = "$demo/state"
runtime_dir = "$run"
brand      { name = "Demo Hosting" support = "support@hoster.example" }
console    { listen = "127.0.0.1:$console" url = "http://127.0.0.1:$console" }
customer   { listen = "127.0.0.1:$customer" url = "http://127.0.0.1:$customer" }
submission { host = "clean.hoster.example" }
dns        { servers = { "127.0.0.1" } port = $dns timeout = "2s" }
zones      { use = { "bl.spamcop.net" } }
CONF
cs() { "$bin/cleansmtp" -c "$conf" "$@"; }
launch cleansmtpd "$bin/cleansmtpd" -c "$conf"
wait_for cleansmtpd cs shared list
launch authd "$bin/cleansmtp-authd" -c "$conf"
wait_for authd test -S "$run/verify"

{
    cs shared add 192.0.2.14 --label "round robin" &&
        cs pool add 203.0.113.9 --lane clean1 --helo out9.hoster.example &&
        cs pool add 203.0.113.10 --lane clean2 --helo out10.hoster.example
} >"$demo/setup.log" 2>&1 || die "could not add the addresses"
tell "The console, the page for customers and the answering service for the mail server run now."

step "2. Anna, a customer, calls: her mail came back"
tools/example-bounce.sh >"$demo/bounce.eml"
tools/example-bounce.sh b82f5d1c >"$demo/bounce-2.eml"
sed -n '/^<info@/,/^$/p' "$demo/bounce.eml" | show
tell "The support agent pastes the bounce. cleansmtp asks the block list itself, just now:"
cs diagnose "$demo/bounce.eml" >"$demo/diagnosis.out" 2>"$demo/diagnosis.log" ||
    die "the diagnosis is not the one expected: $(cat "$demo/diagnosis.out" "$demo/diagnosis.log")"
show <"$demo/diagnosis.out"

step "3. The agent gives Anna a lease: a temporary login that sends by a clean address"
link=$(cs mint --bounce "$demo/bounce.eml" --mailbox anna@kunde.example --for 24h \
    --reason "urgent offer" 2>"$demo/mint.log") || die "no lease: $(cat "$demo/mint.log")"
show <"$demo/mint.log"
tell "Anna gets this link (no password exists yet):"
echo "$link" | show

step "4. Anna opens the link and types her mailbox address"
page=${link%%#*} key=${link#*#}
curl --silent --show-error --fail --max-time 10 --noproxy '*' "$page" >"$demo/page1.html" ||
    die "the page does not open"
curl --silent --show-error --fail --max-time 10 --noproxy '*' \
    --data-urlencode "mailbox=anna@kunde.example" --data-urlencode "code=$key" "$page" \
    >"$demo/page2.html" || die "the details are not shown"
field() {
    tr '\n' ' ' <"$demo/page2.html" | grep -o "id=\"$1\"[^>]*>.*" | sed 's/^[^>]*>//; s/<\/code>.*//; s/<[^>]*>//g; s/^ *//; s/ *$//' | head -n 1
}
user=$(field user) pass=$(field pass)
if [ -z "$user" ] || [ -z "$pass" ]; then die "the page shows no login"; fi
tell "The page shows, once:"
printf 'server    %s\nport      %s\nusername  %s\npassword  %s\n' "$(field server)" "$(field port)" "$user" "$pass" | show
rm -f "$demo/page2.html"

# As a mail server asks: name and password on descriptor 3, and a program to run when they fit.
login() {
    printf '%s\0%s\0\0' "$user" "$pass" |
        "$bin/cleansmtp-checkpassword" --socket "$run/verify" true 3<&0 </dev/null
}

step "5. Her mail program signs in; the mail server asks cleansmtp"
if login; then tell "Accepted. Her mail leaves by the clean address of the lease."; else die "the login was refused ($?)"; fi

step "6. The agent ends the lease"
cs lease revoke 1 --reason "the block list has forgotten us" 2>&1 | show
login
status=$?
[ $status = 1 ] || die "the login was not refused after revocation ($status)"
tell "The same login again: refused, at once. Messages on open connections are refused too."
cs audit verify >"$demo/audit.log" 2>&1 || die "the audit log is not intact"
tell "All of it stands in the audit log ($(sed -n 's/^records *//p' "$demo/audit.log") records, chain intact)."

setup=$(cs user reset admin 2>/dev/null) || die "could not make a set-up link"
step "The console runs on"
tell "First choose a password for \"admin\":  $setup"
tell "Then sign in at                        http://127.0.0.1:$console"
tell "and paste another bounce of Anna's: build/demo/bounce-2.eml"
tell "The command line:                      ${bin#"$top"/}/cleansmtp -c ${conf#"$top"/} --help"
tell "To end it:                             make demo-stop"
