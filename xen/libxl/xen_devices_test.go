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
	"strings"
	"testing"
	"time"

	"github.com/xenvoy/xenvoy/xen"
	"github.com/xenvoy/xenvoy/xen/internal/processtest"
	"github.com/xenvoy/xenvoy/xen/internal/xenlog"
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

// testFailedScript: what a failure has left can be destroyed with what it returned.
func testFailedScript(t *testing.T, c *Context, id idl.DomID) {
	ctx := t.Context()
	nic, err := c.DeviceNICAdd(ctx, id, idl.DeviceNIC{Bridge: "no-such-bridge"})
	var e *Error
	if !errors.As(err, &e) || e.Code == 0 || xenlog.Telling(e.Log) == nil || nic.DevID == nil {
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
	fds := processtest.Descriptors(t)
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
	if n := processtest.Descriptors(t); n != fds {
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
