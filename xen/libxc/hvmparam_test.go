package libxc

import (
	"os"
	"regexp"
	"strconv"
	"testing"
)

// TestHVMParams compares the numbers and names with those of the installed header.
func TestHVMParams(t *testing.T) {
	const header = "/usr/include/xen/hvm/params.h"
	text, err := os.ReadFile(header)
	if os.IsNotExist(err) {
		t.Skipf("%s is not installed (Debian: libxen-dev), so there is nothing to compare with", header)
	}
	if err != nil {
		t.Fatal(err)
	}
	params := regexp.MustCompile(`(?m)^#define HVM_PARAM_(\w+)\s+(\d+)$`).FindAllStringSubmatch(string(text), -1)
	if len(params) < 30 {
		t.Fatalf("%d parameters in the header", len(params))
	}
	for _, p := range params {
		n, err := strconv.ParseUint(p[2], 10, 32)
		if err != nil {
			t.Fatal(err)
		}
		if name := p[1]; !regexp.MustCompile(`^CALLBACK_TYPE_`).MatchString(name) && HVMParam(n).String() != name {
			t.Errorf("%d is %v, the header says %s", n, HVMParam(n), name)
		}
	}
}
