package migrate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xenvoy/xenvoy/migrate/stream"
	"github.com/xenvoy/xenvoy/migrate/xlwire"
	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// xlPeer is a host that has xl's receiving end, and no xenvoy, as a Transport.
type xlPeer struct {
	t    *testing.T
	host toolstack.Host
	// The link breaks after so many bytes; negative: never.
	cutToPeer, cutToSource int64
	greets                 string // before all else
	mute                   bool   // it takes the permission and says nothing
	reached                chan struct{}
	worker                 sync.WaitGroup
	dials                  int
}

func (p *xlPeer) String() string { return "site-b" }

func (p *xlPeer) Dial(...string) (Link, error) {
	p.dials++
	return nil, fmt.Errorf("site-b has %w", ErrNoXenvoy)
}

func (p *xlPeer) DialXL() (Link, error) {
	here, there := net.Pipe()
	p.worker.Go(func() {
		defer there.Close()
		p.receive(there)
	})
	return &testLink{Conn: here, toPeer: p.cutToPeer, toSource: p.cutToSource}, nil
}

// receive is xl's migrate_receive (tools/xl/xl_migrate.c).
func (p *xlPeer) receive(c net.Conn) {
	if _, err := io.WriteString(c, p.greets+xlwire.Banner); err != nil {
		return
	}
	h, err := stream.ReadXLHeader(c)
	if err != nil {
		return
	}
	cfg := &idl.DomainConfig{}
	if json.Unmarshal(h.Config, cfg) != nil {
		return
	}
	name := cfg.CInfo.Name
	cfg.CInfo.Name += toolstack.IncomingSuffix
	id, err := p.restore(c, cfg)
	if err != nil {
		return
	}
	ctx := context.WithoutCancel(p.t.Context())
	permitted := false
	if _, err := io.WriteString(c, xlwire.Ready); err == nil {
		err := xlwire.Expect(func(b []byte) error { _, err := io.ReadFull(c, b); return err }, xlwire.Permission)
		permitted = err == nil
	}
	if permitted && p.mute {
		close(p.reached)
		io.Copy(io.Discard, c) // until the source gives up
		return
	}
	if permitted {
		if err = errors.Join(p.host.Rename(ctx, id, name), p.host.Unpause(ctx, id)); err == nil {
			io.WriteString(c, xlwire.Result+"\x00")
			return
		}
		io.WriteString(c, xlwire.Result+"\x03")
	}
	p.host.Destroy(ctx, id)
	if permitted {
		io.WriteString(c, xlwire.Permission)
	}
}

// restore gives the host the stream and not what follows it.
func (p *xlPeer) restore(c net.Conn, cfg *idl.DomainConfig) (toolstack.DomID, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	go func() {
		defer w.Close()
		scan := stream.NewScanner(nil)
		b := make([]byte, 32<<10)
		for !scan.Done() { // nothing follows the stream before the answer to it
			n, err := c.Read(b)
			if err != nil {
				return
			}
			if _, err := scan.Write(b[:n]); err != nil {
				return
			}
			w.Write(b[:n])
		}
	}()
	defer r.Close()
	return p.host.Restore(p.t.Context(), cfg, r)
}

// newXLWorld is a world whose destination speaks only xl's language.
func newXLWorld(t *testing.T) (*world, *xlPeer) {
	w := newWorld(t)
	p := &xlPeer{t: t, host: w.b, cutToPeer: -1, cutToSource: -1, reached: make(chan struct{})}
	w.sender.Transport = p
	t.Cleanup(p.worker.Wait)
	return w, p
}

func TestMoveToXL(t *testing.T) {
	for peer, dials := range map[Peer]int{PeerAuto: 1, "": 1, PeerXL: 0} {
		w, p := newXLWorld(t)
		w.sender.Peer = peer
		r, err := w.sender.Migrate(t.Context(), w.guest)
		p.worker.Wait()
		if side := w.where(); err != nil || side != "b" || r.Outcome != OutcomeMoved || p.dials != dials {
			t.Fatalf("%s: the guest runs on %s, %v, %+v", peer, side, err, r)
		}
		if why := r.Decisions[0]; r.Peer != PeerXL || !strings.Contains(why.What, "taken for xl") ||
			strings.Contains(why.Why, "no xenvoy in its PATH") != (dials == 1) {
			t.Errorf("%s: the report says %+v", peer, r.Decisions)
		}
		if kept, err := LoadReport(w.sender.StateDir, r.ID); err != nil || kept.Peer != PeerXL || len(kept.Passes) != 2 || kept.Down.Total <= 0 {
			t.Errorf("%+v, %v", kept, err)
		}
	}
}

func TestNoFallbackWhenXenvoyIsDemanded(t *testing.T) {
	w, _ := newXLWorld(t)
	w.sender.Peer = PeerXenvoy
	if _, err := w.sender.Migrate(t.Context(), w.guest); !errors.Is(err, ErrNoXenvoy) {
		t.Errorf("got %v", err)
	}
	if side := w.where(); side != "a" {
		t.Errorf("the guest runs on %s", side)
	}
}

// TestXenvoyIsTakenWhereThereIsOne: auto never asks for xl's language there.
func TestXenvoyIsTakenWhereThereIsOne(t *testing.T) {
	w := newWorld(t)
	w.sender.Peer = PeerAuto
	if r, err := w.sender.Migrate(t.Context(), w.guest); err != nil || r.Peer != PeerXenvoy {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestDryRunWithXLChangesNothing(t *testing.T) {
	w, p := newXLWorld(t)
	r, err := w.sender.Check(t.Context(), w.guest)
	p.worker.Wait()
	if side := w.where(); err != nil || side != "a" || r.Outcome != OutcomeChecked {
		t.Errorf("the guest runs on %s, %+v, %v", side, r, err)
	}
}

// TestCutLinkToXL breaks the link after each of many numbers of bytes. Before the permission the
// guest is kept; after it, it is given up or in doubt: it never runs twice, and never here without xl's word.
func TestCutLinkToXL(t *testing.T) {
	whole, p := newXLWorld(t)
	r, err := whole.sender.Migrate(t.Context(), whole.guest)
	if err != nil {
		t.Fatal(err)
	}
	p.worker.Wait()
	for _, n := range append(points(r.Bytes+2048, 40), points(200, 10)...) {
		t.Run(fmt.Sprintf("to the destination after %d", n), func(t *testing.T) { cutXL(t, n, -1) })
	}
	for n := int64(0); n < 130; n += 3 {
		t.Run(fmt.Sprintf("to the source after %d", n), func(t *testing.T) { cutXL(t, -1, n) })
	}
}

func cutXL(t *testing.T, toPeer, toSource int64) {
	w, p := newXLWorld(t)
	p.cutToPeer, p.cutToSource = toPeer, toSource
	r, err := w.sender.Migrate(t.Context(), w.guest)
	p.worker.Wait()
	a, b := copies(t, w.a), copies(t, w.b)
	switch r.Outcome {
	case OutcomeMoved:
		if len(a) != 0 || len(b) != 1 || !runs(b[0]) || err != nil {
			t.Fatalf("moved: %+v, %+v, %v", a, b, err)
		}
	case OutcomeKept:
		if len(a) != 1 || !runs(a[0]) || len(b) != 0 {
			t.Fatalf("kept: %+v, %+v, %v", a, b, err)
		}
	case OutcomeInDoubt:
		if len(a) != 1 || !a[0].Suspended() || !errors.Is(err, ErrInDoubt) || !strings.Contains(err.Error(), "--assume started|aborted "+r.ID) {
			t.Fatalf("in doubt: %+v, %v", a, err)
		}
		if len(b) > 0 && !runs(b[0]) {
			t.Fatalf("the copy there: %+v", b)
		}
	default:
		t.Fatalf("%+v, %v", r, err)
	}
}

// TestXLCannotStartTheGuest: xl says so and removes its copy, and the guest runs on here.
func TestXLCannotStartTheGuest(t *testing.T) {
	for _, op := range []string{"restore", "restored", "rename"} {
		w, p := newXLWorld(t)
		w.b.Fail = failing(op, errors.New("planted failure"))
		r, err := w.sender.Migrate(t.Context(), w.guest)
		p.worker.Wait()
		if side := w.where(); side != "a" || err == nil || r.Outcome != OutcomeKept {
			t.Errorf("%s: the guest runs on %s, %+v, %v", op, side, r, err)
		}
	}
}

// TestXLFallsSilent after the permission: the guest stays suspended until the operator says what became of it.
func TestXLFallsSilent(t *testing.T) {
	w, p := newXLWorld(t)
	p.mute = true
	w.sender.bounds = &limits{grace: 50 * time.Millisecond, stall: time.Second, restore: time.Second, settle: 300 * time.Millisecond}
	r, err := w.sender.Migrate(t.Context(), w.guest)
	p.worker.Wait()
	if a := copies(t, w.a); !errors.Is(err, ErrInDoubt) || len(a) != 1 || !a[0].Suspended() {
		t.Fatalf("%v; at the source %+v", err, a)
	}
	all, err := StatusOf(w.sender.StateDir, r.ID)
	if err != nil || all[0].Decide != "xenvoy migrate resolve --assume started|aborted "+r.ID {
		t.Errorf("%+v, %v", all, err)
	}
	if _, err := Resolve(t.Context(), w.a, w.sender.StateDir, r.ID, ""); !errors.Is(err, ErrXLCannotTell) || !errors.Is(err, ErrInDoubt) {
		t.Errorf("resolved: %v", err)
	}
	if o, err := Resolve(t.Context(), w.a, w.sender.StateDir, r.ID, FateAborted); err != nil || o != OutcomeKept {
		t.Errorf("%s, %v", o, err)
	}
}

func TestNoXLThere(t *testing.T) {
	w, p := newXLWorld(t)
	p.greets = "Welcome to this host, whose shell says a word too many.\n"
	if _, err := w.sender.Migrate(t.Context(), w.guest); err == nil || !strings.Contains(err.Error(), `"Welcome to this host`) {
		t.Errorf("got %v", err)
	}
	if side := w.where(); side != "a" {
		t.Errorf("the guest runs on %s", side)
	}
}

// TestXLGetsTheMappedDevices in the configuration that stands before the stream.
func TestXLGetsTheMappedDevices(t *testing.T) {
	p := newPair(t)
	x := &xlPeer{t: t, host: p.b, cutToPeer: -1, cutToSource: -1}
	p.sender.Transport = x
	p.sender.Map = Mapping{Bridges: map[string]string{"br0": "lan"}}
	if r, err := p.check(); err != nil || len(r.Findings) != 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	if _, err := p.sender.Migrate(t.Context(), p.guest); err != nil {
		t.Fatal(err)
	}
	x.worker.Wait()
	if cfg, err := p.b.Config(t.Context(), copies(t, p.b)[0].ID); err != nil || cfg.NICs[0].Bridge != "lan" {
		t.Errorf("%+v, %v", cfg, err)
	}
}
