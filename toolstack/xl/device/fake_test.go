package device

import (
	"context"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/toolstack/xl/xltest"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// guest is the domain that the tests' libxl has: number 3, called "guest".
const guest = idl.DomID(3)

// domains is a libxl that knows the guest, and any number.
type domains struct{ xl.Xen }

func (domains) FindDomain(_ context.Context, word string) (idl.DomID, error) {
	switch word {
	case "guest":
		return guest, nil
	case "7":
		return 7, nil
	}
	return 0, xltest.Fault("libxl_domain_qualifier_to_domid", libxl.ErrInval)
}

func bench(x xl.Xen) xltest.Bench {
	return xltest.Bench{Commands: Commands(), Xen: x, Hooks: xl.Hooks{Self: self}}
}

// A line is a command line and what it must give.
type line struct {
	name   string
	xen    xl.Xen
	words  []string
	stdout string
	stderr string // in standard error; "" that there is nothing
	status int
}

// A table is lines, for one libxl.
type table []line

func (t table) on(x xl.Xen) table {
	for i := range t {
		t[i].xen = x
	}
	return t
}

func try(t *testing.T, lines table) {
	t.Helper()
	for _, l := range lines {
		t.Run(l.name, func(t *testing.T) {
			got := bench(l.xen).XL(t, l.words...)
			if got.Stdout != l.stdout {
				t.Errorf("%v prints\n%q, want\n%q", l.words, got.Stdout, l.stdout)
			}
			if got.Status != l.status {
				t.Errorf("%v ends with %d, want %d", l.words, got.Status, l.status)
			}
			if (l.stderr == "") != (got.Stderr == "") || !strings.Contains(got.Stderr, l.stderr) {
				t.Errorf("%v says %q, want %q", l.words, got.Stderr, l.stderr)
			}
		})
	}
}
