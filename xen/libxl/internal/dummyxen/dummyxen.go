// Package dummyxen lets tests open libxl where no hypervisor runs. It stands in for
// some functions of the libraries below libxl; what then works is all that needs
// neither a hypercall nor xenstore: JSON, logging, the event loop, refusals of bad
// arguments, and reading what Write has put into a store. Only tests import it.
package dummyxen

// #cgo LDFLAGS: -lxenlight -lxenctrl -lxentoollog
// #include "dummyxen.h"
import "C"

import (
	"runtime"
	"unsafe"
)

// Enable makes libxl contexts dummies, from their opening to Disable.
func Enable() { C.dummyxen_enable() }

// Disable ends that. No dummy may be open.
func Disable() { C.dummyxen_disable() }

// RealStore makes dummies connect to xenstored, until Disable.
func RealStore() { C.dummyxen_real_store() }

// Log writes a message through an xentoollog_logger, count times.
func Log(logger unsafe.Pointer, level int, text string, count int) {
	s := C.CString(text)
	defer C.free(unsafe.Pointer(s))
	C.dummyxen_log(logger, C.int(level), s, C.int(count))
}

// Progress writes a progress report through an xentoollog_logger.
func Progress(logger unsafe.Pointer, doing string, done, total uint64) {
	s := C.CString(doing)
	defer C.free(unsafe.Pointer(s))
	C.dummyxen_progress(logger, s, C.ulong(done), C.ulong(total))
}

// LogFromChild forks a child that writes a message and exits, and returns its pid
// when it has. It is negative when there could be none.
func LogFromChild(logger unsafe.Pointer, level int, text string) int {
	s := C.CString(text)
	defer C.free(unsafe.Pointer(s))
	return int(C.dummyxen_log_from_child(logger, C.int(level), s))
}

// Write puts a value into the store that dummies read. It may not be written to while
// they do.
func Write(path, value string) {
	p, v := C.CString(path), C.CString(value)
	defer C.free(unsafe.Pointer(p))
	defer C.free(unsafe.Pointer(v))
	C.dummyxen_write(p, v)
}

// AddDomain makes this the only domain that dummies find.
func AddDomain(id uint32) { C.dummyxen_domain(C.int64_t(id)) }

// Clear undoes Write and AddDomain.
func Clear() { C.dummyxen_clear() }

// Spawn starts a program as libxl does a device model, in the name of the dummy that was
// opened last, and says whether that went well.
func Spawn(args ...string) bool {
	argv := make([]*C.char, len(args)+1)
	for i, a := range args {
		argv[i] = C.CString(a)
		defer C.free(unsafe.Pointer(argv[i]))
	}
	return C.dummyxen_spawn(unsafe.SliceData(argv)) == 0
}

// Leaking runs f, in which libxl does not free all that it takes for itself; the address
// sanitizer is not to tell of that. f must call libxl on its own goroutine.
func Leaking(f func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	C.dummyxen_expect_leaks(true)
	defer C.dummyxen_expect_leaks(false)
	f()
}
