package room

import (
	"context"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// Lock takes the lock of the file at path, which it makes, and waits for it for as long as ctx
// lasts. release gives it back; twice is fine. xl's own locks are seen, and xl sees this one.
//
// The lock belongs to the open file, not to the process, so that two who create a domain
// in one process keep each other out too.
func Lock(ctx context.Context, path string) (release func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o200)
	if err != nil {
		return nil, fmt.Errorf("cannot open the lockfile: %w", err)
	}
	taken := make(chan error, 1)
	go func() { taken <- lock(f, unix.F_WRLCK, unix.F_OFD_SETLKW) }()
	select {
	case err = <-taken:
	case <-ctx.Done():
		go func() { // whoever gets the lock now does not want it any more
			if <-taken == nil {
				unlock(f)
			}
			f.Close()
		}()
		return nil, fmt.Errorf("lock %s: %w", path, context.Cause(ctx))
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("cannot acquire lock %s: %w", path, err)
	}
	return func() { unlock(f) }, nil
}

// unlock gives the lock back, also when a child of libxl still has the file open. A file
// that is closed already is not touched.
func unlock(f *os.File) {
	if lock(f, unix.F_UNLCK, unix.F_OFD_SETLK) == nil {
		f.Close()
	}
}

func lock(f *os.File, kind int16, command int) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	whole := unix.Flock_t{Type: kind, Whence: io.SeekStart}
	var failed error
	err = raw.Control(func(fd uintptr) {
		for {
			failed = unix.FcntlFlock(fd, command, &whole)
			if failed != unix.EINTR {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	return failed
}
