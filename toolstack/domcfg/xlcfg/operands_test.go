package xlcfg

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// reading is one of the methods of Operands, for any device.
type reading func(Operands) (any, Warnings, error)

func anyOf[T any](read func(Operands) (T, Warnings, error)) reading {
	return func(o Operands) (any, Warnings, error) {
		dev, warnings, err := read(o)
		return dev, warnings, err
	}
}

func readings() map[string]reading {
	return map[string]reading{
		"disk": anyOf(Operands.Disk), "vif": anyOf(func(o Operands) (idl.DeviceNIC, Warnings, error) { return o.NIC(Host{}) }),
		"vtpm": anyOf(Operands.VTPM), "vkb": anyOf(Operands.VKB), "vdispl": anyOf(Operands.Vdispl), "vsnd": anyOf(Operands.Vsnd),
		"usbctrl": anyOf(Operands.USBCtrl), "usbdev": anyOf(Operands.USBDev), "pci": anyOf(Operands.PCI),
	}
}

// Operands must give what the same words give in a file, but for what a file counts itself.
func TestOperandsAsInFiles(t *testing.T) {
	for _, c := range []struct{ key, words string }{
		{"disk", "/dev/vg/a raw xvda w"},
		{"disk", "format=qcow2 vdev=hdc access=rw target=/a,b.img"},
		{"disk", "phy:/dev/vg/a xvda r"},
		{"vif", "mac=00:16:3e:01:02:03 bridge=br0 type=ioemu model=e1000 rate=1MB/s@20ms mtu=1400 ip=10.0.0.1 trusted"},
		{"vif", "netdev=eth0 script=vif-nat vifname=v backend=net"},
		{"vtpm", "backend=tpm uuid=01234567-89ab-cdef-0123-456789abcdef"},
		{"vkb", "backend-type=linux unique-id=a feature-raw-pointer=1 multi-touch-num-contacts=3"},
		{"vdispl", "backend=d be-alloc=1 connectors=a:1x2;b:3x4"},
		{"usbctrl", "type=qusb version=2 ports=4"},
		{"usbdev", "hostbus=1 hostaddr=0x3 controller=0 port=2"},
		{"pci", "0000:01:02.3@4,permissive=1"},
	} {
		words := strings.Fields(c.words)
		got, _, err := readings()[c.key](Operands{Words: words, First: 2})
		if err != nil {
			t.Errorf("%s: %v", c.words, err)
			continue
		}
		f := base(t, fmt.Sprintf("name='g'\ntype='hvm'\nmemory=64\n%s=['%s']\n", c.key, strings.Join(words, ",")))
		config, _, err := Config(f, Host{})
		if err != nil {
			t.Errorf("%s in a file: %v", c.words, err)
			continue
		}
		if want := onlyDevice(t, config); !reflect.DeepEqual(counted(got), want) {
			t.Errorf("%s:\n%+v, in a file\n%+v", c.words, counted(got), want)
		}
	}
}

// onlyDevice is the device of a configuration with one.
func onlyDevice(t *testing.T, c *idl.DomainConfig) any {
	t.Helper()
	v := reflect.ValueOf(*c)
	for _, list := range []string{"Disks", "NICs", "VTPMs", "VKBs", "Vdispls", "USBCtrls", "USBDevs", "PCIDevs"} {
		if l := v.FieldByName(list); l.Len() == 1 {
			return counted(l.Index(0).Interface())
		}
	}
	t.Fatalf("no device in %+v", c)
	return nil
}

// counted is a device without what a file gives it by its place.
func counted(dev any) any {
	v := reflect.New(reflect.TypeOf(dev)).Elem()
	v.Set(reflect.ValueOf(dev))
	for _, name := range []string{"DevID", "RDMPolicy"} {
		if f := v.FieldByName(name); f.IsValid() {
			f.SetZero()
		}
	}
	return v.Interface()
}

func TestOperandsTogether(t *testing.T) {
	dev, warnings, err := Operands{Words: []string{"bridge=b", "accel=1"}, First: 2}.NIC(Host{Defaults: Defaults{VifBridge: "a", VifScript: "s"}})
	if err != nil || dev.Bridge != "b" || dev.Script != "s" || len(warnings) != 1 || warnings[0].Pos.File != "operand 3" {
		t.Errorf("%+v, %v, %v", dev, warnings, err)
	}
	_, _, err = Operands{Words: []string{"width=x", "no", "height=-"}, First: 2}.VKB()
	faults, ok := errors.AsType[domcfg.Errors](err)
	if !ok || len(faults) != 1 || faults[0].Pos.String() != "operand 3" {
		t.Errorf("%v", err)
	}
	_, _, err = Operands{Words: []string{"width=1"}, First: 2}.VKB()
	if faults, ok = errors.AsType[domcfg.Errors](err); !ok || faults[0].Pos != (domcfg.Position{}) {
		t.Errorf("what is missing has a place: %v", err)
	}
	if _, err := PCIAddress("1:2"); err == nil {
		t.Error("1:2 is a PCI address")
	}
}

func TestCDROM(t *testing.T) {
	dev, err := CDROM("hdc", "/iso/a,b.iso")
	want := idl.DeviceDisk{VDev: "hdc", PDevPath: "/iso/a,b.iso", Format: idl.DiskFormatRaw, IsCdrom: 1, Removable: 1}
	if err != nil || !reflect.DeepEqual(dev, want) {
		t.Errorf("%+v, %v", dev, err)
	}
	if dev, err = CDROM("hdc", ""); err != nil || dev.Format != idl.DiskFormatEmpty || dev.PDevPath != "" {
		t.Errorf("an empty drive is %+v, %v", dev, err)
	}
	for _, vdev := range []string{"hdc\xff", strings.Repeat("h", maxOperand)} {
		if _, err := CDROM(vdev, "/a"); err == nil {
			t.Errorf("%.20q is a drive", vdev)
		}
	}
}

func FuzzOperands(f *testing.F) {
	for key := range readings() {
		seeds(f, key, 1)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for key, read := range readings() {
			for _, words := range [][]string{{text}, strings.Split(text, ","), strings.Fields(text)} {
				dev, _, err := read(Operands{Words: words, First: 2})
				if err == nil {
					if _, err := json.Marshal(dev); err != nil {
						t.Errorf("%s %q: %v", key, words, err)
					}
					continue
				}
				faults, ok := errors.AsType[domcfg.Errors](err)
				if !ok || len(faults) == 0 {
					t.Fatalf("%s %q: %v is not ours", key, words, err)
				}
				for _, e := range faults {
					if strings.ContainsAny(e.Error(), "\n\x00") || e.Pos.File != "" && !strings.HasPrefix(e.Pos.File, "operand ") {
						t.Errorf("%s %q: %q at %v", key, words, e.Error(), e.Pos)
					}
				}
			}
		}
	})
}
