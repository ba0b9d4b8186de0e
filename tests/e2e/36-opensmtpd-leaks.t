#!/usr/bin/env bash
# What could leave OpenSMTPD by a wrong address, or be refused for good without being wrong, tried one by one. And why
# it is not the OpenSMTPD of Debian 12: no handshake of its TLS succeeds.
#
# anna has a lease by B, bob one by C.
# shellcheck disable=SC1091,SC2034,SC2153  # the libraries use what is set here, and set the rest
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/journey.sh"
. "$(dirname "$0")/opensmtpd.sh"
. "$(dirname "$0")/two_leases.sh"

SUBMIT_HOST=clean.msp.test
ordinary_send() { send "${SENDER:-$ANNA}" "$2" "$1" --server mail.msp.test; }

ACCEPTED='250 2.0.0 .* accepted' DEFERRED=451
# name | how it breaks | how it is mended | what a session that is open hears | what a new login hears
BROKEN="
the policy socket is missing    | hide run/policy      | show run/policy    | 450 | 450
the socketmap socket is missing | hide run/socketmap   | show run/socketmap | 451 | 451
the verify socket is missing    | hide run/verify      | show run/verify    | 250 | 421
authd does not answer           | freeze               | thaw               | 450 | 421
authd is down                   | stop cleansmtp-authd | authd_up           | 450 | 421
"

# ---- guesses ------------------------------------------------------------------------------------
guesses() {
    local number pids=() start
    as bob
    for number in 1 2 3 4 5 6 7 8; do
        on customer swaks --server $SUBMIT_HOST:587 -tls --from "$BOB" --to eve@open.test --quit-after AUTH --auth PLAIN \
            --auth-user "$USERNAME" --auth-password "guess-$number" >"$T/guess-$number" 2>&1 &
        pids+=($!)
    done
    start=$(date +%s%N)
    check "eight guess at once: the right password is accepted" login_send among-guesses eve@open.test
    check "... and soon" test $((($(date +%s%N) - start) / 1000000)) -lt 3000
    wait "${pids[@]}"
    is "each guess is refused" "$(grep -lE "^<.*$SAYS_WRONG" "$T"/guess-* | wc -l)" 8
}

# ---- the queue ---------------------------------------------------------------------------------
queue() {
    check "nothing is sent for a while" smtpctl pause mta
    for mail in "bob q1" "anna q2" "bob q3" "anna q4"; do
        as "${mail% *}"
        login_send "${mail#* }" eve@later.test || not_ok "${mail#* } is accepted"
    done
    ordinary_send q5 eve@later.test
    as anna
    login_send revoked-q6 eve@later.test
    check "meanwhile one of the leases is revoked" cs lease revoke "${OF_LEASE[anna]}"
    stop cleansmtp-authd
    check "authd is down: the queue is run" smtpctl resume mta
    for mail in q1/$RESERVED_C q2/$RESERVED_B q3/$RESERVED_C q4/$RESERVED_B q5/$A revoked-q6/$RESERVED_B; do
        arrives_from "${mail%/*} left by its own address" "${mail%/*}" "${mail#*/}"
    done
    authd_up
    as anna
    login_send revoked eve@later.test
    check "the revoked login is refused" answered "$SAYS_WRONG"
    cs pool activate "$RESERVED_C"
}

# ---- addresses and lanes ------------------------------------------------------------------------
not_on_host() {
    as bob
    ip -n "${NS}msp" address del "$RESERVED_C/24" dev net0
    check "the lane's address is not on the host: the message is accepted" login_send absent eve@remote.test
    check "... and waits" wait_for 15 grep -q 'to=<eve@remote.test>.*result="TempFail"' "$(msp_log)"
    check "... and does not leave" never_arrived absent
    ip -n "${NS}msp" address add "$RESERVED_C/24" dev net0
    arrives_later "the address is back: it leaves by C" absent "$RESERVED_C"
}
# OpenSMTPD leaves a route alone for a while after an error.
arrives_later() { # NAME SUBJECT ADDRESS
    wait_for 30 mail_with "$T/remote/mail" "$2" || smtpctl schedule all
    arrives_from "$@"
}

# ---- Debian 12's own ----------------------------------------------------------------------------
# shellcheck disable=SC2016  # for the inner shell
IN_OLD='mount --bind "$1/var/spool" /var/spool && mount --bind "$1/var/lib" /var/lib && mount --bind "$0/usr/libexec" /usr/libexec &&
mount --bind "$1/passwd" /etc/passwd && exec "$0/usr/sbin/smtpd" -d -v -f "$1/smtpd.conf"'
old_one() {
    local old=/var/cache/cleansmtp-test/opensmtpd dir=$T/customer/old
    [ -x $old/usr/sbin/smtpd ] || bail "no OpenSMTPD in $old: tools/install-packages.sh test"
    mkdir -p "$dir/var/spool" "$dir/var/lib/opensmtpd/empty" "$T/customer/run"
    { cat /etc/passwd; grep '^opensmtp' "$T/msp/etc/passwd"; } >"$dir/passwd"
    { cat /etc/group; grep '^opensmtp' "$T/msp/etc/group"; } >"$T/customer/group"
    cat >"$dir/smtpd.conf" <<CONF
pki clean cert "$T/msp/cert.pem"
pki clean key "$T/msp/key.pem"
listen on 192.0.2.50 port 465 smtps pki clean auth
action "relay" relay
match from auth for any action "relay"
CONF
    start old-opensmtpd customer sh -c "$IN_OLD" $old "$dir"
    wait_for 10 grep -q 'OpenSMTPD 6.8.* starting' "$T/old-opensmtpd.log" || bail "OpenSMTPD 6.8 does not start"
    sleep 1
    on customer openssl s_client -connect 192.0.2.50:465 </dev/null >"$T/out" 2>&1
    check "Debian 12's OpenSMTPD 6.8 fails the handshake" grep -q 'alert internal error' "$T/out"
    check "... for want of the key that OpenSSL 3 does not ask it for" grep -q 'missing private key' "$T/old-opensmtpd.log"
}

newer_opensmtpd
lab_up
remote_up
msp_opensmtpd
product_up postfix 'failure_delay = "0ms"'
opensmtpd_recipe
opensmtpd_conf
opensmtpd_start
leases
many_recipients
guesses
each_broken
queue
not_on_host
unknown_lane
check "no session of the outages left anything" sh -c "! grep -rlsE '^Subject: leak-' '$T/remote/mail'"
old_one
done_testing
