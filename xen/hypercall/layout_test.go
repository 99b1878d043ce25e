//go:build cgo

package hypercall

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestLayout compares this package's numbers with those of the installed headers, by way of
// the C compiler that this build needs anyway. For other releases, TestXen in their dom0
// compares what comes of them.
func TestLayout(t *testing.T) {
	program := filepath.Join(t.TempDir(), "layout")
	if out, err := exec.CommandContext(t.Context(), "cc", "-o", program, "testdata/layout.c").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	out, err := exec.CommandContext(t.Context(), program).Output()
	if err != nil {
		t.Fatal(err)
	}
	headers := map[string]string{}
	for line := range strings.Lines(string(out)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		headers[name] = value
	}
	ours := numbers()
	for name, n := range ours {
		want := fmt.Sprintf("%#x", n)
		if n == 0 {
			want = "0" // printf's way
		}
		if headers[name] != want {
			t.Errorf("%s is %s, the headers have %q", name, want, headers[name])
		}
	}
	if len(headers) != len(ours) {
		t.Errorf("%d numbers in the headers' program, %d here", len(headers), len(ours))
	}
}

// numbers are all that this package takes from the headers.
func numbers() map[string]uint64 {
	return map[string]uint64{
		"callVersion": callVersion, "callSysctl": callSysctl, "versionOnly": versionOnly,
		"privcmdHypercall": privcmdHypercall,

		"sysctlVersion": sysctlVersion, "getDomainInfoList": getDomainInfoList, "sysctlSize": sysctlSize,
		"atCommand": atCommand, "atVersion": atVersion, "atFirst": atFirst, "atMax": atMax,
		"atBuffer": atBuffer, "atNumDomains": atNumDomains,

		"infoSize": infoSize, "atID": atID, "atFlags": atFlags, "atPages": atPages, "atMaxPages": atMaxPages,
		"atOutstanding": atOutstanding, "atShared": atShared, "atPaged": atPaged,
		"atSharedInfoFrame": atSharedInfoFrame, "atCPUTime": atCPUTime, "atOnlineVCPUs": atOnlineVCPUs,
		"atMaxVCPUID": atMaxVCPUID, "atSSIDRef": atSSIDRef, "atHandle": atHandle, "atCPUPool": atCPUPool,
		"atGPAddrBits": atGPAddrBits, "atEmulation": atEmulation,

		"flagDying": flagDying, "flagHVM": flagHVM, "flagShutdown": flagShutdown, "flagPaused": flagPaused,
		"flagBlocked": flagBlocked, "flagRunning": flagRunning, "flagDebugged": flagDebugged,
		"flagXenstore": flagXenstore, "flagHAP": flagHAP,
		"shutdownShift": shutdownShift, "shutdownMask": shutdownMask, "emulatedPC": emulatedPC,
	}
}
