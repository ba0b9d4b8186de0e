#!/bin/sh
# 12-pages.t - the console's other pages, settings and first day, in every size and colour: see pages.mjs.
export ONLY="${ONLY:-^console-(settings|profile|webhook|sign-in|set-up|keys|empty)}"
exec "$(dirname "$0")/run" pages.test.mjs
