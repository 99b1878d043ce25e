package migrate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"unicode"

	"github.com/xenvoy/xenvoy/migrate/wan"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// The types of messages, in the order in which they pass. docs/migration.md
// shows who sends which when.
const (
	msgOffer    = "offer"    // source: this is the domain
	msgFindings = "findings" // destination: what stands against it
	msgPrepare  = "prepare"  // source: get ready
	msgReady    = "ready"    // destination: send the stream
	msgEnd      = "end"      // source: that was the stream
	msgRestored = "restored" // destination: it is rebuilt, and this was the stream I saw
	msgRelease  = "release"  // source: it is yours, start it
	msgStarted  = "started"  // destination: it runs
	msgAbort    = "abort"    // source: forget it
	msgAborted  = "aborted"  // destination: I have forgotten it and will never start it
)

// message is one control message.
type message struct {
	Type     string    `json:"type"`
	Offer    *Offer    `json:"offer,omitempty"`
	Findings []Finding `json:"findings,omitempty"`
	Skipped  []string  `json:"not_compared,omitempty"`
	Digest   string    `json:"digest,omitempty"` // SHA-256 of the stream, hexadecimal
	Bytes    int64     `json:"bytes,omitempty"`  // length of the stream
	DomID    uint32    `json:"domid,omitempty"`
	Why      string    `json:"why,omitempty"`
}

// Offer describes a domain to the host that may take it.
type Offer struct {
	ID       string            `json:"id"` // the migration's
	From     string            `json:"from"`
	XenMajor int               `json:"xen_major"`
	XenMinor int               `json:"xen_minor"`
	Config   *idl.DomainConfig `json:"config"`
	Files    []FileFact        `json:"files"`
	CPU      json.RawMessage   `json:"cpu,omitempty"` // of a CPUs' Describe
}

// FileFact is what the source knows of a file that the domain needs.
type FileFact struct {
	What string `json:"what"`           // "kernel", "ramdisk", "firmware", "disk xvda", …
	Path string `json:"path"`           // at the destination
	Size int64  `json:"size,omitempty"` // bytes, of a file or block device; 0 when it is not to be compared
	Hash string `json:"hash,omitempty"` // SHA-256, for what the guest boots
}

// Finding is one thing that stands against running the domain on the
// destination, or that the user should know before.
type Finding struct {
	// Fatal findings refuse the migration.
	Fatal bool   `json:"fatal"`
	What  string `json:"what"`
	Do    string `json:"do,omitempty"`
}

// String is the finding in one line.
func (f Finding) String() string {
	if f.Do == "" {
		return f.What
	}
	return f.What + "; " + f.Do
}

// maxHostName is the longest name of a host in bytes that is taken from a peer.
const maxHostName = 255

func send(c *wan.Conn, m message) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return c.Send(wan.KindControl, b)
}

func decode(b []byte) (message, error) {
	var m message
	if err := json.Unmarshal(b, &m); err != nil {
		return m, fmt.Errorf("%w: control message: %w", wan.ErrFrame, err)
	}
	m.Why = printable(m.Why)
	if m.Offer != nil {
		m.Offer.From = printable(m.Offer.From[:min(len(m.Offer.From), maxHostName)])
	}
	for i, f := range m.Findings {
		m.Findings[i] = Finding{Fatal: f.Fatal, What: printable(f.What), Do: printable(f.Do)}
	}
	for i, s := range m.Skipped {
		m.Skipped[i] = printable(s)
	}
	return m, nil
}

// printable takes from a peer's text what would steer the user's terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || unicode.IsPrint(r) {
			return r
		}
		return '\uFFFD'
	}, s)
}

// errAborted is the reason when the other end has called the migration off.
type errAborted struct{ why string }

func (e errAborted) Error() string { return e.why }

// inbox reads control messages for the source, which sends meanwhile.
type inbox struct {
	messages chan message
	err      error // why messages was closed
}

func readInbox(c *wan.Conn) *inbox {
	in := &inbox{messages: make(chan message, 4)}
	go func() {
		defer close(in.messages)
		for {
			kind, b, err := c.Receive()
			if err == nil && kind != wan.KindControl {
				err = fmt.Errorf("%w: the destination sent stream data", wan.ErrFrame)
			}
			var m message
			if err == nil {
				m, err = decode(b)
			}
			if err != nil {
				in.err = err
				return
			}
			select {
			case in.messages <- m:
			case <-c.Done(): // nobody will take it
				in.err = net.ErrClosed
				return
			}
		}
	}()
	return in
}

// expect waits for a message of the type. An "aborted" in its place is an
// errAborted, anything else a wan.ErrFrame.
func (in *inbox) expect(ctx context.Context, want string) (message, error) {
	select {
	case <-ctx.Done():
		return message{}, context.Cause(ctx)
	case m, ok := <-in.messages:
		return m, in.judge(m, ok, want)
	}
}

func (in *inbox) judge(m message, ok bool, want string) error {
	switch {
	case !ok && errors.Is(in.err, io.EOF):
		return fmt.Errorf("lost the destination: its end of the connection closed")
	case !ok:
		return fmt.Errorf("lost the destination: %w", in.err)
	case m.Type == want:
		return nil
	case m.Type == msgAborted:
		return errAborted{m.Why}
	}
	return fmt.Errorf("%w: got %q while waiting for %q", wan.ErrFrame, m.Type, want)
}

// quiet is nil while the destination has said nothing that was not asked for,
// and its link stands as far as is known.
func (in *inbox) quiet() error {
	select {
	case m, ok := <-in.messages:
		return in.judge(m, ok, "nothing")
	default:
		return nil
	}
}

// isAborted says whether the destination has promised never to start the guest.
func isAborted(err error) bool {
	var a errAborted
	return errors.As(err, &a)
}

// ended says whether nothing more will come.
func (in *inbox) ended() bool {
	select {
	case _, ok := <-in.messages:
		return !ok
	default:
		return false
	}
}
