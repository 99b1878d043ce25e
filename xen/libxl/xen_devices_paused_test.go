//go:build cgo

package libxl

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/xen/internal/xenlog"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

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

// testUSBCtrl: whether it works is a matter of dom0's kernel and of how QEMU was built.
func testUSBCtrl(t *testing.T, c *Context, id idl.DomID) {
	ctx := t.Context()
	ctrl, err := c.DeviceUSBCtrlAdd(ctx, id, idl.DeviceUSBCtrl{})
	if err != nil {
		var e *Error
		if !errors.As(err, &e) || e.Code == 0 || xenlog.Telling(e.Log) == nil {
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
