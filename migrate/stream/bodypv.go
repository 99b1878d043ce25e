package stream

import "encoding/binary"

// PVInfo is X86_PV_INFO: the mode of a PV guest.
type PVInfo struct {
	Width  uint8 // of its words, in bytes: 8 or 4
	Levels uint8 // of its page tables: 4 or 3
}

func (p *PVInfo) appendTo(b []byte) []byte {
	return append(b, p.Width, p.Levels, 0, 0, 0, 0, 0, 0)
}

func parsePVInfo(b []byte) (*PVInfo, *fault) {
	if f := wantLength(b, 8); f != nil {
		return nil, f
	}
	p := &PVInfo{Width: b[0], Levels: b[1]}
	switch {
	case *p != PVInfo{8, 4} && *p != PVInfo{4, 3}:
		return nil, faultf(RulePVInfo, "guest has words of %d bytes and %d levels of page tables", p.Width, p.Levels)
	case binary.LittleEndian.Uint64(b)>>16 != 0:
		return nil, faultf(RuleReserved, "reserved field at 2 of the body is not zero")
	}
	return p, nil
}

const p2mHeaderSize = 8

// P2MFrames is the fixed part of X86_PV_P2M_FRAMES: the pages of the guest that hold
// its P2M table. The data is one u64 pfn for each frame of the table.
type P2MFrames struct {
	Start, End uint32 // first and last pfn that the frames describe
}

func (p *P2MFrames) appendTo(b []byte) []byte {
	return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(b, p.Start), p.End)
}

// frames is how many frames of the table the record has for a guest of that width.
func (p *P2MFrames) frames(width uint8) uint32 {
	perFrame := PageSize / uint32(width)
	return p.End/perFrame - p.Start/perFrame + 1
}

func parseP2MFrames(b []byte) (*P2MFrames, *fault) {
	if len(b) < p2mHeaderSize {
		return nil, faultf(RuleBodyLength, "has a body of %d bytes, not %d and frames", len(b), p2mHeaderSize)
	}
	p := &P2MFrames{Start: binary.LittleEndian.Uint32(b), End: binary.LittleEndian.Uint32(b[4:])}
	if p.Start > p.End {
		return nil, faultf(RuleP2MRange, "describes pfns %#x to %#x", p.Start, p.End)
	}
	return p, nil
}

// The sizes of a vcpu_guest_context (xen/include/public/arch-x86/xen.h) and the
// bounds of the other state of a VCPU (tools/libs/guest/xg_sr_restore_x86_pv.c,
// handle_x86_pv_vcpu_blob), in bytes.
const (
	vcpuHeaderSize  = 8
	vcpuBasic64     = 5168
	vcpuBasic32     = 2800
	vcpuExtendedMax = 128
	vcpuXSAVEMin    = 16
	vcpuMSRSize     = 16
	maxVCPU         = 8192 // more than any Xen gives a guest
)

// VCPU is a part of the state of a PV guest's VCPU: X86_PV_VCPU_BASIC, EXTENDED,
// XSAVE or MSRS.
type VCPU struct {
	ID      uint32
	Context []byte // as Xen's domctls have it; older senders wrote empty ones
}

func (v *VCPU) appendTo(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, v.ID)
	return append(append(b, 0, 0, 0, 0), v.Context...)
}

func parseVCPU(t RecordType, b []byte) (*VCPU, *fault) {
	if len(b) < vcpuHeaderSize {
		return nil, faultf(RuleBodyLength, "has a body of %d bytes, not %d and the context", len(b), vcpuHeaderSize)
	}
	v := &VCPU{ID: binary.LittleEndian.Uint32(b)}
	n := len(b) - vcpuHeaderSize
	switch {
	case v.ID >= maxVCPU:
		return nil, faultf(RuleVCPU, "is of VCPU %d", v.ID)
	case n > 0 && !t.fitsVCPU(n):
		return nil, faultf(RuleVCPU, "VCPU %d has a context of %d bytes", v.ID, n)
	}
	if f := wantZero(b, 4); f != nil {
		return nil, f
	}
	v.Context = append(v.Context, b[vcpuHeaderSize:]...)
	return v, nil
}

func (t RecordType) fitsVCPU(n int) bool {
	switch t {
	case RecPVVCPUBasic:
		return n == vcpuBasic64 || n == vcpuBasic32
	case RecPVVCPUExtended:
		return n <= vcpuExtendedMax
	case RecPVVCPUXSAVE:
		return n >= vcpuXSAVEMin
	}
	return n%vcpuMSRSize == 0
}

// SharedInfo is SHARED_INFO: a PV guest's shared info page.
type SharedInfo [PageSize]byte

func (p *SharedInfo) appendTo(b []byte) []byte { return append(b, p[:]...) }

func parseSharedInfo(b []byte) (*SharedInfo, *fault) {
	if f := wantLength(b, PageSize); f != nil {
		return nil, f
	}
	p := SharedInfo(b)
	return &p, nil
}
