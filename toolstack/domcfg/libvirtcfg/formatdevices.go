package libvirtcfg

import (
	"math"
	"strconv"
	"strings"

	"libvirt.org/go/libvirtxml"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func (w *writer) controllers() {
	b, d := &w.in.BInfo, w.out.Devices
	if b.MaxGrantFrames != nil || b.EventChannels != 0 {
		bus := &libvirtxml.DomainControllerXenBus{MaxEventChannels: uint(b.EventChannels)}
		if b.MaxGrantFrames != nil {
			bus.MaxGrantFrames = uint(*b.MaxGrantFrames)
		}
		d.Controllers = append(d.Controllers, libvirtxml.DomainController{Type: "xenbus", Index: new(uint(0)), XenBus: bus})
	}
	for i, ctrl := range w.in.USBCtrls {
		model := "qusb2"
		if ctrl.Version == 1 {
			model = "qusb1"
		}
		usb := &libvirtxml.DomainControllerUSB{}
		if ctrl.Ports != 0 {
			usb.Port = new(uint(ctrl.Ports))
		}
		d.Controllers = append(d.Controllers, libvirtxml.DomainController{Type: "usb", Index: new(uint(i)), Model: model, USB: usb})
	}
}

func (w *writer) disks() {
	for i := range w.in.Disks {
		in := &w.in.Disks[i]
		disk := libvirtxml.DomainDisk{Device: "disk", Target: &libvirtxml.DomainDiskTarget{Dev: in.VDev, Bus: busOf(in.VDev, w.in.BInfo.TypeHVM != nil)}}
		if in.IsCdrom != 0 {
			disk.Device = "cdrom"
		}
		if in.Readwrite == 0 {
			disk.ReadOnly = &libvirtxml.DomainDiskReadOnly{}
		}
		if in.BackendDomName != "" {
			disk.BackendDomain = &libvirtxml.DomainBackendDomain{Name: in.BackendDomName}
		}
		disk.Driver = diskDriver(in)
		disk.Source = diskSource(in)
		w.out.Devices.Disks = append(w.out.Devices.Disks, disk)
	}
}

func diskDriver(in *idl.DeviceDisk) *libvirtxml.DomainDiskDriver {
	names := map[idl.DiskBackend]string{idl.DiskBackendQdisk: "qemu", idl.DiskBackendPhy: "phy", idl.DiskBackendTap: "tap"}
	formats := map[idl.DiskFormat]string{
		idl.DiskFormatRaw: "raw", idl.DiskFormatQcow: "qcow", idl.DiskFormatQcow2: "qcow2", idl.DiskFormatVHD: "vhd", idl.DiskFormatQED: "qed",
	}
	driver := &libvirtxml.DomainDiskDriver{Name: names[in.Backend], Type: formats[in.Format]}
	switch in.DiscardEnable {
	case idl.True:
		driver.Discard = "unmap"
	case idl.False:
		driver.Discard = "ignore"
	}
	if *driver == (libvirtxml.DomainDiskDriver{}) {
		return nil
	}
	return driver
}

// diskSource is a block device when the kernel serves it, or it is in /dev. The source of
// an empty CD-ROM says no file.
func diskSource(in *idl.DeviceDisk) *libvirtxml.DomainDiskSource {
	switch {
	case in.PDevPath == "":
		return &libvirtxml.DomainDiskSource{File: &libvirtxml.DomainDiskSourceFile{}}
	case in.Backend == idl.DiskBackendPhy || strings.HasPrefix(in.PDevPath, "/dev/"):
		return &libvirtxml.DomainDiskSource{Block: &libvirtxml.DomainDiskSourceBlock{Dev: in.PDevPath}}
	}
	return &libvirtxml.DomainDiskSource{File: &libvirtxml.DomainDiskSourceFile{File: in.PDevPath}}
}

func (w *writer) nics() {
	for i := range w.in.NICs {
		in := &w.in.NICs[i]
		nic := libvirtxml.DomainInterface{Source: &libvirtxml.DomainInterfaceSource{Ethernet: &libvirtxml.DomainInterfaceSourceEthernet{}}}
		if in.MAC != (idl.MAC{}) {
			nic.MAC = &libvirtxml.DomainInterfaceMAC{Address: in.MAC.String()}
		}
		if in.Bridge != "" {
			bridge := w.bridge(&nic, in.Bridge)
			nic.Source = &libvirtxml.DomainInterfaceSource{Bridge: &libvirtxml.DomainInterfaceSourceBridge{Bridge: bridge}}
		}
		for address := range strings.FieldsSeq(in.IP) {
			nic.IP = append(nic.IP, libvirtxml.DomainInterfaceIP{Address: address, Family: family(address)})
		}
		if in.Script != "" {
			nic.Script = &libvirtxml.DomainInterfaceScript{Path: in.Script}
		}
		if in.BackendDomName != "" {
			nic.BackendDomain = &libvirtxml.DomainBackendDomain{Name: in.BackendDomName}
		}
		if in.IfName != "" {
			nic.Target = &libvirtxml.DomainInterfaceTarget{Dev: in.IfName}
		}
		nic.Model = nicModel(in)
		if in.MTU > 0 {
			nic.MTU = &libvirtxml.DomainInterfaceMTU{Size: uint(in.MTU)}
		}
		nic.Bandwidth = bandwidth(in)
		w.out.Devices.Interfaces = append(w.out.Devices.Interfaces, nic)
	}
}

func family(address string) string {
	if strings.Contains(address, ":") {
		return "ipv6"
	}
	return "ipv4"
}

func nicModel(in *idl.DeviceNIC) *libvirtxml.DomainInterfaceModel {
	switch {
	case in.Model != "":
		return &libvirtxml.DomainInterfaceModel{Type: in.Model}
	case in.NICType == idl.NICTypeVif:
		return &libvirtxml.DomainInterfaceModel{Type: "netfront"}
	}
	return nil
}

// bandwidth is in kilobytes a second; what is no whole number of them is cut off.
func bandwidth(in *idl.DeviceNIC) *libvirtxml.DomainInterfaceBandwidth {
	const most = 1 << 40 // bytes in an interval; more is no rate
	if in.RateIntervalUsecs == 0 || in.RateBytesPerInterval > most {
		return nil
	}
	kilobytes := in.RateBytesPerInterval * 1000 / uint64(in.RateIntervalUsecs)
	if kilobytes == 0 || kilobytes > math.MaxInt32 {
		return nil
	}
	return &libvirtxml.DomainInterfaceBandwidth{Outbound: &libvirtxml.DomainInterfaceBandwidthParams{Average: new(int(kilobytes))}}
}

// bridge takes the VLANs out of the bridge's name, where there are any.
func (w *writer) bridge(nic *libvirtxml.DomainInterface, name string) string {
	sign := "."
	if strings.Contains(name, ":") {
		sign = ":"
	}
	parts := strings.Split(name, sign)
	if len(parts) < 2 || sign == "." && len(parts) > 2 {
		return name
	}
	vlan := &libvirtxml.DomainInterfaceVLan{}
	for _, part := range parts[1:] {
		tag, err := strconv.ParseUint(part, 10, 12)
		if err != nil {
			return name
		}
		vlan.Tags = append(vlan.Tags, libvirtxml.DomainInterfaceVLanTag{ID: uint(tag)})
	}
	if sign == ":" {
		vlan.Trunk = "yes"
	}
	nic.VLan = vlan
	nic.VirtualPort = &libvirtxml.DomainInterfaceVirtualPort{Params: &libvirtxml.DomainInterfaceVirtualPortParams{
		OpenVSwitch: &libvirtxml.DomainInterfaceVirtualPortParamsOpenVSwitch{},
	}}
	return parts[0]
}

func (w *writer) hostdevs() {
	d := w.out.Devices
	for i := range w.in.PCIDevs {
		in := &w.in.PCIDevs[i]
		source := &libvirtxml.DomainHostdevSubsysPCISource{Address: &libvirtxml.DomainAddressPCI{
			Domain: new(uint(in.Domain)), Bus: new(uint(in.Bus)), Slot: new(uint(in.Dev)), Function: new(uint(in.Func)),
		}}
		if in.Permissive {
			source.WriteFiltering = "no"
		}
		dev := libvirtxml.DomainHostdev{Managed: yesNo(idl.Bool(in.Seize)), SubsysPCI: &libvirtxml.DomainHostdevSubsysPCI{Source: source}}
		if in.VDevFn != 0 {
			dev.Address = &libvirtxml.DomainAddress{PCI: &libvirtxml.DomainAddressPCI{
				Domain: new(uint(0)), Bus: new(uint(0)), Slot: new(uint(in.VDevFn >> 3)), Function: new(uint(0)),
			}}
		}
		d.Hostdevs = append(d.Hostdevs, dev)
	}
	for _, in := range w.in.USBDevs {
		if in.TypeHostdev == nil {
			continue
		}
		dev := libvirtxml.DomainHostdev{Managed: "no", SubsysUSB: &libvirtxml.DomainHostdevSubsysUSB{Source: &libvirtxml.DomainHostdevSubsysUSBSource{
			Address: &libvirtxml.DomainAddressUSB{Bus: new(uint(in.TypeHostdev.Hostbus)), Device: new(uint(in.TypeHostdev.Hostaddr))},
		}}}
		if in.Ctrl != nil && *in.Ctrl >= 0 {
			dev.Address = &libvirtxml.DomainAddress{USB: &libvirtxml.DomainAddressUSB{Bus: new(uint(*in.Ctrl))}}
			if in.Port != 0 {
				dev.Address.USB.Port = decimal(in.Port)
			}
		}
		d.Hostdevs = append(d.Hostdevs, dev)
	}
}
