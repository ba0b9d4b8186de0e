#!/usr/bin/env bash
# The whole journey with Postfix through Cyrus SASL: libsasl asks authd's saslauthd socket. Then what is Cyrus's own:
# realms, smtpd_sasl_local_domain, an authorization identity.
# shellcheck disable=SC1091,SC2034  # the libraries use what is set here
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/journey.sh"
. "$(dirname "$0")/ways.sh"
. "$(dirname "$0")/clients.sh"

# Every mechanism at either port, with the login as it is and with our realm.
step_realms() {
    local mechanism server login
    for login in "${USERNAME%@*}" "${USERNAME%@*}@clean.msp.test"; do
        for mechanism in PLAIN LOGIN; do
            for server in tls wrapped; do
                LOGIN=$login login_send "$1-$mechanism-$server-${login#*@}" eve@open.test $mechanism "$($server)"
                is "$1: $mechanism, $server, as $login" $? 0
                arrives_from "... leaves by its lane" "$1-$mechanism-$server-${login#*@}" "$2"
            done
        done
    done
    LOGIN=${USERNAME%@*}@elsewhere.test login_send "$1-foreign" eve@open.test
    check "$1: another realm is a wrong login" answered "$SAYS_WRONG"
}
local_domain() { # VALUE
    sed -i '/^  -o smtpd_sasl_local_domain=/d' "$T/msp/postfix/master.cf"
    [ -z "$1" ] || sed -i "s/^  -o smtpd_sasl_type=cyrus\$/&\n  -o smtpd_sasl_local_domain=$1/" "$T/msp/postfix/master.cf"
    on msp postfix -c "$T/msp/postfix" reload >/dev/null 2>&1
    sleep 0.5
}
step_cyrus() {
    local reserved
    reserved=$(lease_field "$LEASE" reserved_address)
    step_realms none "$reserved"
    local_domain clean.msp.test
    step_realms ours "$reserved"
    local_domain mail.msp.test
    login_send foreign-domain eve@open.test
    check "smtpd_sasl_local_domain of another name makes every login wrong" answered "$SAYS_WRONG"
    local_domain ""
    check "... and without it is good again" login_send again eve@open.test
    sasl_other_identity
    check "another authorization identity is refused" grep -q '^535' "$T/out"
    check "none of the refused left" never_arrived foreign-domain
}
# PLAIN with an identity to act as that is not the login's own.
sasl_other_identity() {
    on customer python3 -c '
import smtplib, ssl, sys
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
smtp = smtplib.SMTP_SSL(sys.argv[1], 465, timeout=20, context=context)
smtp.ehlo()
import base64
code, text = smtp.docmd("AUTH", "PLAIN " + base64.b64encode("\0".join(sys.argv[2:5]).encode()).decode())
print(code, text.decode())' "$SUBMIT_HOST" carol "$USERNAME" "$PASSWORD" >"$T/out" 2>&1
}

way_up cyrus
journey
each_client
step_cyrus # with the journey's last lease
done_testing
