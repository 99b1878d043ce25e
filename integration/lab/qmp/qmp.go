// Package qmp speaks QEMU's machine protocol (docs/interop/qmp-spec.txt in QEMU's source) over a unix socket:
// one command at a time, events passed over.
package qmp

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"
)

// maxLine bounds one message of QEMU, in bytes.
const maxLine = 1 << 20

// ErrProtocol means that the other end of the socket does not speak QMP.
var ErrProtocol = errors.New("not a QMP message")

// Error is QEMU's refusal of a command.
type Error struct {
	Command string `json:"-"`
	Class   string `json:"class"`
	Desc    string `json:"desc"`
}

func (e *Error) Error() string { return fmt.Sprintf("qemu: %s: %s", e.Command, e.Desc) }

// Client is one connection. QEMU serves a single client at a time, so keep it short. Its methods may be called
// from several goroutines.
type Client struct {
	mu   sync.Mutex
	conn net.Conn
	in   *bufio.Scanner
}

type message struct {
	QMP    json.RawMessage `json:"QMP"`
	Return json.RawMessage `json:"return"`
	Error  *Error          `json:"error"`
	Event  string          `json:"event"`
}

// Dial connects to the socket at path and leaves the negotiation mode. It waits for QEMU as long as ctx lives.
func Dial(ctx context.Context, path string) (*Client, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("qmp: %w", err)
	}
	c := New(conn)
	if err := c.greet(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return c, nil
}

// New wraps a connection that has not been greeted yet; it is for Dial and for tests.
func New(conn net.Conn) *Client {
	in := bufio.NewScanner(conn)
	in.Buffer(nil, maxLine)
	return &Client{conn: conn, in: in}
}

// Close ends the connection; the machine goes on.
func (c *Client) Close() error { return c.conn.Close() }

func (c *Client) greet(ctx context.Context) error {
	defer c.watch(ctx)()
	m, err := c.read(ctx)
	if err != nil {
		return err
	}
	if m.QMP == nil {
		return fmt.Errorf("qmp: greeting: %w", ErrProtocol)
	}
	return c.Execute(ctx, "qmp_capabilities", nil, nil)
}

// Execute runs one command and stores what it returns in result, unless that is nil. Errors: *Error when QEMU
// refuses, ErrProtocol, ctx's cause, or the socket's own error. After any but the first the connection is of no use.
func (c *Client) Execute(ctx context.Context, command string, args, result any) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.watch(ctx)()
	req := map[string]any{"execute": command}
	if args != nil {
		req["arguments"] = args
	}
	line, err := json.Marshal(req)
	if err != nil {
		return fmt.Errorf("qmp: %s: %w", command, err)
	}
	if _, err := c.conn.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("qmp: %s: %w", command, orCause(ctx, err))
	}
	for {
		m, err := c.read(ctx)
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", command, err)
		case m.Error != nil:
			m.Error.Command = command
			return m.Error
		case m.Return != nil && result != nil:
			return json.Unmarshal(m.Return, result)
		case m.Return != nil:
			return nil
		case m.Event == "":
			return fmt.Errorf("qmp: %s: %w", command, ErrProtocol)
		}
	}
}

// Human runs one line of the human monitor and returns what it prints.
func (c *Client) Human(ctx context.Context, line string) (string, error) {
	var out string
	err := c.Execute(ctx, "human-monitor-command", map[string]string{"command-line": line}, &out)
	return out, err
}

// HumanQuiet runs a line of the human monitor that prints nothing unless it fails: whatever it prints is the error.
func (c *Client) HumanQuiet(ctx context.Context, line string) error {
	out, err := c.Human(ctx, line)
	if err == nil && strings.TrimSpace(out) != "" {
		err = &Error{Command: line, Class: "HumanMonitor", Desc: strings.TrimSpace(out)}
	}
	return err
}

// watch interrupts reads and writes when ctx ends; call the result to stop watching.
func (c *Client) watch(ctx context.Context) func() {
	stop := context.AfterFunc(ctx, func() { c.conn.SetDeadline(time.Unix(1, 0)) }) //nolint:errcheck // the read fails then
	return func() { stop() }
}

func (c *Client) read(ctx context.Context) (*message, error) {
	if !c.in.Scan() {
		err := c.in.Err()
		if err == nil {
			err = net.ErrClosed
		}
		return nil, fmt.Errorf("qmp: %w", orCause(ctx, err))
	}
	var m message
	if err := json.Unmarshal(c.in.Bytes(), &m); err != nil {
		return nil, fmt.Errorf("qmp: %w: %w", ErrProtocol, err)
	}
	return &m, nil
}

func orCause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
