//go:build cgo

package release

import (
	"errors"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/xen"
)

// TestCheck uses libc, whose name ends with one number, and libxenctrl by the name of the
// installed release, which is that of the headers.
func TestCheck(t *testing.T) {
	major, minor := linked()
	for _, c := range []struct {
		library      string
		major, minor int
		differs      bool
	}{
		{"libxenctrl.so.", major, minor, false},
		{"libxenctrl.so.", major, minor + 1, true},
		{"libxenctrl.so.", major + 1, minor, true},
		{"libc.so.", 4, 17, false},
		{"libnone.so.", 4, 17, false},
	} {
		err := Check(c.library, c.major, c.minor)
		if errors.Is(err, xen.ErrOtherRelease) != c.differs || err != nil && !strings.Contains(err.Error(), "is built for") {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
