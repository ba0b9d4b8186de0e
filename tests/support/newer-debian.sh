#!/bin/sh
# newer-debian.sh SUITE PACKAGE... - the folder of a Debian SUITE with these packages unpacked, made on the first call.
#
# Prints the folder, below build/chroot/, or says why not and ends with 1 (no mirror, no key, no room). The mirror is
# that of this machine's own apt. The packages and all they depend on are unpacked and not set up: enough for a program that a
# test starts with a configuration of its own, in a fifth of a bootstrap's time. Nothing of the machine is changed.
set -eu
cd "$(dirname "$0")/../.."

suite=$1
shift
root=$PWD/build/chroot/$suite-$1
wanted=$root/.packages

exec 9>"build/.chroot.$suite-$1.lock"
flock 9
if [ "$(cat "$wanted" 2>/dev/null)" = "$*" ]; then
	echo "$root"
	exit 0
fi
rm -rf "$root"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

keys=/usr/share/keyrings/debian-archive-keyring.gpg
# shellcheck disable=SC2016  # apt's own words
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' | grep -v security | head -n 1)
if [ -z "$mirror" ] || [ ! -e "$keys" ]; then
	echo "this machine's apt knows no mirror of Debian" >&2
	exit 1
fi

# An apt of our own, that knows nothing to be installed.
mkdir -p "$work/state/lists/partial" "$work/cache/archives/partial" "$work/empty"
chmod 0755 "$work"
: >"$work/status"
echo "deb [signed-by=$keys] $mirror $suite main" >"$work/sources.list"
cat >"$work/apt.conf" <<CONF
Dir::State "$work/state";
Dir::State::status "$work/status";
Dir::Cache "$work/cache";
Dir::Etc::SourceList "$work/sources.list";
Dir::Etc::SourceParts "$work/empty";
Dir::Etc::PreferencesParts "$work/empty";
Acquire::Languages "none";
Acquire::Retries "2";
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Debug::NoLocking "true";
CONF
apt() { APT_CONFIG=$work/apt.conf apt-get -q --yes -o Dpkg::Use-Pty=0 "$@" >"$work/log" 2>&1; }
if ! apt update || ! apt --download-only install base-files "$@"; then
	grep '^[EW]:' "$work/log" >&2 || echo "no Debian $suite to be had" >&2
	exit 1
fi

# The folders that are links come first.
mkdir -p "$root"
for package in "$work"/cache/archives/base-files_*.deb "$work"/cache/archives/*.deb; do
	dpkg-deb --extract "$package" "$root"
done
echo "$*" >"$wanted"
echo "$root"
