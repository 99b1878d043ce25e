//go:build cgo

package libxc

import (
	"os"
	"sync"
	"syscall"

	"github.com/xenvoy/xenvoy/xen/internal/interruptible"
)

// A relay stands between libxc and the file of a stream. libxc's writes block, and cannot
// be interrupted; so it writes to a pipe, and when the relay closes the other end, because the
// file has failed or the save is given up, the write fails. (The signal that comes with it is
// ignored: Go's runtime ends a program for SIGPIPE only over descriptors 1 and 2.)
type relay struct {
	pipe  *os.File // our end of the pipe, to read from
	file  *os.File // a copy of the caller's, which waits in Go's poller
	undo  func()   // closes it
	ended chan struct{}
	err   error // of the file, or os.ErrDeadlineExceeded; valid when ended is closed

	closeOnce sync.Once
}

// newRelay starts a relay and returns it with libxc's end, which is blocking.
func newRelay(f *os.File) (*relay, int, error) {
	file, undo, err := interruptible.Copy(f)
	if err != nil {
		return nil, -1, err
	}
	pipe, theirs, err := interruptible.Pipe("save stream", interruptible.FromLibrary)
	if err != nil {
		undo()
		return nil, -1, err
	}
	interruptible.Resize(pipe, interruptible.Room) // without more room it is just slower
	r := &relay{pipe: pipe, file: file, undo: undo, ended: make(chan struct{})}
	go r.pass()
	return r, theirs, nil
}

// pass passes on the stream until its end.
func (r *relay) pass() {
	defer close(r.ended)
	defer r.pipe.Close()
	_, r.err = interruptible.Pass(r.file, r.pipe)
}

// cut ends the relay at once. A regular file has no deadline, and does not need one.
func (r *relay) cut() {
	r.pipe.SetReadDeadline(interruptible.Past())
	r.file.SetWriteDeadline(interruptible.Past())
}

// close closes libxc's end, waits until all has been passed on, and returns what went
// wrong with that. Closing twice is fine.
func (r *relay) close(fd int) error {
	r.closeOnce.Do(func() { syscall.Close(fd) })
	<-r.ended
	return r.err
}
