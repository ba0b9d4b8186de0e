#!/usr/bin/env bash
# 71-mta-dovecot.t - "cleansmtp mta dovecot --check" and "dovecot24": the recipe for Dovecot 2.3 and 2.4 has
# no finding in a real one; then each thing is broken by itself, and exactly the finding for it comes.
# Nobody logs in. TAP.
# shellcheck disable=SC1091,SC2016,SC2034,SC2154  # the libraries use what is set here; eval has its own quotes
# The packages are those of 24-dovecot24.t, which shares the folder; the namespace has no mirror.
if [ "${1:-}" != inside ]; then
    DEBIAN24=$("$(dirname "$0")/../support/newer-debian.sh" trixie dovecot-core dovecot-auth-lua lua-socket dash 2>&1) ||
        DEBIAN24="none: $DEBIAN24"
    export DEBIAN24
fi
. "$(dirname "$0")/mta_lab.sh"

lab_pool
GOOD=$T/good.conf P=$T/mutant.conf
# The site's own: a file of users, asked last.
site() {
    printf '%s\n' 'protocols =' 'ssl = no' 'passdb {' '  driver = passwd-file' "  args = $T/users" '}'
}
# broken NAME STATUS RULES COMMAND...: that command, run on a copy of the good file.
broken() {
    local name=$1 status=$2 wanted=$3
    shift 3
    cp "$GOOD" "$P"
    "$@" || bail "cannot break it: $*"
    # shellcheck disable=SC2086  # words
    finds "$name" "$SERVER" "$P" "$status" $wanted
}
edit() { sed -i "$1" "$P"; }
add() { printf '%s\n' "$@" >>"$P"; }
# The script in the recipe asks at the ordinary place, and here authd has another: so a copy, as it says.
script() {
    sed "s|/run/cleansmtp/verify|$T/run/verify|" "$top/packaging/dovecot/cleansmtp.lua" >"$T/cleansmtp.lua"
    sed -i "s|[^ =]*/dovecot/cleansmtp.lua|$T/cleansmtp.lua|" "$T/recipe"
}
in_front() { printf '%s\n' "$@" | cat - "$P" >"$P.new" && mv "$P.new" "$P"; }

# ---- Dovecot 2.3 -------------------------------------------------------------------------------
SERVER=dovecot
recipe dovecot
script
site >"$T/bare.conf"
finds "a bare Dovecot 2.3" dovecot "$T/bare.conf" 1 mechanism.login passdb.absent penalty
{ part "passdb: checkpassword"; part "passdb: hold"; part settings; site; } >"$GOOD"
finds "the recipe with checkpassword has no finding" dovecot "$GOOD" 0
broken "our passdb is not there" 1 passdb.absent edit '/cleansmtp-checkpassword/s/cleansmtp-check/other/'
broken "another passdb is asked first" 0 passdb.order in_front 'passdb {' 'driver = passwd-file' "args = $T/users" '}'
broken "ours is asked about everybody" 1 passdb.filter edit '0,/username_filter/{/username_filter/d}'
broken "ours is asked about our form alone" 0 "" edit 's/= cs-\*/= cs-???????? cs-????????@clean.msp.test/'
broken "ours is asked about one form more" 1 "passdb.filter passdb.hold" edit 's/= cs-\*/= cs-???????? carol/'
broken "a refusal goes on" 1 passdb.failure edit /result_failure/d
broken "a failure of ours is final" 1 passdb.internalfail edit 's/result_internalfail.*/result_internalfail = return-fail/'
broken "a right password is not enough" 1 passdb.success edit 's/result_internalfail.*/&\n  result_success = continue/'
broken "nobody holds the login" 1 passdb.hold edit '/timeout 12/,/username_filter/s/cs-/ce-/'
broken "what holds the login holds nothing" 1 passdb.hold edit '/timeout 12/d'
broken "what holds the login ends before Postfix gives up" 1 passdb.hold edit 's/timeout 12/timeout 9/'
broken "the user of the auth service is nobody" 1 socket.unknown add 'service auth {' '  user = nobody-there' '}'
broken "the last passdb is filtered" 1 passdb.last edit 's|args = .*/users|&\n  username_filter = *@hoster.example|'
broken "the helper is not there" 1 passdb.file edit 's|/cleansmtp-checkpassword |/none&|'
broken "the helper asks elsewhere" 1 passdb.socket edit "s|--socket [^ ]*|--socket /run/other|"
broken "the helper answers by itself" 0 "" edit "s|--socket [^ ]*|& --reply|"
broken "the helper answers by itself, and asks elsewhere" 1 passdb.socket edit "s|--socket [^ ]*|--socket /run/other --reply|"
broken "a cache does not matter to checkpassword" 0 "" add 'auth_cache_size = 1M'
broken "a refusal comes too late" 1 delay add 'auth_failure_delay = 9 secs'
broken "a refusal comes at once" 0 "" add 'auth_failure_delay = 0'
broken "the penalty is on" 1 penalty edit 's/mode = 0$/mode = 0600/'
broken "PLAIN is not offered" 1 mechanism.plain edit 's/^auth_mechanisms.*/auth_mechanisms = login/'
broken "LOGIN is not offered" 0 mechanism.login edit 's/^auth_mechanisms.*/auth_mechanisms = plain/'
broken "the auth service is not in the group" 1 socket.closed edit '/extra_groups/d'
{ part "passdb: lua"; part "passdb: hold"; part settings; site; } >"$GOOD"
finds "the recipe with Lua has no finding" dovecot "$GOOD" 0
broken "2.3 is told not to remember it, and crashes" 1 cache.key edit 's|blocking=yes|& cache_key=|'
broken "2.3 remembers what Lua said" 1 cache add 'auth_cache_size = 1M'
broken "the script is not there" 1 passdb.file edit 's|cleansmtp.lua|cleansmtp-none.lua|'
broken "the script asks at the ordinary place, where nobody is" 1 passdb.socket edit "s|$T/cleansmtp.lua|$top/packaging/dovecot/cleansmtp.lua|"
broken "the script starts the helper, which asks there, too" 1 passdb.socket edit "s|$T/cleansmtp.lua|$top/packaging/dovecot/cleansmtp-exec.lua|"
exec_script() {
    sed "s|/cleansmtp-checkpassword\"|/cleansmtp-checkpassword --socket $T/run/verify\"|" "$top/packaging/dovecot/cleansmtp-exec.lua" >"$T/cleansmtp-exec.lua"
    edit "s|$T/cleansmtp.lua|$T/cleansmtp-exec.lua|"
}
broken "the script starts the helper for our socket" 0 "" exec_script
broken "the script runs in the process for all" 1 passdb.blocking edit 's|blocking=yes|blocking=no|'
finds "a file that Dovecot cannot read" dovecot "$T/none.conf" 8 2>/dev/null

# ---- Dovecot 2.4, in its own Debian ------------------------------------------------------------
case $DEBIAN24 in none:*)
    note "no newer Debian, so no real Dovecot 2.4: $DEBIAN24"
    done_testing
    exit 0
    ;;
esac
grep -hE '^(root|dovecot|dovenull|postfix):' /etc/passwd >"$DEBIAN24/etc/passwd"
grep -hE '^(root|dovecot|dovenull|postfix):' /etc/group >"$DEBIAN24/etc/group"
mkdir "$T/bin"
cat >"$T/bin/doveconf" <<SH
#!/bin/sh
exec unshare --mount --propagation private sh -c 'mount --bind /dev "\$0/dev" && mkdir -p "\$0\$1" &&
    mount --bind "\$1" "\$0\$1" && root=\$0 && shift && exec chroot "\$root" /usr/bin/doveconf "\$@"' "$DEBIAN24" "$T" "\$@"
SH
chmod 0755 "$T/bin/doveconf"
PATH=$T/bin:$PATH
SERVER=dovecot24
site24() {
    printf 'passdb passwd-file {\n  passwd_file_path = %s\n}\n' "$T/users"
}
in_front_of_site() { sed -i "s|^passdb passwd-file|$(printf '%s\\n' "$@")&|" "$P"; }
versions() { printf '%s\n' 'dovecot_config_version = 2.4.1' 'dovecot_storage_version = 2.4.1' 'ssl = no' 'protocols ='; }
recipe dovecot24
script
{ versions; site24; } >"$T/bare.conf"
finds "a bare Dovecot 2.4" dovecot24 "$T/bare.conf" 1 mechanism.login mechanism.plain passdb.absent penalty
{ versions; part passdb; part settings; site24; } >"$GOOD"
finds "the recipe for 2.4 has no finding" dovecot24 "$GOOD" 0
broken "2.4: our passdb is not there" 1 passdb.absent edit 's|lua_file = .*|lua_file = /etc/dovecot/other.lua|;s|^passdb cleansmtp|passdb other|'
broken "2.4: ours is asked about everybody" 1 passdb.filter edit '/username_filter/d'
broken "2.4: checkpassword, as on 2.3" 1 passdb.driver in_front_of_site 'passdb old {' 'driver = checkpassword' '}'
broken "2.4: a refusal goes on" 1 passdb.failure edit /result_failure/d
broken "2.4: a temporary answer comes in time" 1 delay.internal edit '/^auth_internal_failure_delay/d'
broken "2.4: the cache is on, and ours not excepted" 1 cache edit 's/use_cache.*/use_cache = yes/;$aauth_cache_size = 1M'
broken "2.4: the cache is on for others" 0 "" add 'auth_cache_size = 1M'
broken "2.4: the script asks at the ordinary place" 1 passdb.socket edit "s|$T/cleansmtp.lua|$top/packaging/dovecot/cleansmtp.lua|"
broken "2.4: the script is not there" 1 passdb.file edit 's|cleansmtp.lua|cleansmtp-none.lua|'
broken "2.4: ours is the last, and filtered" 1 passdb.last edit '/^passdb passwd-file/,/^}/d'
broken "2.4: the penalty is on" 1 penalty edit '/mode = 0/d'
broken "2.4: the workers are not in the group" 1 socket.closed edit '/extra_groups/d'

done_testing
