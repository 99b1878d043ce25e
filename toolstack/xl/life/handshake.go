package life

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xenvoy/xenvoy/migrate/xlwire"
)

// expect reads a message that must come next. what names it, and stream where it comes from. It
// gives up when ctx ends.
func expect(ctx context.Context, r *os.File, message, stream, what string) error {
	return inWords(xlwire.Expect(filler(ctx, r), message), stream, what)
}

// filler is readAll for package xlwire.
func filler(ctx context.Context, r *os.File) func([]byte) error {
	return func(b []byte) error { return readAll(ctx, r, b) }
}

// inWords is the failure to read a message in xl's words.
func inWords(err error, stream, what string) error {
	var other *xlwire.Unexpected
	switch {
	case err == nil:
		return nil
	case errors.As(err, &other):
		return fmt.Errorf("%s contained unexpected data instead of %s: %q", stream, what, other.Got)
	}
	return fmt.Errorf("%s: %s: %w", stream, what, err)
}

// readAll fills b, unless ctx ends before.
func readAll(ctx context.Context, r *os.File, b []byte) error {
	cut := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(cut)
		r.SetReadDeadline(time.Unix(1, 0))
	})
	defer func() {
		if !stop() {
			<-cut // else it could cut the next read short
			r.SetReadDeadline(time.Time{})
		}
	}()
	_, err := io.ReadFull(r, b)
	if errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the other side has ended")
	}
	return err
}

// interruptibleInput is a standard input whose reading can be cut short: itself, or a copy in
// non-blocking mode, which the function that is returned ends.
func interruptibleInput(f *os.File) (*os.File, func(), error) {
	if f.SetReadDeadline(time.Time{}) == nil {
		return f, func() {}, nil
	}
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, nil, fmt.Errorf("standard input: %w", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("standard input: %w", err), unix.Close(fd))
	}
	other := os.NewFile(uintptr(fd), f.Name())
	return other, func() {
		// The mode is that of the other side's end, too, which may be another program's.
		unix.SetNonblock(int(f.Fd()), false)
		other.Close()
	}, nil
}
