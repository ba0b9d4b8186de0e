#!/bin/sh
# example-bounce [ID] - docs/examples/bounce.eml as if it had come ten minutes ago: an old bounce is
# doubted (core/doubt.h), so one with a date in it is an example for two days only. Another ID
# makes it another message.
set -eu
cd "$(dirname "$0")/.."

now=$(LC_ALL=C date -u -d '10 minutes ago' '+%a, %d %b %Y %H:%M:%S +0000 (UTC)')
day='(Mon|Tue|Wed|Thu|Fri|Sat|Sun)'
sed -E \
    -e "s/$day, [0-9]{1,2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} [+-][0-9]{4}( \\([A-Z]+\\))?/$now/g" \
    -e "s/a71e4c0b/${1:-a71e4c0b}/g" -e "s/4Kd81s2/${1:-4Kd81s2}/g" docs/examples/bounce.eml
