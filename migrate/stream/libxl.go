package stream

import "encoding/binary"

// libxlHeader reads u64 ident, u32 version, u32 options, all big-endian.
func (s *Scanner) libxlHeader(b []byte) {
	ident, version, options := binary.BigEndian.Uint64(b), binary.BigEndian.Uint32(b[8:]), binary.BigEndian.Uint32(b[12:])
	switch {
	case ident != libxlIdent:
		s.fail(s.part.String(), "starts with %#016x, not with \"LibxlFmt\"", ident)
	case version != libxlVersion:
		s.fail(s.part.String(), "version is %d, not %d", version, libxlVersion)
	case options&optBigEndian != 0:
		s.fail(s.part.String(), "the stream is big-endian")
	}
	s.part = partLibxlRecord
}

func (s *Scanner) libxlRecord(b []byte) {
	t, length := libxlType(binary.LittleEndian.Uint32(b)), binary.LittleEndian.Uint32(b[4:])
	s.record = record{name: t, length: length}
	switch {
	case t >= libxlKnown:
		s.fail(t.String(), "is of an unknown type")
	case !s.seenContext && t != libxlContext:
		s.fail(t.String(), "comes before LIBXC_CONTEXT")
	case s.seenContext && t == libxlContext:
		s.fail(t.String(), "comes twice")
	case t == libxlCheckpointEnd && !s.inCheckpoint, t == libxlEnd && s.inCheckpoint:
		s.fail(t.String(), "is out of place")
	case length != 0 && (t == libxlContext || t == libxlEnd || t == libxlCheckpointEnd):
		s.fail(t.String(), "has a body of %d bytes, not an empty one", length)
	default:
		s.libxlBody(t)
	}
}

func (s *Scanner) libxlBody(t libxlType) {
	switch t {
	case libxlContext:
		s.seenContext = true
		s.part = partImageHeader
	case libxlEmulatorXenstore, libxlEmulatorContext:
		if s.stats.Emulator == 0 {
			s.event(EmulatorStarted)
		}
		s.stats.Emulator += int64(recordHeaderSize + padded(s.record.length))
	case libxlCheckpointEnd:
		s.stats.Checkpoints++
		s.inCheckpoint, s.stateSeen = false, false
		s.part = partRecord
		s.event(Checkpoint)
	case libxlEnd:
		s.done = true
		s.event(Ended)
	}
	s.skip = padded(s.record.length)
}

func (s *Scanner) event(k EventKind) { s.observe(Event{Kind: k, Offset: s.start}) }
