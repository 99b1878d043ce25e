package lab

import (
	"os"
	"strings"
)

// Accelerators of QEMU.
const (
	accelTCG = "tcg"
	accelKVM = "kvm"
)

// accelerator returns what can run a hypervisor inside a virtual machine here, and why. /dev/kvm alone is not
// enough: Xen's guests need AMD-V or VT-x inside the machine, which KVM passes on only when the processor shows it and
// the module's parameter "nested" is on.
func accelerator() (accel, why string) {
	cpuinfo, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return accelTCG, err.Error()
	}
	module := kvmModule(string(cpuinfo))
	if module == "" {
		return accelTCG, "this processor shows neither vmx nor svm"
	}
	nested, err := os.ReadFile("/sys/module/" + module + "/parameters/nested")
	if err != nil {
		return accelTCG, err.Error()
	}
	if v := strings.TrimSpace(string(nested)); v != "1" && v != "Y" {
		return accelTCG, "module " + module + " has nested=" + v
	}
	kvm, err := os.OpenFile("/dev/kvm", os.O_RDWR, 0)
	if err != nil {
		return accelTCG, err.Error()
	}
	kvm.Close()
	return accelKVM, "nested virtualisation by " + module
}

// kvmModule returns the module that would run machines on a processor with these flags, or "".
func kvmModule(cpuinfo string) string {
	for line := range strings.Lines(cpuinfo) {
		name, flags, _ := strings.Cut(line, ":")
		if strings.TrimSpace(name) != "flags" {
			continue
		}
		for _, f := range strings.Fields(flags) {
			switch f {
			case "vmx":
				return "kvm_intel"
			case "svm":
				return "kvm_amd"
			}
		}
	}
	return ""
}
