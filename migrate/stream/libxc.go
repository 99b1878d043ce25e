package stream

import "encoding/binary"

func (s *Scanner) imageHeader(b []byte) {
	h, f := parseImageHeader(b)
	if f != nil {
		s.fault(s.part.String(), f)
		return
	}
	s.staticDone = h.Version < libxcVersionMax
	if s.strict != nil {
		s.strictImageHeader(h)
	}
	s.part = partDomainHeader
}

func (s *Scanner) domainHeader(b []byte) {
	h, f := parseDomainHeader(b)
	if f != nil {
		s.fault(s.part.String(), f)
		return
	}
	s.stats.HVM = h.Guest == GuestHVM
	s.stats.XenMajor, s.stats.XenMinor = h.XenMajor, h.XenMinor
	if s.strict != nil {
		s.strictDomainHeader(h)
	}
	s.part = partRecord
}

func (s *Scanner) libxcRecord(b []byte) {
	t, length := RecordType(binary.LittleEndian.Uint32(b)), binary.LittleEndian.Uint32(b[4:])
	s.record = record{name: t, length: length, libxc: true}
	switch {
	case length > MaxRecordLength:
		s.fail(RuleRecordLength, t.String(), "has a body of %d bytes, more than %d", length, MaxRecordLength)
	case t >= recKnown && t&RecOptional == 0:
		s.fail(RuleRecordType, t.String(), "is of an unknown type")
	case t.empty() && length != 0:
		s.fail(RuleRecordLength, t.String(), "has a body of %d bytes, not an empty one", length)
	case t == RecPageData && !s.staticDone:
		s.fail(RuleStaticData, t.String(), "comes before STATIC_DATA_END")
	case t == RecPageData && length < pageHeaderSize+pfnSize:
		s.fail(RulePageCount, t.String(), "has a body of %d bytes, too short for one page", length)
	default:
		s.libxcBody(t)
	}
}

func (s *Scanner) libxcBody(t RecordType) {
	if s.strict != nil {
		if s.strictRecord(t); s.err != nil {
			return
		}
	}
	if t == RecPageData {
		s.part = partPageHeader
		return
	}
	s.skip = padded(s.record.length)
	if t.isState() {
		s.state(t)
	}
	switch t {
	case RecStaticDataEnd:
		s.staticDone = true
	case RecVerify:
		s.endPass()
		s.verify = true
	case RecCheckpoint:
		s.libxcCheckpoint()
	case RecEnd:
		s.libxcEnd()
	}
}

// libxcCheckpoint gives the stream to libxl until its CHECKPOINT_END, if there is a
// libxl stream around.
func (s *Scanner) libxcCheckpoint() {
	s.endPass()
	if s.bare {
		s.checkpoint()
		return
	}
	s.inCheckpoint = true
	s.part = partLibxlRecord
}

func (s *Scanner) libxcEnd() {
	s.endPass()
	s.part = partLibxlRecord
	if s.bare {
		s.done = true
		s.event(Ended)
	}
}

// state counts a record of the suspended guest; the first says that memory is
// complete.
func (s *Scanner) state(t RecordType) {
	s.endPass()
	if !s.stateSeen {
		s.stateSeen = true
		s.event(StateStarted)
	}
	size := int64(recordHeaderSize + padded(s.record.length))
	s.stats.StateBytes += size
	if t == RecHVMContext {
		s.stats.HVMContext += size
	}
}
