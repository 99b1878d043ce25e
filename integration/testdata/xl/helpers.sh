# Functions for the cases.

# id NAME: the domain's number.
id() { xl domid "$1"; }

# key NAME PATH: a key of a domain in xenstore, or "none".
key() { xenstore-read "/local/domain/$(id "$1")/$2" 2>/dev/null || echo none; }

# flags NAME: the state of a domain as "xl list" has it, without what changes in
# one that runs: whether it does so just now.
flags() { xl list "$1" | awk 'NR > 1 { print substr($5, 3) }'; }

# gone NAME: says whether there is no such domain.
gone() { if xl domid "$1" >/dev/null 2>&1; then echo "$1 is there"; else echo "$1 is gone"; fi; }

# make NAME: creates a guest of the folder guests that stays paused.
make() { xl create -q -p "guests/$1.cfg"; }

# fresh: a domain "live" as it was when it was saved, and no monitor.
fresh() { rid live; xl restore -e live.save; }

# rid NAME: there is no such domain afterwards.
rid() { ! xl domid "$1" >/dev/null 2>&1 || xl destroy "$1"; }

# wait_for COMMAND: until it succeeds.
wait_for() { until eval "$1" >/dev/null 2>&1; do sleep 0.2; done; }

# count NAME: the number that a guest is at. Its console is read for that, so
# that this is for guests whose console nobody else reads.
count() { timeout 10 sed -n 's/^tiny \([0-9]*\).*/\1/p;T;q' <"$(key "$1" console/tty)"; }

# viewed: waits until the stand-in for a VNC viewer has been started and has ended, after a command
# that does not wait for it. The status is the command's.
viewed() {
	local status=$?
	wait_for '[ -e viewed ]'
	rm viewed
	return $status
}

# counts NAME: whether a guest goes on counting.
counts() { [ -n "$(count "$1")" ] && echo counts; }

# booted NAME: waits until a guest takes orders and counts.
booted() { wait_for "[ \"\$(key $1 control/feature-poweroff)\" = 1 ]" && counts "$1" >/dev/null; }

# no_monitor: whether nobody waits for the death of a domain.
no_monitor() { ! pgrep -x 'xl|xenvoy.*' >/dev/null; }

# spare: the PCI function that dom0 does not use.
spare() {
	local d id
	for d in /sys/bus/pci/devices/*; do
		read -r id <"$d/device"
		[ "$id" != 0x0005 ] || echo "${d##*/}"
	done
}

# backends: stands in for programs of dom0 that serve virtual keyboards,
# displays, sound cards, TPMs and USB controllers: says that they are there, and gone.
backends() {
	xenstore-watch /local/domain/0/backend | while read -r path; do
		case $path in
		*/vinput/*/state | */vdispl/*/state | */vsnd/*/state | */vtpm/*/state | */vusb/*/state) ;;
		*) continue ;;
		esac
		case $(xenstore-read "$path" 2>/dev/null) in
		1) xenstore-write "$path" 2 ;;
		5) xenstore-write "$path" 6 ;;
		esac
	done
}

# play_sender COMMAND: plays the other end of a migration with what one has sent: the state in
# body, and its permission to start once it is asked for. The command's output comes out.
play_sender() {
	(
		exec 3<>back
		{
			cat body
			read -r -d '' _ <&3 && cat permission
		} | "$@" | tee back
		exit "${PIPESTATUS[1]}"
	)
}
