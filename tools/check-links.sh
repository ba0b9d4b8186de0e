#!/bin/sh
# check-links.sh PROGRAM... - the auth programs never drag in the web, DNS or MIME stack, and
# the checkpassword helper links nothing at all.
set -u
bad=0
for program; do
	libs=$(ldd "$program" 2>&1)
	case $program in
	*asan* | *tsan* | *cover*) ;;
	*checkpassword)
		case $libs in
		*"statically linked"* | *"not a dynamic"*) ;;
		*)
			echo "$program: must be static, but links: $libs"
			bad=1
			;;
		esac
		;;
	esac
	if echo "$libs" | grep -E 'microhttpd|curl|glib|gmime|cares|gnutls|jansson'; then
		echo "$program: must not link these"
		bad=1
	fi
done
exit $bad
