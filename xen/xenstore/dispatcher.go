package xenstore

import (
	"errors"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// lookEvery is how often the connection is looked at while there are no events:
// libxenstore does not wake those who wait for events when it loses the connection.
const lookEvery = 2 * time.Second

// A dispatcher reads watch events on one goroutine and hands them to the watches.
type dispatcher struct {
	file  *os.File      // readable when there are events; the worker's; nil until the first watch
	ended chan struct{} // closed when there will be no more events
	every time.Duration // lookEvery

	mu     sync.Mutex
	last   uint64
	queues map[string]*queue // by token
}

func newDispatcher() *dispatcher {
	return &dispatcher{ended: make(chan struct{}), every: lookEvery, queues: map[string]*queue{}}
}

// start begins to read with the first watch. On the worker, as are wake and stop.
func (d *dispatcher) start(l library) (err error) {
	if d.file != nil {
		return nil
	}
	if d.file, err = l.eventFile(); err != nil {
		return err
	}
	go d.read(l)
	return nil
}

// wake makes the reader look whether the connection is lost.
func (d *dispatcher) wake() {
	if d.file != nil {
		_ = d.file.SetReadDeadline(time.Now()) // fails when the reader has ended
	}
}

func (d *dispatcher) stop() {
	if d.file != nil {
		d.file.Close()
		<-d.ended
	}
}

// read waits for events, and takes all of them, until stop or the loss of the connection.
func (d *dispatcher) read(l library) {
	defer close(d.ended)
	raw, err := d.file.SyscallConn()
	if err != nil {
		return // the file has been closed
	}
	for {
		if err := d.file.SetReadDeadline(time.Now().Add(d.every)); err != nil {
			return
		}
		err := raw.Read(func(uintptr) bool { return d.takeAll(l) })
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return // closed, or lost
		}
	}
}

// takeAll delivers the events that there are, and says whether the connection is lost.
func (d *dispatcher) takeAll(l library) (lost bool) {
	for {
		path, token, err := l.event()
		if err != nil {
			return !errors.Is(err, syscall.EAGAIN)
		}
		d.deliver(path, token)
	}
}

// add makes a queue, and the token that events for it will bear.
func (d *dispatcher) add(paths []string) (string, *queue) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last++
	token, q := "xenvoy"+strconv.FormatUint(d.last, 10), newQueue(paths)
	d.queues[token] = q
	return token, q
}

func (d *dispatcher) remove(token string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.queues, token)
}

func (d *dispatcher) deliver(path, token string) {
	d.mu.Lock()
	q := d.queues[token]
	d.mu.Unlock()
	if q != nil { // else its watch has just been removed
		q.push(path)
	}
}
