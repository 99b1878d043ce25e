package xenstore

import (
	"context"
	"sync"
	"time"
)

const (
	openWait  = 10 * time.Second
	closeWait = 5 * time.Second
)

// A Client is a connection to xenstored. It may be used from many goroutines, and has
// one owner, who closes it. Requests are made one after the other.
type Client struct {
	nodes

	work   chan func() // what the worker is to run
	lib    library     // the worker's; nil until it has connected
	events *dispatcher

	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup // goroutines that end with closing; grows only while mu is held and closed is false

	closing   chan struct{} // closed when Close begins
	forsaken  chan struct{} // closed when Close has waited long enough
	ended     chan struct{} // closed when the worker has disconnected
	closeOnce sync.Once
	closeErr  error
	closeWait time.Duration
}

// Open connects to xenstored, within 10 seconds (see OpenContext).
func Open() (*Client, error) {
	ctx, cancel := context.WithTimeout(context.Background(), openWait)
	defer cancel()
	return OpenContext(ctx)
}

// OpenContext connects to xenstored; ctx is for that alone. Where there is neither
// its socket nor the kernel's device, or nobody listens on the socket, the error matches
// xen.ErrNoXenstored, on a machine without Xen also xen.ErrNoHypervisor; without
// the right to use them it matches fs.ErrPermission. The error matches ErrUnanswered when ctx has
// ended because xenstored takes no connections. A xenstored that takes them and does
// not answer shows with the first request.
//
// Implements: struct xs_handle *xs_open(unsigned long flags)
func OpenContext(ctx context.Context) (*Client, error) {
	c := newClient()
	go c.serve()
	_, err := call(ctx, c, request[struct{}]{op: "open", run: func(library) (_ struct{}, err error) {
		c.lib, err = openLibrary()
		return
	}})
	if err != nil {
		close(c.closing) // the worker disconnects as soon as it can
		return nil, err
	}
	return c, nil
}

func newClient() *Client {
	c := &Client{
		work:      make(chan func()),
		events:    newDispatcher(),
		closing:   make(chan struct{}),
		forsaken:  make(chan struct{}),
		ended:     make(chan struct{}),
		closeWait: closeWait,
	}
	c.nodes = nodes{c: c, tx: &transaction{}}
	return c
}

// serve is the worker: it alone calls libxenstore where that may block, so that no more
// than one thread is stuck there when xenstored hangs.
func (c *Client) serve() {
	defer close(c.ended)
	for {
		select {
		case run := <-c.work:
			run()
		case <-c.closing:
			c.events.stop()
			if c.lib != nil {
				c.lib.close()
			}
			return
		}
	}
}

// start runs f, which must end with closing, unless the client is closed.
func (c *Client) start(f func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.running.Go(f)
	}
	return !c.closed
}

// Close ends watches, waits for the request that is being made, and disconnects. When
// xenstored does not answer within 5 seconds the error matches ErrUnanswered, as do
// those of the calls that still wait: the connection and one thread then remain until
// xenstored answers or ends. Closing twice is fine.
//
// Implements: void xs_close(struct xs_handle *xsh)
func (c *Client) Close() error {
	c.closeOnce.Do(func() {
		c.mu.Lock()
		c.closed = true
		c.mu.Unlock()
		close(c.closing)
		c.running.Wait()
		late := time.NewTimer(c.closeWait)
		defer late.Stop()
		select {
		case <-c.ended:
		case <-late.C:
			close(c.forsaken)
			c.closeErr = &Error{Op: "close", Err: ErrUnanswered}
		}
	})
	return c.closeErr
}
