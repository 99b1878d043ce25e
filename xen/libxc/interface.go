//go:build cgo

package libxc

// #cgo LDFLAGS: -lxenctrl -lxenguest -lxenforeignmemory -lxentoollog
// #include "glue.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"unsafe"

	"github.com/xenvoy/xenvoy/xen"
	_ "github.com/xenvoy/xenvoy/xen/internal/forklock" // a child may call the hypervisor
	"github.com/xenvoy/xenvoy/xen/internal/interrupt"
	"github.com/xenvoy/xenvoy/xen/internal/release"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// An Interface is an open connection to the hypervisor. It has one owner, who closes it.
type Interface struct {
	xch     *C.xc_interface
	logger  *C.struct_xvc_logger
	options Options

	mu      sync.Mutex
	closed  bool
	holders int            // who needs xch: the owner until Close, bitmaps, mappings
	running sync.WaitGroup // calls; grows only while mu is held and closed is false

	closeOnce sync.Once
	closeErr  error
}

// Open connects to the hypervisor. Where there is none the error matches
// xen.ErrNoHypervisor; without the right to use it, fs.ErrPermission; with a hypervisor of
// another release than libxc's, xen.ErrOtherRelease. Nothing is printed: what libxc says
// is in the error.
//
// Implements: xc_interface *xc_interface_open(xentoollog_logger *logger, xentoollog_logger *dombuild_logger, unsigned open_flags)
func Open(o Options) (_ *Interface, err error) {
	if o.MinLevel == 0 {
		o.MinLevel = LevelInfo
	}
	x := &Interface{options: o, holders: 1, logger: C.xvc_logger_new(C.int(o.MinLevel))}
	if x.logger == nil {
		return nil, &Error{Op: "xc_interface_open", Domain: idl.InvalidDomID, Errno: syscall.ENOMEM}
	}
	opened := false
	defer func() { // also when o.Log panics
		if opened {
			return
		}
		if closeErr := x.Close(); closeErr != nil {
			err = errors.Join(err, closeErr)
		}
	}()
	if x.xch, err = x.connect(&call{sink: o.Log}); err != nil {
		return nil, err
	}
	if err := x.checkVersion(); err != nil {
		return nil, err
	}
	opened = true
	return x, nil
}

// checkVersion compares the hypervisor's release with libxc's.
func (x *Interface) checkVersion() error {
	n, err := x.version(context.Background(), C.XENVER_version, nil) // it does not block
	if err != nil {
		return err
	}
	return release.Check("libxenctrl.so.", n>>16, n&0xffff)
}

// connect opens a handle of libxc, and leaves none when the log's receiver panics.
func (x *Interface) connect(c *call) (*C.xc_interface, error) {
	var xch *C.xc_interface
	returned := false
	defer func() {
		if !returned {
			C.xc_interface_close(xch) // which may be null
		}
	}()
	ok, errno := c.run(func() (bool, error) {
		var err error
		xch, err = C.xvc_open(x.logger)
		return xch != nil, err
	})
	returned = true
	if ok {
		return xch, nil
	}
	err := &Error{Op: "xc_interface_open", Domain: idl.InvalidDomID, Errno: errno, Log: c.records}
	switch errno {
	case syscall.ENOENT, syscall.ENXIO, syscall.ENODEV: // neither /dev/xen/privcmd nor /proc/xen/privcmd
		err.Cause = xen.ErrNoHypervisor
	}
	return nil, err
}

// Close waits for running calls and disconnects; that of a save can be hastened by its
// context. Bitmaps and mappings stay valid: the last of them to be closed gives back
// what they share. Calls that come later return ErrClosed. Closing twice is fine.
//
// Implements: int xc_interface_close(xc_interface *xch)
func (x *Interface) Close() error {
	x.closeOnce.Do(func() {
		x.mu.Lock()
		x.closed = true
		x.mu.Unlock()
		x.running.Wait()
		x.closeErr = x.release()
	})
	return x.closeErr
}

// hold keeps xch open until release. The caller is a running call.
func (x *Interface) hold() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.holders++
}

// release closes xch when nobody holds it any more.
func (x *Interface) release() error {
	x.mu.Lock()
	x.holders--
	last := x.holders == 0
	x.mu.Unlock()
	if !last {
		return nil
	}
	rc, err := C.xc_interface_close(x.xch)
	C.free(unsafe.Pointer(x.logger))
	if rc != 0 {
		return &Error{Op: "xc_interface_close", Domain: idl.InvalidDomID, Errno: errnoOf(err)}
	}
	return nil
}

// enter counts a call, or refuses it. Each success is paired with x.running.Done.
func (x *Interface) enter(ctx context.Context, op string, id idl.DomID) error {
	err := interrupt.Cause(ctx)
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed || x.xch == nil { // a zero Interface has never been open
		err = ErrClosed
	}
	if err != nil {
		return &Error{Op: op, Domain: id, Cause: err}
	}
	x.running.Add(1)
	return nil
}

// do makes one call that is not about a domain. f says whether it succeeded, and errno.
func (x *Interface) do(ctx context.Context, op string, f func() (bool, error)) error {
	return x.call(ctx, op, idl.InvalidDomID, f)
}

// doDomain makes one call about a domain.
func (x *Interface) doDomain(ctx context.Context, op string, id idl.DomID, f func() (bool, error)) error {
	if id >= MaxDomains {
		return &Error{Op: op, Domain: id, Cause: ErrDomainNotFound}
	}
	return x.call(ctx, op, id, f)
}

func (x *Interface) call(ctx context.Context, op string, id idl.DomID, f func() (bool, error)) error {
	if err := x.enter(ctx, op, id); err != nil {
		return err
	}
	defer x.running.Done()
	c := &call{sink: x.options.Log}
	ok, errno := c.run(f)
	if ok {
		return nil
	}
	return &Error{Op: op, Domain: id, Errno: errno, Log: c.records}
}

// invalid is the error for an argument that must not reach C.
func invalid(op string, id idl.DomID, format string, args ...any) error {
	return &Error{Op: op, Domain: id, Errno: syscall.EINVAL, Cause: fmt.Errorf(format, args...)}
}

// errnoOf returns the errno that cgo hands out as an error.
func errnoOf(err error) syscall.Errno {
	var errno syscall.Errno
	errors.As(err, &errno)
	return errno
}
