//go:build cgo

package libxl

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/xenvoy/xenvoy/xen"
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

// TestOpenWithoutXenstored: nobody listens on its socket, or there is none.
func TestOpenWithoutXenstored(t *testing.T) {
	for name, lose := range map[string]func(*testing.T){
		"dead": xenstoredtest.Dead,
		"none": func(t *testing.T) { t.Setenv("XENSTORED_PATH", filepath.Join(t.TempDir(), "none")) },
	} {
		t.Run(name, func(t *testing.T) {
			dummyxen.Enable()
			defer dummyxen.Disable()
			dummyxen.RealStore()
			lose(t)
			if _, err := open(t.Context(), Options{}); !errors.Is(err, xen.ErrNoXenstored) {
				t.Errorf("err = %v", err)
			}
		})
	}
}

// What libxl would crash over, or leave something behind for.
func TestRefusedBeforeLibxl(t *testing.T) {
	c := openDummy(t, Options{})
	for _, params := range []string{"x", "a=b x", "\tx", "a=b \tx  c=d"} {
		if err := c.SetParameters(t.Context(), params); !errors.Is(err, ErrInval) || !strings.Contains(err.Error(), "want name=value") {
			t.Errorf("SetParameters(%q) = %v", params, err)
		}
	}
	if err := c.SendSysRq(t.Context(), 4711, 's'); err == nil || !strings.Contains(err.Error(), "libxl_domain_info") { // there is no hypervisor to ask
		t.Errorf("SendSysRq to no domain: %v", err)
	}
	if id, err := c.DomainCreateNew(t.Context(), nil, CreateOptions{}); !errors.Is(err, ErrInval) || id != idl.InvalidDomID {
		t.Errorf("DomainCreateNew of nil: %d, %v", id, err)
	}
	if _, err := c.DomainNeedMemory(t.Context(), nil); !errors.Is(err, ErrInval) {
		t.Errorf("DomainNeedMemory of nil: %v", err)
	}
}
