//go:build cgo

package xenstore

// #cgo LDFLAGS: -lxenstore
// #include <errno.h>
// #include <fcntl.h>
// #include <stdlib.h>
// #include <xenstore.h>
import "C"

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"unsafe"

	"github.com/xenvoy/xenvoy/xen"
	"github.com/xenvoy/xenvoy/xen/internal/privcmd"
	"github.com/xenvoy/xenvoy/xen/internal/xenstored"
)

// The limits are those of the header: another value does not compile.
var _ = [1]struct{}{}[payloadMax-C.XENSTORE_PAYLOAD_MAX+absPathMax-C.XENSTORE_ABS_PATH_MAX+relPathMax-C.XENSTORE_REL_PATH_MAX]

// A handle is a connection of libxenstore. What it gives to C it frees itself, after
// the call.
type handle struct{ h *C.struct_xs_handle }

// openLibrary connects. It blocks while xenstored takes no connections (it queues but
// one or two), so it does not hold syscall.ForkLock, which would stop every start of a
// program. None is needed since Xen 4.17.5, which opens with close-on-exec; before, a
// program that starts at the same instant inherits the socket.
func openLibrary() (library, error) {
	h, err := C.xs_open(0)
	if h == nil {
		err = fault(err)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
			err = fmt.Errorf("%w (%w)", xen.ErrNoXenstored, err)
			if !privcmd.Exists() {
				err = fmt.Errorf("%w: %w", xen.ErrNoHypervisor, err)
			}
		}
		return nil, err
	}
	if refused(h) {
		C.xs_close(h)
		return nil, fmt.Errorf("%w (%w)", xen.ErrNoXenstored, syscall.ECONNREFUSED)
	}
	return &handle{h}, nil
}

// refused tells whether libxenstore has gone to the kernel's device although there is a
// socket: it does so when nobody listens there, and each request then waits for ever.
func refused(h *C.struct_xs_handle) bool {
	var device syscall.Stat_t
	if err := syscall.Fstat(int(C.xs_fileno(h)), &device); err != nil || device.Mode&syscall.S_IFMT != syscall.S_IFCHR {
		return false
	}
	_, err := os.Stat(xenstored.SocketPath())
	return err == nil
}

func (l *handle) close() { C.xs_close(l.h) }

// fault is what a failed call left in errno, which is nothing in a few of
// libxenstore's failures.
func fault(errno error) error {
	if errno == nil {
		return syscall.EIO
	}
	return errno
}

// on makes one call that takes a path; f's second result is errno.
func on(path string, f func(path *C.char) (ok bool, errno error)) error {
	p := C.CString(path)
	defer C.free(unsafe.Pointer(p))
	if ok, errno := f(p); !ok {
		return fault(errno)
	}
	return nil
}

func (l *handle) read(t txID, path string) (value string, err error) {
	err = on(path, func(p *C.char) (bool, error) {
		var n C.uint
		data, errno := C.xs_read(l.h, C.xs_transaction_t(t), p, &n)
		if data == nil {
			return false, errno
		}
		defer C.free(data)
		value = C.GoStringN((*C.char)(data), C.int(n)) // libxenstore has bounded n by payloadMax
		return true, nil
	})
	return value, err
}

func (l *handle) write(t txID, path, value string) error {
	return on(path, func(p *C.char) (bool, error) {
		ok, errno := C.xs_write(l.h, C.xs_transaction_t(t), p, unsafe.Pointer(unsafe.StringData(value)), C.uint(len(value)))
		return bool(ok), errno
	})
}

func (l *handle) list(t txID, path string) (names []string, err error) {
	err = on(path, func(p *C.char) (bool, error) {
		var n C.uint
		list, errno := C.xs_directory(l.h, C.xs_transaction_t(t), p, &n)
		if list == nil {
			return false, errno
		}
		defer C.free(unsafe.Pointer(list))
		for _, s := range unsafe.Slice(list, n) {
			names = append(names, C.GoString(s))
		}
		return true, nil
	})
	return names, err
}

func (l *handle) mkdir(t txID, path string) error {
	return on(path, func(p *C.char) (bool, error) {
		ok, errno := C.xs_mkdir(l.h, C.xs_transaction_t(t), p)
		return bool(ok), errno
	})
}

func (l *handle) remove(t txID, path string) error {
	return on(path, func(p *C.char) (bool, error) {
		ok, errno := C.xs_rm(l.h, C.xs_transaction_t(t), p)
		return bool(ok), errno
	})
}

func (l *handle) permissions(t txID, path string) (perms Permissions, err error) {
	err = on(path, func(p *C.char) (bool, error) {
		var n C.uint
		list, errno := C.xs_get_permissions(l.h, C.xs_transaction_t(t), p, &n)
		if list == nil {
			return false, errno
		}
		defer C.free(unsafe.Pointer(list))
		if n == 0 { // who owns the node?
			return false, syscall.EINVAL
		}
		for i, e := range unsafe.Slice(list, n) {
			g := Grant{Domain: uint32(e.id), Access: Access(e.perms)}
			if i == 0 {
				perms = Permissions{Owner: g.Domain, Others: g.Access}
			} else {
				perms.Grants = append(perms.Grants, g)
			}
		}
		return true, nil
	})
	return perms, err
}

func (l *handle) setPermissions(t txID, path string, perms Permissions) error {
	list := []C.struct_xs_permissions{{id: C.uint(perms.Owner), perms: C.uint(perms.Others)}}
	for _, g := range perms.Grants {
		list = append(list, C.struct_xs_permissions{id: C.uint(g.Domain), perms: C.uint(g.Access)})
	}
	return on(path, func(p *C.char) (bool, error) {
		ok, errno := C.xs_set_permissions(l.h, C.xs_transaction_t(t), p, &list[0], C.uint(len(list)))
		return bool(ok), errno
	})
}

func (l *handle) begin() (txID, error) {
	t, errno := C.xs_transaction_start(l.h)
	if t == C.XBT_NULL { // with it requests would be made outside of any transaction
		return 0, fault(errno)
	}
	return txID(t), nil
}

func (l *handle) end(t txID, abort bool) error {
	if ok, errno := C.xs_transaction_end(l.h, C.xs_transaction_t(t), C.bool(abort)); !ok {
		return fault(errno)
	}
	return nil
}

func (l *handle) domainPath(id uint32) (string, error) {
	path, errno := C.xs_get_domain_path(l.h, C.uint(id))
	if path == nil {
		return "", fault(errno)
	}
	defer C.free(unsafe.Pointer(path))
	return C.GoString(path), nil
}

func (l *handle) isIntroduced(id uint32) (bool, error) {
	yes, errno := C.xs_is_domain_introduced(l.h, C.uint(id))
	if yes {
		return true, nil
	}
	return false, errno // false is what a failure gives too
}

func (l *handle) watch(path, token string) error {
	return on(path, func(p *C.char) (bool, error) {
		t := C.CString(token)
		defer C.free(unsafe.Pointer(t))
		ok, errno := C.xs_watch(l.h, p, t)
		return bool(ok), errno
	})
}

func (l *handle) unwatch(path, token string) error {
	return on(path, func(p *C.char) (bool, error) {
		t := C.CString(token)
		defer C.free(unsafe.Pointer(t))
		ok, errno := C.xs_unwatch(l.h, p, t)
		return bool(ok), errno
	})
}

// eventFile copies xs_fileno for Go's poller; libxenstore keeps and closes its own.
func (l *handle) eventFile() (*os.File, error) {
	syscall.ForkLock.RLock() // it may make a pipe without close-on-exec
	fd, errno := C.xs_fileno(l.h)
	if fd >= 0 {
		syscall.CloseOnExec(int(fd))
	}
	syscall.ForkLock.RUnlock()
	if fd < 0 {
		return nil, fault(errno)
	}
	own, _, e := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), C.F_DUPFD_CLOEXEC, 3) // 0 to 2 have their meaning
	if e != 0 {
		return nil, e
	}
	if err := syscall.SetNonblock(int(own), true); err != nil { // so that Go's poller waits, not a thread
		syscall.Close(int(own))
		return nil, err
	}
	return os.NewFile(own, "xenstore watches"), nil
}

// event relies on xs_check_watch telling a connection that is lost (EINVAL) from one
// without events (EAGAIN), and on its looking at nothing but libxenstore's memory.
func (l *handle) event() (path, token string, err error) {
	e, errno := C.xs_check_watch(l.h)
	if e == nil {
		return "", "", fault(errno)
	}
	defer C.free(unsafe.Pointer(e))
	strs := unsafe.Slice(e, 2) // libxenstore asserts that there are two
	return C.GoString(strs[C.XS_WATCH_PATH]), C.GoString(strs[C.XS_WATCH_TOKEN]), nil
}
