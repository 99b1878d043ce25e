//go:build cgo

package libxl

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
	"github.com/xenvoy/xenvoy/xen/xenstore"
)

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
	n := g.WaitCount(0)

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
	g.WaitCount(n)
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
