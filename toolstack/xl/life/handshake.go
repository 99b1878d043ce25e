package life

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// What two xl tell each other around the stream of a migration (tools/xl/xl.h). All but the
// banner end with a zero byte.
const (
	banner     = "xl migration receiver ready, send binary domain data.\n"
	ready      = "domain received, ready to unpause\x00"           // from the receiver: may I?
	permission = "domain is yours, you are cleared to unpause\x00" // to whoever may run the guest now
	result     = "my copy unpause results are as follows\x00"      // from the receiver; a byte follows
)

// expect reads a message that must come next. what names it, and stream where it comes from. It
// gives up when ctx ends.
func expect(ctx context.Context, r *os.File, message, stream, what string) error {
	got := make([]byte, len(message))
	if err := readAll(ctx, r, got); err != nil {
		return fmt.Errorf("%s: %s: %w", stream, what, err)
	}
	if !bytes.Equal(got, []byte(message)) {
		return fmt.Errorf("%s contained unexpected data instead of %s: %q", stream, what, got)
	}
	return nil
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
