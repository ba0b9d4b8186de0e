#!/usr/bin/env bash
# The whole journey through a real Dovecot 2.3: our logins come in on the ordinary submission
# service, and Dovecot asks cleansmtp-checkpassword. The ordinary customer has a login of Dovecot's.
# shellcheck disable=SC1091,SC2034  # the libraries use what is set here
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/journey.sh"

SUBMIT_HOST=mail.msp.test
ordinary_send() {
    send "$ANNA" "$2" "$1" --server mail.msp.test:587 -tls --auth PLAIN --auth-user carol \
        --auth-password ordinary-secret
}
submission_service() {
    cat >>"$T/msp/postfix/master.cf" <<CONF
465 inet n - n - - smtpd
  -o syslog_name=postfix/submissions
  -o smtpd_tls_wrappermode=yes
  -o smtpd_sasl_auth_enable=yes
587 inet n - n - - smtpd
  -o syslog_name=postfix/submission
  -o smtpd_tls_security_level=encrypt
  -o smtpd_tls_auth_only=yes
  -o smtpd_sasl_auth_enable=yes
CONF
}

lab_up
remote_up
msp_postfix
product_up dovecot
check "cleansmtp mta postfix prints the recipe" cs mta postfix
cp "$T/said" "$T/recipe"
paste main.cf main.cf
paste clean_logins clean_logins
paste "master.cf: lanes" master.cf
paste "main.cf: ordinary submission" main.cf
printf '%s\n' 'smtpd_sasl_type = dovecot' 'smtpd_sasl_path = private/dovecot-auth' \
    >>"$T/msp/postfix/main.cf"
submission_service
check "Postfix takes the recipe" on msp postfix -c "$T/msp/postfix" check
postfix_start msp
dovecot_start "$B/cleansmtp-checkpassword --socket $T/run/verify"
journey
done_testing
