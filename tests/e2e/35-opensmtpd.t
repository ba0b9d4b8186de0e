#!/usr/bin/env bash
# The whole journey with OpenSMTPD 7.6, as "cleansmtp mta opensmtpd" prints it: PAM for logins, a filter of ours for messages,
# tables of ours for lanes.
# shellcheck disable=SC1091,SC2034  # the libraries use what is set here
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/journey.sh"
. "$(dirname "$0")/opensmtpd.sh"

SUBMIT_HOST=clean.msp.test
ordinary_send() { send "$ANNA" "$2" "$1" --server mail.msp.test; }

newer_opensmtpd
lab_up
remote_up
msp_opensmtpd
product_up postfix 'failure_delay = "0ms"'
opensmtpd_recipe
opensmtpd_conf
check "OpenSMTPD takes the recipe" newer /usr/sbin/smtpd -n
opensmtpd_start
journey
done_testing
