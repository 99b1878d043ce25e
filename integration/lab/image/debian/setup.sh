#!/bin/sh
# Brings the debian guest from a mounted root to its two servers. A database that does not start is said on the
# console and leaves the other one alone.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
address=$(sed -n 's/.*\bdebian\.ip=\([^ ]*\).*/\1/p' /proc/cmdline)
address=${address:-192.168.50.60/24}

mkdir -p /dev/pts /dev/shm
mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs -o mode=1777 shm /dev/shm
mount -t tmpfs -o mode=755 run /run
mount -t tmpfs -o mode=1777 tmp /tmp
install -d -o redis -g redis /run/redis
install -d -o postgres -g postgres -m 2775 /run/postgresql
hostname debian
ip link set lo up
if [ -e /sys/class/net/eth0 ]; then
	ip addr add "$address" dev eth0 && ip link set eth0 up
else
	echo "debian: no network interface"
fi
echo 1 >/proc/sys/vm/overcommit_memory # as redis asks for, to save in the background

# as USER PROGRAM [ARG…]
as() { u=$1 && shift && setpriv --reuid="$u" --regid="$u" --init-groups "$@"; }
as redis redis-server /etc/redis/redis.conf --supervised no &&
	echo "debian: redis at ${address%/*}:6379"
set -- /etc/postgresql/*/main/postgresql.conf
version=${1#/etc/postgresql/}
version=${version%%/*}
as postgres "/usr/lib/postgresql/$version/bin/pg_ctl" -s -w -t 120 -l "/var/log/postgresql/postgresql-$version-main.log" \
	-D "/var/lib/postgresql/$version/main" -o "-c config_file=$1" start &&
	echo "debian: postgres at ${address%/*}:5432"
# Who has talked to another guest of this address has to hear of the new one; by now the interface is connected.
[ -e /sys/class/net/eth0 ] && busybox arping -q -U -c 1 -I eth0 "${address%/*}"
echo "debian: up after $(cut -d ' ' -f 1 /proc/uptime) s"
