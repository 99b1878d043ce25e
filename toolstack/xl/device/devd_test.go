package device

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xenvoy/xenvoy/toolstack/xl/xltest"
	"github.com/xenvoy/xenvoy/xen/libxl"
)

// The daemon is this program under another name, which says what it was told.
func TestMain(m *testing.M) {
	if os.Args[0] == "xl" {
		dir, _ := os.Getwd()
		session, _ := unix.Getsid(0)
		fmt.Println(os.Args[1:], dir, session == os.Getpid())
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// self is this program under xl's name.
func self(words ...string) (*exec.Cmd, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(path, words...)
	cmd.Args[0] = "xl"
	return cmd, nil
}

// driver is a libxl of a driver domain.
type driver struct {
	domains
	log   string
	fails error
}

func (d driver) CreateLogfile(_ context.Context, name string) (string, error) {
	if name != "xldevd" {
		return "", fmt.Errorf("a log for %q", name)
	}
	return d.log, d.fails
}

func (d driver) DeviceEventsHandler(ctx context.Context) error {
	if d.fails != nil {
		return d.fails
	}
	<-ctx.Done()
	return ctx.Err()
}

func TestDevd(t *testing.T) {
	dir := t.TempDir()
	log, pidfile := filepath.Join(dir, "log"), filepath.Join(dir, "pid")
	if err := syscall.Mkfifo(log, 0o600); err != nil { // its end is the daemon's end
		t.Fatal(err)
	}
	if err := os.WriteFile(pidfile, []byte("an older, longer one\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	said := make(chan string, 1)
	go func() {
		f, err := os.Open(log)
		if err != nil {
			said <- err.Error()
			return
		}
		defer f.Close()
		line, _ := bufio.NewReader(f).ReadString('\n')
		said <- line
	}()
	if got := bench(driver{log: log}).XL(t, "-vv", "devd", "-p", pidfile); got != (xltest.Result{}) {
		t.Fatalf("%+v", got)
	}
	if line := <-said; line != "[-vv devd -F] / true\n" {
		t.Errorf("the daemon is %q", line)
	}
	text, err := os.ReadFile(pidfile)
	if err != nil {
		t.Fatal(err)
	}
	if pid, err := strconv.Atoi(strings.TrimSuffix(string(text), "\n")); err != nil || pid == os.Getpid() {
		t.Errorf("the pid file has %q", text)
	}
}

func TestDevdFails(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	try(t, table{
		{name: "no place for the pid", xen: driver{log: log}, words: []string{"devd", "-p", "/nonexistent/pid"}, stderr: "Unable to open pidfile", status: 1},
		{name: "no log", xen: driver{fails: xltest.Fault("libxl_create_logfile", libxl.ErrFail)}, words: []string{"devd"}, stderr: "libxl_create_logfile", status: 1},
		{name: "no place for the log", xen: driver{log: "/nonexistent/log"}, words: []string{"devd"}, stderr: "/nonexistent/log", status: 1},
		{name: "no handler", xen: driver{fails: xltest.Fault("libxl_device_events_handler", libxl.ErrFail)}, words: []string{"devd", "-F"}, stderr: "libxl_device_events_handler", status: 1},
	})
	if _, err := os.Stat(log); err == nil {
		t.Error("there is a daemon without its pid file")
	}
}
