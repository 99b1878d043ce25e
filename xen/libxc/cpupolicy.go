package libxc

import "fmt"

// A CPUPolicy is what a guest is told of its CPU: CPUID leaves and MSRs, in ascending
// order as libxc writes them.
type CPUPolicy struct {
	Leaves []CPUIDLeaf
	MSRs   []MSREntry
}

// A CPUIDLeaf is the answer of the CPUID instruction to one question.
type CPUIDLeaf struct {
	Leaf, Subleaf uint32 // Subleaf is NoSubleaf for a leaf that has none
	A, B, C, D    uint32 // EAX, EBX, ECX, EDX
}

// NoSubleaf is the CPUIDLeaf.Subleaf of a leaf without subleaves (XEN_CPUID_NO_SUBLEAF).
const NoSubleaf = ^uint32(0)

// An MSREntry is the value of a model-specific register.
type MSREntry struct {
	Index, Flags uint32 // Flags is reserved, 0
	Value        uint64
}

// A SystemPolicy names one of the hypervisor's own CPU policies (XEN_SYSCTL_cpu_policy_…).
type SystemPolicy uint32

// The policies.
const (
	PolicyRaw        SystemPolicy = iota // the CPU's own answers
	PolicyHost                           // what Xen uses of that
	PolicyPVMax                          // the most that a PV guest can have
	PolicyHVMMax                         // the most that an HVM or PVH guest can have
	PolicyPVDefault                      // what a PV guest gets
	PolicyHVMDefault                     // what an HVM or PVH guest gets
)

// String returns the policy's name, such as "hvm_max".
func (p SystemPolicy) String() string {
	return nameOf(uint32(p), "raw", "host", "pv_max", "hvm_max", "pv_default", "hvm_default")
}

// A Featureset names one of the hypervisor's sets of CPU features
// (XEN_SYSCTL_cpu_featureset_…). The numbers are not those of a SystemPolicy.
type Featureset uint32

// The sets.
const (
	FeaturesetRaw    Featureset = iota // the CPU's own
	FeaturesetHost                     // those that Xen uses
	FeaturesetPV                       // those that a PV guest gets
	FeaturesetHVM                      // those that an HVM or PVH guest gets
	FeaturesetPVMax                    // those that a PV guest can have
	FeaturesetHVMMax                   // those that an HVM or PVH guest can have
)

// String returns the set's name, such as "hvm_max".
func (s Featureset) String() string {
	return nameOf(uint32(s), "raw", "host", "pv", "hvm", "pv_max", "hvm_max")
}

func nameOf(n uint32, names ...string) string {
	if n < uint32(len(names)) {
		return names[n]
	}
	return fmt.Sprintf("number %d", n)
}
