#!/usr/bin/env bash
# The whole journey with Postfix straight on authd's sockets: a submission service of our own, as
# "cleansmtp mta postfix" prints it. The ordinary customer is known by the network address.
# shellcheck disable=SC1091,SC2034  # the libraries use what is set here
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/journey.sh"
. "$(dirname "$0")/ways.sh"

way_up direct
journey
done_testing
