#!/bin/sh
# Records what xl makes of configuration files. Run it in a dom0:
#
#	record.sh FOLDER
#
# For each FOLDER/NAME.cfg it leaves NAME.json (xl's standard output: the
# configuration, when the file is good), NAME.stderr and NAME.status (its exit
# code). -n stops before anything is created; -q leaves out the line "Parsing
# config from". Needs xl and a running Xen: xl asks it for CPUs and nodes.
set -u

folder=${1:?usage: record.sh FOLDER}
cd "$folder" || exit 1
count=0
for file in *.cfg; do
	[ -e "$file" ] || continue
	name=${file%.cfg}
	timeout 20 xl create -n -q "$file" >"$name.json" 2>"$name.stderr" </dev/null
	echo $? >"$name.status"
	[ -s "$name.json" ] || rm -f "$name.json"
	count=$((count + 1))
done
echo "$count files recorded in $folder"
[ "$count" -gt 0 ]
