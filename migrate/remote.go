package migrate

import (
	"context"
	"errors"
	"fmt"
)

// A remote is the other end of a migration, in the language that it speaks. The source alone decides
// by its answers where the guest runs; a remote only says what the other end has said.
type remote interface {
	// ask tells what stands against the domain there, and what was not compared.
	ask(ctx context.Context, o *Offer) (found []Finding, skipped []string, err error)
	// prepare has the other end get ready for the stream.
	prepare(ctx context.Context) error
	// words has what the other end says, or is closed when it has gone, while it should be silent.
	// nil says that silence cannot be told apart.
	words() <-chan message
	// judge is the error that a word makes while the other end should be silent; ok is false
	// when words was closed.
	judge(word message, ok bool) error
	// send takes a piece of the stream.
	send(b []byte) error
	// verify waits until the other end has rebuilt the guest and compares what it got with what
	// was sent, as far as it tells.
	verify(ctx context.Context, digest string, bytes int64) error
	// quiet is nil while it has said nothing that was not asked for.
	quiet() error
	// release gives it the guest and waits for its answer: the number that the domain runs under,
	// 0 when it does not tell. isAborted says of an error that it never starts the guest.
	release(ctx context.Context) (domid uint32, err error)
	// forget has it drop the guest, which it has not been given.
	forget(ctx context.Context, cause error) error
	// leave ends the conversation before the guest was promised to it.
	leave(ctx context.Context) error
	// settle asks it, when the link broke after the release, what became of the guest.
	settle(ctx context.Context) (Fate, error)
	// explain adds what the transport said when the link broke.
	explain(err error) error
	// close ends the connection; twice is fine.
	close()
}

// Peer is the program at the other end.
type Peer string

// The peers.
const (
	PeerAuto   Peer = "auto"   // xenvoy, and xl where there is none; the zero value means it, too
	PeerXenvoy Peer = "xenvoy" // with preflight, digest, journal and settling
	PeerXL     Peer = "xl"     // xl's own protocol, which has none of these
)

// ParsePeer reads a peer's name.
func ParsePeer(s string) (Peer, error) {
	switch p := Peer(s); p {
	case PeerAuto, PeerXenvoy, PeerXL:
		return p, nil
	}
	return "", fmt.Errorf("%q is no peer: want auto, xenvoy or xl", s)
}

// ErrNoXenvoy says that the other host has no xenvoy.
var ErrNoXenvoy = errors.New("no xenvoy in its PATH")

// connect reaches the other end, in the language that it speaks, and says in the report which that
// is and why.
func (m *sending) connect(ctx context.Context) error {
	if m.Peer == PeerXL {
		return m.connectXL(ctx, "it was asked for")
	}
	r, err := dialWAN(ctx, m.Sender, m.report.ID)
	switch {
	case err == nil:
		m.speaks(r, PeerXenvoy, "%s answered as one", m.Transport)
		return nil
	case errors.Is(err, ErrNoXenvoy) && m.Peer != PeerXenvoy:
		return m.connectXL(ctx, err.Error())
	}
	return err
}

func (m *sending) connectXL(ctx context.Context, why string) error {
	r, err := dialXL(ctx, m.Sender, m.there)
	if err != nil {
		return err
	}
	m.speaks(r, PeerXL, "%s", why)
	return nil
}

func (m *sending) speaks(r remote, p Peer, why string, args ...any) {
	m.remote, m.report.Peer = r, p
	m.report.decide("the other end is taken for "+string(p), why, args...)
}
