#!/usr/bin/env bash
# 72-mta-exim.t - "cleansmtp mta exim --check" against a real Exim: the recipe, in an ordinary configuration,
# has no finding; then each thing is broken by itself, and exactly the finding for it comes. No mail
# flows. TAP.
# shellcheck disable=SC1091,SC2016,SC2034,SC2154  # the libraries use what is set here; eval has its own quotes
. "$(dirname "$0")/mta_lab.sh"

# Exim as tools/install-packages.sh unpacks it; its user is known in here only.
EXIM=/var/cache/cleansmtp-test/exim4-daemon-heavy/usr/sbin/exim4
[ -x $EXIM ] || bail "no $EXIM: tools/install-packages.sh test"
{ grep -v '^Debian-exim:' /etc/passwd; echo "Debian-exim:x:60025:60025::$T:/bin/false"; } >"$T/passwd"
{ grep -v '^Debian-exim:' /etc/group | sed '/^postfix:/s/:$/:Debian-exim/'; echo 'Debian-exim:x:60025:'; } >"$T/group"
mount --bind "$T/passwd" /etc/passwd
mount --bind "$T/group" /etc/group
mkdir "$T/bin" "$T/spool"
cp $EXIM "$T/bin/exim4"
PATH=$T/bin:$PATH

lab_pool
recipe exim
GOOD=$T/good.conf P=$T/mutant.conf
# An ordinary configuration; its own lists ask ours first when it has any.
exim_conf() { # AUTHENTICATORS [OWN-LISTS]
    part main
    printf '%s\n' 'primary_hostname = mail.msp.test' "spool_directory = $T/spool" "log_file_path = $T/%s.log" \
        'domainlist local_domains = customer.test' 'keep_environment =' 'acl_smtp_rcpt = acl_check_rcpt'
    if [ -n "${2:-}" ]; then
        printf 'acl_smtp_%s = acl_check_%s\n' mail mail data data
    else
        part "main: access control"
    fi
    echo 'begin acl'
    part acl
    printf 'acl_check_%s:\n  require acl = clean_%s\n  accept authenticated = *\n' mail mail rcpt rcpt data data
    echo 'begin routers'
    part routers
    printf '%s\n' 'dnslookup:' 'driver = dnslookup' 'domains = ! +local_domains' 'transport = remote_smtp' 'no_more' \
        'mailbox:' 'driver = accept' 'transport = local_delivery' 'begin transports'
    part transports
    printf '%s\n' 'remote_smtp:' 'driver = smtp' 'local_delivery:' 'driver = appendfile' "directory = $T" \
        'begin retry' '* * F,2h,5s' 'begin authenticators'
    part "authenticators: $1"
}
bare_conf() {
    sed '/^CLEAN/d' <<CONF
primary_hostname = mail.msp.test
spool_directory = $T/spool
log_file_path = $T/%s.log
keep_environment =
begin routers
dnslookup:
  driver = dnslookup
  transport = remote_smtp
begin transports
remote_smtp:
  driver = smtp
CONF
}
# broken NAME STATUS RULES COMMAND...: that command, run on a copy of the good file.
broken() {
    local name=$1 status=$2 wanted=$3
    shift 3
    cp "$GOOD" "$P"
    "$@" || bail "cannot break it: $*"
    # shellcheck disable=SC2086  # words
    finds "$name" exim "$P" "$status" $wanted
}
edit() { sed -i "$1" "$P"; }
# in_block NAME COMMAND: a sed command for the lines of one block.
in_block() { sed -i "/^$1:/,/^[a-z_]*:\$/{/^[a-z_]*:\$/b;$2}" "$P"; }

bare_conf >"$T/bare.conf"
finds "a bare Exim" exim "$T/bare.conf" 1 ask.defer data.unjudged lane.absent login.login login.plain mail.unjudged \
    policy.socket recipient.unjudged router.absent router.unbound
exim_conf saslauthd >"$GOOD"
finds "the recipe with saslauthd has no finding" exim "$GOOD" 0
exim_conf dovecot own >"$GOOD"
finds "the recipe with the dovecot driver, asked by the site's own lists, has no finding" exim "$GOOD" 0
exim_conf dovecot >"$GOOD"
finds "the recipe with the dovecot driver has no finding" exim "$GOOD" 0

broken "MAIL is not judged" 1 mail.unjudged edit '/^acl_smtp_mail/d'
broken "recipients are not judged" 1 recipient.unjudged in_block acl_check_rcpt /require/d
broken "the end of data is not judged" 1 data.unjudged edit 's/^acl_smtp_data.*/acl_smtp_data = accept/'
broken "our list does not ask" 1 "acl.changed data.unjudged" in_block clean_data '/clean_ask/d'
broken "another socket is asked" 1 policy.socket edit 's|^CLEAN_POLICY.*|CLEAN_POLICY = /run/other|'
broken "a message without an address is accepted" 1 "acl.changed ask.defer" edit 's/defer *condition = ${if !def:acl_m_clean_address}/warn condition = ${if !def:acl_m_clean_address}/;/^  *message *= 450/d'
broken "our logins are those of our form alone" 0 "" edit 's/^CLEAN_LOGIN.*/CLEAN_LOGIN = match{$authenticated_id}{\\N(?i)^cs-\\w\\w\\w\\w\\w\\w\\w\\w(@|$)\\N}/'
broken "our logins are others" 1 "acl.changed router.unbound" edit 's/^CLEAN_LOGIN.*/CLEAN_LOGIN = match{$authenticated_id}{\\N(?i)^ce-\\N}/'
for list in mail rcpt data; do
    broken "everybody is asked about: $list" 1 acl.changed in_block clean_$list '/accept *condition/d'
    broken "nobody is asked about: $list" 1 acl.changed in_block clean_$list 's/accept *condition.*/accept/'
done
broken "a transaction has no name" 1 acl.changed in_block clean_mail /clean_instance/d
for name in request policy_context protocol_state instance queue_id client_address helo_name sasl_username sender recipient recipient_count size; do
    broken "the question says nothing of $name" 1 acl.changed edit "/^  $name=/d"
done
broken "an answer of before counts again" 1 acl.changed edit '/^clean_ask:/,/warn *condition/{/CLEAN_QUESTION/d}'
broken "nobody asks a second time" 1 acl.changed edit '/^  warn *condition = ${if !match/,+2d'
broken "a refusal is not heard" 1 acl.changed edit '/^  deny *condition/,+1d'
broken "a deferral is not heard" 1 acl.changed edit '/^  defer *condition = ${if match/,+1d'
broken "a line of the site's own in our list" 1 acl.changed in_block clean_data 's/^  accept acl/  accept hosts = 192.0.2.1\n&/'
broken "a line too many at the end of our list" 1 acl.changed edit 's/^acl_check_mail:/  accept\n&/'
broken "our router is not there" 1 router.absent edit '/^clean_lane:/,/no_more/d'
broken "another router stands before ours" 1 router.order edit 's/^clean_lane:/early:\ndriver = manualroute\nroute_list = * 192.0.2.1\ntransport = remote_smtp\nclean_lane:/;/^clean_unbound:/,/no_more/d;s/^begin routers/&\nclean_unbound:\ndriver = redirect\nallow_defer\ndomains = ! +local_domains\ncondition = ${if CLEAN_LOGIN}\ndata = :defer: none/'
broken "what our router cannot route goes on" 1 router.more in_block clean_lane '/no_more/d'
broken "hosts of the other family are found" 1 router.family in_block clean_lane '/acl_m_clean_address}{::/d;s/; ::1 ;.*/; ::1/'
broken "hosts of the wrong family are left out" 1 router.family edit 's|{::/0}{0.0.0.0/0}|{0.0.0.0/0}{::/0}|'
broken "nothing holds what has no address" 1 router.unbound edit '/^clean_unbound:/,/no_more/d'
broken "what has no address is held for other logins alone" 1 router.unbound in_block clean_unbound 's/CLEAN_LOGIN/match{$authenticated_id}{^ce-}/'
broken "our router takes mail for the host's own domains" 1 router.domains in_block clean_lane /domains/d
broken "mail for the host's own domains is held" 1 router.domains in_block clean_unbound /domains/d
broken "our router leads to one host" 1 router.host in_block clean_lane 's/dnslookup/manualroute\n  route_list = * 192.0.2.1/'
broken "our router falls back" 1 router.fallback in_block clean_lane 's/no_more/&\n  fallback_hosts = 192.0.2.1/'
broken "our transport is another's" 1 "transport.absent" edit 's/transport = clean_smtp/transport = local_delivery/'
broken "nothing is bound" 1 transport.interface in_block clean_smtp '/interface/d'
broken "another address may be bound to" 1 transport.interface in_block clean_smtp 's/interface.*/& ; 192.0.2.1/'
broken "an address of IPv6 is parted at its colons" 1 transport.interface in_block clean_smtp 's/<; //'
broken "connections are reused" 1 transport.reuse in_block clean_smtp '/connection_max/d'
broken "our transport leads to one host" 1 transport.host in_block clean_smtp 's/connection_max.*/&\n  hosts = 192.0.2.1\n  hosts_override/'
broken "our transport falls back" 1 transport.fallback in_block clean_smtp 's/connection_max.*/&\n  fallback_hosts = 192.0.2.1/'
broken "the name in HELO is the host's" 1 transport.helo in_block clean_smtp '/helo_data/d'
broken "others use our transport" 1 transport.shared in_block mailbox 's/local_delivery/clean_smtp/'
broken "an address is looked up at delivery" 1 transport.login in_block remote_smtp 's/driver = smtp/&\n  interface = ${extract{$authenticated_id}{a=192.0.2.1}}/'
broken "other mail leaves by a reserved address" 1 lane.shared in_block remote_smtp 's/driver = smtp/&\n  interface = 203.0.113.9/'
broken "an address that looks like a reserved one" 0 "" in_block remote_smtp 's/driver = smtp/&\n  interface = 203.0.113.91/'
broken "a lane is not there" 1 lane.absent edit 's/clean9=203.0.113.9//;s/clean9=out9.msp.test//'
broken "a lane has another address" 1 lane.bind edit 's/clean9=203.0.113.9/clean9=203.0.113.8/'
broken "a lane has another name" 1 lane.helo edit 's/clean9=out9.msp.test/clean9=mail.msp.test/'
broken "PLAIN is not offered" 1 login.plain edit '/^clean_plain:/,/advertise/d'
broken "LOGIN is not offered" 0 login.login edit '/^clean_login:/,/advertise/d'
broken "the site's own question stands in one authenticator" 0 "" edit 's/^  driver *= dovecot/  driver = plaintext/;s|^  server_socket.*|  server_prompts = :\n  server_condition = ${if match{$auth2}{\\N^cs-\\N}{${if saslauthd{{$auth2}{$auth3}{smtp}}}}{no}}|'
broken "a password without TLS" 1 tls.optional in_block clean_plain '/advertise/d'
exim_conf saslauthd own >"$GOOD"
broken "LOGIN asks for nothing" 1 login.prompts in_block clean_login /server_prompts/d
broken "PLAIN asks for nothing" 1 login.prompts in_block clean_plain /server_prompts/d
exim_conf dovecot >"$GOOD"
broken "Exim does not know who it is" 1 login.nameless in_block clean_plain '/server_set_id/d'

ip address del 203.0.113.9/32 dev lo
finds "the address is not on the host" exim "$GOOD" 1 lane.address
ip address add 203.0.113.9/32 dev lo
chgrp root "$T/run/auth" "$T/run/policy"
finds "Exim's user may not open the sockets" exim "$GOOD" 1 socket.closed
chgrp postfix "$T/run/auth" "$T/run/policy"
echo 'no_such_option = 1' >"$P"
finds "a configuration that Exim does not read" exim "$P" 8 2>/dev/null

done_testing
