package lab

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// TB is what Start needs of a *testing.T.
type TB interface {
	Helper()
	Name() string
	Context() context.Context
	Logf(format string, args ...any)
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
	Failed() bool
	Cleanup(func())
}

// Options is the lab of a test.
type Options struct {
	Hosts     int      // 0 is 2
	WAN       string   // a specification for ParseWAN; "" is the bare link
	Xen       string   // release of the hosts, as in Config; "" is DefaultXen
	CPU       string   // "" is the default
	CPUs      int      // 0 is 1
	Spare     bool     // hardware for passing it through, as in Config
	Memory    int      // MiB for each host; 0 is the default
	Guests    []string // guests to bring, as in Config
	Artifacts string   // folder that keeps the logs of a failed test, in a folder of the test's name; "" is failed in CacheDir
}

// cleanupTime is what the end of a test may take, after its own context has ended.
const cleanupTime = time.Minute

// Start brings up a lab that belongs to the test: it ends with the test, also when the test's process dies, and no
// other lab is touched. A lab that does not come up is the test's end, with the command that reproduces it. A test
// that fails leaves the logs of every host in opts.Artifacts.
func Start(t TB, opts Options) *Lab {
	t.Helper()
	dir, err := os.MkdirTemp("", "xvlab-")
	if err != nil {
		t.Fatalf("lab: %v", err)
	}
	if opts.Artifacts == "" {
		cache, err := CacheDir()
		if err != nil {
			t.Fatalf("lab: %v", err)
		}
		opts.Artifacts = filepath.Join(cache, "failed")
	}
	c := Config{
		Hosts: opts.Hosts, Xen: opts.Xen, CPU: opts.CPU, CPUs: opts.CPUs, Spare: opts.Spare, Memory: opts.Memory, Guests: opts.Guests,
		StateDir: dir, dieWithParent: true,
	}
	if opts.WAN != "" {
		w, err := ParseWAN(opts.WAN)
		if err != nil {
			t.Fatalf("lab: %v", err)
		}
		c.WAN = &w
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), cleanupTime)
		defer cancel()
		if t.Failed() {
			keepLogs(ctx, t, filepath.Join(dir, DefaultName), filepath.Join(opts.Artifacts, filepath.FromSlash(t.Name())))
		}
		if err := Down(ctx, DefaultName, dir); err != nil {
			t.Errorf("lab: %v", err)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("lab: %v", err)
		}
	})
	l, err := Up(t.Context(), c, func(host, text string) { t.Logf("lab %s: %s", host, text) })
	if err != nil {
		t.Fatalf("%v", err)
	}
	for _, h := range l.Hosts() {
		t.Logf("lab %s: started by: %s", h.Name, quote(l.host(h.Name).Command))
	}
	return l
}

// keepLogs copies what tells why a test failed. What cannot be had is said, and the rest is kept.
func keepLogs(ctx context.Context, t TB, lab, to string) {
	t.Helper()
	if err := os.MkdirAll(to, 0o755); err != nil {
		t.Errorf("keep logs: %v", err)
		return
	}
	logs, err := filepath.Glob(filepath.Join(lab, "*.log"))
	for _, f := range logs {
		if err := copyFile(f, filepath.Join(to, filepath.Base(f))); err != nil {
			t.Errorf("keep logs: %v", err)
		}
	}
	l, openErr := open(lab)
	if err != nil || openErr != nil {
		t.Logf("keep logs: %v %v", err, openErr)
		return
	}
	for _, h := range l.Hosts() {
		if !h.Running() {
			continue
		}
		if err := h.keepLogs(ctx, filepath.Join(to, h.Name+".dom0.tar")); err != nil {
			t.Logf("keep logs: %v", err)
		}
	}
	t.Logf("logs of the lab are in %s", to)
}

// domZeroLogs writes what dom0 knows of its guests as a tar archive.
const domZeroLogs = `cd /var/log/xen; xl list -v >xl-list.txt 2>&1; xl dmesg >xl-dmesg.txt 2>&1; dmesg >dmesg.txt 2>&1
xenstore-ls -f >xenstore.txt 2>&1; ps axf >ps.txt 2>&1; tar c --ignore-failed-read .`

// keepLogs stores dom0's logs in a file of this machine.
func (h *Host) keepLogs(ctx context.Context, path string) error {
	cmd, err := h.Command(ctx, "sh", "-c", domZeroLogs)
	if err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	cmd.Stdout, cmd.Stderr = f, io.Discard
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("host %s: logs: %w", h.Name, orCause(ctx, err))
	}
	return f.Sync()
}
