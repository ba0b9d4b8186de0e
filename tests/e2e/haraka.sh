# shellcheck shell=bash
# haraka.sh - Haraka on the submission host, with the recipe that cleansmtp prints; Postfix is msp's mail server for everybody
# else. Sourced after journey.sh.
#
# Haraka is no package of Debian's: tests/support/haraka names its version and all it needs, which are put into build/haraka once.
# shellcheck disable=SC2034,SC2154  # journey.sh uses what is set here, and sets the rest

haraka_log() { echo "$T/haraka.log"; }

# haraka_program: in $HARAKA; skips the whole test where it cannot be had.
haraka_program() {
    local from=$top/tests/support/haraka into=$top/build/haraka
    mkdir -p "$into"
    (
        flock 9
        cmp -s "$from/package-lock.json" "$into/installed" || {
            cp "$from"/package*.json "$into" && cd "$into" &&
                npm ci --omit=optional --ignore-scripts --no-audit --no-fund && cp package-lock.json installed
        }
    ) 9>"$into/.lock" >"$into/log" 2>&1
    HARAKA=$into/node_modules/Haraka/bin/haraka
    if ! cmp -s "$from/package-lock.json" "$into/installed"; then
        echo "1..0 # SKIP no Haraka: $(tail -n 3 "$into/log" | tr '\n' ' ')"
        exit 0
    fi
}

# haraka_recipe: what the product prints.
haraka_recipe() {
    check "cleansmtp mta haraka prints the recipe" cs mta haraka
    cp "$T/said" "$T/recipe"
}

# haraka_conf: a folder as Haraka makes it, the parts of the recipe where they belong, a name and a certificate.
haraka_conf() {
    local dir=$T/msp/haraka name
    node "$HARAKA" -i "$dir" >"$T/haraka-init.log" 2>&1 || bail "Haraka makes no folder"
    for name in plugins smtp.ini cleansmtp.ini; do part "config/$name" >"$dir/config/$name"; done
    ln -s "$top/packaging/haraka/cleansmtp.js" "$dir/plugins/cleansmtp.js"
    echo "$SUBMIT_HOST" >"$dir/config/me"
    cp "$T/msp/key.pem" "$dir/config/tls_key.pem"
    cp "$T/msp/cert.pem" "$dir/config/tls_cert.pem"
    # Else it looks for some, which may take a minute.
    openssl genpkey -genparam -algorithm DH -pkeyopt group:ffdhe2048 >"$dir/config/dhparams.pem" 2>/dev/null
}
haraka_start() {
    start haraka msp node "$HARAKA" -c "$T/msp/haraka"
    wait_for 30 grep -q 'Listening on .*:587' "$(haraka_log)" || bail "Haraka does not start"
}
