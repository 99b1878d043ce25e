package main

// A kind of device: the words for it, and what is particular about it.
type kind struct {
	name      string // in C: "nic"
	goName    string // "NIC"
	one, many string // "a network interface", "network interfaces"

	// Sentences for the methods' comments.
	add, list, info string
	remove          string // instead of takeAway
	take            string // for Remove and Destroy: how the device is found, and the errors
	exists          bool   // Add fails with ErrDeviceExists

	check     string // the Go call that refuses a device which Remove, Destroy and Info would not find
	checkAdd  string // the same for Add
	checkInfo string // the same for Info, where it differs
	listFree  string // the C function, where libxl has none
	getinfo   string // the C function to call instead of libxl's
	guarded   bool   // for Add, Remove and Destroy too: xv_device_pci_add and so on
}

const (
	// hasDevID refuses a device without a number.
	hasDevID = "hasDevID(dev.DevID)"
	// takeAway is what Remove does to most devices; DESTROY_TIMEOUT in libxl_internal.h.
	takeAway = "asks the domain to let go of it and removes it, by force when the domain has not done so in 10 seconds."
	byDevID  = "dev is found by its DevID and BackendDomID."
	ofDevID  = "dev is found by its DevID."
	written  = "libxl writes it to xenstore and does no more: it waits for no back end, the domain's configuration will " +
		"lack it, and one of the same number is replaced."
)

var kinds = []kind{
	{
		name: "disk", goName: "Disk", one: "a disk", many: "disks", exists: true,
		add: "VDev and Format must be set. The back end is chosen where it is not set: dom0's kernel (PHY) for a raw file or " +
			"device, QEMU (QDISK) for other formats. ErrInval comes when PDevPath cannot be looked at.",
		take:  "dev is found by its VDev, Backend and BackendDomID.",
		list:  "Format and Script are not known.",
		info:  "dev is found by its VDev.",
		check: "hasVDev(dev.VDev)", checkAdd: "hasVDev(dev.VDev)",
	},
	{
		name: "nic", goName: "NIC", one: "a network interface", many: "network interfaces", exists: true,
		add:  "What is not set is chosen: the number, a random MAC address, the bridge xenbr0, the script vif-bridge.",
		take: byDevID, list: "Model and IfName are not known.", info: ofDevID, check: hasDevID,
	},
	{
		name: "usbctrl", goName: "USBCtrl", one: "a USB controller", many: "USB controllers", exists: true,
		add: "What is not set is chosen: the number, Version, Ports, and Type, which is DEVICEMODEL for an HVM domain, " +
			"else PV where dom0's kernel has the back end and QUSB where it has not. ErrFail comes when QEMU does not offer it.",
		take: "The USB devices on it go with it. dev is found by its DevID, Type and BackendDomID; ErrNotFound when it is not there.",
		info: ofDevID, check: "isUSBCtrl(dev)", checkInfo: hasDevID, getinfo: "xv_device_usbctrl_getinfo",
	},
	{
		name: "usbdev", goName: "USBDev", one: "a USB device of the host", many: "USB devices",
		add: "Without Ctrl it comes to a free port of any controller, for which one is made when there is none. Only " +
			"controllers of dom0 work. ErrFail comes also for what is not there or is a hub, ErrInval for what a domain has already.",
		remove: "gives it back to the host.",
		take:   "dev is found by its Ctrl and Port; ErrNotFound when there is no such controller.",
		list:   "What is behind a controller that libxl cannot read is left out.",
	},
	{
		name: "channel", goName: "Channel", one: "a channel", many: "channels, which are consoles with a name",
		list:  "DevID counts them from 0.",
		info:  "dev is found by its DevID; the kind of connection is taken from it.",
		check: hasDevID, listFree: "xv_device_channel_list_free",
	},
	{
		name: "vtpm", goName: "VTPM", one: "a virtual TPM", many: "virtual TPMs", exists: true,
		add: "What is not set is chosen: the number and a random UUID.", take: byDevID, info: ofDevID, check: hasDevID,
	},
	{
		name: "vdispl", goName: "Vdispl", one: "a virtual display", many: "virtual displays", exists: true,
		take: byDevID, list: "Only their numbers and back ends are known; DeviceVdisplInfo knows the connectors.",
		info: ofDevID, check: hasDevID,
	},
	{
		name: "vsnd", goName: "Vsnd", one: "a virtual sound card", many: "virtual sound cards", exists: true,
		take: byDevID, info: "dev is found by its DevID; the state is that of the streams which dev has.",
		check: hasDevID, getinfo: "xv_device_vsnd_getinfo",
	},
	{
		name: "vkb", goName: "VKB", one: "a virtual keyboard", many: "virtual keyboards",
		add: written, take: "dev is found by its DevID, BackendType and BackendDomID.", info: ofDevID, check: hasDevID,
	},
	{
		name: "vfb", goName: "VFB", one: "a virtual framebuffer", add: written, take: byDevID, check: hasDevID,
	},
	{
		name: "p9", goName: "P9", one: "a shared directory (9pfs)",
		take: "dev is found by its DevID and BackendDomID, and since Xen 4.19 by its Type.", check: hasDevID,
	},
	{
		name: "pvcallsif", goName: "PVCallsIf", one: "a PV Calls interface", take: byDevID, check: hasDevID,
	},
	{
		name: "pci", goName: "PCI", one: "a PCI device of the host", many: "PCI devices", guarded: true,
		add: "It is found by its address, or by its Name, and must be assignable (see DevicePCIAssignableAdd), or else have " +
			"Seize set and no Name; ErrNotFound when it is not, as when a domain has it already. libxl works on a copy, so that " +
			"what is returned is what was given.",
		remove: "asks the domain to let go of it, and fails when the domain has not done so in 10 seconds.",
		take:   "dev is found by its Name if it has one, else by its address; ErrNotFound when the domain does not have it.",
	},
}
