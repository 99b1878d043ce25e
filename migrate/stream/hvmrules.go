package stream

import "encoding/binary"

// check holds a record to its kind, and to those before it.
func (h *hvmScanner) check(r HVMRecord) *fault {
	k := hvmKindOf(r.Type)
	switch {
	case !h.any && r.Type != hvmTypeHeader:
		return faultf(RuleHVMHeader, "begins with a record of type %d, not with HEADER", r.Type)
	case k.name == "":
		return faultf(RuleHVMType, "record of type %d at %d of the context is unknown", r.Type, r.Offset)
	case r.Type == hvmTypeEnd && (r.Length != 0 || r.Instance != 0):
		return faultf(RuleHVMEnd, "END at %d of the context is of instance %d and has %d bytes", r.Offset, r.Instance, r.Length)
	case !k.fits(r.Length):
		return faultf(RuleHVMLength, "%s at %d of the context has %d bytes", k.name, r.Offset, r.Length)
	case h.any && r.Type != hvmTypeEnd && !r.follows(h.cur):
		return faultf(RuleHVMOrder, "%s %d at %d of the context follows %s %d", k.name, r.Instance, r.Offset, h.cur.Name(), h.cur.Instance)
	case k.instances > 0 && r.Instance >= k.instances, r.Instance >= hvmMaxVCPUs:
		return faultf(RuleHVMInstance, "%s at %d of the context is of instance %d", k.name, r.Offset, r.Instance)
	case k.instances == 0:
		return h.vcpu(r, k.name)
	}
	return nil
}

// follows is true for a record that may come after another: Xen writes one type after
// the other, and in each one VCPU after the other.
func (r HVMRecord) follows(before HVMRecord) bool {
	return r.Type > before.Type || r.Type == before.Type && r.Instance > before.Instance
}

// vcpu notes a record of a VCPU. Each VCPU has a local APIC, whether it runs or not.
func (h *hvmScanner) vcpu(r HVMRecord, name string) *fault {
	h.vcpus = max(h.vcpus, r.Instance+1)
	if r.Type == hvmTypeLAPICRegs && r.Instance != h.apics {
		return faultf(RuleHVMInstance, "%s %d at %d of the context is out of sequence", name, r.Instance, r.Offset)
	}
	if r.Type == hvmTypeLAPICRegs {
		h.apics++
	}
	return nil
}

// body holds the body of a record to its rules.
func (h *hvmScanner) body(b []byte) *fault {
	if h.cur.Type == hvmTypeCPUMSR {
		return h.msrs(b)
	}
	magic, version := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
	if magic != hvmMagic || version != hvmVersion {
		return faultf(RuleHVMHeader, "has the magic %#x and version %d, not %#x and %d", magic, version, hvmMagic, hvmVersion)
	}
	return nil
}

// msrs reads u32 count, u32 reserved, and for each u32 index, u32 reserved, u64 value.
func (h *hvmScanner) msrs(b []byte) *fault {
	count, room := binary.LittleEndian.Uint32(b), (len(b)-hvmMSRHeader)/hvmMSRSize
	if uint64(count) != uint64(room) {
		return faultf(RuleHVMLength, "CPU_MSR at %d of the context has room for %d MSRs, and announces %d", h.cur.Offset, room, count)
	}
	reserved := binary.LittleEndian.Uint32(b[4:])
	for at := hvmMSRHeader; at < len(b); at += hvmMSRSize {
		reserved |= binary.LittleEndian.Uint32(b[at+4:])
	}
	if reserved != 0 {
		return faultf(RuleReserved, "reserved field in CPU_MSR at %d of the context is not zero", h.cur.Offset)
	}
	return nil
}

// close is called at the end of the context.
func (h *hvmScanner) close() *fault {
	switch {
	case h.skip > 0:
		return faultf(RuleHVMLength, "%s at %d of the context goes on for %d bytes behind it", h.cur.Name(), h.cur.Offset, h.skip)
	case !h.end:
		return faultf(RuleHVMEnd, "the context ends without an END record after %d bytes", h.pos)
	case h.apics > 0 && h.vcpus > h.apics:
		return faultf(RuleHVMInstance, "there is a record of VCPU %d, and local APICs of %d VCPUs", h.vcpus-1, h.apics)
	}
	return nil
}
