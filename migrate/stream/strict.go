package stream

// strict is what a Scanner remembers that checks every rule of the specifications,
// also those that libxl and libxc do not care for.
type strict struct {
	config    string // guest type in xl's configuration: "pv", "pvh", "hvm", or "" if it is not known
	converted bool   // from a stream from before Xen 4.6, whose converter has less order
	version   uint32 // of the libxc stream
	pv        *PVInfo
	p2m       bool // there was an X86_PV_P2M_FRAMES
	maxPFN    uint64
	memory    bool // there was a PAGE_DATA
	verified  bool
	policies  [recKnown]bool // what comes once in a stream
	round     round

	held  []byte // the fixed part of the current body, so far
	pos   uint32 // of the next byte in the body
	hvm   hvmScanner
	frame uint64 // of X86_PV_P2M_FRAMES, so far
}

// round is what is forgotten at a checkpoint.
type round struct {
	seen      [recKnown]bool
	state     RecordType   // the first record of the suspended guest; 0: none yet
	vcpus     []vcpuParts  // by number
	emulators []emulatorOf // that had a record
}

// vcpuParts has a bit for each of the records of a VCPU that were there.
type vcpuParts uint8

type emulatorOf struct {
	record LibxlType
	id     Emulator
}

// maxEmulators bounds how many emulators are told apart; libxl has one for a domain.
const maxEmulators = 64

// NewVerifier returns a Scanner that checks every rule of both specifications: see
// Rules. It holds 64 KiB of the stream at most.
func NewVerifier(observe func(Event)) *Scanner {
	s := NewScanner(observe)
	s.strict = &strict{}
	return s
}

func (s *Scanner) strictLibxlHeader(h *LibxlHeader) {
	s.strict.converted = h.Converted()
	if h.Options&^uint32(optBigEndian|optConverted) != 0 {
		s.fail(RuleLibxlOptions, s.part.String(), "has the unknown options %#x", h.Options)
	}
}

func (s *Scanner) strictImageHeader(h *ImageHeader) {
	s.strict.version = h.Version
	switch {
	case h.Options != 0:
		s.fail(RuleImageOptions, s.part.String(), "has the unknown options %#x", h.Options)
	case h.Reserved != 0:
		s.fail(RuleReserved, s.part.String(), "reserved field is %#x", h.Reserved)
	}
}

func (s *Scanner) strictDomainHeader(h *DomainHeader) {
	k := s.strict
	k.converted = k.converted || h.XenMajor == 0
	switch {
	case h.Reserved != 0:
		s.fail(RuleReserved, s.part.String(), "reserved field is %#x", h.Reserved)
	case k.config != "" && (k.config == "pv") != (h.Guest == GuestPV):
		s.fail(RuleXLGuest, s.part.String(), "guest is %s, and %s in xl's configuration", h.Guest, k.config)
	}
}

// strictLibxl judges a libxl record at its header.
func (s *Scanner) strictLibxl(t LibxlType) {
	s.strict.begin()
	switch t {
	case LibxlEmulatorXenstore, LibxlEmulatorContext:
		if !s.stats.HVM || s.strict.config == "pvh" {
			s.fail(RuleEmulatorGuest, t.String(), "is of a guest without device model")
		}
	case LibxlCheckpointState:
		s.fail(RuleCheckpointState, t.String(), "is not of a plain or Remus stream")
	}
	s.wantBody(t.headSize(s.record.length) > 0, t == LibxlEmulatorXenstore || t == LibxlEmulatorContext)
}

// wantBody refuses a body that is too long to be of its kind, or that is missing.
func (s *Scanner) wantBody(has, must bool) {
	if must && !has && s.err == nil {
		s.fail(RuleBodyLength, s.record.name.String(), "has a body of %d bytes", s.record.length)
	}
}

// strictEntry judges an entry of PAGE_DATA.
func (s *Scanner) strictEntry(pfn uint64, t PageType) {
	const hvmPFNBits = 40 // physical addresses have at most 52
	k := s.strict
	switch {
	case s.stats.HVM && (t == PageAllocate && !k.converted || t != PageNormal && t.HasData()):
		s.fail(RulePageGuest, s.record.name.String(), "page %#x of an HVM guest is of type %s", pfn, t)
	case s.stats.HVM && pfn>>hvmPFNBits != 0, !s.stats.HVM && pfn > k.maxPFN:
		s.fail(RulePFN, s.record.name.String(), "page %#x is out of range", pfn)
	}
}
