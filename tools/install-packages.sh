#!/bin/sh
# install-packages.sh - Debian packages that building, the demo or the tests need.
#
#     tools/install-packages.sh build|demo|test...
#
# Says what is missing and why before it installs. When everything is there it does nothing, and
# needs neither network nor root. Mail and DNS servers are installed but not started: the tests
# run their own, with their own configuration.
set -eu

build="gcc libc6-dev make binutils pkg-config libsodium-dev libsqlite3-dev libmicrohttpd-dev
 libjansson-dev libconfuse-dev libcurl4-openssl-dev libc-ares-dev libpcre2-dev libseccomp-dev
 libevent-dev libgmime-3.0-dev libpsl-dev"
demo="curl rbldnsd procps"
test="libcmocka-dev clang libclang-rt-14-dev clang-format clang-tidy cppcheck shellcheck codespell
 mandoc git perl procps python3 openssl curl iproute2 util-linux postfix dovecot-core rbldnsd
 unbound swaks libnet-ssleay-perl msmtp sasl2-bin"

[ $# -gt 0 ] || {
	echo "usage: $0 build|demo|test..." >&2
	exit 2
}

installed() {
	[ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing=
for set; do
	case $set in
	build) wanted=$build ;;
	demo) wanted=$demo ;;
	test) wanted=$test ;;
	*)
		echo "$0: no package set \"$set\" (build, demo, test)" >&2
		exit 2
		;;
	esac
	for package in $wanted; do
		case " $missing " in *" $package "*) continue ;; esac
		installed "$package" || missing="$missing $package"
	done
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || {
		echo "$0: please install as root:$missing" >&2
		exit 1
	}
	as_root=sudo
fi
echo "Installing Debian packages for \"$*\":$missing"

# invoke-rc.d asks policy-rc.d before it starts a service; 101 means "do not". An existing one is
# the administrator's and stays; RUNLEVEL=1 helps there.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	trap '$as_root rm -f $policy' EXIT
	trap 'exit 1' HUP INT TERM
	printf '#!/bin/sh\nexit 101\n' | $as_root tee $policy >/dev/null
	$as_root chmod 0755 $policy
fi
set -- env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -q -o Dpkg::Use-Pty=0
# shellcheck disable=SC2086  # a list of words
{
	$as_root "$@" update
	$as_root "$@" install --yes --no-install-recommends $missing
} >&2
