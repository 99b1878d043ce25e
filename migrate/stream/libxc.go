package stream

import "encoding/binary"

// imageHeader reads u64 marker, u32 id and u32 version (both big-endian), u16
// options (big-endian), u16 and u32 reserved.
func (s *Scanner) imageHeader(b []byte) {
	version := binary.BigEndian.Uint32(b[12:])
	switch {
	case binary.LittleEndian.Uint64(b) != libxcMarker || binary.BigEndian.Uint32(b[8:]) != libxcID:
		s.fail(s.part.String(), "has no \"XENF\" marker")
	case version < libxcVersionMin || version > libxcVersionMax:
		s.fail(s.part.String(), "version is %d, not %d or %d", version, libxcVersionMin, libxcVersionMax)
	case binary.BigEndian.Uint16(b[16:])&optBigEndian != 0:
		s.fail(s.part.String(), "the stream is big-endian")
	}
	s.staticDone = version < libxcVersionMax
	s.part = partDomainHeader
}

// domainHeader reads u32 type, u16 page shift, u16 reserved, u32 major and u32
// minor version of the Xen that wrote it.
func (s *Scanner) domainHeader(b []byte) {
	kind, shift := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint16(b[4:])
	switch {
	case kind != 1 && kind != 2:
		s.fail(s.part.String(), "guest type is %d, neither PV (1) nor HVM (2)", kind)
	case shift != pageShift:
		s.fail(s.part.String(), "pages are of 2^%d bytes, not 2^%d", shift, pageShift)
	}
	s.stats.HVM = kind == 2
	s.stats.XenMajor, s.stats.XenMinor = binary.LittleEndian.Uint32(b[8:]), binary.LittleEndian.Uint32(b[12:])
	s.part = partRecord
}

func (s *Scanner) libxcRecord(b []byte) {
	t, length := recordType(binary.LittleEndian.Uint32(b)), binary.LittleEndian.Uint32(b[4:])
	s.record = record{name: t, length: length}
	empty := t == recEnd || t == recVerify || t == recCheckpoint || t == recStaticDataEnd
	switch {
	case length > MaxRecordLength:
		s.fail(t.String(), "has a body of %d bytes, more than %d", length, MaxRecordLength)
	case t >= recKnown && t&recOptional == 0:
		s.fail(t.String(), "is of an unknown type")
	case empty && length != 0:
		s.fail(t.String(), "has a body of %d bytes, not an empty one", length)
	case t == recPageData && !s.staticDone:
		s.fail(t.String(), "comes before STATIC_DATA_END")
	case t == recPageData && length < pageHeaderSize+pfnSize:
		s.fail(t.String(), "has a body of %d bytes, too short for one page", length)
	case t == recPageData:
		s.part = partPageHeader
	default:
		s.skip = padded(length)
		s.libxcBody(t)
	}
}

func (s *Scanner) libxcBody(t recordType) {
	if t.isState() {
		s.state(t)
	}
	switch t {
	case recStaticDataEnd:
		s.staticDone = true
	case recVerify:
		s.endPass()
		s.verify = true
	case recCheckpoint:
		s.endPass()
		s.inCheckpoint = true
		s.part = partLibxlRecord
	case recEnd:
		s.endPass()
		s.part = partLibxlRecord
	}
}

// state counts a record of the suspended guest; the first says that memory is
// complete.
func (s *Scanner) state(t recordType) {
	s.endPass()
	if !s.stateSeen {
		s.stateSeen = true
		s.event(StateStarted)
	}
	size := int64(recordHeaderSize + padded(s.record.length))
	s.stats.StateBytes += size
	if t == recHVMContext {
		s.stats.HVMContext += size
	}
}
