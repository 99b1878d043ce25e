package wan

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

func pair(t *testing.T) (*Conn, *Conn) {
	a, b := net.Pipe()
	ca, cb := NewConn(a), NewConn(b)
	t.Cleanup(func() { ca.Close(); cb.Close() })
	return ca, cb
}

func TestFramesArriveInOrderWithoutPings(t *testing.T) {
	a, b := pair(t)
	go func() {
		a.Send(KindControl, []byte(`{"step":"offer"}`))
		a.Send(KindPing, nil)
		a.Send(KindData, bytes.Repeat([]byte{7}, MaxPayload))
		a.Close()
	}()
	kind, p, err := b.Receive()
	if kind != KindControl || string(p) != `{"step":"offer"}` || err != nil {
		t.Fatalf("first frame: %v %q %v", kind, p, err)
	}
	kind, p, err = b.Receive()
	if kind != KindData || len(p) != MaxPayload || p[MaxPayload-1] != 7 || err != nil {
		t.Fatalf("second frame: %v, %d bytes, %v", kind, len(p), err)
	}
	if _, _, err = b.Receive(); !errors.Is(err, io.EOF) {
		t.Fatalf("after the last frame: %v, want io.EOF", err)
	}
}

func TestSendRefusesOversizedPayload(t *testing.T) {
	a, _ := pair(t)
	if err := a.Send(KindData, make([]byte, MaxPayload+1)); !errors.Is(err, ErrFrame) {
		t.Fatalf("got %v, want ErrFrame", err)
	}
}

func TestReceiveRefusesMalformedFrames(t *testing.T) {
	for name, tc := range map[string]struct {
		in   string
		want error
		text string
	}{
		"too long":        {"\xff\xff\xff\xff\x02\x00\x00\x00", ErrFrame, "at most 1048576"},
		"unknown kind":    {"\x00\x00\x00\x00\x09\x00\x00\x00", ErrFrame, "unknown kind 9"},
		"kind zero":       {"\x00\x00\x00\x00\x00\x00\x00\x00", ErrFrame, "unknown kind 0"},
		"ping with bytes": {"\x00\x00\x00\x01\x03\x00\x00\x00x", ErrFrame, "ping with 1 bytes"},
		"reserved set":    {"\x00\x00\x00\x00\x02\x00\x01\x00", ErrFrame, "reserved bytes"},
		"cut in header":   {"\x00\x00", io.ErrUnexpectedEOF, ""},
		"cut in payload":  {"\x00\x00\x00\x04\x02\x00\x00\x00ab", io.ErrUnexpectedEOF, ""},
		"no payload":      {"\x00\x00\x00\x04\x02\x00\x00\x00", io.ErrUnexpectedEOF, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := NewConn(readOnly{strings.NewReader(tc.in)})
			_, _, err := c.Receive()
			if !errors.Is(err, tc.want) || !strings.Contains(err.Error(), tc.text) {
				t.Fatalf("got %v, want %v with %q", err, tc.want, tc.text)
			}
		})
	}
}

type readOnly struct{ io.Reader }

func (readOnly) Write(p []byte) (int, error) { return len(p), nil }
func (readOnly) Close() error                { return nil }

func TestGreet(t *testing.T) {
	a, b := pair(t)
	done := make(chan error, 1)
	go func() { done <- b.Greet() }()
	if err := a.Greet(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestGreetNamesWhatItGotInstead(t *testing.T) {
	newer := greeting
	newer[15]++
	for name, tc := range map[string]struct{ in, text string }{
		"a login banner": {"Welcome to host b, please behave\nmore\n", `"Welcome to host b, please behave"`},
		"short noise":    {"no\n", `"no"`},
		"another xl":     {"xl migration receiver ready, send binary domain data.\n", "xl migration receiver ready"},
		"newer version":  {string(newer[:]), "version 2, this side version 1"},
	} {
		t.Run(name, func(t *testing.T) {
			err := NewConn(readOnly{strings.NewReader(tc.in)}).Greet()
			if !errors.Is(err, ErrNoPeer) || !strings.Contains(err.Error(), tc.text) {
				t.Fatalf("got %v, want ErrNoPeer with %q", err, tc.text)
			}
		})
	}
	if err := NewConn(readOnly{strings.NewReader("")}).Greet(); !errors.Is(err, io.EOF) {
		t.Fatalf("an empty stream: %v, want io.EOF", err)
	}
}

func TestHeartbeatEndsASilentConnection(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	c := NewConn(struct {
		io.Reader
		io.Writer
		io.Closer
	}{r, io.Discard, r})
	c.Heartbeat(5*time.Millisecond, 50*time.Millisecond)
	if _, _, err := c.Receive(); !errors.Is(err, ErrSilent) {
		t.Fatalf("got %v, want ErrSilent", err)
	}
	c.Close()
}

func TestHeartbeatKeepsAnIdleConnection(t *testing.T) {
	a, b := pair(t)
	a.Heartbeat(5*time.Millisecond, 2*time.Second)
	b.Heartbeat(5*time.Millisecond, 2*time.Second)
	got := make(chan error, 2)
	for _, c := range []*Conn{a, b} {
		go func() { _, _, err := c.Receive(); got <- err }()
	}
	select {
	case err := <-got:
		t.Fatalf("an idle connection with heartbeats ended: %v", err)
	case <-time.After(300 * time.Millisecond):
	}
	a.Close()
	<-got
	<-got
}

// TestBusyReceiverIsNotSilence lets the heartbeat's limit pass while nobody
// receives: what the peer has sent meanwhile must still arrive.
func TestBusyReceiverIsNotSilence(t *testing.T) {
	a, b := pair(t)
	a.Heartbeat(5*time.Millisecond, 300*time.Millisecond)
	select {
	case <-a.Done():
		t.Fatal("closed although nobody has waited for the peer")
	case <-time.After(600 * time.Millisecond): // twice the limit
	}
	go b.Receive() // takes the pings
	go b.Send(KindControl, []byte("late"))
	if _, p, err := a.Receive(); err != nil || string(p) != "late" {
		t.Fatalf("got %q, %v", p, err)
	}
	a.Close()
}

func FuzzReceive(f *testing.F) {
	f.Fuzz(func(t *testing.T, in []byte) {
		c := NewConn(readOnly{bytes.NewReader(in)})
		total := 0
		for {
			kind, p, err := c.Receive()
			if err != nil {
				return
			}
			if kind != KindControl && kind != KindData {
				t.Fatalf("gave kind %d", kind)
			}
			if total += headerLen + len(p); total > len(in) {
				t.Fatalf("%d bytes of frames out of %d", total, len(in))
			}
		}
	})
}
