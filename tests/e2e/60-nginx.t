#!/usr/bin/env bash
# The journey through a real nginx: it takes the customer's connection and TLS, asks authd about the login, and hands
# the session to a Postfix on loopback, which is told the login by XCLIENT.
# shellcheck disable=SC1091,SC2034,SC2154  # the libraries use what is set here
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/journey.sh"

SUBMIT_HOST=clean.msp.test
# nginx itself says 451 when authd is away.
SAYS_NOT_NOW='45[14]'
ordinary_send() { send "$ANNA" "$2" "$1" --server mail.msp.test; }

ADAPTER=$top/packaging/nginx/cleansmtp.conf
# The service of master.cf that the adapter's head prints.
backend() { sed -n 's/^#     \(127.0.0.1:10587 .*\)/\1/p; s/^#       -o/  -o/p' "$ADAPTER" | sed "s|/run/cleansmtp|$T/run|"; }
nginx_up() {
    cat >"$T/msp/nginx.conf" <<CONF
load_module /usr/lib/nginx/modules/ngx_mail_module.so;
daemon off;
worker_processes 1;
user www-data postfix;
pid $T/msp/nginx.pid;
error_log $T/msp/nginx.log info;
events { }
CONF
    sed "s|/run/cleansmtp|$T/run|; s|/etc/ssl/clean.pem|$T/msp/cert.pem|; s|/etc/ssl/clean.key|$T/msp/key.pem|
        s|clean.mail.hoster.example|$SUBMIT_HOST|" "$ADAPTER" >>"$T/msp/nginx.conf"
    check "nginx takes the adapter" on msp nginx -t -c "$T/msp/nginx.conf" -p "$T/msp"
    start nginx msp nginx -c "$T/msp/nginx.conf" -p "$T/msp"
    wait_for 10 on msp sh -c 'ss -Htln "sport = :465" | grep -q LISTEN' || bail "nginx does not start"
}

# What the proxy adds to the ways in.
step_proxy() {
    on customer swaks --server mail.msp.test:10587 --quit-after CONNECT --timeout 5 >"$T/out" 2>&1
    check "Postfix behind nginx cannot be reached from outside" sh -c "! grep -q '^<' '$T/out'"
    on msp swaks --server 127.0.0.1:10587 --from "$ANNA" --to eve@open.test --timeout 10 \
        --header "Subject: by-the-back-door" --body Hello. >"$T/out" 2>&1
    check "a program of the host cannot send by it without a login" answered '55[04] '
    check "nothing left that way" never_arrived by-the-back-door
    SENDER=$ANNA PASSWORD=wrong login_send via-nginx eve@open.test LOGIN
    check "a wrong password is 535, in our words" answered '535 5\.7\.8 Error: authentication failed'
    check "a message by nginx" login_send whose-address eve@remote.test
    check "... is told to Postfix with the customer's own address and login" grep -q "postfix/nginx/smtpd.*client=.*\[192.0.2.50\].*sasl_username=${USERNAME%@*}" "$T/msp/mail.log"
    on customer swaks --server $SUBMIT_HOST:587 --from "$ANNA" --to eve@open.test --timeout 10 --auth PLAIN --auth-user "$USERNAME" \
        --auth-password "$PASSWORD" --header "Subject: in-the-clear" --body Hello. >"$T/out" 2>&1
    check "no login without TLS" sh -c "! grep -q '^<  235' '$T/out'"
    check "nothing left in the clear" never_arrived in-the-clear
    mv "$T/cleansmtp/state/cleansmtp.db" "$T/aside"
    sleep 1.2
    login_send no-database eve@open.test
    mv "$T/aside" "$T/cleansmtp/state/cleansmtp.db"
    check "authd cannot tell: 454, in our words" answered '454 4\.7\.0 The login cannot be checked'
    sleep 1.2
    kill -STOP "${PID[cleansmtp-authd]}"
    login_send while-hanging eve@open.test
    kill -CONT "${PID[cleansmtp-authd]}"
    check "authd hangs: never 535" sh -c "grep -q '^<.*45[14] ' '$T/out' && ! grep -q '^<.*535' '$T/out'"
}

lab_up
remote_up
msp_postfix
product_up postfix "nginx = \"$T/run/nginx\"  nginx_upstream = \"127.0.0.1:10587\""
check "cleansmtp mta postfix prints the recipe" cs mta postfix
cp "$T/said" "$T/recipe"
paste main.cf main.cf
paste clean_logins clean_logins
paste "master.cf: lanes" master.cf
backend >>"$T/msp/postfix/master.cf"
check "Postfix takes recipe and adapter" on msp postfix -c "$T/msp/postfix" check
postfix_start msp
mta_finds postfix "$T/msp/postfix" requeue.unguarded
nginx_up
# Time and limits of a lease are judged behind the door, and the other journeys go through them.
step_bounce
step_mint_and_reveal
step_send
step_switch
step_wrong_password
step_revoke
step_authd_down
step_proxy
done_testing
