//go:build cgo

package libxl

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestXenEventsHandler runs the handler in a process of its own, because it cannot be ended.
func TestXenEventsHandler(t *testing.T) {
	const child = "XENVOY_TEST_EVENTS_HANDLER"
	if os.Getenv(child) == "" {
		openXen(t) // or skips
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestXenEventsHandler$", "-test.v")
		cmd.Env = append(os.Environ(), child+"=1")
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS") {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	c, err := Open(t.Context(), Options{})
	if err != nil {
		t.Fatalf("%+v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := c.DeviceEventsHandler(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%+v", err)
	}
	if err := exec.CommandContext(t.Context(), "true").Run(); err != nil { // no lock is held
		t.Error(err)
	}
	if err := c.Close(); !errors.Is(err, ErrDisaster) {
		t.Errorf("Close: %v", err)
	}
}
