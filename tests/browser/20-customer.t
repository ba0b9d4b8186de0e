#!/bin/sh
# 20-customer.t - the customer and his page, robots, paper, languages: see customer.test.mjs.
exec "$(dirname "$0")/run" customer.test.mjs
