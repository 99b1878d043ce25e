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

// recordType is the type of a libxc record (tools/libs/guest/xg_sr_stream_format.h).
type recordType uint32

const (
	recEnd recordType = iota
	recPageData
	recPVInfo
	recPVP2MFrames
	recPVVCPUBasic
	recPVVCPUExtended
	recPVVCPUXSAVE
	recSharedInfo
	recTSCInfo
	recHVMContext
	recHVMParams
	recToolstack
	recPVVCPUMSRs
	recVerify
	recCheckpoint
	recDirtyPFNs
	recStaticDataEnd
	recCPUIDPolicy
	recMSRPolicy
	recKnown // how many there are

	recOptional recordType = 1 << 31 // a reader that does not know it may skip it
)

func (t recordType) String() string {
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
func (t recordType) isState() bool {
	switch t {
	case recPVVCPUBasic, recPVVCPUExtended, recPVVCPUXSAVE, recPVVCPUMSRs,
		recSharedInfo, recTSCInfo, recHVMContext, recHVMParams, recToolstack:
		return true
	}
	return false
}

// libxlType is the type of a libxl record (tools/libs/light/libxl_sr_stream_format.h).
type libxlType uint32

const (
	libxlEnd libxlType = iota
	libxlContext
	libxlEmulatorXenstore
	libxlEmulatorContext
	libxlCheckpointEnd
	libxlCheckpointState
	libxlKnown // how many there are
)

func (t libxlType) String() string {
	names := [libxlKnown]string{"libxl END", "LIBXC_CONTEXT", "EMULATOR_XENSTORE_DATA", "EMULATOR_CONTEXT",
		"CHECKPOINT_END", "CHECKPOINT_STATE"}
	if t < libxlKnown {
		return names[t]
	}
	return fmt.Sprintf("libxl record %#x", uint32(t))
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
