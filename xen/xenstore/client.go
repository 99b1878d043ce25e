//go:build cgo

package xenstore

// #cgo LDFLAGS: -lxenstore
// #include <errno.h>
// #include <stdlib.h>
// #include <string.h>
// #include <xenstore.h>
import "C"

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"syscall"
	"unsafe"

	"github.com/xenvoy/xenvoy/xen"
)

// A Client is a connection to xenstored. It may be used from many goroutines, and has
// one owner, who closes it. A request cannot be interrupted once it has been sent.
type Client struct {
	h *C.struct_xs_handle

	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup // requests and watches; grows only while mu is held and closed is false
	events  *dispatcher    // nil until the first watch
	closing chan struct{}

	closeOnce sync.Once
}

// Open connects to xenstored. Where there is neither its socket nor the kernel's
// device the error matches xen.ErrNoHypervisor.
//
// Implements: struct xs_handle *xs_open(unsigned long flags)
func Open() (*Client, error) {
	syscall.ForkLock.RLock() // it sets close-on-exec only after opening
	h, err := C.xs_open(0)
	syscall.ForkLock.RUnlock()
	if h == nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("%w (%w)", xen.ErrNoHypervisor, err)
		}
		return nil, fmt.Errorf("xenstore: open: %w", err)
	}
	return &Client{h: h, closing: make(chan struct{})}, nil
}

// Close ends watches, waits for requests and disconnects. Closing twice is fine.
//
// Implements: void xs_close(struct xs_handle *xsh)
func (c *Client) Close() error {
	c.closeOnce.Do(func() {
		c.mu.Lock()
		c.closed = true
		c.mu.Unlock()
		close(c.closing)
		c.running.Wait()
		if c.events != nil {
			c.events.stop()
		}
		C.xs_close(c.h)
	})
	return nil
}

// enter counts a request, or refuses it. Each success is paired with c.running.Done.
func (c *Client) enter(ctx context.Context, op, path string) error {
	err := ctx.Err()
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		err = ErrClosed
	case strings.IndexByte(path, 0) >= 0: // C would cut the path there
		err = syscall.EINVAL
	}
	if err != nil {
		return &Error{Op: op, Path: path, Err: err}
	}
	c.running.Add(1)
	return nil
}

// do makes one request; f's second result is errno.
func (c *Client) do(ctx context.Context, op, path string, f func(path *C.char) (ok bool, errno error)) error {
	if err := c.enter(ctx, op, path); err != nil {
		return err
	}
	defer c.running.Done()
	s := C.CString(path)
	defer C.free(unsafe.Pointer(s))
	if ok, errno := f(s); !ok {
		return &Error{Op: op, Path: path, Err: errno}
	}
	return nil
}

// Read returns the value at a path.
//
// Implements: void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *len)
func (c *Client) Read(ctx context.Context, path string) (string, error) {
	var value string
	err := c.do(ctx, "read", path, func(p *C.char) (bool, error) {
		var n C.uint
		data, errno := C.xs_read(c.h, 0, p, &n)
		if data == nil {
			return false, errno
		}
		defer C.free(data)
		value = C.GoStringN((*C.char)(data), C.int(n))
		return true, nil
	})
	return value, err
}

// Write sets the value at a path, and makes the path where it does not exist.
//
// Implements: bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path, const void *data, unsigned int len)
func (c *Client) Write(ctx context.Context, path, value string) error {
	return c.do(ctx, "write", path, func(p *C.char) (bool, error) {
		ok, errno := C.xs_write(c.h, 0, p, unsafe.Pointer(unsafe.StringData(value)), C.uint(len(value)))
		return bool(ok), errno
	})
}

// List returns the names of the entries directly below a path.
//
// Implements: char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *num)
func (c *Client) List(ctx context.Context, path string) ([]string, error) {
	var names []string
	err := c.do(ctx, "list", path, func(p *C.char) (bool, error) {
		var n C.uint
		list, errno := C.xs_directory(c.h, 0, p, &n)
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

// Remove removes a path and all below it.
//
// Implements: bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path)
func (c *Client) Remove(ctx context.Context, path string) error {
	return c.do(ctx, "remove", path, func(p *C.char) (bool, error) {
		ok, errno := C.xs_rm(c.h, 0, p)
		return bool(ok), errno
	})
}
