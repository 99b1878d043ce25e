package libxc

import "fmt"

// An HVMParam numbers a parameter of an HVM or PVH domain (xen/hvm/params.h).
type HVMParam uint32

// The parameters.
const (
	HVMParamCallbackIRQ           HVMParam = 0 // how the guest receives event channels; 0 when it has no PV drivers
	HVMParamStorePFN              HVMParam = 1 // pfn of the xenstore ring
	HVMParamStoreEvtchn           HVMParam = 2
	HVMParamPAEEnabled            HVMParam = 4  // no longer used
	HVMParamIOREQPFN              HVMParam = 5  // no longer used
	HVMParamBUFIOREQPFN           HVMParam = 6  // no longer used
	HVMParamViridian              HVMParam = 9  // Hyper-V enlightenments, a set of bits
	HVMParamTimerMode             HVMParam = 10 // how missed timer ticks are delivered
	HVMParamHPETEnabled           HVMParam = 11
	HVMParamIdentPT               HVMParam = 12 // guest physical address of an identity page table
	HVMParamDMDomain              HVMParam = 13 // deprecated, without meaning
	HVMParamACPISState            HVMParam = 14 // ACPI sleep state, 0 for none
	HVMParamVM86TSS               HVMParam = 15
	HVMParamVPTAlign              HVMParam = 16
	HVMParamConsolePFN            HVMParam = 17 // pfn of the console ring
	HVMParamConsoleEvtchn         HVMParam = 18
	HVMParamACPIIOPortsLocation   HVMParam = 19
	HVMParamMemoryEventCR0        HVMParam = 20 // deprecated, without meaning
	HVMParamMemoryEventCR3        HVMParam = 21 // deprecated, without meaning
	HVMParamMemoryEventCR4        HVMParam = 22 // deprecated, without meaning
	HVMParamMemoryEventINT3       HVMParam = 23 // deprecated, without meaning
	HVMParamNestedHVM             HVMParam = 24 // deprecated, without meaning
	HVMParamMemoryEventSingleStep HVMParam = 25 // deprecated, without meaning
	HVMParamBUFIOREQEvtchn        HVMParam = 26 // deprecated, without meaning
	HVMParamPagingRingPFN         HVMParam = 27
	HVMParamMonitorRingPFN        HVMParam = 28
	HVMParamSharingRingPFN        HVMParam = 29
	HVMParamMemoryEventMSR        HVMParam = 30 // deprecated, without meaning
	HVMParamTripleFaultReason     HVMParam = 31 // shutdown reason of a triple fault
	HVMParamIOREQServerPFN        HVMParam = 32
	HVMParamNRIOREQServerPages    HVMParam = 33
	HVMParamVMGenerationIDAddr    HVMParam = 34 // guest physical address of the VM generation id
	HVMParamAltP2M                HVMParam = 35
	HVMParamX87FIPWidth           HVMParam = 36 // in bytes
	HVMParamVM86TSSSized          HVMParam = 37
	HVMParamMCACap                HVMParam = 38
)

// String returns the name that the header gives the parameter, without HVM_PARAM_.
func (p HVMParam) String() string {
	names := [...]string{
		HVMParamCallbackIRQ:           "CALLBACK_IRQ",
		HVMParamStorePFN:              "STORE_PFN",
		HVMParamStoreEvtchn:           "STORE_EVTCHN",
		HVMParamPAEEnabled:            "PAE_ENABLED",
		HVMParamIOREQPFN:              "IOREQ_PFN",
		HVMParamBUFIOREQPFN:           "BUFIOREQ_PFN",
		HVMParamViridian:              "VIRIDIAN",
		HVMParamTimerMode:             "TIMER_MODE",
		HVMParamHPETEnabled:           "HPET_ENABLED",
		HVMParamIdentPT:               "IDENT_PT",
		HVMParamDMDomain:              "DM_DOMAIN",
		HVMParamACPISState:            "ACPI_S_STATE",
		HVMParamVM86TSS:               "VM86_TSS",
		HVMParamVPTAlign:              "VPT_ALIGN",
		HVMParamConsolePFN:            "CONSOLE_PFN",
		HVMParamConsoleEvtchn:         "CONSOLE_EVTCHN",
		HVMParamACPIIOPortsLocation:   "ACPI_IOPORTS_LOCATION",
		HVMParamMemoryEventCR0:        "MEMORY_EVENT_CR0",
		HVMParamMemoryEventCR3:        "MEMORY_EVENT_CR3",
		HVMParamMemoryEventCR4:        "MEMORY_EVENT_CR4",
		HVMParamMemoryEventINT3:       "MEMORY_EVENT_INT3",
		HVMParamNestedHVM:             "NESTEDHVM",
		HVMParamMemoryEventSingleStep: "MEMORY_EVENT_SINGLE_STEP",
		HVMParamBUFIOREQEvtchn:        "BUFIOREQ_EVTCHN",
		HVMParamPagingRingPFN:         "PAGING_RING_PFN",
		HVMParamMonitorRingPFN:        "MONITOR_RING_PFN",
		HVMParamSharingRingPFN:        "SHARING_RING_PFN",
		HVMParamMemoryEventMSR:        "MEMORY_EVENT_MSR",
		HVMParamTripleFaultReason:     "TRIPLE_FAULT_REASON",
		HVMParamIOREQServerPFN:        "IOREQ_SERVER_PFN",
		HVMParamNRIOREQServerPages:    "NR_IOREQ_SERVER_PAGES",
		HVMParamVMGenerationIDAddr:    "VM_GENERATION_ID_ADDR",
		HVMParamAltP2M:                "ALTP2M",
		HVMParamX87FIPWidth:           "X87_FIP_WIDTH",
		HVMParamVM86TSSSized:          "VM86_TSS_SIZED",
		HVMParamMCACap:                "MCA_CAP",
	}
	if int(p) < len(names) && names[p] != "" {
		return names[p]
	}
	return fmt.Sprintf("HVMParam(%d)", uint32(p))
}
