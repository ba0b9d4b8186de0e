#!/usr/bin/env bash
# 26-units.t - make install puts systemd units in place that systemd accepts and that agree with the
# programs' own defaults. TAP. Makes one folder below /tmp and removes it.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=$(cd "${B:-build/release}" && pwd) || exit 1
T=$(mktemp -d /tmp/cs-units.XXXXXX) || exit 1
trap 'rm -rf "$T"' EXIT
tests=0 failed=0

check() { # NAME COMMAND...
    local name=$1 good=ok
    shift
    "$@" >"$T/said" 2>&1 || good="not ok" failed=1
    tests=$((tests + 1))
    echo "$good $tests - $name"
    [ "$good" = ok ] || sed 's/^/# /' "$T/said"
}

# The build folder may be another than release: only the copying is of interest here.
check "make install" make -s install "PREFIX=$T/usr" "B=$B" -o all
units=$T/usr/lib/systemd/system
check "systemd accepts the units" \
    sh -c "systemd-analyze verify --man=no '$units'/cleansmtp* 2>&1 | { ! grep .; }"
check "they start what was installed" \
    sh -c "grep -h ^ExecStart= '$units'/*.service | cut -d= -f2 | { n=0; while read -r p; do test -x \"\$p\" && n=\$((n+1)); done; [ \$n = 2 ]; }"

check "what another server runs of ours can be run" test -x "$T/usr/share/cleansmtp/opensmtpd/table-cleansmtp" -a \
    -x "$T/usr/share/cleansmtp/opensmtpd/filter-cleansmtp"

listens() { sed -n 's/^ListenStream=//p' "$units/$1" | sort; }
cat >"$T/conf" <<'CONF'
state_dir = "/var/lib/cleansmtp"
runtime_dir = "/run/cleansmtp"
CONF
defaults() { "$B/cleansmtp" -c "$T/conf" config show | sed -n 's/.*"\(\/run\/cleansmtp\/[a-z]*\)".*/\1/p' | sort -u; }
listens cleansmtp-authd.socket >"$T/held"
defaults >"$T/default"
check "cleansmtp-authd.socket holds every socket that is on by default" diff "$T/held" "$T/default"
printf '%s\n' /run/cleansmtp/api /run/cleansmtp/console /run/cleansmtp/customer >"$T/web"
listens cleansmtpd.socket >"$T/held"
check "cleansmtpd.socket holds the command line's socket and the two of the manual" diff "$T/held" "$T/web"
check "... which the manual configures" \
    sh -c "grep -q 'listen = \"unix:/run/cleansmtp/console\"' docs/operations.md && grep -q 'listen = \"unix:/run/cleansmtp/customer\"' docs/operations.md"
check "the folder is the user's before the sockets are made" \
    grep -qx 'd /run/cleansmtp 0755 cleansmtp cleansmtp -' "$T/usr/lib/tmpfiles.d/cleansmtp.conf"
check "the folder is made where systemd looks" \
    sh -c "systemd-tmpfiles --cat-config --prefix=/none 2>/dev/null >/dev/null && mkdir -p '$T/root/usr/local/lib/tmpfiles.d' && cp '$T/usr/lib/tmpfiles.d/cleansmtp.conf' '$T/root/usr/local/lib/tmpfiles.d' && mkdir -p '$T/root/run' '$T/root/etc' && printf 'cleansmtp:x:990:990::/:/bin/false\n' >'$T/root/etc/passwd' && printf 'cleansmtp:x:990:\n' >'$T/root/etc/group' && systemd-tmpfiles --root='$T/root' --create cleansmtp.conf && [ \"\$(stat -c %u:%a '$T/root/run/cleansmtp')\" = 990:755 ]"
echo "1..$tests"
exit $failed
