#!/usr/bin/env bash
# 70-mta-postfix.t - "cleansmtp mta postfix --check" against a real Postfix: the recipe as it is printed
# has no finding; then each thing is broken by itself, and exactly the finding for it comes. No mail
# flows. TAP.
# shellcheck disable=SC1091,SC2016,SC2034,SC2119,SC2120,SC2154  # the libraries use what is set here; eval has its own quotes
. "$(dirname "$0")/mta_lab.sh"

# ---- Postfix -------------------------------------------------------------------------------
msp_postfix
cp -r "$T/msp/postfix" "$T/bare"
finds "an empty pool and a bare Postfix" postfix "$T/bare" 1 login.absent pool.empty
lab_pool
recipe postfix
paste clean_logins clean_logins
paste main.cf main.cf
paste "master.cf: lanes" master.cf
paste "master.cf: requeued mail" master.cf
postconf -c "$T/msp/postfix" -P pickup/unix/cleanup_service_name=clean-pickup
cp -r "$T/msp/postfix" "$T/lanes"
paste "master.cf: own submission" master.cf
finds "the recipe with a submission service of our own has no finding" postfix "$T/msp/postfix" 0

P=$T/mutant
SUBMIT=clean.msp.test:587/inet
# What is advice alone leaves the exit status at 0.
ADVICE=" data.unjudged lane.stale filter.skipped mappings.skipped sasl.port25 map.lanes requeue.visible login.port "
# broken NAME RULES COMMAND...: that command, run in a copy of the recipe's folder.
broken() {
    local name=$1 wanted=$2 status=0 rule
    shift 2
    rm -rf "$P"
    cp -r "$GOOD" "$P"
    "$@" || bail "cannot break it: $*"
    for rule in $wanted; do
        [[ $ADVICE = *" $rule "* ]] || status=1
    done
    # shellcheck disable=SC2086  # words
    finds "$name" postfix "$P" $status $wanted
}
main() { postconf -c "$P" -e "$@"; }
option() { postconf -c "$P" -P "$@"; }
no_option() { postconf -c "$P" -PX "$@"; }
# in_front WORDS...: at the end of data, before ours.
in_front() { sed -i "s/{ smtpd_end_of_data_restrictions = /&$* /" "$P/master.cf"; }
field() { postconf -c "$P" -F "$@"; }
GOOD=$T/msp/postfix
broken "a lane is not there" lane.absent postconf -c "$P" -MX clean9/unix
broken "a lane is another program" lane.command eval 'sed -i "/^clean9 /s/smtp$/lmtp/" "$P/master.cf"'
broken "a lane sends by no address" lane.bind no_option clean9/unix/smtp_bind_address
broken "a lane sends by another address" lane.bind option clean9/unix/smtp_bind_address=198.51.100.10
broken "a lane of the other family sends by no address" lane.bind6 no_option clean6/unix/smtp_bind_address6
broken "a lane may fall back to the default address" lane.enforce no_option clean9/unix/smtp_bind_address_enforce
broken "a lane of IPv4 takes IPv6 too" lane.family option clean9/unix/inet_protocols=all
broken "a lane has a fallback relay" lane.fallback option 'clean9/unix/smtp_fallback_relay=[192.0.2.1]'
broken "a lane greets by another name" lane.helo option clean9/unix/smtp_helo_name=mail.msp.test
broken "a lane has this host's name" lane.hostname no_option clean9/unix/myhostname
broken "a lane knows the host's other addresses" lane.interfaces no_option clean9/unix/inet_interfaces
broken "a lane believes that a proxy of the host is itself" lane.proxy eval 'main proxy_interfaces=198.51.100.1 && no_option clean9/unix/proxy_interfaces'
broken "other mail leaves by a reserved address" lane.shared option smtp/unix/smtp_bind_address=203.0.113.9
broken "a lane is left of an address that is gone" lane.stale eval 'sed "s/^clean9 /clean8 /;s/203.0.113.9/203.0.113.8/" "$P/master.cf" |
    sed -n "/^clean8 /,/fallback_relay/p" >>"$P/master.cf"'
broken "mail of leases goes to one host" nexthop main 'default_filter_nexthop = [192.0.2.1]'
broken "a submission service does not ask at the end of data" end.absent no_option $SUBMIT/smtpd_end_of_data_restrictions
broken "the end of data is somebody else's" end.absent option "$SUBMIT/smtpd_end_of_data_restrictions=reject_unauth_pipelining"
broken "a permit stands before our check" end.passed in_front permit_sasl_authenticated,
broken "another table stands before our check" end.passed in_front check_client_access static:OK,
broken "a permit stands before the policy" "data.unjudged end.passed recipient.unjudged" eval 'sed -i "s/^ *check_policy_service/    permit_mynetworks &/" "$P/main.cf"'
broken "our map names the lane, and nobody counts" "data.unjudged end.uncounted recipient.unjudged requeue.unmarked" eval 'sed -i "s|{ smtpd_\([a-z_]*\)_restrictions = check_sasl_access regexp:.config_directory/clean_logins|{ smtpd_\1_restrictions = check_sasl_access socketmap:unix:$T/run/socketmap:egress|;/PREPEND/d" "$P/master.cf"; sed -i "/data_restrictions/s/,$/ }/" "$P/master.cf"'
broken "our map binds senders" map.lanes main "sender_dependent_default_transport_maps = socketmap:unix:$T/run/socketmap:lanes"
broken "the table of our logins is not there" "data.unjudged end.unread recipient.unjudged" rm "$P/clean_logins"
broken "the table of our logins has others" "data.unjudged end.absent recipient.unjudged" eval 'echo "/^ce-/ clean_policy" >"$P/clean_logins"'
broken "the tables have our form alone" "" eval 'sed -i "s|^/^cs-/|/^cs-[a-z2-9]{8}(@\|\$)/|" "$P/clean_logins"; sed -i "s|{/^cs-/ PREPEND|{/^cs-[a-z2-9]{8}(@\|\$\$)/ PREPEND|" "$P/master.cf"'
broken "the class is not declared" "class.undeclared data.unjudged recipient.unjudged" main smtpd_restriction_classes=
broken "the class asks another server" "data.unjudged end.absent recipient.unjudged" eval 'sed -i "s|unix:$T/run/policy|unix:private/other|" "$P/main.cf"'
broken "without an answer the message passes" policy.default eval 'sed -i "s/default_action = 450.*}/default_action = DUNNO }/" "$P/main.cf"'
broken "a deferral of the wrong kind" policy.default eval 'sed -i "s/default_action = 450.*}/default_action = DEFER_IF_REJECT later }/" "$P/main.cf"'
broken "a proxy filter" proxy.filter option $SUBMIT/smtpd_proxy_filter=127.0.0.1:10025
broken "recipients are not judged" recipient.unjudged no_option $SUBMIT/smtpd_recipient_restrictions
broken "data is not judged" "data.unjudged requeue.unmarked" no_option $SUBMIT/smtpd_data_restrictions
broken "messages are not marked" requeue.unmarked eval 'sed -i "s/PREPEND X-Clean-Message: yes/DUNNO/" "$P/master.cf"'
broken "requeued mail is not looked at" requeue.unguarded no_option pickup/unix/cleanup_service_name
broken "requeued mail goes to a cleanup that is not there" requeue.unguarded postconf -c "$P" -MX clean-pickup/unix
broken "the mark travels with the message" requeue.visible no_option clean9/unix/smtp_header_checks
broken "requeued mail is let through" requeue.unguarded eval 'sed -i "s/FILTER retry:[^}]*/DUNNO/" "$P/master.cf"'
broken "a password without TLS" tls.optional eval 'option $SUBMIT/smtpd_tls_auth_only=no $SUBMIT/smtpd_tls_security_level=may'
broken "no certificate" tls.certificate main smtpd_tls_cert_file=
broken "another protocol for logins" sasl.type option $SUBMIT/smtpd_sasl_type=cyrus
broken "no mechanism is left" sasl.noplaintext option $SUBMIT/smtpd_sasl_security_options=noplaintext
broken "a chroot hides the sockets" "policy.chroot sasl.chroot" field "$SUBMIT/chroot=y"
broken "our socket serves port 25" "login.port sasl.port25" eval 'sed -i "s/^clean.msp.test:587/192.0.2.9:25/" "$P/master.cf"'
broken "a login does not open relaying" relay.refused option $SUBMIT/smtpd_relay_restrictions=reject
broken "a content filter" filter.skipped option $SUBMIT/content_filter=scan:
broken "aliases are left to a content filter" mappings.skipped option $SUBMIT/receive_override_options=no_address_mappings
broken "a service meant for logins takes none" "login.off login.port" no_option $SUBMIT/smtpd_sasl_auth_enable
broken "a port that customers are told is not served" login.port postconf -c "$P" -MX clean.msp.test:465/inet
broken "a port by its name is served" "" eval 'sed -i "s/^clean.msp.test:465/submissions/;s/^clean.msp.test:587/submission/" "$P/master.cf"'
broken "a service has no TLS" tls.absent option $SUBMIT/smtpd_tls_security_level=none
broken "port 465 waits for STARTTLS" tls.wrapper no_option clean.msp.test:465/inet/smtpd_tls_wrappermode
broken "logins are for another service" sasl.service option $SUBMIT/smtpd_sasl_service=mail
cyrus() { option $SUBMIT/smtpd_sasl_type=cyrus $SUBMIT/smtpd_sasl_path=smtpd "$@"; }
broken "Cyrus SASL, by the saslauthd socket" "" cyrus
broken "Cyrus SASL adds our realm" "" cyrus $SUBMIT/smtpd_sasl_local_domain=Clean.msp.test
broken "Cyrus SASL adds another realm" sasl.realm cyrus $SUBMIT/smtpd_sasl_local_domain=msp.test
owned() { option "$SUBMIT/smtpd_sender_restrictions=$1" && main "smtpd_sender_login_maps = $2"; }
broken "senders belong to somebody else" sender.unowned owned reject_sender_login_mismatch static:anna
broken "senders who are nobody's are refused" sender.unowned owned reject_authenticated_sender_login_mismatch ""
broken "senders of lists that are empty" "" owned reject_known_sender_login_mismatch ""
broken "known senders belong to somebody else" sender.unowned owned reject_known_sender_login_mismatch static:anna
broken "our map is among those of senders" "" owned reject_sender_login_mismatch "unionmap:{static:anna, socketmap:unix:$T/run/socketmap:senders}"
broken "senders are asked about behind a login's permit" "" owned permit_sasl_authenticated,reject_sender_login_mismatch static:anna
broken "no service takes logins" login.absent eval 'postconf -c "$P" -MX $SUBMIT clean.msp.test:465/inet'
broken "a login at the ordinary service, unjudged" "data.unjudged end.absent recipient.unjudged" option smtp/inet/smtpd_sasl_auth_enable=yes smtp/inet/smtpd_tls_auth_only=yes

# nginx in front: its service of Postfix listens to this host alone, and customers' ports are nginx's.
N=$T/nginx
cp -r "$T/lanes" "$N"
sed -n 's/^#     \(127.0.0.1:10587 .*\)/\1/p; s/^#       -o/  -o/p' "$top/packaging/nginx/cleansmtp.conf" |
    sed "s|/run/cleansmtp|$T/run|" >>"$N/master.cf"
cp "$conf" "$T/whole.conf"
sed -i "s|saslauthd = |nginx = \"$T/run/nginx\"  nginx_upstream = \"127.0.0.1:10587\"  &|" "$conf"
finds "the service behind nginx has no finding" postfix "$N" 0
cp "$T/whole.conf" "$conf"
finds "without nginx, customers are told ports that nobody serves" postfix "$N" 0 login.port
sed -i 's/  saslauthd = [^ ]*//' "$conf"
rm -rf "$P"; cp -r "$GOOD" "$P"; cyrus
finds "Cyrus SASL, and no saslauthd socket" postfix "$P" 1 sasl.cyrus
cp "$T/whole.conf" "$conf"

ip address del 203.0.113.9/32 dev lo
finds "the address is not on the host" postfix "$GOOD" 1 lane.address
ip address add 203.0.113.9/32 dev lo
chgrp root "$T/run/policy"
finds "Postfix's user may not open a socket" postfix "$GOOD" 1 socket.closed
chgrp postfix "$T/run/policy"
chmod 0700 "$T/run"
finds "Postfix's user may not reach the sockets" postfix "$GOOD" 1 socket.closed
chmod 0755 "$T/run"
kill -STOP "${PID[cleansmtp-authd]}"
finds "a daemon that is busy still has its sockets" postfix "$GOOD" 0
kill -CONT "${PID[cleansmtp-authd]}"
disown "${PID[cleansmtp-authd]}"
kill -KILL "${PID[cleansmtp-authd]}"
finds "nobody answers on the sockets" postfix "$GOOD" 1 socket.silent
rm -f "$T/run/policy" "$T/run/auth"
finds "the sockets are not there" postfix "$GOOD" 1 socket.absent
cs_start cleansmtp-authd policy

done_testing
