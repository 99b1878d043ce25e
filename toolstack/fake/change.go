package fake

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// fill is a copy of the configuration with what libxl adds to the one that it stores:
// what tells devices apart, and what the hypervisor has chosen.
func fill(cfg *idl.DomainConfig) *idl.DomainConfig {
	stored := *cfg
	stored.Disks, stored.NICs = slices.Clone(cfg.Disks), nil
	for _, nic := range cfg.NICs {
		stored.NICs = append(stored.NICs, number(stored.NICs, nic))
	}
	if stored.BInfo.SchedParams.Weight == nil {
		stored.BInfo.SchedParams.Weight, stored.BInfo.SchedParams.Cap = new(int32(256)), new(int32(0))
	}
	stored.BInfo.SchedParams.Sched = idl.SchedulerCredit2
	stored.BInfo.VideoMemKB = new(idl.MemKB(0))
	stored.BInfo.ArchX86.MSRRelaxed = idl.False
	return &stored
}

// number gives an interface the next number after all, and an address when it has none.
func number(all []idl.DeviceNIC, nic idl.DeviceNIC) idl.DeviceNIC {
	next := idl.DevID(0)
	for i := range all {
		next = max(next, *all[i].DevID+1)
	}
	nic.DevID = &next
	if nic.MAC == (idl.MAC{}) {
		nic.MAC = idl.MAC{0x00, 0x16, 0x3e}
		binary.BigEndian.PutUint16(nic.MAC[4:], uint16(next))
	}
	if nic.NICType == 0 {
		nic.NICType = idl.NICTypeVif
	}
	return nic
}

// edit runs f on the domain's configuration, which is kept when f returns nil.
func (h *Host) edit(op string, id toolstack.DomID, f func(*guest, *idl.DomainConfig) error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	g, err := h.guest(id)
	if err == nil {
		err = h.failure(op, g.info.Name)
	}
	if err != nil {
		return err
	}
	var cfg idl.DomainConfig
	if err := json.Unmarshal(g.cfg, &cfg); err != nil {
		return err
	}
	if err := f(g, &cfg); err != nil {
		return err
	}
	g.cfg, err = json.Marshal(&cfg)
	return err
}

// HasDrivers is true but for the guests that NoDrivers names.
func (h *Host) HasDrivers(ctx context.Context, id toolstack.DomID) (bool, error) {
	d, err := h.Domain(ctx, id)
	return !slices.Contains(h.NoDrivers, d.Name), err
}

// SetMemory takes effect at once.
func (h *Host) SetMemory(_ context.Context, id toolstack.DomID, kib uint64) error {
	return h.edit("set memory", id, func(g *guest, cfg *idl.DomainConfig) error {
		if kib > memory(cfg) {
			return fmt.Errorf("domain %d: %d KiB are more than the %d that it may have", id, kib, memory(cfg))
		}
		cfg.BInfo.TargetMemKB = new(idl.MemKB(kib))
		g.info.MemoryKiB = kib
		return nil
	})
}

// SetMaxMemory keeps the limit.
func (h *Host) SetMaxMemory(_ context.Context, id toolstack.DomID, kib uint64) error {
	return h.edit("set max memory", id, func(_ *guest, cfg *idl.DomainConfig) error {
		if t := cfg.BInfo.TargetMemKB; t != nil && kib < uint64(*t) {
			return fmt.Errorf("domain %d: %d KiB are less than its target", id, kib)
		}
		cfg.BInfo.MaxMemKB = new(idl.MemKB(kib))
		return nil
	})
}

// VCPUs is what SetVCPUs has set.
func (h *Host) VCPUs(ctx context.Context, id toolstack.DomID) (int, error) {
	d, err := h.Domain(ctx, id)
	return d.VCPUs, err
}

// SetVCPUs takes effect at once.
func (h *Host) SetVCPUs(_ context.Context, id toolstack.DomID, n int) error {
	return h.edit("set vcpus", id, func(g *guest, cfg *idl.DomainConfig) error {
		if n < 1 || n > g.info.MaxVCPUs {
			return fmt.Errorf("domain %d: %d virtual CPUs: it was built with %d", id, n, g.info.MaxVCPUs)
		}
		cfg.BInfo.AvailVCPUs = nil
		for i := range n {
			cfg.BInfo.AvailVCPUs = append(cfg.BInfo.AvailVCPUs, uint32(i))
		}
		g.info.VCPUs = n
		return nil
	})
}

// SetScheduling keeps weight and cap.
func (h *Host) SetScheduling(_ context.Context, id toolstack.DomID, p idl.DomainSchedParams) error {
	return h.edit("set scheduling", id, func(_ *guest, cfg *idl.DomainConfig) error {
		if p.Weight != nil {
			cfg.BInfo.SchedParams.Weight = p.Weight
		}
		if p.Cap != nil {
			cfg.BInfo.SchedParams.Cap = p.Cap
		}
		return nil
	})
}

func withVDev(vdev string) func(idl.DeviceDisk) bool {
	return func(d idl.DeviceDisk) bool { return d.VDev == vdev }
}

// AttachDisk adds to the configuration.
func (h *Host) AttachDisk(_ context.Context, id toolstack.DomID, disk idl.DeviceDisk) error {
	return h.edit("attach disk", id, func(_ *guest, cfg *idl.DomainConfig) error {
		if slices.ContainsFunc(cfg.Disks, withVDev(disk.VDev)) {
			return fmt.Errorf("disk %s of domain %d: %w", disk.VDev, id, toolstack.ErrDeviceTaken)
		}
		cfg.Disks = append(cfg.Disks, disk)
		return nil
	})
}

// DetachDisk takes from it.
func (h *Host) DetachDisk(_ context.Context, id toolstack.DomID, vdev string) error {
	return h.edit("detach disk", id, func(_ *guest, cfg *idl.DomainConfig) error {
		i := slices.IndexFunc(cfg.Disks, withVDev(vdev))
		if i < 0 {
			return fmt.Errorf("disk %s of domain %d: %w", vdev, id, toolstack.ErrNoDevice)
		}
		cfg.Disks = slices.Delete(cfg.Disks, i, i+1)
		return nil
	})
}

// ChangeDisc changes what is in the drive.
func (h *Host) ChangeDisc(_ context.Context, id toolstack.DomID, disk idl.DeviceDisk) error {
	return h.edit("change disc", id, func(_ *guest, cfg *idl.DomainConfig) error {
		i := slices.IndexFunc(cfg.Disks, withVDev(disk.VDev))
		if i < 0 || cfg.Disks[i].IsCdrom == 0 {
			return fmt.Errorf("drive %s of domain %d: %w", disk.VDev, id, toolstack.ErrNoDevice)
		}
		cfg.Disks[i] = disk
		return nil
	})
}

// AttachNetwork adds to the configuration.
func (h *Host) AttachNetwork(_ context.Context, id toolstack.DomID, nic idl.DeviceNIC) (made idl.DeviceNIC, err error) {
	err = h.edit("attach network", id, func(_ *guest, cfg *idl.DomainConfig) error {
		made = number(cfg.NICs, nic)
		cfg.NICs = append(cfg.NICs, made)
		return nil
	})
	return made, err
}

// DetachNetwork takes from it.
func (h *Host) DetachNetwork(_ context.Context, id toolstack.DomID, devid idl.DevID) error {
	return h.edit("detach network", id, func(_ *guest, cfg *idl.DomainConfig) error {
		i := slices.IndexFunc(cfg.NICs, func(n idl.DeviceNIC) bool { return *n.DevID == devid })
		if i < 0 {
			return fmt.Errorf("network %d of domain %d: %w", devid, id, toolstack.ErrNoDevice)
		}
		cfg.NICs = slices.Delete(cfg.NICs, i, i+1)
		return nil
	})
}
