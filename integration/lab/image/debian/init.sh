#!/bin/busybox sh
# First program of the debian guest, in its initial ramdisk: wait for the disk that Xen brings, mount it, hand over.
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
while read -r m; do
	insmod "/modules/$m" || echo "debian: fatal: module $m does not load"
done </modules/order
root=$(sed -n 's/.*\broot=\([^ ]*\).*/\1/p' /proc/cmdline)
root=${root:-/dev/xvda1}
# The disk appears when both ends have shaken hands; under emulation that takes a second or two.
n=0
until [ -b "$root" ]; do
	n=$((n + 1))
	if [ $n -gt 600 ]; then
		echo "debian: fatal: no disk $root after 60 s"
		poweroff -f
	fi
	usleep 100000
done
if ! mount -t ext4 -o rw,noatime "$root" /newroot; then
	echo "debian: fatal: $root does not mount"
	poweroff -f
fi
for d in proc sys dev; do mount --move /$d /newroot/$d; done
exec switch_root /newroot /sbin/init
