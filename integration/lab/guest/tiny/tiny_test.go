package main

import (
	"net"
	"strings"
	"testing"
	"time"
)

func TestDirtyAndVerify(t *testing.T) {
	for _, random := range []string{"", " random"} {
		var g guest
		if got := g.answer("dirty 64 2" + random); !strings.HasPrefix(got, "dirty rate=64 set=2") {
			t.Fatalf("dirty: %q", got)
		}
		for start := time.Now(); ; time.Sleep(10 * time.Millisecond) {
			g.dirty.mu.Lock()
			n := g.dirty.writes
			g.dirty.mu.Unlock()
			if n > 2*2*perMiB { // each page more than once
				break
			}
			if time.Since(start) > 10*time.Second {
				t.Fatalf("only %d pages written", n)
			}
		}
		if got := g.answer("dirty 0"); !strings.HasPrefix(got, "dirty rate=0 set=2") {
			t.Errorf("dirty 0: %q", got)
		}
		if got := g.answer("verify"); got != "ok 512 pages" {
			t.Errorf("verify: %q", got)
		}
		g.dirty.mem[5*pageSize+8]++
		if got := g.answer("verify"); !strings.HasPrefix(got, "error: page 5 of 512") {
			t.Errorf("verify of a changed page: %q", got)
		}
	}
}

func TestAnswers(t *testing.T) {
	var g guest
	g.count.Store(42)
	for line, want := range map[string]string{
		"count": "42", "": help, "what": help, "dirty x 5": "error: not a number of MiB: x", "dirty -1 5": "error: not a number of MiB: -1",
		"dirty 1 0": "error: a working set has 1 to 1048576 MiB", "dirty 1 1 sorted": help, "verify": "ok 0 pages",
		"dirty": "dirty rate=0 set=0 random=false pages_written=0",
	} {
		if got := g.answer(line); got != want && line != "dirty" || line == "dirty" && !strings.HasPrefix(got, "dirty rate=") {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}

func TestServeEndsOnLongLine(t *testing.T) {
	ours, theirs := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		var g guest
		g.serve(theirs, theirs)
		theirs.Close()
	}()
	ours.SetDeadline(time.Now().Add(5 * time.Second))   //nolint:errcheck // a pipe takes deadlines
	ours.Write([]byte(strings.Repeat("x", maxLine+10))) //nolint:errcheck // the other side may hang up early
	<-done
}

func TestSettings(t *testing.T) {
	set := settings("console=hvc0 quiet tiny.ip=10.0.0.1/8 console=ttyS0\n")
	if set["tiny.ip"] != "10.0.0.1/8" || !strings.Contains(set["console"], "ttyS0") || set["quiet"] != "" {
		t.Errorf("settings = %q", set)
	}
}
