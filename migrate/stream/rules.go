package stream

// Rule is the name of something that a stream has to keep to.
type Rule string

// The rules. Rules says what each demands.
const (
	RuleXLMagic     Rule = "xl-magic"
	RuleXLByteOrder Rule = "xl-byte-order"
	RuleXLFlags     Rule = "xl-flags"
	RuleXLStream    Rule = "xl-stream-version"
	RuleXLLength    Rule = "xl-data-length"
	RuleXLConfig    Rule = "xl-config"
	RuleXLGuest     Rule = "xl-guest"

	RuleLibxlIdent      Rule = "libxl-ident"
	RuleLibxlVersion    Rule = "libxl-version"
	RuleLibxlEndian     Rule = "libxl-endianness"
	RuleLibxlOptions    Rule = "libxl-options"
	RuleLibxlType       Rule = "libxl-record-type"
	RuleLibxlOrder      Rule = "libxl-order"
	RuleEmulatorGuest   Rule = "emulator-guest"
	RuleEmulatorID      Rule = "emulator-id"
	RuleEmulatorOnce    Rule = "emulator-once"
	RuleXenstorePairs   Rule = "xenstore-pairs"
	RuleXenstoreKey     Rule = "xenstore-key"
	RuleXenstoreValue   Rule = "xenstore-value"
	RuleCheckpointState Rule = "checkpoint-state"

	RuleImageID       Rule = "image-id"
	RuleImageVersion  Rule = "image-version"
	RuleImageEndian   Rule = "image-endianness"
	RuleImageOptions  Rule = "image-options"
	RuleGuestType     Rule = "guest-type"
	RulePageShift     Rule = "page-shift"
	RuleRecordType    Rule = "record-type"
	RuleRecordLength  Rule = "record-length"
	RuleRecordGuest   Rule = "record-guest"
	RuleRecordVersion Rule = "record-version"
	RuleRecordOnce    Rule = "record-once"
	RuleBackChannel   Rule = "back-channel"
	RuleDeprecated    Rule = "record-deprecated"
	RuleReserved      Rule = "reserved"
	RulePadding       Rule = "padding"
	RuleBodyLength    Rule = "body-length"
	RuleStaticData    Rule = "static-data"
	RulePVOrder       Rule = "pv-order"
	RuleStateOrder    Rule = "state-after-memory"
	RuleVerifyOrder   Rule = "verify-order"
	RuleIncomplete    Rule = "incomplete"
	RulePageCount     Rule = "page-count"
	RulePageType      Rule = "page-type"
	RulePageGuest     Rule = "page-type-guest"
	RulePageContents  Rule = "page-contents"
	RulePFN           Rule = "pfn-range"
	RulePVInfo        Rule = "pv-info"
	RuleP2MRange      Rule = "p2m-range"
	RuleVCPU          Rule = "vcpu"
	RuleTSCMode       Rule = "tsc-mode"
	RuleHVMParam      Rule = "hvm-param"
	RuleCPUIDLeaf     Rule = "cpuid-leaf"
	RuleMSR           Rule = "msr"
	RuleHVMHeader     Rule = "hvm-header"
	RuleHVMType       Rule = "hvm-type"
	RuleHVMLength     Rule = "hvm-length"
	RuleHVMOrder      Rule = "hvm-order"
	RuleHVMInstance   Rule = "hvm-instance"
	RuleHVMEnd        Rule = "hvm-end"
	RuleTruncated     Rule = "truncated"
	RuleTrailing      Rule = "trailing"
)

// RuleInfo is a rule, and who holds to it.
type RuleInfo struct {
	Rule   Rule
	Strict bool   // only Verify and strict Readers check it: a stream of a newer Xen may break it, and be restored
	Text   string // what it demands
}

// Rules are all rules, in the order of the layers.
func Rules() []RuleInfo {
	return append(append(xlRules(), libxlRules()...), append(libxcRules(), append(bodyRules(), endRules()...)...)...)
}

func xlRules() []RuleInfo {
	return []RuleInfo{
		{RuleXLMagic, false, "a save file starts with xl's 32 bytes"},
		{RuleXLByteOrder, false, "the byte order mark is 0x01020304, little-endian"},
		{RuleXLFlags, false, "no mandatory flags but bits 0 and 1"},
		{RuleXLStream, false, "mandatory flag 1 is set: a libxl stream v2 follows"},
		{RuleXLLength, false, "the data is at most 4 MiB, and holds the configuration that it announces"},
		{RuleXLConfig, true, "the configuration is JSON of libxl_domain_config that ends with the only NUL"},
		{RuleXLGuest, true, "the configuration's type is that of the domain header"},
	}
}

func libxlRules() []RuleInfo {
	return []RuleInfo{
		{RuleLibxlIdent, false, "the libxl header starts with \"LibxlFmt\""},
		{RuleLibxlVersion, false, "its version is 2"},
		{RuleLibxlEndian, false, "its option bit 0, big-endian, is clear"},
		{RuleLibxlOptions, true, "its option bits 2 to 31 are clear"},
		{RuleLibxlType, false, "mandatory records are of a known type"},
		{RuleLibxlOrder, false, "LIBXC_CONTEXT is first and comes once; CHECKPOINT_END after libxc's CHECKPOINT, END after libxc's END"},
		{RuleEmulatorGuest, true, "PV and PVH guests have no emulator records"},
		{RuleEmulatorID, true, "emulators are 1 or 2; 0 only in a stream from the legacy converter"},
		{RuleEmulatorOnce, true, "an emulator has at most one record of each type in a round"},
		{RuleXenstorePairs, true, "xenstore data is pairs of NUL-terminated strings"},
		{RuleXenstoreKey, true, "keys are physmap/N/start_addr, size or name"},
		{RuleXenstoreValue, true, "values are readable ASCII"},
		{RuleCheckpointState, true, "CHECKPOINT_STATE has an id of 0 to 3, and belongs to the streams of COLO"},
	}
}

func libxcRules() []RuleInfo {
	return []RuleInfo{
		{RuleImageID, false, "the image header has the marker of ones and \"XENF\""},
		{RuleImageVersion, false, "its version is 2 or 3"},
		{RuleImageEndian, false, "its option bit 0, big-endian, is clear"},
		{RuleImageOptions, true, "its option bits 1 to 15 are clear"},
		{RuleGuestType, false, "the guest is 1, PV, or 2, HVM or PVH"},
		{RulePageShift, false, "pages have 2^12 bytes"},
		{RuleRecordType, false, "mandatory records are of a known type"},
		{RuleRecordLength, false, "a libxc body has at most 128 MiB; END, VERIFY, CHECKPOINT, STATIC_DATA_END, LIBXC_CONTEXT and CHECKPOINT_END have none"},
		{RuleRecordGuest, true, "X86_PV_* and SHARED_INFO are of PV guests, HVM_* of HVM guests"},
		{RuleRecordVersion, true, "STATIC_DATA_END and policies are of version 3"},
		{RuleRecordOnce, true, "records that describe the guest come once, those of its state once in a round"},
		{RuleBackChannel, true, "CHECKPOINT_DIRTY_PFN_LIST goes the other way only"},
		{RuleDeprecated, true, "TOOLSTACK is not sent"},
		{RuleStaticData, false, "PAGE_DATA and X86_PV_P2M_FRAMES come after STATIC_DATA_END, policies before it"},
		{RulePVOrder, true, "of a PV guest X86_PV_INFO, X86_PV_P2M_FRAMES, PAGE_DATA and VCPU records come in this order"},
		{RuleStateOrder, true, "no PAGE_DATA after state of the suspended guest (X86_TSC_INFO apart), but from the legacy converter"},
		{RuleVerifyOrder, true, "VERIFY comes once, after memory and before the state"},
		{RuleIncomplete, true, "before CHECKPOINT and END there were memory and the VCPUs: HVM_CONTEXT, or X86_PV_VCPU_BASIC for each VCPU that has others"},
	}
}

func bodyRules() []RuleInfo {
	return []RuleInfo{
		{RuleReserved, true, "reserved fields are zero"},
		{RulePadding, true, "the padding behind a body is zero"},
		{RuleBodyLength, true, "a body is as long as its type and its counts say"},
		{RulePageCount, false, "PAGE_DATA has at least one entry, and room for all of them"},
		{RulePageType, false, "page types are 0 to 4 and 9 to 15; bits 52 to 59 of an entry are zero"},
		{RulePageGuest, true, "HVM guests have no page tables among their pages, and no pages to allocate but from the legacy converter"},
		{RulePageContents, false, "PAGE_DATA has 4096 bytes for each entry whose type has data, and no others"},
		{RulePFN, true, "page frame numbers are below 2^40, and of a PV guest not above the last of X86_PV_P2M_FRAMES"},
		{RulePVInfo, true, "PV guests have a width of 8 with 4 levels of page tables, or of 4 with 3"},
		{RuleP2MRange, true, "X86_PV_P2M_FRAMES has a frame for each part of its range, none above its end"},
		{RuleVCPU, true, "VCPUs are below 8192; their context is 5168 or 2800 bytes (BASIC), at most 128 (EXTENDED), at least 16 (XSAVE), n times 16 (MSRS), or empty"},
		{RuleTSCMode, true, "the TSC mode is 0 to 3"},
		{RuleHVMParam, true, "parameters are among those that libxc saves, each once"},
		{RuleCPUIDLeaf, true, "leaves are basic, hypervisor or extended ones, each once with its subleaf"},
		{RuleMSR, true, "an MSR comes once"},
		{RuleHVMHeader, true, "HVM_CONTEXT begins with a HEADER that has Xen's magic and version 1"},
		{RuleHVMType, true, "its records are of types 1 to 20"},
		{RuleHVMLength, true, "they are as long as their type says, and end within the body"},
		{RuleHVMOrder, true, "their types ascend, and within one type the instances do"},
		{RuleHVMInstance, true, "only PIC has two instances; those of VCPUs are below 128, and below the number of local APICs"},
		{RuleHVMEnd, true, "it ends with an END that is empty"},
	}
}

func endRules() []RuleInfo {
	return []RuleInfo{
		{RuleTruncated, false, "the stream goes on to its END, or behind a first checkpoint to its end of file"},
		{RuleTrailing, false, "nothing follows the END; of a recorded migration xl's permission to unpause may"},
	}
}
