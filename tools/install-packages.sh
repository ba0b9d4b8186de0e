#!/bin/sh
# install-packages.sh - Debian packages that building, the demo or the tests need.
#
#     tools/install-packages.sh build|demo|test...
#
# Says what is missing and why before it installs. When everything is there it does nothing, and
# needs neither network nor root. Mail and DNS servers are installed but not started: the tests
# run their own, with their own configuration.
set -eu

build="gcc libc6-dev musl-tools make binutils pkg-config libsodium-dev libsqlite3-dev libmicrohttpd-dev
 libjansson-dev libconfuse-dev libcurl4-openssl-dev libssl-dev libc-ares-dev libpcre2-dev libseccomp-dev
 libevent-dev libgmime-3.0-dev libpsl-dev libqrencode-dev"
demo="curl rbldnsd procps"
test="libcmocka-dev clang libclang-rt-14-dev clang-format clang-tidy cppcheck shellcheck codespell
 mandoc git perl procps python3 python3-jsonschema openssl curl iproute2 util-linux postfix dovecot-core dovecot-sqlite rbldnsd
 unbound swaks libnet-ssleay-perl msmtp s-nail mutt sasl2-bin nginx libnginx-mod-mail
 dovecot-auth-lua lua5.4 lua-socket pamtester libsasl2-modules systemd libdb5.3
 libgnutls-dane0 libidn12 libldap-2.5-0 libmariadb3 libnsl2 libperl5.36 libpq5 libspf2-2 chromium nodejs npm tidy"
# What cannot be installed beside these (Exim and Postfix are both the mail server), and one file of
# it. The tests find it unpacked in a folder named for the package; its libraries stand above.
test_unpacked="exim4-daemon-heavy:usr/sbin/exim4 opensmtpd:usr/sbin/smtpd"
unpacked_dir=/var/cache/cleansmtp-test

[ $# -gt 0 ] || {
	echo "usage: $0 build|demo|test..." >&2
	exit 2
}

# Some packages of nodejs bring npm, and conflict with Debian's.
installed() {
	[ "$1" != npm ] || ! command -v npm >/dev/null || return 0
	[ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing=
unpack=
for set; do
	case $set in
	build) wanted=$build ;;
	demo) wanted=$demo ;;
	test)
		wanted=$test
		for package in $test_unpacked; do
			[ -e "$unpacked_dir/${package%:*}/${package#*:}" ] || unpack="$unpack ${package%:*}"
		done
		;;
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
[ -n "$missing$unpack" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || {
		echo "$0: please run as root, to install:$missing$unpack" >&2
		exit 1
	}
	as_root=sudo
fi
echo "Installing Debian packages for \"$*\":$missing${unpack:+, and unpacking for the tests:$unpack}"

work=
policy=/usr/sbin/policy-rc.d
policy_is_ours=
clean_up() {
	[ -z "$policy_is_ours" ] || $as_root rm -f $policy
	[ -z "$work" ] || rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

# invoke-rc.d asks policy-rc.d before it starts a service; 101 means "do not". An existing one is
# the administrator's and stays; RUNLEVEL=1 helps there.
if [ ! -e $policy ]; then
	policy_is_ours=yes
	printf '#!/bin/sh\nexit 101\n' | $as_root tee $policy >/dev/null
	$as_root chmod 0755 $policy
fi
set -- env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -q -o Dpkg::Use-Pty=0
# shellcheck disable=SC2086  # a list of words
{
	$as_root "$@" update
	[ -z "$missing" ] || $as_root "$@" install --yes --no-install-recommends $missing
} >&2

# Each is there whole or not at all, and without the right to become root.
for package in $unpack; do
	work=$(mktemp -d)
	chmod 0755 "$work" # apt fetches as a user of its own
	(cd "$work" && "$@" download "$package" >&2)
	mkdir "$work/files"
	dpkg-deb -x "$work/$package"_*.deb "$work/files"
	chmod -R u-s,g-s "$work/files"
	$as_root mkdir -p $unpacked_dir
	$as_root rm -rf "$unpacked_dir/$package" "$unpacked_dir/$package.new"
	$as_root mv "$work/files" "$unpacked_dir/$package.new"
	$as_root mv "$unpacked_dir/$package.new" "$unpacked_dir/$package"
	rm -rf "$work"
done
