#!/usr/bin/env bash
# The whole journey with a real Haraka, as "cleansmtp mta haraka" prints it.
# shellcheck disable=SC1091,SC2034  # the libraries use what is set here
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/journey.sh"
. "$(dirname "$0")/haraka.sh"

SUBMIT_HOST=clean.msp.test
ordinary_send() { send "$ANNA" "$2" "$1" --server mail.msp.test; }

haraka_program
lab_up
remote_up
msp_postfix
postfix_start msp
product_up postfix
haraka_recipe
haraka_conf
haraka_start
journey
done_testing
