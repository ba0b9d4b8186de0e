#!/usr/bin/env bash
# Everything that could make a lease's message leave by another address than its own, behind Postfix
# with a submission service of our own (leaks.sh).
# shellcheck disable=SC1091
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/journey.sh"
. "$(dirname "$0")/ways.sh"
. "$(dirname "$0")/broken.sh"
. "$(dirname "$0")/leaks.sh"

all_leaks direct
