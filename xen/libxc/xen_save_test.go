//go:build cgo

package libxc

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"syscall"
	"testing"

	"github.com/xenvoy/xenvoy/xen/internal/processtest"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// TestXenSave saves a running guest with a policy of the test's own, and lets it go on.
func TestXenSave(t *testing.T) {
	x := openXen(t)
	g := startGuest(t, x, idl.DomainTypePVH)
	fds := processtest.Descriptors(t)
	var asked []PrecopyStats
	var doing []string
	o := SaveOptions{
		Live:    true,
		Suspend: g.suspend,
		Policy: func(s PrecopyStats) PrecopyDecision {
			asked = append(asked, s)
			if s.Iteration >= 2 {
				return PrecopyStop
			}
			return PrecopyContinue
		},
		Progress: func(p Progress) {
			if p.Done == 0 {
				doing = append(doing, p.Doing)
			}
		},
	}
	var head, tail []byte
	size := 0
	err := savePiped(t.Context(), t, x, g.id, o, func(r *os.File) {
		buf := make([]byte, 1<<16)
		for n, err := r.Read(buf); err == nil; n, err = r.Read(buf) {
			head = append(head, buf[:min(n, max(0, 12-len(head)))]...)
			tail = append(tail, buf[:n]...)
			tail = tail[max(0, len(tail)-8):]
			size += n
		}
	})
	if err != nil {
		t.Fatalf("%+v", err)
	}
	if string(head) != "\xff\xff\xff\xff\xff\xff\xff\xffXENF" || !bytes.Equal(tail, make([]byte, 8)) || size < 20<<20 {
		t.Errorf("a stream of %d bytes from %x to %x", size, head, tail)
	}
	if len(asked) < 4 || asked[0].Iteration != 0 || asked[0].DirtyPages <= 0 || asked[1].DirtyPages != -1 || asked[2].DirtyPages < 0 {
		t.Errorf("the policy was asked %+v", asked)
	}
	if !slices.Contains(doing, "Domain now suspended") {
		t.Errorf("progress %q", doing)
	}
	if d := g.info(); !d.Shutdown || d.ShutdownReason != idl.ShutdownReasonSuspend {
		t.Errorf("after the save: %+v", d)
	}
	n := g.Counted()
	if err := g.xl.DomainResume(t.Context(), g.id, true); err != nil {
		t.Fatalf("%+v", err)
	}
	g.WaitCount(n)
	t.Logf("%d bytes; asked %+v; %d descriptors before, %d after", size, asked, fds, processtest.Descriptors(t))
}

// TestXenSaveGivenUp ends saves in each way but the good one; the guest runs on.
func TestXenSaveGivenUp(t *testing.T) {
	x := openXen(t)
	g := startGuest(t, x, idl.DomainTypePVH)
	stop := errors.New("the test has seen enough")
	for _, c := range []struct {
		name string
		want error
		save func(o SaveOptions) error
	}{
		{"by the policy", ErrAborted, func(o SaveOptions) error {
			o.Policy = func(s PrecopyStats) PrecopyDecision {
				if s.Iteration == 1 {
					return PrecopyAbort
				}
				return PrecopyContinue
			}
			return savePiped(t.Context(), t, x, g.id, o, discard)
		}},
		{"by the context", stop, func(o SaveOptions) error {
			ctx, cancel := context.WithCancelCause(t.Context())
			return savePiped(ctx, t, x, g.id, o, func(r *os.File) {
				io.CopyN(io.Discard, r, 1<<20) // then the pipe fills up
				cancel(stop)
			})
		}},
		{"by the reader", syscall.EPIPE, func(o SaveOptions) error {
			return savePiped(t.Context(), t, x, g.id, o, func(r *os.File) {
				io.CopyN(io.Discard, r, 1<<20)
				r.Close()
			})
		}},
		{"by the suspend function", stop, func(o SaveOptions) error {
			o.Suspend = func(context.Context) error { return stop }
			return savePiped(t.Context(), t, x, g.id, o, discard)
		}},
	} {
		n, fds := g.Counted(), processtest.Descriptors(t)
		err := c.save(SaveOptions{Live: true, Suspend: g.suspend})
		var e *Error
		if !errors.Is(err, c.want) || !errors.As(err, &e) {
			t.Errorf("%s: %+v", c.name, err)
		}
		if d := g.info(); d.Shutdown || d.Paused {
			t.Errorf("%s: the guest is %+v", c.name, d)
		}
		if now := processtest.Descriptors(t); now != fds {
			t.Errorf("%s: %d descriptors before, %d after", c.name, fds, now)
		}
		if err := x.LogDirtyEnable(t.Context(), g.id); err != nil { // EINVAL when a save has left it on
			t.Errorf("%s: %+v", c.name, err)
		}
		if err := x.LogDirtyOff(t.Context(), g.id); err != nil {
			t.Errorf("%s: %+v", c.name, err)
		}
		g.WaitCount(n)
	}
}

// TestXenSaveOfPaused: a paused guest takes part in nothing, and its policy can still give up.
func TestXenSaveOfPaused(t *testing.T) {
	x := openXen(t)
	g := newGuest(t, x, idl.DomainTypePVH)
	asked := 0
	o := SaveOptions{
		Live:    true,
		Suspend: g.suspend,
		Policy: func(s PrecopyStats) PrecopyDecision {
			if asked++; asked == 3 { // after the first pass, with a count
				if s.DirtyPages < 0 || s.DirtyPages > 1000 {
					t.Errorf("a guest that does not run: %+v", s)
				}
				return PrecopyAbort
			}
			return PrecopyContinue
		},
	}
	if err := savePiped(t.Context(), t, x, g.id, o, discard); !errors.Is(err, ErrAborted) || asked != 3 {
		t.Errorf("asked %d times, %+v", asked, err)
	}
	if d := g.info(); !d.Paused || d.Shutdown {
		t.Errorf("%+v", d)
	}
}
