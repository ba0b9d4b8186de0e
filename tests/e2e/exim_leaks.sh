# shellcheck shell=bash
# exim_leaks.sh - what could leave Exim by a wrong address, tried one by one, with either way of its logins: each is refused
# or waits, and the remote's own Received lines say by which address the rest came.
#
# Three customers have leases: anna by B, bob by C, cleo by D. Recipients of a login are verified by
# asking their server, so that even such a question must come from the lane's address: remote.test
# refuses it from A.
#
# Sourced after exim.sh and broken.sh.
# shellcheck disable=SC2034,SC2153  # the libraries use what is set here, and set the rest

SUBMIT_HOST=clean.msp.test
ASKING=$'deny  authenticated = *\n  !verify = recipient/callout=5s,defer_ok'
RESERVED_D=198.51.100.23 RESERVED_6=2001:db8:2::21
ordinary_send() { send "$ANNA" "$2" "$1" --server mail.msp.test; }

# lease_at LANE-ADDRESS MAILBOX [mint option...]: a lease of that mailbox with that address, while all
# others take none.
lease_at() {
    local address=$1 mailbox=$2 other
    shift 2
    for other in "$RESERVED_B" "$RESERVED_C" "$RESERVED_D" $RESERVED_6; do
        if [ "$other" = "$address" ]; then cs pool activate "$other"; else cs pool drain "$other"; fi
    done
    fresh_bounce "for ${mailbox%@*}" "$mailbox" && mint_and_reveal "$mailbox" "$@" &&
        [ "$(lease_field "$LEASE" reserved_address)" = "$address" ]
}
# as WHO: log in as that customer from here on.
declare -A OF_LEASE=() OF_LOGIN=() OF_PASSWORD=()
know() { OF_LEASE[$1]=$LEASE OF_LOGIN[$1]=$USERNAME OF_PASSWORD[$1]=$PASSWORD; }
as() {
    SENDER=$1@customer.test LEASE=${OF_LEASE[$1]} USERNAME=${OF_LOGIN[$1]} PASSWORD=${OF_PASSWORD[$1]}
}
opened() { # SESSION WHO
    as "$2"
    session_open "$1" $SUBMIT_HOST 587
    ask "$1" auth "$USERNAME" "$PASSWORD"
    [[ $REPLY == 235* ]]
}
# refused WORDS: by Exim, which folds what is longer than a line.
refused() { sed -n 's/^<[~*]* *550[- ]5\.7\.1 //p' "$T/out" | tr '\n' ' ' | grep -F "$1"; }
deferred() { [ "$(grep -c " == $1 " "$(msp_log)")" -ge "$2" ]; }
messages() { lease_field "$1" messages_used; }
moved_to() { [ "$(lease_field "$1" reserved_address)" = "$2" ]; }

pool() {
    ip -n "${NS}msp" address add $RESERVED_D/24 dev net0
    # Deprecated: nothing leaves by it that is not bound to it.
    ip -n "${NS}msp" address add $RESERVED_6/64 dev net0 nodad preferred_lft 0
    cs pool add "$RESERVED_D" --lane clean23 --helo out23.msp.test
    cs pool add $RESERVED_6 --lane clean6 --helo out6.msp.test
}
# Between Exim's 250 and this nothing was written any more.
killed() {
    kill -9 "${PID[$1]}"
    wait "${PID[$1]}"
} 2>/dev/null
leases() {
    check "anna has a lease by B" lease_at "$RESERVED_B" "$ANNA" || bail "no lease"
    know anna
    check "bob has a lease by C" lease_at "$RESERVED_C" "$BOB" || bail "no lease"
    know bob
    check "cleo has a lease by D" lease_at "$RESERVED_D" cleo@customer.test \
        --recipient-domain remote.test --recipient-domain later.test --recipients 8 --message-size 20K ||
        bail "no lease"
    know cleo
}

# ---- one message, many roads --------------------------------------------------------
many_recipients() {
    as anna
    check "one message to a mailbox here and to three domains" \
        login_send many "$BOB,eve@remote.test,eve@open.test,eve@later.test"
    check "the mailbox here has it" wait_for 10 mail_with "$T/msp/mail/bob" many
    check "the others have it" wait_for 10 sh -c "[ \$(grep -rlx 'Subject: many' '$T/remote/mail' | wc -l) = 3 ]"
    is "... all from B" "$(copies many)" "$RESERVED_B $RESERVED_B $RESERVED_B"
    login_send only-six eve@six.test
    check "an IPv6-only recipient of an IPv4 lane is refused" answered '550 '
    as cleo
    check "one message to two recipients inside the lease" login_send inside eve@remote.test,eve@later.test
    check "both have it" wait_for 10 sh -c "[ \$(grep -rlx 'Subject: inside' '$T/remote/mail' | wc -l) = 2 ]"
    is "... from D" "$(copies inside)" "$RESERVED_D $RESERVED_D"
    login_send out-of-scope eve@open.test
    check "a recipient outside the lease is refused" refused "not for this recipient: please use your usual"
}

# What a lease may not is said by Exim in our words: which limit, and what to do.
limits() {
    local many
    as cleo
    head -c 30000 /dev/zero | tr '\0' 'x' | fold -w 70 >"$T/customer/large"
    login_send leak-large eve@remote.test PLAIN "$(tls) --body @$T/customer/large"
    check "a message beyond the lease's size is refused" refused "at most 20KB: please send a smaller one"
    many=$(seq -s, -f 'eve%g@later.test' 7)
    login_send leak-many "$many"
    check "one with more recipients than are left is refused" \
        refused "for 8 recipients in all, and this message has more than are left: please switch back"
    check "what is left can be used" login_send used-up "${many%,*,*,*,*}"
    is "... and is counted" "$(lease_field "$LEASE" recipients_used)" 5
}

chunked() {
    check "a session logs in" opened chunks bob
    session_says "BDAT is accepted" ^250 chunks bdat "$BOB" eve@remote.test chunked
    arrives_from "... and leaves by C" chunked "$RESERVED_C"
    session_says "BDAT with another sender is refused" '^550 5\.7\.1' chunks bdat ceo@elsewhere.test eve@open.test leak-bdat-forged
    hide run/policy
    session_says "BDAT without an answer of ours is deferred" '^450 4\.3\.0' chunks bdat "$BOB" eve@open.test leak-bdat
    show run/policy
}

# ---- connection reuse ------------------------------------------------------------------
# Six messages of three logins and an ordinary customer wait for one host. Exim hands an open connection
# to the next message that waits for the same host and transport.
reuse() {
    ip -n "${NS}msp" route add unreachable 203.0.113.26
    ordinary_send r5 eve@later.test
    ordinary_send r6 eve@later.test
    check "ordinary mail waits for a host" wait_for 15 deferred eve@later.test 2
    ip -n "${NS}msp" route del unreachable 203.0.113.26
    check "a session logs in" opened reused anna
    as bob
    check "a login sends there" login_send r0 eve@later.test
    arrives_from "... and has not to wait for the retry time of ordinary mail" r0 "$RESERVED_C"
    ip -n "${NS}msp" route add unreachable 203.0.113.26
    for mail in "anna r1" "bob r2" "cleo r3" "anna r4"; do
        as "${mail% *}"
        login_send "${mail#* }" eve@later.test || not_ok "${mail#* } is accepted"
    done
    check "six messages of three logins and an ordinary customer wait" wait_for 15 deferred eve@later.test 6
    check "meanwhile one of the leases is revoked" cs lease revoke "${OF_LEASE[anna]}"
    session_says "... whose session sends no more" '^550 5\.7\.1' reused mail "$ANNA" eve@open.test leak-revoked
    session_says "... and nothing by BDAT" '^550 5\.7\.1' reused bdat "$ANNA" eve@open.test leak-revoked-bdat
    killed cleansmtp-authd
    ip -n "${NS}msp" route del unreachable 203.0.113.26
    check "authd killed: the queue is run" exim -qff
    for mail in r1/$RESERVED_B r2/$RESERVED_C r3/$RESERVED_D r4/$RESERVED_B r5/$A r6/$A; do
        arrives_from "${mail%/*} left by its own address" "${mail%/*}" "${mail#*/}"
    done
    check "the danger is real: an ordinary message used an open connection" \
        grep -q ' => eve@later.test .* T=remote_smtp .*\]\* ' "$(msp_log)"
    check "... and no message of a lane did" sh -c "! grep -q ' T=clean_smtp .*\]\* ' '$(msp_log)'"
    start_daemon cleansmtp-authd
    wait_for 10 test -S "$T/run/policy"
}

# ---- addresses and lanes -------------------------------------------------------------------
not_on_host() {
    as cleo
    ip -n "${NS}msp" address del $RESERVED_D/24 dev net0
    check "the lane's address is not on the host: the message is accepted" login_send absent eve@remote.test
    check "... and waits" wait_for 10 deferred eve@remote.test 1
    check "... and does not leave" never_arrived absent
    ip -n "${NS}msp" address add $RESERVED_D/24 dev net0
    check "the address is back, the queue is run" exim -qff
    arrives_from "... it leaves by D" absent "$RESERVED_D"
}

unknown_lane() {
    as cleo
    check "an address joins the pool, and Exim does not know it" \
        cs pool add 198.51.100.24 --lane clean24 --helo out24.msp.test
    cs pool drain "$RESERVED_B" && cs pool drain "$RESERVED_C" && cs pool drain $RESERVED_6
    check "cleo's lease moves there" cs pool rest "$RESERVED_D"
    check "... it has" moved_to "$LEASE" 198.51.100.24
    login_send unknown-lane eve@remote.test
    check "the message is deferred" answered '450 4\.3\.0'
    check "... and nothing leaves" never_arrived unknown-lane
    cs pool activate $RESERVED_6
    check "the lease moves to an IPv6 lane" cs pool rest 198.51.100.24
    check "... it has" moved_to "$LEASE" $RESERVED_6
    check "a message is accepted" login_send lane-v6 eve@remote.test
    arrives_from "... and leaves by the IPv6 address" lane-v6 $RESERVED_6
    login_send v4-only eve@later.test
    check "an IPv4-only recipient of an IPv6 lane is refused" answered '550 '
    check "... and nothing leaves" never_arrived v4-only
}

# A message that came past our access lists: the router holds it.
past_the_lists() {
    printf 'Subject: unbound\n\nHello.\n' |
        exim -odf -f "$BOB" -oMai "${OF_LOGIN[bob]}" eve@later.test 2>/dev/null
    check "a message of a login without an address waits" wait_for 10 grep -q 'R=clean_unbound defer' "$(msp_log)"
    check "... and does not leave" never_arrived unbound
}

# ---- a late answer -------------------------------------------------------------------------
# authd has both questions, the one that nobody waits for any more and its repetition.
asked_twice() {
    check "a session logs in" opened twice bob
    session_says "a message begins" ^354 twice begin "$BOB" eve@remote.test
    kill -STOP "${PID[cleansmtp-authd]}"
    { sleep 8; kill -CONT "${PID[cleansmtp-authd]}"; } &
    session_says "authd answers after 8 seconds: accepted" ^250 twice end late-answer
    arrives_from "... and leaves by C" late-answer "$RESERVED_C"
}

# ---- both ways ---------------------------------------------------------------------------------
new_processes() { :; } # each session of Exim's has a process of its own
dovecot_product() {
    LOGIN_SOCKET=run/auth
    product_up exim
}
saslauthd_product() {
    LOGIN_SOCKET=msp/run/saslauthd/mux
    product_up exim "saslauthd = \"$T/$LOGIN_SOCKET\""
}

# exim_leaks WAY: dovecot or saslauthd
exim_leaks() {
    SAYS_TEMPORARY=$SAYS_NOT_NOW SAYS_SILENT='[Tt]imed? ?out' # either driver waits for ever
    lab_up
    remote_up
    msp_exim
    "$1_product"
    pool
    exim_recipe
    exim_conf "$1"
    exim_start
    step_expiry
    leases
    many_recipients
    limits
    chunked
    as anna
    each_broken
    reuse
    not_on_host
    unknown_lane
    past_the_lists
    asked_twice
    is "bob's messages were counted, each once" "$(messages "${OF_LEASE[bob]}")" 4
    step_shared 'r5$|r6$' "$RESERVED_B" "$RESERVED_C" "$RESERVED_D" $RESERVED_6
    check "Exim's panic log is empty" test ! -s "$T/msp/panic.log"
    done_testing
}
