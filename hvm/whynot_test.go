package hvm

import (
	"strings"
	"testing"
)

func TestWhyNot(t *testing.T) {
	var none, intel, amd [8]uint32
	intel[wordIntel] = bitVMX
	amd[wordAMD] = bitSVM
	for name, tc := range map[string]struct {
		words     [8]uint32
		caps, log string
		want      string
	}{
		"no feature in the CPU":      {none, "xen-3.0-x86_64", "(XEN) Scheduling: credit2\n", "neither VT-x nor SVM"},
		"Intel, locked by firmware":  {intel, "", "(XEN) CPU0: VMX disabled by BIOS.\n", "firmware"},
		"AMD, locked by firmware":    {amd, "", "(XEN) CPU0: AMD SVM Extension is disabled in BIOS.\n", "firmware"},
		"firmware hides the feature": {none, "", "(XEN) CPU0: VMX disabled by BIOS.\n", "firmware"},
		"Xen built without":          {amd, "xen-3.0-x86_64", "", "built without HVM"},
		"found and not offered":      {amd, "xen-3.0-x86_64 hvm-3.0-x86_32", "", "does not offer"},
		"another thing disabled":     {none, "", "(XEN) x2APIC: disabled by BIOS\n", "neither VT-x nor SVM"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := WhyNot(tc.words, tc.caps, tc.log); !strings.Contains(got, tc.want) {
				t.Errorf("got %q, want it to say %q", got, tc.want)
			}
		})
	}
}
