package stream

import "fmt"

// HVMRecord is a record inside HVM_CONTEXT, of Xen's own save format
// (xen/include/public/hvm/save.h, struct hvm_save_descriptor).
type HVMRecord struct {
	Type     uint16
	Instance uint16 // number of the VCPU, or of the device
	Length   uint32 // of its body, in bytes
	Offset   int64  // of its descriptor in the context, in bytes
}

// Name is Xen's name of the record, or its number.
func (r HVMRecord) Name() string {
	if k := hvmKindOf(r.Type); k.name != "" {
		return k.name
	}
	return fmt.Sprintf("type %d", r.Type)
}

const (
	hvmDescriptorSize = 8 // u16 type, u16 instance, u32 length
	hvmTypeEnd        = 0
	hvmTypeHeader     = 1
	hvmTypeLAPICRegs  = 6
	hvmTypeCPUMSR     = 20
	hvmTypes          = 21
	hvmMagic          = 0x54381286
	hvmVersion        = 1
	hvmHeaderSize     = 24
	hvmMaxVCPUs       = 128 // xen/include/public/hvm/hvm_info_table.h
	hvmMSRHeader      = 8   // u32 count, u32 reserved
	hvmMSRSize        = 16
)

// hvmKind is what the types of records have in common
// (xen/include/public/arch-x86/hvm/save.h).
type hvmKind struct {
	name      string
	min, max  uint32 // length, in bytes
	unit      uint32 // which the length beyond min is a multiple of; 0: it is min or max
	instances uint16 // of the domain; 0: one for each VCPU
}

// fits reports whether a record of the type may have that length.
func (k *hvmKind) fits(n uint32) bool {
	if k.unit == 0 {
		return n == k.min || n == k.max
	}
	return n >= k.min && n <= k.max && (n-k.min)%k.unit == 0
}

func hvmKindOf(t uint16) hvmKind {
	const xsaveMax = 24 + 16<<10
	kinds := [hvmTypes]hvmKind{
		{"END", 0, 0, 0, 1},
		{"HEADER", hvmHeaderSize, hvmHeaderSize, 0, 1},
		{"CPU", 1016, 1032, 0, 0}, // 1016 before Xen 4.7
		{"PIC", 8, 8, 0, 2},
		{"IOAPIC", 400, 400, 0, 1},
		{"LAPIC", 24, 32, 0, 0}, // 24 before Xen 4.20
		{"LAPIC_REGS", 1024, 1024, 0, 0},
		{"PCI_IRQ", 16, 16, 0, 1},
		{"ISA_IRQ", 8, 8, 0, 1},
		{"PCI_LINK", 8, 8, 0, 1},
		{"PIT", 56, 56, 0, 1},
		{"RTC", 24, 24, 0, 1},
		{"HPET", 1048, 1048, 0, 1},
		{"PMTIMER", 8, 8, 0, 1},
		{"MTRR", 240, 240, 0, 0},
		{"VIRIDIAN_DOMAIN", 16, 32, 8, 1},   // grew with Xen 4.5 and 4.6
		{"XSAVE", 24 + 576, xsaveMax, 1, 0}, // the area depends on the features that the guest used
		{"VIRIDIAN_VCPU", 16, 216, 8, 0},    // grew with Xen 4.12
		{"VMCE_VCPU", 8, 32, 8, 0},          // grew with Xen 4.3 and 4.4
		{"TSC_ADJUST", 8, 8, 0, 0},
		{"CPU_MSR", hvmMSRHeader, hvmMSRHeader + 1024*hvmMSRSize, hvmMSRSize, 0},
	}
	if t < hvmTypes {
		return kinds[t]
	}
	return hvmKind{}
}
