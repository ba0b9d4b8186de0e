#!/usr/bin/env bash
# The whole journey with Exim that asks authd by the condition "saslauthd", and has lists of its own for
# access control. Exim's main log is our witness.
# shellcheck disable=SC1091,SC2034  # the libraries use what is set here
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/journey.sh"
. "$(dirname "$0")/exim.sh"
. "$(dirname "$0")/clients.sh"

SUBMIT_HOST=clean.msp.test
OWN_LISTS=yes
ordinary_send() { send "$ANNA" "$2" "$1" --server mail.msp.test; }

# knows_bounce: does our log have the rejection behind the bounce in $BOUNCE?
knows_bounce() {
    cs diagnose "$BOUNCE" --mailbox "$ANNA" --json 2>/dev/null
    python3 -c '
import json, sys
print(next(c["answer"] for c in json.load(open(sys.argv[1]))["checks"]
           if c["question"] == "Did it happen?"))' "$T/said" >"$T/answer"
    grep -q '^our log has this rejection at ' "$T/answer"
}
# witnessed CONDITION: how many delivery attempts of that kind our witness has.
witnessed() {
    python3 -c '
import sqlite3, sys
db = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
print(db.execute(f"SELECT count(*) FROM delivery WHERE {sys.argv[2]}").fetchone()[0])' \
        "$T/cleansmtp/state/cleansmtp.db" "$1"
}
has_seen() { [ "$(witnessed "$1")" -ge "${2:-1}" ]; }

# A further bounce is looked at when our log has it: before that, the same recipient's rejection a
# minute earlier is what the log knows, and that one has led to a lease.
eval "plain_$(declare -f fresh_bounce)"
fresh_bounce() {
    local before
    before=$(witnessed "status = 'bounced' AND login IS NULL")
    plain_fresh_bounce "$@" && wait_for 40 has_seen "status = 'bounced' AND login IS NULL" $((before + 1))
}

lab_up
remote_up
msp_exim
product_up exim "saslauthd = \"$T/msp/run/saslauthd/mux\"" \
    "mta_log { file = \"$(msp_log)\" format = \"exim\" }"
exim_recipe
exim_conf saslauthd
check "mta exim --check finds nothing in it" exim_check
exim_start

step_bounce
step_diagnose
check "our log has the rejection behind the bounce" wait_for 40 knows_bounce
step_mint_and_reveal
step_send
check "our log has the messages that left by B" \
    wait_for 40 has_seen "login = '${USERNAME%@*}' AND status = 'sent' AND source_address = '$RESERVED_B'
        AND source = 'clean_smtp' AND sender = '$ANNA' AND recipient = 'eve@remote.test' AND code = 250
        AND relay = 'mx.remote.test' AND relay_address = '203.0.113.25'" 5
is "... and none of the login that left by another address" \
    "$(witnessed "login LIKE 'cs-%' AND source_address IS NOT '$RESERVED_B' AND status = 'sent'")" 0
check "... and the rejection of A" has_seen "login IS NULL AND status = 'bounced' AND code = 554
    AND enhanced_code = '5.7.1' AND source_address = '$A' AND recipient = 'eve@remote.test'
    AND reply LIKE '%blocked using bl.spamcop.net%'"
step_limit
step_switch
step_wrong_password
step_revoke
step_authd_down
step_cleansmtpd_down
step_expired
step_delisted
each_client
check "Exim's panic log is empty" test ! -s "$T/msp/panic.log"
done_testing
