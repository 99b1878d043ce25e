package libxl

import (
	"os"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// CreateOptions are choices for DomainCreateNew and DomainSoftReset.
type CreateOptions struct {
	// ConsoleAvailable is called once, while the domain is being built, when its
	// console can be opened: before a boot loader asks there. It must not block, nor
	// start a program, which would wait for this very call, nor panic, which ends
	// the process; nil means that nobody wants to know.
	ConsoleAvailable func(idl.DomID)
}

// RestoreOptions are choices for DomainCreateRestore.
type RestoreOptions struct {
	// Progress receives what the restore helper reports. It must not block. With
	// more than one stream at a time on one Context it is not called, because
	// the reports do not say whose they are.
	Progress func(Progress)
	// ConsoleAvailable is as in CreateOptions.
	ConsoleAvailable func(idl.DomID)
	// Checkpointed says that the stream goes on with checkpoints until its sender fails: the
	// domain is then as it was at the last one.
	Checkpointed idl.CheckpointedStream
	// SendBack takes what a checkpointed stream's reader has to say, which only COLO's has; nil
	// for none. It stays the caller's to close.
	SendBack *os.File
	// ColoProxyScript and UserspaceColoProxy are for COLO.
	ColoProxyScript    string
	UserspaceColoProxy bool
}

// SuspendOptions are choices for DomainSuspend.
type SuspendOptions struct {
	Live  bool // copy memory while the guest runs (LIBXL_SUSPEND_LIVE)
	Debug bool // send all memory again at the end, to compare (LIBXL_SUSPEND_DEBUG)
	// Progress receives what the save helper reports, such as
	// {Doing: "Frames iteration 1", Done: 1024, Total: 32768}. It must not
	// block. With more than one stream at a time on one Context it is not called,
	// because the reports do not say whose they are.
	Progress func(Progress)
}

// A PSRSample is what a monitor shows: bytes of cache held, or bytes moved since some time.
// The rate is the difference of two samples divided by that of their TSCs.
type PSRSample struct {
	Bytes uint64
	TSC   uint64 // the socket's time stamp counter when the sample was taken
}
