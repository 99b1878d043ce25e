//go:build cgo

package libxl

import (
	stdflag "flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

// worked holds the operations that have succeeded on a real Xen in this run.
var worked operations

type operations struct {
	mu    sync.Mutex
	names map[string]bool
}

func (o *operations) add(name string, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.names == nil {
		o.names = map[string]bool{}
	}
	o.names[name] = o.names[name] || err == nil
}

// contract is how many operations the tests must have seen at work.
const contract = 60

// TestMain demands, after a run of all tests that need Xen, that they were the contract
// that they are meant to be.
func TestMain(m *testing.M) {
	code := m.Run()
	if os.Getenv("XENVOY_TEST_XEN") != "" && stdflag.Lookup("test.run").Value.String() == "^TestXen" {
		code = max(code, worked.report())
	}
	os.Exit(code)
}

func (o *operations) report() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	var good, bad []string
	for _, name := range slices.Sorted(maps.Keys(o.names)) {
		if o.names[name] {
			good = append(good, name)
		} else {
			bad = append(bad, name)
		}
	}
	fmt.Printf("%d operations succeeded on this Xen: %s\n", len(good), strings.Join(good, " "))
	fmt.Printf("%d have only been seen to fail: %s\n", len(bad), strings.Join(bad, " "))
	if len(good) < contract {
		fmt.Printf("FAIL: fewer than %d\n", contract)
		return 1
	}
	return 0
}
