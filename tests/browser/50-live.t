#!/bin/sh
# 50-live.t - what stays up to date by itself, and what stays as the reader left it: see live.test.mjs.
exec "$(dirname "$0")/run" live.test.mjs
