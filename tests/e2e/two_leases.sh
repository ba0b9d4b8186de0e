# shellcheck shell=bash
# two_leases.sh - two leases behind a server of another kind than Postfix, and what a mail server may find broken. Sourced after journey.sh.
#
# The .t file sets BROKEN, ACCEPTED (what the server says to a message that it takes, as a pattern) and DEFERRED (the code for one whose
# lane it does not know).
# shellcheck disable=SC2034,SC2153,SC2154  # the .t files use what is set here, and set the rest

declare -A OF_LEASE=() OF_LOGIN=() OF_PASSWORD=()
know() { OF_LEASE[$1]=$LEASE OF_LOGIN[$1]=$USERNAME OF_PASSWORD[$1]=$PASSWORD; }
as() { SENDER=$1@customer.test LEASE=${OF_LEASE[$1]} USERNAME=${OF_LOGIN[$1]} PASSWORD=${OF_PASSWORD[$1]}; }
opened() { # SESSION WHO
    as "$2"
    session_open "$1" "$SUBMIT_HOST" 587
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
# BROKEN: name | how it breaks | how it is mended | what a session that is open hears | what a new login hears
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
            sh -c "grep -qE '^<.* $new ' '$T/out' && ! grep -qE '^<.* (5..|$ACCEPTED)' '$T/out'"
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

# ---- lanes --------------------------------------------------------------------------------------
unknown_lane() {
    as bob
    check "an address joins the pool, and the server does not know it" \
        cs pool add 198.51.100.24 --lane clean24 --helo out24.msp.test
    cs pool drain "$RESERVED_B"
    check "bob's lease moves there" cs pool rest "$RESERVED_C"
    check "... it has" moved_to "$LEASE" 198.51.100.24
    login_send unknown-lane eve@remote.test
    check "the message is deferred" answered "$DEFERRED "
    check "... and nothing leaves" never_arrived unknown-lane
}
