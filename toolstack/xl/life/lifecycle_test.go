package life

import (
	"slices"
	"testing"

	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func TestLifecycleCommands(t *testing.T) {
	for name, c := range map[string]struct {
		words  []string
		fail   string
		code   libxl.Code
		status int
		stderr string
		calls  []string
	}{
		"destroy":               {words: []string{"destroy", "web"}, calls: []string{"destroy 1"}},
		"destroy by number":     {words: []string{"destroy", "2"}, calls: []string{"destroy 2"}},
		"destroy domain 0":      {words: []string{"destroy", "0"}, status: 1, stderr: "Not destroying domain 0; use -f to force."},
		"destroy nobody":        {words: []string{"destroy", "none"}, status: 1, stderr: "none is an invalid domain identifier (rc=-6)"},
		"destroy fails":         {words: []string{"destroy", "web"}, fail: "destroy", code: libxl.ErrFail, status: 1, stderr: "destroy failed (rc=-3)", calls: []string{"destroy 1"}},
		"destroy without words": {words: []string{"destroy"}, status: 2, stderr: "'xl destroy' requires at least 1 argument."},
		"rename":                {words: []string{"rename", "web", "www"}, calls: []string{"rename 1"}},
		"rename fails":          {words: []string{"rename", "web", "www"}, fail: "rename", code: libxl.ErrInval, status: 1, stderr: "Can't rename domain 'web'.", calls: []string{"rename 1"}},
		"shutdown":              {words: []string{"shutdown", "web"}, stderr: "Shutting down domain 1", calls: []string{"shutdown 1"}},
		"shutdown all":          {words: []string{"shutdown", "-a"}, stderr: "Shutting down domain 2", calls: []string{"shutdown 1", "shutdown 2"}},
		"shutdown whom":         {words: []string{"shutdown"}, status: 1, stderr: "You must specify -a or a domain id.\n"},
		"no PV drivers": {words: []string{"shutdown", "web"}, fail: "shutdown", code: libxl.ErrNoParavirt, status: 1,
			stderr: "Use \"-F\" to fallback to ACPI power event.\nshutdown failed (rc=-10)", calls: []string{"shutdown 1"}},
		"power button": {words: []string{"shutdown", "-F", "web"}, fail: "shutdown", code: libxl.ErrNoParavirt,
			stderr: "PV control interface not available: sending ACPI power button event.", calls: []string{"shutdown 1", "trigger power 1"}},
		"reboot": {words: []string{"reboot", "web"}, stderr: "Rebooting domain 1", calls: []string{"reboot 1"}},
		"reset button": {words: []string{"reboot", "-F", "web"}, fail: "reboot", code: libxl.ErrNoParavirt,
			stderr: "sending ACPI reset button event.", calls: []string{"reboot 1", "trigger reset 1"}},
		"suspend of 4.20": {words: []string{"suspend", "web"}, status: 1, stderr: "command not implemented"},
		"resume of 4.20":  {words: []string{"resume", "web"}, status: 1, stderr: "command not implemented"},
		"pause":           {words: []string{"pause", "web"}, calls: []string{"pause 1"}},
		"pause fails":     {words: []string{"pause", "web"}, fail: "pause", code: libxl.ErrFail, calls: []string{"pause 1"}},
	} {
		x := newXen("web", "db", "never")
		x.fail[c.fail] = c.code
		got := bench(x, &monitors{}).XL(t, c.words...)
		if got.Status != c.status || !slices.Equal(x.calls, c.calls) {
			t.Errorf("%s: %+v, calls %q", name, got, x.calls)
		}
		contains(t, name, got.Stderr, c.stderr)
	}
}

// "res" meant restore before there was a resume.
func TestAbbreviationsMeanWhatTheyMeant(t *testing.T) {
	got := bench(newXen(), &monitors{}).XL(t, "res", "/none")
	contains(t, "res", got.Stderr, "Can't open restore file: No such file or directory")
}

func TestSuspendAndResumeWhereXLHasThem(t *testing.T) {
	x := newXen("web")
	x.version.XenVersionMinor = 20
	b := bench(x, &monitors{})
	if got := b.XL(t, "suspend", "web"); got.Status != 0 || !x.domains[1].suspended {
		t.Errorf("suspend: %+v", got)
	}
	if got := b.XL(t, "resume", "web"); got.Status != 0 || x.domains[1].suspended {
		t.Errorf("resume: %+v", got)
	}
}

func TestShutdownWaits(t *testing.T) {
	stop := libxl.Event{Type: idl.EventTypeDomainShutdown, Domain: 1, Reason: idl.ShutdownReasonPoweroff}
	death := libxl.Event{Type: idl.EventTypeDomainDeath, Domain: 1, Reason: idl.ShutdownReasonUnknown}
	for option, c := range map[string]struct {
		events []libxl.Event
		stderr []string
	}{
		"-w":  {[]libxl.Event{stop}, []string{"Waiting for 1 domains", "Domain 1 has been shut down, reason code 0"}},
		"-ww": {[]libxl.Event{stop, death}, []string{"Domain 1 continue waiting for death", "Domain 1 has been destroyed"}},
	} {
		x := newXen("web")
		x.events = make(chan libxl.Event, len(c.events))
		for _, e := range c.events {
			x.events <- e
		}
		got := bench(x, &monitors{}).XL(t, "shutdown", option, "web")
		if got.Status != 0 || len(x.events) != 0 {
			t.Errorf("%s: %+v, %d events left", option, got, len(x.events))
		}
		contains(t, option, got.Stderr, c.stderr...)
	}
}
