#!/bin/sh
# 30-scripts.t - 500 strings that would like to be scripts: see scripts.test.mjs.
exec "$(dirname "$0")/run" scripts.test.mjs
