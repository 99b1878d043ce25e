//go:build cgo

package native

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/xen/libxc"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
	"github.com/xenvoy/xenvoy/xen/xenstore"
)

// HasDrivers asks whether an HVM guest has said how it wants to receive events, as libxl does
// before it asks one to shut down.
func (h *Host) HasDrivers(ctx context.Context, id toolstack.DomID) (bool, error) {
	d, err := h.xc.DomainInfo(ctx, idl.DomID(id))
	if err != nil {
		return false, h.about(ctx, id, err)
	}
	if typeOf(&d) != idl.DomainTypeHVM {
		return true, nil
	}
	how, err := h.xc.HVMParam(ctx, idl.DomID(id), libxc.HVMParamCallbackIRQ)
	return how != 0, h.about(ctx, id, err)
}

// SetMemory sets the target, and the hypervisor's own limit to it, as xl mem-set does.
//
// What xenstore calls the target is less than target_memkb by the video memory and by an
// allowance that libxl makes for HVM guests (libxl_mem.c, libxl__get_targetmem_fudge); a
// change by the difference comes out right for all.
func (h *Host) SetMemory(ctx context.Context, id toolstack.DomID, kib uint64) error {
	cfg, err := h.Config(ctx, id)
	if err != nil {
		return err
	}
	if cfg.BInfo.TargetMemKB == nil {
		return fmt.Errorf("domain %d has no memory target", id)
	}
	by := int64(kib) - int64(*cfg.BInfo.TargetMemKB)
	return h.withDomain(ctx, id, func(xl *libxl.Context, id idl.DomID) error {
		return xl.SetMemoryTarget(ctx, id, by, true, true)
	})
}

// SetMaxMemory sets what xenstore calls static-max, and the hypervisor's limit.
func (h *Host) SetMaxMemory(ctx context.Context, id toolstack.DomID, kib uint64) error {
	return h.withDomain(ctx, id, func(xl *libxl.Context, id idl.DomID) error {
		return xl.DomainSetMaxMem(ctx, id, idl.MemKB(kib))
	})
}

// VCPUs counts what xenstore tells the guest. The Config of an HVM guest has what its
// device model has plugged, which is never taken out again.
func (h *Host) VCPUs(ctx context.Context, id toolstack.DomID) (int, error) {
	d, err := h.Domain(ctx, id)
	if err != nil {
		return 0, err
	}
	paths := make([]string, d.MaxVCPUs)
	for i := range paths {
		paths[i] = fmt.Sprintf("/local/domain/%d/cpu/%d/availability", id, i)
	}
	values, err := xenstore.ReadEach(ctx, paths)
	if err != nil {
		return 0, err
	}
	n := 0
	for i, v := range values {
		switch {
		case v.Err != nil && !errors.Is(v.Err, fs.ErrNotExist):
			return 0, fmt.Errorf("read %s: %w", paths[i], v.Err)
		case v.Text == "online":
			n++
		}
	}
	return n, nil
}

// SetVCPUs tells the guest, and for an HVM one plugs what its device model lacks.
func (h *Host) SetVCPUs(ctx context.Context, id toolstack.DomID, n int) error {
	d, err := h.Domain(ctx, id)
	if err != nil {
		return err
	}
	if n < 1 || n > d.MaxVCPUs {
		return fmt.Errorf("domain %d: %d virtual CPUs: it was built with %d", id, n, d.MaxVCPUs)
	}
	first := make(idl.Bitmap, n)
	for i := range first {
		first[i] = uint32(i)
	}
	return h.withDomain(ctx, id, func(xl *libxl.Context, id idl.DomID) error { return xl.SetVCPUOnline(ctx, id, first) })
}

// SetScheduling sets the parameters of the domain's scheduler.
func (h *Host) SetScheduling(ctx context.Context, id toolstack.DomID, p idl.DomainSchedParams) error {
	return h.withDomain(ctx, id, func(xl *libxl.Context, id idl.DomID) error { return xl.DomainSchedParamsSet(ctx, id, p) })
}

// AttachDisk adds the disk and, when that fails half-way, takes away what is there. So it first
// looks whether another is in that place: libxl looks for that late, and a failure before, as
// over a path that does not exist, would take the other one away.
func (h *Host) AttachDisk(ctx context.Context, id toolstack.DomID, disk idl.DeviceDisk) error {
	return h.withDomain(ctx, id, func(xl *libxl.Context, id idl.DomID) error {
		all, err := xl.DeviceDiskList(ctx, id)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(all, func(d idl.DeviceDisk) bool { return d.VDev == disk.VDev }) {
			return fmt.Errorf("disk %s of domain %d: %w", disk.VDev, id, toolstack.ErrDeviceTaken)
		}
		made, err := xl.DeviceDiskAdd(ctx, id, disk)
		if clean(err) {
			return taken(err)
		}
		return errors.Join(err, xl.DeviceDiskDestroy(context.WithoutCancel(ctx), id, made))
	})
}

// AttachNetwork adds the interface likewise.
func (h *Host) AttachNetwork(ctx context.Context, id toolstack.DomID, nic idl.DeviceNIC) (made idl.DeviceNIC, err error) {
	err = h.withDomain(ctx, id, func(xl *libxl.Context, id idl.DomID) error {
		if err := numberTaken(ctx, xl, id, nic.DevID); err != nil {
			return err
		}
		made, err = xl.DeviceNICAdd(ctx, id, nic)
		if clean(err) || made.DevID == nil || *made.DevID < 0 { // without a number there is nothing
			return taken(err)
		}
		return errors.Join(err, xl.DeviceNICDestroy(context.WithoutCancel(ctx), id, made))
	})
	return made, err
}

// numberTaken says whether the domain has an interface with that number; nil stands for a free one.
func numberTaken(ctx context.Context, xl *libxl.Context, id idl.DomID, number *idl.DevID) error {
	if number == nil {
		return nil
	}
	all, err := xl.DeviceNICList(ctx, id)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(all, func(n idl.DeviceNIC) bool { return n.DevID != nil && *n.DevID == *number }) {
		return fmt.Errorf("network %d of domain %d: %w", *number, id, toolstack.ErrDeviceTaken)
	}
	return nil
}

// clean says that an addition has left nothing half done: it went well, or did not begin.
func clean(err error) bool {
	return err == nil || errors.Is(err, libxl.ErrDomainNotFound) || errors.Is(err, libxl.ErrDeviceExists)
}

func taken(err error) error {
	if errors.Is(err, libxl.ErrDeviceExists) {
		return fmt.Errorf("%w: %w", toolstack.ErrDeviceTaken, err)
	}
	return err
}

// DetachDisk waits for the guest, and never takes a disk by force.
func (h *Host) DetachDisk(ctx context.Context, id toolstack.DomID, vdev string) error {
	return h.withDomain(ctx, id, func(xl *libxl.Context, id idl.DomID) error {
		all, err := xl.DeviceDiskList(ctx, id)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(d idl.DeviceDisk) bool { return d.VDev == vdev })
		if i < 0 {
			return fmt.Errorf("disk %s of domain %d: %w", vdev, id, toolstack.ErrNoDevice)
		}
		err = xl.DeviceDiskSafeRemove(ctx, id, all[i])
		if errors.Is(err, libxl.ErrTimedOut) {
			return fmt.Errorf("disk %s: %w: %w", vdev, toolstack.ErrDeviceBusy, err)
		}
		return err
	})
}

// ChangeDisc changes what is in a drive.
func (h *Host) ChangeDisc(ctx context.Context, id toolstack.DomID, disk idl.DeviceDisk) error {
	return h.withDomain(ctx, id, func(xl *libxl.Context, id idl.DomID) error { return xl.CDROMInsert(ctx, id, disk) })
}

// DetachNetwork takes an interface away.
func (h *Host) DetachNetwork(ctx context.Context, id toolstack.DomID, devid idl.DevID) error {
	return h.withDomain(ctx, id, func(xl *libxl.Context, id idl.DomID) error {
		nic, err := xl.DevIDToDeviceNIC(ctx, id, devid)
		if errors.Is(err, libxl.ErrNotFound) {
			return fmt.Errorf("%w: %w", toolstack.ErrNoDevice, err)
		}
		if err != nil {
			return err
		}
		return xl.DeviceNICRemove(ctx, id, nic)
	})
}
