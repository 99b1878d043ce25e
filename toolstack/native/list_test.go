//go:build cgo

package native

import (
	"errors"
	"os"
	"reflect"
	"testing"

	"github.com/rs/zerolog"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/xen"
)

// TestList: the look without libraries sees what the host sees.
func TestList(t *testing.T) {
	l, err := OpenList()
	if errors.Is(err, xen.ErrNoHypervisor) && os.Getenv("XENVOY_TEST_XEN") == "" {
		t.Skip("needs Xen: the lab's tests take it there")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	h, err := Open(zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	id, err := h.Create(t.Context(), config(t, "listed"))
	if err != nil {
		t.Fatal(err)
	}
	defer h.Destroy(t.Context(), id)
	ours, err := l.Domains(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := h.Domains(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range min(len(ours), len(theirs)) {
		ours[i].CPUTime = theirs[i].CPUTime // dom0's goes on
	}
	if len(ours) < 2 || !reflect.DeepEqual(ours, theirs) {
		t.Errorf("the list has\n%+v\nthe host\n%+v", ours, theirs)
	}
	one, err := l.Domain(t.Context(), id)
	if err != nil || !reflect.DeepEqual(one, ours[len(ours)-1]) {
		t.Errorf("%+v, %v", one, err)
	}
	if d, err := l.Domain(t.Context(), id+1); !errors.Is(err, toolstack.ErrNoDomain) {
		t.Errorf("a domain that is not there: %+v, %v", d, err)
	}
	if err := errors.Join(l.Close(), l.Close()); err != nil {
		t.Error(err)
	}
	if _, err := l.Domains(t.Context()); err == nil {
		t.Error("a closed list lists")
	}
}
