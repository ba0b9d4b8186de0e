#!/bin/sh
# 10-pages.t - every page of the customer's site in every size and colour: see pages.mjs.
export ONLY="${ONLY:-customer}"
exec "$(dirname "$0")/run" pages.test.mjs
