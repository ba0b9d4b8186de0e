#!/bin/sh
# 11-pages.t - every page of the console in every size and colour: see pages.mjs.
export ONLY="${ONLY:-console}"
exec "$(dirname "$0")/run" pages.test.mjs
