//go:build cgo

package libxl

import (
	"context"
	"errors"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"github.com/xenvoy/xenvoy/xen/internal/processtest"
	"github.com/xenvoy/xenvoy/xen/internal/xenstored/xenstoredtest"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
	"github.com/xenvoy/xenvoy/xen/libxl/internal/dummyxen"
	"github.com/xenvoy/xenvoy/xen/xenstore"
)

// TestOpenWhileXenstoredHangs: opening ends with its context, and keeps no program from
// starting meanwhile.
func TestOpenWhileXenstoredHangs(t *testing.T) {
	openDummy(t, Options{}).Close() // what the process starts once
	nothing := func() {}
	for name, hang := range map[string]func(*testing.T) (end func()){
		"full queue":            xenstoredtest.Full,
		"deaf":                  func(t *testing.T) func() { xenstoredtest.Deaf(t); return nothing },
		"after its last answer": xenstoredtest.Once, // so that libxl itself hangs
	} {
		t.Run(name, func(t *testing.T) {
			dummyxen.Enable()
			defer dummyxen.Disable()
			dummyxen.RealStore()
			goroutines := runtime.NumGoroutine()
			end := hang(t)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			opened := make(chan error, 1)
			go func() {
				_, err := open(ctx, Options{})
				opened <- err
			}()
			time.Sleep(300 * time.Millisecond) // enough to come to where it hangs
			program := exec.CommandContext(ctx, "true")
			if err := program.Run(); err != nil {
				t.Errorf("a program meanwhile: %v", err)
			}
			cancel()
			err := <-opened
			var e *Error
			if !errors.Is(err, context.Canceled) || !errors.Is(err, xenstore.ErrUnanswered) || !errors.As(err, &e) || e.Domain != idl.InvalidDomID {
				t.Errorf("err = %v", err)
			}
			end()
			processtest.WaitGoroutines(t, goroutines)
		})
	}
}

func TestOpenAfterTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := open(ctx, Options{}); !errors.Is(err, context.Canceled) || errors.Is(err, xenstore.ErrUnanswered) {
		t.Errorf("err = %v", err)
	}
}
