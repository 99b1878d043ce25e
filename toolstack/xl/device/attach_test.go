package device

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/toolstack/xl/xltest"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// What a dry run prints is what libxl would get, as text.
func TestDryRuns(t *testing.T) {
	try(t, table{
		{name: "disk by places", words: []string{"-N", "block-attach", "guest", "phy:/dev/vg/a,xvdb,w"}, stdout: "disk: {\n" +
			"    \"pdev_path\": \"/dev/vg/a\",\n    \"vdev\": \"xvdb\",\n    \"format\": \"raw\",\n    \"readwrite\": 1\n}\n\n"},
		{name: "disk in several words", words: []string{"-N", "block-attach", "guest", "/a.img", "qcow2", "hdc:cdrom", "r"}, stdout: "disk: {\n" +
			"    \"pdev_path\": \"/a.img\",\n    \"vdev\": \"hdc\",\n    \"format\": \"qcow2\",\n    \"removable\": 1,\n    \"is_cdrom\": 1\n}\n\n"},
		{name: "network", words: []string{"-N", "network-attach", "guest", "mac=00:16:3e:00:00:01", "bridge=xenbr0", "rate=10Mb/s", "untrusted"}, stdout: "vif: {\n" +
			"    \"mac\": \"00:16:3e:00:00:01\",\n    \"bridge\": \"xenbr0\",\n    \"rate_bytes_per_interval\": 62500,\n" +
			"    \"rate_interval_usecs\": 50000,\n    \"trusted\": \"False\"\n}\n\n"},
		{name: "network of nothing", words: []string{"-N", "network-attach", "guest"}, stdout: "vif: {\n\n}\n\n"},
		{name: "vtpm", words: []string{"-N", "vtpm-attach", "guest", "backend=tpm", "uuid=00000000-0000-0000-0000-000000000001"}, stdout: "vtpm: {\n" +
			"    \"backend_domname\": \"tpm\",\n    \"uuid\": \"00000000-0000-0000-0000-000000000001\"\n}\n\n"},
		{name: "vkb", words: []string{"-N", "vkb-attach", "guest", "backend-type=linux", "multi-touch-width=8"}, stdout: "vkb: {\n" +
			"    \"backend_type\": \"linux\",\n    \"feature_multi_touch\": true,\n    \"multi_touch_width\": 8\n}\n\n"},
		{name: "vdispl", words: []string{"-N", "vdispl-attach", "guest", "be-alloc=1", "connectors=id0:800x600"}, stdout: "vdispl: {\n" +
			"    \"be_alloc\": true,\n    \"connectors\": [\n        {\n            \"unique_id\": \"id0\",\n            \"width\": 800,\n" +
			"            \"height\": 600\n        }\n    ]\n}\n\n"},
		{name: "vsnd", words: []string{"-N", "vsnd-attach", "guest", "card,short-name=C", "pcm,name=p", "stream,type=p"}, stdout: "vsnd: {\n" +
			"    \"short_name\": \"C\",\n    \"params\": {\n\n    },\n    \"pcms\": [\n        {\n            \"name\": \"p\",\n" +
			"            \"params\": {\n\n            },\n            \"streams\": [\n                {\n                    \"type\": \"p\",\n" +
			"                    \"params\": {\n\n                    }\n                }\n            ]\n        }\n    ]\n}\n\n"},
		{name: "eject", words: []string{"-N", "cd-eject", "guest", "hdc"}, stdout: "disk: {\n" +
			"    \"vdev\": \"hdc\",\n    \"format\": \"empty\",\n    \"removable\": 1,\n    \"is_cdrom\": 1\n}\n\n"},
	}.on(domains{}))
}

func TestAttachMistakes(t *testing.T) {
	try(t, table{
		{name: "no disk", words: []string{"block-attach", "guest"}, stderr: "'xl block-attach' requires at least 2 arguments.\n", stdout: usage(t, "block-attach"), status: 2},
		{name: "nobody", words: []string{"block-attach", "nobody", "/a,raw,xvda"}, stderr: "nobody is an invalid domain identifier\n", status: 1},
		{name: "nobody for a vif", words: []string{"network-attach", "nobody"}, stderr: "nobody is an invalid domain identifier (rc=-6)\n", status: 1},
		{name: "no vdev", words: []string{"block-attach", "guest", "/a"}, stderr: "operand 2: disk: no vdev", status: 1},
		{name: "second word of a disk", words: []string{"block-attach", "guest", "/a", "cow"}, stderr: `operand 3: disk: unknown format "cow"`, status: 1},
		{name: "unknown word", words: []string{"network-attach", "guest", "brige=x"}, stderr: `operand 2: vif: unknown key "brige" (did you mean bridge?)`, status: 1},
		{name: "two mistakes", words: []string{"network-attach", "guest", "mtu=x", "mac=1"}, stderr: "\noperand 3: vif: \"1\" is not a MAC address", status: 1},
		{name: "unknown type", words: []string{"network-attach", "guest", "type=tap"}, stderr: `operand 2: vif: unknown type "tap" (vif or ioemu)`, status: 1},
		{name: "not UTF-8", words: []string{"network-attach", "guest", "bridge=\xff"}, stderr: `operand 2: "bridge=\xff" is not UTF-8`, status: 1},
		{name: "too long", words: []string{"block-attach", "guest", strings.Repeat("a", 9000)}, stderr: "operand 2: is 9000 bytes long", status: 1},
		{name: "vtpm", words: []string{"vtpm-attach", "guest", "uuid=1"}, stderr: `"1" is not a UUID`, status: 1},
		{name: "vkb word", words: []string{"vkb-attach", "guest", "x=1"}, stderr: `unknown key "x"`, status: 255},
		{name: "vkb without backend", words: []string{"vkb-attach", "guest", "width=1"}, stderr: "vkb: no backend-type", status: 253},
		{name: "vdispl word", words: []string{"vdispl-attach", "guest", "x=1"}, stderr: `unknown key "x"`, status: 1},
		{name: "vdispl connector", words: []string{"vdispl-attach", "guest", "connectors=a"}, stderr: `"a" is not a connector`, status: 1},
		{name: "vdispl of nothing", words: []string{"vdispl-attach", "guest"}, stderr: "vdispl: no connectors", status: 253},
		{name: "vsnd part", words: []string{"vsnd-attach", "guest", "drum"}, stderr: `unknown part "drum"`, status: 255},
		{name: "usb controller", words: []string{"usbctrl-attach", "guest", "type=x"}, stderr: `unknown value "x"`, status: 1},
		{name: "usb device", words: []string{"usbdev-attach", "guest", "hostbus=300"}, stderr: "out of range", status: 1},
		{name: "pci", words: []string{"pci-attach", "guest", "1"}, stderr: `pci-attach: malformed PCI_SPEC_STRING "1"`, status: 2},
		{name: "no dry run", words: []string{"-N", "usbctrl-attach", "guest"}, stderr: "command does not implement -N (dryrun) option\n", status: 1},
		{name: "no CD", words: []string{"cd-insert", "guest", "hdc", "/nonexistent/cd.iso"}, stderr: "Cannot stat file: /nonexistent/cd.iso\n", status: 1},
	}.on(domains{}))
	got := bench(domains{}).Xenvoy(t, "table", "block-attach", "guest", "/a")
	if _, ok := errors.AsType[domcfg.Errors](got.Err); !ok {
		t.Errorf("strictly: %v is no error of a file", got.Err)
	}
}

// usage is the help of a command.
func usage(t *testing.T, command string) string {
	t.Helper()
	return bench(domains{}).XL(t, command, "-h").Stdout
}

// adder is a libxl that adds devices, and fails with what it is told to.
type adder struct {
	domains
	fails      error
	got        string
	interfaces []idl.DeviceNIC // that the guest has
	destroyed  []idl.DevID
}

func (a *adder) DeviceDiskList(context.Context, idl.DomID) ([]idl.DeviceDisk, error) { return nil, nil }

func (a *adder) DeviceDiskAdd(_ context.Context, id idl.DomID, d idl.DeviceDisk) (idl.DeviceDisk, error) {
	a.got = fmt.Sprint(id, " ", d.VDev, " ", d.PDevPath)
	return d, a.fails
}

func (a *adder) DeviceNICList(context.Context, idl.DomID) ([]idl.DeviceNIC, error) {
	return slices.Clone(a.interfaces), nil
}

// DeviceNICAdd leaves the interface there when it fails, unless that has a number already.
func (a *adder) DeviceNICAdd(_ context.Context, id idl.DomID, d idl.DeviceNIC) (idl.DeviceNIC, error) {
	a.got = fmt.Sprint(id, " ", d.Bridge, " ", d.Script)
	if d.DevID == nil {
		d.DevID = new(idl.DevID(len(a.interfaces)))
		a.interfaces = append(a.interfaces, d)
	}
	return d, a.fails
}

func (a *adder) DeviceNICDestroy(_ context.Context, _ idl.DomID, d idl.DeviceNIC) error {
	a.destroyed = append(a.destroyed, *d.DevID)
	return nil
}

func (a *adder) DevicePCIAdd(_ context.Context, id idl.DomID, d idl.DevicePCI) (idl.DevicePCI, error) {
	a.got = fmt.Sprint(id, " ", address(d), " ", d.Permissive)
	return d, a.fails
}

func (a *adder) CDROMInsert(_ context.Context, id idl.DomID, d idl.DeviceDisk) error {
	a.got = fmt.Sprint(id, " ", d.VDev, " ", d.PDevPath, " ", d.Format)
	return a.fails
}

func TestAttach(t *testing.T) {
	iso := xltest.File(t, "a.iso", "")
	for _, c := range []struct {
		words  []string
		got    string
		failed string // what it says when libxl fails
	}{
		{[]string{"block-attach", "guest", "/a", "raw", "xvdb", "w"}, "3 xvdb /a", "libxl_device_disk_add failed.\n"},
		{[]string{"network-attach", "guest", "bridge=br1"}, "3 br1 /etc/xen/scripts/vif-route", "libxl_device_nic_add failed.\n"},
		{[]string{"network-attach", "guest"}, "3 br0 /etc/xen/scripts/vif-route", "libxl_device_nic_add failed.\n"},
		{[]string{"pci-attach", "guest", "01:02.3,permissive=1"}, "3 0000:01:02.3 true", "xl: libxl_x: fail (-3)\n"},
		{[]string{"cd-insert", "guest", "hdc", iso}, "3 hdc " + iso + " raw", "xl: libxl_x: fail (-3)\n"},
		{[]string{"cd-eject", "guest", "hdc"}, "3 hdc  empty", "xl: libxl_x: fail (-3)\n"},
	} {
		x := &adder{}
		b := bench(x)
		b.Conf = "vif.default.script = \"/etc/xen/scripts/vif-route\"\nvif.default.bridge = \"br0\"\n"
		if got := b.XL(t, c.words...); got != (xltest.Result{}) || x.got != c.got {
			t.Errorf("%v: %+v, libxl got %q, want %q", c.words, got, x.got, c.got)
		}
		x.fails = xltest.Fault("libxl_x", libxl.ErrFail)
		if got := b.XL(t, c.words...); got != (xltest.Result{Stderr: c.failed, Status: 1}) {
			t.Errorf("%v, failing: %+v", c.words, got)
		}
		if got := b.Xenvoy(t, "table", c.words...); !errors.Is(got.Err, libxl.ErrFail) || !strings.Contains(got.Err.Error(), "libxl_x") {
			t.Errorf("%v, failing strictly: %+v", c.words, got)
		}
	}
}

// What an attachment that failed has left is removed; what was there before is not.
func TestAttachUndone(t *testing.T) {
	x := &adder{fails: xltest.Fault("libxl_device_nic_add", libxl.ErrFail), interfaces: []idl.DeviceNIC{{DevID: new(idl.DevID(0))}}}
	bench(x).XL(t, "network-attach", "guest", "bridge=none")
	if !slices.Equal(x.destroyed, []idl.DevID{1}) {
		t.Errorf("removed %v, want the new one, 1", x.destroyed)
	}
	x.destroyed = nil
	bench(x).XL(t, "network-attach", "guest", "devid=0")
	if len(x.destroyed) > 0 {
		t.Errorf("removed %v, which was there before", x.destroyed)
	}
	x.fails = nil
	if got := bench(x).Xenvoy(t, "json", "network-attach", "guest"); len(x.destroyed) > 0 || !strings.Contains(got.Stdout, `"devid": 2`) {
		t.Errorf("removed %v after a success, %+v", x.destroyed, got)
	}
}

var _ xl.Xen = (*adder)(nil)
