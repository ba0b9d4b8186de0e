# shellcheck shell=bash
# lib.sh - TAP helpers, and a lab of three hosts in network namespaces with real servers.
#
#   customer 192.0.2.50            swaks, msmtp, session.py
#   msp      198.51.100.10 (A)     the mail server, authd, cleansmtpd, perhaps Dovecot; MX of
#                                  customer.test
#            198.51.100.11         clean.msp.test, the submission host of the leases
#            198.51.100.21, .22    B and C, reserved
#            2001:db8:2::10        what IPv6 mail leaves by
#   remote   203.0.113.25          MX of remote.test, refuses what bl.spamcop.net lists;
#            2001:db8:3::25        takes everything for open.test; MX of six.test (IPv6 only)
#            203.0.113.26          the same as MX of later.test (IPv4 only)
#            203.0.113.53          rbldnsd: bl.spamcop.net
#
# Everything lives in one temporary folder and in namespaces named after our process id; both
# are removed when the test ends, however it ends. Nothing outside is read or written but the
# installed programs.
set -u

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
"$top/tests/built" || { echo "Bail out! it does not build"; exit 1; }
B=$(cd "$top" && cd "${B:-build/release}" && pwd) || exit 1
export PATH=$PATH:/usr/sbin:/sbin
unset CLEANSMTP_CONFIG

T=                  # the lab's folder
NS=cs$$             # prefix of the namespaces
declare -A PID=()   # of the servers in the foreground, by name
POSTFIX_HOSTS=()

# ---- TAP ------------------------------------------------------------------------
tests=0

ok() {
    tests=$((tests + 1))
    echo "ok $tests - $*"
}
not_ok() {
    tests=$((tests + 1))
    echo "not ok $tests - $*"
}
note() { printf '# %s\n' "${*//$'\n'/$'\n# '}"; }
# check NAME COMMAND...: ok when the command succeeds; else what it said, and the last transcript.
check() {
    local name=$1
    shift
    if "$@" >"$T/check" 2>&1; then # not in a subshell: what it sets, stays set
        ok "$name"
        return 0
    fi
    not_ok "$name"
    note "failed: $*"
    [ ! -s "$T/check" ] || note "$(cat "$T/check")"
    [ ! -s "$T/out" ] || note "$(tail -n 15 "$T/out")"
    return 1
}
# is NAME GOT WANTED
is() {
    if [ "$2" = "$3" ]; then
        ok "$1"
    else
        not_ok "$1"
        note "got    $2"
        note "wanted $3"
        [ ! -s "$T/out" ] || note "$(tail -n 15 "$T/out")"
        return 1
    fi
}
done_testing() { echo "1..$tests"; }
bail() {
    note "$*"
    show_logs
    echo "Bail out! $*"
    exit 1
}
# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $deadline ] || return 1
        sleep 0.1
    done
}
show_logs() {
    local file
    for file in "$T"/*.log "$T"/*/*.log; do
        [ ! -s "$file" ] || note "--- ${file#"$T/"}"$'\n'"$(tail -n 25 "$file")"
    done
}

# ---- hosts ----------------------------------------------------------------------
# A host may have users and a /run of its own.
# shellcheck disable=SC2016  # for the inner shell
IN_HOST='for file in resolv.conf hosts passwd group; do
    [ ! -e "$0/$file" ] || mount --bind "$0/$file" "/etc/$file" || exit
done
[ ! -d "$0/run" ] || mount --bind "$0/run" /run || exit
exec "$@"'
# on HOST COMMAND...: in the host's network, with its resolver. exec all the way, so that the
# process id of a background call is the command's.
on() {
    local host=$1
    shift
    ip netns exec "$NS$host" sh -c "$IN_HOST" "$T/$host" "$@"
}
# start NAME HOST COMMAND...: in the background, output to NAME.log.
start() {
    local name=$1
    shift
    local host=$1
    shift
    ip netns exec "$NS$host" sh -c "$IN_HOST" "$T/$host" "$@" >>"$T/$name.log" 2>&1 </dev/null &
    PID[$name]=$!
}
stop() {
    kill "${PID[$1]}" && wait "${PID[$1]}"
    unset "PID[$1]"
} 2>/dev/null

plug() { # HOST ADDRESS...
    local host=$1 address
    shift
    ip netns add "$NS$host"
    ip link add name net0 netns "$NS$host" type veth peer name "$host" netns "${NS}wire"
    ip -n "${NS}wire" link set "$host" master wire up
    ip -n "$NS$host" link set lo up
    ip -n "$NS$host" link set net0 up
    for address; do
        case $address in
        *:*) ip -n "$NS$host" address add "$address/64" dev net0 nodad ;;
        *) ip -n "$NS$host" address add "$address/24" dev net0 ;;
        esac
    done
    for address in 192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 2001:db8::/32; do
        ip -n "$NS$host" route add "$address" dev net0 2>/dev/null # its own is there already
    done
    mkdir "$T/$host"
    echo "nameserver 127.0.0.1" >"$T/$host/resolv.conf"
    printf '127.0.0.1 localhost\n::1 localhost\n198.51.100.11 clean.msp.test\n198.51.100.10 mail.msp.test\n' >"$T/$host/hosts"
}

lab_up() {
    if [ "$(id -u)" != 0 ]; then
        echo "1..0 # SKIP network namespaces need root"
        exit 0
    fi
    T=$(mktemp -d /tmp/cleansmtp-e2e.XXXXXX)
    chmod 0755 "$T" # the servers drop to their own users
    trap lab_down EXIT
    trap 'exit 1' HUP INT TERM
    if ! ip netns add "${NS}wire" || ! ip -n "${NS}wire" link add name wire type bridge; then
        bail "this machine allows no network namespaces or no bridges"
    fi
    ip -n "${NS}wire" link set wire up
    plug customer 192.0.2.50 2001:db8:1::50
    plug msp 198.51.100.10 198.51.100.11 198.51.100.21 198.51.100.22 2001:db8:2::10
    plug remote 203.0.113.25 203.0.113.26 203.0.113.53 2001:db8:3::25
    blocklist 198.51.100.10
    start rbldnsd remote rbldnsd -n -u rbldns -t 1 -c 1h -b 203.0.113.53/5300 \
        "bl.spamcop.net:ip4set:$T/remote/listed"
    resolver msp
    resolver remote
}

lab_down() {
    local host pid
    [ -z "${E2E_PAUSE:-}" ] || { note "lab stays up in $T, namespaces $NS*; enter ends it"; read -r _; }
    exec 2>/dev/null # the shell tells of every process that was killed
    for host in "${POSTFIX_HOSTS[@]}"; do
        on "$host" postfix -c "$T/$host/postfix" stop >/dev/null 2>&1
    done
    for pid in "${PID[@]}"; do kill "$pid" 2>/dev/null; done
    # What lives in our own namespaces was started by us (daemons in the background too).
    for host in customer msp remote; do
        for pid in $(ip netns pids "$NS$host" 2>/dev/null); do kill -9 "$pid" 2>/dev/null; done
    done
    wait 2>/dev/null
    for host in customer msp remote wire; do ip netns delete "$NS$host" 2>/dev/null; done
    rm -rf "$T"
}

# ---- DNS ------------------------------------------------------------------------
# blocklist [ADDRESS...]: what the list names, besides the test point of RFC 5782.
blocklist() {
    {
        # shellcheck disable=SC2016  # rbldnsd's own words
        echo '$SOA 1 ns.bl.spamcop.net hostmaster.bl.spamcop.net 1 1h 1h 1h 1'
        # shellcheck disable=SC2016
        echo ':127.0.0.2:Blocked - see https://www.spamcop.net/bl.shtml?$'
        printf '%s\n' 127.0.0.2 "$@"
    } >"$T/remote/listed"
    [ -z "${PID[rbldnsd]:-}" ] || kill -HUP "${PID[rbldnsd]}"
}

# resolver HOST: a caching-free unbound on the host's loopback that knows the test domains and
# asks rbldnsd for the list.
resolver() {
    cat >"$T/$1/unbound.conf" <<CONF
server:
    interface: 127.0.0.1
    interface: ::1
    do-daemonize: no
    use-syslog: no
    verbosity: 1
    chroot: ""
    username: ""
    directory: "$T/$1"
    pidfile: ""
    module-config: "iterator"
    num-threads: 1
    cache-max-ttl: 0
    cache-max-negative-ttl: 0
    local-zone: "test." static
    local-data: "customer.test. MX 10 mail.msp.test."
    local-data: "mail.msp.test. A 198.51.100.10"
    local-data: "clean.msp.test. A 198.51.100.11"
    local-data: "out21.msp.test. A 198.51.100.21"
    local-data: "out22.msp.test. A 198.51.100.22"
    local-data: "remote.test. MX 10 mx.remote.test."
    local-data: "open.test. MX 10 mx.remote.test."
    local-data: "six.test. MX 10 mx6.remote.test."
    local-data: "later.test. MX 10 mx4.remote.test."
    local-data: "mx4.remote.test. A 203.0.113.26"
    local-data: "mx.remote.test. A 203.0.113.25"
    local-data: "mx.remote.test. AAAA 2001:db8:3::25"
    local-data: "mx6.remote.test. AAAA 2001:db8:3::25"
remote-control:
    control-enable: no
stub-zone:
    name: "bl.spamcop.net"
    stub-addr: 203.0.113.53@5300
CONF
    # A copy, because AppArmor lets the installed one read its own folders only.
    [ -e "$T/unbound" ] || cp "$(command -v unbound)" "$T/unbound"
    start "unbound-$1" "$1" "$T/unbound" -d -c "$T/$1/unbound.conf"
    wait_for 10 grep -q 'start of service' "$T/unbound-$1.log" || bail "unbound does not start"
}

# ---- Postfix --------------------------------------------------------------------
# postfix_new HOST NAME: configuration and folders of a private instance; lines on stdin go to
# the end of main.cf.
postfix_new() {
    local dir=$T/$1
    mkdir -p "$dir/postfix" "$dir/spool" "$dir/data" "$dir/mail"
    chown postfix "$dir/data"
    chown nobody "$dir/mail"
    cat >"$dir/postfix/main.cf" <<CONF
compatibility_level = 3.6
queue_directory = $dir/spool
data_directory = $dir/data
maillog_file = $dir/mail.log
maillog_file_prefixes = $dir
maillog_file_rotate_suffix = %Y%m%d-%H%M%S
myhostname = $2
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
inet_protocols = all
inet_interfaces = all
biff = no
smtp_connect_timeout = 5s
smtp_address_preference = ipv4
smtp_tls_security_level = may
smtpd_error_sleep_time = 0
service_throttle_time = 2s
virtual_mailbox_base = $dir/mail
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
CONF
    cat >>"$dir/postfix/main.cf"
    cat >"$dir/postfix/master.cf" <<CONF
smtp      inet  n - n - - smtpd
pickup    unix  n - n 1 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
smtp      unix  - - n - - smtp
relay     unix  - - n - - smtp
error     unix  - - n - - error
retry     unix  - - n - - error
virtual   unix  - n n - - virtual
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
CONF
}
postfix_start() {
    POSTFIX_HOSTS+=("$1")
    on "$1" postfix -c "$T/$1/postfix" start >"$T/postfix-$1.log" 2>&1 ||
        bail "Postfix of $1 does not start"
    wait_for 10 grep -q 'daemon started' "$T/$1/mail.log" || bail "Postfix of $1 is not ready"
}

remote_up() {
    postfix_new remote mx.remote.test <<'CONF'
virtual_mailbox_domains = remote.test, open.test, six.test, later.test
virtual_mailbox_maps = static:in/
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions =
    check_recipient_access inline:{ open.test=OK, later.test=OK },
    reject_rbl_client bl.spamcop.net
CONF
    postfix_start remote
}

# certificate: for msp.
certificate() {
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=clean.msp.test \
        -addext "subjectAltName=DNS:clean.msp.test,DNS:mail.msp.test" \
        -keyout "$T/msp/key.pem" -out "$T/msp/cert.pem" 2>/dev/null
}
# msp_postfix: the ordinary mail server, without anything of ours yet. Its ordinary customer is
# known by the network address; mailboxes of customer.test are here.
msp_postfix() {
    certificate
    postfix_new msp mail.msp.test <<CONF
virtual_mailbox_domains = customer.test
virtual_mailbox_maps = inline:{ anna@customer.test=anna/, bob@customer.test=bob/ }
mynetworks = 127.0.0.0/8, 192.0.2.50
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination
smtpd_tls_cert_file = $T/msp/cert.pem
smtpd_tls_key_file = $T/msp/key.pem
smtpd_tls_security_level = may
CONF
}
# part SECTION: what stands below "#==> SECTION" in the recipe, or nothing but trouble.
part() {
    local before after
    before=$(wc -l <"$T/recipe")
    sed -n "/^#==> ${1//\//\\/}\$/,/^#==> /{/^#==> /d;p}" "$T/recipe" >"$T/section"
    after=$(wc -l <"$T/section")
    if [ "$after" -eq 0 ] || [ "$after" -ge "$before" ]; then
        bail "the recipe has no part \"$1\""
    fi
    cat "$T/section"
}
# paste SECTION FILE: a part of the recipe goes to the end of that file of Postfix.
paste() { part "$1" >>"$T/msp/postfix/$2"; }

# ---- mail -----------------------------------------------------------------------
# send FROM TO SUBJECT SWAKS-OPTION...: one message by swaks from the customer's host; the
# transcript is in $T/out. Succeeds when the message was accepted.
send() {
    local from=$1 to=$2 subject=$3
    shift 3
    on customer swaks --helo pc.customer.test --from "$from" --to "$to" --timeout 20 \
        --header "Subject: $subject" --body "Hello." "$@" >"$T/out" 2>&1
}
# mail_with FOLDER SUBJECT: the delivered message's file name.
mail_with() {
    grep -rlsx "Subject: $2" "$1" --include='*' | grep '/new/' | head -n 1 | grep .
}
# arrived SUBJECT: at the remote, within 10 seconds; the message is in $T/arrived.
arrived() {
    rm -f "$T/arrived"
    wait_for 10 mail_with "$T/remote/mail" "$1" || return 1
    cp "$(mail_with "$T/remote/mail" "$1")" "$T/arrived"
}
# came_from [FILE]: the address in the remote's own Received line.
came_from() {
    sed -n '/^Received: from/,/by mx.remote.test/s/.*\[\(IPv6:\)\{0,1\}\([0-9a-f.:]*\)\]).*/\2/p' \
        "${1:-$T/arrived}" | head -n 1
}
# copies SUBJECT: the addresses that its copies at the remote came from, in order, on one line.
copies() {
    local file
    grep -rlsx "Subject: $1" "$T/remote/mail" | grep /new/ |
        while read -r file; do came_from "$file"; done | sort | xargs
}
# arrives_from NAME SUBJECT ADDRESS
arrives_from() {
    if arrived "$2"; then
        is "$1" "$(came_from)" "$3"
    else
        not_ok "$1"
        note "nothing arrived; msp's log:"$'\n'"$(tail -n 12 "$(msp_log)")"
    fi
}
# never_arrived SUBJECT: neither in the remote's mailboxes nor on the way.
never_arrived() {
    sleep 1
    ! mail_with "$T/remote/mail" "$1"
}
# answered PATTERN: a line of the last transcript (swaks marks the server's with <) matches.
answered() { grep -qE -- "^<[~*-]*\*{0,2} *$1" "$T/out"; }

# A client that keeps its session open (session.py). The one line of answer is in $REPLY.
declare -A TO=() FROM=()
session_open() { # NAME HOST PORT
    local to from
    mkfifo "$T/$1.to" "$T/$1.from"
    start_session "$@"
    exec {to}>"$T/$1.to" {from}<"$T/$1.from"
    TO[$1]=$to FROM[$1]=$from
    ask "$1" open
}
start_session() {
    ip netns exec "${NS}customer" sh -c "$IN_HOST" "$T/customer" \
        python3 "$here/session.py" "$2" "$3" <"$T/$1.to" >"$T/$1.from" 2>"$T/session.log" &
    PID[$1]=$!
}
ask() { # NAME COMMAND...
    local name=$1
    shift
    echo "$*" >&"${TO[$name]}"
    read -r -t 40 REPLY <&"${FROM[$name]}" || REPLY="no answer"
}

# ---- Dovecot --------------------------------------------------------------------
# dovecot_start CHECKPASSWORD-ARGUMENTS: a real Dovecot on msp that answers Postfix: our helper for
# cs-*, then the ordinary customers from a file. Only its auth service is used.
dovecot_start() {
    local dir=$T/msp/dovecot
    mkdir -p "$dir/base" "$dir/state"
    echo "carol:{PLAIN}ordinary-secret" >"$dir/users"
    cat >"$dir/dovecot.conf" <<CONF
base_dir = $dir/base
state_dir = $dir/state
log_path = $T/dovecot.log
protocols =
ssl = no
auth_mechanisms = plain login
auth_failure_delay = 1 secs
# One customer behind a shared address must not lock out the others; cleansmtp slows guessing itself.
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service auth {
  extra_groups = postfix
  unix_listener $T/msp/spool/private/dovecot-auth {
    user = postfix
    group = postfix
    mode = 0660
  }
}
passdb {
  driver = checkpassword
  args = $1
  username_filter = cs-*
  result_failure = return-fail
  result_internalfail = continue
}
passdb {
  driver = checkpassword
  args = /usr/bin/timeout 12 /usr/bin/tail -f
  username_filter = cs-*
}
passdb {
  driver = passwd-file
  args = $dir/users
}
userdb {
  driver = prefetch
}
CONF
    start dovecot msp dovecot -F -c "$dir/dovecot.conf"
    wait_for 10 test -S "$T/msp/spool/private/dovecot-auth" || bail "Dovecot does not start"
}
