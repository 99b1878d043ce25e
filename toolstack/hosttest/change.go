package hosttest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// changeAmounts gives a running guest less and more, and looks whether its
// configuration tells so.
func changeAmounts(t *testing.T, ctx context.Context, s Setup) {
	id := start(t, ctx, s, "contract-amounts")
	if ok, err := s.Host.HasDrivers(ctx, id); !ok || err != nil {
		t.Errorf("a guest with PV drivers has them: %v, %v", ok, err)
	}
	whole := uint64(*config(t, ctx, s.Host, id).BInfo.MaxMemKB)
	for _, kib := range []uint64{whole - 32<<10, whole} {
		if err := s.Host.SetMemory(ctx, id, kib); err != nil {
			t.Fatal(err)
		}
		if got := config(t, ctx, s.Host, id).BInfo.TargetMemKB; got == nil || uint64(*got) != kib {
			t.Errorf("told to have %d KiB, its target is %v", kib, got)
		}
	}
	if err := s.Host.SetMemory(ctx, id, whole+1024); err == nil {
		t.Error("it was given more memory than it may have")
	}
	if err := s.Host.SetMaxMemory(ctx, id, whole+16<<10); err != nil {
		t.Error(err)
	}
	if got := uint64(*config(t, ctx, s.Host, id).BInfo.MaxMemKB); got != whole+16<<10 {
		t.Errorf("its limit is %d KiB, want %d", got, whole+16<<10)
	}
	for _, n := range []int{1, 2} {
		if err := s.Host.SetVCPUs(ctx, id, n); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Host.VCPUs(ctx, id); got != n || err != nil {
			t.Errorf("told to use %d virtual CPUs, it uses %d, %v", n, got, err)
		}
	}
	if s.Host.SetVCPUs(ctx, id, 0) == nil || s.Host.SetVCPUs(ctx, id, 3) == nil {
		t.Error("it was given a number of virtual CPUs that it cannot have")
	}
	weight := int32(300)
	if err := s.Host.SetScheduling(ctx, id, idl.DomainSchedParams{Weight: &weight}); err != nil {
		t.Error(err)
	}
	if got := config(t, ctx, s.Host, id).BInfo.SchedParams.Weight; got == nil || *got != weight {
		t.Errorf("its weight is %v, want %d", got, weight)
	}
}

func config(t *testing.T, ctx context.Context, h toolstack.Host, id toolstack.DomID) *idl.DomainConfig {
	t.Helper()
	cfg, err := h.Config(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// changeDevices attaches a disk and a network to a running guest and takes them away.
func changeDevices(t *testing.T, ctx context.Context, s Setup) {
	id := start(t, ctx, s, "contract-devices")
	path := filepath.Join(t.TempDir(), "disk.img")
	if err := os.WriteFile(path, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	disk := idl.DeviceDisk{PDevPath: path, VDev: "xvdk", Format: idl.DiskFormatRaw, Readwrite: 1}
	if err := s.Host.AttachDisk(ctx, id, disk); err != nil {
		t.Fatal(err)
	}
	if all := config(t, ctx, s.Host, id).Disks; len(all) != 1 || all[0].VDev != "xvdk" || all[0].PDevPath != path {
		t.Errorf("its disks are %+v", all)
	}
	if err := s.Host.AttachDisk(ctx, id, disk); !errors.Is(err, toolstack.ErrDeviceTaken) {
		t.Errorf("the same disk again: %v, want ErrDeviceTaken", err)
	}
	other := idl.DeviceDisk{PDevPath: filepath.Join(t.TempDir(), "none"), VDev: "xvdk", Format: idl.DiskFormatRaw, Backend: idl.DiskBackendQdisk}
	if err := s.Host.AttachDisk(ctx, id, other); !errors.Is(err, toolstack.ErrDeviceTaken) {
		t.Errorf("a disk that is not there in its place: %v, want ErrDeviceTaken", err)
	}
	if all := config(t, ctx, s.Host, id).Disks; len(all) != 1 || all[0].PDevPath != path {
		t.Errorf("its disks are now %+v", all)
	}
	if err := s.Host.DetachDisk(ctx, id, "xvdk"); err != nil {
		t.Error(err)
	}
	if err := s.Host.DetachDisk(ctx, id, "xvdk"); !errors.Is(err, toolstack.ErrNoDevice) {
		t.Errorf("a disk that is gone: %v, want ErrNoDevice", err)
	}
	nic, err := s.Host.AttachNetwork(ctx, id, idl.DeviceNIC{MAC: idl.MAC{0x00, 0x16, 0x3e, 1, 2, 3}, Bridge: s.Bridge})
	if err != nil || nic.DevID == nil {
		t.Fatal(nic, err)
	}
	if all := config(t, ctx, s.Host, id).NICs; len(all) != 1 || all[0].MAC != nic.MAC || *all[0].DevID != *nic.DevID {
		t.Errorf("its networks are %+v", all)
	}
	if err := s.Host.DetachNetwork(ctx, id, *nic.DevID); err != nil {
		t.Error(err)
	}
	if err := s.Host.DetachNetwork(ctx, id, *nic.DevID); !errors.Is(err, toolstack.ErrNoDevice) {
		t.Errorf("a network that is gone: %v, want ErrNoDevice", err)
	}
	if cfg := config(t, ctx, s.Host, id); len(cfg.Disks)+len(cfg.NICs) != 0 {
		t.Errorf("left: disks %+v, networks %+v", cfg.Disks, cfg.NICs)
	}
}

// changeUnknown asks for changes to a domain that is not there.
func changeUnknown(t *testing.T, ctx context.Context, s Setup) {
	const id = 31999
	h := s.Host
	_, vcpus := h.VCPUs(ctx, id)
	_, drivers := h.HasDrivers(ctx, id)
	_, attach := h.AttachNetwork(ctx, id, idl.DeviceNIC{Bridge: s.Bridge})
	for op, err := range map[string]error{
		"memory": h.SetMemory(ctx, id, 1<<16), "max memory": h.SetMaxMemory(ctx, id, 1<<16),
		"drivers": drivers, "vcpus": vcpus, "set vcpus": h.SetVCPUs(ctx, id, 1),
		"scheduling":  h.SetScheduling(ctx, id, idl.DomainSchedParams{Weight: new(int32(1))}),
		"attach disk": h.AttachDisk(ctx, id, idl.DeviceDisk{PDevPath: "/dev/null", VDev: "xvda", Format: idl.DiskFormatRaw}),
		"detach disk": h.DetachDisk(ctx, id, "xvda"), "attach network": attach, "detach network": h.DetachNetwork(ctx, id, 0),
	} {
		if !errors.Is(err, toolstack.ErrNoDomain) {
			t.Errorf("%s of an unknown domain: %v, want ErrNoDomain", op, err)
		}
	}
}
