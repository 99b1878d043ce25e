//go:build cgo

package libxc

// #include "glue.h"
import "C"

import (
	"runtime"
	"runtime/cgo"
	"strings"
	"syscall"

	"github.com/xenvoy/xenvoy/xen/internal/xenlog"
)

// A call is one call into libxc, and what it says meanwhile. It stays on one goroutine.
type call struct {
	sink     func(Record)   // receives messages; may be nil
	progress func(Progress) // receives progress reports; may be nil
	records  []Record
	panicked any // what a callback panicked with
}

// run makes the call on a thread that knows it. f says whether it succeeded, and errno.
func (c *call) run(f func() (bool, error)) (bool, syscall.Errno) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	handle := cgo.NewHandle(c)
	defer handle.Delete()
	ok, err := c.tagged(handle, f)
	if c.panicked != nil {
		panic(c.panicked)
	}
	return ok, errnoOf(err)
}

// tagged runs f while this thread's messages belong to the call.
func (c *call) tagged(handle cgo.Handle, f func() (bool, error)) (bool, error) {
	outer := C.xvc_call_begin(C.uintptr_t(handle))
	defer C.xvc_call_end(outer)
	return f()
}

// guard runs a callback of the program inside C and says whether it came to its end. A
// panic ends here, and goes on when C has returned.
func (c *call) guard(f func()) (ended bool) {
	defer func() {
		if p := recover(); p != nil && c.panicked == nil {
			c.panicked = p
		}
	}()
	f()
	return true
}

// xenvoyXCMessage is called by the logger inside a call of libxc.
//
//export xenvoyXCMessage
func xenvoyXCMessage(handle C.uintptr_t, level, errnoval C.int, context, text *C.char, cut C.int) {
	c := cgo.Handle(handle).Value().(*call)
	r := Record{
		Level:   Level(level),
		Context: C.GoString(context),
		Text:    strings.TrimRight(C.GoString(text), "\r\n"),
		Cut:     cut != 0,
		Errno:   int(errnoval),
	}
	c.records = xenlog.Keep(c.records, r)
	if c.sink != nil {
		c.guard(func() { c.sink(r) })
	}
}

// xenvoyXCProgress is called by the logger inside a call of libxc.
//
//export xenvoyXCProgress
func xenvoyXCProgress(handle C.uintptr_t, doing *C.char, percent C.int, done, total C.ulong) {
	c := cgo.Handle(handle).Value().(*call)
	if c.progress != nil {
		p := Progress{Doing: C.GoString(doing), Percent: int(percent), Done: uint64(done), Total: uint64(total)}
		c.guard(func() { c.progress(p) })
	}
}
