# shellcheck shell=bash
# journey.sh - from a bounce to mail that leaves by the reserved address, and everything that must
# stop it. The steps are the same however the logins reach authd; a .t file says how and runs them.
#
# The .t file sets SUBMIT_HOST (where our logins go, ports 587 and 465) and defines
# ordinary_send SUBJECT TO (an ordinary customer's mail). Sourced after lib.sh. Postfix is msp's mail
# server, but for exim.sh's word.

A=198.51.100.10 SHARED6=2001:db8:2::10 RESERVED_B=198.51.100.21 RESERVED_C=198.51.100.22
ANNA=anna@customer.test BOB=bob@customer.test

# What msp's mail server answers, as patterns; its notice, its log, and what a reload leaves there.
SAYS_QUEUED='250 2\.0\.0 Ok: queued' SAYS_WRONG='535 5\.7\.8' SAYS_NOT_NOW=454
NOTICE='Undelivered Mail' RELOADED=reload
msp_log() { echo "$T/msp/mail.log"; }
msp_pid() { cat "$T/msp/spool/pid/master.pid"; }
# mechanism_used MECHANISM: how often our logins came by it.
mechanism_used() { grep -ci "sasl_method=$1, sasl_username=cs-" "$(msp_log)"; }

# ---- the product ----------------------------------------------------------------
CONF=""
SOCKETS_OF=postfix

# product_up PEER [AUTH-OPTIONS [LINE...]]: cleansmtpd and authd with their own state, the shared address and the pool.
product_up() {
    local dir=$T/cleansmtp peer=$1 auth=${2:-}
    shift $(($# < 2 ? $# : 2))
    CONF=$dir/cleansmtp.conf
    check "cleansmtp init makes configuration, keys and the first administrator" \
        "$B/cleansmtp" init --dir "$dir" --admin ada || bail "no state folder"
    cat >"$CONF" <<CONFIG
state_dir = "$dir/state"
runtime_dir = "$T/run"
database = "sqlite:$dir/state/cleansmtp.db"
console    { listen = "127.0.0.1:8025"  url = "http://127.0.0.1:8025" }
customer   { listen = "198.51.100.11:8026"  url = "http://clean.msp.test:8026" }
submission { host = "$SUBMIT_HOST"  port = 465  starttls_port = 587  realm = "clean.msp.test" }
dns        { servers = { "127.0.0.1" }  port = 53  timeout = "3s" }
zones      { use = { "bl.spamcop.net" } }
policy     { log_proof = off  leases_per_week = 100  leases_per_month = 100 }
auth       { peer = "$peer"  group = "$SOCKETS_OF"  $auth }
CONFIG
    printf '%s\n' "$@" >>"$CONF"
    mkdir -p "$T/run"
    chmod 0755 "$T/run"
    start_daemon cleansmtpd
    start_daemon cleansmtp-authd
    wait_for 10 test -S "$T/run/api" || bail "cleansmtpd does not start"
    wait_for 10 test -S "$T/run/policy" || bail "cleansmtp-authd does not start"
    check "the shared address is ours" cs shared add $A --label "ordinary mail"
    check "B joins the pool" cs pool add $RESERVED_B --lane clean21 --helo out21.msp.test
    check "C joins the pool" cs pool add $RESERVED_C --lane clean22 --helo out22.msp.test
}
start_daemon() { start "$1" msp "$B/$1" -c "$CONF"; }
# What can be gone for a while: a socket or a file below $T, authd.
hide() { mv "$T/$1" "$T/$1.aside"; }
show() { mv "$T/$1.aside" "$T/$1"; }
freeze() { kill -STOP "${PID[cleansmtp-authd]}"; }
thaw() { kill -CONT "${PID[cleansmtp-authd]}"; }
authd_up() {
    start_daemon cleansmtp-authd
    wait_for 10 test -S "$T/run/policy"
}
# cs ARGUMENT...: the command line on msp; what it printed is in $T/said and $T/complained.
cs() {
    on msp "$B/cleansmtp" -c "$CONF" "$@" >"$T/said" 2>"$T/complained"
    local status=$?
    [ $status -eq 0 ] || cat "$T/complained" >&2
    return $status
}
# mta_finds SERVER CONFIG RULES: "cleansmtp mta SERVER --check" finds exactly these, in what really runs.
mta_finds() {
    on msp "$B/cleansmtp" -c "$CONF" --json mta "$1" --check --config-dir "$2" >"$T/said" 2>"$T/complained"
    is "cleansmtp mta $1 --check finds ${3:-nothing}" "$(python3 -c '
import json, sys
print(*sorted({f["rule"] for f in json.load(open(sys.argv[1]))}))' "$T/said" 2>&1)" "$3"
}
# cs_exits NAME STATUS ARGUMENT...
cs_exits() {
    local name=$1 wanted=$2 status
    shift 2
    cs "$@" 2>/dev/null
    status=$?
    is "$name" "$status" "$wanted" || note "$(cat "$T/said" "$T/complained")"
}
# api METHOD PATH [JSON]: on the unix socket; the answer is in $T/said, its status in $REPLY.
api() {
    REPLY=$(curl --silent --show-error --unix-socket "$T/run/api" --request "$1" \
        --header 'Content-Type: application/json' --header "Idempotency-Key: e2e-$RANDOM$RANDOM" \
        ${3:+--data-binary @-} --output "$T/said" --write-out '%{http_code}' \
        "http://localhost/api/v1$2" <<<"${3:-}")
}
# field A.B: of the JSON in $T/said.
field() {
    python3 -c '
import json, sys
value = json.load(open(sys.argv[1]))
for key in sys.argv[2].split("."):
    value = value[int(key)] if isinstance(value, list) else value[key]
print(value)' "$T/said" "$1" 2>/dev/null
}
# The newest lease of a mailbox.
lease_of() {
    cs lease list --json && python3 -c '
import json, sys
print(next(l["id"] for l in json.load(open(sys.argv[1])) if l["mailbox"] == sys.argv[2]))' \
        "$T/said" "$1"
}
lease_field() { cs lease show "$1" --json && { field "$2" || field "lease.$2"; }; }

# The bounce that anna got for the message with this subject; its file is in $BOUNCE.
bounce_for() {
    BOUNCE=$(grep -rlsx "Subject: $1" "$T/msp/mail/${2:-anna}/new" |
        xargs -r grep -l "^Subject: $NOTICE" | head -n 1)
    [ -n "$BOUNCE" ]
}

# ---- the customer's page ----------------------------------------------------------
# page METHOD [curl option...]: the page at $LINK, from the customer's host, in $T/page; status
# in $REPLY.
page() {
    local method=$1
    shift
    REPLY=$(on customer curl --silent --request "$method" --max-time 10 "$@" \
        --output "$T/page" --write-out '%{http_code}' "${LINK%%#*}")
}
prove() { page POST --data-urlencode "mailbox=$1" --data-urlencode "code=$2"; }
# shown ID: the text of the element with that id.
shown() {
    python3 -c '
import html, re, sys
page = open(sys.argv[1]).read()
found = re.search(r"<(\w+)[^>]*\bid=\"%s\"[^>]*>(.*?)</\1>" % sys.argv[2], page, re.S)
print(html.unescape(re.sub(r"<[^>]*>|\s", "", found.group(2))))' "$T/page" "$1" 2>/dev/null
}
# fresh_bounce SUBJECT [MAILBOX]: mail of an ordinary customer comes back; the notice is in $BOUNCE.
# A bounce gives one lease by one person's word, so that each lease needs its own.
fresh_bounce() {
    local ANNA=${2:-$ANNA}
    ordinary_send "$1" eve@remote.test && wait_for 15 bounce_for "$1" "${ANNA%@*}"
}

# mint_and_reveal MAILBOX [mint option...]: from $BOUNCE; sets LEASE LINK USERNAME PASSWORD.
mint_and_reveal() {
    local mailbox=$1
    shift
    cs mint --bounce "$BOUNCE" --mailbox "$mailbox" --json "$@" || return
    LEASE=$(field lease.id) LINK=$(field lease.link)
    prove "$mailbox" "${LINK#*#}"
    USERNAME=$(shown user) PASSWORD=$(shown pass)
    [ "$REPLY" = 200 ] && [ -n "$PASSWORD" ]
}

# ---- mail with the revealed login -------------------------------------------------
tls() { echo "--server $SUBMIT_HOST:587 -tls"; }
wrapped() { echo "--server $SUBMIT_HOST:465 --tls-on-connect"; }
# login_send SUBJECT TO [MECHANISM] [SWAKS-SERVER-OPTIONS]: as $USERNAME, from $FROM_ANNA.
login_send() {
    # shellcheck disable=SC2046,SC2086  # lists of words
    send "${SENDER:-$ANNA}" "$2" "$1" ${4:-$(tls)} --auth "${3:-PLAIN}" \
        --auth-user "${LOGIN:-$USERNAME}" --auth-password "$PASSWORD"
}
# session_says NAME PATTERN SESSION COMMAND...
session_says() {
    local name=$1 pattern=$2
    shift 2
    ask "$@"
    if [[ $REPLY =~ $pattern ]]; then
        ok "$name"
    else
        not_ok "$name"
        note "got    $REPLY"
        note "wanted $pattern"
    fi
}

# ---- the steps ----------------------------------------------------------------------
step_bounce() {
    local status
    ordinary_send first-by-a "eve@remote.test"
    check "ordinary mail is accepted by msp" answered "$SAYS_QUEUED"
    check "the recipient refuses A, and the sender gets a bounce" wait_for 15 bounce_for first-by-a
    check "the bounce names A and the list" grep -q "\[$A\] blocked using bl.spamcop.net" "$BOUNCE"
    check "an address that is on no list is refused nothing" ordinary_send to-open "eve@open.test"
    arrives_from "ordinary mail leaves by A" to-open $A
    check "ordinary mail to an IPv6-only domain is accepted" ordinary_send to-six "eve@six.test"
    arrives_from "ordinary mail leaves by IPv6 where the recipient has nothing else" to-six $SHARED6
}

step_diagnose() {
    api POST /diagnoses "$(python3 -c '
import json, sys
print(json.dumps({"bounce": open(sys.argv[1]).read(), "mailbox": sys.argv[2]}))' "$BOUNCE" $ANNA)"
    is "the API takes that very bounce" "$REPLY" 200
    is "verdict: our shared address, listed now" "$(field verdict)" listed_now
    is "the diagnosis names A" "$(field address)" $A
    is "the diagnosis names the list" "$(field list)" bl.spamcop.net
    cs_exits "the command line says the same by its exit status" 0 diagnose "$BOUNCE" --mailbox $ANNA
}

step_mint_and_reveal() {
    check "a lease is minted" cs mint --bounce "$BOUNCE" --mailbox $ANNA --json
    LEASE=$(field lease.id) LINK=$(field lease.link)
    is "the first clear reserved address is B" "$(field lease.reserved_address)" $RESERVED_B
    check "minting shows no password" sh -c "! grep -qi password '$T/said'"
    page HEAD --head
    is "the link answers HEAD" "$REPLY" 200
    page GET
    is "... and opens" "$REPLY" 200
    is "looking at the link changes nothing" "$(lease_field "$LEASE" state)" offered
    prove $ANNA wrong-code-from-elsewhere
    check "a wrong code shows no login" sh -c "[ '$REPLY' != 200 ] || ! grep -q 'id=\"pass\"' '$T/page'"
    prove stranger@customer.test "${LINK#*#}"
    check "a wrong mailbox shows no login" sh -c "! grep -q 'id=\"pass\"' '$T/page'"
    prove $ANNA "${LINK#*#}"
    USERNAME=$(shown user) PASSWORD=$(shown pass)
    is "the right code and mailbox show the server" "$(shown server)" "$SUBMIT_HOST"
    is "... and the port" "$(shown port)" 465
    check "... and a username" grep -qE '^cs-[a-z2-9]{8}(@clean\.msp\.test)?$' <<<"$USERNAME"
    check "... and a password" grep -qE '^([a-z2-9]{5}-){4}[a-z2-9]{5}$' <<<"$PASSWORD"
    is "the lease is revealed" "$(lease_field "$LEASE" state)" revealed
    check "no file of the state holds the password" \
        sh -c "! grep -rqF '$PASSWORD' '$T/cleansmtp' '$T'/*.log"
}

step_send() {
    check "AUTH PLAIN by STARTTLS (swaks)" login_send plain-587 eve@remote.test PLAIN
    arrives_from "delivered, and the recipient saw B" plain-587 $RESERVED_B
    check "AUTH LOGIN by TLS (swaks)" login_send login-465 eve@remote.test LOGIN "$(wrapped)"
    arrives_from "delivered, and the recipient saw B again" login-465 $RESERVED_B
    check "AUTH LOGIN by STARTTLS" login_send login-587 eve@remote.test LOGIN
    check "AUTH PLAIN by TLS" login_send plain-465 eve@remote.test PLAIN "$(wrapped)"
    LOGIN=${USERNAME%@*}@clean.msp.test check "the login with its realm works too" \
        login_send with-realm eve@remote.test
    msmtp_send via-msmtp
    is "a second real client (msmtp)" $? 0
    arrives_from "delivered from B" via-msmtp $RESERVED_B
    check "the lane's greeting is B's name" grep -q '^Received: from out21.msp.test ' "$T/arrived"
    check "mail to a mailbox of our own is accepted" login_send to-bob $BOB
    check "... and delivered, not looping" wait_for 10 mail_with "$T/msp/mail/bob" to-bob
    check "mail to an IPv6-only domain is accepted" login_send lane-six eve@six.test
    check "... but does not leave by the shared IPv6 address" never_arrived lane-six
    SENDER=ceo@elsewhere.test login_send forged eve@open.test
    check "another sender than the lease's is refused" answered '550 5\.7\.1'
    wait_for 15 logged_in
    check "the lease shows its first login" logged_in
}
logged_in() { [[ $(lease_field "$LEASE" first_login_at) =~ ^20 ]]; }
msmtp_send() {
    (umask 077 && printf '%s' "$PASSWORD" >"$T/customer/password")
    printf 'From: <%s>\nTo: <eve@remote.test>\nSubject: %s\n\nHello.\n' $ANNA "$1" |
        on customer msmtp --host="$SUBMIT_HOST" --port=587 --tls=on --tls-starttls=on \
            --tls-certcheck=off --auth=plain --user="$USERNAME" --from=$ANNA \
            --passwordeval="cat $T/customer/password" eve@remote.test >"$T/out" 2>&1
}

step_switch() {
    local server
    server=$(msp_pid)
    check "B rests" cs pool rest $RESERVED_B
    check "the same login is accepted" login_send after-switch eve@remote.test
    arrives_from "the next mail leaves from C" after-switch $RESERVED_C
    check "... without a reload" sh -c "! grep -q '$RELOADED' '$(msp_log)' && kill -0 $server"
    check "B is active again" cs pool activate $RESERVED_B
}

step_wrong_password() {
    PASSWORD=aaaaa-aaaaa-aaaaa-aaaaa-aaaaa login_send wrong eve@open.test
    check "a wrong password is 535" answered "$SAYS_WRONG"
    LOGIN=cs-aaaaaaaa login_send unknown eve@open.test
    check "an unknown login is 535" answered "$SAYS_WRONG"
}

step_revoke() {
    session_open open "$SUBMIT_HOST" 587
    session_says "a session logs in" ^235 open auth "$USERNAME" "$PASSWORD"
    session_says "... and sends" ^250 open mail $ANNA eve@remote.test in-session
    check "the lease is revoked" cs lease revoke "$LEASE"
    session_says "the open session may not send another message" '^550 5\.7\.1' \
        open mail $ANNA eve@open.test after-revoke
    login_send revoked-login eve@open.test
    check "the next AUTH fails" answered "$SAYS_WRONG"
    check "nothing of it left" never_arrived after-revoke
    is "the lease is revoked" "$(lease_field "$LEASE" state)" revoked
}

# A lease of two messages and one minute (the shortest there is), for the other customer. Its
# session stays open until step_expired.
SHORT_S=60
step_limit() {
    local LEASE LINK USERNAME PASSWORD # the first customer's stay
    cs_exits "another customer with the first one's bounce waits for a second person" 5 \
        mint --bounce "$BOUNCE" --mailbox $BOB
    check "... and the request is taken back" cs lease revoke "$(lease_of $BOB)"
    check "the other customer gets a bounce of his own" fresh_bounce first-by-bob $BOB
    check "a short lease for another mailbox" mint_and_reveal $BOB --for ${SHORT_S}s --messages 2
    SHORT_LEASE=$LEASE SHORT_ENDS=$((SECONDS + SHORT_S + 1))
    SHORT_LOGIN=$USERNAME SHORT_PASSWORD=$PASSWORD
    session_open short "$SUBMIT_HOST" 465
    session_says "it logs in" ^235 short auth "$USERNAME" "$PASSWORD"
    session_says "the first message goes" ^250 short mail $BOB eve@remote.test short-1
    session_says "the second message goes" ^250 short mail $BOB eve@remote.test short-2
    session_says "the third is one too many" '^550 5\.7\.1' short mail $BOB eve@open.test short-3
}
step_expired() {
    while [ $SECONDS -le "$SHORT_ENDS" ]; do sleep 0.5; done
    session_says "after its time the open session may not send" '^550 5\.7\.1.*expired' \
        short mail $BOB eve@open.test short-late
    SENDER=$BOB LOGIN=$SHORT_LOGIN PASSWORD=$SHORT_PASSWORD login_send short-login eve@open.test
    check "... and AUTH fails" answered "$SAYS_WRONG"
    is "the lease is expired" "$(lease_field "$SHORT_LEASE" state)" expired
    check "nothing of it left by A" never_arrived short-late
    check "... and nothing of the third" never_arrived short-3
}

step_authd_down() {
    check "the block goes on, and the first customer's mail comes back again" fresh_bounce second-by-a
    check "a new lease for the first mailbox" mint_and_reveal $ANNA
    session_open in "$SUBMIT_HOST" 587
    session_says "a session logs in" ^235 in auth "$USERNAME" "$PASSWORD"
    session_open out "$SUBMIT_HOST" 587
    stop cleansmtp-authd
    session_says "authd stopped: AUTH is temporary" "^$SAYS_NOT_NOW" out auth "$USERNAME" "$PASSWORD"
    session_says "authd stopped: a message of an open session is deferred" ^450 \
        in mail $ANNA eve@open.test while-down
    login_send new-while-down eve@open.test
    check "authd stopped: a new session is never told 535" sh -c "! grep -q '^<.*535' '$T/out'"
    check "nothing leaked by A" never_arrived while-down
    check "... nor of the new session" never_arrived new-while-down
    check "ordinary customers do not notice" ordinary_send ordinary-while-down eve@open.test
    arrives_from "their mail leaves by A as ever" ordinary-while-down $A
    start_daemon cleansmtp-authd
    check "authd is back: the login works again" wait_for 15 login_send back-again eve@remote.test
    arrives_from "... and leaves by a reserved address" back-again "$(lease_field "$LEASE" reserved_address)"
}

step_cleansmtpd_down() {
    local reserved
    reserved=$(lease_field "$LEASE" reserved_address)
    stop cleansmtpd
    check "cleansmtpd stopped: the login works" login_send console-down eve@remote.test
    arrives_from "... and the mail leaves by the reserved address" console-down "$reserved"
    cs_exits "the command line says that the daemon is not running" 8 lease list
    start_daemon cleansmtpd
    check "cleansmtpd is back" wait_for 10 cs lease list
}

step_delisted() {
    local before
    before=$(lease_count)
    check "there are leases to count" test "$before" -ge 3
    blocklist
    wait_for 5 delisted
    cs_exits "A delisted: the same bounce is no reason for a lease any more" 10 \
        diagnose "$BOUNCE" --mailbox $BOB --json
    is "... because A is clear now" "$(field verdict)" clear_now
    cs_exits "minting from it is refused" 4 mint --bounce "$BOUNCE" --mailbox $BOB
    is "no lease was made" "$(lease_count)" "$before"
    check "the audit chain is whole" cs audit verify
}
delisted() { cs listing check $A --json && grep -q '"clear"' "$T/said"; }
lease_count() { cs lease list --json && grep -c '"username"' "$T/said"; }

journey() {
    step_bounce
    step_diagnose
    step_mint_and_reveal
    step_limit
    step_send
    step_switch
    step_wrong_password
    step_revoke
    step_authd_down
    step_cleansmtpd_down
    step_expired
    step_delisted
}
