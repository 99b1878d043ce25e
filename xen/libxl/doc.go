// Package libxl binds libxl, Xen's toolstack library (libxl.h, libxl_event.h,
// libxl_utils.h).
//
//	xl, err := libxl.Open(ctx, libxl.Options{})
//	defer xl.Close()
//	domains, err := xl.ListDomains(ctx)
//	id, err := xl.DomainCreateNew(ctx, cfg, libxl.CreateOptions{}) // the end of ctx interrupts it
//	err = xl.DomainUnpause(ctx, id)
//	watch, err := xl.Watch(ctx)
//	for e := range watch.Events() {
//		fmt.Println(e.Domain, e.Type)
//	}
//
// The package's examples show each of these in whole ("go doc -http").
//
// A [Context] is one libxl_ctx. It may be used from many goroutines. Calls that
// libxl can run asynchronously are interrupted when their context.Context ends, and
// still return only when libxl has let go of everything they gave it. The others look
// at it before they begin.
//
// A call that fails returns an [*Error], which errors.Is matches with libxl's code, such
// as [ErrDomainNotFound], and with the end of its context; %+v prints all that libxl
// logged meanwhile. What the libxl that a program is built for does not have matches
// xen.ErrNotSupported. Types are those of package idl; memory is in KiB (idl.MemKB)
// where nothing else is said.
//
// # How it is built
//
//   - One goroutine runs libxl's event loop: it asks libxl what to wait for, polls,
//     and lets libxl act. Another tells libxl of SIGCHLD: libxl may not handle the
//     signal itself, because Go's runtime does.
//   - Log messages come from any thread and from forked children, so the logger is C
//     and writes records to a socket, which a goroutine reads.
//   - What libxl may touch after a call has returned lives in C memory; callbacks
//     carry integers.
//   - libxl opens some file descriptors without close-on-exec and sets the flag
//     later. Calls into it, and its event loop's actions, hold syscall.ForkLock for
//     reading, so that os/exec cannot start a program in between. Waiting holds
//     nothing. This cannot deadlock: what holds the lock waits neither for a
//     program that Go starts nor for one of libxl's children.
//   - libxl connects to xenstored in a way that nothing interrupts, so Open first sees to
//     it that xenstored answers. Should it hang right after that, programs can be started
//     again after a second, and one thread remains until xenstored answers or ends.
//
// # What a program must observe
//
//   - Leave SIGCHLD alone (no signal.Ignore or signal.Reset), and never wait for any
//     child: libxl waits for its own.
//   - Keep file descriptors 0, 1 and 2 open: libxl's helpers count on them.
//   - Set environment variables that libxl reads (LIBXL_SAVE_HELPER …) before Open.
//   - Out of memory, libxl ends the process (libxl.h, "libxl memory management").
//
// # Devices
//
// Each kind of device has methods named as those of disks are: DeviceDiskAdd,
// DeviceDiskRemove, DeviceDiskDestroy, DeviceDiskList and DeviceDiskInfo. Not all kinds have
// all five, because libxl has not.
//
//   - Add is for running and for paused domains. It waits for the back end and its hotplug
//     script, not for the guest. After most failures, and when it is cancelled, the device
//     may be there in part, so that it is returned with the error, as far as libxl has come
//     with it: Destroy takes it away. Not after ErrDeviceExists: it is another's then.
//   - Remove and Destroy take what Add, List or a look-up has returned. Where the comment
//     names no error for a device that is not there, it counts as removed.
//   - List returns an empty list for a domain that has none. libxl itself returns the same
//     then as after a failure; it is a failure, ErrFail, when libxl has logged an error.
//     What it fails over without a word, such as a MAC address in xenstore that is none, is an
//     empty list.
//   - Info and the look-ups, such as DevIDToDeviceNIC, tell a device that is not there from
//     a failure in the same way.
//
// So Options.MinLevel should not be above LevelError where devices matter. Parts of what
// List, Info and the look-ups return are written by the guest, and can be anything.
//
// "Implements:" in a comment names the C function that a method binds.
package libxl
