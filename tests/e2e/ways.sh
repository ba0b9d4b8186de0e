# shellcheck shell=bash
# ways.sh - the ways in which logins reach authd behind a real Postfix, each set up as "cleansmtp mta postfix" says.
#
#   direct     a submission service of our own, with our auth socket; the ordinary customer is known by the
#              network address
#   cyrus      the same with Cyrus SASL, whose libsasl asks our saslauthd socket
#   dovecot    the ordinary submission service, and a real Dovecot 2.3 that asks cleansmtp-checkpassword; the ordinary
#              customer has a login of Dovecot's
#
# Sourced after journey.sh. way_up sets SUBMIT_HOST, the socket of authd that a login needs (LOGIN_SOCKET, below $T), what a
# new login hears while it cannot be checked (SAYS_TEMPORARY) or authd is silent (SAYS_SILENT), as swaks shows it, and defines ordinary_send SUBJECT TO.
# shellcheck disable=SC2034,SC2317  # the .t files use what is set here, and call what is defined

# way_up WAY: the lab with everything in it, running.
way_up() {
    local way=$1
    lab_up
    remote_up
    msp_postfix
    SUBMIT_HOST=clean.msp.test SAYS_TEMPORARY='454 4\.7\.0'
    SAYS_SILENT=$SAYS_TEMPORARY
    "${way}_product"
    check "cleansmtp mta postfix prints the recipe" cs mta postfix
    cp "$T/said" "$T/recipe"
    paste main.cf main.cf
    paste clean_logins clean_logins
    paste "master.cf: lanes" master.cf
    paste "master.cf: requeued mail" master.cf
    "${way}_submission"
    check "Postfix takes the recipe" on msp postfix -c "$T/msp/postfix" check
    postfix_start msp
    "${way}_behind_postfix"
    # The lab does not say the postconf command of the part "requeued mail": what it is for is tried by itself.
    mta_finds postfix "$T/msp/postfix" requeue.unguarded
}

# ---- direct -----------------------------------------------------------------------
direct_product() {
    ordinary_send() { send "$ANNA" "$2" "$1" --server mail.msp.test; }
    # An smtpd that finds no socket, or hears nothing there, when a client connects, ends.
    LOGIN_SOCKET=run/auth SAYS_TEMPORARY="$SAYS_TEMPORARY|closed connection"
    SAYS_SILENT=$SAYS_TEMPORARY
    product_up postfix
}
direct_submission() { paste "master.cf: own submission" master.cf; }
direct_behind_postfix() { :; }

# ---- cyrus -------------------------------------------------------------------------
cyrus_product() {
    ordinary_send() { send "$ANNA" "$2" "$1" --server mail.msp.test; }
    LOGIN_SOCKET=run/mux SAYS_SILENT='[Tt]imed? ?out' # libsasl waits for ever
    product_up postfix "saslauthd = \"$T/run/mux\""
}
cyrus_submission() {
    mkdir "$T/msp/postfix/sasl"
    paste smtpd.conf sasl/smtpd.conf
    paste "master.cf: own submission" master.cf
    sed -i "s|smtpd_sasl_type=dovecot|smtpd_sasl_type=cyrus|; s|smtpd_sasl_path=unix:.*|smtpd_sasl_path=smtpd|" \
        "$T/msp/postfix/master.cf"
    echo "cyrus_sasl_config_path = $T/msp/postfix/sasl" >>"$T/msp/postfix/main.cf"
}
cyrus_behind_postfix() { :; }

# ---- dovecot -----------------------------------------------------------------------
dovecot_product() {
    ordinary_send() {
        send "$ANNA" "$2" "$1" --server mail.msp.test:587 -tls --auth PLAIN --auth-user carol \
            --auth-password ordinary-secret
    }
    SUBMIT_HOST=mail.msp.test LOGIN_SOCKET=run/verify
    product_up dovecot
}
dovecot_submission() {
    paste "main.cf: ordinary submission" main.cf
    printf '%s\n' 'smtpd_sasl_type = dovecot' 'smtpd_sasl_path = private/dovecot-auth' \
        >>"$T/msp/postfix/main.cf"
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
dovecot_behind_postfix() {
    dovecot_start "$B/cleansmtp-checkpassword --socket $T/run/verify"
    mta_finds dovecot "$T/msp/dovecot" ""
}
