//go:build cgo

package libxl

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/xen/libxl/internal/dummyxen"
)

// poison is what glibc fills freed memory with; fresh memory gets its complement.
const poison = 165

// TestThroughLibxlPoisoned runs the tests that take structures through libxl once more, in
// a process whose memory is full of what nobody wrote: a member that C left unset, or
// that is read after it was freed, does not come back as it was. glibc looks at its
// settings before main, hence the process.
func TestThroughLibxlPoisoned(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(filepath.Base(exe), "ld-") {
		t.Skip("the test was started through the dynamic linker, so it cannot start itself")
	}
	cmd := exec.CommandContext(t.Context(), exe, "-test.run=^(TestConfigThroughLibxl|TestTypesThroughLibxl|TestZeroSurvivesLibxl)$", "-test.v")
	// Memory that a thread's cache hands out again is not filled, so there is no cache.
	tunables := "glibc.malloc.tcache_count=0:glibc.malloc.perturb=" + strconv.Itoa(poison)
	cmd.Env = append(os.Environ(), "MALLOC_PERTURB_="+strconv.Itoa(poison), "GLIBC_TUNABLES="+tunables)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if n := strings.Count(string(out), "\n--- PASS: "); n != 3 {
		t.Errorf("%d tests passed, want 3:\n%s", n, out)
	}
}

// checkPoison fails when the process should have poisoned memory and has not.
func checkPoison(t *testing.T) {
	t.Helper()
	if os.Getenv("MALLOC_PERTURB_") == "" {
		return
	}
	const byASan = 0xbe // the address sanitizer has an allocator of its own, which fills too
	for range 4 {
		if b := dummyxen.FreshByte(); b != poison^0xff && b != byASan {
			t.Fatalf("fresh memory holds %#x", b)
		}
	}
}
