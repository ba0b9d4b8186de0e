#!/bin/sh
# 50-texts.t - every page of the console in the pseudo-language: see texts.test.mjs.
exec "$(dirname "$0")/run" texts.test.mjs
