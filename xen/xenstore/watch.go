//go:build cgo

package xenstore

// #include <errno.h>
// #include <fcntl.h>
// #include <stdlib.h>
// #include <xenstore.h>
import "C"

import (
	"context"
	"os"
	"strconv"
	"sync"
	"syscall"
	"unsafe"
)

// A dispatcher reads watch events on one goroutine and hands them to the watches.
type dispatcher struct {
	file  *os.File // a copy of xs_fileno, waited for by Go's poller
	ended chan struct{}

	mu     sync.Mutex
	last   uint64
	queues map[string]*queue // by token
}

// A queue holds the paths that have changed and that its watcher has not yet taken.
// A path waits once only, however often it changes.
type queue struct {
	mu      sync.Mutex
	paths   []string
	waiting map[string]bool
	more    chan struct{}
}

func (q *queue) push(path string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.waiting[path] {
		q.waiting[path] = true
		q.paths = append(q.paths, path)
	}
	select {
	case q.more <- struct{}{}:
	default:
	}
}

func (q *queue) take() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	paths := q.paths
	q.paths = nil
	clear(q.waiting)
	return paths
}

// Watch reports each change at or below the paths, as the path that changed. Each
// watched path is reported once at the beginning, whether it exists or not, so that
// nothing is missed between a look and the watch. Changes of one path that come
// faster than they are received are reported as one. The channel is closed when ctx
// ends or the client is closed. Special paths, such as "@releaseDomain", work too.
//
// Implements: bool xs_watch(struct xs_handle *h, const char *path, const char *token)
// Implements: bool xs_unwatch(struct xs_handle *h, const char *path, const char *token)
func (c *Client) Watch(ctx context.Context, paths ...string) (<-chan string, error) {
	if err := c.enter(ctx, "watch", ""); err != nil { // left when the watch ends
		return nil, err
	}
	d, err := c.dispatcher()
	if err != nil {
		c.running.Done()
		return nil, err
	}
	token, q := d.add()
	watched := 0
	for _, path := range paths {
		if err = c.watchPath(ctx, path, token); err != nil {
			break
		}
		watched++
	}
	out := make(chan string)
	go func() {
		defer c.running.Done()
		defer close(out)
		if err == nil {
			c.pump(ctx, q, out)
		}
		c.unwatch(paths[:watched], token)
		d.remove(token)
	}()
	if err != nil {
		return nil, err
	}
	return out, nil
}

// watchPath adds a watch.
func (c *Client) watchPath(ctx context.Context, path, token string) error {
	return c.do(ctx, "watch", path, func(p *C.char) (bool, error) {
		t := C.CString(token)
		defer C.free(unsafe.Pointer(t))
		ok, errno := C.xs_watch(c.h, p, t)
		return bool(ok), errno
	})
}

// unwatch removes watches, also while the client is being closed. A failure means that
// the connection is lost, and the watches with it.
func (c *Client) unwatch(paths []string, token string) {
	t := C.CString(token)
	defer C.free(unsafe.Pointer(t))
	for _, path := range paths {
		p := C.CString(path)
		C.xs_unwatch(c.h, p, t)
		C.free(unsafe.Pointer(p))
	}
}

func (c *Client) pump(ctx context.Context, q *queue, out chan<- string) {
	for {
		select {
		case <-q.more:
		case <-ctx.Done():
			return
		case <-c.closing:
			return
		}
		for _, path := range q.take() {
			select {
			case out <- path:
			case <-ctx.Done():
				return
			case <-c.closing:
				return
			}
		}
	}
}

// dispatcher starts the reader with the first watch.
//
// Implements: int xs_fileno(struct xs_handle *h)
func (c *Client) dispatcher() (*dispatcher, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.events != nil {
		return c.events, nil
	}
	syscall.ForkLock.RLock() // xs_fileno makes a pipe without close-on-exec
	fd, errno := C.xs_fileno(c.h)
	if fd >= 0 {
		syscall.CloseOnExec(int(fd))
	}
	syscall.ForkLock.RUnlock()
	if fd < 0 {
		return nil, &Error{Op: "watch", Err: errno}
	}
	own, _, e := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_DUPFD_CLOEXEC, 3)
	if e != 0 {
		return nil, &Error{Op: "watch", Err: e}
	}
	if err := syscall.SetNonblock(int(own), true); err != nil { // so that Go's poller waits, not a thread
		syscall.Close(int(own))
		return nil, &Error{Op: "watch", Err: err}
	}
	d := &dispatcher{
		file:   os.NewFile(own, "xenstore watches"),
		ended:  make(chan struct{}),
		queues: map[string]*queue{},
	}
	c.events = d
	go d.read(c.h)
	return d, nil
}

func (d *dispatcher) add() (string, *queue) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last++
	token := "xenvoy" + strconv.FormatUint(d.last, 10)
	q := &queue{waiting: map[string]bool{}, more: make(chan struct{}, 1)}
	d.queues[token] = q
	return token, q
}

func (d *dispatcher) remove(token string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.queues, token)
}

func (d *dispatcher) stop() {
	d.file.Close()
	<-d.ended
}

// read waits until the handle has events, and takes all of them, until stop.
func (d *dispatcher) read(h *C.struct_xs_handle) {
	defer close(d.ended)
	raw, err := d.file.SyscallConn()
	if err != nil {
		return // the file has been closed
	}
	_ = raw.Read(func(uintptr) bool { // ends with an error when the file is closed
		for d.readOne(h) {
		}
		return false
	})
}

// readOne takes one event; false means that there is none.
//
// Implements: char **xs_check_watch(struct xs_handle *h)
func (d *dispatcher) readOne(h *C.struct_xs_handle) bool {
	event := C.xs_check_watch(h)
	if event == nil {
		return false
	}
	defer C.free(unsafe.Pointer(event))
	strs := unsafe.Slice(event, 2)
	path, token := C.GoString(strs[C.XS_WATCH_PATH]), C.GoString(strs[C.XS_WATCH_TOKEN])
	d.mu.Lock()
	q := d.queues[token]
	d.mu.Unlock()
	if q != nil { // else its watch has just been removed
		q.push(path)
	}
	return true
}
