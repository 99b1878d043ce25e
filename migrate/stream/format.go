package stream

import "fmt"

// Sizes of the fixed parts, in bytes.
const (
	libxlHeaderSize  = 16
	imageHeaderSize  = 24
	domainHeaderSize = 16
	recordHeaderSize = 8 // of both layers: u32 type, u32 length of the body
	pageHeaderSize   = 8 // of a PAGE_DATA body: u32 count, u32 reserved
	pfnSize          = 8
	recordAlign      = 8 // bodies are padded to this
)

// PageSize is the size of a page of guest memory, in bytes.
const PageSize = 4096

// MaxRecordLength is the longest body of a libxc record, in bytes
// (tools/libs/guest/xg_sr_common.h, REC_LENGTH_MAX). libxl records have no
// limit but that of their u32.
const MaxRecordLength = 128 << 20

const (
	libxlIdent      = 0x4c6962786c466d74 // "LibxlFmt"
	libxlVersion    = 2
	libxcMarker     = 0xffffffffffffffff
	libxcID         = 0x58454e46 // "XENF"
	libxcVersionMin = 2          // before Xen 4.14: no STATIC_DATA_END
	libxcVersionMax = 3
	pageShift       = 12
	optBigEndian    = 1 << 0
)

// RecordType is the type of a libxc record (tools/libs/guest/xg_sr_stream_format.h).
type RecordType uint32

// The libxc records. A type from RecOptional on may be skipped by a reader that does
// not know it.
const (
	RecEnd RecordType = iota
	RecPageData
	RecPVInfo
	RecPVP2MFrames
	RecPVVCPUBasic
	RecPVVCPUExtended
	RecPVVCPUXSAVE
	RecSharedInfo
	RecTSCInfo
	RecHVMContext
	RecHVMParams
	RecToolstack
	RecPVVCPUMSRs
	RecVerify
	RecCheckpoint
	RecDirtyPFNs
	RecStaticDataEnd
	RecCPUIDPolicy
	RecMSRPolicy
	recKnown // how many there are

	RecOptional RecordType = 1 << 31
)

// String is the name that Xen gives the record.
func (t RecordType) String() string {
	names := [recKnown]string{"END", "PAGE_DATA", "X86_PV_INFO", "X86_PV_P2M_FRAMES", "X86_PV_VCPU_BASIC",
		"X86_PV_VCPU_EXTENDED", "X86_PV_VCPU_XSAVE", "SHARED_INFO", "X86_TSC_INFO", "HVM_CONTEXT", "HVM_PARAMS",
		"TOOLSTACK", "X86_PV_VCPU_MSRS", "VERIFY", "CHECKPOINT", "CHECKPOINT_DIRTY_PFN_LIST", "STATIC_DATA_END",
		"X86_CPUID_POLICY", "X86_MSR_POLICY"}
	if t < recKnown {
		return names[t]
	}
	return fmt.Sprintf("libxc record %#x", uint32(t))
}

// isState reports whether the record is written only once the guest is
// suspended and the last of its memory is sent.
func (t RecordType) isState() bool {
	switch t {
	case RecPVVCPUBasic, RecPVVCPUExtended, RecPVVCPUXSAVE, RecPVVCPUMSRs,
		RecSharedInfo, RecTSCInfo, RecHVMContext, RecHVMParams, RecToolstack:
		return true
	}
	return false
}

// LibxlType is the type of a libxl record (tools/libs/light/libxl_sr_stream_format.h).
type LibxlType uint32

// The libxl records. The specification lets a reader skip a type from LibxlOptional
// on; libxl, up to 4.22, refuses it all the same.
const (
	LibxlEnd LibxlType = iota
	LibxlContext
	LibxlEmulatorXenstore
	LibxlEmulatorContext
	LibxlCheckpointEnd
	LibxlCheckpointState
	libxlKnown // how many there are

	LibxlOptional LibxlType = 1 << 31
)

// String is the name that Xen gives the record; of END, "libxl END".
func (t LibxlType) String() string {
	names := [libxlKnown]string{"libxl END", "LIBXC_CONTEXT", "EMULATOR_XENSTORE_DATA", "EMULATOR_CONTEXT",
		"CHECKPOINT_END", "CHECKPOINT_STATE"}
	if t < libxlKnown {
		return names[t]
	}
	return fmt.Sprintf("libxl record %#x", uint32(t))
}

// empty is true for the records that have no body.
func (t RecordType) empty() bool {
	return t == RecEnd || t == RecVerify || t == RecCheckpoint || t == RecStaticDataEnd
}

// empty is true for the records that have no body.
func (t LibxlType) empty() bool {
	return t == LibxlContext || t == LibxlEnd || t == LibxlCheckpointEnd
}

// PageType is what a PAGE_DATA record says of a page, its bits 63 to 60
// (xen/include/public/domctl.h, XEN_DOMCTL_PFINFO_*).
type PageType uint8

// The page types that stand alone. 1 to 4 are page tables of a PV guest, of
// level 1 to 4; 9 to 12 the same, pinned.
const (
	PageNormal   PageType = 0x0 // ordinary memory
	PageBroken   PageType = 0xd // lost to a memory error
	PageAllocate PageType = 0xe // to be populated, without data
	PageAbsent   PageType = 0xf // not populated

	pageTypes = 16
)

// known is true for the types that a restore accepts.
func (t PageType) known() bool { return t < 5 || t > 8 && t < pageTypes }

// HasData reports whether the record holds the page's 4096 bytes.
func (t PageType) HasData() bool { return t < PageBroken }

// pfnMask is the page frame number in an entry of PAGE_DATA; the bits between
// it and the type are zero.
const (
	pfnMask       = 1<<52 - 1
	pageTypeShift = 60
)

// padded is n rounded up to where the next record starts.
func padded(n uint32) uint64 { return (uint64(n) + recordAlign - 1) &^ (recordAlign - 1) }

// String is Xen's name of the type, as in NOTAB, L4TAB_PIN, XTAB.
func (t PageType) String() string {
	names := [pageTypes]string{"NOTAB", "L1TAB", "L2TAB", "L3TAB", "L4TAB", 9: "L1TAB_PIN", "L2TAB_PIN", "L3TAB_PIN",
		"L4TAB_PIN", "BROKEN", "XALLOC", "XTAB"}
	if t < pageTypes && names[t] != "" {
		return names[t]
	}
	return fmt.Sprintf("page type %#x", uint8(t))
}
