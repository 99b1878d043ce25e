package life

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/xenvoy/xenvoy/migrate/stream"
	"github.com/xenvoy/xenvoy/toolstack/packed"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/toolstack/xl/xltest"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// entries is what a folder holds, so that nothing is left in it unseen.
func entries(t *testing.T, dir string) []string {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range all {
		names = append(names, e.Name())
	}
	return names
}

// saved reads a save file.
func saved(t *testing.T, path string) (*idl.DomainConfig, string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := bytes.NewReader(text)
	h, err := stream.ReadXLHeader(r)
	if err != nil {
		t.Fatal(err)
	}
	var cfg idl.DomainConfig
	if err := json.Unmarshal(h.Config, &cfg); err != nil {
		t.Fatal(err)
	}
	return &cfg, string(text[len(text)-r.Len():])
}

func TestSaveWritesWhatXLReads(t *testing.T) {
	other := xltest.File(t, "other.cfg", config)
	for name, c := range map[string]struct {
		options, rest []string
		left          []string // that run
		domains       int
		savedName     string
		savedID       idl.DomID
	}{
		"plain":      {nil, nil, nil, 0, "guest", 0},
		"checkpoint": {[]string{"-c"}, nil, []string{"guest"}, 1, "guest", 0},
		"paused":     {[]string{"-p"}, nil, nil, 1, "guest", 0},
		"number":     {[]string{"-D"}, nil, nil, 0, "guest", 1},
		"override":   {nil, []string{other}, nil, 0, "web", 0},
	} {
		x, path := newXen("guest"), filepath.Join(t.TempDir(), "file")
		got := bench(x, &monitors{}).XL(t, append(append(append([]string{"save"}, c.options...), "guest", path), c.rest...)...)
		if got.Status != 0 || got.Stdout != "" || len(x.domains) != c.domains || len(x.running()) != len(c.left) {
			t.Errorf("%s: %+v, %q", name, got, x.calls)
		}
		cfg, rest := saved(t, path)
		if cfg.CInfo.Name != c.savedName || cfg.CInfo.DomID != c.savedID || rest != state {
			t.Errorf("%s: %+v, %q", name, cfg.CInfo, rest)
		}
		contains(t, name, got.Stderr, "Saving to "+path+" new xl format (info 0x3/0x0/")
		if all := entries(t, filepath.Dir(path)); len(all) != 1 {
			t.Errorf("%s: %q", name, all)
		}
	}
}

func TestSaveThatFailsKeepsTheGuestAndTheOldFile(t *testing.T) {
	for name, prepare := range map[string]func(*fakeXen, context.CancelFunc){
		"libxl":     func(x *fakeXen, _ context.CancelFunc) { x.fail["suspend"] = libxl.ErrFail },
		"no answer": func(x *fakeXen, _ context.CancelFunc) { x.fail["suspend"] = libxl.ErrGuestTimedOut },
		"Ctrl-C":    func(x *fakeXen, stop context.CancelFunc) { x.afterMid = stop },
	} {
		x := newXen("guest")
		path := xltest.File(t, "file", "the old one")
		ctx, stop := context.WithCancel(t.Context())
		prepare(x, stop)
		err := runIn(t, ctx, x, "save", "guest", path)
		stop()
		if err == nil || len(x.running()) != 1 {
			t.Errorf("%s: %v, %q", name, err, x.calls)
		}
		if text, err := os.ReadFile(path); err != nil || string(text) != "the old one" {
			t.Errorf("%s: %q, %v", name, text, err)
		}
		if all := entries(t, filepath.Dir(path)); len(all) != 1 {
			t.Errorf("%s leaves %q", name, all)
		}
	}
}

// runIn runs a command of xl's in a context of its own.
func runIn(t *testing.T, ctx context.Context, x *fakeXen, words ...string) error {
	t.Helper()
	s := &xl.Session{Xen: x, Stdout: new(bytes.Buffer), Stderr: new(bytes.Buffer), Hooks: (&monitors{}).hooks(), ConfPath: "/none"}
	if err := s.LoadConf(); err != nil {
		t.Fatal(err)
	}
	c := xl.Find(Commands(), words[0])
	call, err := c.NewCall(s, words[1:])
	if err != nil {
		t.Fatal(err)
	}
	return c.Run(ctx, call)
}

// What goes wrong after the guest has stopped is no reason to lose it.
func TestSaveThatCannotNameTheFile(t *testing.T) {
	x, dir := newXen("guest"), filepath.Join(t.TempDir(), "gone")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	x.afterMid = func() { os.RemoveAll(dir) }
	got := bench(x, &monitors{}).XL(t, "save", "guest", filepath.Join(dir, "file"))
	if got.Status != 1 || len(x.running()) != 1 || !slices.Contains(x.calls, "resume 1") {
		t.Errorf("%+v, %q", got, x.calls)
	}
	contains(t, "save", got.Stderr, "Failed to save domain, resuming domain")
	if got := bench(newXen("guest"), &monitors{}).XL(t, "save", "guest", "/dev/full"); got.Status != 1 {
		t.Errorf("a full disk: %+v", got)
	}
}

// A file that others may not read stays one: it has all that the guest knows.
func TestSaveKeepsTheRightsOfTheOldFile(t *testing.T) {
	path := xltest.File(t, "file", "the old one")
	for _, mode := range []os.FileMode{0o600, 0o644, 0o666} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if got := bench(newXen("guest"), &monitors{}).XL(t, "save", "guest", path); got.Status != 0 {
			t.Fatalf("%+v", got)
		}
		if st, err := os.Stat(path); err != nil || st.Mode().Perm() != mode&0o644 {
			t.Errorf("%v became %v, %v", mode, st.Mode(), err)
		}
	}
}

func TestSaveRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		words  []string
		status int
		stderr string
	}{
		"no folder":    {[]string{"guest", "/none/file"}, 1, "Failed to open temp file /none/file for writing"},
		"no guest":     {[]string{"nobody", "/tmp/file"}, 1, "nobody is an invalid domain identifier"},
		"few words":    {[]string{"guest"}, 2, "'xl save' requires at least 2 arguments."},
		"many words":   {[]string{"guest", "a", "b", "c"}, 1, ""},
		"bad override": {[]string{"guest", filepath.Join(t.TempDir(), "f"), "/none.cfg"}, 1, "Failed to read config file: /none.cfg"},
	} {
		x := newXen("guest")
		got := bench(x, &monitors{}).XL(t, append([]string{"save"}, c.words...)...)
		if got.Status != c.status || len(x.running()) != 1 {
			t.Errorf("%s: %+v, %q", name, got, x.calls)
		}
		contains(t, name, got.Stderr, c.stderr)
	}
}

func TestRestoreStartsWhatWasSaved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if got := bench(newXen("guest"), &monitors{}).XL(t, "save", "guest", path); got.Status != 0 {
		t.Fatalf("%+v", got)
	}
	for name, c := range map[string]struct {
		words   []string
		running int
		named   string
	}{
		"plain":    {[]string{path}, 1, "guest"},
		"paused":   {[]string{"-p", path}, 0, "guest"},
		"override": {[]string{xltest.File(t, "web.cfg", config), path}, 1, "web"},
	} {
		x, m := newXen(), &monitors{}
		got := bench(x, m).XL(t, append([]string{"restore"}, c.words...)...)
		if got.Status != 0 || got.Stdout != "" || len(x.running()) != c.running || x.names()[0] != c.named {
			t.Errorf("%s: %+v, %q", name, got, x.calls)
		}
		if want := "1 /var/log/xen/xl-" + c.named + ".log"; len(m.calls) != 1 || m.calls[0] != want {
			t.Errorf("%s: monitors %q", name, m.calls)
		}
		contains(t, name, got.Stderr, "Loading new save file "+path+" (new xl fmt info 0x3/0x0/", " Savefile contains xl domain config in JSON format", "Parsing config from ")
	}
}

func TestRestoreRefuses(t *testing.T) {
	good := filepath.Join(t.TempDir(), "file")
	if got := bench(newXen("guest"), &monitors{}).XL(t, "save", "guest", good); got.Status != 0 {
		t.Fatalf("%+v", got)
	}
	text, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	patched := func(name string, offset int, with string) string {
		b := bytes.Clone(text)
		copy(b[offset:], with)
		return xltest.File(t, name, string(b))
	}
	var bare bytes.Buffer
	if _, err := stream.WriteXLHeader(&bare, nil); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ path, stderr string }{
		"another file":    {xltest.File(t, "other", strings.Repeat("x", 100)), "does not start as xl's header does"},
		"a flag":          {patched("flag", 36, "\x07"), "unknown mandatory flags"},
		"cut off":         {xltest.File(t, "cut", string(text[:60])), "unexpected EOF"},
		"state cut off":   {xltest.File(t, "short", string(text[:len(text)-1])), "libxl_domain_create_restore"},
		"no JSON":         {patched("json", 52, "]"), "the configuration in it"},
		"nothing in it":   {xltest.File(t, "bare", bare.String()), "Config file not specified and none in save file"},
		"it is not there": {"/none", "Can't open restore file: No such file or directory"},
	} {
		x := newXen()
		got := bench(x, &monitors{}).XL(t, "restore", c.path)
		if got.Status != 1 || len(x.domains) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
		contains(t, name, got.Stderr, c.stderr)
	}
}

func TestXenvoyTellsWhatItSaved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	got := bench(newXen("guest"), &monitors{}).Xenvoy(t, "json", "save", "guest", path)
	var r Saved
	if err := json.Unmarshal([]byte(got.Stdout), &r); err != nil || got.Err != nil {
		t.Fatalf("%+v, %v", got, err)
	}
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	took := r.Took
	r.Took, r.Rate = 0, 0
	if want := (Saved{Name: "guest", ID: 1, File: path, Bytes: st.Size(), Content: st.Size(), State: "destroyed"}); r != want || took < 0 {
		t.Errorf("%+v, %g", r, took)
	}
}

func TestCompressedSaveIsRestored(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	got := bench(newXen("guest"), &monitors{}).Xenvoy(t, "json", "save", "--compress", "guest", path)
	var r Saved
	if err := json.Unmarshal([]byte(got.Stdout), &r); err != nil || got.Err != nil {
		t.Fatalf("%+v, %v", got, err)
	}
	text, err := os.ReadFile(path)
	if err != nil || !packed.Packed(text) || !r.Compressed || r.Bytes != int64(len(text)) || r.Content <= int64(len(state)) {
		t.Fatalf("%+v, %d bytes, %v", r, len(text), err)
	}
	x := newXen()
	if got := bench(x, &monitors{}).Xenvoy(t, "table", "restore", path); got.Err != nil || len(x.running()) != 1 || x.names()[0] != "guest" {
		t.Errorf("%+v, %q", got, x.calls)
	}
	for name, damaged := range map[string][]byte{"cut": text[:len(text)-30], "a bit": flip(text, len(text)/2)} {
		x := newXen()
		got := bench(x, &monitors{}).Xenvoy(t, "table", "restore", xltest.File(t, name, string(damaged)))
		if !errors.Is(got.Err, packed.ErrDamaged) || len(x.domains) != 0 {
			t.Errorf("%s: %+v, %q", name, got, x.calls)
		}
	}
}

func flip(b []byte, i int) []byte {
	b = bytes.Clone(b)
	b[i] ^= 1
	return b
}

// TestCompressedSaveThatFails leaves the guest running, the old file, and no process of its own behind.
func TestCompressedSaveThatFails(t *testing.T) {
	for name, prepare := range map[string]func(*fakeXen){
		"libxl":     func(x *fakeXen) { x.fail["suspend"] = libxl.ErrFail },
		"no answer": func(x *fakeXen) { x.fail["suspend"] = libxl.ErrGuestTimedOut },
	} {
		x := newXen("guest")
		path := xltest.File(t, "file", "the old one")
		prepare(x)
		got := bench(x, &monitors{}).Xenvoy(t, "table", "save", "--compress", "guest", path)
		if text, err := os.ReadFile(path); got.Err == nil || len(x.running()) != 1 || err != nil || string(text) != "the old one" {
			t.Errorf("%s: %+v, %q, %q, %v", name, got, x.calls, text, err)
		}
		if all := entries(t, filepath.Dir(path)); len(all) != 1 {
			t.Errorf("%s leaves %q", name, all)
		}
	}
	x := newXen("guest")
	got := bench(x, &monitors{}).Xenvoy(t, "table", "save", "--compress", "guest", "/dev/full")
	if !errors.Is(got.Err, syscall.ENOSPC) || len(x.running()) != 1 {
		t.Errorf("a full disk: %+v, %q", got, x.calls)
	}
}

func TestXLDoesNotKnowCompress(t *testing.T) {
	x, path := newXen("guest"), filepath.Join(t.TempDir(), "file")
	if got := bench(x, &monitors{}).XL(t, "save", "--compress", "guest", path); got.Status != 2 || len(x.running()) != 1 {
		t.Errorf("%+v", got)
	}
	if got := bench(x, &monitors{}).XL(t, "save", "-h"); strings.Contains(got.Stdout+got.Stderr, "compress") {
		t.Errorf("xl's help: %+v", got)
	}
}

// TestRestoreOfAGuestThatRuns is refused by its uuid: another name does not make it another guest.
func TestRestoreOfAGuestThatRuns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	x := newXen("guest")
	uuid := idl.UUID{1, 2, 3}
	g := x.domains[1]
	g.cfg.CInfo.UUID = uuid
	if got := bench(x, &monitors{}).Xenvoy(t, "table", "save", "-c", "guest", path); got.Err != nil {
		t.Fatalf("%+v", got)
	}
	g.cfg.CInfo.Name = "renamed"
	got := bench(x, &monitors{}).Xenvoy(t, "table", "restore", path)
	if got.Err == nil || len(x.domains) != 1 {
		t.Fatalf("%+v, %q", got, x.calls)
	}
	contains(t, "restore", got.Err.Error(), "domain 1 (renamed) has its uuid "+uuid.String())
}
