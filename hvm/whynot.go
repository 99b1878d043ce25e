// Package hvm knows what a host's hardware and hypervisor can do for guests
// that use the CPU's virtualisation.
package hvm

import "strings"

// CPUID feature words as Xen orders them in libxl_physinfo's hw_cap
// (xen/include/public/arch-x86/cpufeatureset.h), and the bits in them.
const (
	wordIntel = 1 // CPUID 1, ECX
	bitVMX    = 1 << 5
	wordAMD   = 3 // CPUID 0x80000001, ECX
	bitSVM    = 1 << 2
)

// WhyNot says why a host that lacks the hvm capability cannot run HVM and PVH
// guests, and what to do about it: a CPU without VT-x or SVM, the firmware, or
// the hypervisor's build. words are libxl_physinfo's hw_cap, xenCaps the
// hypervisor's capability string, bootLog its own log.
//
// It weighs the feature words against what Xen says at boot
// (xen/arch/x86/hvm/svm/svm.c, vmx/vmcs.c: "disabled by BIOS" and the like). The
// log is a ring and may have lost its beginning, hence the last case.
func WhyNot(words [8]uint32, xenCaps, bootLog string) string {
	has := words[wordIntel]&bitVMX != 0 || words[wordAMD]&bitSVM != 0
	for _, line := range strings.Split(bootLog, "\n") {
		l := strings.ToLower(line)
		about := strings.Contains(l, "vmx") || strings.Contains(l, "svm") || strings.Contains(l, "virtuali")
		if about && strings.Contains(l, "disabled") && strings.Contains(l, "bios") {
			return "the firmware has disabled the CPU's virtualisation; enable VT-x or SVM (AMD-V) in its setup"
		}
	}
	switch {
	case !has:
		return "the CPU offers neither VT-x nor SVM (AMD-V); in a virtual machine, turn nested virtualisation on"
	case strings.Contains(xenCaps, "hvm"):
		return "Xen found HVM but does not offer it; see xl dmesg"
	}
	return "the CPU offers it, but Xen did not enable it: it was built without HVM, or its log (xl dmesg) tells of an error"
}
