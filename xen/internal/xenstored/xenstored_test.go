//go:build linux

package xenstored

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"testing"
	"time"

	"github.com/xenvoy/xenvoy/xen"
	"github.com/xenvoy/xenvoy/xen/internal/xenstored/xenstoredtest"
)

// TestWaitsEndWithTheirContext: both for room in the queue and for an answer.
func TestWaitsEndWithTheirContext(t *testing.T) {
	for name, hang := range map[string]func(*testing.T){
		"full queue": func(t *testing.T) { xenstoredtest.Full(t) },
		"deaf":       xenstoredtest.Deaf,
	} {
		t.Run(name, func(t *testing.T) {
			hang(t)
			reason := errors.New("the test has seen enough")
			ctx, cancel := context.WithTimeoutCause(t.Context(), 150*time.Millisecond, reason)
			defer cancel()
			if err := AwaitAnswer(ctx); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, reason) {
				t.Errorf("err = %v", err)
			}
		})
	}
}

func TestAwaitAnswer(t *testing.T) {
	end := xenstoredtest.Once(t)
	if err := AwaitAnswer(t.Context()); err != nil {
		t.Error(err)
	}
	end()
	t.Setenv("XENSTORED_PATH", filepath.Join(t.TempDir(), "none"))
	if err := AwaitAnswer(t.Context()); err != nil {
		t.Errorf("without a socket: %v", err)
	}
	if _, err := Dial(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Dial without a socket: %v", err)
	}
}

// TestDialGetsRoom: it waits in a full queue until there is room.
func TestDialGetsRoom(t *testing.T) {
	accept := xenstoredtest.Slow(t)
	dialled := make(chan error, 1)
	go func() {
		conn, err := Dial(t.Context())
		if err == nil {
			conn.Close()
		}
		dialled <- err
	}()
	time.Sleep(3 * slice / 2)
	accept()
	if err := <-dialled; err != nil {
		t.Error(err)
	}
}

func TestDead(t *testing.T) {
	xenstoredtest.Dead(t)
	if err := AwaitAnswer(t.Context()); !errors.Is(err, xen.ErrNoXenstored) {
		t.Errorf("AwaitAnswer: %v", err)
	}
	if _, err := Dial(t.Context()); !errors.Is(err, xen.ErrNoXenstored) {
		t.Errorf("Dial: %v", err)
	}
}
