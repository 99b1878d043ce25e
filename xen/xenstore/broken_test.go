//go:build cgo

package xenstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestBrokenAnswers: whatever comes instead of an answer to a read, the error is typed,
// the client closes and nothing is left. Each is tried without watches, where libxenstore
// reads the answer itself, and with one, where a thread of its own does.
func TestBrokenAnswers(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer func(m message) string
		hangUp bool
	}{
		{"end", func(message) string { return "" }, true},
		{"half a header", func(m message) string { return string(m.bytes()[:7]) }, true},
		{"half a body", func(m message) string { return string(message{kind: xsRead, body: "12345678"}.bytes()[:20]) }, true},
		{"too large", func(m message) string {
			return string(message{kind: xsRead, body: strings.Repeat("x", payloadMax+1)}.bytes())
		}, false},
		{"a length of 4 GiB", func(m message) string { return "\x02\x00\x00\x00" + strings.Repeat("\x00", 8) + "\xff\xff\xff\xff" }, false},
		{"another kind", func(m message) string { return string(message{kind: xsWrite, body: "OK\x00"}.bytes()) }, false},
		{"no kind", func(m message) string { return string(message{kind: 0xdead, body: "OK\x00"}.bytes()) }, false},
	} {
		for _, watching := range []bool{false, true} {
			name := c.name
			if watching {
				name += ", watching"
			}
			t.Run(name, func(t *testing.T) {
				settled := leakCheck(t)
				s := startServer(t, func(p *peer, m message) {
					if m.kind == xsWatch {
						p.answer(m, m.kind, "OK\x00")
						p.write(message{kind: xsWatchEvent, body: m.body}.bytes())
						return
					}
					p.write([]byte(c.answer(m)))
					if c.hangUp {
						p.conn.Close()
					}
				})
				readBroken(t, watching)
				s.stop()
				settled()
			})
		}
	}
}

func readBroken(t *testing.T, watching bool) {
	c := open(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var events <-chan string
	c.events.every = time.Hour // the failing request is to tell the watch
	if watching {
		var err error
		if events, err = c.Watch(ctx, "/w"); err != nil {
			t.Fatal(err)
		}
		receive(t, events)
	}
	for range 2 { // the second finds the connection lost
		var e *Error
		if v, err := c.Read(ctx, "/a"); !errors.Is(err, ErrConnectionLost) || !errors.As(err, &e) || v != "" {
			t.Errorf("read %q, %v", v, err)
		}
	}
	if err := c.Transact(ctx, func(*Tx) error { return nil }); !errors.Is(err, ErrConnectionLost) {
		t.Errorf("transaction: %v", err)
	}
	if watching {
		for range events { // ends
		}
		if err := ctx.Err(); err != nil {
			t.Errorf("the watch ended with its context, not with the connection")
		}
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// TestWatchEndsWithTheConnection: nobody makes a request that would find out.
func TestWatchEndsWithTheConnection(t *testing.T) {
	startServer(t, func(p *peer, m message) {
		p.answer(m, m.kind, "OK\x00")
		p.conn.Close()
	})
	c := open(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*lookEvery)
	defer cancel()
	events, err := c.Watch(ctx, "/w")
	if err != nil {
		t.Fatal(err)
	}
	for range events {
	}
	if ctx.Err() != nil {
		t.Error("it ended with its context only")
	}
	if _, err := c.Watch(t.Context(), "/w"); !errors.Is(err, ErrConnectionLost) {
		t.Errorf("another: %v", err)
	}
}

// lookedAt tells when its events are looked for.
type lookedAt struct {
	library
	looks chan struct{}
}

func (l lookedAt) event() (path, token string, err error) {
	select {
	case l.looks <- struct{}{}:
	default:
	}
	return l.library.event()
}

// TestQuietWatchLives: to look at the connection does not end the watch.
func TestQuietWatchLives(t *testing.T) {
	startStore(t)
	c := open(t)
	looks := make(chan struct{})
	c.lib = lookedAt{c.lib, looks}
	c.events.every = time.Millisecond
	events, err := c.Watch(t.Context(), "/w")
	if err != nil {
		t.Fatal(err)
	}
	receive(t, events)
	for range 10 {
		<-looks
	}
	if err := c.Mkdir(t.Context(), "/w/new"); err != nil {
		t.Fatal(err)
	}
	for got := receive(t, events); got != "/w/new"; got = receive(t, events) {
		t.Errorf("an event for %s", got)
	}
}

// TestOddAnswers: what is wrong within the protocol fails the request, or not even that, and
// the connection goes on.
func TestOddAnswers(t *testing.T) {
	answers := make(chan message, 1)
	startServer(t, func(p *peer, m message) {
		reply := <-answers
		if reply.kind == 0 {
			reply.kind = m.kind
		}
		p.write(reply.bytes())
	})
	c := open(t)
	ctx := t.Context()
	for _, test := range []struct {
		name   string
		answer message
		call   func() error
		want   error
	}{
		{"another id", message{id: 99, tx: 7, body: "value"}, func() error {
			v, err := c.Read(ctx, "/a")
			if v != "value" {
				t.Errorf("another id: read %q", v)
			}
			return err
		}, nil},
		{"unknown error", message{kind: xsError, body: "EQUOTA\x00"}, func() error { return c.Mkdir(ctx, "/a") }, syscall.EINVAL},
		{"error without NUL", message{kind: xsError, body: "ENOENT"}, func() error { return c.Mkdir(ctx, "/a") }, syscall.ENOENT},
		{"empty error", message{kind: xsError}, func() error { return c.Mkdir(ctx, "/a") }, syscall.EINVAL},
		{"empty success", message{}, func() error { return c.Mkdir(ctx, "/a") }, nil},
		{"no permissions", message{}, func() error { _, err := c.GetPermissions(ctx, "/a"); return err }, syscall.EINVAL},
		{"odd permissions", message{body: "x0\x00"}, func() error { _, err := c.GetPermissions(ctx, "/a"); return err }, syscall.EINVAL},
		{"half of them", message{body: "n0\x00r\x00"}, func() error { _, err := c.GetPermissions(ctx, "/a"); return err }, syscall.EINVAL},
		{"empty list", message{}, func() error { _, err := c.List(ctx, "/a"); return err }, nil},
		{"transaction 0", message{body: "0\x00"}, func() error { return begin(t, c) }, syscall.EIO},
		{"transaction x", message{body: "x\x00"}, func() error { return begin(t, c) }, syscall.EIO},
		{"no transaction", message{}, func() error { return begin(t, c) }, syscall.EIO},
		{"no path", message{}, func() error { _, err := c.GetDomainPath(ctx, 1); return err }, nil},
		{"refused", message{kind: xsError, body: "EACCES\x00"}, func() error { _, err := c.IsDomainIntroduced(ctx, 1); return err }, syscall.EACCES},
	} {
		answers <- test.answer
		err := test.call()
		if !errors.Is(err, test.want) || errors.Is(err, ErrConnectionLost) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
	}
}

func begin(t *testing.T, c *Client) error {
	return c.Transact(t.Context(), func(*Tx) error {
		t.Error("f runs without a transaction")
		return nil
	})
}

// TestLargeDirectory: one that is longer than a message comes in parts.
func TestLargeDirectory(t *testing.T) {
	const n = 1000
	var names strings.Builder
	for i := range n {
		fmt.Fprintf(&names, "name-%d\x00", i)
	}
	startServer(t, func(p *peer, m message) {
		path, rest, _ := strings.Cut(m.body, "\x00")
		from, err := strconv.Atoi(strings.TrimRight(rest, "\x00"))
		switch {
		case m.kind == xsDirectory:
			p.answer(m, xsError, "E2BIG\x00")
		case m.kind == xsDirectoryPart && path == "/a" && err == nil && from < names.Len():
			part := names.String()[from:]
			if len(part) > 3000 {
				part = part[:strings.LastIndex(part[:3000], "\x00")+1]
			} else {
				part += "\x00" // the end
			}
			p.answer(m, m.kind, "generation\x00"+part)
		default:
			p.answer(m, xsError, "EINVAL\x00")
		}
	})
	got, err := open(t).List(t.Context(), "/a")
	if err != nil || len(got) != n || got[0] != "name-0" || got[n-1] != "name-999" {
		t.Errorf("%d names, %v", len(got), err)
	}
}
