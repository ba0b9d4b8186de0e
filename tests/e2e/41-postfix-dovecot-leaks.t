#!/usr/bin/env bash
# Everything that could make a lease's message leave by another address than its own, behind Postfix
# through Dovecot 2.3 (leaks.sh).
# shellcheck disable=SC1091
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/journey.sh"
. "$(dirname "$0")/ways.sh"
. "$(dirname "$0")/broken.sh"
. "$(dirname "$0")/leaks.sh"

all_leaks dovecot
