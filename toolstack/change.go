package toolstack

import (
	"context"
	"errors"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// Errors of changes to running domains; match them with errors.Is.
var (
	// ErrDeviceTaken says that the domain has a device in that place already.
	ErrDeviceTaken = errors.New("the domain has such a device already")
	// ErrNoDevice says that the domain has no such device.
	ErrNoDevice = errors.New("the domain has no such device")
	// ErrDeviceBusy says that the guest did not let go of a device: it is still there.
	ErrDeviceBusy = errors.New("the guest does not let go of the device")
)

// Changer is the part of a Host that changes domains while they run. What a method has
// changed is in the domain's Config afterwards. It tells the guest and does not wait for
// it: a guest without drivers for Xen, or one that is paused, may never follow.
type Changer interface {
	// HasDrivers tells whether the guest has drivers for Xen, without which it follows no
	// change of its memory, disks and networks. PV and PVH guests always have.
	HasDrivers(ctx context.Context, id DomID) (bool, error)

	// SetMemory tells the domain to have so much memory in KiB, in the terms of its
	// Config's target_memkb. It must not be more than its max_memkb.
	SetMemory(ctx context.Context, id DomID, kib uint64) error
	// SetMaxMemory sets what SetMemory may give at most, in KiB. It must not be less than
	// the target.
	SetMaxMemory(ctx context.Context, id DomID, kib uint64) error
	// VCPUs is how many virtual CPUs the domain has been told to use; DomainInfo has how
	// many it does use.
	VCPUs(ctx context.Context, id DomID) (int, error)
	// SetVCPUs tells the domain to use its first n virtual CPUs: from 1 to those that it
	// was built with.
	SetVCPUs(ctx context.Context, id DomID, n int) error
	// SetScheduling sets the domain's share of the CPUs; nil leaves a parameter as it is.
	SetScheduling(ctx context.Context, id DomID, p idl.DomainSchedParams) error

	// AttachDisk gives the domain another disk. After an error it has none more.
	// ErrDeviceTaken when its VDev is in use.
	AttachDisk(ctx context.Context, id DomID, disk idl.DeviceDisk) error
	// DetachDisk takes the disk with this VDev away once the guest has let go of it, which
	// it has 10 s for: ErrDeviceBusy when it has not. ErrNoDevice when there is none.
	DetachDisk(ctx context.Context, id DomID, vdev string) error
	// ChangeDisc puts another disc into the CD-ROM drive that has the disk's VDev; with an
	// empty PDevPath none.
	ChangeDisc(ctx context.Context, id DomID, disk idl.DeviceDisk) error
	// AttachNetwork gives the domain another network interface and returns it as it has
	// become: with its number and its address.
	AttachNetwork(ctx context.Context, id DomID, nic idl.DeviceNIC) (idl.DeviceNIC, error)
	// DetachNetwork takes the interface with this number away, by force when the guest has
	// not let go of it in 10 s. ErrNoDevice when there is none.
	DetachNetwork(ctx context.Context, id DomID, devid idl.DevID) error
}
