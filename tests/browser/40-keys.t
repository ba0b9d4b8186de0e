#!/bin/sh
# 40-keys.t - everything by keyboard: see keys.test.mjs.
exec "$(dirname "$0")/run" keys.test.mjs
