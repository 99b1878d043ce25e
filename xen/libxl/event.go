package libxl

import "github.com/xenvoy/xenvoy/xen/libxl/idl"

// An Event is something that happened to a domain.
type Event struct {
	Type   idl.EventType // which of the others are set
	Domain idl.DomID
	Reason idl.ShutdownReason // why it shut down; ShutdownReasonUnknown otherwise
	VDev   string             // which disk was ejected, such as "hdc"
	Disk   *idl.DeviceDisk    // that disk with nothing in it, for CDROMInsert
}
