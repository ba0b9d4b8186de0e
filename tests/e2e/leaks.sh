# shellcheck shell=bash
# leaks.sh - everything that could make a lease's message leave by another address than its own, with a real Postfix
# and whatever way its logins take (ways.sh): each is tried, each is refused or deferred, and at the end the
# recipient's server has seen no message of a lease from the shared address.
#
# Sourced after ways.sh and broken.sh.
# shellcheck disable=SC2034

# ---- the queue ------------------------------------------------------------------------
# queued_as: the queue id of the message that the last swaks or session handed in.
queued_as() {
    QUEUE_ID=$(sed -n 's/.*queued as \([0-9A-Za-z]*\).*/\1/p' <<<"${REPLY:-}"$'\n'"$(cat "$T/out" 2>/dev/null)" | head -n 1)
    [ -n "$QUEUE_ID" ]
}
msp_log_has() { grep -qE "$1" "$T/msp/mail.log"; }
deferred() { wait_for 15 msp_log_has "$1: to=.*status=deferred.*$2"; }
lane_line() { # LANE ADDRESS: one more lane, as the recipe prints them
    sed -n '/^clean21 /,/^[^ ]/{/^clean21 /p;/^ /p}' "$T/recipe" |
        sed "s/clean21/$1/g; s/$RESERVED_B/$2/g; s/out21/out${1#clean}/g" >>"$T/msp/postfix/master.cf"
}

# A lease moves to an address whose lane Postfix does not have; then the lane comes, for an address
# that the host does not have; then the address comes, and only then the message leaves.
step_wrong_lane() {
    check "a reserved address is added whose lane is not in master.cf" \
        cs pool add 198.51.100.23 --lane clean23 --helo out23.msp.test
    check "... and the others rest" cs pool rest "$RESERVED_C"
    check "... so that the lease moves there" cs pool rest "$RESERVED_B"
    session_open lane "$SUBMIT_HOST" 465
    ask lane auth "$USERNAME" "$PASSWORD"
    session_says "a lane that is not in master.cf: the message is queued" ^250 lane mail "$ANNA" eve@open.test lane-wait
    queued_as
    check "... and waits" deferred "$QUEUE_ID" "mail transport unavailable"
    lane_line clean23 198.51.100.23
    on msp postfix -c "$T/msp/postfix" reload >/dev/null 2>&1
    on msp postqueue -c "$T/msp/postfix" -f
    check "an address that is not on the host: it waits on" wait_for 15 msp_log_has '198\.51\.100\.23'
    check "... for the address" never_arrived lane-wait
    ip -n "${NS}msp" address add 198.51.100.23/24 dev net0
    wait_for 30 sh -c "ip netns exec '${NS}msp' postqueue -c '$T/msp/postfix' -f; sleep 2; grep -rlx 'Subject: lane-wait' '$T/remote/mail'"
    arrives_from "when the host has it, the message leaves from there" lane-wait 198.51.100.23
    check "B is active again" cs pool activate "$RESERVED_B"
    check "the lease moves back" cs pool retire 198.51.100.23
}

# One message, many recipients: only our own mailbox and the lane may have it.
step_recipients() {
    session_open many "$SUBMIT_HOST" 587
    ask many auth "$USERNAME" "$PASSWORD"
    session_says "one message to a mailbox of our own and three other domains" ^250 \
        many mail "$ANNA" "$BOB,eve@open.test,eve@remote.test,eve@six.test" many-domains
    arrives_from "... arrives from B" many-domains "$RESERVED_B"
    check "... at our own mailbox as well" wait_for 10 mail_with "$T/msp/mail/bob" many-domains
    check "... without our mark" sh -c "! grep -q '^X-Clean-Message' '$T/arrived' && ! grep -rq '^X-Clean-Message' '$T/msp/mail/bob'"
    check "... and the domain with IPv6 alone gets it from nowhere" \
        wait_for 10 msp_log_has 'clean21/smtp.*to=<eve@six.test>.*status=(bounced|deferred)'
    session_says "BDAT" ^250 many bdat "$ANNA" eve@open.test by-bdat
    arrives_from "... leaves from B" by-bdat "$RESERVED_B"
    session_says "BDAT with another sender is refused" '^550 5\.7\.1' many bdat ceo@elsewhere.test eve@open.test bdat-forged
    on msp postfix -c "$T/msp/postfix" reload >/dev/null 2>&1
    session_open fresh "$SUBMIT_HOST" 587
    ask fresh auth "$USERNAME" "$PASSWORD"
    hide run/policy
    session_says "BDAT without an answer of ours is deferred" ^450 fresh bdat "$ANNA" eve@open.test leak-bdat
    show run/policy
}

postsuper_msp() { on msp postsuper -c "$T/msp/postfix" "$@" >"$T/out" 2>&1; }
# requeue QUEUE-ID: and wait until pickup(8) has taken it in.
requeue() {
    local before
    before=$(grep -c 'pickup.*uid=' "$T/msp/mail.log")
    postsuper_msp -r "$1" && grep -q 'Requeued: 1 message' "$T/out" &&
        wait_for 20 sh -c "[ \"\$(grep -c 'pickup.*uid=' '$T/msp/mail.log')\" -gt $before ]"
}

# The recipient's server is away, so that messages stay in the queue.
step_queue() {
    local retried requeued ordinary unsafe
    on remote postfix -c "$T/remote/postfix" stop >/dev/null 2>&1
    session_open queue "$SUBMIT_HOST" 587
    ask queue auth "$USERNAME" "$PASSWORD"
    ask queue mail "$ANNA" eve@open.test retried
    queued_as && retried=$QUEUE_ID
    ask queue mail "$ANNA" eve@open.test leak-requeued
    queued_as && requeued=$QUEUE_ID
    ask queue mail "$ANNA" eve@open.test unsafe-requeued
    queued_as && unsafe=$QUEUE_ID
    ordinary_send requeued-ordinary eve@open.test
    REPLY="" queued_as && ordinary=$QUEUE_ID
    check "four messages wait for the recipient's server" \
        test "$(printf '%s\n' "$retried" "$requeued" "$unsafe" "$ordinary" | sort -u | grep -c .)" = 4
    for QUEUE_ID in "$retried" "$requeued" "$unsafe" "$ordinary"; do deferred "$QUEUE_ID" .; done
    check "the lease is revoked" cs lease revoke "$LEASE"
    session_says "... so that its session sends no more" '^550 5\.7\.1' queue mail "$ANNA" eve@open.test leak-revoked
    check "one is held and released (postsuper -h, -H)" postsuper_msp -h "$retried" -H "$retried"
    check "one is requeued (postsuper -r) where the recipe's part for that is missing" requeue "$unsafe"
    check "the part comes: the pickup service is told" \
        postconf -c "$T/msp/postfix" -P pickup/unix/cleanup_service_name=clean-pickup
    on msp postfix -c "$T/msp/postfix" reload >/dev/null 2>&1
    check "a second one of the lease is requeued" requeue "$requeued"
    check "... and an ordinary one" requeue "$ordinary"
    check "the lease's waits: its lane is lost" wait_for 20 msp_log_has 'status=deferred \(requeued, the lane is lost'
    : >"$T/remote/mail.log"
    on remote postfix -c "$T/remote/postfix" start >/dev/null 2>&1
    wait_for 10 grep -q 'daemon started' "$T/remote/mail.log"
    on msp postqueue -c "$T/msp/postfix" -f
    arrives_from "retried after the revocation: accepted is accepted, and it leaves by its lane" retried "$RESERVED_B"
    arrives_from "the ordinary one leaves by A as ever" requeued-ordinary "$A"
    arrives_from "without the part, the lease's left by A, too: that is what it is for" unsafe-requeued "$A"
    on msp postqueue -c "$T/msp/postfix" -f
    check "with the part it does not leave, however often the queue is run" never_arrived leak-requeued
    check "... and is in the queue, with the reason" \
        sh -c "ip netns exec '${NS}msp' postqueue -c '$T/msp/postfix' -p | grep -q 'requeued, the lane is lost'"
}

# all_leaks WAY
all_leaks() {
    way_up "$1"
    check "an ordinary message comes back" fresh_bounce first-by-a
    check "a lease" mint_and_reveal "$ANNA"
    check "its message is accepted" login_send control eve@open.test
    arrives_from "... and leaves by B" control "$RESERVED_B"
    step_expiry
    each_broken
    step_recipients
    step_wrong_lane
    step_queue
    step_shared 'first|requeued-ordinary|unsafe-requeued|Undelivered' "$RESERVED_B" "$RESERVED_C" 198.51.100.23
    done_testing
}
