#!/bin/sh
# Records what libvirt's Xen driver makes of domain files. Run it in a dom0 where
# libvirtd runs with that driver:
#
#	record.sh FOLDER
#
# For each FOLDER/good/NAME.xml it leaves NAME.virsh.cfg (virsh domxml-to-native xen-xl),
# for each good/NAME.formatted NAME.formatted.cfg (the same), and for each
# native/NAME.cfg NAME.virsh.xml (virsh domxml-from-native xen-xl). When virsh refuses the
# file, it is .err instead.
set -u

folder=${1:?usage: record.sh FOLDER}
cd "$folder" || exit 1

# record COMMAND FILE RESULT SUFFIX
record() {
	[ -e "$2" ] || return
	rm -f "$3.$4" "$3.err"
	if timeout 60 virsh -q -c xen:///system "$1" xen-xl "$2" >"$3.$4" 2>"$3.err" </dev/null; then
		rm -f "$3.err"
	else
		rm -f "$3.$4"
	fi
	count=$((count + 1))
}

count=0
for file in good/*.xml; do
	record domxml-to-native "$file" "${file%.xml}.virsh" cfg
done
for file in good/*.formatted; do
	record domxml-to-native "$file" "$file" cfg
done
for file in native/*.cfg; do
	record domxml-from-native "$file" "${file%.cfg}.virsh" xml
done
echo "$count files recorded in $folder"
[ "$count" -gt 0 ]
