//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// tagged runs f, a call into libxl, so that records which this thread logs
// meanwhile belong to the call, and no program is started meanwhile (see the
// package's comment on syscall.ForkLock).
func tagged(call *call, f func() C.int) C.int {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	return taggedLong(call, f)
}

// openingTime is how long libxl may open descriptors, before it connects to xenstored,
// while no program is started.
const openingTime = time.Second

// taggedAtFirst is tagged for a call that may hang in the end: programs can be started
// again after openingTime.
func taggedAtFirst(call *call, f func() C.int) C.int {
	syscall.ForkLock.RLock()
	unlock := sync.OnceFunc(syscall.ForkLock.RUnlock)
	defer unlock()
	defer time.AfterFunc(openingTime, unlock).Stop()
	return taggedLong(call, f)
}

// taggedLong is tagged for a call that takes long: programs can be started meanwhile. A
// descriptor that libxl opens in it without close-on-exec may get into one of them.
func taggedLong(call *call, f func() C.int) C.int {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	C.xv_call_begin(C.uint64_t(call.id))
	defer C.xv_call_end()
	return f()
}

// A loop is the two goroutines that keep a Context's libxl going.
type loop struct {
	sigchld  chan os.Signal
	done     chan struct{}
	stopping atomic.Bool
	ended    sync.WaitGroup
}

// catchSIGCHLD must come before libxl can have a child.
func (l *loop) catchSIGCHLD() {
	l.sigchld = make(chan os.Signal, 1) // one is enough: libxl looks at all its children each time
	l.done = make(chan struct{})
	signal.Notify(l.sigchld, syscall.SIGCHLD)
}

func (l *loop) ignoreSIGCHLD() { signal.Stop(l.sigchld) }

func (l *loop) start(c *Context) {
	l.ended.Go(func() { l.reap(c) })
	l.ended.Go(func() { l.run(c) })
}

// stop ends both goroutines. No operation may be running, except after a disaster.
func (l *loop) stop(c *Context) {
	l.ignoreSIGCHLD()
	close(l.done)
	l.stopping.Store(true)
	C.xv_wake(c.x)
	l.ended.Wait()
}

// reap tells libxl whenever a child of this process has ended.
//
// Implements: void libxl_childproc_sigchld_occurred(libxl_ctx *ctx)
func (l *loop) reap(c *Context) {
	for {
		select {
		case <-l.done:
			return
		case <-l.sigchld:
			syscall.ForkLock.RLock()
			C.libxl_childproc_sigchld_occurred(c.x.ctx)
			syscall.ForkLock.RUnlock()
		}
	}
}

// run is libxl's event loop.
//
// Implements: int libxl_osevent_beforepoll(libxl_ctx *ctx, int *nfds_io, struct pollfd *fds, int *timeout_upd, struct timeval now)
// Implements: void libxl_osevent_afterpoll(libxl_ctx *ctx, int nfds, const struct pollfd *fds, struct timeval now)
func (l *loop) run(c *Context) {
	for {
		if rc := C.xv_wait(c.x); rc != 0 {
			c.breakDown(fmt.Errorf("%w: waiting for events: %w", ErrDisaster, Code(rc)))
			return
		}
		if l.stopping.Load() {
			return
		}
		syscall.ForkLock.RLock()
		C.xv_dispatch(c.x)
		syscall.ForkLock.RUnlock()
	}
}
