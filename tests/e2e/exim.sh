# shellcheck shell=bash
# exim.sh - Exim as msp's mail server, with the recipe that cleansmtp prints. Sourced after
# journey.sh; the .t file chooses the authenticators.
#
# Debian's Exim cannot be installed beside Postfix, so tools/install-packages.sh unpacks it. It runs
# as the user whose name it is built with, which only msp knows here, and delivers as that user too:
# with a configuration of its own it gives up root.
# shellcheck disable=SC2034  # journey.sh uses what is set here

EXIM=/var/cache/cleansmtp-test/exim4-daemon-heavy/usr/sbin/exim4
SAYS_QUEUED='250 OK id=' SAYS_WRONG='535 Incorrect authentication data' SAYS_NOT_NOW=435
NOTICE='Mail delivery failed' RELOADED='SIGHUP received' SOCKETS_OF=clean
msp_log() { echo "$T/msp/main.log"; }
msp_pid() { echo "${PID[exim]}"; }
mechanism_used() { grep -c " <= .* A=clean_${1,,}:cs-" "$(msp_log)"; }

# msp_exim: users, folders and a certificate. Its ordinary customer is known by the network address;
# mailboxes of customer.test are here.
msp_exim() {
    local dir=$T/msp
    [ -x $EXIM ] || bail "no $EXIM: tools/install-packages.sh test"
    { grep -v '^Debian-exim:' /etc/passwd; echo "Debian-exim:x:60025:60025::$dir:/bin/false"; } >"$dir/passwd"
    { grep -v -e '^Debian-exim:' -e '^clean:' /etc/group; echo 'Debian-exim:x:60025:'
        echo 'clean:x:60026:Debian-exim'; } >"$dir/group"
    mkdir -p "$dir/spool" "$dir/mail" "$dir/run/saslauthd"
    cp $EXIM "$dir/exim4" # a setuid copy is not needed, and AppArmor knows nothing of this one
    certificate
    chown 60025 "$dir/spool" "$dir/mail" "$dir/key.pem" "$dir"
}

# exim_recipe: what the product prints.
exim_recipe() {
    check "cleansmtp mta exim prints the recipe" cs mta exim
    cp "$T/said" "$T/recipe"
}

# exim_conf AUTHENTICATORS: an ordinary configuration with the parts of the recipe where they belong.
# Lists of the site's own ask ours first; where it has none, ours are all ($OWN_LISTS is empty).
# $ASKING is one more statement for recipients.
OWN_LISTS='' ASKING=''
access_control() {
    if [ -z "$OWN_LISTS" ]; then
        part "main: access control"
    else
        printf '%s\n' 'acl_smtp_mail = acl_check_mail' 'acl_smtp_data = acl_check_data'
    fi
}
exim_conf() {
    local dir=$T/msp
    cat >"$dir/exim.conf" <<CONF
$(part main)
primary_hostname = mail.msp.test
spool_directory = $dir/spool
log_file_path = $dir/%s.log
log_selector = +incoming_interface +outgoing_interface
pid_file_path = $dir/exim.pid
exim_path = $dir/exim4
deliver_drop_privilege = true
keep_environment =
daemon_smtp_ports = 25 : 465 : 587
tls_on_connect_ports = 465
tls_advertise_hosts = *
tls_certificate = $dir/cert.pem
tls_privatekey = $dir/key.pem
domainlist local_domains = customer.test
hostlist relay_from_hosts = 127.0.0.1 : 192.0.2.50
acl_smtp_rcpt = acl_check_rcpt
$(access_control)

begin acl
$(part acl)
acl_check_mail:
  require acl = clean_mail
  accept
acl_check_rcpt:
  require acl = clean_rcpt
  $ASKING
  accept  authenticated = *
  accept  hosts   = +relay_from_hosts
  accept  domains = +local_domains
          endpass
          verify  = recipient
  deny    message = relay not permitted
acl_check_data:
  require acl = clean_data
  accept

begin routers
$(part routers)
dnslookup:
  driver = dnslookup
  domains = ! +local_domains
  transport = remote_smtp
  ignore_target_hosts = 0.0.0.0 : 127.0.0.0/8
  ipv4_prefer = yes
  no_more
mailbox:
  driver = accept
  local_parts = anna : bob : cleo
  transport = local_delivery

begin transports
$(part transports)
remote_smtp:
  driver = smtp
local_delivery:
  driver = appendfile
  directory = $dir/mail/\$local_part_data
  maildir_format

begin retry
* * F,2h,5s

begin authenticators
$(part "authenticators: $1")
CONF
}
# exim_check: the product reads that configuration and finds nothing.
exim_check() {
    PATH=$T/msp:$PATH cs mta exim --check --config-dir "$T/msp/exim.conf" && [ ! -s "$T/said" ]
}
exim_start() {
    start exim msp "$T/msp/exim4" -C "$T/msp/exim.conf" -bdf
    wait_for 10 grep -q 'daemon started' "$(msp_log)" || bail "Exim does not start"
}
# exim ARGUMENT...: on msp, with that configuration.
exim() { on msp "$T/msp/exim4" -C "$T/msp/exim.conf" "$@"; }
