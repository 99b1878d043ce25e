#!/bin/sh
# Records what libvirt's Xen driver makes of domain files. Run it in a dom0 where
# libvirtd runs with that driver:
#
#	record.sh FOLDER
#
# For each FOLDER/good/NAME.xml it leaves NAME.virsh.cfg (virsh domxml-to-native xen-xl),
# for each FOLDER/native/NAME.cfg NAME.virsh.xml (virsh domxml-from-native xen-xl), or
# NAME.virsh.err when virsh refuses the file.
set -u

folder=${1:?usage: record.sh FOLDER}
cd "$folder" || exit 1

# record COMMAND FILE RESULT
record() {
	name=${2%.*}
	rm -f "$name.virsh.cfg" "$name.virsh.xml" "$name.virsh.err"
	if timeout 60 virsh -q -c xen:///system "$1" xen-xl "$2" >"$3" 2>"$name.virsh.err" </dev/null; then
		rm -f "$name.virsh.err"
	else
		rm -f "$3"
	fi
}

count=0
for file in good/*.xml; do
	record domxml-to-native "$file" "${file%.xml}.virsh.cfg"
	count=$((count + 1))
done
for file in native/*.cfg; do
	case $file in *.virsh.cfg) continue ;; esac
	record domxml-from-native "$file" "${file%.cfg}.virsh.xml"
	count=$((count + 1))
done
echo "$count files recorded in $folder"
[ "$count" -gt 0 ]
