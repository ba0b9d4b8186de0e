#!/usr/bin/env bash
# Everything that could make a lease's message leave Exim by another address than its own, where its logins are asked
# about by the condition "saslauthd" (exim_leaks.sh).
# shellcheck disable=SC1091
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/journey.sh"
. "$(dirname "$0")/exim.sh"
. "$(dirname "$0")/broken.sh"
. "$(dirname "$0")/exim_leaks.sh"

exim_leaks saslauthd
