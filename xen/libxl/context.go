//go:build cgo

package libxl

// #cgo LDFLAGS: -lxenlight -lxentoollog
// #include "glue.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/cgo"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/xenvoy/xenvoy/xen"
	_ "github.com/xenvoy/xenvoy/xen/internal/forklock" // a child may call the hypervisor
	"github.com/xenvoy/xenvoy/xen/internal/interrupt"
	"github.com/xenvoy/xenvoy/xen/internal/privcmd"
	"github.com/xenvoy/xenvoy/xen/internal/release"
	"github.com/xenvoy/xenvoy/xen/internal/xenstored"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
	"github.com/xenvoy/xenvoy/xen/xenstore"
)

// Options are choices for Open.
type Options struct {
	// Log receives every record as it comes, also those that an error carries
	// as well. It is called on one goroutine; it must neither block nor use the
	// Context, because libxl waits when nobody reads its records.
	Log func(Record)
	// MinLevel drops messages below this level; 0 means LevelInfo.
	MinLevel Level

	observe func(op string, err error) // told of each call that has reached libxl: for tests; may be nil
}

// A Context is an open libxl. It has one owner, who closes it.
type Context struct {
	x      *C.struct_xv_ctx
	handle cgo.Handle
	log    *logbook
	loop   loop

	observe func(op string, err error)

	mu        sync.Mutex
	closed    bool
	running   sync.WaitGroup      // calls and watches; grows only while mu is held and closed is false
	watches   map[uint64]*watch   // by the number that libxl knows
	listeners map[*watch]struct{} // which are told of consoles
	nextWatch uint64

	operations atomic.Int64 // which hold C memory and a handle: for tests that look for leaks

	closing   chan struct{} // closed when Close begins
	broken    chan struct{} // closed on a disaster
	disaster  error         // set before broken is closed
	breakOnce sync.Once
	closeOnce sync.Once
	closeErr  error
	versionMu sync.Mutex // libxl fills its copy of the version without a lock
}

// Open connects to the hypervisor; ctx is for that alone. Where there is none it fails at
// once with an error that matches xen.ErrNoHypervisor; without the right to use it the
// error matches fs.ErrPermission; with a hypervisor of another release than libxl's,
// xen.ErrOtherRelease. All come without output of libxl. When ctx has ended because
// xenstored does not answer, the error matches xenstore.ErrUnanswered and ctx.Err().
//
// Implements: int libxl_ctx_alloc(libxl_ctx **pctx, int version, unsigned flags, xentoollog_logger *lg)
// Implements: void libxl_childproc_setmode(libxl_ctx *ctx, const libxl_childproc_hooks *hooks, void *user)
// Implements: void libxl_event_register_callbacks(libxl_ctx *ctx, const libxl_event_hooks *hooks, void *user)
func Open(ctx context.Context, o Options) (*Context, error) {
	if err := checkHypervisor(); err != nil {
		return nil, fmt.Errorf("libxl: %w", err)
	}
	c, err := open(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := c.checkVersion(); err != nil {
		return nil, errors.Join(fmt.Errorf("libxl: %w", err), c.Close())
	}
	return c, nil
}

// checkVersion compares the hypervisor's release with libxl's.
func (c *Context) checkVersion() error {
	v, err := c.VersionInfo(context.Background()) // it does not block
	if err != nil {
		return err
	}
	return release.Check("libxenlight.so.", int(v.XenVersionMajor), int(v.XenVersionMinor))
}

// checkHypervisor looks for the device by which libxenctrl reaches Xen: libxl would print
// that it is missing.
func checkHypervisor() error {
	f, err := privcmd.Open()
	if err != nil {
		return err
	}
	return f.Close()
}

// open waits for xenstored in a way that ctx can interrupt, and opens libxl only then:
// libxl's own connecting blocks while xenstored hangs. Should xenstored begin to hang just
// in between, the opening goes on after ctx has ended, and closes what has come of it.
func open(ctx context.Context, o Options) (*Context, error) {
	if err := interrupt.Cause(ctx); err != nil {
		return nil, openError(err)
	}
	if err := xenstored.AwaitAnswer(ctx); errors.Is(err, xen.ErrNoXenstored) {
		return nil, openError(err)
	} else if err != nil {
		return nil, openError(fmt.Errorf("%w: %w", xenstore.ErrUnanswered, err))
	}
	type result struct {
		c   *Context
		err error
	}
	results, left := make(chan result), make(chan struct{})
	if sink := o.Log; sink != nil {
		o.Log = func(r Record) {
			select {
			case <-left: // who opens has been told that nothing has come of it
			default:
				sink(r)
			}
		}
	}
	go func() {
		c, err := openNow(o)
		select {
		case results <- result{c, err}:
		case <-left:
			if err == nil {
				_ = c.Close() // nobody is there to be told
			}
		}
	}()
	select {
	case r := <-results:
		return r.c, r.err
	case <-ctx.Done():
		close(left)
		return nil, openError(fmt.Errorf("%w: %w", xenstore.ErrUnanswered, interrupt.Cause(ctx)))
	}
}

func openError(cause error) error {
	return &Error{Op: "libxl_ctx_alloc", Domain: idl.InvalidDomID, Cause: cause}
}

func openNow(o Options) (*Context, error) {
	if o.MinLevel == 0 {
		o.MinLevel = LevelInfo
	}
	log, fd, err := newLogbook(o.Log)
	if err != nil {
		return nil, fmt.Errorf("libxl: log socket: %w", err)
	}
	c := &Context{
		log:       log,
		observe:   o.observe,
		watches:   map[uint64]*watch{},
		listeners: map[*watch]struct{}{},
		closing:   make(chan struct{}),
		broken:    make(chan struct{}),
	}
	c.handle = cgo.NewHandle(c)
	c.loop.catchSIGCHLD()
	if err := c.allocate(fd, o.MinLevel); err != nil {
		c.loop.ignoreSIGCHLD()
		c.handle.Delete()
		return nil, err
	}
	c.loop.start(c)
	return c, nil
}

// allocate opens libxl with its log going to fd, which it owns from here on.
func (c *Context) allocate(fd int, minLevel Level) error {
	call := c.log.begin(callSpec{domain: idl.InvalidDomID})
	rc := taggedAtFirst(call, func() C.int {
		return C.xv_open(C.uintptr_t(c.handle), C.int(fd), C.int(minLevel), &c.x)
	})
	if c.x == nil {
		c.log.abandon(fd)
		return &Error{Op: "libxl_ctx_alloc", Domain: idl.InvalidDomID, Code: ErrNoMem}
	}
	c.log.attach(c.x)
	if rc == 0 {
		c.log.end(call, false)
		return nil
	}
	err := &Error{Op: "libxl_ctx_alloc", Domain: idl.InvalidDomID, Code: Code(rc), Log: c.log.end(call, true)}
	if _, missing := os.Stat(xenstored.SocketPath()); errors.Is(missing, fs.ErrNotExist) {
		err.Cause = fmt.Errorf("%w (%w)", xen.ErrNoXenstored, missing)
	}
	c.log.stop()
	C.xv_close(c.x)
	return err
}

// Close waits for running calls, ends watches and frees what the Context holds; of a
// Context that has broken down it frees nothing, and returns Err's error. Calls that come
// later return ErrClosed. Closing twice is fine.
//
// Implements: int libxl_ctx_free(libxl_ctx *ctx)
func (c *Context) Close() error {
	c.closeOnce.Do(func() {
		c.mu.Lock()
		c.closed = true
		c.mu.Unlock()
		close(c.closing)
		c.running.Wait()
		c.loop.stop(c)
		if c.closeErr = c.Err(); c.closeErr != nil {
			return // libxl would abort over operations that never ended
		}
		C.xv_end(c.x)
		c.log.stop()
		C.xv_close(c.x)
		c.handle.Delete()
	})
	return c.closeErr
}

// Err returns an error that matches ErrDisaster once libxl's event machinery has
// broken down, and nil before.
func (c *Context) Err() error {
	select {
	case <-c.broken:
		return c.disaster
	default:
		return nil
	}
}

func (c *Context) breakDown(err error) {
	c.breakOnce.Do(func() {
		c.disaster = err
		close(c.broken)
	})
}

// xenvoyDisaster is called by libxl with its lock held, on any thread.
//
//export xenvoyDisaster
func xenvoyDisaster(handle C.uintptr_t, msg *C.char, errnoval C.int) {
	c := cgo.Handle(handle).Value().(*Context)
	c.breakDown(fmt.Errorf("%w: %s: %w", ErrDisaster, C.GoString(msg), syscall.Errno(errnoval)))
}

// enter counts a call, or refuses it. Each success is paired with c.running.Done.
func (c *Context) enter(ctx context.Context, op string, domain idl.DomID) error {
	err := interrupt.Cause(ctx)
	if err == nil {
		err = c.Err()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		err = ErrClosed
	case domain >= firstReservedID && domain != idl.InvalidDomID && err == nil:
		err = ErrDomainNotFound // hypercalls carry 16 bits of an id: it would mean another domain
	}
	if err != nil {
		return &Error{Op: op, Domain: domain, Cause: err}
	}
	c.running.Add(1)
	return nil
}

func (c *Context) observed(op string, err error) {
	if c.observe != nil {
		c.observe(op, err)
	}
}

// do runs a call of libxl that returns when it is done. f returns libxl's code;
// negative ones become an *Error.
func (c *Context) do(ctx context.Context, op string, domain idl.DomID, f func(l *C.libxl_ctx) C.int) error {
	if err := c.enter(ctx, op, domain); err != nil {
		return err
	}
	defer c.running.Done()
	call := c.log.begin(callSpec{domain: domain})
	rc := tagged(call, func() C.int { return f(c.x.ctx) })
	records := c.log.end(call, rc < 0)
	var err error
	if rc < 0 {
		err = &Error{Op: op, Domain: domain, Code: Code(rc), Log: records}
	}
	c.observed(op, err)
	return err
}
