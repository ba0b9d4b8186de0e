#!/bin/sh
# check-pure.sh - refuse a system call in the domain core.
#
# A pure object may call libc's string functions and the base library, and nothing that reads a
# file, a socket, the clock or the environment. nm tells the truth where a reviewer tires.
set -u
deny='open|openat|read|write|close|socket|connect|send|recv|poll|select|epoll|fopen|fread|fwrite|printf|puts|getenv|time|gettimeofday|clock_gettime|clock_now|localtime|rand|random|random_system|clock_system|getrandom|randombytes|fork|exec|system|sleep|sqlite3_|PQ|MHD_|curl_|ares_'
bad=0
for o; do
	hits=$(nm -u "$o" | awk '{print $2}' | sed 's/^__\(.*\)_chk$/\1/' |
		grep -E "^v?(${deny})(64|_r|v|ve|vp)?$" | tr '\n' ' ')
	[ -z "$hits" ] && continue
	echo "$o: not pure: $hits"
	bad=1
done
exit $bad
