package stream

import (
	"encoding/binary"
	"fmt"
)

const tscModes = 4 // xen/include/asm-x86/time.h, TSC_MODE_*

// TSCInfo is X86_TSC_INFO: how the guest sees its time stamp counter
// (XEN_DOMCTL_gettscinfo).
type TSCInfo struct {
	Mode        uint32 // 0 default, 1 always emulated, 2 native, 3 native with TSC_AUX
	KHz         uint32
	Nanoseconds uint64 // that the guest has run
	Incarnation uint32 // how often it was moved or restored
}

func (t *TSCInfo) appendTo(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, t.Mode)
	b = binary.LittleEndian.AppendUint32(b, t.KHz)
	b = binary.LittleEndian.AppendUint64(b, t.Nanoseconds)
	return append(binary.LittleEndian.AppendUint32(b, t.Incarnation), 0, 0, 0, 0)
}

func parseTSCInfo(b []byte) (*TSCInfo, *fault) {
	if f := wantLength(b, 24); f != nil {
		return nil, f
	}
	t := &TSCInfo{
		Mode:        binary.LittleEndian.Uint32(b),
		KHz:         binary.LittleEndian.Uint32(b[4:]),
		Nanoseconds: binary.LittleEndian.Uint64(b[8:]),
		Incarnation: binary.LittleEndian.Uint32(b[16:]),
	}
	if t.Mode >= tscModes {
		return nil, faultf(RuleTSCMode, "mode is %d", t.Mode)
	}
	return t, wantZero(b, 20)
}

// HVMParam is a parameter of an HVM guest (xen/include/public/hvm/params.h).
type HVMParam struct {
	Index, Value uint64
}

// Name is Xen's name of the parameter, without HVM_PARAM_, or its number.
func (p HVMParam) Name() string {
	if name, ok := hvmParamName(p.Index); ok {
		return name
	}
	return fmt.Sprintf("%d", p.Index)
}

// hvmParamName knows what libxc saves (tools/libs/guest/xg_sr_save_x86_hvm.c,
// write_hvm_params), now or in releases since 4.6.
func hvmParamName(index uint64) (string, bool) {
	switch index {
	case 1:
		return "STORE_PFN", true
	case 4:
		return "PAE_ENABLED", true
	case 5:
		return "IOREQ_PFN", true
	case 6:
		return "BUFIOREQ_PFN", true
	case 9:
		return "VIRIDIAN", true
	case 12:
		return "IDENT_PT", true
	case 15:
		return "VM86_TSS", true
	case 17:
		return "CONSOLE_PFN", true
	case 19:
		return "ACPI_IOPORTS_LOCATION", true
	case 27:
		return "PAGING_RING_PFN", true
	case 28:
		return "MONITOR_RING_PFN", true
	case 29:
		return "SHARING_RING_PFN", true
	case 32:
		return "IOREQ_SERVER_PFN", true
	case 33:
		return "NR_IOREQ_SERVER_PAGES", true
	case 34:
		return "VM_GENERATION_ID_ADDR", true
	case 36:
		return "X87_FIP_WIDTH", true
	case 37:
		return "VM86_TSS_SIZED", true
	case 38:
		return "MCA_CAP", true
	}
	return "", false
}

// HVMParams is HVM_PARAMS.
type HVMParams []HVMParam

func (p HVMParams) appendTo(b []byte) []byte {
	b = append(binary.LittleEndian.AppendUint32(b, uint32(len(p))), 0, 0, 0, 0)
	for _, param := range p {
		b = binary.LittleEndian.AppendUint64(b, param.Index)
		b = binary.LittleEndian.AppendUint64(b, param.Value)
	}
	return b
}

func parseHVMParams(b []byte) (HVMParams, *fault) {
	const header, size = 8, 16
	if len(b) < header || (len(b)-header)%size != 0 {
		return nil, faultf(RuleBodyLength, "has a body of %d bytes, not %d and a multiple of %d", len(b), header, size)
	}
	n := (len(b) - header) / size
	if count := binary.LittleEndian.Uint32(b); uint64(count) != uint64(n) {
		return nil, faultf(RuleBodyLength, "has room for %d parameters where it announces %d", n, count)
	}
	seen := make(map[uint64]bool, n)
	params := make(HVMParams, n)
	for i := range params {
		at := b[header+i*size:]
		p := HVMParam{binary.LittleEndian.Uint64(at), binary.LittleEndian.Uint64(at[8:])}
		if _, known := hvmParamName(p.Index); !known || seen[p.Index] {
			return nil, faultf(RuleHVMParam, "parameter %d is unknown, or comes twice", p.Index)
		}
		seen[p.Index], params[i] = true, p
	}
	return params, wantZero(b, 4)
}
