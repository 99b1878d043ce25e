package migrate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/xenvoy/xenvoy/migrate/stream"
	"github.com/xenvoy/xenvoy/migrate/xlwire"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// XLTransport is a Transport that can start xl's receiving end as well.
type XLTransport interface {
	// DialXL starts "xl migrate-receive" on the other host, as Dial does.
	DialXL() (Link, error)
}

// ErrXLCannotTell says that xl, which keeps no journal, cannot be asked later what became of a guest.
var ErrXLCannotTell = errors.New("xl cannot be asked what became of the guest")

// xlRemote is an xl at the other end. It drops the guest when the connection ends before it has the
// permission to run it, and waits for that without end.
type xlRemote struct {
	*Sender
	cfg  *idl.DomainConfig
	link Link
	said chan []byte // is closed after what ended it was put into err
	err  error
	rest []byte // of what was said and not taken yet
}

// dialXL starts an xl at the other end and waits for its banner.
func dialXL(ctx context.Context, s *Sender, cfg *idl.DomainConfig) (*xlRemote, error) {
	t, ok := s.Transport.(XLTransport)
	if !ok {
		return nil, fmt.Errorf("%s cannot be reached as xl", s.Transport)
	}
	link, err := t.DialXL()
	if err != nil {
		return nil, err
	}
	r := &xlRemote{Sender: s, cfg: cfg, link: link, said: make(chan []byte)}
	go r.listen()
	ctx, stop := within(ctx, silenceLimit, "xl has not answered")
	defer stop()
	if err := r.expect(ctx, xlwire.Banner, "banner"); err != nil {
		r.close()
		return nil, link.Explain(unreachable(ctx, s.Transport, err))
	}
	return r, nil
}

// listen reads what xl says. It ends with the link.
func (r *xlRemote) listen() {
	defer close(r.said)
	for {
		b := make([]byte, len(xlwire.Banner)) // the longest message
		n, err := r.link.Read(b)
		if n > 0 {
			r.said <- b[:n]
		}
		if err != nil {
			r.err = err
			return
		}
	}
}

// fill reads all of b, unless ctx ends before.
func (r *xlRemote) fill(ctx context.Context, b []byte) error {
	for len(b) > 0 {
		if len(r.rest) == 0 {
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case said, ok := <-r.said:
				if !ok && errors.Is(r.err, io.EOF) {
					return errors.New("the other side has ended")
				}
				if !ok {
					return r.err
				}
				r.rest = said
			}
		}
		n := copy(b, r.rest)
		b, r.rest = b[n:], r.rest[n:]
	}
	return nil
}

// expect reads a message that must come next.
func (r *xlRemote) expect(ctx context.Context, message, what string) error {
	err := xlwire.Expect(func(b []byte) error { return r.fill(ctx, b) }, message)
	var other *xlwire.Unexpected
	if errors.As(err, &other) {
		return fmt.Errorf("the other end does not answer as xl migrate-receive: %q in place of its %s", other.Got, what)
	}
	return err
}

// close ends the link, and with it listen: what it still has to say is nobody's.
func (r *xlRemote) close() {
	r.link.Close()
	go func() {
		for range r.said {
		}
	}()
}

func (r *xlRemote) explain(err error) error { return r.link.Explain(err) }

func (*xlRemote) ask(context.Context, *Offer) ([]Finding, []string, error) {
	return nil, []string{"anything at the other host: xl is not asked before the move",
		"what the other end receives: xl tells no digest of it"}, nil
}

// prepare sends what stands before the stream.
func (r *xlRemote) prepare(ctx context.Context) error {
	text, err := json.Marshal(r.cfg)
	if err != nil {
		return err
	}
	defer r.cutOff(ctx, r.close)()
	if _, err := stream.WriteXLHeader(r.link, text); err != nil {
		return fmt.Errorf("lost the destination: %w", err)
	}
	return context.Cause(ctx)
}

// words is nil: that xl has rebuilt the guest may come while the last of its state is still
// on the way out of the hypervisor's library.
func (*xlRemote) words() <-chan message { return nil }

func (*xlRemote) judge(message, bool) error { return nil }

func (r *xlRemote) send(b []byte) error {
	_, err := r.link.Write(b)
	return err
}

func (r *xlRemote) verify(ctx context.Context, _ string, _ int64) error {
	if err := r.expect(ctx, xlwire.Ready, "word that it has the domain"); err != nil {
		return fmt.Errorf("lost the destination: %w", err)
	}
	return nil
}

// quiet looks whether xl has gone since it said that it is ready.
func (r *xlRemote) quiet() error {
	if len(r.rest) > 0 {
		return fmt.Errorf("xl said %q out of turn", r.rest)
	}
	select {
	case said, ok := <-r.said:
		if !ok {
			return fmt.Errorf("lost the destination: %w", r.err)
		}
		return fmt.Errorf("xl said %q out of turn", said)
	default:
		return nil
	}
}

// release lets xl run the guest. Only its own word, that it has removed its copy, takes that back.
func (r *xlRemote) release(ctx context.Context) (uint32, error) {
	stop := r.cutOff(ctx, r.close)
	_, err := io.WriteString(r.link, xlwire.Permission)
	stop()
	if err != nil {
		return 0, fmt.Errorf("lost the destination: %w", err)
	}
	status, err := xlwire.ReadResult(func(b []byte) error { return r.fill(ctx, b) })
	if err != nil || status == 0 {
		return 0, err
	}
	if err := r.expect(ctx, xlwire.Permission, "word that its copy is gone"); err != nil {
		return 0, fmt.Errorf("xl could not start the guest (libxl's code %d), and has not said that its copy is gone: %w", -int(status), err)
	}
	return 0, errAborted{fmt.Sprintf("xl could not start it: libxl's code %d", -int(status))}
}

// forget ends the connection: without the permission xl drops what it has.
func (r *xlRemote) forget(context.Context, error) error {
	r.close()
	return nil
}

func (r *xlRemote) leave(context.Context) error {
	r.close()
	return nil
}

func (*xlRemote) settle(context.Context) (Fate, error) { return "", ErrXLCannotTell }
