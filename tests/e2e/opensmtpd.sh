# shellcheck shell=bash
# opensmtpd.sh - OpenSMTPD as msp's mail server, with the recipe that cleansmtp prints. Sourced after
# journey.sh.
#
# It is that of a newer Debian, in its own folder (tests/support/newer-debian.sh): the one of Debian 12 cannot do TLS. What it
# writes, its users and its PAM are msp's own.
# shellcheck disable=SC2034,SC2154  # journey.sh uses what is set here, and sets the rest

SAYS_QUEUED='250 2\.0\.0 .*Message accepted' SAYS_WRONG='535 ' SAYS_NOT_NOW=421
NOTICE='Delivery status notification: failed' SOCKETS_OF=opensmtpd
RELOADED=SIGHUP # there is no reload
msp_log() { echo "$T/opensmtpd.log"; }
msp_pid() { echo "${PID[opensmtpd]}"; }

# newer_opensmtpd: its Debian's folder is $NEWER; skips the whole test where there is none.
newer_opensmtpd() {
    if ! NEWER=$("$top/tests/support/newer-debian.sh" trixie opensmtpd perl-base libpam-modules coreutils dash 2>&1); then
        echo "1..0 # SKIP no newer Debian, so no OpenSMTPD that can do TLS: ${NEWER//$'\n'/ }"
        exit 0
    fi
}

# shellcheck disable=SC2016  # for the inner shell
IN_NEWER='mount --bind "$1/etc" "$0/etc" && mount --bind "$1/var" "$0/var" && mount --rbind /dev "$0/dev" &&
mount -t proc proc "$0/proc" && mount -t tmpfs tmpfs "$0/tmp" && mkdir -p "$0$2" && mount --bind "$2" "$0$2" &&
mount -t tmpfs tmpfs "$0/run" && mount --bind "$1/run" "$0/run" &&
mount --bind "$1/libexec" "$0/usr/libexec/opensmtpd" && root=$0 && shift 2 && exec chroot "$root" "$@"'
# newer COMMAND...: on msp, in that Debian.
newer() { on msp sh -c "$IN_NEWER" "$NEWER" "$T/msp" "$T" "$@"; }

# msp_opensmtpd: users, folders and a certificate. Its ordinary customer is known by the network address; mailboxes of
# customer.test are here.
msp_opensmtpd() {
    local dir=$T/msp user
    cp -r "$NEWER/etc" "$NEWER/var" "$dir"
    cp -r "$NEWER/usr/libexec/opensmtpd" "$dir/libexec"
    cp "$top"/packaging/opensmtpd/* "$dir/libexec"
    {
        printf 'root:x:0:0::/:/bin/false\nnobody:x:65534:65534::/:/bin/false\n'
        printf 'opensmtp%s:x:6003%d:6003%d::/:/bin/false\n' d 1 1 q 2 2
        printf '%s:x:6003%d:65534::/:/bin/false\n' anna 3 bob 4
    } >"$dir/etc/passwd"
    printf 'root:x:0:\nnogroup:x:65534:\nopensmtp%s:x:60031:\nopensmtp%s:x:60032:\n' d q >"$dir/etc/group"
    # authd's own, for the name of the group that may ask it
    { grep -v '^opensmtp' /etc/group; echo 'opensmtpd:x:60031:'; } >"$dir/group"
    cp "$dir/resolv.conf" "$dir/hosts" "$dir/etc"
    echo mail.msp.test >"$dir/etc/mailname"
    mkdir -p "$dir/run" "$dir/var/lib/opensmtpd/empty" "$dir/var/spool"
    for user in 3/anna 4/bob; do
        mkdir -p "$dir/mail/${user#*/}"
        chown "6003${user%/*}" "$dir/mail/${user#*/}"
    done
    printf 'auth required pam_deny.so\naccount required pam_deny.so\n' >"$dir/pam"
    certificate
    chmod 0600 "$dir/key.pem"
    mkdir -p "$dir/etc/ssl/certs"
    cp "$dir/cert.pem" "$dir/etc/ssl/certs/ca-certificates.crt" # none is trusted; smtpd wants the file
    cp "$B/cleansmtp-checkpassword" "$NEWER/usr/sbin/smtpctl" "$dir"
    chgrp 60032 "$dir/smtpctl"
    chmod g+s "$dir/smtpctl"
}

# opensmtpd_recipe: what the product prints.
opensmtpd_recipe() {
    check "cleansmtp mta opensmtpd prints the recipe" cs mta opensmtpd
    sed "s|[^ ]*/cleansmtp-checkpassword|$T/msp/cleansmtp-checkpassword|
        s|[^ \"]*/share/cleansmtp/opensmtpd|/usr/libexec/opensmtpd|" "$T/said" >"$T/recipe"
}

# opensmtpd_conf: an ordinary configuration with the parts of the recipe where they belong.
opensmtpd_conf() {
    local dir=$T/msp
    { part /etc/pam.d/smtpd; cat "$dir/pam"; } >"$dir/etc/pam.d/smtpd"
    cat >"$dir/etc/smtpd.conf" <<CONF
pki mail cert "$dir/cert.pem"
pki mail key "$dir/key.pem"
pki clean cert "$dir/cert.pem"
pki clean key "$dir/key.pem"
listen on mail.msp.test port 25 tls pki mail hostname mail.msp.test
$(part "smtpd.conf: listeners")
action "local" maildir "$dir/mail/%{user.username}"
action "relay" relay src $A helo mail.msp.test
action "relay6" relay helo mail.msp.test
match from any for domain "customer.test" action "local"
$(part "smtpd.conf: relay")
match from src { 127.0.0.1 192.0.2.50 } for domain "six.test" action "relay6"
match from src { 127.0.0.1 192.0.2.50 } for any action "relay"
match from local for any action "relay"
CONF
}
opensmtpd_start() {
    start opensmtpd msp sh -c "$IN_NEWER" "$NEWER" "$T/msp" "$T" /usr/sbin/smtpd -d -v
    wait_for 10 grep -q 'OpenSMTPD .* starting' "$(msp_log)" || bail "OpenSMTPD does not start"
    wait_for 10 on msp sh -c 'exec 3<>/dev/tcp/198.51.100.11/587' || sleep 1
}
smtpctl() { newer "$T/msp/smtpctl" "$@"; }
