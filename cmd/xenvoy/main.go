// Command xenvoy manages Xen hosts and moves their domains between sites.
package main

//go:generate sh -c "go run . docs markdown >../../docs/commands.md"

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

func main() {
	os.Exit(mainCode())
}

// mainCode runs the command line. A signal cancels the context of what runs;
// each operation ends itself cleanly and says how it left things.
func mainCode() int {
	if err := openStandardFiles(); err != nil {
		return exitFailed // nothing is open that could say why
	}
	ctx, stop := signal.NotifyContext(context.Background(), endingSignals()...)
	defer stop()
	a := &app{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}
	if calledAsXL() {
		return a.runXL(ctx, os.Args[1:])
	}
	return a.run(ctx, os.Args[1:])
}

// endingSignals are those that ask the program to end.
func endingSignals() []os.Signal { return []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} }

// openStandardFiles opens those of descriptors 0 to 2 that the caller has closed,
// so that no other file takes their numbers: libxl's children use them, and what
// is printed must not land elsewhere. Reading such a file gives its end, writing
// to it an error.
func openStandardFiles() error {
	for fd := range 3 {
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil {
			continue
		}
		// The lowest free number is fd.
		if _, err := unix.Open(os.DevNull, unix.O_RDONLY, 0); err != nil {
			return err
		}
	}
	return nil
}
