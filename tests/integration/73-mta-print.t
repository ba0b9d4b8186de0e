#!/usr/bin/env bash
# 73-mta-print.t - what "cleansmtp mta SERVER" prints for OpenSMTPD, Haraka and KumoMTA: it is the pool, and Lua
# reads it. TAP.
# shellcheck disable=SC1091,SC2034,SC2154  # the libraries use what is set here
. "$(dirname "$0")/mta_lab.sh"

printed() { check "cleansmtp mta $1" cs mta "$1" && recipe "$1"; }
refused() { # NAME STATUS ARGUMENT...
    local name=$1 wanted=$2
    shift 2
    cs "$@"
    is "$name" $? "$wanted"
}

refused "a server that nobody knows" 3 mta qmail
refused "a server that cannot be checked" 2 mta haraka --check
refused "--config-dir without --check" 2 mta postfix --config-dir /etc/postfix
for server in postfix exim dovecot dovecot24 opensmtpd haraka kumomta; do
    refused "an empty pool, for $server" 0 mta $server
done
lab_pool

# ---- OpenSMTPD ------------------------------------------------------------------------------
# tests/e2e/35-opensmtpd.t has a real one read it and send by it.
printed opensmtpd
part "smtpd.conf: relay" >"$T/relay"
is "its lanes are the pool, each with a table of its logins" "$(grep -v '^#' "$T/relay")" \
    "table clean9 \"cleansmtp:$T/run/socketmap\"
action \"clean9\" relay src \"203.0.113.9\" helo \"out9.msp.test\"
table clean6 \"cleansmtp:$T/run/socketmap\"
action \"clean6\" relay src \"2001:db8::9\" helo \"out6.msp.test\"
table cleansmtp_rest \"cleansmtp:$T/run/socketmap\"
match from auth <clean9> for any action \"clean9\"
match from auth <clean6> for any action \"clean6\"
match from auth <cleansmtp_rest> for any reject"
is "every listener has the filter" "$(part "smtpd.conf: listeners" | grep -c '^listen .* auth filter "clean" ')" 2
check "... which is there" sh -c "$(part "smtpd.conf: listeners" | sed -n 's/^filter .* proc-exec "\([^ ]*\) .*/test -x "\1"/p')"
part "/etc/pam.d/smtpd" | grep -v '^#' >"$T/pam"
sed -n 's/.*\(--stdin\|--refused\).*/\1/p' "$T/pam" | tr '\n' ' ' >"$T/asked"
is "PAM asks both ways round" "$(cat "$T/asked")" "--stdin --refused "
# The program and its arguments as they stand there, with a login that never was.
asked_by() { sed -n "s/.*\(\/usr\/bin\/env .*$1.*\)/\1/p" "$T/pam"; }
# shellcheck disable=SC2046,SC2091  # words, as PAM cuts them
PAM_USER=cs-aaaaaaaa PAM_SERVICE=smtpd PAM_TYPE=auth $(asked_by --stdin) < <(printf 'wrong\0')
is "the helper answers to OpenSMTPD's service of PAM: refused" $? 1
# shellcheck disable=SC2046,SC2091
PAM_USER=cs-aaaaaaaa PAM_SERVICE=smtpd PAM_TYPE=auth $(asked_by --refused) < <(printf 'wrong\0')
is "and the other way round: refused for certain" $? 0

# ---- Haraka --------------------------------------------------------------------------------
printed haraka
part config/cleansmtp.ini >"$T/cleansmtp.ini"
cat >"$T/read_ini.py" <<'PY'
import configparser, sys
ini = configparser.ConfigParser()
ini.read_string("[main]\n" + open(sys.argv[1], encoding="ascii").read())
for lane in sorted(ini.sections()):
    print(lane, *(f"{name}={value}" for name, value in sorted(ini[lane].items())))
PY
is "the lanes of cleansmtp.ini are the pool" "$(python3 "$T/read_ini.py" "$T/cleansmtp.ini")" \
    "clean6 helo=out6.msp.test ip6=2001:db8::9
clean9 helo=out9.msp.test ip4=203.0.113.9
main policy=$T/run/policy verify=$T/run/verify"

# ---- KumoMTA ----------------------------------------------------------------------------------
printed kumomta
cat >"$T/kumo.lua" <<'LUA'
-- As much of KumoMTA as its events need: each handler is kept, each "make" gives its table back.
local handlers = {}
kumo = setmetatable({ on = function(event, handler) handlers[event] = handler end },
  { __index = function(_, name) return name:match("^make_") and function(made) return made end or nil end })
package.preload.kumo = function() return kumo end
dofile(arg[1])
for _, lane in ipairs { "clean6", "clean9", "other" } do
  local pool = handlers.get_egress_pool(lane)
  local source = pool and handlers.get_egress_source(pool.entries[1].name)
  print(lane, source and source.source_address or "none", source and source.ehlo_domain or "none")
end
local queue = handlers.get_queue_config("a.example", "cleansmtp-lane-clean9")
print(queue.egress_pool, tostring((handlers.get_queue_config("a.example", "site"))))
print(handlers.smtp_server_auth_plain("", "carol", "secret", nil))
LUA
is "the sources are the pool, and others are left to the site" "$(lua5.4 "$T/kumo.lua" "$T/recipe" 2>&1)" \
    "clean6	2001:db8::9	out6.msp.test
clean9	203.0.113.9	out9.msp.test
other	none	none
clean9	nil
false"

done_testing
