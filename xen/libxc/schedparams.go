package libxc

// SchedParams are a domain's share of the CPUs under the credit and credit2 schedulers.
type SchedParams struct {
	Weight uint16 // against other domains' weights; set to 0 it is left as it is
	Cap    uint16 // per cent of one CPU that it gets at most, 0 for no limit; CapUnchanged is left as it is
}

// CapUnchanged is a SchedParams.Cap that changes nothing when it is set.
const CapUnchanged = ^uint16(0)
