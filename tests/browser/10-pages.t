#!/bin/sh
# 10-pages.t - every page in every size and colour: see pages.mjs.
exec "$(dirname "$0")/run" pages.test.mjs
