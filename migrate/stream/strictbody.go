package stream

import "bytes"

// begin is the start of a record.
func (k *strict) begin() {
	k.held, k.pos, k.frame = k.held[:0], 0, 0
	k.hvm = hvmScanner{rules: true, held: k.hvm.held[:0]}
}

// strictBody looks at the next bytes of a body and its padding.
func (s *Scanner) strictBody(p []byte) {
	k := s.strict
	body := p[:min(len(p), int(s.record.length-k.pos))]
	padding := p[len(body):]
	if head := s.headSize(); len(k.held) < int(head) {
		n := min(int(head)-len(k.held), len(body))
		k.held = append(k.held, body[:n]...)
		k.pos += uint32(n)
		if body = body[n:]; len(k.held) == int(head) {
			s.strictHead()
		}
	}
	if f := s.strictData(body); f != nil && s.err == nil {
		s.fault(s.record.name.String(), f)
	}
	k.pos += uint32(len(body))
	if s.err == nil && bytes.ContainsFunc(padding, func(r rune) bool { return r != 0 }) {
		s.fail(RulePadding, s.record.name.String(), "the padding behind its %d bytes is not zero", s.record.length)
	}
}

// headSize is how much of the current body is taken whole.
func (s *Scanner) headSize() uint32 {
	switch t := s.record.name.(type) {
	case RecordType:
		return t.headSize(s.record.length)
	case LibxlType:
		return t.headSize(s.record.length)
	}
	return 0
}

// strictHead judges the fixed part of a body.
func (s *Scanner) strictHead() {
	var (
		body Body
		f    *fault
	)
	switch t := s.record.name.(type) {
	case RecordType:
		if body, f = t.parse(s.strict.held); f == nil {
			f = s.strict.judge(t, body, s.record.length)
		}
	case LibxlType:
		if body, f = t.parse(s.strict.held); f == nil {
			f = s.strict.judgeEmulator(t, body)
		}
	}
	if f != nil {
		s.fault(s.record.name.String(), f)
	}
}

// judge holds a body to what came before it.
func (k *strict) judge(t RecordType, body Body, length uint32) *fault {
	switch b := body.(type) {
	case *PVInfo:
		k.pv = b
	case *P2MFrames:
		k.maxPFN = max(k.maxPFN, uint64(b.End))
		if want := p2mHeaderSize + pfnSize*uint64(b.frames(k.pv.Width)); uint64(length) != want {
			return faultf(RuleBodyLength, "has a body of %d bytes, where pfns %#x to %#x make %d", length, b.Start, b.End, want)
		}
	case *VCPU:
		return k.judgeVCPU(t, b)
	}
	return nil
}

func (k *strict) judgeVCPU(t RecordType, v *VCPU) *fault {
	size := map[uint8]int{8: vcpuBasic64, 4: vcpuBasic32}[k.pv.Width]
	if n := len(v.Context); t == RecPVVCPUBasic && n != 0 && n != size {
		return faultf(RuleVCPU, "VCPU %d has a context of %d bytes, not %d", v.ID, n, size)
	}
	for int(v.ID) >= len(k.round.vcpus) {
		k.round.vcpus = append(k.round.vcpus, 0)
	}
	bit := map[RecordType]vcpuParts{RecPVVCPUBasic: 1, RecPVVCPUExtended: 2, RecPVVCPUXSAVE: 4, RecPVVCPUMSRs: 8}[t]
	if k.round.vcpus[v.ID]&bit != 0 {
		return faultf(RuleRecordOnce, "comes twice for VCPU %d", v.ID)
	}
	k.round.vcpus[v.ID] |= bit
	return nil
}

func (k *strict) judgeEmulator(t LibxlType, body Body) *fault {
	var e Emulator
	switch b := body.(type) {
	case *EmulatorXenstore:
		e = b.Emulator
	case *EmulatorContext:
		e = b.Emulator
	default:
		return nil
	}
	if e.ID == EmulatorUnknown && !k.converted {
		return faultf(RuleEmulatorID, "is of an unknown emulator")
	}
	for _, have := range k.round.emulators {
		if have == (emulatorOf{t, e}) {
			return faultf(RuleEmulatorOnce, "comes twice for emulator %d, %d", e.ID, e.Index)
		}
	}
	if len(k.round.emulators) < maxEmulators {
		k.round.emulators = append(k.round.emulators, emulatorOf{t, e})
	}
	return nil
}

// strictData judges the data behind the fixed part.
func (s *Scanner) strictData(p []byte) *fault {
	switch s.record.name {
	case RecHVMContext:
		return s.strict.hvm.write(p)
	case RecPVP2MFrames:
		return s.strict.frames(p)
	}
	return nil
}

// frames reads u64 pfns, which may be cut up.
func (k *strict) frames(p []byte) *fault {
	pos := (k.pos - p2mHeaderSize) % pfnSize
	for _, b := range p {
		k.frame |= uint64(b) << (8 * pos)
		if pos++; pos < pfnSize {
			continue
		}
		if k.frame > k.maxPFN {
			return faultf(RuleP2MRange, "a frame is at pfn %#x, above %#x", k.frame, k.maxPFN)
		}
		pos, k.frame = 0, 0
	}
	return nil
}

// strictBodyEnd is called once the body and its padding are complete.
func (s *Scanner) strictBodyEnd() {
	if s.record.name == RecHVMContext {
		if f := s.strict.hvm.close(); f != nil {
			s.fault(s.record.name.String(), f)
		}
	}
}
