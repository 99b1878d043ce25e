package device

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack/xl/xltest"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// remover is a libxl whose guest has device 1 of each kind, and which fails with what it is told to.
type remover struct {
	domains
	fails error
	got   string
}

func missing[T any]() (T, error) {
	var none T
	return none, xltest.Fault("libxl_look", libxl.ErrNotFound)
}

func (r *remover) done(what string, id idl.DomID, which any) error {
	r.got = fmt.Sprint(what, " ", id, " ", which)
	return r.fails
}

func (r *remover) VDevToDeviceDisk(_ context.Context, _ idl.DomID, vdev string) (idl.DeviceDisk, error) {
	switch vdev {
	case "xvda":
		return idl.DeviceDisk{VDev: vdev}, nil
	case "vda":
		return idl.DeviceDisk{VDev: vdev, Specification: idl.DiskSpecificationVirtio}, nil
	}
	return missing[idl.DeviceDisk]()
}

func (r *remover) DeviceDiskSafeRemove(_ context.Context, id idl.DomID, d idl.DeviceDisk) error {
	return r.done("safely", id, d.VDev)
}

func (r *remover) DeviceDiskDestroy(_ context.Context, id idl.DomID, d idl.DeviceDisk) error {
	return r.done("by force", id, d.VDev)
}

func (r *remover) DevIDToDeviceNIC(_ context.Context, _ idl.DomID, n idl.DevID) (idl.DeviceNIC, error) {
	if n != 1 {
		return missing[idl.DeviceNIC]()
	}
	return idl.DeviceNIC{DevID: &n}, nil
}

func (r *remover) MACToDeviceNIC(_ context.Context, _ idl.DomID, mac idl.MAC) (idl.DeviceNIC, error) {
	return idl.DeviceNIC{DevID: new(idl.DevID(4)), MAC: mac}, nil
}

func (r *remover) DeviceNICRemove(_ context.Context, id idl.DomID, d idl.DeviceNIC) error {
	return r.done("vif", id, *d.DevID)
}

func (r *remover) DevIDToDeviceVTPM(_ context.Context, _ idl.DomID, n idl.DevID) (idl.DeviceVTPM, error) {
	if n != 1 {
		return missing[idl.DeviceVTPM]()
	}
	return idl.DeviceVTPM{DevID: &n}, nil
}

func (r *remover) UUIDToDeviceVTPM(_ context.Context, _ idl.DomID, uuid idl.UUID) (idl.DeviceVTPM, error) {
	return idl.DeviceVTPM{DevID: new(idl.DevID(5)), UUID: uuid}, nil
}

func (r *remover) DeviceVTPMRemove(_ context.Context, id idl.DomID, d idl.DeviceVTPM) error {
	return r.done("vtpm", id, *d.DevID)
}

func (r *remover) DevIDToDeviceVKB(_ context.Context, _ idl.DomID, n idl.DevID) (idl.DeviceVKB, error) {
	if n != 1 {
		return missing[idl.DeviceVKB]()
	}
	return idl.DeviceVKB{DevID: &n}, nil
}

func (r *remover) DeviceVKBRemove(_ context.Context, id idl.DomID, d idl.DeviceVKB) error {
	return r.done("vkb", id, *d.DevID)
}

func (r *remover) DevIDToDeviceVdispl(_ context.Context, _ idl.DomID, n idl.DevID) (idl.DeviceVdispl, error) {
	if n != 1 {
		return missing[idl.DeviceVdispl]()
	}
	return idl.DeviceVdispl{DevID: &n}, nil
}

func (r *remover) DeviceVdisplRemove(_ context.Context, id idl.DomID, d idl.DeviceVdispl) error {
	return r.done("vdispl", id, *d.DevID)
}

func (r *remover) DevIDToDeviceVsnd(_ context.Context, _ idl.DomID, n idl.DevID) (idl.DeviceVsnd, error) {
	if n != 1 {
		return missing[idl.DeviceVsnd]()
	}
	return idl.DeviceVsnd{DevID: &n}, nil
}

func (r *remover) DeviceVsndRemove(_ context.Context, id idl.DomID, d idl.DeviceVsnd) error {
	return r.done("vsnd", id, *d.DevID)
}

func (r *remover) DevIDToDeviceUSBCtrl(_ context.Context, _ idl.DomID, n idl.DevID) (idl.DeviceUSBCtrl, error) {
	if n != 1 {
		return missing[idl.DeviceUSBCtrl]()
	}
	return idl.DeviceUSBCtrl{DevID: &n}, nil
}

func (r *remover) DeviceUSBCtrlRemove(_ context.Context, id idl.DomID, d idl.DeviceUSBCtrl) error {
	return r.done("usbctrl", id, *d.DevID)
}

func (r *remover) CtrlPortToDeviceUSBDev(_ context.Context, _ idl.DomID, n idl.DevID, port int32) (idl.DeviceUSBDev, error) {
	if n != 1 {
		return missing[idl.DeviceUSBDev]()
	}
	return idl.DeviceUSBDev{Ctrl: &n, Port: port}, nil
}

func (r *remover) DeviceUSBDevRemove(_ context.Context, id idl.DomID, d idl.DeviceUSBDev) error {
	return r.done("usbdev", id, usbDevKey(d))
}

func (r *remover) DevicePCIRemove(_ context.Context, id idl.DomID, d idl.DevicePCI) error {
	return r.done("pci", id, address(d))
}

func (r *remover) DevicePCIDestroy(_ context.Context, id idl.DomID, d idl.DevicePCI) error {
	return r.done("pci by force", id, address(d))
}

func TestDetach(t *testing.T) {
	for _, c := range []struct {
		words  string
		got    string
		failed string
		status int // when libxl fails
	}{
		{"block-detach guest xvda", "safely 3 xvda", "libxl_device_disk_safe_remove failed.\n", 1},
		{"block-detach --force guest xvda", "by force 3 xvda", "libxl_device_disk_destroy failed.\n", 1},
		{"network-detach guest 1", "vif 3 1", "libxl_device_nic_del failed.\n", 1},
		{"network-detach guest 00:16:3E:00:00:01", "vif 3 4", "libxl_device_nic_del failed.\n", 1},
		{"vtpm-detach guest 1", "vtpm 3 1", "libxl_device_vtpm_remove failed.\n", 253},
		{"vtpm-detach guest 00000000-0000-0000-0000-000000000001", "vtpm 3 5", "libxl_device_vtpm_remove failed.\n", 253},
		{"vkb-detach guest 1", "vkb 3 1", "libxl_device_vkb_remove failed.\n", 253},
		{"vdispl-detach guest 1", "vdispl 3 1", "libxl_device_vdispl_remove failed.\n", 253},
		{"vsnd-detach guest 1", "vsnd 3 1", "libxl_device_vsnd_remove failed.\n", 253},
		{"usbctrl-detach guest 1", "usbctrl 3 1", "libxl_device_usbctrl_remove failed.\n", 1},
		{"usbdev-detach guest 1 2", "usbdev 3 1:2", "libxl_device_usbdev_remove failed.\n", 1},
		{"pci-detach guest 01:02.3", "pci 3 0000:01:02.3", "xl: libxl_x: fail (-3)\n", 1},
		{"pci-detach -f guest 01:02.3", "pci by force 3 0000:01:02.3", "xl: libxl_x: fail (-3)\n", 1},
	} {
		x := &remover{}
		words := strings.Fields(c.words)
		if got := bench(x).XL(t, words...); got != (xltest.Result{}) || x.got != c.got {
			t.Errorf("%s: %+v, libxl did %q, want %q", c.words, got, x.got, c.got)
		}
		x.fails = xltest.Fault("libxl_x", libxl.ErrFail)
		if got := bench(x).XL(t, words...); got != (xltest.Result{Stderr: c.failed, Status: c.status}) {
			t.Errorf("%s, failing: %+v", c.words, got)
		}
		if got := bench(x).Xenvoy(t, "table", words...); !errors.Is(got.Err, libxl.ErrFail) {
			t.Errorf("%s, failing strictly: %+v", c.words, got)
		}
	}
}

// Nothing is removed for a word that is no number, which xl would take for 0.
func TestDetachMistakes(t *testing.T) {
	x := &remover{}
	try(t, table{
		{name: "no disk", words: []string{"block-detach", "guest", "xvdz"}, stderr: "Error: Device xvdz not connected.\n", status: 1},
		{name: "virtio", words: []string{"block-detach", "guest", "vda"}, stderr: "Hotunplug isn't supported for specification virtio\n", status: 1},
		{name: "no number", words: []string{"network-detach", "guest", "eth0"}, stderr: "Unknown device eth0.\n", status: 1},
		{name: "number and more", words: []string{"network-detach", "guest", "1x"}, stderr: "Unknown device 1x.\n", status: 1},
		{name: "no address", words: []string{"network-detach", "guest", "0:1"}, stderr: "Unknown device 0:1.\n", status: 1},
		{name: "unknown vif", words: []string{"network-detach", "guest", "9"}, stderr: "Unknown device 9.\n", status: 1},
		{name: "unknown vtpm", words: []string{"vtpm-detach", "guest", "9"}, stderr: "Unknown device 9.\n", status: 1},
		{name: "unknown vkb", words: []string{"vkb-detach", "guest", "9"}, stderr: "Error: Device 9 not connected.\n", status: 253},
		{name: "unknown vdispl", words: []string{"vdispl-detach", "guest", "9"}, stderr: "Error: Device 9 not connected.\n", status: 253},
		{name: "unknown vsnd", words: []string{"vsnd-detach", "--", "guest", "-1"}, stderr: "Error: Device -1 not connected.\n", status: 253},
		{name: "unknown usbctrl", words: []string{"usbctrl-detach", "guest", "9"}, stderr: "Unknown device 9.\n", status: 1},
		{name: "unknown usbdev", words: []string{"usbdev-detach", "guest", "9", "1"}, stderr: "Unknown device at controller 9 port 1.\n", status: 1},
		{name: "usbdev without number", words: []string{"usbdev-detach", "guest", "a", "1"}, stderr: `"a" is not a device's number`, status: 1},
		{name: "usbdev and more", words: []string{"usbdev-detach", "guest", "1", "1", "1"}, stderr: "Invalid arguments.\n", status: 1},
		{name: "pci", words: []string{"pci-detach", "guest", "01:02"}, stderr: `pci-detach: malformed PCI_SPEC_STRING "01:02"`, status: 2},
		{name: "nobody", words: []string{"vkb-detach", "nobody", "1"}, stderr: "nobody is an invalid domain identifier (rc=-6)\n", status: 1},
	}.on(x))
	if x.got != "" {
		t.Errorf("libxl did %q", x.got)
	}
}
