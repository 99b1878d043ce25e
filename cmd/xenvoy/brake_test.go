package main

import (
	"bytes"
	"errors"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/xenvoy/xenvoy/migrate"
	"github.com/xenvoy/xenvoy/toolstack/fake"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// silent is another host that takes connections and never answers.
type silent struct{ dialled chan struct{} }

type silentLink struct{ net.Conn }

func (silentLink) Explain(err error) error { return err }

func (silent) String() string { return "site-b" }

func (s silent) Dial(...string) (migrate.Link, error) {
	here, _ := net.Pipe()
	close(s.dialled)
	return silentLink{here}, nil
}

// messages is a standard error that a test may look at meanwhile.
type messages struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (m *messages) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.b.Write(p)
}

func (m *messages) String() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.b.String()
}

// TestInterruptCallsTheMigrationOff sends this process what Ctrl-C does, twice.
func TestInterruptCallsTheMigrationOff(t *testing.T) {
	h, cfg := fake.New(1024), &idl.DomainConfig{}
	mem := idl.MemKB(64 << 10)
	cfg.CInfo.Name, cfg.CInfo.UUID, cfg.BInfo.MaxMemKB = "web", idl.UUID{1}, &mem
	id, err := h.Create(t.Context(), cfg)
	if err == nil {
		err = h.Unpause(t.Context(), id)
	}
	if err != nil {
		t.Fatal(err)
	}
	var said messages
	a := &app{stderr: &said}
	s := &migrate.Sender{Host: h, Transport: silent{make(chan struct{})}, StateDir: t.TempDir(), Log: zerolog.Nop(), Brake: &migrate.Brake{}}
	stop := a.brakeOnSignals(s.Brake, func() {})
	defer stop()
	failed := make(chan error, 1)
	go func() {
		_, err := s.Migrate(t.Context(), id)
		failed <- err
	}()
	<-s.Transport.(silent).dialled
	for _, want := range []string{"xenvoy: calling the migration off: the guest runs on here, and site-b drops", "is being called off already"} {
		if err := syscall.Kill(syscall.Getpid(), syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(10 * time.Second); !strings.Contains(said.String(), want); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("it says %q, want %q", said.String(), want)
			}
		}
	}
	if err := <-failed; err == nil || errors.Is(err, migrate.ErrInDoubt) {
		t.Errorf("the migration: %v", err)
	}
	if d, err := h.Domain(t.Context(), id); err != nil || d.Paused || d.Shutdown {
		t.Errorf("the guest: %+v, %v", d, err)
	}
}
