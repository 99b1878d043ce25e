#!/bin/busybox sh
# First program of dom0, in its initial ramdisk: load what the root disk needs, mount it, hand over.
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
while read -r m; do
	insmod "/modules/$m" || echo "xenvoy-lab: fatal: module $m does not load"
done </modules/order
# The Xen block script reads /dev/fd; without these links it spins until libxl gives up on it.
ln -sf /proc/self/fd /dev/fd
ln -sf /proc/self/fd/0 /dev/stdin
ln -sf /proc/self/fd/1 /dev/stdout
ln -sf /proc/self/fd/2 /dev/stderr
if ! mount -t ext4 -o rw,noatime /dev/vda /newroot; then
	echo "xenvoy-lab: fatal: no root disk"
	poweroff -f
fi
for d in proc sys dev; do mount --move /$d /newroot/$d; done
exec switch_root /newroot /sbin/init
