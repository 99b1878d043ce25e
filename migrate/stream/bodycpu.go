package stream

import "encoding/binary"

// NoSubleaf is the subleaf of a leaf that has none.
const NoSubleaf = 0xffffffff

// CPUIDLeaf is one leaf of a guest's CPUID (xen/include/public/arch-x86/xen.h,
// xen_cpuid_leaf_t).
type CPUIDLeaf struct {
	Leaf, Subleaf uint32 // Subleaf is NoSubleaf where the leaf has none
	A, B, C, D    uint32 // EAX to EDX
}

// known is true for the numbers that a policy of Xen has room for: basic, hypervisor
// and extended leaves, of which some have subleaves (xen/include/xen/lib/x86/cpuid.h).
func (l *CPUIDLeaf) known() bool {
	const perRange, perLeaf = 0x100, 0x40
	switch l.Leaf &^ (perRange - 1) {
	case 0:
		return l.Subleaf == NoSubleaf || l.Subleaf < perLeaf
	case 0x40000000, 0x40000000 + perRange, 0x80000000: // the hypervisor has two ranges: Viridian's and its own
		return l.Subleaf == NoSubleaf
	}
	return false
}

// CPUIDPolicy is X86_CPUID_POLICY: all leaves that the guest sees.
type CPUIDPolicy []CPUIDLeaf

func (p CPUIDPolicy) appendTo(b []byte) []byte {
	for _, l := range p {
		for _, v := range [...]uint32{l.Leaf, l.Subleaf, l.A, l.B, l.C, l.D} {
			b = binary.LittleEndian.AppendUint32(b, v)
		}
	}
	return b
}

func parseCPUIDPolicy(b []byte) (CPUIDPolicy, *fault) {
	const size = 24
	n, f := wantTable(b, 0, size)
	if f != nil {
		return nil, f
	}
	policy, seen := make(CPUIDPolicy, n), make(map[[2]uint32]bool, n)
	for i := range policy {
		var v [size / 4]uint32
		for j := range v {
			v[j] = binary.LittleEndian.Uint32(b[i*size+4*j:])
		}
		l := CPUIDLeaf{v[0], v[1], v[2], v[3], v[4], v[5]}
		key := [2]uint32{l.Leaf, l.Subleaf}
		if !l.known() || seen[key] {
			return nil, faultf(RuleCPUIDLeaf, "leaf %#x, subleaf %#x is unknown, or comes twice", l.Leaf, l.Subleaf)
		}
		policy[i], seen[key] = l, true
	}
	return policy, nil
}

// MSR is one model-specific register of a guest's policy (xen_msr_entry_t).
type MSR struct {
	Index uint32
	Value uint64
}

// MSRPolicy is X86_MSR_POLICY.
type MSRPolicy []MSR

func (p MSRPolicy) appendTo(b []byte) []byte {
	for _, m := range p {
		b = append(binary.LittleEndian.AppendUint32(b, m.Index), 0, 0, 0, 0)
		b = binary.LittleEndian.AppendUint64(b, m.Value)
	}
	return b
}

func parseMSRPolicy(b []byte) (MSRPolicy, *fault) {
	const size = 16
	n, f := wantTable(b, 0, size)
	if f != nil {
		return nil, f
	}
	policy, seen := make(MSRPolicy, n), make(map[uint32]bool, n)
	for i := range policy {
		at := b[i*size:]
		m := MSR{Index: binary.LittleEndian.Uint32(at), Value: binary.LittleEndian.Uint64(at[8:])}
		if seen[m.Index] {
			return nil, faultf(RuleMSR, "MSR %#x comes twice", m.Index)
		}
		if f := wantZero(b, i*size+4); f != nil {
			return nil, f
		}
		policy[i], seen[m.Index] = m, true
	}
	return policy, nil
}
