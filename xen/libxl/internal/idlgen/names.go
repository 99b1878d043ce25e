package main

import (
	"regexp"
	"strings"
)

// words maps a word of a C name to its Go spelling where a capital first letter is not enough.
func words(w string) string {
	switch w {
	case "acpi", "apic", "bios", "cat", "cbm", "cdp", "cmt", "cos", "cpu", "cpuid", "dm", "ffa", "gfn", "gic",
		"hap", "hpet", "hvm", "ip", "id", "irq", "l2", "l3", "llc", "mac", "mba", "mca", "mmio", "msi", "msr", "mtu",
		"nic", "nmi", "numa", "nx", "oem", "oos", "ovmf", "p9", "pae", "pci", "pcm", "pirq", "psr",
		"pty", "pv", "pvh", "qed", "qmp", "qemu", "qxl", "rdm", "rtc", "rtds", "sbsa", "sdl", "smbios", "sve", "tee", "tls", "tsc", "uart", "usb",
		"api", "json", "mfn", "uuid", "vfb", "vl", "vlan", "vga", "vhd", "vkb", "vm", "vnc", "vpmu", "vtpm", "igd", "ahci", "ide":
		return strings.ToUpper(w)
	}
	special := [...][2]string{
		{"cpus", "CPUs"}, {"vcpu", "VCPU"}, {"vcpus", "VCPUs"}, {"cpumap", "CPUMap"}, {"cpupool", "CPUPool"},
		{"cpupoolinfo", "CPUPoolInfo"}, {"cputopology", "CPUTopology"}, {"pcitopology", "PCITopology"},
		{"domid", "DomID"}, {"domuuid", "DomUUID"}, {"domname", "DomName"}, {"devid", "DevID"}, {"vcpuid", "VCPUID"},
		{"poolid", "PoolID"}, {"dominfo", "DomInfo"}, {"vminfo", "VMInfo"}, {"vcpuinfo", "VCPUInfo"},
		{"physinfo", "PhysInfo"}, {"numainfo", "NUMAInfo"}, {"diskinfo", "DiskInfo"}, {"nicinfo", "NICInfo"},
		{"vtpminfo", "VTPMInfo"}, {"usbctrlinfo", "USBCtrlInfo"}, {"channelinfo", "ChannelInfo"},
		{"vdisplinfo", "VdisplInfo"}, {"vsndinfo", "VsndInfo"}, {"vkbinfo", "VKBInfo"}, {"pcminfo", "PCMInfo"},
		{"streaminfo", "StreamInfo"}, {"connectorinfo", "ConnectorInfo"},
		{"kb", "KB"}, {"khz", "KHz"}, {"memkb", "MemKB"}, {"us", "Us"}, {"ms", "Ms"}, {"nics", "NICs"}, {"vfbs", "VFBs"},
		{"vkbs", "VKBs"}, {"vtpms", "VTPMs"}, {"p9s", "P9s"}, {"rdms", "RDMs"}, {"irqs", "IRQs"}, {"pcms", "PCMs"},
		{"pcidevs", "PCIDevs"}, {"dtdevs", "DTDevs"}, {"dtdev", "DTDev"}, {"usbctrl", "USBCtrl"}, {"usbctrls", "USBCtrls"},
		{"usbdev", "USBDev"}, {"usbdevs", "USBDevs"}, {"usbdevice", "USBDevice"}, {"usbversion", "USBVersion"},
		{"usbredirection", "USBRedirection"}, {"ioport", "IOPort"}, {"ioports", "IOPorts"}, {"iomem", "IOMem"}, {"iommu", "IOMMU"},
		{"xsdata", "XSData"}, {"hdtype", "HDType"}, {"nictype", "NICType"}, {"vnuma", "VNUMA"}, {"nodemap", "NodeMap"},
		{"pvshim", "PVShim"}, {"pvcallsif", "PVCallsIf"}, {"pvcallsifs", "PVCallsIfs"}, {"genid", "GenID"},
		{"vdev", "VDev"}, {"pdev", "PDev"}, {"vdevfn", "VDevFn"}, {"vfunc", "VFunc"}, {"gnttab", "GntTab"},
		{"blkdev", "BlkDev"}, {"vmtrace", "VMTrace"}, {"ifname", "IfName"}, {"ssidref", "SSIDRef"}, {"ssid", "SSID"},
		{"timeoffset", "TimeOffset"}, {"vpt", "VPT"}, {"soundhw", "SoundHW"}, {"spis", "SPIs"},
		{"9pfsd", "9PFSD"}, {"altp2m", "AltP2M"}, {"qusb", "QUSB"},
	}
	for _, s := range special {
		if s[0] == w {
			return s[1]
		}
	}
	return strings.ToUpper(w[:1]) + w[1:]
}

var wordSplit = regexp.MustCompile(`_+`)

// goName turns a C identifier into an exported Go one: "libxl_device_nic" -> "DeviceNIC".
func goName(c string) string {
	c = strings.TrimPrefix(strings.ToLower(c), "libxl_")
	if c == "error" {
		return "ErrorCode" // leaves the name Error to the package that reports them
	}
	var b strings.Builder
	for _, w := range wordSplit.Split(c, -1) {
		if w != "" {
			b.WriteString(words(w))
		}
	}
	return b.String()
}
