package stream

import "encoding/binary"

func (s *Scanner) libxlHeader(b []byte) {
	h, f := parseLibxlHeader(b)
	switch {
	case f != nil:
		s.fault(s.part.String(), f)
	case s.strict != nil:
		s.strictLibxlHeader(h)
	}
	s.part = partLibxlRecord
}

func (s *Scanner) libxlRecord(b []byte) {
	t, length := LibxlType(binary.LittleEndian.Uint32(b)), binary.LittleEndian.Uint32(b[4:])
	s.record = record{name: t, length: length}
	switch {
	case t >= libxlKnown && t&LibxlOptional == 0:
		s.fail(RuleLibxlType, t.String(), "is of an unknown type")
	case !s.seenContext && t != LibxlContext:
		s.fail(RuleLibxlOrder, t.String(), "comes before LIBXC_CONTEXT")
	case s.seenContext && t == LibxlContext:
		s.fail(RuleLibxlOrder, t.String(), "comes twice")
	case t == LibxlCheckpointEnd && !s.inCheckpoint, t == LibxlEnd && s.inCheckpoint:
		s.fail(RuleLibxlOrder, t.String(), "is out of place")
	case length != 0 && t.empty():
		s.fail(RuleRecordLength, t.String(), "has a body of %d bytes, not an empty one", length)
	default:
		s.libxlBody(t)
	}
}

func (s *Scanner) libxlBody(t LibxlType) {
	if s.strict != nil {
		s.strictLibxl(t)
	}
	switch t {
	case LibxlContext:
		s.seenContext = true
		s.part = partImageHeader
	case LibxlEmulatorXenstore, LibxlEmulatorContext:
		if s.stats.Emulator == 0 {
			s.event(EmulatorStarted)
		}
		s.stats.Emulator += int64(recordHeaderSize + padded(s.record.length))
	case LibxlCheckpointEnd:
		s.checkpoint()
	case LibxlEnd:
		if s.err == nil {
			s.done = true
			s.event(Ended)
		}
	}
	s.skip = padded(s.record.length)
}

// checkpoint ends a round: libxc goes on.
func (s *Scanner) checkpoint() {
	s.stats.Checkpoints++
	s.round = s.stats.Bytes
	s.inCheckpoint, s.stateSeen = false, false
	s.part = partRecord
	s.event(Checkpoint)
	if s.strict != nil {
		s.strict.round = round{}
	}
}

func (s *Scanner) event(k EventKind) { s.observe(Event{Kind: k, Offset: s.start}) }
