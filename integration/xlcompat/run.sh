# Runs cases in the folder $1 of dom0: what each says, and its exit status, is left in files. The
# folders real and ours have nothing but the xl that a case is run with, tools
# has stand-ins for the programs that xl starts on a terminal or a display.
set -m # each part of a case is a process group, which can be ended as a whole
cd "$1" || exit
mkdir -p out
exec </dev/null
real=$PWD/real ours=$PWD/ours tools=$PWD/tools
PATH=$tools:$PATH
. ./helpers.sh
limit=60 # seconds for one part

# watch ends the parts that run when they are the same for too long.
watch() {
	local last= now n=0
	while sleep 1; do
		read -r now <current
		[ "$now" = "$last" ] || n=0
		last=$now n=$((n + 1))
		if [ $n -ge $limit ]; then
			end $now
			n=0
		fi
	done
}

# end NAME PID...: ends parts of cases.
end() {
	while [ $# -ge 2 ]; do
		echo hung >"out/$1.hung"
		kill -KILL -- "-$2"
		shift 2
	done
}

# begin NAME XL COMMAND: starts a part of a case with one xl, as process $pid.
begin() {
	(PATH=$2:$PATH; eval "$3") >"out/$1.out" 2>"out/$1.err" &
	pid=$!
}

# finish NAME PID BEGIN: waits for the end of a part that began at this time.
finish() {
	wait "$2"
	echo "$? $(((${EPOCHREALTIME/./} - $3) / 1000))" >"out/$1.status"
}

# part NAME XL COMMAND: runs a part of a case.
part() {
	local since=${EPOCHREALTIME/./} pid
	begin "$1" "$2" "$3"
	echo "$1 $pid" >current
	finish "$1" "$pid" "$since"
}

# run NUMBER COMMAND BEFORE THEN AFTER: a case, with each xl in turn.
run() {
	local who
	for who in $who_all; do
		[ -z "$3" ] || part "$1.$who.before" "$real" "$3"
		part "$1.$who.run" "${!who}" "$2"
		[ -z "$4" ] || part "$1.$who.then" "$real" "$4"
		[ -z "$5" ] || part "$1.$who.after" "$real" "$5"
	done
}

# look NUMBER COMMAND: a case that changes nothing, with each xl at the same time.
look() {
	local since=${EPOCHREALTIME/./} who pid names=
	for who in $who_all; do
		begin "$1.$who.run" "${!who}" "$2"
		names="$names $1.$who.run $pid"
	done
	echo $names >current
	set -- $names
	while [ $# -ge 2 ]; do
		finish "$1" "$2" "$since"
		shift 2
	done
}

: >current
watch &
watcher=$!
