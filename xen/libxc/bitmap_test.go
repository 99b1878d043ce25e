//go:build cgo

package libxc

import (
	"errors"
	"slices"
	"syscall"
	"testing"

	"github.com/xenvoy/xenvoy/xen/libxc/internal/fakexen"
)

func newBitmap(t *testing.T, x *Interface, pfns uint64) *Bitmap {
	t.Helper()
	b, err := x.NewBitmap(t.Context(), pfns)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func TestBitmap(t *testing.T) {
	x := openFake(t, Options{})
	for _, pfns := range []uint64{1, 63, 64, 65, PageSize * 8, PageSize*8 + 1} {
		b := newBitmap(t, x, pfns)
		if b.Len() != pfns || b.Count() != 0 || b.Test(0) {
			t.Errorf("%d pfns: %d, %d set", pfns, b.Len(), b.Count())
		}
		for i := range b.words { // beyond the end, too
			b.words[i] = ^uint64(0)
		}
		if b.Count() != pfns || !b.Test(pfns-1) || b.Test(pfns) || b.Test(1<<63) {
			t.Errorf("%d pfns: %d set", pfns, b.Count())
		}
		if all := slices.Collect(b.All()); uint64(len(all)) != pfns || all[0] != 0 || all[len(all)-1] != pfns-1 {
			t.Errorf("%d pfns: ranges over %d", pfns, len(all))
		}
	}
}

func TestBitmapSizes(t *testing.T) {
	x := openFake(t, Options{})
	for _, pfns := range []uint64{0, MaxPFNs + 1, 1 << 63} {
		if _, err := x.NewBitmap(t.Context(), pfns); !errors.Is(err, syscall.EINVAL) {
			t.Errorf("%d pfns: %v", pfns, err)
		}
	}
	fakexen.Fail(syscall.ENOMEM)
	if _, err := x.NewBitmap(t.Context(), 1); !errors.Is(err, syscall.ENOMEM) {
		t.Errorf("without memory: %v", err)
	}
}

func TestBitmapClosed(t *testing.T) {
	x := openFake(t, Options{})
	b := newBitmap(t, x, 100)
	fakexen.SetDirty(70)
	if _, err := x.LogDirtyPeek(t.Context(), fakexen.Guest, b); err != nil {
		t.Fatal(err)
	}
	n := 0
	for range b.All() { // its owner may close it meanwhile
		n++
		b.Close()
	}
	if n == 0 || n > 64 {
		t.Errorf("%d pfns, some of them after Close", n)
	}
	if err := b.Close(); err != nil || b.Len() != 0 || b.Count() != 0 || b.Test(0) || slices.Collect(b.All()) != nil {
		t.Errorf("closed: %v, %d pfns, %d set", err, b.Len(), b.Count())
	}
	if _, err := x.LogDirtyPeek(t.Context(), fakexen.Guest, b); !errors.Is(err, ErrClosed) {
		t.Errorf("peek: %v", err)
	}
}

func TestBitmapOfAnotherInterface(t *testing.T) {
	x := openFake(t, Options{})
	other, err := Open(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := other.LogDirtyPeek(t.Context(), fakexen.Guest, newBitmap(t, x, 10)); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("%v", err)
	}
}

func TestLogDirty(t *testing.T) {
	x := openFake(t, Options{})
	ctx := t.Context()
	if err := x.LogDirtyEnable(ctx, fakexen.Guest); err != nil || !fakexen.LogDirty() {
		t.Fatalf("%v, on %v", err, fakexen.LogDirty())
	}
	if err := x.LogDirtyEnable(ctx, fakexen.Guest); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("twice: %v", err)
	}
	n, err := x.NrGPFNs(ctx, fakexen.Guest)
	if err != nil || n != fakexen.Pages {
		t.Errorf("%d pfns, %v", n, err)
	}
	b := newBitmap(t, x, n)
	fakexen.SetDirty(300, 7)
	for _, c := range []struct {
		name string
		call func() (DirtyStats, error)
		want uint32
		bits uint64
	}{
		{"peek without bitmap", func() (DirtyStats, error) { return x.LogDirtyPeek(ctx, fakexen.Guest, nil) }, 300, 0},
		{"peek", func() (DirtyStats, error) { return x.LogDirtyPeek(ctx, fakexen.Guest, b) }, 300, 300},
		{"clean", func() (DirtyStats, error) { return x.LogDirtyClean(ctx, fakexen.Guest, b, false) }, 300, 300},
		{"clean again", func() (DirtyStats, error) { return x.LogDirtyClean(ctx, fakexen.Guest, b, true) }, 7, 7},
		{"peek at the end", func() (DirtyStats, error) { return x.LogDirtyPeek(ctx, fakexen.Guest, b) }, 0, 0},
	} {
		stats, err := c.call()
		if want := (DirtyStats{Faults: 3, Dirty: c.want}); err != nil || stats != want || b.Count() != c.bits {
			t.Errorf("%s: %+v, %v, %d bits; want %+v", c.name, stats, err, b.Count(), want)
		}
	}
	if _, err := x.LogDirtyClean(ctx, fakexen.Guest, nil, false); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("clean without bitmap: %v", err)
	}
	if err := x.LogDirtyOff(ctx, fakexen.Guest); err != nil || fakexen.LogDirty() {
		t.Errorf("%v, on %v", err, fakexen.LogDirty())
	}
}
