package qmp

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const greeting = `{"QMP": {"version": {}, "capabilities": []}}`

// serve is QEMU's side: it sends the greeting, then for each line it gets the next of the answers.
func serve(t *testing.T, greeting string, answers ...string) (path string, got <-chan []string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "qmp")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	done := make(chan []string, 1)
	go func() {
		var lines []string
		defer func() { done <- lines }()
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		fmt.Fprintln(c, greeting)
		in := bufio.NewScanner(c)
		for in.Scan() {
			lines = append(lines, in.Text())
			if len(answers) == 0 {
				continue // a QEMU that hangs
			}
			if answers[0] == "" {
				return
			}
			fmt.Fprintln(c, answers[0])
			answers = answers[1:]
		}
	}()
	return path, done
}

func dial(t *testing.T, path string) (*Client, context.Context) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	t.Cleanup(cancel)
	c, err := Dial(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, ctx
}

func TestExecute(t *testing.T) {
	path, got := serve(t, greeting, `{"return": {}}`,
		`{"event": "STOP", "timestamp": {}}`+"\n"+`{"return": {"status": "running"}}`,
		`{"error": {"class": "DeviceNotFound", "desc": "no such device"}}`,
		`{"return": "a text\r\n"}`, `{"return": ""}`, `{"return": "Error: no snapshot\r\n"}`)
	c, ctx := dial(t, path)
	var s struct{ Status string }
	if err := c.Execute(ctx, "query-status", nil, &s); err != nil || s.Status != "running" {
		t.Errorf("query-status = %+v, %v", s, err)
	}
	var refused *Error
	err := c.Execute(ctx, "set_link", map[string]any{"name": "x", "up": false}, nil)
	if !errors.As(err, &refused) || refused.Class != "DeviceNotFound" || err.Error() != "qemu: set_link: no such device" {
		t.Errorf("set_link: %v", err)
	}
	if out, err := c.Human(ctx, "info x"); err != nil || out != "a text\r\n" {
		t.Errorf("Human = %q, %v", out, err)
	}
	if err := c.HumanQuiet(ctx, "savevm x"); err != nil {
		t.Errorf("savevm: %v", err)
	}
	if err := c.HumanQuiet(ctx, "loadvm x"); !errors.As(err, &refused) || refused.Desc != "Error: no snapshot" {
		t.Errorf("loadvm: %v", err)
	}
	c.Close()
	lines := <-got
	if want := `{"arguments":{"name":"x","up":false},"execute":"set_link"}`; len(lines) != 6 || lines[2] != want {
		t.Errorf("QEMU got %q", lines)
	}
}

func TestHostileServer(t *testing.T) {
	for what, c := range map[string]struct {
		greeting string
		answers  []string
		want     error
	}{
		"no greeting":       {`{"return": {}}`, nil, ErrProtocol},
		"no JSON":           {`SSH-2.0`, nil, ErrProtocol},
		"endless line":      {strings.Repeat("x", maxLine+1), nil, bufio.ErrTooLong},
		"ends":              {greeting, []string{""}, net.ErrClosed},
		"neither this":      {greeting, []string{`{"id": 1}`}, ErrProtocol},
		"silence":           {greeting, nil, context.DeadlineExceeded},
		"an array, instead": {greeting, []string{`[]`}, ErrProtocol},
	} {
		t.Run(what, func(t *testing.T) {
			path, _ := serve(t, c.greeting, c.answers...)
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			client, err := Dial(ctx, path)
			if !errors.Is(err, c.want) {
				t.Errorf("Dial = %v, want %v", err, c.want)
			}
			if client != nil {
				client.Close()
			}
		})
	}
}
