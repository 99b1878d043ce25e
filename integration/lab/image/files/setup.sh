#!/bin/sh
# Brings dom0 from a mounted root to a host that takes domains. The last line it prints tells the
# lab that the host is ready; a line with "fatal" tells it that it never will be.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
fatal() { echo "xenvoy-lab: fatal: $*"; sync; /sbin/poweroff -f; }
key() { sed -n "s/.*\bxenvoy\.$1=\([^ ]*\).*/\1/p" /proc/cmdline; }

mkdir -p /dev/pts /dev/shm
mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs -o mode=1777 shm /dev/shm
mount -t tmpfs -o mode=755 run /run
mount -t tmpfs -o mode=1777 tmp /tmp
mkdir -p /run/lock /run/sshd /run/xen /run/xenstored /var/log/xen/console /var/lib/xen
name=$(key host)
hostname "$name"
echo "$name" >/etc/hostname
ip link set lo up
ln -sf /usr/local/share/xenvoy-lab/hosts /etc/hosts

modprobe -a xenfs xen-evtchn xen-gntdev xen-gntalloc xen-privcmd xen-blkback xen-netback \
	virtio_net bridge tun loop nbd sch_netem sch_tbf || fatal "kernel modules"
mount -t xenfs xenfs /proc/xen || fatal "no xenfs: is this Xen?"

ip addr add 10.0.2.15/24 dev eth0 && ip link set eth0 up && ip route add default via 10.0.2.2 || fatal "eth0"
ip link add br0 type bridge && ip link set eth1 master br0 && ip link set eth1 up &&
	ip addr add "$(key ip)/24" dev br0 && ip link set br0 up || fatal "eth1"
/usr/sbin/sshd || fatal "sshd"

# The debian guest's disk, when the lab brings it: a direct boot wants its kernel as files of dom0. Only the first
# boot reads it, when no guest has written to it yet.
debian=/var/lib/xenvoy/guests/debian
if [ -b /dev/vdb1 ] && [ ! -e $debian/initrd.img ]; then
	mkdir -p $debian && mount -t ext4 -o ro /dev/vdb1 /mnt && cp /mnt/boot/vmlinuz $debian/ &&
		cp /mnt/boot/initrd.img $debian/ && umount /mnt || fatal "debian guest"
fi

oxenstored --pid-file /run/xenstored.pid || fatal "oxenstored"
until xenstore-read -s / >/dev/null 2>&1; do
	kill -0 "$(cat /run/xenstored.pid)" || fatal "oxenstored died"
done
"$(/usr/lib/xen-common/bin/xen-dir)/bin/xen-init-dom0" || fatal "xen-init-dom0"
xenconsoled --log=guest --pid-file=/run/xenconsoled.pid || fatal "xenconsoled"
xl info >/dev/null || fatal "xl info"
echo "xenvoy-lab: ready"
