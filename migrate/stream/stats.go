package stream

// MaxPasses is how many passes Stats keeps apart. A checkpointed stream has no
// end of them; what follows is added to the last.
const MaxPasses = 256

// Pass is one way through the guest's memory. The first sends all of it, the
// later ones what was changed meanwhile.
type Pass struct {
	Offset  int64             `json:"offset"`           // of its first record, in bytes from the start of the stream
	Entries uint64            `json:"entries"`          // page frame numbers in its records
	Pages   uint64            `json:"pages"`            // those that carry 4096 bytes of data
	Bytes   int64             `json:"bytes"`            // of its records, headers included
	Types   [pageTypes]uint64 `json:"types"`            // entries by PageType
	Verify  bool              `json:"verify,omitempty"` // repeats all memory for comparison (a debug option of libxc)
}

// Stats is what a Scanner has seen so far.
type Stats struct {
	Bytes       int64  `json:"bytes"`       // of the stream
	HVM         bool   `json:"hvm"`         // an HVM or PVH guest, else PV
	XenMajor    uint32 `json:"xen_major"`   // version of Xen that wrote the stream
	XenMinor    uint32 `json:"xen_minor"`   //
	Passes      []Pass `json:"passes"`      // at most MaxPasses
	PassCount   int    `json:"pass_count"`  // all of them
	StateBytes  int64  `json:"state_bytes"` // libxc's records of the suspended guest: CPUs, devices in Xen
	HVMContext  int64  `json:"hvm_context"` // of these, Xen's own save blob
	Emulator    int64  `json:"emulator"`    // libxl's records of the device model
	Checkpoints int    `json:"checkpoints"` // complete ones, in a checkpointed stream
}

// Pages is the number of pages sent with data, over all passes.
func (s *Stats) Pages() uint64 {
	var n uint64
	for i := range s.Passes {
		n += s.Passes[i].Pages
	}
	return n
}

func (s *Stats) add(p Pass) {
	if len(s.Passes) < MaxPasses {
		s.Passes = append(s.Passes, p)
		return
	}
	last := &s.Passes[len(s.Passes)-1]
	last.Entries += p.Entries
	last.Pages += p.Pages
	last.Bytes += p.Bytes
	for t, n := range p.Types {
		last.Types[t] += n
	}
}

// EventKind says what a Scanner came upon.
type EventKind int

// The events, in the order of a plain stream.
const (
	PassStarted     EventKind = iota // a pass over memory begins
	PassEnded                        // what was begun is complete; Event.Stats holds it
	StateStarted                     // memory is complete: the state of CPUs and devices follows
	EmulatorStarted                  // the state of the device model follows
	Checkpoint                       // a checkpoint is complete
	Ended                            // the stream is complete
)

// String is the event in a word or two.
func (k EventKind) String() string {
	names := [...]string{"pass started", "pass ended", "state started", "emulator started", "checkpoint", "ended"}
	if k < 0 || int(k) >= len(names) {
		return "unknown event"
	}
	return names[k]
}

// Event is a point in a stream.
type Event struct {
	Kind   EventKind
	Offset int64 // of the record that made it, in bytes from the start of the stream
	Pass   int   // PassStarted, PassEnded: number of the pass, from 0
	Stats  Pass  // PassEnded: the pass
}
