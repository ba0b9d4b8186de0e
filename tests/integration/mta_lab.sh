# shellcheck shell=bash
# mta_lab.sh - for the tests of "cleansmtp mta SERVER --check": the product in a network namespace of
# its own, where the reserved addresses are, and a table of what is broken and what is found.
#
# Sourced with the test's own arguments; comes back in the namespace, with the daemons running.
# shellcheck disable=SC1091,SC2034,SC2154  # the library uses what is set here, and sets top
if [ "$(id -u)" != 0 ]; then
    echo "1..0 # SKIP network namespaces need root"
    exit 0
fi
[ "${1:-}" = inside ] || exec unshare --net --mount "$0" inside
. "$(dirname "$0")/issuer.sh"

ip link set lo up
ip address add 203.0.113.9/32 dev lo
ip address add 2001:db8::9/128 dev lo nodad

# ---- the product -------------------------------------------------------------------------
cs() {
    "$B/cleansmtp" -c "$conf" "$@" >"$T/said" 2>"$T/complained"
}
cs_start() { # DAEMON SOCKET
    "$B/$1" -c "$conf" >>"$T/$1.log" 2>&1 </dev/null &
    PID[$1]=$!
    wait_for 10 test -S "$T/run/$2" || bail "$1 does not start"
}
"$B/cleansmtp" init --dir "$T" --admin ada >"$T/said" 2>&1 || bail "no state folder"
mkdir -p "$T/run"
chmod 0755 "$T/run"
cat >"$conf" <<CONF
state_dir = "$T/state"
runtime_dir = "$T/run"
database = "sqlite:$T/state/cleansmtp.db"
console    { listen = "127.0.0.1:8025"  url = "http://127.0.0.1:8025" }
customer   { listen = "127.0.0.1:8026"  url = "http://127.0.0.1:8026" }
submission { host = "clean.msp.test"  port = 465  starttls_port = 587  realm = "clean.msp.test" }
policy     { log_proof = off }
auth       { group = "postfix"  saslauthd = "$T/run/saslauthd" }
CONF
cs_start cleansmtpd api
cs_start cleansmtp-authd policy

# ---- findings ------------------------------------------------------------------------------
# rules: the rules of the findings in $T/said, sorted, on one line.
rules() {
    python3 -c '
import json, sys
print(*sorted({f["rule"] for f in json.load(open(sys.argv[1]))}))' "$T/said"
}
# finds NAME SERVER CONFIG STATUS RULE...: exactly these rules, and that exit status.
finds() {
    local name=$1 server=$2 config=$3 wanted=$4 status
    shift 4
    cs mta "$server" --check --config-dir "$config" --json
    status=$?
    is "$name" "$status: $(rules)" "$wanted: $*" ||
        note "$(cat "$T/complained")"$'\n'"$(cs mta "$server" --check --config-dir "$config"; cat "$T/said")"
}

# A pool of both families. "lab_pool" is not done by itself, for an empty pool is a case.
lab_pool() {
    cs pool add 203.0.113.9 --lane clean9 --helo out9.msp.test || bail "$(cat "$T/complained")"
    cs pool add 2001:db8::9 --lane clean6 --helo out6.msp.test || bail "$(cat "$T/complained")"
}
# recipe SERVER: into $T/recipe, with the files of this tree instead of the installed ones.
recipe() {
    cs mta "$1" || bail "no recipe for $1"
    sed "s|[^ ]*/cleansmtp-checkpassword|$B/cleansmtp-checkpassword|
        s|[^ =']*/share/cleansmtp/|$top/packaging/|" "$T/said" >"$T/recipe"
}
# part NAME: what stands below "#==> NAME" in the recipe.
part() {
    grep -qFx "#==> $1" "$T/recipe" || bail "the recipe has no part \"$1\""
    awk -v want="#==> $1" '/^#==> /{on = $0 == want; next} on' "$T/recipe"
}
