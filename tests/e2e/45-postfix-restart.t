#!/usr/bin/env bash
# cleansmtp-authd restarts under a real Postfix while customers log in and send, in new sessions and in sessions that
# are kept open: nobody hears of it. Twenty times by SIGUSR2, twenty times with sockets that a supervisor holds. Then it is
# killed: what is answered meanwhile is temporary, and no message is free or counted twice.
# shellcheck disable=SC1091,SC2034,SC2154  # the libraries use what is set here
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/journey.sh"
. "$(dirname "$0")/ways.sh"

RESTARTS=20
KILLS=15

authd_ready() { [ "$(grep -c 'event=authd.ready' "$T/$1.log")" -ge "$2" ]; }
# load_start NAME, load_end NAME TITLE: what load.py saw is in $T/NAME.log.
load_start() {
    start "$1" customer python3 "$here/load.py" "$SUBMIT_HOST" "$USERNAME" "$PASSWORD" "$ANNA" eve@open.test
    sleep 1
}
load_end() {
    kill "${PID[$1]}" && wait "${PID[$1]}"
    unset "PID[$1]"
    is "$2: no login and no message was refused or deferred" "$(grep -v '^[a-z0-9-]* [0-9]*$' "$T/$1.log" | sort | uniq -c | head -n 10)" ""
    # shellcheck disable=SC2016  # awk's own words
    check "$2: customers of every kind were there" \
        awk '$1 != "wrong" && $2 > 2 { kinds++ } END { exit kinds != 4 }' "$T/$1.log"
    note "$(tail -n 4 "$T/$1.log" | tr '\n' ' ')"
}

# What the customers heard 250 for, what has arrived of it, and what was counted.
sent() { cat "$T/usr2.log" "$T/load.log" "$T/killed.log" 2>/dev/null | awk '/^held-/ { sum += $2 } END { print sum + 0 }'; }
arrived_all() { [ "$(grep -rl '^Subject: load-' "$T/remote/mail" | wc -l)" = "$1" ]; }
counted() { lease_field "$LEASE" messages_used; }
counted_at_least() { [ "$(counted)" -ge "$1" ]; }

way_up direct
sed -i 's/^policy  *{/& messages_max = 100000  messages_per_hour = 100000  recipients_max = 100000 /' "$CONF"
kill -HUP "${PID[cleansmtpd]}"
check "an ordinary message comes back" fresh_bounce first-by-a
check "a lease" mint_and_reveal "$ANNA" --messages 100000

load_start usr2
count=$(grep -c 'event=authd.ready' "$T/cleansmtp-authd.log")
for number in $(seq $RESTARTS); do
    kill -USR2 "${PID[cleansmtp-authd]}"
    wait_for 10 authd_ready cleansmtp-authd $((count + number))
    sleep 0.1
done
load_end usr2 SIGUSR2
is "SIGUSR2: $RESTARTS restarts in the same process" \
    "$(grep -c 'event=authd.succeeded' "$T/cleansmtp-authd.log")" $RESTARTS

stop cleansmtp-authd
rm -f "$T/run/auth" "$T/run/verify" "$T/run/policy"
start held msp python3 "$here/hold.py" postfix "$T/run/auth" "$T/run/verify" "$T/run/policy" \
    -- "$B/cleansmtp-authd" -c "$CONF"
wait_for 10 authd_ready held 1
load_start load
for number in $(seq $RESTARTS); do
    kill -HUP "${PID[held]}"
    wait_for 10 authd_ready held $((number + 1))
    sleep 0.1
done
load_end load "held sockets"
is "held sockets: $RESTARTS times another process, the old one ended well" "$(grep -c '^ended 0$' "$T/held.log")" $RESTARTS
wait_for 20 counted_at_least "$(sent)"
is "each message that was sent is counted, once" "$(counted)" "$(sent)"

kill "${PID[held]}" && wait "${PID[held]}" 2>/dev/null
unset "PID[held]"
rm -f "$T/run/auth" "$T/run/verify" "$T/run/policy"
count=$(grep -c 'event=authd.ready' "$T/cleansmtp-authd.log")
start_daemon cleansmtp-authd
wait_for 10 authd_ready cleansmtp-authd $((count + 1))
load_start killed
for number in $(seq $KILLS); do
    sleep "0.$((number % 5 + 1))"
    { kill -9 "${PID[cleansmtp-authd]}" && wait "${PID[cleansmtp-authd]}"; } 2>/dev/null
    [ $((number % 5)) != 0 ] || sleep 2.5 # longer than Postfix asks again
    start_daemon cleansmtp-authd
    wait_for 10 authd_ready cleansmtp-authd $((count + 1 + number))
done
sleep 3 # the master process starts what ended again
kill "${PID[killed]}" && wait "${PID[killed]}"
unset "PID[killed]"
note "$(tail -n 4 "$T/killed.log" | tr '\n' ' ')"
is "kill -9, $KILLS times: nobody was told anything but a temporary failure" \
    "$(grep '^wrong' "$T/killed.log" | grep -vE "\((45[014]|421), |SMTPServerDisconnected|Connection (refused|reset)|Broken pipe|SSL|[Tt]imed? out")" ""
lost=$(grep -c '^wrong held-' "$T/killed.log")
check "... and somebody was" test "$lost" -gt 0
check "what was sent has arrived, all of it and nothing else" wait_for 20 arrived_all "$(sent)"
wait_for 20 counted_at_least "$(sent)"
sleep 2
check "no message was free: at least as many are counted ($(counted)) as were sent ($(sent))" \
    test "$(counted)" -ge "$(sent)"
check "none was counted twice: beyond these at most those that heard no answer ($lost)" \
    test "$(counted)" -le $(($(sent) + lost))
is "all messages left by the lease's address" \
    "$(grep -rhl '^Subject: load-' "$T/remote/mail" | xargs grep -L "\[$(lease_field "$LEASE" reserved_address)\]" | wc -l)" 0
check "... and there are many" test "$(grep -rl '^Subject: load-' "$T/remote/mail" | wc -l)" -gt 20
done_testing
