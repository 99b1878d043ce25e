package libxl

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func TestErrorText(t *testing.T) {
	e := &Error{
		Op: "libxl_domain_suspend", Domain: 5, Code: ErrAborted, Cause: context.Canceled,
		Log: []Record{
			{Level: LevelWarn, Context: "xc", Text: "slow"},
			{Level: LevelError, Context: "libxl", Text: "a.c:1:f: first\n cause", Errno: -1},
			{Level: LevelError, Context: "libxl", Text: "a.c:2:g: consequence", Errno: -1},
		},
	}
	for format, want := range map[string]string{
		"%v": "libxl_domain_suspend: domain 5: context canceled: aborted (-22): a.c:1:f: first cause",
		"%s": "libxl_domain_suspend: domain 5: context canceled: aborted (-22): a.c:1:f: first cause",
		"%q": `"libxl_domain_suspend: domain 5: context canceled: aborted (-22): a.c:1:f: first cause"`,
		"%d": "%!d(*libxl.Error=libxl_domain_suspend: domain 5: context canceled: aborted (-22): a.c:1:f: first cause)",
		"%+v": "libxl_domain_suspend: domain 5: context canceled: aborted (-22): a.c:1:f: first cause" +
			"\n\txc: warning: slow\n\tlibxl: error: a.c:1:f: first\n cause\n\tlibxl: error: a.c:2:g: consequence",
	} {
		if got := fmt.Sprintf(format, e); got != want {
			t.Errorf("%s:\n got %s\nwant %s", format, got, want)
		}
	}
	plain := &Error{Op: "libxl_get_physinfo", Domain: idl.InvalidDomID, Code: ErrFail}
	if got, want := plain.Error(), "libxl_get_physinfo: fail (-3)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestErrorMatches(t *testing.T) {
	err := fmt.Errorf("moving: %w", &Error{Op: "x", Code: ErrDomainNotFound, Cause: context.DeadlineExceeded})
	if !errors.Is(err, ErrDomainNotFound) || !errors.Is(err, context.DeadlineExceeded) {
		t.Error("the code and the cause do not both match")
	}
	if errors.Is(err, ErrAborted) {
		t.Error("another code matches")
	}
	var code Code
	if !errors.As(err, &code) || code != -21 {
		t.Errorf("code = %v", code)
	}
}

// TestCodes: the table names each of libxl's errors once.
func TestCodes(t *testing.T) {
	if got := Code(idl.ErrorDomainNotfound).Error(); got != "domain_notfound" {
		t.Errorf("name = %q", got)
	}
	if n := len(idl.ErrorCode(0).Values()); n < 32 {
		t.Errorf("libxl has %d error codes, 4.17 had 32", n)
	}
	if got := Code(-99).Error(); got != "ErrorCode(-99)" {
		t.Errorf("unknown code = %q", got)
	}
}
