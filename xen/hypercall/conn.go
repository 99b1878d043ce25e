package hypercall

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/xenvoy/xenvoy/xen"
	"github.com/xenvoy/xenvoy/xen/internal/interrupt"
	"github.com/xenvoy/xenvoy/xen/internal/privcmd"
)

// Numbers of hypercalls (xen.h), and of what this package has them do.
const (
	callVersion = 17 // __HYPERVISOR_xen_version
	callSysctl  = 35 // __HYPERVISOR_sysctl

	versionOnly = 0 // XENVER_version
)

// privcmdHypercall is IOCTL_PRIVCMD_HYPERCALL of Linux' privcmd.h: _IOC(_IOC_NONE, 'P', 0,
// sizeof(struct privcmd_hypercall)).
const privcmdHypercall = 'P'<<8 | 6*8<<16

// ErrClosed is what calls return that come after Close.
var ErrClosed = errors.New("the connection to the hypervisor is closed")

// A Conn is an open way to the hypervisor. It may be used from many goroutines; it has one
// owner, who closes it.
type Conn struct {
	mu     sync.Mutex // held during a call, which does not block
	memory []byte     // that the hypervisor may write to: nil when closed
	call   func(op uint64, args ...uint64) (uint64, error)
	free   func() error
}

// Open opens the way. Where there is no hypervisor the error matches xen.ErrNoHypervisor;
// without the right to use it, fs.ErrPermission; on a processor other than amd64,
// xen.ErrNotSupported.
func Open() (*Conn, error) {
	if runtime.GOARCH != "amd64" {
		return nil, fmt.Errorf("hypercalls on %s: %w", runtime.GOARCH, xen.ErrNotSupported)
	}
	device, err := privcmd.Open()
	if err != nil {
		return nil, err
	}
	memory, err := allocate(memorySize)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("memory for hypercalls: %w", err), device.Close())
	}
	fd := device.Fd()
	return &Conn{
		memory: memory,
		call:   func(op uint64, args ...uint64) (uint64, error) { return ioctl(fd, op, args) },
		free:   func() error { return errors.Join(unix.Munmap(memory), device.Close()) },
	}, nil
}

// allocate returns memory that stays where it is while the hypervisor writes to it: from the
// kernel's device for that, or, where it is too old to have one, locked and kept from
// children, who would make it copy-on-write.
func allocate(size int) ([]byte, error) {
	device, err := os.OpenFile("/dev/xen/hypercall", os.O_RDWR, 0)
	if err == nil {
		defer device.Close() // the mapping holds it
		return unix.Mmap(int(device.Fd()), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	memory, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_LOCKED)
	if err != nil {
		return nil, err
	}
	if err := unix.Madvise(memory, unix.MADV_DONTFORK); err != nil {
		return nil, errors.Join(err, unix.Munmap(memory))
	}
	clear(memory) // a fork before the advice may have shared them
	return memory, nil
}

// ioctl makes a hypercall.
func ioctl(fd uintptr, op uint64, args []uint64) (uint64, error) {
	request := [6]uint64{op} // struct privcmd_hypercall: op, arg[5]
	copy(request[1:], args)
	result, _, errno := unix.Syscall(unix.SYS_IOCTL, fd, privcmdHypercall, uintptr(unsafe.Pointer(&request)))
	if errno != 0 {
		return 0, errno
	}
	return uint64(result), nil
}

// do lets f make calls, one at a time.
func (c *Conn) do(ctx context.Context, f func() error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := interrupt.Cause(ctx); err != nil {
		return err
	}
	if c.memory == nil {
		return ErrClosed
	}
	return f()
}

// Version tells the hypervisor's release, 4 and 17 for 4.17. Errors: ErrClosed, ctx's cause.
func (c *Conn) Version(ctx context.Context) (major, minor int, err error) {
	err = c.do(ctx, func() error {
		v, err := c.call(callVersion, versionOnly)
		major, minor = int(v>>16), int(v&0xffff)
		return err
	})
	if err != nil {
		err = fmt.Errorf("the hypervisor's version: %w", err)
	}
	return major, minor, err
}

// Close gives back what the connection holds; twice is fine.
func (c *Conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.memory == nil {
		return nil
	}
	c.memory = nil
	return c.free()
}
