package libxl

import "github.com/xenvoy/xenvoy/xen/libxl/idl"

// An Event is something that happened to a domain.
type Event struct {
	Type   idl.EventType // EventTypeDomainShutdown or EventTypeDomainDeath
	Domain idl.DomID
	Reason idl.ShutdownReason // why it shut down; ShutdownReasonUnknown for a death
}
