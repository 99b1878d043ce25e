package libxc

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"testing"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func TestErrorText(t *testing.T) {
	e := &Error{
		Op: "xc_domain_save", Domain: 5, Cause: context.Canceled,
		Log: []Record{
			{Level: LevelWarn, Context: "xc", Text: "slow"},
			{Level: LevelError, Context: "xc", Text: "first\n cause", Errno: -1},
			{Level: LevelError, Context: "xc", Text: "consequence", Errno: -1},
		},
	}
	const line = "xc_domain_save: domain 5: context canceled: first cause"
	for format, want := range map[string]string{
		"%v":  line,
		"%s":  line,
		"%q":  `"` + line + `"`,
		"%d":  "%!d(*libxc.Error=" + line + ")",
		"%+v": line + "\n\txc: warning: slow\n\txc: error: first\n cause\n\txc: error: consequence",
	} {
		if got := fmt.Sprintf(format, e); got != want {
			t.Errorf("%s:\n got %s\nwant %s", format, got, want)
		}
	}
	for want, e := range map[string]*Error{
		"xc_physinfo: operation not permitted":                                    {Op: "xc_physinfo", Domain: idl.InvalidDomID, Errno: syscall.EPERM},
		"xc_domain_pause: domain 0: no such domain":                               {Op: "xc_domain_pause", Errno: syscall.ESRCH},
		"xc_domain_save: domain 1: failed":                                        {Op: "xc_domain_save", Domain: 1},
		"xc_vcpu_getinfo: domain 1: vCPU 70000: invalid argument":                 {Op: "xc_vcpu_getinfo", Domain: 1, Errno: syscall.EINVAL, Cause: errors.New("vCPU 70000")},
		"xc_domain_pause: domain 32752: libxc: no such domain":                    {Op: "xc_domain_pause", Domain: MaxDomains, Cause: ErrDomainNotFound},
		"xc_cpu_policy_is_compatible: libxc: the CPU policies are not compatible": {Op: "xc_cpu_policy_is_compatible", Domain: idl.InvalidDomID, Cause: ErrIncompatible},
	} {
		if got := e.Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestErrorMatches(t *testing.T) {
	err := fmt.Errorf("looking: %w", &Error{Op: "x", Domain: 7, Errno: syscall.ESRCH, Cause: context.DeadlineExceeded})
	if !errors.Is(err, ErrDomainNotFound) || !errors.Is(err, syscall.ESRCH) || !errors.Is(err, context.DeadlineExceeded) {
		t.Error("errno, its meaning and the cause do not all match")
	}
	if errors.Is(err, ErrAborted) {
		t.Error("another error matches")
	}
	if host := (&Error{Op: "x", Domain: idl.InvalidDomID, Errno: syscall.ESRCH}); errors.Is(host, ErrDomainNotFound) {
		t.Error("ESRCH of a call that is not about a domain means one")
	}
}
