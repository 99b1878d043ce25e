package migrate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/xenvoy/xenvoy/migrate/wan"
)

// wanRemote is a xenvoy at the other end.
type wanRemote struct {
	*Sender
	id   string // of the migration
	link Link
	conn *wan.Conn
	in   *inbox
}

// dialWAN starts a xenvoy at the other end. The error matches ErrNoXenvoy when there is none.
func dialWAN(ctx context.Context, s *Sender, id string) (*wanRemote, error) {
	link, err := s.Transport.Dial()
	if err != nil {
		return nil, err
	}
	r := &wanRemote{Sender: s, id: id, link: link, conn: wan.NewConn(link)}
	stop := context.AfterFunc(ctx, func() { link.Close() })
	defer stop()
	if err := r.conn.Greet(); err != nil {
		r.conn.Close()
		return nil, link.Explain(unreachable(ctx, s.Transport, err))
	}
	r.conn.Heartbeat(pingInterval, silenceLimit)
	r.in = readInbox(r.conn)
	return r, nil
}

// unreachable is the error of an end that does not answer.
func unreachable(ctx context.Context, t Transport, err error) error {
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if errors.Is(err, io.EOF) {
		err = errors.New("the connection ended before any answer")
	}
	return fmt.Errorf("cannot reach %s: %w", t, err)
}

func (r *wanRemote) explain(err error) error { return r.link.Explain(err) }

func (r *wanRemote) close() { r.conn.Close() }

// tell sends a message to the destination. When ctx ends meanwhile the error is
// its cause.
func (r *wanRemote) tell(ctx context.Context, msg message) error {
	defer r.cutOff(ctx, r.close)()
	err := send(r.conn, msg)
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("lost the destination: %w", err)
	}
	return nil
}

func (r *wanRemote) ask(ctx context.Context, o *Offer) ([]Finding, []string, error) {
	if err := r.tell(ctx, message{Type: msgOffer, Offer: o}); err != nil {
		return nil, nil, err
	}
	answer, err := r.in.expect(ctx, msgFindings)
	return answer.Findings, answer.Skipped, err
}

func (r *wanRemote) prepare(ctx context.Context) error {
	if err := r.tell(ctx, message{Type: msgPrepare}); err != nil {
		return err
	}
	_, err := r.in.expect(ctx, msgReady)
	return err
}

func (r *wanRemote) words() <-chan message { return r.in.messages }

func (r *wanRemote) judge(word message, ok bool) error { return r.in.judge(word, ok, silence) }

func (r *wanRemote) send(b []byte) error { return r.conn.Send(wan.KindData, b) }

func (r *wanRemote) verify(ctx context.Context, digest string, bytes int64) error {
	if err := r.tell(ctx, message{Type: msgEnd, Digest: digest, Bytes: bytes}); err != nil {
		return err
	}
	got, err := r.in.expect(ctx, msgRestored)
	if err != nil {
		return err
	}
	if got.Digest != digest || got.Bytes != bytes {
		return fmt.Errorf("the destination received another stream (%d bytes, sha256 %.16s…) than was sent (%d bytes, %.16s…)",
			got.Bytes, got.Digest, bytes, digest)
	}
	return nil
}

func (r *wanRemote) quiet() error { return r.in.quiet() }

func (r *wanRemote) release(ctx context.Context) (uint32, error) {
	if err := r.tell(ctx, message{Type: msgRelease}); err != nil {
		return 0, err
	}
	started, err := r.in.expect(ctx, msgStarted)
	return started.DomID, err
}

// forget tells it over the open link when that stands, else over a new one. A destination that cannot
// be reached forgets the guest by itself, since it has no release.
func (r *wanRemote) forget(ctx context.Context, cause error) error {
	if r.sayAbort(ctx, cause) {
		return nil
	}
	r.close()
	_, err := r.settle(ctx)
	return err
}

// sayAbort tells the destination over the open link, and says whether it has
// agreed. It leaves time to ask over another one.
func (r *wanRemote) sayAbort(ctx context.Context, cause error) bool {
	ctx, stop := context.WithTimeout(ctx, r.limits().settle/3)
	defer stop()
	if r.tell(ctx, message{Type: msgAbort, Why: cause.Error()}) != nil {
		return false
	}
	for {
		_, err := r.in.expect(ctx, msgAborted)
		if err == nil || isAborted(err) {
			return true
		}
		if ctx.Err() != nil || r.in.ended() {
			return false
		}
	}
}

func (r *wanRemote) leave(ctx context.Context) error {
	return r.tell(ctx, message{Type: msgAbort, Why: "only checking"})
}

func (r *wanRemote) settle(ctx context.Context) (Fate, error) {
	r.close()
	return Settle(ctx, r.Transport, r.id)
}

// cutOff closes a link a moment after ctx has ended, unless stop is called
// before: a peer that does not read cannot hold up what is being sent.
func (s *Sender) cutOff(ctx context.Context, closeLink func()) (stop func()) {
	done := make(chan struct{})
	go func() {
		select {
		case <-ctx.Done():
		case <-done:
			return
		}
		t := time.NewTimer(s.limits().grace)
		defer t.Stop()
		select {
		case <-t.C:
			closeLink()
		case <-done:
		}
	}()
	return func() { close(done) }
}
