#!/bin/sh
# Ends the debian guest's servers in order, so that postgres has nothing to recover at the next start.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
timeout 20 redis-cli shutdown save >/dev/null 2>&1 || echo "debian: redis did not answer"
# INT is postgres' fast shutdown; its first process takes its file along when it is done.
for pid in /var/lib/postgresql/*/main/postmaster.pid; do
	kill -INT "$(head -n 1 "$pid")" || continue
	n=0
	while [ -e "$pid" ] && [ $n -lt 30 ]; do
		n=$((n + 1))
		sleep 1
	done
done
sync
mount -o remount,ro /
