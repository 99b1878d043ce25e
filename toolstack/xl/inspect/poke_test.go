package inspect

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack/xl/xltest"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func (f *fake) SendSysRq(_ context.Context, id idl.DomID, key byte) error {
	return f.call(fmt.Sprintf("sysrq %d %c", id, key), "SendSysRq")
}

func (f *fake) SendTrigger(_ context.Context, id idl.DomID, t idl.Trigger, vcpu uint32) error {
	return f.call(fmt.Sprintf("trigger %d %s %d", id, t, vcpu), "SendTrigger")
}

func (f *fake) SendDebugKeys(_ context.Context, keys string) error {
	return f.call("keys "+keys, "SendDebugKeys")
}

func (f *fake) SetParameters(_ context.Context, params string) error {
	return f.call("params "+params, "SetParameters")
}

func (f *fake) DomainCoreDump(_ context.Context, id idl.DomID, path string) error {
	return f.call(fmt.Sprintf("core %d %s", id, path), "DomainCoreDump")
}

func (f *fake) QEMUMonitorCommand(_ context.Context, id idl.DomID, command string) (string, error) {
	return "answer", f.call(fmt.Sprintf("qemu %d %s", id, command), "QEMUMonitorCommand")
}

const deprecated = "WARNING: \"button-press\" is deprecated. Please use \"trigger\"\n"

func TestPoke(t *testing.T) {
	for _, tc := range []struct {
		words  []string
		call   string // of libxl; "": none
		stdout string
		stderr string
		status int
	}{
		{[]string{"sysrq", "web", "s"}, "sysrq 7 s", "", "", 0},
		{[]string{"trigger", "web", "nmi"}, "trigger 7 nmi 0", "", "", 0},
		{[]string{"trigger", "7", "S3RESUME", "2"}, "trigger 7 s3resume 2", "", "", 0},
		{[]string{"trigger", "web", "nmi", "x"}, "trigger 7 nmi 0", "", "Invalid vcpuid, using default vcpuid=0.\n\n", 0},
		{[]string{"trigger", "web", "kick"}, "", "", "Invalid trigger \"kick\"\n", 1},
		{[]string{"trigger", "nosuch", "nmi"}, "", "", "nosuch is an invalid domain identifier (rc=-6)\n", 1},
		{[]string{"button-press", "web", "power"}, "trigger 7 power 0", "", deprecated, 0},
		{[]string{"button-press", "web", "reset"}, "", "", deprecated + "reset is an invalid button identifier\n", 1},
		{[]string{"debug-keys", "q"}, "keys q", "", "", 0},
		{[]string{"set-parameters", "a=b nox"}, "params a=b nox", "", "", 0},
		{[]string{"dump-core", "web", "/x"}, "core 7 /x", "", "", 0},
		{[]string{"qemu-monitor-command", "web", "info block"}, "qemu 7 info block", "answer\n", "", 0},
		{[]string{"qemu-monitor-command", "web", "info", "block"}, "", "", "Invalid arguments.\n", 1},
		{[]string{"domid", "web"}, "", "7\n", "", 0},
		{[]string{"domid", "nosuch"}, "", "", "Can't get domid of domain name 'nosuch', maybe this domain does not exist.\n", 1},
		{[]string{"domname", "7"}, "", "web\n", "", 0},
		{[]string{"domname", "9"}, "", "", "Can't get domain name of domain id '9', maybe this domain does not exist.\n", 1},
		{[]string{"domname", "x"}, "", "", "Invalid domain id.\n\n", 1},
	} {
		f := &fake{}
		got := run(t, f, tc.words...)
		if want := (xltest.Result{Stdout: tc.stdout, Stderr: tc.stderr, Status: tc.status}); got != want {
			t.Errorf("%v: %+v", tc.words, got)
		}
		if !slices.Equal(f.calls, slices.DeleteFunc([]string{tc.call}, func(s string) bool { return s == "" })) {
			t.Errorf("%v: asked libxl for %v", tc.words, f.calls)
		}
	}
}

func TestPokeFails(t *testing.T) {
	for _, tc := range []struct {
		words  []string
		method string
		stderr string
		status int
	}{
		{[]string{"sysrq", "web", "s"}, "SendSysRq", "xl: libxl: fail (-3)\n", 0},
		{[]string{"trigger", "web", "nmi"}, "SendTrigger", "xl: libxl: fail (-3)\n", 0},
		{[]string{"button-press", "web", "power"}, "SendTrigger", deprecated + "xl: libxl: fail (-3)\n", 0},
		{[]string{"debug-keys", "q"}, "SendDebugKeys", "cannot send debug keys: q\n", 1},
		{[]string{"set-parameters", "a=b"}, "SetParameters", "cannot set parameters: a=b\n", 1},
		{[]string{"dump-core", "web", "/x"}, "DomainCoreDump", "core dump failed (rc=-3)\n", 1},
		{[]string{"qemu-monitor-command", "web", "x"}, "QEMUMonitorCommand", "xl: libxl: fail (-3)\n", 1},
	} {
		f := &fake{fail: map[string]error{tc.method: xltest.Fault("libxl", libxl.ErrFail)}}
		if got := run(t, f, tc.words...); got.Stderr != tc.stderr || got.Status != tc.status || got.Stdout != "" {
			t.Errorf("%v: %+v", tc.words, got)
		}
		if got := (xltest.Bench{Commands: Commands(), Xen: f}).Xenvoy(t, "table", tc.words...); got.Err == nil {
			t.Errorf("%v: no error, strictly", tc.words)
		}
	}
}

// The warning comes first, whatever the words are.
func TestButtonPressWarns(t *testing.T) {
	for words, status := range map[string]int{"button-press -h": 0, "button-press -z": 2, "button-press web": 2} {
		if got := run(t, &fake{}, strings.Fields(words)...); !strings.HasPrefix(got.Stderr, deprecated) || got.Status != status {
			t.Errorf("%s: %+v", words, got)
		}
	}
	if got := run(t, &fake{}, "-N", "button-press", "web", "power"); strings.Contains(got.Stderr, deprecated) || got.Status != 1 {
		t.Errorf("%+v", got)
	}
	if got := (xltest.Bench{Commands: Commands(), Xen: &fake{}}).Xenvoy(t, "table", "button-press", "web", "power"); got.Stderr != deprecated || got.Err != nil {
		t.Errorf("strictly: %+v", got)
	}
}

func TestWrongWords(t *testing.T) {
	for words, status := range map[string]int{
		"sysrq web ss": 1, "sysrq web": 2, "trigger web": 2, "button-press": 2, "debug-keys": 2, "set-parameters": 2, "dump-core web": 2,
		"qemu-monitor-command web": 2, "domid": 2, "domname": 2, "dmesg -x": 2,
	} {
		got := run(t, &fake{}, strings.Fields(words)...)
		if got.Status != status || got.Stderr == "" {
			t.Errorf("%s: %+v", words, got)
		}
		b := xltest.Bench{Commands: Commands(), Xen: &fake{}}
		if got := b.Xenvoy(t, "table", strings.Fields(words)...); got.Err == nil {
			t.Errorf("%s: no error, strictly", words)
		}
	}
}
