#!/usr/bin/env bash
# 35-mta-log.t - a real Postfix writes its log, a real cleansmtpd follows it: the rejection behind a
# bounce is known, also across rotations and a restart, and a forged bounce is not. TAP.
#
# The lab of the e2e tests, with a recipient that only ever refuses.
# shellcheck disable=SC1091
. "$(dirname "$0")/../e2e/lib.sh"
. "$(dirname "$0")/../e2e/journey.sh"
export TZ=UTC # postlogd writes local times, cleansmtpd reads them in its `timezone`

MAIL_LOG=

refuser() {
    cat >"$T/refuser.py" <<'PY'
"""A mail server that names the client's address and a block list to whoever wants to send."""
import socketserver
import sys


class Session(socketserver.StreamRequestHandler):
    timeout = 30

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        client = self.client_address[0]
        refused = (f"554 5.7.1 Service unavailable; Client host [{client}] blocked using bl.spamcop.net;"
                   f" Blocked - see https://www.spamcop.net/bl.shtml?{client}")
        answers = {"EHLO": "250 mx.remote.test", "HELO": "250 mx.remote.test", "MAIL": "250 2.1.0 Ok",
                   "RSET": "250 2.0.0 Ok", "RCPT": refused, "QUIT": "221 2.0.0 Bye"}
        self.say("220 mx.remote.test ESMTP")
        while line := self.rfile.readline(2000):
            verb = line[:4].decode("ascii", "replace").upper()
            self.say(answers.get(verb, "503 5.5.1 no"))
            if verb == "QUIT":
                break


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


Server((sys.argv[1], 25), Session).serve_forever()
PY
    start refuser remote python3 "$T/refuser.py" 203.0.113.25
    wait_for 10 on remote sh -c 'ss -Hltn "sport = :25" | grep -q .' || bail "the refusing server does not start"
}

product() {
    local dir=$T/cleansmtp
    CONF=$dir/cleansmtp.conf
    "$B/cleansmtp" init --dir "$dir" --admin ada >/dev/null 2>&1 || bail "no state folder"
    cat >"$CONF" <<CONFIG
state_dir = "$dir/state"
runtime_dir = "$T/run"
console    { listen = "127.0.0.1:8025"  url = "http://127.0.0.1:8025" }
customer   { listen = "127.0.0.1:8026"  url = "http://127.0.0.1:8026" }
dns        { servers = { "127.0.0.1" }  port = 53  timeout = "3s" }
zones      { use = { "bl.spamcop.net" } }
policy     { log_proof = required  leases_per_week = 100  leases_per_month = 100 }
mta_log    { file = "$MAIL_LOG"  format = "postfix" }
CONFIG
    mkdir -p "$T/run"
    product_starts
    cs shared add "$A" || bail "no shared address"
    cs pool add "$RESERVED_B" --lane clean21 --helo out21.msp.test || bail "no pool"
}
product_starts() {
    start_daemon cleansmtpd
    wait_for 10 cs shared list || bail "cleansmtpd does not start"
}

# bounced SUBJECT [MAILBOX]: a customer's mail to the recipient comes back; the notice is in $BOUNCE.
bounced() {
    local from=${2:-$ANNA}
    send "$from" eve@remote.test "$1" --server mail.msp.test || return
    wait_for 20 bounce_for "$1" "${from%@*}"
}
# log_answer FILE: what our log says about that bounce.
log_answer() {
    cs diagnose "$1" --json 2>/dev/null # the exit status is about the whole verdict
    python3 -c '
import json, sys
print(next(c["answer"] for c in json.load(open(sys.argv[1]))["checks"]
           if c["question"] == "Did it happen?"))' "$T/said"
}
answers() { log_answer "$1" | tee "$T/answer" | grep -qE "$2"; }
# says NAME FILE PATTERN: within 40 s, for that the end of the log was reached is noted every 15.
says() {
    if wait_for 40 answers "$2" "$3"; then
        ok "$1"
    else
        not_ok "$1"
        note "our log said: $(cat "$T/answer")"
    fi
}
KNOWN='^our log has this rejection at '

# forge FILE: the same claim about a mail that was never sent: another queue id, message id and
# recipient; the address, the list, the times and all other words are the real ones.
forge() {
    local queue_id message_id
    queue_id=$(sed -n 's/^X-Postfix-Queue-ID: //p' "$1")
    message_id=$(sed -n 's/^Message-I[dD]: <\(.*\)>$/\1/p' "$1" | tail -n 1)
    [ -n "$queue_id" ] && [ -n "$message_id" ] || return
    sed "s/$queue_id/4Kd81s1wFz/g; s/$message_id/made-up@customer.test/g; s/eve@remote/mallory@remote/g" \
        "$1" >"$T/forged.eml"
    ! cmp -s "$1" "$T/forged.eml"
}
rename_log() { mv "$MAIL_LOG" "$MAIL_LOG.$1"; }
reload() { on msp postfix -c "$T/msp/postfix" reload; }
has_line() { grep -qE "to=<eve@remote\.test>.* status=bounced " "$1"; }

lab_up
refuser
msp_postfix
MAIL_LOG=$T/msp/mail.log
# A log that begins long before the bounce: only what it covers can be "not known".
echo "$(date -d '6 days ago' '+%b %e %H:%M:%S') mail postfix/qmgr[12]: 4Kd0000001: removed" >"$MAIL_LOG"
postfix_start msp
product

check "a refused mail comes back" bounced first || bail "without a bounce nothing can be seen"
FIRST=$BOUNCE
check "Postfix logged the rejection" has_line "$MAIL_LOG"
says "the rejection is in our log" "$FIRST" "$KNOWN"
is "and the verdict is: listed now" "$(field verdict)" listed_now
check "a forged bounce is made of it" forge "$FIRST"
says "our log does not know the forged one" "$T/forged.eml" '^our log does not know it$'

check "the log is renamed, and Postfix writes on in the old file" rename_log 1
check "a mail comes back meanwhile" bounced second
SECOND=$BOUNCE
check "nobody made a new log yet" test ! -e "$MAIL_LOG"
says "what was written after the renaming is known" "$SECOND" "$KNOWN"
check "Postfix is told to begin a new one" reload
check "a mail comes back after the rotation" bounced third
THIRD=$BOUNCE
check "its rejection stands in the new log" has_line "$MAIL_LOG"
says "it is known" "$THIRD" "$KNOWN"
says "what was before the rotation is still known" "$FIRST" "$KNOWN"
says "the forged one is still not" "$T/forged.eml" '^our log does not know it$'

check "cleansmtpd ends" stop cleansmtpd
check "a mail comes back while it is down" bounced fourth
FOURTH=$BOUNCE
check "the log is rotated while it is down" rename_log 2
check "Postfix is told again" reload
product_starts
says "what happened while it was down is known" "$FOURTH" "$KNOWN"
says "no gap: the forged one is not known, rather than perhaps" "$T/forged.eml" '^our log does not know it$'
check "a mail comes back after all that" bounced fifth "$BOB"
check "its rejection stands in the third log" has_line "$MAIL_LOG"
says "it is known, too" "$BOUNCE" "$KNOWN"

cs_exits "a bounce that the log knows gives a lease" 0 mint --bounce "$BOUNCE" --mailbox "$BOB"
cs_exits "the forged one waits for a second person" 5 mint --bounce "$T/forged.eml" --mailbox "$ANNA"
check "... because our log does not know it" \
    grep -qF "Our mail log does not know this rejection." "$T/complained" "$T/said"
done_testing
