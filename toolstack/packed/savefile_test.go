package packed

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/xenvoy/xenvoy/migrate/stream"
	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/fake"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// saveFile is a whole save file of a guest.
func saveFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "save")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h, cfg := fake.New(1024), &idl.DomainConfig{}
	mem := idl.MemKB(64 << 10)
	cfg.CInfo.Name, cfg.BInfo.MaxMemKB = "web", &mem
	id, err := h.Create(t.Context(), cfg)
	if err == nil {
		_, err = stream.WriteXLHeader(f, []byte(`{"c_info":{"name":"web"}}`))
	}
	if err == nil {
		err = h.Suspend(t.Context(), id, f, toolstack.SuspendOptions{})
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPackFileAndBack(t *testing.T) {
	in := saveFile(t)
	dir := t.TempDir()
	mid, out := filepath.Join(dir, "mid"), filepath.Join(dir, "out")
	dry, err := PackFile(t.Context(), in, mid, true)
	if _, gone := os.Stat(mid); err != nil || gone == nil {
		t.Fatalf("a dry run: %+v, %v", dry, err)
	}
	r, err := PackFile(t.Context(), in, mid, false)
	if err != nil || r.OutBytes != dry.OutBytes || r.OutBytes >= r.InBytes {
		t.Fatalf("%+v, %v", r, err)
	}
	if _, err := UnpackFile(t.Context(), mid, out, false); err != nil {
		t.Fatal(err)
	}
	one, _ := os.ReadFile(in)
	other, err := os.ReadFile(out)
	if err != nil || !bytes.Equal(one, other) {
		t.Errorf("%d bytes became %d, %v", len(one), len(other), err)
	}
}

// TestPackRefuses leaves the file that was there, and no other.
func TestPackRefuses(t *testing.T) {
	good := saveFile(t)
	text, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	for name, c := range map[string]struct {
		ctx  context.Context
		do   func(context.Context, string, string, bool) (Repacked, error)
		file []byte
		want func(error) bool
	}{
		"packed":      {t.Context(), PackFile, pack(t, text, 1000), is(ErrPacked)},
		"not packed":  {t.Context(), UnpackFile, text, is(ErrNotPacked)},
		"cut":         {t.Context(), PackFile, text[:len(text)-8], malformed},
		"longer":      {t.Context(), PackFile, append(bytes.Clone(text), 0), malformed},
		"no save":     {t.Context(), PackFile, bytes.Repeat([]byte("x"), 100), malformed},
		"damaged":     {t.Context(), UnpackFile, pack(t, text, 1000)[:300], is(ErrDamaged)},
		"cut content": {t.Context(), UnpackFile, pack(t, text[:len(text)-8], 1000), malformed},
		"interrupted": {ended, PackFile, text, is(context.Canceled)},
	} {
		dir := t.TempDir()
		in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
		if err := errors.Join(os.WriteFile(in, c.file, 0o600), os.WriteFile(out, []byte("old"), 0o600)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.do(c.ctx, in, out, false); !c.want(err) {
			t.Errorf("%s: %v", name, err)
		}
		all, _ := os.ReadDir(dir)
		if b, err := os.ReadFile(out); err != nil || string(b) != "old" || len(all) != 2 {
			t.Errorf("%s leaves %q, %v, %v", name, b, err, all)
		}
	}
}

func is(want error) func(error) bool { return func(err error) bool { return errors.Is(err, want) } }

func malformed(err error) bool {
	var e *stream.Error
	return errors.As(err, &e)
}
