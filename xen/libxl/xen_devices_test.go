//go:build cgo

package libxl

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/xenvoy/xenvoy/xen"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
	"github.com/xenvoy/xenvoy/xen/xenstore"
)

// noDomain is an id that no domain has.
const noDomain idl.DomID = 32000

// bareGuest builds a PVH guest without devices, paused.
func bareGuest(t *testing.T, c *Context) idl.DomID {
	t.Helper()
	cfg := tinyConfig(t, idl.DomainTypePVH)
	cfg.NICs = nil
	return create(t, c, cfg)
}

// inDom0 runs a program and returns what it prints.
func inDom0(t *testing.T, argv ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%q: %v: %s", argv, err, stderr.String())
	}
	return string(out)
}

// rows returns the words of each line that xl prints below the heading.
func rows(t *testing.T, argv ...string) []string {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(inDom0(t, argv...)), "\n")
	for i, line := range lines {
		lines[i] = strings.Join(strings.Fields(line), " ")
	}
	return lines[1:]
}

// nicRow and diskRow are what xl network-list and xl block-list print.
func nicRow(nic idl.DeviceNIC, i idl.NICInfo) string {
	return fmt.Sprintf("%d %d %v %d %d %d %d/%d %s", i.DevID, i.BackendID, nic.MAC, i.DevID, i.State, i.Evtch, i.RrefTx, i.RrefRx, i.Backend)
}

func diskRow(i idl.DiskInfo) string {
	return fmt.Sprintf("%d %d %d %d %d %d %s", i.DevID, i.BackendID, i.FrontendID, i.State, i.Evtch, i.Rref, i.Backend)
}

// rawDisk makes a file for a disk.
func rawDisk(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "disk.raw")
	if err := os.WriteFile(path, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// gone checks that nothing of the domain's devices of this kind is in xenstore.
func gone(t *testing.T, id idl.DomID, kind string) {
	t.Helper()
	store, err := xenstore.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for _, path := range []string{
		fmt.Sprintf("/libxl/%d/device/%s", id, kind),
		fmt.Sprintf("/local/domain/%d/device/%s", id, kind),
		fmt.Sprintf("/local/domain/0/backend/%s/%d", kind, id),
	} {
		names, err := store.List(t.Context(), path)
		if !errors.Is(err, fs.ErrNotExist) && (err != nil || len(names) > 0) {
			t.Errorf("%s is left, with %q, %v", path, names, err)
		}
	}
}

// TestXenDevices does with one paused guest what needs no answer from it.
func TestXenDevices(t *testing.T) {
	c := openXen(t)
	id := bareGuest(t, c)
	t.Run("none", func(t *testing.T) { testNoDevices(t, c, id) })
	t.Run("nic", func(t *testing.T) { testPausedNIC(t, c, id) })
	t.Run("disk", func(t *testing.T) { testPausedDisk(t, c, id) })
	t.Run("vkb", func(t *testing.T) { testVKB(t, c, id) })
	t.Run("failed script", func(t *testing.T) { testFailedScript(t, c, id) })
	t.Run("cancelled", func(t *testing.T) { testCancelledAdd(t, c, id) })
	t.Run("refused", func(t *testing.T) { testRefusedDevices(t, c, id) })
	t.Run("usb", func(t *testing.T) { testUSBCtrl(t, c, id) }) // last: it may start a QEMU
}

// deviceLists returns how many devices of each kind the domain has.
func deviceLists(ctx context.Context, c *Context, id idl.DomID) map[string]func() (int, error) {
	return map[string]func() (int, error){
		"disk":    func() (int, error) { l, err := c.DeviceDiskList(ctx, id); return len(l), err },
		"nic":     func() (int, error) { l, err := c.DeviceNICList(ctx, id); return len(l), err },
		"usbctrl": func() (int, error) { l, err := c.DeviceUSBCtrlList(ctx, id); return len(l), err },
		"usbdev":  func() (int, error) { l, err := c.DeviceUSBDevList(ctx, id); return len(l), err },
		"channel": func() (int, error) { l, err := c.DeviceChannelList(ctx, id); return len(l), err },
		"vtpm":    func() (int, error) { l, err := c.DeviceVTPMList(ctx, id); return len(l), err },
		"vdispl":  func() (int, error) { l, err := c.DeviceVdisplList(ctx, id); return len(l), err },
		"vsnd":    func() (int, error) { l, err := c.DeviceVsndList(ctx, id); return len(l), err },
		"vkb":     func() (int, error) { l, err := c.DeviceVKBList(ctx, id); return len(l), err },
		"pci":     func() (int, error) { l, err := c.DevicePCIList(ctx, id); return len(l), err },
	}
}

func testNoDevices(t *testing.T, c *Context, id idl.DomID) {
	for kind, count := range deviceLists(t.Context(), c, id) {
		if n, err := count(); n != 0 || err != nil {
			t.Errorf("%s: %d, %+v", kind, n, err)
		}
	}
	for kind, count := range deviceLists(t.Context(), c, noDomain) {
		if n, err := count(); n != 0 || !errors.Is(err, ErrDomainNotFound) {
			t.Errorf("%s of no domain: %d, %+v", kind, n, err)
		}
	}
	first := new(idl.DevID(0))
	_, nic := c.DeviceNICInfo(t.Context(), id, idl.DeviceNIC{DevID: first})
	_, vsnd := c.DeviceVsndInfo(t.Context(), id, idl.DeviceVsnd{DevID: first})
	_, port := c.CtrlPortToDeviceUSBDev(t.Context(), id, 0, 1)
	_, mac := c.MACToDeviceNIC(t.Context(), id, idl.MAC{1})
	for name, err := range map[string]error{
		"nic": nic, "vsnd": vsnd, "port": port, "mac": mac,
		"pci": c.DevicePCIDestroy(t.Context(), id, idl.DevicePCI{Bus: 0xff}),
	} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %+v", name, err)
		}
	}
	if _, err := c.DeviceNICAdd(t.Context(), noDomain, idl.DeviceNIC{Bridge: "br0"}); !errors.Is(err, ErrDomainNotFound) {
		t.Errorf("adding to no domain: %+v", err)
	}
	if _, err := c.DeviceVKBAdd(t.Context(), noDomain, idl.DeviceVKB{}); !errors.Is(err, ErrDomainNotFound) {
		t.Errorf("adding a keyboard to no domain: %+v", err)
	}
	gone(t, noDomain, "vkbd")
}

func testPausedNIC(t *testing.T, c *Context, id idl.DomID) {
	ctx := t.Context()
	nic, err := c.DeviceNICAdd(ctx, id, idl.DeviceNIC{Bridge: "br0"})
	if err != nil {
		t.Fatalf("%+v", err)
	}
	if nic.DevID == nil || *nic.DevID != 0 || nic.MAC[1] != 0x16 || nic.NICType != idl.NICTypeVif || nic.MTU != 1500 {
		t.Errorf("added %+v", nic)
	}
	info, err := c.DeviceNICInfo(ctx, id, nic)
	if err != nil || info.Backend != fmt.Sprintf("/local/domain/0/backend/vif/%d/0", id) {
		t.Errorf("%+v, %+v", info, err)
	}
	if got := rows(t, "xl", "network-list", fmt.Sprint(id)); len(got) != 1 || got[0] != nicRow(nic, info) {
		t.Errorf("xl network-list says %q, want %q", got, nicRow(nic, info))
	}
	if text := inDom0(t, "xenstore-ls", "-f", info.Backend); !strings.Contains(text, `/hotplug-status = "connected"`) ||
		!strings.Contains(text, fmt.Sprintf(`/mac = "%v"`, nic.MAC)) {
		t.Errorf("xenstore has\n%s", text)
	}
	list, err := c.DeviceNICList(ctx, id)
	if err != nil || len(list) != 1 || list[0].MAC != nic.MAC || list[0].Bridge != "br0" || list[0].Script != nic.Script {
		t.Errorf("list %+v, %+v", list, err)
	}
	byMAC, err := c.MACToDeviceNIC(ctx, id, nic.MAC)
	if err != nil || !reflect.DeepEqual(byMAC, list[0]) {
		t.Errorf("by its address %+v, %+v", byMAC, err)
	}
	byID, err := c.DevIDToDeviceNIC(ctx, id, 0)
	if err != nil || !reflect.DeepEqual(byID, list[0]) {
		t.Errorf("by its number %+v, %+v", byID, err)
	}
	if again, err := c.DeviceNICAdd(ctx, id, nic); !errors.Is(err, ErrDeviceExists) || again.MAC != nic.MAC {
		t.Errorf("added again: %+v, %+v", again, err)
	}
	// The guest does not answer, so that this ends by force.
	if err := c.DeviceNICRemove(ctx, id, byMAC); err != nil {
		t.Errorf("%+v", err)
	}
	if err := c.DeviceNICDestroy(ctx, id, byMAC); err != nil {
		t.Errorf("what is gone counts as removed: %+v", err)
	}
	if list, err := c.DeviceNICList(ctx, id); err != nil || len(list) != 0 {
		t.Errorf("list %+v, %+v", list, err)
	}
	gone(t, id, "vif")
}

func testPausedDisk(t *testing.T, c *Context, id idl.DomID) {
	ctx, path := t.Context(), rawDisk(t)
	disk, err := c.DeviceDiskAdd(ctx, id, idl.DeviceDisk{PDevPath: path, VDev: "xvdb", Format: idl.DiskFormatRaw, Readwrite: 1})
	if err != nil {
		t.Fatalf("%+v", err)
	}
	if disk.Backend != idl.DiskBackendPhy || disk.PDevPath != path || disk.VDev != "xvdb" {
		t.Errorf("added %+v", disk)
	}
	info, err := c.DeviceDiskInfo(ctx, id, disk)
	if err != nil || info.DevID != 202<<8|1<<4 || info.FrontendID != uint32(id) {
		t.Errorf("%+v, %+v", info, err)
	}
	if got := rows(t, "xl", "block-list", fmt.Sprint(id)); len(got) != 1 || got[0] != diskRow(info) {
		t.Errorf("xl block-list says %q, want %q", got, diskRow(info))
	}
	if text := inDom0(t, "xenstore-ls", "-f", info.Backend); !strings.Contains(text, fmt.Sprintf("/params = %q", path)) {
		t.Errorf("xenstore has\n%s", text)
	}
	if text := inDom0(t, "losetup", "-a"); !strings.Contains(text, filepath.Base(filepath.Dir(path))) {
		t.Errorf("the script has not run; losetup says %q", text)
	}
	list, err := c.DeviceDiskList(ctx, id)
	if err != nil || len(list) != 1 || list[0].PDevPath != path || list[0].Readwrite == 0 {
		t.Errorf("list %+v, %+v", list, err)
	}
	found, err := c.VDevToDeviceDisk(ctx, id, "xvdb")
	if err != nil || !reflect.DeepEqual(found, list[0]) {
		t.Errorf("by its name %+v, %+v", found, err)
	}
	if cfg, err := c.RetrieveDomainConfiguration(ctx, id); err != nil || len(cfg.Disks) != 1 || cfg.Disks[0].PDevPath != path {
		t.Errorf("the configuration has %+v, %+v", cfg, err)
	}
	// The guest does not answer, and this uses no force.
	if err := c.DeviceDiskSafeRemove(ctx, id, found); !errors.Is(err, ErrTimedOut) {
		t.Errorf("safe removal: %+v", err)
	}
	if list, err := c.DeviceDiskList(ctx, id); err != nil || len(list) != 1 {
		t.Errorf("after it: %+v, %+v", list, err)
	}
	if err := c.DeviceDiskDestroy(ctx, id, found); err != nil {
		t.Errorf("%+v", err)
	}
	if list, err := c.DeviceDiskList(ctx, id); err != nil || len(list) != 0 {
		t.Errorf("list %+v, %+v", list, err)
	}
	gone(t, id, "vbd")
	if text := inDom0(t, "losetup", "-a"); strings.Contains(text, filepath.Base(filepath.Dir(path))) {
		t.Errorf("losetup still has it: %q", text)
	}
}

// testVKB: a keyboard needs QEMU, which a guest without devices has not; libxl does not wait.
func testVKB(t *testing.T, c *Context, id idl.DomID) {
	ctx := t.Context()
	vkb, err := c.DeviceVKBAdd(ctx, id, idl.DeviceVKB{})
	if err != nil || vkb.DevID == nil || *vkb.DevID != 0 || vkb.BackendType != idl.VKBBackendQEMU {
		t.Fatalf("added %+v, %+v", vkb, err)
	}
	list, err := c.DeviceVKBList(ctx, id)
	if err != nil || len(list) != 1 || !reflect.DeepEqual(list[0], vkb) {
		t.Errorf("list %+v, %+v; want %+v", list, err, vkb)
	}
	if found, err := c.DevIDToDeviceVKB(ctx, id, 0); err != nil || !reflect.DeepEqual(found, vkb) {
		t.Errorf("found %+v, %+v", found, err)
	}
	if info, err := c.DeviceVKBInfo(ctx, id, vkb); err != nil || info.State != 1 || info.Backend == "" {
		t.Errorf("%+v, %+v", info, err)
	}
	if err := c.DeviceVKBDestroy(ctx, id, vkb); err != nil {
		t.Errorf("%+v", err)
	}
	gone(t, id, "vkbd")
}

// testFailedScript: what a failure has left can be destroyed with what it returned.
func testFailedScript(t *testing.T, c *Context, id idl.DomID) {
	ctx := t.Context()
	nic, err := c.DeviceNICAdd(ctx, id, idl.DeviceNIC{Bridge: "no-such-bridge"})
	var e *Error
	if !errors.As(err, &e) || e.Code == 0 || e.telling() == nil || nic.DevID == nil {
		t.Errorf("%+v, %+v", nic, err)
	}
	if err := c.DeviceNICDestroy(ctx, id, nic); err != nil {
		t.Errorf("%+v", err)
	}
	gone(t, id, "vif")
}

// testCancelledAdd ends while the script of the back end runs, which would take a minute.
func testCancelledAdd(t *testing.T, c *Context, id idl.DomID) {
	dir := t.TempDir()
	script, begun := filepath.Join(dir, "vif-slow"), filepath.Join(dir, "begun")
	if err := exec.CommandContext(t.Context(), "mkfifo", begun).Run(); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("#!/bin/sh\n[ \"$1\" = online ] || exit 0\necho > %s\nexec sleep 60\n", begun)
	if err := os.WriteFile(script, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	fds := openFDs(t)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		os.ReadFile(begun) // returns when the script has written
		cancel()
	}()
	start := time.Now()
	nic, err := c.DeviceNICAdd(ctx, id, idl.DeviceNIC{Bridge: "br0", Script: script})
	if !errors.Is(err, context.Canceled) || nic.DevID == nil {
		t.Errorf("%+v, %+v", nic, err)
	}
	if d := time.Since(start); d > 30*time.Second {
		t.Errorf("it took %v to cancel", d)
	}
	if err := c.DeviceNICDestroy(t.Context(), id, nic); err != nil {
		t.Errorf("%+v", err)
	}
	gone(t, id, "vif")
	if n := openFDs(t); n != fds {
		t.Errorf("%d descriptors before, %d after", fds, n)
	}
}

func testRefusedDevices(t *testing.T, c *Context, id idl.DomID) {
	ctx := t.Context()
	if _, err := c.DeviceDiskAdd(ctx, id, idl.DeviceDisk{PDevPath: "/no/such/file", VDev: "xvdb", Format: idl.DiskFormatRaw}); !errors.Is(err, ErrInval) ||
		!strings.Contains(err.Error(), "/no/such/file") {
		t.Errorf("a disk that is not there: %+v", err)
	}
	if _, err := c.VDevToDeviceDisk(ctx, id, "xvdb"); !errors.Is(err, ErrFail) {
		t.Errorf("looking it up: %+v", err)
	}
	if err := c.CDROMInsert(ctx, id, idl.DeviceDisk{VDev: "hdc"}); !errors.Is(err, ErrInval) {
		t.Errorf("inserting into a PVH guest: %+v", err)
	}
	if _, err := c.DevicePCIAdd(ctx, id, idl.DevicePCI{Bus: 0xff, Dev: 0x1f}); !errors.Is(err, ErrNotFound) {
		t.Errorf("a PCI device that is not assignable: %+v", err)
	}
	if _, err := c.DeviceUSBDevAdd(ctx, id, idl.DeviceUSBDev{TypeHostdev: &idl.DeviceUSBDevHostdev{Hostbus: 200, Hostaddr: 200}}); !errors.Is(err, ErrFail) {
		t.Errorf("a USB device that is not there: %+v", err)
	}
	if err := c.DeviceUSBDevRemove(ctx, id, idl.DeviceUSBDev{Ctrl: new(idl.DevID(3)), Port: 1}); !errors.Is(err, ErrNotFound) {
		t.Errorf("removing one of no controller: %+v", err)
	}
	if err := c.DeviceUSBCtrlRemove(ctx, id, idl.DeviceUSBCtrl{DevID: new(idl.DevID(3)), Type: idl.USBCtrlTypeQUSB}); !errors.Is(err, ErrNotFound) {
		t.Errorf("removing a controller that is not there: %+v", err)
	}
	_, err := c.DeviceP9Add(ctx, id, idl.DeviceP9{})
	if haveP9Add && !errors.Is(err, ErrInval) || !haveP9Add && !errors.Is(err, xen.ErrNotSupported) {
		t.Errorf("a shared directory without a path: %+v", err)
	}
	if n, err := deviceLists(ctx, c, id)["disk"](); n != 0 || err != nil {
		t.Errorf("%d disks, %+v", n, err)
	}
}

// testUSBCtrl: whether it works is a matter of dom0's kernel and of how QEMU was built.
func testUSBCtrl(t *testing.T, c *Context, id idl.DomID) {
	ctx := t.Context()
	ctrl, err := c.DeviceUSBCtrlAdd(ctx, id, idl.DeviceUSBCtrl{})
	if err != nil {
		var e *Error
		if !errors.As(err, &e) || e.Code == 0 || e.telling() == nil {
			t.Errorf("%+v", err)
		}
		t.Logf("no USB here: %v", err)
		if list, err := c.DeviceUSBCtrlList(ctx, id); err != nil || len(list) != 0 {
			t.Errorf("list %+v, %+v", list, err)
		}
		return
	}
	list, err := c.DeviceUSBCtrlList(ctx, id)
	if err != nil || len(list) != 1 || !reflect.DeepEqual(list[0], ctrl) {
		t.Errorf("list %+v, %+v; added %+v", list, err, ctrl)
	}
	if found, err := c.DevIDToDeviceUSBCtrl(ctx, id, *ctrl.DevID); err != nil || !reflect.DeepEqual(found, ctrl) {
		t.Errorf("found %+v, %+v", found, err)
	}
	info, err := c.DeviceUSBCtrlInfo(ctx, id, ctrl)
	if err != nil || info.Ports != ctrl.Ports || info.Type != ctrl.Type {
		t.Errorf("%+v, %+v", info, err)
	}
	if _, err := c.CtrlPortToDeviceUSBDev(ctx, id, *ctrl.DevID, 1); !errors.Is(err, ErrNotFound) {
		t.Errorf("an empty port: %+v", err)
	}
	if err := c.DeviceUSBCtrlDestroy(ctx, id, ctrl); err != nil {
		t.Errorf("%+v", err)
	}
	if list, err := c.DeviceUSBCtrlList(ctx, id); err != nil || len(list) != 0 {
		t.Errorf("list %+v, %+v", list, err)
	}
}

// TestXenHotplug adds devices to a running guest, which takes them, and removes them with
// its consent.
func TestXenHotplug(t *testing.T) {
	c := openXen(t)
	id := bareGuest(t, c)
	g := openConsole(t, c, id)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	if err := c.DomainUnpause(ctx, id); err != nil {
		t.Fatalf("%+v", err)
	}
	n := g.waitCount(0)

	nic, err := c.DeviceNICAdd(ctx, id, idl.DeviceNIC{Bridge: "br0"})
	if err != nil {
		t.Fatalf("%+v", err)
	}
	waitConnected(ctx, t, fmt.Sprintf("/local/domain/0/backend/vif/%d/0/state", id))
	info, err := c.DeviceNICInfo(ctx, id, nic)
	if err != nil || info.State != 4 || info.RrefTx < 0 { // no Evtch: Linux has one for each direction
		t.Errorf("%+v, %+v", info, err)
	}
	if got := rows(t, "xl", "network-list", fmt.Sprint(id)); len(got) != 1 || got[0] != nicRow(nic, info) {
		t.Errorf("xl network-list says %q, want %q", got, nicRow(nic, info))
	}
	if err := c.DeviceNICRemove(ctx, id, nic); err != nil {
		t.Errorf("%+v", err)
	}
	gone(t, id, "vif")

	disk, err := c.DeviceDiskAdd(ctx, id, idl.DeviceDisk{PDevPath: rawDisk(t), VDev: "xvdc", Format: idl.DiskFormatRaw, Readwrite: 1})
	if err != nil {
		t.Fatalf("%+v", err)
	}
	waitConnected(ctx, t, fmt.Sprintf("/local/domain/0/backend/vbd/%d/%d/state", id, 202<<8|2<<4))
	if info, err := c.DeviceDiskInfo(ctx, id, disk); err != nil || info.State != 4 || info.Rref < 0 {
		t.Errorf("%+v, %+v", info, err)
	}
	if err := c.DeviceDiskSafeRemove(ctx, id, disk); err != nil {
		t.Errorf("%+v", err)
	}
	gone(t, id, "vbd")
	g.waitCount(n)
}

// waitConnected waits until the back end's state is XenbusStateConnected.
func waitConnected(ctx context.Context, t *testing.T, path string) {
	t.Helper()
	store, err := xenstore.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	changes, err := store.Watch(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	state := ""
	for range changes {
		if state, _ = store.Read(ctx, path); state == "4" {
			return
		}
	}
	t.Fatalf("%s is %q", path, state)
}

// TestXenCDROM changes what is in the drive of an HVM guest. There is a disc in it at first:
// QEMU 7.2 of Debian 12 crashes (a null read, by xl cd-insert too) when one is put into a
// drive that was empty from the beginning.
func TestXenCDROM(t *testing.T) {
	c := openXen(t)
	cfg := tinyConfig(t, idl.DomainTypeHVM)
	cfg.NICs = nil
	first := rawDisk(t)
	cfg.Disks = []idl.DeviceDisk{{VDev: "hdc", PDevPath: first, IsCdrom: 1, Removable: 1, Format: idl.DiskFormatRaw}}
	id := create(t, c, cfg)
	ctx := t.Context()
	inside := func() string {
		disk, err := c.VDevToDeviceDisk(ctx, id, "hdc")
		if err != nil || disk.IsCdrom == 0 || disk.Backend != idl.DiskBackendQdisk {
			t.Errorf("the drive is %+v, %+v", disk, err)
		}
		return disk.PDevPath
	}
	if path := inside(); path != first {
		t.Errorf("the new drive has %q, want %q", path, first)
	}
	image := rawDisk(t)
	if err := c.CDROMInsert(ctx, id, idl.DeviceDisk{VDev: "hdc", PDevPath: image, Format: idl.DiskFormatRaw, IsCdrom: 1, Removable: 1}); err != nil {
		t.Fatalf("%+v", err)
	}
	if path := inside(); path != image {
		t.Errorf("the drive has %q, want %q", path, image)
	}
	if text := inDom0(t, "xenstore-ls", "-f", fmt.Sprintf("/libxl/%d/device/vbd", id)); !strings.Contains(text, "aio:"+image) {
		t.Errorf("xenstore has\n%s", text)
	}
	if err := c.CDROMInsert(ctx, id, idl.DeviceDisk{VDev: "hdc", IsCdrom: 1, Removable: 1}); err != nil {
		t.Fatalf("%+v", err)
	}
	if path := inside(); path != "" {
		t.Errorf("after ejecting the drive has %q", path)
	}
	if err := c.CDROMInsert(ctx, id, idl.DeviceDisk{VDev: "hdd", IsCdrom: 1}); !errors.Is(err, ErrFail) {
		t.Errorf("into a drive that is not there: %+v", err)
	}
}

func TestXenPCIAssignable(t *testing.T) {
	c := openXen(t)
	want := inDom0(t, "xl", "pci-assignable-list")
	devices, err := c.DevicePCIAssignableList(t.Context())
	if _, missing := os.Stat("/sys/bus/pci/drivers/pciback"); missing != nil {
		if !errors.Is(err, ErrFail) || want != "" {
			t.Errorf("without pciback: %+v; xl says %q", err, want)
		}
	} else if err != nil {
		t.Fatalf("%+v", err)
	}
	var got strings.Builder
	for _, d := range devices {
		fmt.Fprintf(&got, "%04x:%02x:%02x.%01x \n", d.Domain, d.Bus, d.Dev, d.Func)
	}
	if got.String() != want {
		t.Errorf("%q; xl says %q", got.String(), want)
	}
	none := idl.DevicePCI{Domain: 0xffff, Bus: 0xff, Dev: 0x1f, Func: 7}
	if err := c.DevicePCIAssignableAdd(t.Context(), none, false); !errors.Is(err, ErrFail) {
		t.Errorf("making a device assignable that is not there: %+v", err)
	}
	if err := c.DevicePCIAssignableRemove(t.Context(), idl.DevicePCI{Name: "nobody"}, false); !errors.Is(err, ErrNotFound) {
		t.Errorf("by a name that none has: %+v", err)
	}
}

// TestXenEventsHandler runs the handler in a process of its own, because it cannot be ended.
func TestXenEventsHandler(t *testing.T) {
	const child = "XENVOY_TEST_EVENTS_HANDLER"
	if os.Getenv(child) == "" {
		openXen(t) // or skips
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestXenEventsHandler$", "-test.v")
		cmd.Env = append(os.Environ(), child+"=1")
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS") {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	c, err := Open(t.Context(), Options{})
	if err != nil {
		t.Fatalf("%+v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := c.DeviceEventsHandler(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%+v", err)
	}
	if err := exec.CommandContext(t.Context(), "true").Run(); err != nil { // no lock is held
		t.Error(err)
	}
	if err := c.Close(); !errors.Is(err, ErrDisaster) {
		t.Errorf("Close: %v", err)
	}
}
