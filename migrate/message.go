package migrate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
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
	if m.Type == "" {
		return m, fmt.Errorf("%w: control message without a type", wan.ErrFrame)
	}
	m.Type, m.Digest, m.Why = oneLine(m.Type, maxType), oneLine(m.Digest, maxType), oneLine(m.Why, maxWhy)
	if m.Offer != nil {
		m.Offer.From = oneLine(m.Offer.From, maxHostName)
	}
	m.Findings, m.Skipped = clipFindings(m.Findings), clipTexts(m.Skipped)
	return m, nil
}

// Bounds of what a peer's words take here, in bytes, so that neither a journal nor a report
// outgrows its own.
const (
	maxType     = 100
	maxHostName = 255
	maxWhy      = 4096
	maxField    = 512 // of a finding
	maxFindings = 200
)

// clipFindings bounds findings. A fatal one among those that are left out stays fatal.
func clipFindings(all []Finding) []Finding {
	over := all[min(len(all), maxFindings):]
	all = slices.Clone(all[:len(all)-len(over)])
	for i, f := range all {
		all[i] = Finding{Fatal: f.Fatal, What: oneLine(f.What, maxField), Do: oneLine(f.Do, maxField)}
	}
	if len(over) > 0 {
		more := Finding{What: fmt.Sprintf("%d findings more", len(over))}
		more.Fatal = slices.ContainsFunc(over, func(f Finding) bool { return f.Fatal })
		all = append(all, more)
	}
	return all
}

func clipTexts(all []string) []string {
	over := len(all) - maxFindings
	all = slices.Clone(all[:min(len(all), maxFindings)])
	for i, s := range all {
		all[i] = oneLine(s, maxField)
	}
	if over > 0 {
		all = append(all, fmt.Sprintf("%d things more", over))
	}
	return all
}

// oneLine is a peer's text, bounded, without what would steer the user's terminal or look
// like a line of its own.
func oneLine(s string, limit int) string {
	s = strings.ReplaceAll(strings.TrimSpace(clip(s, limit)), "\n", "; ")
	return clip(printable(s), limit)
}

// printable takes from a text what would steer the user's terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || unicode.IsPrint(r) {
			return r
		}
		return '\uFFFD'
	}, s)
}

// clip cuts a text to a number of bytes.
func clip(s string, limit int) string {
	const mark = "…"
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit-len(mark)], "") + mark
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

// silence is what is expected of a destination that has nothing to say; no message has it for a type.
const silence = ""

func (in *inbox) judge(m message, ok bool, want string) error {
	switch {
	case !ok && errors.Is(in.err, io.EOF):
		return fmt.Errorf("lost the destination: its end of the connection closed")
	case !ok:
		return fmt.Errorf("lost the destination: %w", in.err)
	case m.Type == want && want != silence:
		return nil
	case m.Type == msgAborted:
		return errAborted{m.Why}
	}
	if want == silence {
		return fmt.Errorf("%w: got %q out of turn", wan.ErrFrame, m.Type)
	}
	return fmt.Errorf("%w: got %q while waiting for %q", wan.ErrFrame, m.Type, want)
}

// quiet is nil while the destination has said nothing that was not asked for,
// and its link stands as far as is known.
func (in *inbox) quiet() error {
	select {
	case m, ok := <-in.messages:
		return in.judge(m, ok, silence)
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
