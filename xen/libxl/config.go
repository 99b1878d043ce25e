//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"unsafe"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// encodeConfig returns the JSON for libxl, or an error for what libxl would not
// survive or would silently change.
func encodeConfig(cfg *idl.DomainConfig) ([]byte, error) {
	if key, ok := cfg.BInfo.Type(); ok && key != idl.DomainTypeInvalid && cfg.CInfo.Type != key {
		return nil, fmt.Errorf("domain configuration: c_info says %v, b_info %v: %w", cfg.CInfo.Type, key, ErrInval)
	}
	text, err := json.Marshal(cfg)
	if err != nil {
		return nil, fmt.Errorf("domain configuration: %w", err)
	}
	if hasNUL(text) {
		return nil, fmt.Errorf("domain configuration: a text contains a NUL character: %w", ErrInval)
	}
	return text, nil
}

// hasNUL looks for the escape of U+0000 in JSON, where C would cut a text.
func hasNUL(text []byte) bool {
	for {
		i := bytes.IndexByte(text, '\\')
		if i < 0 || i+1 >= len(text) {
			return false
		}
		if bytes.HasPrefix(text[i:], []byte(`\u0000`)) {
			return true
		}
		text = text[i+2:] // an escape has at least two characters, so \\u0000 is passed over
	}
}

// setConfig gives the operation its own copy of the configuration.
//
// Implements: int libxl_domain_config_from_json(libxl_ctx *ctx, libxl_domain_config *p, const char *s)
func (c *Context) setConfig(op *C.struct_xv_op, cfg *idl.DomainConfig) error {
	text, err := encodeConfig(cfg)
	if err != nil {
		return err
	}
	s := C.CString(string(text))
	defer C.free(unsafe.Pointer(s))
	if rc := C.xv_op_set_config(c.x, op, s); rc != 0 {
		return fmt.Errorf("libxl does not take the configuration: %w", Code(rc))
	}
	return nil
}

// configText returns libxl's own JSON of the operation's configuration.
//
// Implements: char *libxl_domain_config_to_json(libxl_ctx *ctx, libxl_domain_config *p)
func configText(l *C.libxl_ctx, op *C.struct_xv_op) ([]byte, error) {
	s := C.libxl_domain_config_to_json(l, &op.config)
	if s == nil {
		return nil, fmt.Errorf("libxl_domain_config_to_json: %w", ErrFail)
	}
	defer C.free(unsafe.Pointer(s))
	return []byte(C.GoString(s)), nil
}

// ConfigJSON returns the configuration in the form in which libxl writes it, which
// is what xl list -l and xl create -n print.
func (c *Context) ConfigJSON(ctx context.Context, cfg *idl.DomainConfig) ([]byte, error) {
	const name = "libxl_domain_config_to_json"
	op := C.xv_op_new(0)
	if op == nil {
		return nil, &Error{Op: name, Domain: idl.InvalidDomID, Code: ErrNoMem}
	}
	defer C.xv_op_free(op)
	var text []byte
	var failed error
	err := c.do(ctx, name, idl.InvalidDomID, func(l *C.libxl_ctx) C.int {
		if failed = c.setConfig(op, cfg); failed == nil {
			text, failed = configText(l, op)
		}
		return 0
	})
	if err == nil && failed != nil {
		err = &Error{Op: name, Domain: idl.InvalidDomID, Cause: failed}
	}
	return text, err
}

// RetrieveDomainConfiguration returns a guest's configuration, with which it can be
// created again. It does not work for dom0.
//
// Implements: int libxl_retrieve_domain_configuration(libxl_ctx *ctx, uint32_t domid, libxl_domain_config *d_config, const libxl_asyncop_how *ao_how)
func (c *Context) RetrieveDomainConfiguration(ctx context.Context, id idl.DomID) (*idl.DomainConfig, error) {
	cfg := new(idl.DomainConfig)
	err := c.run(ctx, &asyncCall{
		name:     "libxl_retrieve_domain_configuration",
		callSpec: callSpec{domain: id},
		prepare: func(op *C.struct_xv_op) error {
			C.xv_op_init_config(op)
			return nil
		},
		start: func(l *C.libxl_ctx, op *C.struct_xv_op) C.int {
			return C.libxl_retrieve_domain_configuration(l, C.uint32_t(id), &op.config, &op.how)
		},
		finish: func(l *C.libxl_ctx, op *C.struct_xv_op, rc Code) error {
			if rc != 0 {
				return nil
			}
			text, err := configText(l, op)
			if err != nil {
				return err
			}
			return json.Unmarshal(text, cfg)
		},
	})
	if err != nil {
		return nil, err
	}
	return cfg, nil
}
