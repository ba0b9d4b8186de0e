#!/usr/bin/env bash
# What could leave Haraka by a wrong address, or be refused for good without being wrong, tried one by one.
#
# anna has a lease by B, bob one by C.
# shellcheck disable=SC1091,SC2034,SC2153  # the libraries use what is set here, and set the rest
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/journey.sh"
. "$(dirname "$0")/haraka.sh"
. "$(dirname "$0")/two_leases.sh"

SUBMIT_HOST=clean.msp.test
ordinary_send() { send "${SENDER:-$ANNA}" "$2" "$1" --server mail.msp.test; }

ACCEPTED='250 Message Queued' DEFERRED=450
# name | how it breaks | how it is mended | what a session that is open hears | what a new login hears
BROKEN="
the policy socket is missing | hide run/policy      | show run/policy | 450 | 450
the verify socket is missing | hide run/verify      | show run/verify | 250 | 454
authd does not answer        | freeze               | thaw            | 450 | 454
authd is down                | stop cleansmtp-authd | authd_up        | 450 | 454
"

# ---- the queue ---------------------------------------------------------------------------------
haraka_stop() {
    kill "${PID[haraka]}"
    wait "${PID[haraka]}"
} 2>/dev/null
queue() {
    on remote postfix -c "$T/remote/postfix" stop >/dev/null 2>&1
    for mail in "bob q1" "anna q2" "bob q3" "anna q4"; do
        as "${mail% *}"
        login_send "${mail#* }" eve@later.test || not_ok "${mail#* } is accepted"
    done
    check "the recipient's server is away: four messages of two leases wait" wait_for 20 waits 4
    check "meanwhile one of the leases is revoked" cs lease revoke "${OF_LEASE[anna]}"
    haraka_stop
    stop cleansmtp-authd
    : >"$(haraka_log)"
    : >"$T/remote/mail.log"
    haraka_start
    postfix_start remote
    for mail in q1/$RESERVED_C q2/$RESERVED_B q3/$RESERVED_C q4/$RESERVED_B; do
        arrives_from "${mail%/*} left by its own address, after a restart of Haraka and without authd" "${mail%/*}" "${mail#*/}"
    done
    authd_up
    as anna
    login_send revoked eve@later.test
    check "the revoked login is refused" answered "$SAYS_WRONG"
    cs pool activate "$RESERVED_C"
}
waits() { [ "$(find "$T/msp/haraka/queue" -type f | wc -l)" = "$1" ]; }

# ---- addresses ----------------------------------------------------------------------------------
not_on_host() {
    as bob
    ip -n "${NS}msp" address del "$RESERVED_C/24" dev net0
    check "the lane's address is not on the host: the message is accepted" login_send absent eve@remote.test
    check "... and waits" wait_for 15 waits 1
    check "... and does not leave" never_arrived absent
    ip -n "${NS}msp" address add "$RESERVED_C/24" dev net0
    wait_for 20 mail_with "$T/remote/mail" absent
    arrives_from "the address is back: it leaves by C" absent "$RESERVED_C"
    login_send six eve@six.test
    check "a recipient that has IPv6 alone gets it from nowhere" never_arrived six
}

haraka_program
lab_up
remote_up
msp_postfix
postfix_start msp
product_up postfix
haraka_recipe
haraka_conf
printf 'temp_fail_intervals=5s*200\n' >"$T/msp/haraka/config/outbound.ini"
haraka_start
leases
many_recipients
each_broken
queue
not_on_host
unknown_lane
check "no session of the outages left anything" sh -c "! grep -rlsE '^Subject: leak-' '$T/remote/mail'"
done_testing
