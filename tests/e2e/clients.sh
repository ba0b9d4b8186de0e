# shellcheck shell=bash
# clients.sh - mail programs of many makers: each sends by both mechanisms at both ports, checks the server's certificate,
# and what it sends leaves by the lease's address.
#
# Sourced after journey.sh; the login is $USERNAME and $PASSWORD, of $LEASE.
# shellcheck disable=SC2153

CLIENTS="swaks curl msmtp smtplib snail mutt" CLIENTS_TO=eve@open.test
letter() { printf 'From: <%s>\nTo: <%s>\nSubject: %s\n\nHello.\n' "$ANNA" "$CLIENTS_TO" "$1"; }

# client_NAME MECHANISM PORT SUBJECT: one message; the mechanism is forced, not offered.
client_swaks() {
    local encryption=-tls
    [ "$2" = 587 ] || encryption=--tls-on-connect
    on customer swaks --helo pc.customer.test --from "$ANNA" --to "$CLIENTS_TO" --timeout 20 --header "Subject: $3" \
        --server "$SUBMIT_HOST:$2" $encryption --tls-ca-path "$CA" --tls-verify \
        --auth "$1" --auth-user "$USERNAME" --auth-password "$PASSWORD"
}
client_curl() {
    local url=smtp://$SUBMIT_HOST:587/pc.customer.test
    [ "$2" = 587 ] || url=smtps://$SUBMIT_HOST:465/pc.customer.test
    letter "$3" | on customer curl --silent --show-error --max-time 20 --url "$url" --ssl-reqd --cacert "$CA" \
        --mail-from "$ANNA" --mail-rcpt "$CLIENTS_TO" --user "$USERNAME:$PASSWORD" --login-options "AUTH=$1" --upload-file -
}
client_msmtp() {
    local starttls=on
    [ "$2" = 587 ] || starttls=off
    letter "$3" | on customer msmtp --host="$SUBMIT_HOST" --port="$2" --tls=on --tls-starttls=$starttls \
        --tls-trust-file="$CA" --auth="${1,,}" --user="$USERNAME" --from="$ANNA" \
        --passwordeval="cat $T/customer/password" "$CLIENTS_TO"
}
client_smtplib() {
    letter "$3" | on customer python3 -c '
import smtplib, ssl, sys
host, port, ca, mechanism, user, password, sender, recipient = sys.argv[1:]
context = ssl.create_default_context(cafile=ca)
if port == "465":
    smtp = smtplib.SMTP_SSL(host, 465, timeout=20, context=context)
else:
    smtp = smtplib.SMTP(host, 587, timeout=20)
    smtp.starttls(context=context)
smtp.ehlo()
smtp.user, smtp.password = user, password
smtp.auth(mechanism, smtp.auth_plain if mechanism == "PLAIN" else smtp.auth_login, initial_response_ok=True)
smtp.sendmail(sender, [recipient], sys.stdin.read())
smtp.quit()' "$SUBMIT_HOST" "$2" "$CA" "$1" "$USERNAME" "$PASSWORD" "$ANNA" "$CLIENTS_TO"
}
client_snail() {
    local mta=smtp
    [ "$2" = 587 ] || mta=smtps
    echo Hello. | HOME=$T/customer on customer s-nail -:/ -S v15-compat=yes -S emptystart -S expandaddr \
        -S mta="$mta://$USERNAME:$PASSWORD@$SUBMIT_HOST:$2" -S smtp-use-starttls -S smtp-auth="${1,,}" \
        -S tls-ca-file="$CA" -S tls-ca-no-defaults -S tls-verify=strict -S from="$ANNA" -S hostname=pc.customer.test \
        -s "$3" "$CLIENTS_TO"
}
client_mutt() {
    local url=smtp
    [ "$2" = 587 ] || url=smtps
    cat >"$T/customer/muttrc" <<RC
set smtp_url = "$url://$USERNAME@$SUBMIT_HOST:$2/" smtp_pass = "$PASSWORD"
set smtp_authenticators = "${1,,}" ssl_starttls = yes ssl_force_tls = yes certificate_file = "$CA"
set from = "$ANNA" use_envelope_from = yes envelope_from_address = "$ANNA" hostname = pc.customer.test copy = no
RC
    echo Hello. | HOME=$T/customer on customer mutt -n -F "$T/customer/muttrc" -s "$3" "$CLIENTS_TO"
}

each_client() {
    local client mechanism port before reserved
    local -A before=()
    reserved=$(lease_field "$LEASE" reserved_address)
    CA=$T/customer/ca.pem
    cp "$T/msp/cert.pem" "$CA"
    (umask 077 && printf '%s' "$PASSWORD" >"$T/customer/password")
    for mechanism in PLAIN LOGIN; do before[$mechanism]=$(mechanism_used $mechanism); done
    for client in $CLIENTS; do
        for mechanism in PLAIN LOGIN; do
            for port in 587 465; do
                check "$client sends by AUTH $mechanism at $port" \
                    "client_$client" $mechanism $port "$client-$mechanism-$port"
            done
        done
    done
    rm -f "$T/out" # the last transcript has nothing to do with what follows
    for client in $CLIENTS; do
        for mechanism in PLAIN LOGIN; do
            for port in 587 465; do
                arrives_from "$client, $mechanism, $port: from the lease's address" "$client-$mechanism-$port" "$reserved"
            done
        done
    done
    # The mail server logs the mechanism that was used; twice each port and program.
    for mechanism in PLAIN LOGIN; do
        is "$mechanism was what they used" $(($(mechanism_used $mechanism) - before[$mechanism])) 12
    done
}
