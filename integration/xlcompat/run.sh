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

# watch ends the part that runs when it is the same for too long.
watch() {
	local last= now n=0
	while ! read -r -t 1 _ <>quiet; do # a second, without a process
		read -r now <current
		[ "$now" = "$last" ] || n=0
		last=$now n=$((n + 1))
		if [ $n -ge $limit ]; then
			echo hung >"out/${now% *}.hung"
			kill -KILL -- "-${now#* }"
			n=0
		fi
	done
}

# part NAME XL COMMAND: runs a part of a case with one xl.
part() {
	local since=${EPOCHREALTIME/./} pid status
	(PATH=$2:$PATH; eval "$3") >"out/$1.out" 2>"out/$1.err" &
	pid=$!
	echo "$1 $pid" >current
	wait "$pid"
	status=$?
	echo "$status $(((${EPOCHREALTIME/./} - since) / 1000))" >"out/$1.status"
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

[ -p quiet ] || mkfifo quiet
: >current
watch &
watcher=$!
