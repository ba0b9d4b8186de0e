#!/usr/bin/env bash
# Mail programs of many makers, each by both mechanisms at both ports (clients.sh), with a real Postfix as "cleansmtp mta
# postfix" sets it up. The other ways have them at the end of their journeys.
# shellcheck disable=SC1091,SC2034,SC2154  # the libraries use what is set here
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/journey.sh"
. "$(dirname "$0")/ways.sh"
. "$(dirname "$0")/clients.sh"

way_up direct
check "an ordinary message comes back" fresh_bounce first-by-a
check "a lease" mint_and_reveal "$ANNA"
each_client
done_testing
