package migrate

import (
	"encoding/json"
	"errors"
	"net"
	"sync"
	"testing"

	"github.com/rs/zerolog"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/fake"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// peer is a destination in this process, as a Transport.
type peer struct {
	t    *testing.T
	host toolstack.Host
	dir  string
	// The link breaks after so many bytes; negative: never. Only the first link
	// is cut: later ones settle.
	cutToPeer, cutToSource int64
	// unreachable makes all but the first Dial fail.
	unreachable bool

	mu     sync.Mutex
	dials  int
	worker sync.WaitGroup
	place  *place
	cpus   CPUs
	err    error // of the last Receive
	// started counts the guests that the receiver was told to look after.
	started int
}

func (p *peer) String() string { return "site-b" }

func (p *peer) Dial(args ...string) (Link, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dials++
	first := p.dials == 1
	if !first && p.unreachable {
		return nil, errors.New("no route to host")
	}
	here, there := net.Pipe()
	p.worker.Add(1)
	go func() {
		defer p.worker.Done()
		defer there.Close()
		if len(args) == 2 && args[0] == "--settle" {
			fate, err := SettleHere(p.t.Context(), p.host, p.dir, args[1])
			if err == nil {
				b, _ := json.Marshal(Answer{Fate: fate})
				there.Write(b)
			}
			return
		}
		r := &Receiver{Host: p.host, StateDir: p.dir, Log: zerolog.Nop(), Started: func(toolstack.DomID) { p.started++ },
			place: p.place, CPUs: p.cpus}
		err := r.Receive(p.t.Context(), there)
		p.mu.Lock()
		p.err = err
		p.mu.Unlock()
	}()
	l := &testLink{Conn: here, toPeer: -1, toSource: -1}
	if first {
		l.toPeer, l.toSource = p.cutToPeer, p.cutToSource
	}
	return l, nil
}

// testLink is a link that can break after a number of bytes.
type testLink struct {
	net.Conn
	mu               sync.Mutex
	toPeer, toSource int64
}

var errCut = errors.New("the link was cut")

func (l *testLink) Explain(err error) error { return err }

// allow takes n bytes from a budget; the rest is what may still pass.
func (l *testLink) allow(budget *int64, n int) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if *budget < 0 {
		return n, nil
	}
	if int64(n) <= *budget {
		*budget -= int64(n)
		return n, nil
	}
	n = int(*budget)
	*budget = 0
	return n, errCut
}

func (l *testLink) Write(p []byte) (int, error) {
	n, cut := l.allow(&l.toPeer, len(p))
	n, err := l.Conn.Write(p[:n])
	if cut != nil {
		l.Close()
		return n, cut
	}
	return n, err
}

func (l *testLink) Read(p []byte) (int, error) {
	n, err := l.Conn.Read(p)
	if n == 0 {
		return n, err
	}
	n, cut := l.allow(&l.toSource, n)
	if cut != nil {
		l.Close()
		return n, cut
	}
	return n, err
}

// world is a source with one running guest, and a destination.
type world struct {
	t      *testing.T
	a, b   *fake.Host
	peer   *peer
	sender *Sender
	guest  toolstack.DomID
	count  uint64
	steps  *stepLog
}

type stepLog struct {
	mu   sync.Mutex
	seen []Step
}

func (s *stepLog) note(p Progress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.seen) == 0 || s.seen[len(s.seen)-1] != p.Step {
		s.seen = append(s.seen, p.Step)
	}
}

func guestConfig(t *testing.T) *idl.DomainConfig {
	uuid, err := idl.ParseUUID("0b0a4d2c-7f3e-4c61-9d55-2f1f5f3a9c01")
	if err != nil {
		t.Fatal(err)
	}
	mem := idl.MemKB(64 << 10)
	cfg := &idl.DomainConfig{}
	cfg.CInfo.Type = idl.DomainTypePVH
	cfg.CInfo.Name = "web"
	cfg.CInfo.UUID = uuid
	cfg.BInfo.MaxMemKB, cfg.BInfo.TargetMemKB = &mem, &mem
	cfg.BInfo.TypePVH = &idl.DomainBuildInfoPVH{}
	return cfg
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, a: fake.New(1024), b: fake.New(1024), steps: &stepLog{}}
	w.peer = &peer{t: t, host: w.b, dir: t.TempDir(), cutToPeer: -1, cutToSource: -1}
	w.sender = &Sender{Host: w.a, Transport: w.peer, StateDir: t.TempDir(), Progress: w.steps.note, Log: zerolog.Nop()}
	var err error
	if w.guest, err = w.a.Create(t.Context(), guestConfig(t)); err == nil {
		err = w.a.Unpause(t.Context(), w.guest)
	}
	if err == nil {
		w.count, err = w.a.Count(w.guest)
	}
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// copies lists the guest's copies on a host.
func copies(t *testing.T, h toolstack.Host) []toolstack.DomainInfo {
	all, err := h.Domains(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func runs(d toolstack.DomainInfo) bool { return !d.Paused && !d.Shutdown }

// where demands that exactly one copy of the guest exists, that it runs and has
// not forgotten anything, and says where.
func (w *world) where() string {
	w.t.Helper()
	w.peer.worker.Wait()
	a, b := copies(w.t, w.a), copies(w.t, w.b)
	if len(a)+len(b) != 1 {
		w.t.Fatalf("copies: at the source %+v, at the destination %+v; want exactly one", a, b)
	}
	side, h, d := "a", w.a, append(a, b...)[0]
	if len(b) == 1 {
		side, h = "b", w.b
	}
	if !runs(d) || d.Name != "web" {
		w.t.Fatalf("the copy on %s is %+v; want it to run as web", side, d)
	}
	n, err := h.Count(d.ID)
	if err != nil || n <= w.count {
		w.t.Fatalf("the guest counts %d (%v), it was at %d before", n, err, w.count)
	}
	return side
}
