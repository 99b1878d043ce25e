//go:build cgo

package xenstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xenvoy/xenvoy/xen"
	"github.com/xenvoy/xenvoy/xen/internal/xenstored/xenstoredtest"
)

func TestReadEach(t *testing.T) {
	startStore(t)
	c, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	paths, want := []string{"/none", "/with\x00nul", "/" + strings.Repeat("x", absPathMax)}, []string{"", "", ""}
	for i := range 500 {
		path, value := fmt.Sprintf("/k/%d", i), strings.Repeat("v", i)
		if err := c.Write(t.Context(), path, value); err != nil {
			t.Fatal(err)
		}
		paths, want = append(paths, path), append(want, value)
	}
	for where, read := range map[string]func(context.Context, []string) ([]Value, error){"many": ReadEach, "one by one": readByLibrary} {
		values, err := read(t.Context(), paths)
		if err != nil || len(values) != len(paths) {
			t.Fatalf("%s: %d values, %v", where, len(values), err)
		}
		for i, v := range values {
			if v.Text != want[i] || i > 2 && v.Err != nil {
				t.Errorf("%s: %s: %q, %v", where, shown(paths[i]), v.Text, v.Err)
			}
		}
		if !errors.Is(values[0].Err, fs.ErrNotExist) || !errors.Is(values[1].Err, syscall.EINVAL) || !errors.Is(values[2].Err, syscall.E2BIG) {
			t.Errorf("%s: %v, %v, %v", where, values[0].Err, values[1].Err, values[2].Err)
		}
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	t.Setenv("XENSTORED_PATH", filepath.Join(t.TempDir(), "none"))
	if _, err := ReadEach(t.Context(), paths); !errors.Is(err, xen.ErrNoXenstored) {
		t.Errorf("no xenstored: %v", err)
	}
}

// TestReadEachOfHostile: answers that fit no request, or none at all, are errors.
func TestReadEachOfHostile(t *testing.T) {
	read := func(id uint32) string { return string(message{kind: xsRead, id: id, body: "v"}.bytes()) }
	for name, answers := range map[string][]string{
		"silence":                             {},
		"twice":                               {read(0), read(0)},
		"an id too high":                      {read(2)},
		"another kind":                        {string(message{kind: xsWrite, body: "OK\x00"}.bytes())},
		"too large":                           {"\x02\x00\x00\x00" + strings.Repeat("\x00", 8) + "\xff\xff\xff\xff" + "and so on"},
		"the other way round, which is right": {read(1), read(0)},
	} {
		t.Run(name, func(t *testing.T) {
			startServer(t, func(p *peer, m message) {
				if m.id == 1 {
					p.write([]byte(strings.Join(answers, "")))
				}
			})
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			values, err := ReadEach(ctx, []string{"/a", "/b"})
			switch {
			case name == "silence":
				if !errors.Is(err, ErrUnanswered) || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%v", err)
				}
			case strings.HasSuffix(name, "right"):
				if err != nil || !slices.Equal(values, []Value{{Text: "v"}, {Text: "v"}}) {
					t.Errorf("%v, %v", values, err)
				}
			case !errors.Is(err, ErrConnectionLost):
				t.Errorf("%v, %v", values, err)
			}
		})
	}
}

// TestReadEachOfSlow: requests that do not fit into the socket wait until xenstored takes them.
func TestReadEachOfSlow(t *testing.T) {
	first := true
	startServer(t, func(p *peer, m message) {
		if first {
			first = false
			time.Sleep(200 * time.Millisecond) // longer than a write may block at a time
		}
		p.write(message{kind: xsRead, id: m.id, body: "v"}.bytes())
	})
	paths := make([]string, 20000) // half a megabyte
	for i := range paths {
		paths[i] = "/a/longer/path"
	}
	values, err := ReadEach(t.Context(), paths)
	if err != nil || len(values) != len(paths) || slices.ContainsFunc(values, func(v Value) bool { return v.Text != "v" }) {
		t.Errorf("%d values, %v", len(values), err)
	}
}

// TestReadByLibraryEnded: who does not wait any more gets the reason, not what came too late.
func TestReadByLibraryEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	startServer(t, func(p *peer, m message) {
		if m.kind == xsRead {
			cancel() // the answer comes all the same
		}
		p.write(message{kind: m.kind, id: m.id, body: "v"}.bytes())
	})
	if values, err := readByLibrary(ctx, []string{"/a"}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v", values, err)
	}
}

// TestDeadXenstored: it has left its socket behind.
func TestDeadXenstored(t *testing.T) {
	xenstoredtest.Dead(t)
	if _, err := ReadEach(t.Context(), []string{"/a"}); !errors.Is(err, xen.ErrNoXenstored) {
		t.Errorf("ReadEach: %v", err)
	}
	if _, err := OpenContext(t.Context()); !errors.Is(err, xen.ErrNoXenstored) {
		t.Errorf("OpenContext: %v", err)
	}
}
