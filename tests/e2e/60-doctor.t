#!/usr/bin/env bash
# cleansmtp doctor with real servers: a healthy host, the egress proof by each of its witnesses, and
# what it finds when one thing at a time is wrong.
# shellcheck disable=SC1091,SC2034,SC2153,SC2154  # the libraries use what is set here, and set the rest
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/journey.sh"

SUBMIT_HOST=clean.msp.test
CANARY=probe@remote.test

# ---- the lab's additions ----------------------------------------------------------
# dns LINE...: what the msp's resolver knows besides; each call replaces the one before.
dns() {
    [ -e "$T/msp/unbound.first" ] || cp "$T/msp/unbound.conf" "$T/msp/unbound.first"
    stop unbound-msp
    printf '    %s\n' 'local-zone: "100.51.198.in-addr.arpa." static' "$@" >"$T/msp/more"
    sed "/^remote-control:/{
        r $T/msp/more
        N
    }" "$T/msp/unbound.first" | awk '
        /^remote-control:/ { held = $0; next }
        held != "" && /control-enable/ { tail = held "\n" $0; held = ""; next }
        /^stub-zone:/ { print tail }
        { print }' >"$T/msp/unbound.conf"
    : >"$T/unbound-msp.log"
    start unbound-msp msp "$T/unbound" -d -c "$T/msp/unbound.conf"
    wait_for 10 grep -q 'start of service' "$T/unbound-msp.log" || bail "unbound does not start"
}
PTR21='local-data-ptr: "198.51.100.21 out21.msp.test"'
PTR22='local-data-ptr: "198.51.100.22 out22.msp.test"'
PROBE='local-data: "probe.test. MX 10 mx.probe.test."'
PROBE_MX='local-data: "mx.probe.test. A 192.0.2.50"'
GOOD_SPF="local-data: 'customer.test. TXT \"v=spf1 ip4:198.51.100.16/28 -all\"'"
HERE='local-data: "here.test. MX 10 mx.here.test."'
HERE_MX='local-data: "mx.here.test. A 198.51.100.12"'
RESERVED_6=2001:db8:2::21
PTR6="local-data-ptr: \"$RESERVED_6 out6.msp.test\""
NAME6="local-data: \"out6.msp.test. AAAA $RESERVED_6\""
SPF6="local-data: 'customer.test. TXT \"v=spf1 ip4:198.51.100.16/28 ip6:2001:db8:2::21 -all\"'"
good_dns() { dns "$PTR21" "$PTR22" "$PROBE" "$PROBE_MX" "$HERE" "$HERE_MX" "$GOOD_SPF"; }

# certify NAME DAYS SIGNER: for clean.msp.test unless NAME says else; by the lab's own issuer, or
# by itself. Postfix reads it at the next connection of a new smtpd.
certify() {
    local name=$1 days=$2 signer=$3
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$name" -keyout "$T/msp/key.pem" \
        -out "$T/msp/csr.pem" 2>/dev/null
    printf 'subjectAltName=DNS:%s\n' "$name" >"$T/msp/san"
    if [ "$signer" = self ]; then
        openssl x509 -req -in "$T/msp/csr.pem" -signkey "$T/msp/key.pem" -days "$days" \
            -extfile "$T/msp/san" -out "$T/msp/cert.pem" 2>/dev/null
    else
        openssl x509 -req -in "$T/msp/csr.pem" -CA "$T/ca.pem" -CAkey "$T/ca.key" \
            -CAcreateserial -days "$days" -extfile "$T/msp/san" -out "$T/msp/cert.pem" 2>/dev/null
    fi
}
issuer_up() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj "/CN=Lab issuer" \
        -keyout "$T/ca.key" -out "$T/ca.pem" 2>/dev/null
}
reload() { on msp postfix -c "$T/msp/postfix" reload >/dev/null 2>&1 && sleep 1; }

# ---- the doctor -------------------------------------------------------------------
# doctor OPTION...: its findings are in $T/said, its exit status in $REPLY. The mail programs of the
# machine itself are not of the lab: their configuration is covered by the lab's.
# shellcheck disable=SC2016  # for the inner shell
WITH_FILES='mount --bind "$0/dovecot.conf" /etc/dovecot/dovecot.conf &&
    mount --bind "$0/saslauthd" /etc/default/saslauthd && exec "$@"'
doctor() {
    on msp sh -c "$WITH_FILES" "$T/msp" "$B/cleansmtp" -c "$CONF" doctor --trust "$T/ca.pem" \
        --domain customer.test --json "$@" >"$T/said" 2>"$T/complained"
    REPLY=$?
    rows "$T/said" || note "$(cat "$T/complained")"
}
# rows FILE: its findings one a line, and their number of leaks in the last one.
rows() {
    python3 -c '
import json, sys
told = json.load(open(sys.argv[1]))["findings"]
for r in told:
    print(r["result"], r["check"], r["finding"] + " -> " + (r["todo"] or ""), sep="\t")
print("leaks", sum(r["leak"] for r in told), sep="\t")' "$1" >"$T/rows"
}
# found RESULT CHECK [WORDS]: a row of the last findings.
found() {
    awk -F'\t' -v result="$1" -v check="$2" -v words="${3:-}" '
        $2 == check { print }
        $2 == check && $1 == result && index($3, words) > 0 { hit = 1 }
        END { exit !hit }' "$T/rows" || { cat "$T/rows"; return 1; }
}
# is_listed ADDRESS: by our own question just now.
is_listed() { cs listing check "$1" && grep -q " listed " "$T/said"; }
no_password() { ! grep -rEq '[a-z2-9]{5}(-[a-z2-9]{5}){4}' "$T/said" "$T/complained"; }
proof() { doctor --canary $CANARY --mailbox "$T/remote/mail/in" --for 30s; }

# ---- a host that is well -----------------------------------------------------------
lab_up
remote_up
msp_postfix
issuer_up
certify clean.msp.test 60 issuer
printf 'protocols =\nssl = no\n' >"$T/msp/dovecot.conf"
echo 'OPTIONS="-m /var/run/saslauthd"' >"$T/msp/saslauthd"
product_up postfix
# The sockets that are off by default, too.
sed -i "s|^auth  *{|&  saslauthd = \"$T/run/mux\"  nginx = \"$T/run/nginx\"  nginx_upstream = \"127.0.0.1:10587\" |" "$CONF"
stop cleansmtp-authd
start_daemon cleansmtp-authd
wait_for 10 test -S "$T/run/nginx" || bail "cleansmtp-authd does not start again"
cs mta postfix
cp "$T/said" "$T/recipe"
paste main.cf main.cf
paste clean_logins clean_logins
paste "master.cf: lanes" master.cf
paste "master.cf: own submission" master.cf
# Port 25 of one more address is left to the doctor's own receiving side.
ip -n "${NS}msp" address add 198.51.100.12/24 dev net0
sed -i 's/^smtp      inet/198.51.100.10:25 inet/' "$T/msp/postfix/master.cf"
postfix_start msp
good_dns
install -d -o nobody "$T/remote/mail/in" # the virtual(8) of a first message would make it

proof
is "a healthy host has no problem, and mail of both lanes comes from their addresses" "$REPLY" 0 ||
    note "$(cat "$T/rows" "$T/complained")"
check "lane B is proved" found ok "lane clean21" "it came from 198.51.100.21"
check "lane C is proved" found ok "lane clean22" "greeted as out22.msp.test"
check "its password is shown to nobody" no_password
check "each reserved address is on this host" found ok "198.51.100.21 on this host"
check "and named both ways" found ok "198.51.100.22 name" "both ways"
check "and in the customer's SPF" found ok "198.51.100.21 SPF of customer.test"
check "and on no list" found ok "198.51.100.21 listings"
check "the sockets answer in their own protocols" found ok auth.verify "looks logins up"
check "all of them" found ok auth.saslauthd "it answers"
check "whichever they are" found ok auth.nginx "it answers"
check "tables as well" found ok auth.socketmap "it answers"
check "the certificate is checked on both ports" found ok "587 certificate chain"
check "its date is told" found ok "465 certificate date"
cs lease list --json
is "the logins of the proof are over" "$(python3 -c 'import json, sys
print(sorted({l["state"] for l in json.load(open(sys.argv[1]))}))' "$T/said")" "['revoked']"
check "and in the audit log" sh -c "'$B/cleansmtp' -c '$CONF' audit tail --json | grep -c lease.canary | grep -qx 2"

# ---- the doctor as receiving server on another host ------------------------------------
ip netns exec "${NS}customer" "$B/cleansmtp" doctor --listen 192.0.2.50:25 --for 60s --json \
    >"$T/heard" 2>"$T/listener" &
PID["listener"]=$!
check "a doctor elsewhere listens and says what to send it" \
    wait_for 10 grep -q 'canary-[a-z2-9]*@DOMAIN' "$T/listener"
guest=$(grep -o 'canary-[a-z2-9]*@' "$T/listener")
on customer swaks --server 192.0.2.50 --from x@y.test --to info@probe.test --timeout 5 \
    >"$T/out" 2>&1
check "it takes nothing from strangers" answered "550 5\.1\.1 "
doctor --canary "${guest}probe.test"
is "nobody on the mail host sees where it came from" "$REPLY" 8
check "and says so" found unknown "lane clean21" "nobody here sees"
wait "${PID["listener"]}"
is "the listener has judged both lanes" $? 0
unset "PID[listener]"
rows "$T/heard"
check "by the connection itself" found ok "lane clean22" "198.51.100.22 and greeted as out22.msp.test"

# ---- the other witnesses -----------------------------------------------------------------
doctor --canary probe@here.test --listen 198.51.100.12:25 --for 30s
is "the doctor is the receiving server itself" "$REPLY" 0
check "and sees each connection" found ok "lane clean21" "198.51.100.21 and greeted as out21.msp.test"
doctor --canary probe@here.test --listen 198.51.100.10:25
check "a port that is taken is told before anything is sent" found unknown lanes "nothing was sent"

# An echo service: it answers with what it got, quoted, into one file of mail.
echoes() {
    local seen="" message
    while sleep 0.2; do
        for message in "$T"/remote/mail/in/new/*; do
            case $seen in *"$message"*) continue ;; esac
            seen="$seen $message"
            printf 'From echo@remote.test Thu Nov 26 18:00:00 2026\nReceived: from mx.remote.test ([203.0.113.25])\n\tby mail.msp.test\nSubject: Re: your mail\n\nYou wrote:\n\n'
            sed 's/^/> /' "$message"
            echo
        done >>"$T/answers"
    done
}
: >"$T/answers"
echoes &
PID["echo"]=$!
doctor --canary $CANARY --mailbox "$T/answers" --for 30s
is "the answers of an echo service are read" "$REPLY" 0
check "and not the path of the answer itself" found ok "lane clean22" "198.51.100.22"
stop echo

# ---- a lane of IPv6 ------------------------------------------------------------------------
# bound6 ADDRESS: what its lane is bound to.
bound6() {
    sed -i "/^clean6 /,\$s/smtp_bind_address6=.*/smtp_bind_address6=$1/" "$T/msp/postfix/master.cf"
    reload
}
# Deprecated: nothing leaves by it that is not bound to it.
ip -n "${NS}msp" address add $RESERVED_6/64 dev net0 nodad preferred_lft 0
check "a reserved address of IPv6 joins the pool" cs pool add $RESERVED_6 --lane clean6 --helo out6.msp.test
dns "$PTR21" "$PTR22" "$PROBE" "$PROBE_MX" "$HERE" "$HERE_MX" "$PTR6" "$NAME6" "$SPF6"
doctor --canary $CANARY --mailbox "$T/remote/mail/in" --for 6s
is "its lane is missing in Postfix: the proof cannot be had" "$REPLY" 8
check "... of that lane" found unknown "lane clean6"
check "... and can of the others" found ok "lane clean22" "it came from 198.51.100.22"
cs mta postfix
cp "$T/said" "$T/recipe"
part "master.cf: lanes" | awk '/^[^ ]/ { on = /^clean6 / } on' >>"$T/msp/postfix/master.cf"
reload
proof
is "mail of all three lanes comes from their addresses" "$REPLY" 0 || note "$(cat "$T/rows" "$T/complained")"
check "lane 6 is proved" found ok "lane clean6" "it came from $RESERVED_6"
check "... with its own greeting" found ok "lane clean6" "greeted as out6.msp.test"
check "its address is on this host" found ok "$RESERVED_6 on this host"
check "... named both ways" found ok "$RESERVED_6 name" "both ways"
check "... and in the customer's SPF" found ok "$RESERVED_6 SPF of customer.test"
bound6 "$SHARED6"
proof
is "bound to the shared address of IPv6, it fails the proof" "$REPLY" 9
check "... with both addresses" found problem "lane clean6" "it came from $SHARED6, not from $RESERVED_6"
check "... loudly" grep -q "^leaks.1$" "$T/rows"
bound6 $RESERVED_6
dns "$PTR21" "$PTR22" "$PROBE" "$PROBE_MX" "$HERE" "$HERE_MX" "$NAME6" "$GOOD_SPF"
doctor
check "without its reverse name" found problem "$RESERVED_6 name" "has no reverse name"
check "... or outside the customer's SPF" found problem "$RESERVED_6 SPF of customer.test" "ip6:$RESERVED_6"
check "it retires" cs pool retire $RESERVED_6
good_dns

# ---- a lane that is bound to another address ---------------------------------------------
sed -i 's/smtp_bind_address=198.51.100.21/smtp_bind_address=198.51.100.22/' "$T/msp/postfix/master.cf"
reload
cs pool drain "$RESERVED_C"
proof
is "a lane that is bound to the wrong address fails the proof" "$REPLY" 9
check "with both addresses" found problem "lane clean21" "it came from 198.51.100.22, not from 198.51.100.21"
check "loudly" grep -q "^leaks.1$" "$T/rows"
check "and the other lane, which drains but still sends, is right" found ok "lane clean22" "it came from 198.51.100.22"
on msp sh -c "$WITH_FILES" "$T/msp" "$B/cleansmtp" -c "$CONF" doctor --trust "$T/ca.pem" \
    --canary $CANARY --mailbox "$T/remote/mail/in" --for 30s >"$T/said" 2>"$T/complained"
check "and a person cannot miss it" grep -q 'MAIL LEAVES BY THE WRONG ADDRESS' "$T/said"
sed -i '/^clean21 /,/^clean22 /s/smtp_bind_address=198.51.100.22/smtp_bind_address=198.51.100.21/' \
    "$T/msp/postfix/master.cf"
sed -i '/^clean21 /,/^clean22 /s/smtp_helo_name=out21/smtp_helo_name=other21/' "$T/msp/postfix/master.cf"
reload
check "C rests" cs pool rest "$RESERVED_C"
proof
is "a wrong greeting is a problem, and no leak" "$REPLY" 1
check "with both names" found problem "lane clean21" "greeted as other21.msp.test, not as out21.msp.test"
check "a resting lane is named as skipped" found warning "lane clean22" "skipped"
sed -i 's/smtp_helo_name=other21/smtp_helo_name=out21/' "$T/msp/postfix/master.cf"
cs pool activate "$RESERVED_C"

# ---- one thing at a time is wrong ----------------------------------------------------------
certify clean.msp.test 60 self
reload
proof
check "a certificate of its own making is a finding" found problem "465 certificate chain" "self-signed"
check "and no login is told to such a server" found problem "lane clean21" "could not send"
certify clean.msp.test -1 issuer
reload
proof
check "a certificate that has expired is a finding at both ports" found problem "465 certificate date" "it ended "
check "... at 587, too" found problem "587 certificate date" "renew it now"
check "... and no login is told to that server, either" found problem "lane clean22" "could not send"
certify other.msp.test 5 issuer
reload
dns "$PTR22" "local-data: 'customer.test. TXT \"v=spf1 ip4:198.51.100.22 -all\"'"
printf 'protocols =\nssl = no\nauth_cache_size = 10M\n' >"$T/msp/dovecot.conf"
echo 'OPTIONS="-c -t 300 -m /var/run/saslauthd"' >"$T/msp/saslauthd"
blocklist "$RESERVED_C"
wait_for 10 is_listed "$RESERVED_C" || bail "rbldnsd does not list C"
doctor
is "problems end with 1" "$REPLY" 1
check "a certificate for another name" found problem "587 certificate name" other.msp.test
check "one that ends soon" found warning "465 certificate date" "renew it"
check "an address without a reverse name" found problem "198.51.100.21 name" "has no reverse name"
check "SPF that leaves an address out, and the record to publish" \
    found problem "198.51.100.21 SPF of customer.test" "publish at customer.test: v=spf1 ip4:198.51.100.22 ip4:198.51.100.21 -all"
check "a reserved address that is listed" found problem "198.51.100.22 listings" "bl.spamcop.net"
check "Dovecot's cache, and what to set" found warning "Dovecot auth_cache" "auth_cache_size = 0"
check "saslauthd's cache, and how long it answers" found warning "saslauthd -c" "300 s"
echo 'OPTIONS="-m /var/run/saslauthd"' >"$T/msp/saslauthd"
mkdir "$T/msp/sasl"
# Its end takes its whole process group along.
start saslauthd msp setsid saslauthd -d -a sasldb -c -t 120 -m "$T/msp/sasl"
wait_for 10 test -S "$T/msp/sasl/mux" || bail "saslauthd does not start"
doctor
check "... and that of one that runs, whatever the file says" \
    found warning "saslauthd -c" "process ${PID[saslauthd]} has -c: it answers for an ended login for 120 s"
stop saslauthd
printf 'passdb {\n  driver = lua\n  args = file=/etc/dovecot/cleansmtp.lua\n}\n' >>"$T/msp/dovecot.conf"
sed -i 's/cleansmtp.lua$/& cache_key=/' "$T/msp/dovecot.conf"
# The same by a Dovecot 2.4, of a newer Debian, whose doveconf speaks otherwise.
if newer=$("$top/tests/support/newer-debian.sh" trixie dovecot-core dovecot-auth-lua lua-socket dash 2>"$T/complained"); then
    mkdir "$T/msp/bin"
    cat >"$T/msp/bin/doveconf" <<WRAPPER
#!/bin/sh
exec unshare --mount --propagation private sh -c 'mount --bind /dev $newer/dev && mount -t tmpfs none $newer/run &&
    cp $T/msp/dovecot24.conf $newer/run/dovecot.conf && exec chroot $newer doveconf -c /run/dovecot.conf "\$@"' sh "\$@"
WRAPPER
    chmod 0755 "$T/msp/bin/doveconf"
    # dovecot24 LINE...: the findings with these lines in its configuration.
    dovecot24() {
        printf '%s\n' 'dovecot_config_version = 2.4.1' 'dovecot_storage_version = 2.4.1' 'ssl = no' 'protocols =' "$@" \
            >"$T/msp/dovecot24.conf"
        PATH=$T/msp/bin:$PATH doctor
    }
    OURS='passdb clean {
  driver = lua
  lua_file = /usr/local/share/cleansmtp/dovecot/cleansmtp.lua
  username_filter = cs-*'
    dovecot24 "$OURS" '}'
    check "Dovecot 2.4 without a cache" found ok "Dovecot auth_cache" off
    dovecot24 'auth_cache_size = 10M' 'auth_cache_ttl = 2 hours' "$OURS" '}'
    check "Dovecot 2.4: a cache in which our logins are is a problem" found problem "Dovecot auth_cache" "10M for 2 hours"
    dovecot24 'auth_cache_size = 10M' "$OURS" '  use_cache = no' '}' 'passdb passwd {' '}'
    check "Dovecot 2.4: one that keeps others alone is a warning" found warning "Dovecot auth_cache" "keeps no passdb of ours"
    dovecot24 'auth_cache_size = 10M' "$OURS" '  use_cache = no' '}' 'passdb pam {' '}'
    check "Dovecot 2.4: one that keeps PAM may keep us" found warning "Dovecot auth_cache" "cannot be seen"
else
    ok "Dovecot 2.4 # SKIP $(cat "$T/complained")"
fi
stop cleansmtp-authd
doctor
check "authd that is down, at each of its sockets" found problem auth.policy "start cleansmtp-authd"
check "a cache in which our logins are is a problem" found problem "Dovecot auth_cache" "auth_cache_size = 0"
check "... and so is the cache_key= that makes Dovecot crash" found problem "Dovecot cache_key" "take cache_key= out"
ip -n "${NS}msp" address del 198.51.100.21/24 dev net0
chmod 0644 "$T/cleansmtp/state/pepper"
stop cleansmtpd
doctor
check "a pepper that others may read" found problem pepper "chmod 640"
check "cleansmtpd that is down" found problem answers "is it running"
check "what cannot be looked at is unknown, not well" found unknown addresses
start_daemon cleansmtpd
wait_for 10 on msp test -S "$T/run/api"
doctor
check "a reserved address that is not on this host" found problem "198.51.100.21 on this host" "cannot be bound"
echo 'nonsense = 1' >"$CONF"
doctor
check "a broken configuration is one finding, and nothing falls" found problem file nonsense

done_testing
