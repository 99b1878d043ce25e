package libxc

import "context"

// SaveOptions are choices for SaveDomain, and what it asks of its caller. The functions run
// on SaveDomain's goroutine, inside C: they must not call runtime.Goexit. They may use
// the Interface.
type SaveOptions struct {
	Live  bool // copy memory while the guest runs (XCFLAGS_LIVE)
	Debug bool // send all memory again at the end, to compare (XCFLAGS_DEBUG)

	// Suspend makes the guest suspend itself, and returns when the hypervisor shows it
	// as shut down for idl.ShutdownReasonSuspend. It is called once at most, and needed.
	Suspend func(context.Context) error
	// Policy decides how a live save goes on; nil is DefaultPolicy. It must not block.
	Policy func(PrecopyStats) PrecopyDecision
	// SwitchLogDirty makes the device model tell the hypervisor which pages it writes
	// to, or stop that. It is called for HVM and PVH: first with true, and when that
	// has succeeded in the end with false, then with a context that does not end and an
	// error that is only logged. nil is right for a domain without a device model, such
	// as PVH.
	SwitchLogDirty func(ctx context.Context, enable bool) error
	// Progress receives how far the save has come; it may be nil. It must not block.
	Progress func(Progress)
}

// PrecopyStats is how far a live save has come. The policy is asked before each pass,
// with DirtyPages known, and after each with DirtyPages -1.
type PrecopyStats struct {
	Iteration  uint   // passes done
	Written    uint64 // pages sent in them
	DirtyPages int64  // pages that the next pass has to send, -1 if unknown
}

// A PrecopyDecision is a policy's answer.
type PrecopyDecision int

// The decisions. What a policy that is asked before a pass answers is done after that
// pass, except PrecopyAbort.
const (
	PrecopyAbort    PrecopyDecision = -1 // give up; the guest runs on
	PrecopyContinue PrecopyDecision = 0  // make another pass
	PrecopyStop     PrecopyDecision = 1  // suspend the guest and send what is left
)

// DefaultPolicy is what libxc does by itself: stop with fewer than 50 dirty pages, or
// after five passes (xg_sr_save.c, simple_precopy_policy).
func DefaultPolicy(s PrecopyStats) PrecopyDecision {
	const fewPages, manyPasses = 50, 5
	if s.DirtyPages >= 0 && s.DirtyPages < fewPages || s.Iteration >= manyPasses {
		return PrecopyStop
	}
	return PrecopyContinue
}
