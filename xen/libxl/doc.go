// Package libxl binds libxl, Xen's toolstack library (libxl.h, libxl_event.h).
//
// A [Context] is one libxl_ctx. It may be used from many goroutines. Calls that
// libxl can run asynchronously are interrupted when their context.Context ends, and
// still return only when libxl has let go of everything they gave it.
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
//
// # What a program must observe
//
//   - Leave SIGCHLD alone (no signal.Ignore or signal.Reset), and never wait for any
//     child: libxl waits for its own.
//   - Keep file descriptors 0, 1 and 2 open: libxl's helpers count on them.
//   - Set environment variables that libxl reads (LIBXL_SAVE_HELPER …) before Open.
//   - Out of memory, libxl ends the process (libxl.h, "libxl memory management").
//
// "Implements:" in a comment names the C function that a method binds.
package libxl
