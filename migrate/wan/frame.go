// Package wan is the wire between two ends of a migration: frames over any
// reliable byte stream, with a greeting that tells a peer from noise and a
// heartbeat that tells a slow link from a dead one. docs/wan-protocol.md is
// the format's page.
package wan

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// Kind tells what a frame's payload is.
type Kind uint8

// The kinds of frames.
const (
	KindControl Kind = 1 // a JSON message of package migrate
	KindData    Kind = 2 // bytes of the migration stream, in order
	KindPing    Kind = 3 // empty; says that the sender is alive
)

const (
	headerLen = 8
	// MaxPayload bounds a frame's payload in bytes.
	MaxPayload = 1 << 20
)

// Errors of the frame layer.
var (
	// ErrSilent says that nothing came from the peer for the whole time-out.
	ErrSilent = errors.New("the other side has fallen silent")
	// ErrFrame says that the peer sent something that is no frame.
	ErrFrame = errors.New("malformed frame")
)

// Conn carries frames. One goroutine may Receive while others Send.
type Conn struct {
	rw    io.ReadWriteCloser
	heard atomic.Int64 // when bytes last arrived or were first waited for, Unix nanoseconds
	waits atomic.Bool  // a Receive is in progress

	sendMu sync.Mutex
	header [headerLen]byte

	recv   []byte // payload buffer of Receive
	closed chan struct{}
	once   sync.Once
	silent atomic.Bool
	beats  sync.WaitGroup
}

// NewConn carries frames over rw, which Close closes.
func NewConn(rw io.ReadWriteCloser) *Conn {
	c := &Conn{rw: rw, closed: make(chan struct{})}
	c.heard.Store(time.Now().UnixNano())
	return c
}

// Heartbeat sends a ping each interval and closes the connection when a Receive
// has waited for limit and nothing has arrived; Send and Receive then fail with
// ErrSilent. While nobody receives, what the peer sends lies unread: that is not
// its silence.
func (c *Conn) Heartbeat(interval, limit time.Duration) {
	c.beats.Add(2)
	go func() {
		defer c.beats.Done()
		c.every(interval, func() bool { return c.Send(KindPing, nil) == nil })
	}()
	go func() {
		defer c.beats.Done()
		c.every(interval, func() bool { return !c.giveUp(limit) })
	}()
}

// every calls f each interval until it says false or the connection closes.
func (c *Conn) every(interval time.Duration, f func() bool) {
	t := time.NewTicker(interval)
	defer t.Stop()
	for {
		select {
		case <-c.closed:
			return
		case <-t.C:
			if !f() {
				return
			}
		}
	}
}

func (c *Conn) giveUp(limit time.Duration) bool {
	if !c.waits.Load() || time.Since(time.Unix(0, c.heard.Load())) < limit {
		return false
	}
	c.silent.Store(true)
	c.shut()
	return true
}

func (c *Conn) shut() {
	c.once.Do(func() {
		close(c.closed)
		c.rw.Close()
	})
}

// Done is closed when the connection has been closed from this side.
func (c *Conn) Done() <-chan struct{} { return c.closed }

// Close ends the connection and waits for its heartbeat. Twice is fine.
func (c *Conn) Close() error {
	c.shut()
	c.beats.Wait()
	return nil
}

// Send writes one frame. It returns ErrSilent after a heartbeat time-out, else
// the error of the transport.
func (c *Conn) Send(kind Kind, payload []byte) error {
	if len(payload) > MaxPayload {
		return fmt.Errorf("%w: payload of %d bytes, at most %d", ErrFrame, len(payload), MaxPayload)
	}
	c.sendMu.Lock()
	defer c.sendMu.Unlock()
	binary.BigEndian.PutUint32(c.header[0:], uint32(len(payload)))
	c.header[4] = byte(kind)
	if _, err := c.rw.Write(c.header[:]); err != nil {
		return c.why(err)
	}
	if len(payload) == 0 {
		return nil
	}
	_, err := c.rw.Write(payload)
	return c.why(err)
}

// Receive gives the next frame that is no ping. The payload is valid until the
// next call. At the end of the stream it returns io.EOF, inside a frame
// io.ErrUnexpectedEOF.
func (c *Conn) Receive() (Kind, []byte, error) {
	c.heard.Store(time.Now().UnixNano())
	c.waits.Store(true)
	defer c.waits.Store(false)
	for {
		var h [headerLen]byte
		if _, err := io.ReadFull(heardReader{c}, h[:]); err != nil {
			return 0, nil, c.why(err)
		}
		n, kind := binary.BigEndian.Uint32(h[0:]), Kind(h[4])
		if err := checkHeader(n, kind, h[5:]); err != nil {
			return 0, nil, err
		}
		if kind == KindPing {
			continue
		}
		if uint32(cap(c.recv)) < n {
			c.recv = make([]byte, n)
		}
		c.recv = c.recv[:n]
		if _, err := io.ReadFull(heardReader{c}, c.recv); err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return 0, nil, c.why(err)
		}
		return kind, c.recv, nil
	}
}

func checkHeader(n uint32, kind Kind, pad []byte) error {
	switch {
	case n > MaxPayload:
		return fmt.Errorf("%w: payload of %d bytes, at most %d", ErrFrame, n, MaxPayload)
	case kind < KindControl || kind > KindPing:
		return fmt.Errorf("%w: unknown kind %d", ErrFrame, kind)
	case kind == KindPing && n != 0:
		return fmt.Errorf("%w: ping with %d bytes", ErrFrame, n)
	case pad[0]|pad[1]|pad[2] != 0:
		return fmt.Errorf("%w: reserved bytes % x are not zero", ErrFrame, pad)
	}
	return nil
}

// why replaces the transport's error by the reason when we closed it.
func (c *Conn) why(err error) error {
	if err != nil && c.silent.Load() {
		return ErrSilent
	}
	return err
}

// heardReader reads and notes that the peer is alive.
type heardReader struct{ c *Conn }

func (h heardReader) Read(p []byte) (int, error) {
	n, err := h.c.rw.Read(p)
	if n > 0 {
		h.c.heard.Store(time.Now().UnixNano())
	}
	return n, err
}
