//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"unsafe"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// CPUIDParseConfig returns list changed by one item "KEY=VALUE" of the kind that xl.cfg(5)
// describes under cpuid, such as "sse4_2=0" or "family=6". A value is a number, or x
// (Xen's default), k or s (the host's value). The first word "host" of xl's option is not
// one of the items. An item that this libxl does not know matches ErrInval.
//
// It needs no hypervisor.
//
// Implements: int libxl_cpuid_parse_config(libxl_cpuid_policy_list *cpuid, const char* str)
func (c *Context) CPUIDParseConfig(ctx context.Context, list idl.CPUIDPolicyList, item string) (idl.CPUIDPolicyList, error) {
	wrong := []string{1: `it has no "="`, 2: "there is no such key", 3: "the key has no such value"}
	return c.parseCPUID(ctx, "libxl_cpuid_parse_config", list, item, wrong, func(p *C.libxl_cpuid_policy_list, s *C.char) C.int {
		return C.libxl_cpuid_parse_config(p, s)
	})
}

// CPUIDParseConfigXend returns list changed by one item of the older kind that xl.cfg(5)
// describes under cpuid, "LEAF[,SUBLEAF]:REGISTER=POLICY[,REGISTER=POLICY...]", with 32
// characters a policy: see idl.CPUIDPolicy. Another item matches ErrInval.
//
// It needs no hypervisor.
//
// Implements: int libxl_cpuid_parse_config_xend(libxl_cpuid_policy_list *cpuid, const char* str)
func (c *Context) CPUIDParseConfigXend(ctx context.Context, list idl.CPUIDPolicyList, item string) (idl.CPUIDPolicyList, error) {
	wrong := []string{
		1: "it does not begin with the number of a leaf", 2: "the number of the sub-leaf is missing",
		3: `":" is missing`, 4: "no register eax, ebx, ecx or edx with a policy", 5: "a policy must have 32 characters",
	}
	return c.parseCPUID(ctx, "libxl_cpuid_parse_config_xend", list, item, wrong, func(p *C.libxl_cpuid_policy_list, s *C.char) C.int {
		return C.libxl_cpuid_parse_config_xend(p, s)
	})
}

// parseCPUID runs parse on a list that is part of a domain's configuration, because only so
// libxl can tell it as JSON. wrong are the meanings of what parse returns.
func (c *Context) parseCPUID(ctx context.Context, name string, list idl.CPUIDPolicyList, item string, wrong []string, parse func(p *C.libxl_cpuid_policy_list, s *C.char) C.int) (idl.CPUIDPolicyList, error) {
	if err := checkText(item); err != nil {
		return idl.CPUIDPolicyList{}, &Error{Op: name, Domain: idl.InvalidDomID, Cause: err}
	}
	s := C.CString(item + "\x00\x00") // the parser looks up to two characters ahead
	defer C.free(unsafe.Pointer(s))
	info := idl.DomainBuildInfo{CPUID: list}
	var failed error
	err := c.doWith(ctx, name, idl.InvalidDomID, &info, in, func(_ *C.libxl_ctx, p unsafe.Pointer) C.int {
		rc := parse(&(*C.libxl_domain_build_info)(p).cpuid, s)
		switch {
		case rc < 0:
			return rc
		case int(rc) >= len(wrong):
			failed = fmt.Errorf("%q: error %d", item, rc)
		case rc > 0:
			failed = fmt.Errorf("%q: %s", item, wrong[rc])
		default:
			failed = c.store(&info, p)
		}
		if failed != nil {
			return C.ERROR_INVAL
		}
		return 0
	})
	var e *Error
	if failed != nil && errors.As(err, &e) {
		e.Cause = failed
	}
	if err != nil {
		return idl.CPUIDPolicyList{}, err
	}
	return info.CPUID, nil
}
