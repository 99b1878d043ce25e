// Package libvirtcfg reads and writes libvirt's XML for domains of Xen.
//
//	config, warnings, err := libvirtcfg.Parse(data, "guest.xml")  // err: domcfg.Errors, all errors
//	text, dropped, err := libvirtcfg.Format(config)               // dropped: what XML has no words for
//
// Parse gives what libvirt's Xen driver would give libxl, in the form in which xl
// gives it: libxl's own defaults are left to libxl. docs/libvirt.md has a table of
// what becomes of each element.
//
// Nothing in a file is passed over in silence. A device or a setting that libxl cannot
// have is an error; a detail without a place in libxl is a warning with that place in
// the file, and is ignored. Only what says nothing that libxl would not do anyway is
// neither, such as the alias of a device or the controller of its IDE disks.
//
// Format writes what virsh would print. It then reads its own text, and whatever member
// of the configuration does not come back the same is in its list.
//
// Files are read into a tree of elements with their places (element.go), because the types
// of libvirt.org/go/libvirtxml know neither places nor what they left out. Writing uses
// those types, and a test reads each file through them too.
//
// # Where it differs from libvirt on purpose
//
//   - libvirt reads vcpupin, genid, pm, pmu, hyperv, mtu, usb ports and managed, and its Xen
//     driver makes nothing of them. libxl has a word for each, which is used.
//   - A kilobyte of an interface's bandwidth is 1000 bytes, as in the xl.cfg that libvirt
//     writes; its driver counts 1024.
//   - Disks are removable when they are CD-ROMs, as in xl; libvirt's are all removable.
//   - The scheduler's weight and the shadow memory, which libvirt always sets, are libxl's.
package libvirtcfg
