package stream

import "encoding/binary"

// hvmScanner follows an HVM_CONTEXT body that is written to it in pieces. It holds one
// record at most of it, of MSRs, which has up to 16 KiB.
type hvmScanner struct {
	each  func(HVMRecord) // may be nil
	rules bool            // check all of them, not only what it takes to go on
	held  []byte
	skip  uint32 // bytes of the current record still to come
	pos   int64
	cur   HVMRecord
	any   bool // cur is one
	end   bool

	apics, vcpus uint16 // how many local APICs, and the number behind the highest VCPU
}

// write looks at the next bytes.
func (h *hvmScanner) write(p []byte) *fault {
	for len(p) > 0 {
		if h.end && h.skip == 0 {
			return faultf(RuleHVMEnd, "%d bytes follow the END record at %d of the context", len(p), h.cur.Offset)
		}
		n, f := h.step(p)
		if f != nil {
			return f
		}
		p = p[n:]
		h.pos += int64(n)
	}
	return nil
}

// step takes at least one byte.
func (h *hvmScanner) step(p []byte) (int, *fault) {
	if h.skip == 0 {
		n := h.hold(p, hvmDescriptorSize)
		if len(h.held) < hvmDescriptorSize {
			return n, nil
		}
		f := h.descriptor(h.held, h.pos+int64(n-hvmDescriptorSize))
		h.held = h.held[:0]
		return n, f
	}
	if want := h.headSize(); len(h.held) < want {
		n := h.hold(p, want)
		h.skip -= uint32(n)
		if len(h.held) < want {
			return n, nil
		}
		f := h.body(h.held)
		if h.skip == 0 {
			h.held = h.held[:0]
		}
		return n, f
	}
	n := min(h.skip, uint32(len(p)))
	if h.skip -= n; h.skip == 0 {
		h.held = h.held[:0]
	}
	return int(n), nil
}

func (h *hvmScanner) hold(p []byte, size int) int {
	n := min(size-len(h.held), len(p))
	h.held = append(h.held, p[:n]...)
	return n
}

// headSize is how much of the current record's body is looked at.
func (h *hvmScanner) headSize() int {
	switch {
	case !h.rules:
		return 0
	case h.cur.Type == hvmTypeHeader:
		return hvmHeaderSize
	case h.cur.Type == hvmTypeCPUMSR:
		return int(h.cur.Length)
	}
	return 0
}

// descriptor reads u16 type, u16 instance, u32 length, at an offset in the context.
func (h *hvmScanner) descriptor(b []byte, offset int64) *fault {
	r := HVMRecord{
		Type:     binary.LittleEndian.Uint16(b),
		Instance: binary.LittleEndian.Uint16(b[2:]),
		Length:   binary.LittleEndian.Uint32(b[4:]),
		Offset:   offset,
	}
	if h.rules {
		if f := h.check(r); f != nil {
			return f
		}
	}
	h.cur, h.any, h.skip, h.end = r, true, r.Length, r.Type == hvmTypeEnd
	if h.each != nil {
		h.each(r)
	}
	return nil
}
