#!/bin/sh
# 11-pages.t - the console's pages of the daily work in every size and colour: see pages.mjs.
export ONLY="${ONLY:-^console-(?!settings|profile|webhook|sign-in|set-up|keys|empty)}"
exec "$(dirname "$0")/run" pages.test.mjs
