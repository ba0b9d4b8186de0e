#!/bin/sh
# own-systemd.sh FOLDER - become a systemd (process 1 of new namespaces) that has FOLDER's etc, var and usr-local.
#
# To be run by "unshare --pid --mount --cgroup --net --uts --ipc --fork" in a control group of its own. What the machine's own
# systemd starts at boot is left out but for the journal and tmpfiles; nothing outside of FOLDER can be written: / is read only, /run, /tmp
# and /dev are new, and so is the network.
set -e
folder=$1

mount --make-rprivate /
mount -t sysfs -o ro sysfs /sys
mount -t cgroup2 cgroup2 /sys/fs/cgroup

mkdir "$folder/dev"
mount -t tmpfs -o mode=755 tmpfs "$folder/dev"
for node in null zero full random urandom tty; do
	: >"$folder/dev/$node"
	mount --bind "/dev/$node" "$folder/dev/$node"
done
mkdir "$folder/dev/pts" "$folder/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$folder/dev/pts"
mount -t tmpfs tmpfs "$folder/dev/shm"
ln -s pts/ptmx "$folder/dev/ptmx"
ln -s /proc/self/fd "$folder/dev/fd"

units=$folder/etc/systemd/system
rm -rf "$units"
mkdir -p "$units"
for unit in /lib/systemd/system/*.target.wants/* /lib/systemd/system/timers.target.wants/*; do
	case $unit in
	*/systemd-journald* | */systemd-tmpfiles-setup.service) ;;
	*) ln -sf /dev/null "$units/${unit##*/}" ;;
	esac
done
printf '[Unit]\nRequires=basic.target\nAfter=basic.target\nAllowIsolate=yes\n' >"$units/lab.target"

mount --bind "$folder/usr-local" /usr/local
mount --bind "$folder/var" /var
mount --bind "$folder/etc" /etc
mount --rbind "$folder/dev" /dev
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t proc proc /proc
mount --bind -o ro /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
mount -o remount,bind,ro /
exec env -i container=lab PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
	/lib/systemd/systemd --system --unit=lab.target --log-target=null --show-status=no
