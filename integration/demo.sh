#!/bin/sh
# The demo: a running HVM guest moves from one Xen host to another over an
# emulated WAN and counts on. Each command is shown as one would type it. Needs
# xenvoy in PATH; "make demo" provides it.
set -eu

show() {
	echo
	printf '$'
	for word; do
		case $word in
		*[!A-Za-z0-9_./-]*) printf " '%s'" "$word" ;;
		*) printf ' %s' "$word" ;;
		esac
	done
	echo
	"$@"
}

# last prints the last count on a guest's console, read for some seconds.
last() {
	xenvoy lab ssh "$1" sh -c "timeout 5 xenvoy console tiny-hvm </dev/null" |
		tr -d '\r' | sed -n 's/^tiny \([0-9][0-9]*\)$/\1/p' | tail -n 1
}

fail() {
	echo "demo: $*" >&2
	exit 1
}

down() { show xenvoy lab down; }
trap down EXIT
trap 'exit 130' INT TERM

echo "Two Xen hosts in QEMU, sites a and b, with a WAN of 100 Mbit/s and 80 ms between them."
show xenvoy lab up --wan "100mbit 80ms"
for site in a b; do
	xenvoy lab ssh $site sh -c 'mkdir -p /etc/xenvoy && cat >/etc/xenvoy/tiny-hvm.yaml' <configs/domains/tiny-hvm.yaml
done

echo
echo "An HVM guest on site a. It counts seconds on its console once it has booted,"
echo "which takes a minute where the CPU is emulated."
show xenvoy lab ssh a xenvoy create /etc/xenvoy/tiny-hvm.yaml
show xenvoy lab ssh a sh -c 'timeout 180 xenvoy console tiny-hvm </dev/null | grep -m 3 "^tiny"'
before=$(last a)
[ -n "$before" ] || fail "the guest does not count on site a"

echo
echo "It counts: $before. Now it moves, live, while it goes on counting."
show xenvoy lab ssh a xenvoy migrate tiny-hvm b

show xenvoy lab ssh a xenvoy list
show xenvoy lab ssh b xenvoy list
show xenvoy lab ssh b sh -c 'timeout 4 xenvoy console tiny-hvm </dev/null || [ $? = 124 ]'
after=$(last b)

xenvoy lab ssh a xenvoy list | grep -q tiny-hvm && fail "the guest is still on site a"
[ "${after:-0}" -gt "$before" ] || fail "the guest counted to $before on a and to ${after:-nothing} on b"
echo
echo "The guest counted to $before on site a, and counts on from there on site b: $after."
show xenvoy lab ssh b xenvoy destroy tiny-hvm
