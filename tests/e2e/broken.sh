# shellcheck shell=bash
# broken.sh - what can break, or end, behind any mail server while a lease's session is open: whatever it is, its message
# is refused or deferred, a new login is told a temporary failure, and nothing leaves by the shared address.
#
# Sourced after journey.sh. Who uses it sets LOGIN_SOCKET (what a login needs of authd, below $T), SAYS_TEMPORARY and
# SAYS_SILENT (ways.sh).
# shellcheck disable=SC2034

# New processes of the mail server, where one that has asked before keeps its connection and goes on with that.
new_processes() { on msp postfix -c "$T/msp/postfix" reload >/dev/null 2>&1; }

# ---- what can break -----------------------------------------------------------------
hide_logins() { hide "$LOGIN_SOCKET"; }
show_logins() { show "$LOGIN_SOCKET"; }
no_database() {
    mv "$T/cleansmtp/state/cleansmtp.db" "$T/cleansmtp/state/aside.db"
    sleep 1.1 # authd looks once a second
}
database() {
    mv "$T/cleansmtp/state/aside.db" "$T/cleansmtp/state/cleansmtp.db"
    sleep 1.1
}

# name | how it breaks | how it is mended | what a session that is open hears | what says a new login hears,
# where it is broken, too. A session whose message is accepted has an answer of ours, and so a lane.
BROKEN="
the policy socket is missing     | hide run/policy      | show run/policy | 450 |
authd does not answer            | freeze               | thaw            | 450 | SAYS_SILENT
authd is down                    | stop cleansmtp-authd | authd_up        | 450 | SAYS_TEMPORARY
the socket for logins is missing | hide_logins          | show_logins     | 250 | SAYS_TEMPORARY
the database is missing          | no_database          | database        | 450 | SAYS_TEMPORARY
"
each_broken() {
    local name break mend heard new number=0 subject
    while IFS='|' read -r name break mend heard new; do
        [ -n "$name" ] || continue
        number=$((number + 1)) name=${name%%  *} heard=${heard// /} new=${new// /}
        subject=leak-session-$number
        [ "$heard" = 450 ] || subject=session-$number
        new_processes
        session_open "s$number" "$SUBMIT_HOST" 587
        ask "s$number" auth "$USERNAME" "$PASSWORD"
        # shellcheck disable=SC2086  # a command and its words
        $break
        session_says "$name: a session that is open" "^$heard" "s$number" mail "$ANNA" eve@open.test "$subject"
        if [ -n "$new" ]; then
            login_send "leak-login-$number" eve@open.test
            check "$name: a new login is temporary, not wrong" \
                sh -c "grep -qE '${!new}' '$T/out' && ! grep -qE '^<.* (535|$SAYS_QUEUED)' '$T/out'"
        fi
        # shellcheck disable=SC2086
        $mend
        check "$name: over" wait_for 40 login_send "mended-$number" eve@open.test
        session_says "... and the session that was open sends" ^250 "s$number" mail "$ANNA" eve@open.test "goes-on-$number"
    done <<<"$BROKEN"
}

# ---- the end of a lease -----------------------------------------------------------------
# The clock of a lease runs out while its session is open. (Its end is set in the database while
# cleansmtpd, the only writer, is down: the shortest lease that can be had is a minute.)
step_expiry() {
    local LEASE LINK USERNAME PASSWORD reserved
    check "the other customer gets a bounce of his own" fresh_bounce first-by-bob "$BOB"
    check "... and a lease" mint_and_reveal "$BOB"
    session_open short "$SUBMIT_HOST" 465
    session_says "a session of it is open" ^235 short auth "$USERNAME" "$PASSWORD"
    reserved=$(lease_field "$LEASE" reserved_address)
    session_says "... and sends" ^250 short mail "$BOB" eve@open.test in-time
    arrives_from "... from its own address" in-time "$reserved"
    session_open begun "$SUBMIT_HOST" 587
    ask begun auth "$USERNAME" "$PASSWORD"
    session_says "... and another one, in which a message has begun" ^354 begun begin "$BOB" eve@open.test
    stop cleansmtpd
    python3 -c '
import sqlite3, sys, time
with sqlite3.connect(sys.argv[1]) as db:
    db.execute("UPDATE lease SET expires_at = ? WHERE id = ?", (int(time.time()) + 1, sys.argv[2]))' \
        "$T/cleansmtp/state/cleansmtp.db" "$LEASE"
    sleep 2
    session_says "after its time: DATA" '^550 5\.7\.1.*expired' short mail "$BOB" eve@open.test leak-expired
    session_says "after its time: BDAT" '^550 5\.7\.1.*expired' short bdat "$BOB" eve@open.test leak-expired-bdat
    session_says "after its time: the end of a message that began before" '^550 5\.7\.1.*expired' begun end leak-expired-begun
    start_daemon cleansmtpd
    wait_for 10 cs lease list
}

# ---- at the end ---------------------------------------------------------------------------
# saw ORDINARY ADDRESS...: messages of a lease that the recipient's server had from another address than these; ORDINARY
# is a pattern of the subjects of others, leak-... that of messages that nobody may get.
saw() {
    python3 - "$T/remote/mail" "$@" <<'PYTHON'
import glob, re, sys
folder, ordinary, *addresses = sys.argv[1:]
seen = 0
for name in glob.glob(folder + "/*/new/*"):
    text = open(name, errors="replace").read()
    subject = re.search(r"^Subject: (.*)$", text, re.M)
    client = re.search(r"^Received: from .*?\[(?:IPv6:)?([0-9a-f.:]+)\]\)", text, re.M | re.S)
    if subject is None or client is None or re.match(ordinary, subject.group(1)):
        continue
    seen += 1
    if client.group(1) not in addresses or subject.group(1).startswith("leak-"):
        print(subject.group(1), client.group(1))
print(f"seen {seen}" if seen > 5 else "seen too few")
PYTHON
}
step_shared() {
    is "the recipient's server saw no message of a lease from another address" "$(saw "$@" | grep -v '^seen [0-9]')" ""
}
