//go:build cgo

package hypercall

import (
	"os"
	"reflect"
	"testing"

	"github.com/xenvoy/xenvoy/xen/libxc"
)

// TestXen compares what this package reads with what libxc does, in the dom0 of a real Xen.
func TestXen(t *testing.T) {
	if os.Getenv("XENVOY_TEST_XEN") == "" {
		t.Skip("needs Xen: the lab's tests take it there")
	}
	c, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	x, err := libxc.Open(libxc.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	ours, err := c.ListDomains(t.Context(), 0, libxc.MaxDomains)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := x.ListDomains(t.Context(), 0, libxc.MaxDomains)
	if err != nil {
		t.Fatal(err)
	}
	if len(ours) == 0 || len(ours) != len(theirs) {
		t.Fatalf("%+v\nlibxc: %+v", ours, theirs)
	}
	for i := range ours {
		if theirs[i].CPUTime < ours[i].CPUTime || ours[i].CPUTime == 0 && ours[i].ID == 0 {
			t.Errorf("domain %d has run %v, then %v", ours[i].ID, ours[i].CPUTime, theirs[i].CPUTime)
		}
		theirs[i].CPUTime = ours[i].CPUTime
		if ours[i].ID != 0 { // a guest may have gone on in between
			theirs[i].Running, theirs[i].Blocked, theirs[i].Pages = ours[i].Running, ours[i].Blocked, ours[i].Pages
		}
		if !reflect.DeepEqual(ours[i], theirs[i]) {
			t.Errorf("%+v\nlibxc: %+v", ours[i], theirs[i])
		}
	}
}
