#!/usr/bin/env bash
# The whole journey through a real Dovecot 2.3: our logins come in on the ordinary submission
# service, and Dovecot asks cleansmtp-checkpassword. The ordinary customer has a login of Dovecot's.
# shellcheck disable=SC1091,SC2034  # the libraries use what is set here
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/journey.sh"
. "$(dirname "$0")/ways.sh"
. "$(dirname "$0")/clients.sh"

way_up dovecot
journey
each_client
done_testing
