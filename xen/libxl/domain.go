//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// DomainSoftReset builds the domain anew in place, with the same memory contents and id,
// for a guest that has shut down with the reason soft_reset (its kernel was replaced by
// kexec). cfg is what the domain was created with. The domain stays paused.
//
// Implements: int libxl_domain_soft_reset(libxl_ctx *ctx, libxl_domain_config *d_config, uint32_t domid, const libxl_asyncop_how *ao_how, const libxl_asyncprogress_how *aop_console_how)
func (c *Context) DomainSoftReset(ctx context.Context, id idl.DomID, cfg *idl.DomainConfig, o CreateOptions) error {
	return c.run(ctx, &asyncCall{
		name:     "libxl_domain_soft_reset",
		callSpec: callSpec{domain: id},
		console:  c.tellConsole(o.ConsoleAvailable),
		prepare:  func(op *C.struct_xv_op) error { return c.load(&op.values[0], cfg) },
		start: func(l *C.libxl_ctx, op *C.struct_xv_op) C.int {
			return C.libxl_domain_soft_reset(l, (*C.libxl_domain_config)(op.values[0].p), C.uint32_t(id), &op.how, &op.console_how)
		},
	})
}

// DomainSuspendOnly lets the guest suspend itself, and writes its state nowhere: for
// DomainResume. ErrGuestTimedOut says that the guest did not answer.
//
// Implements: int libxl_domain_suspend_only(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *ao_how)
func (c *Context) DomainSuspendOnly(ctx context.Context, id idl.DomID) error {
	return c.simple(ctx, "libxl_domain_suspend_only", id, func(l *C.libxl_ctx, op *C.struct_xv_op) C.int {
		return C.libxl_domain_suspend_only(l, C.uint32_t(id), &op.how)
	})
}

// DomainRemusStart sends checkpoints of the running domain to send until something fails
// or ctx ends: it never returns nil. recv brings back what the other side has to say, and
// is nil when it says nothing. info.Colo must be set, to idl.False for Remus. Both files
// stay the caller's to close, and must not be used otherwise until this returns.
//
// When it returns the guest may run or be suspended: DomainInfo tells. Whether the other
// side has started its copy libxl does not know.
//
// Implements: int libxl_domain_remus_start(libxl_ctx *ctx, libxl_domain_remus_info *info, uint32_t domid, int send_fd, int recv_fd, const libxl_asyncop_how *ao_how)
func (c *Context) DomainRemusStart(ctx context.Context, id idl.DomID, send, recv *os.File, info idl.DomainRemusInfo) error {
	return c.runStream(ctx, send, asyncCall{
		name:     "libxl_domain_remus_start",
		callSpec: callSpec{domain: id, stream: true},
		prepare: func(op *C.struct_xv_op) (err error) {
			if recv != nil {
				if op.fds[1], err = duplicate(recv); err != nil {
					return err
				}
			}
			return c.load(&op.values[0], &info)
		},
		start: func(l *C.libxl_ctx, op *C.struct_xv_op) C.int {
			return C.libxl_domain_remus_start(l, (*C.libxl_domain_remus_info)(op.values[0].p), C.uint32_t(id), op.fds[0], op.fds[1], &op.how)
		},
	}, true)
}

// duplicate returns a copy of the file's descriptor, close-on-exec.
func duplicate(f *os.File) (C.int, error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return -1, err
	}
	fd := -1
	var failed error
	err = raw.Control(func(from uintptr) { fd, failed = unix.FcntlInt(from, unix.F_DUPFD_CLOEXEC, 3) })
	if err == nil {
		err = os.NewSyscallError("fcntl", failed)
	}
	return C.int(fd), err
}

// DomainCoreDump writes the memory of the domain to a new file, for a debugger. The
// domain should be paused or have shut down; cancelling has no effect.
//
// Implements: int libxl_domain_core_dump(libxl_ctx *ctx, uint32_t domid, const char *filename, const libxl_asyncop_how *ao_how)
func (c *Context) DomainCoreDump(ctx context.Context, id idl.DomID, path string) error {
	return c.run(ctx, &asyncCall{
		name:     "libxl_domain_core_dump",
		long:     true,
		callSpec: callSpec{domain: id},
		prepare:  func(op *C.struct_xv_op) error { return setText(op, path) },
		start: func(l *C.libxl_ctx, op *C.struct_xv_op) C.int {
			return C.libxl_domain_core_dump(l, C.uint32_t(id), op.text, &op.how)
		},
	})
}

// QEMUMonitorCommand gives the domain's device model a command of QEMU's human monitor,
// such as "info block", and returns what it answers. The device model serves one such
// connection at a time.
//
// Implements: int libxl_qemu_monitor_command(libxl_ctx *ctx, uint32_t domid, const char *command_line, char **output, const libxl_asyncop_how *ao_how)
func (c *Context) QEMUMonitorCommand(ctx context.Context, id idl.DomID, command string) (string, error) {
	var answer string
	err := c.run(ctx, &asyncCall{
		name:     "libxl_qemu_monitor_command",
		callSpec: callSpec{domain: id},
		prepare:  func(op *C.struct_xv_op) error { return setText(op, command) },
		start: func(l *C.libxl_ctx, op *C.struct_xv_op) C.int {
			return C.libxl_qemu_monitor_command(l, C.uint32_t(id), op.text, &op.output, &op.how)
		},
		finish: func(op *C.struct_xv_op, rc Code) error {
			if rc == 0 && op.output != nil {
				answer = C.GoString(op.output)
			}
			return nil
		},
	})
	return answer, err
}

// setText gives the operation a text of its own.
func setText(op *C.struct_xv_op, text string) error {
	if err := checkText(text); err != nil {
		return err
	}
	op.text = C.CString(text)
	return nil
}

// checkText refuses what C would cut.
func checkText(text string) error {
	if strings.IndexByte(text, 0) >= 0 {
		return fmt.Errorf("%q contains a NUL character: %w", text, ErrInval)
	}
	return nil
}

// DomainPreserve takes a domain that has shut down out of the way of its successor: it
// gets the name info.Name with suffix and a new UUID. info.XSData and so on are written
// for it anew.
//
// Implements: int libxl_domain_preserve(libxl_ctx *ctx, uint32_t domid, libxl_domain_create_info *info, const char *name_suffix, libxl_uuid new_uuid)
func (c *Context) DomainPreserve(ctx context.Context, id idl.DomID, info idl.DomainCreateInfo, suffix string, uuid idl.UUID) error {
	const name = "libxl_domain_preserve"
	if err := checkText(suffix); err != nil {
		return &Error{Op: name, Domain: id, Cause: err}
	}
	csuffix := C.CString(suffix)
	defer C.free(unsafe.Pointer(csuffix))
	return c.doWith(ctx, name, id, &info, in, func(l *C.libxl_ctx, p unsafe.Pointer) C.int {
		return C.libxl_domain_preserve(l, C.uint32_t(id), (*C.libxl_domain_create_info)(p), csuffix, cUUID(uuid))
	})
}

// cUUID returns the UUID as C has it.
func cUUID(u idl.UUID) C.libxl_uuid { return *(*C.libxl_uuid)(unsafe.Pointer(&u)) }

// DomainSetMaxMem sets the most memory in KiB that the domain may have. It must not be
// below the domain's target: ErrFail.
//
// Implements: int libxl_domain_setmaxmem(libxl_ctx *ctx, uint32_t domid, uint64_t target_memkb)
func (c *Context) DomainSetMaxMem(ctx context.Context, id idl.DomID, kb idl.MemKB) error {
	return c.do(ctx, "libxl_domain_setmaxmem", id, func(l *C.libxl_ctx) C.int {
		rc := C.libxl_domain_setmaxmem(l, C.uint32_t(id), C.uint64_t(kb))
		if rc > 0 { // what it returns when it refuses
			return C.ERROR_FAIL
		}
		return rc
	})
}

// ListVMs returns the UUID and the id of each domain.
//
// Implements: libxl_vminfo * libxl_list_vm(libxl_ctx *ctx, int *nb_vm_out)
// Implements: void libxl_vminfo_list_free(libxl_vminfo *list, int nb_vm)
func (c *Context) ListVMs(ctx context.Context) ([]idl.VMInfo, error) {
	return list[idl.VMInfo](ctx, c, "libxl_list_vm", idl.InvalidDomID, func(l *C.libxl_ctx) array {
		var n C.int
		p := C.libxl_list_vm(l, &n)
		return array{unsafe.Pointer(p), n, func(a *array) { C.libxl_vminfo_list_free((*C.libxl_vminfo)(a.p), a.n) }}
	})
}

// SendSysRq gives a PV-aware Linux guest a system request, such as 's' to sync its disks.
// For a domain that does not exist libxl would leave an entry in xenstore: it is looked for
// before.
//
// Implements: int libxl_send_sysrq(libxl_ctx *ctx, uint32_t domid, char sysrq)
func (c *Context) SendSysRq(ctx context.Context, id idl.DomID, key byte) error {
	return c.do(ctx, "libxl_send_sysrq", id, func(l *C.libxl_ctx) C.int {
		if rc := C.libxl_domain_info(l, nil, C.uint32_t(id)); rc != 0 {
			return rc
		}
		return C.libxl_send_sysrq(l, C.uint32_t(id), C.char(key))
	})
}

// VMStartTime returns when the domain was created, to the second.
//
// Implements: uint32_t libxl_vm_get_start_time(libxl_ctx *ctx, uint32_t domid)
func (c *Context) VMStartTime(ctx context.Context, id idl.DomID) (time.Time, error) {
	var seconds C.uint32_t
	err := c.do(ctx, "libxl_vm_get_start_time", id, func(l *C.libxl_ctx) C.int {
		seconds = C.libxl_vm_get_start_time(l, C.uint32_t(id))
		if seconds == ^C.uint32_t(0) { // its only sign of failure
			return C.ERROR_FAIL
		}
		return 0
	})
	if err != nil {
		return time.Time{}, err
	}
	return time.Unix(int64(seconds), 0), nil
}

// StubdomID returns the id of the domain that runs the domain's device model, and
// idl.InvalidDomID when it has none.
//
// Implements: int libxl_get_stubdom_id(libxl_ctx *ctx, int guest_domid)
func (c *Context) StubdomID(ctx context.Context, id idl.DomID) (idl.DomID, error) {
	stubdom := idl.InvalidDomID
	err := c.do(ctx, "libxl_get_stubdom_id", id, func(l *C.libxl_ctx) C.int {
		if n := C.libxl_get_stubdom_id(l, C.int(id)); n > 0 {
			stubdom = idl.DomID(n)
		}
		return 0 // what is negative may be "none" as well
	})
	return stubdom, err
}

// StubdomTarget returns the id of the domain whose device model runs in this domain; ok
// is false when this is no such domain.
//
// Implements: int libxl_is_stubdom(libxl_ctx *ctx, uint32_t domid, uint32_t *target_domid)
func (c *Context) StubdomTarget(ctx context.Context, id idl.DomID) (target idl.DomID, ok bool, err error) {
	var t C.uint32_t
	err = c.do(ctx, "libxl_is_stubdom", id, func(l *C.libxl_ctx) C.int {
		ok = C.libxl_is_stubdom(l, C.uint32_t(id), &t) > 0
		return 0
	})
	if !ok {
		return idl.InvalidDomID, false, err
	}
	return idl.DomID(t), true, err
}

// checkQualifier refuses what libxl would take for another domain: no text at all is
// dom0 to it, and of a number it takes what fits.
func checkQualifier(q string) error {
	if q == "" {
		return fmt.Errorf("neither a name nor an id: %w", ErrInval)
	}
	if strings.Trim(q, "0123456789") == "" {
		if _, err := strconv.ParseUint(q, 10, 32); err != nil {
			return fmt.Errorf("id %s is too large: %w", q, ErrInval)
		}
	}
	return checkText(q)
}

// FindDomain finds a domain by what a user has typed: its id or its name.
// ErrDomainNotFound says that there is no domain of this name; whether an id exists is
// not looked at.
//
// Implements: int libxl_domain_qualifier_to_domid(libxl_ctx *ctx, const char *name, uint32_t *domid)
func (c *Context) FindDomain(ctx context.Context, qualifier string) (idl.DomID, error) {
	const name = "libxl_domain_qualifier_to_domid"
	if err := checkQualifier(qualifier); err != nil {
		return idl.InvalidDomID, &Error{Op: name, Domain: idl.InvalidDomID, Cause: err}
	}
	s := C.CString(qualifier)
	defer C.free(unsafe.Pointer(s))
	var id C.uint32_t
	err := c.do(ctx, name, idl.InvalidDomID, func(l *C.libxl_ctx) C.int {
		rc := C.libxl_domain_qualifier_to_domid(l, s, &id)
		if rc == C.ERROR_INVAL { // what it returns when no domain has the name
			return C.ERROR_DOMAIN_NOTFOUND
		}
		return rc
	})
	if errors.Is(err, ErrDomainNotFound) {
		return idl.InvalidDomID, fmt.Errorf("domain %q: %w", qualifier, err)
	}
	if err != nil {
		return idl.InvalidDomID, err
	}
	return idl.DomID(id), nil
}
