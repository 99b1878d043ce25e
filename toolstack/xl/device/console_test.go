package device

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack/xl/xltest"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// viewer is a libxl that has no programs to run.
type viewer struct {
	domains
	got string
}

func (v *viewer) fail(format string, args ...any) error {
	v.got = fmt.Sprintf(format, args...)
	return xltest.Fault("libxl_exec", libxl.ErrFail)
}

func (v *viewer) PrimaryConsoleExec(_ context.Context, id idl.DomID) error {
	return v.fail("primary %d", id)
}

func (v *viewer) ConsoleExec(_ context.Context, id idl.DomID, n int32, t idl.ConsoleType) error {
	return v.fail("%v %d of %d", t, n, id)
}

func (v *viewer) VNCViewerExec(_ context.Context, id idl.DomID, pass bool) error {
	return v.fail("vnc %d %v", id, pass)
}

func TestConsoles(t *testing.T) {
	const unable = "Unable to attach console\n"
	for _, c := range []struct{ words, got, stderr string }{
		{"console guest", "primary 3", unable},
		{"console -n 2 guest", "primary 3", unable},
		{"console -t pv guest", "pv 0 of 3", unable},
		{"console -t serial -n 1 guest", "serial 1 of 3", unable},
		{"console -tvuart guest", "vuart 0 of 3", unable},
		{"console -t vga guest", "", "console type supported are: pv, serial, vuart\n"},
		{"console -t unknown guest", "", "console type supported are: pv, serial, vuart\n"},
		{"console -n x guest", "", "\"x\" is not a device's number\n"},
		{"console nobody", "", "nobody is an invalid domain identifier (rc=-6)\n"},
		{"vncviewer guest", "vnc 3 false", "xl: libxl_exec: fail (-3)\n"},
		{"vncviewer -a guest", "vnc 3 true", "xl: libxl_exec: fail (-3)\n"},
		{"vncviewer --vnc guest", "vnc 3 true", "xl: libxl_exec: fail (-3)\n"},
		{"vncviewer --auto guest", "vnc 3 true", "xl: libxl_exec: fail (-3)\n"},
	} {
		x := &viewer{}
		got := bench(x).XL(t, strings.Fields(c.words)...)
		if got != (xltest.Result{Stderr: c.stderr, Status: 1}) || x.got != c.got {
			t.Errorf("%s: %+v, libxl got %q", c.words, got, x.got)
		}
	}
}
