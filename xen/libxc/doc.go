// Package libxc binds libxenctrl, libxenguest and libxenforeignmemory: what the
// toolstack library libxl does not offer. That is the raw state of domains in bulk,
// log-dirty, foreign memory, HVM contexts, CPU policies, scheduler caps, and a save whose
// pre-copy policy is the caller's (xenctrl.h, xenguest.h, xenforeignmemory.h).
//
// An [Interface] is one xc_interface. It may be used from many goroutines; it has one
// owner, who closes it. A [Bitmap] or [Mapping] has an owner of its own, and stays valid
// until that one closes it, also when the Interface has been closed before.
//
// Words are the field's: a pfn numbers a page of memory as the guest sees it, a gfn a
// page of the guest's physical address space (for HVM and PVH the same), an mfn one of
// the machine. All pages have 4 KiB.
//
// # How it is built
//
//   - A hypercall is short and cannot be interrupted: its context.Context is looked at
//     before it. Only SaveDomain takes long, and it watches its context throughout.
//   - libxenctrl neither forks nor starts threads, and opens its descriptors with
//     close-on-exec. Its messages come on the thread that made the call; the logger is C,
//     and finds the call by a thread-local number.
//   - A callback that panics does not unwind C: the panic goes on when C has cleaned up
//     and returned.
//   - libxenctrl silently cuts domain ids to 16 bits, so that 65541 would be domain 5;
//     this package refuses ids that no domain can have.
//
// "Implements:" in a comment names the C function that a method binds.
package libxc
