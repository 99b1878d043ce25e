// Package fakexen lets tests use libxenctrl and libxenguest where no hypervisor runs. It
// stands in for the libraries below them, and answers their hypercalls for three domains:
// dom0, a guest, and one that has crashed. It shows that libxc is called rightly and
// that nothing leaks, not what Xen does. Only tests import it.
package fakexen

// #cgo LDFLAGS: -lxenctrl -lxenguest -lxencall -lxenforeignmemory -lxendevicemodel -lxentoollog
// #include "fakexen.h"
import "C"

import "syscall"

// What the fake has. The guest's pages begin with their own gfns, little-endian.
const (
	Guest   = C.FAKEXEN_GUEST
	Crashed = C.FAKEXEN_CRASHED
	Pages   = C.FAKEXEN_PAGES // of the guest
)

// Enable makes handles that are opened from now on fake, in a fresh state.
func Enable() { C.fakexen_enable() }

// Disable ends that. No fake handle may be open.
func Disable() { C.fakexen_disable() }

// Fail makes each hypercall and mapping fail, and with ENOMEM page allocations too; 0
// ends that.
func Fail(errno syscall.Errno) { C.fakexen_fail(C.int(errno), 0) }

// FailOnce makes the next hypercall fail.
func FailOnce(errno syscall.Errno) { C.fakexen_fail(C.int(errno), 1) }

// Talk makes each handle that is opened from now on log something, at level error.
func Talk() { C.fakexen_talk(1) }

// Suspend shuts the guest down as if it had suspended itself.
func Suspend() { C.fakexen_suspend() }

// SetContextSize sets the size of the guest's HVM context.
func SetContextSize(n uint32) { C.fakexen_context_size(C.uint32_t(n)) }

// SetDirty says how many pages are dirty now, after the next cleaning, and so on, at
// most 16 times; none after that. They are those with the lowest pfns.
func SetDirty(counts ...uint32) {
	c := make([]C.uint32_t, len(counts)+1)
	for i, n := range counts {
		c[i] = C.uint32_t(n)
	}
	C.fakexen_dirty(&c[0], C.int(len(counts)))
}

// LogDirty says whether log-dirty mode is on.
func LogDirty() bool { return C.fakexen_log_dirty() != 0 }

// Pauses returns how often the guest is paused.
func Pauses() int { return int(C.fakexen_pauses()) }

// Held returns how many handles, buffers and mappings are open.
func Held() int { return int(C.fakexen_held()) }
