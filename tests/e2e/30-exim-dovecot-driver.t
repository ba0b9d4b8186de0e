#!/usr/bin/env bash
# The whole journey with Exim, straight on authd's sockets by the "dovecot" authenticator, as
# "cleansmtp mta exim" prints it.
# shellcheck disable=SC1091,SC2034  # the libraries use what is set here
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/journey.sh"
. "$(dirname "$0")/exim.sh"
. "$(dirname "$0")/clients.sh"

SUBMIT_HOST=clean.msp.test
ordinary_send() { send "$ANNA" "$2" "$1" --server mail.msp.test; }

lab_up
remote_up
msp_exim
product_up exim
exim_recipe
exim_conf dovecot
check "Exim takes the recipe" exim -bP spool_directory
check "mta exim --check finds nothing in it" exim_check
exim_start
journey
each_client
check "Exim's panic log is empty" test ! -s "$T/msp/panic.log"
done_testing
