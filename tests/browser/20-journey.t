#!/bin/sh
# 20-journey.t - from the paste to the revocation, in two browsers: see journey.test.mjs.
exec "$(dirname "$0")/run" journey.test.mjs
