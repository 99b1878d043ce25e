package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A monitor that cannot begin, here for want of Xen, is no monitor, and says why in its log.
func TestMonitorThatEndsAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	err := leaveMonitor(t.Context(), 1, path)
	if err == nil || !strings.Contains(err.Error(), "the monitor ended at once") || !strings.Contains(err.Error(), path) {
		t.Errorf("%v", err)
	}
	if text, err := os.ReadFile(path); err != nil || !strings.Contains(string(text), "no Xen on this machine") {
		t.Errorf("its log: %q, %v", text, err)
	}
	if err := leaveMonitor(t.Context(), 1, "/none/log"); err == nil {
		t.Error("there is no folder for the log, and nobody says so")
	}
}

// The log of a monitor that xl's create leaves has xl's lines, without anything before them.
func TestPlainLogHasMessagesAlone(t *testing.T) {
	var b bytes.Buffer
	log := plainLog(&b)
	log.Info().Uint32("domid", 3).Str("reason", "crash").Msg("Domain 3 has shut down, reason code 3 0x3")
	log.Debug().Msg("hidden")
	if b.String() != "Domain 3 has shut down, reason code 3 0x3\n" {
		t.Errorf("%q", b.String())
	}
}
