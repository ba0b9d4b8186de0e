#!/usr/bin/env bash
# The whole journey with Postfix straight on authd's sockets: a submission service of our own, as
# "cleansmtp mta postfix" prints it. The ordinary customer is known by the network address.
# shellcheck disable=SC1091,SC2034  # the libraries use what is set here
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/journey.sh"

SUBMIT_HOST=clean.msp.test
ordinary_send() { send "$ANNA" "$2" "$1" --server mail.msp.test; }

lab_up
remote_up
msp_postfix
product_up postfix
check "cleansmtp mta postfix prints the recipe" cs mta postfix
cp "$T/said" "$T/recipe"
paste main.cf main.cf
paste clean_logins clean_logins
paste "master.cf: lanes" master.cf
paste "master.cf: own submission" master.cf
check "Postfix takes the recipe" on msp postfix -c "$T/msp/postfix" check
postfix_start msp
journey
done_testing
