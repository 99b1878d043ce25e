package stream

import "encoding/binary"

// Body is what a record says, as far as it is worth a type. Of records whose body
// may be large it is only the fixed part before the data.
type Body interface {
	appendTo(b []byte) []byte
}

// Raw is a body, or the fixed part of one, that has no type, or does not keep to it.
type Raw []byte

func (r Raw) appendTo(b []byte) []byte { return append(b, r...) }

// maxHeld is the longest body that is taken whole, in bytes. Those that are have some
// KiB: the policy of a CPU, the state of one VCPU. What may be longer is streamed.
const maxHeld = 64 << 10

// headSize is how many bytes of a body its type takes; the rest is data.
func (t RecordType) headSize(length uint32) uint32 {
	switch t {
	case RecPVInfo, RecPVVCPUBasic, RecPVVCPUExtended, RecPVVCPUXSAVE, RecPVVCPUMSRs, RecSharedInfo,
		RecTSCInfo, RecHVMParams, RecCPUIDPolicy, RecMSRPolicy:
		if length > maxHeld {
			return 0
		}
		return length
	case RecPageData:
		return pageHeaderSize
	case RecPVP2MFrames:
		return min(p2mHeaderSize, length)
	}
	return 0
}

func (t LibxlType) headSize(length uint32) uint32 {
	switch t {
	case LibxlEmulatorXenstore, LibxlCheckpointState:
		if length > maxHeld {
			return 0
		}
		return length
	case LibxlEmulatorContext:
		return min(emulatorHeaderSize, length)
	}
	return 0
}

// parse makes a type of a body, or of the fixed part of one; nil of a record that has
// none. The body is copied.
func (t RecordType) parse(b []byte) (Body, *fault) {
	switch t {
	case RecPVInfo:
		return typed(parsePVInfo(b))
	case RecPVP2MFrames:
		return typed(parseP2MFrames(b))
	case RecPVVCPUBasic, RecPVVCPUExtended, RecPVVCPUXSAVE, RecPVVCPUMSRs:
		return typed(parseVCPU(t, b))
	case RecSharedInfo:
		return typed(parseSharedInfo(b))
	case RecTSCInfo:
		return typed(parseTSCInfo(b))
	case RecHVMParams:
		return typed(parseHVMParams(b))
	case RecCPUIDPolicy:
		return typed(parseCPUIDPolicy(b))
	case RecMSRPolicy:
		return typed(parseMSRPolicy(b))
	case RecPageData:
		return typed(parsePageData(b))
	}
	return nil, nil
}

func (t LibxlType) parse(b []byte) (Body, *fault) {
	switch t {
	case LibxlEmulatorXenstore:
		return typed(parseEmulatorXenstore(b))
	case LibxlEmulatorContext:
		return typed(parseEmulatorContext(b))
	case LibxlCheckpointState:
		return typed(parseCheckpointState(b))
	}
	return nil, nil
}

// typed keeps a nil pointer from becoming a Body.
func typed[T Body](body T, f *fault) (Body, *fault) {
	if f != nil {
		return nil, f
	}
	return body, nil
}

// wantLength checks a body of fixed length.
func wantLength(b []byte, n int) *fault {
	if len(b) == n {
		return nil
	}
	return faultf(RuleBodyLength, "has a body of %d bytes, not %d", len(b), n)
}

// wantTable checks a body of a header and at least one element, and gives the number
// of elements.
func wantTable(b []byte, header, element int) (int, *fault) {
	n := len(b) - header
	if n < element || n%element != 0 {
		return 0, faultf(RuleBodyLength, "has a body of %d bytes, not %d and a multiple of %d", len(b), header, element)
	}
	return n / element, nil
}

// wantZero checks a reserved u32.
func wantZero(b []byte, at int) *fault {
	if v := binary.LittleEndian.Uint32(b[at:]); v != 0 {
		return faultf(RuleReserved, "reserved field at %d of the body is %#x", at, v)
	}
	return nil
}

// PageData is the fixed part of PAGE_DATA. Entries and contents follow as data.
type PageData struct {
	Count uint32 // of entries
}

func (p *PageData) appendTo(b []byte) []byte {
	return append(binary.LittleEndian.AppendUint32(b, p.Count), 0, 0, 0, 0)
}

func parsePageData(b []byte) (*PageData, *fault) {
	if f := wantZero(b, 4); f != nil {
		return nil, f
	}
	return &PageData{Count: binary.LittleEndian.Uint32(b)}, nil
}
