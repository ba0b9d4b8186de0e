#!/usr/bin/env bash
# What could leave OpenSMTPD by a wrong address, or be refused for good without being wrong, tried one by one. And why
# it is not the OpenSMTPD of Debian 12: no handshake of its TLS succeeds.
#
# anna has a lease by B, bob one by C.
# shellcheck disable=SC1091,SC2034,SC2153  # the libraries use what is set here, and set the rest
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/journey.sh"
. "$(dirname "$0")/opensmtpd.sh"

SUBMIT_HOST=clean.msp.test
ordinary_send() { send "${SENDER:-$ANNA}" "$2" "$1" --server mail.msp.test; }

declare -A OF_LEASE=() OF_LOGIN=() OF_PASSWORD=()
know() { OF_LEASE[$1]=$LEASE OF_LOGIN[$1]=$USERNAME OF_PASSWORD[$1]=$PASSWORD; }
as() { SENDER=$1@customer.test LEASE=${OF_LEASE[$1]} USERNAME=${OF_LOGIN[$1]} PASSWORD=${OF_PASSWORD[$1]}; }
opened() { # SESSION WHO
    as "$2"
    session_open "$1" $SUBMIT_HOST 587
    ask "$1" auth "$USERNAME" "$PASSWORD"
    [[ $REPLY == 235* ]]
}
moved_to() { [ "$(lease_field "$1" reserved_address)" = "$2" ]; }
messages() { lease_field "$1" messages_used; }

leases() {
    check "bob's mail comes back" fresh_bounce for-bob "$BOB"
    cs pool drain "$RESERVED_B"
    check "bob has a lease" mint_and_reveal "$BOB" || bail "no lease"
    know bob
    is "... by C" "$(lease_field "$LEASE" reserved_address)" "$RESERVED_C"
    cs pool activate "$RESERVED_B" && cs pool drain "$RESERVED_C"
    check "anna's mail comes back" fresh_bounce for-anna
    check "anna has a lease" mint_and_reveal "$ANNA" --recipient-domain remote.test --recipient-domain later.test || bail "no lease"
    know anna
    is "... by B" "$(lease_field "$LEASE" reserved_address)" "$RESERVED_B"
}

# ---- what is not there ----------------------------------------------------------------------
# name | how it breaks | how it is mended | what a session that is open hears | what a new login hears
hide() { mv "$T/run/$1" "$T/run/$1.aside"; }
show() { mv "$T/run/$1.aside" "$T/run/$1"; }
freeze() { kill -STOP "${PID[cleansmtp-authd]}"; }
thaw() { kill -CONT "${PID[cleansmtp-authd]}"; }
authd_up() {
    start_daemon cleansmtp-authd
    wait_for 10 test -S "$T/run/policy"
}
BROKEN="
the policy socket is missing    | hide policy          | show policy    | 450 | 450
the socketmap socket is missing | hide socketmap       | show socketmap | 451 | 451
the verify socket is missing    | hide verify          | show verify    | 250 | 421
authd does not answer           | freeze               | thaw           | 450 | 421
authd is down                   | stop cleansmtp-authd | authd_up       | 450 | 421
"
each_broken() {
    local name break mend heard new number=0 subject
    while IFS='|' read -r name break mend heard new; do
        [ -n "$name" ] || continue
        number=$((number + 1)) name=${name%%  *} heard=${heard// /} new=${new// /}
        subject=leak-session-$number
        [ "$heard" != 250 ] || subject=session-$number
        check "a session logs in" opened "s$number" bob
        # shellcheck disable=SC2086  # a command and its words
        $break
        session_says "$name: a session that is open" "^$heard" "s$number" mail "$BOB" eve@open.test "$subject"
        login_send "leak-login-$number" eve@open.test
        check "$name: a new login hears $new, and no refusal" \
            sh -c "grep -qE '^<.* $new ' '$T/out' && ! grep -qE '^<.* (5..|250 2.0.0 .* accepted)' '$T/out'"
        # shellcheck disable=SC2086
        $mend
        check "$name: over" wait_for 40 login_send "mended-$number" eve@open.test
    done <<<"$BROKEN"
}

# ---- one message, many roads ----------------------------------------------------------------
many_recipients() {
    as bob
    check "one message to a mailbox here and to three domains" login_send many "$ANNA,eve@remote.test,eve@open.test,eve@later.test"
    check "the mailbox here has it" wait_for 10 mail_with "$T/msp/mail/anna" many
    check "the others have it" wait_for 20 sh -c "[ \$(grep -rlx 'Subject: many' '$T/remote/mail' | wc -l) = 3 ]"
    is "... all from C" "$(copies many)" "$RESERVED_C $RESERVED_C $RESERVED_C"
    as anna
    check "one message to two recipients inside the lease" login_send inside eve@remote.test,eve@later.test
    check "both have it" wait_for 20 sh -c "[ \$(grep -rlx 'Subject: inside' '$T/remote/mail' | wc -l) = 2 ]"
    is "... from B" "$(copies inside)" "$RESERVED_B $RESERVED_B"
    login_send outside eve@open.test
    check "a recipient outside the lease is refused" answered '550 5\.7\.1'
    is "a message of many recipients is one" "$(wait_for 15 counted && messages "${OF_LEASE[anna]}")" 1
}
counted() { [ "$(messages "${OF_LEASE[anna]}")" = 1 ]; }

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
unknown_lane() {
    as bob
    check "an address joins the pool, and OpenSMTPD does not know it" cs pool add 198.51.100.24 --lane clean24 --helo out24.msp.test
    cs pool drain "$RESERVED_B"
    check "bob's lease moves there" cs pool rest "$RESERVED_C"
    check "... it has" moved_to "$LEASE" 198.51.100.24
    login_send unknown-lane eve@remote.test
    check "the message is deferred" answered '451 '
    check "... and nothing leaves" never_arrived unknown-lane
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
product_up postfix
opensmtpd_recipe
opensmtpd_conf
opensmtpd_start
leases
many_recipients
each_broken
queue
not_on_host
unknown_lane
check "no session of the outages left anything" sh -c "! grep -rlsE '^Subject: leak-' '$T/remote/mail'"
old_one
done_testing
