package migrate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/rs/zerolog"
	"github.com/xenvoy/xenvoy/migrate/wan"
	"github.com/xenvoy/xenvoy/toolstack"
)

// Receiver takes domains that another host sends.
type Receiver struct {
	Host toolstack.Host
	// StateDir holds the journals.
	StateDir string
	// Started, when set, is called once the guest runs here.
	Started func(toolstack.DomID)
	// CPUs, when set, compares the processors.
	CPUs CPUs
	// At, when set, is called when a step has begun, and the arrival waits for it.
	At  func(Step)
	Log zerolog.Logger

	place *place // nil: this machine's
}

// Receive takes one domain from the source at the other end of rw. It returns
// nil when the guest runs here, or when the source only asked. After an error
// nothing of the guest is left here, unless the error says so.
func (r *Receiver) Receive(ctx context.Context, rw io.ReadWriteCloser) error {
	if err := Sweep(ctx, r.Host, r.StateDir); err != nil {
		r.Log.Warn().Err(err).Msg("could not remove what an earlier migration left")
	}
	conn := wan.NewConn(rw)
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { rw.Close() })
	defer stop()
	if err := conn.Greet(); err != nil {
		return fmt.Errorf("greet the source: %w", err)
	}
	conn.Heartbeat(pingInterval, silenceLimit)
	a := &arrival{Receiver: r, conn: conn}
	offer, err := a.negotiate(ctx)
	if offer == nil || err != nil {
		return err
	}
	err = a.take(ctx, offer)
	a.closeReport(err)
	return err
}

// arrival is one migration in progress at the destination.
type arrival struct {
	*Receiver
	conn    *wan.Conn
	journal *Journal
	offer   *Offer
	found   []Finding
	report  *Report
}

// negotiate answers the source's offer with findings. It gives nil when the
// source then goes away.
func (a *arrival) negotiate(ctx context.Context) (*Offer, error) {
	m, err := a.next()
	if err != nil {
		return nil, err
	}
	if m.Type != msgOffer || m.Offer == nil || m.Offer.Config == nil {
		return nil, fmt.Errorf("%w: got %q in place of an offer", wan.ErrFrame, m.Type)
	}
	x := &examination{host: a.Host, offer: m.Offer, cpus: a.CPUs, place: thisMachine()}
	if a.place != nil {
		x.place = *a.place
	}
	if err := x.run(ctx); err != nil {
		return nil, errors.Join(err, send(a.conn, message{Type: msgAborted, Why: err.Error()}))
	}
	a.found = clipFindings(x.found)
	if err := send(a.conn, message{Type: msgFindings, Findings: a.found, Skipped: clipTexts(x.skipped)}); err != nil {
		return nil, err
	}
	answer, err := a.next()
	switch {
	case errors.Is(err, io.EOF) || (err == nil && answer.Type == msgAbort):
		return nil, nil
	case err != nil:
		return nil, err
	case answer.Type != msgPrepare:
		return nil, fmt.Errorf("%w: got %q in place of prepare", wan.ErrFrame, answer.Type)
	}
	return m.Offer, nil
}

// next reads a control message.
func (a *arrival) next() (message, error) {
	kind, b, err := a.conn.Receive()
	if err != nil {
		return message{}, err
	}
	if kind != wan.KindControl {
		return message{}, fmt.Errorf("%w: stream data before ready", wan.ErrFrame)
	}
	return decode(b)
}

// take builds the guest from the stream and starts it after the release.
func (a *arrival) take(ctx context.Context, offer *Offer) error {
	a.offer = offer
	a.openReport()
	var err error
	a.journal, err = CreateJournal(a.StateDir, SideDestination, offer.ID,
		Entry{Domain: offer.name(), UUID: offer.uuid(), Host: offer.From})
	if err != nil {
		err = fmt.Errorf("cannot write the journal: %w", err)
		a.report = nil // of another migration with this id, perhaps
		return errors.Join(err, send(a.conn, message{Type: msgAborted, Why: err.Error()}))
	}
	defer a.hangUp()
	a.noteStep(StepPrepare) // which began before the journal
	id, err := a.rebuild(ctx)
	if err == nil {
		err = a.awaitRelease()
	}
	if err != nil {
		return a.giveUp(err, id)
	}
	// Given to this host: a cancelled context changes nothing any more.
	return a.start(context.WithoutCancel(ctx), id)
}

// rebuild feeds the stream to the hypervisor's restore and reports what it got.
func (a *arrival) rebuild(ctx context.Context) (toolstack.DomID, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	type result struct {
		id  toolstack.DomID
		err error
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	built := make(chan result, 1)
	go func() {
		id, err := a.Host.Restore(ctx, a.offer.incoming(), r)
		r.Close() // after an error the feeder must not wait for a reader
		built <- result{id, err}
	}()
	got, err := a.feed(w)
	if err != nil && !errors.Is(err, errReaderGone) {
		cancel()
		<-built
		return 0, err
	}
	res := <-built
	if res.err != nil {
		return 0, fmt.Errorf("the hypervisor could not rebuild the domain: %w", res.err)
	}
	if err != nil {
		return res.id, err
	}
	return res.id, send(a.conn, got)
}

// errReaderGone says that the restore stopped reading before the stream's end.
var errReaderGone = errors.New("the restore ended before the stream did")

// feed writes the stream's frames to the pipe, which it closes, until the
// source's end message; it gives the answer to that.
func (a *arrival) feed(w *os.File) (message, error) {
	defer w.Close()
	if err := send(a.conn, message{Type: msgReady}); err != nil {
		return message{}, err
	}
	a.step(StepPreCopy)
	got := message{Type: msgRestored}
	digest := sha256.New()
	for {
		kind, b, err := a.conn.Receive()
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return got, fmt.Errorf("lost the source: %w", err)
		}
		if kind == wan.KindControl {
			m, err := decode(b)
			if err == nil {
				err = endOfStream(m, got.Bytes)
			}
			got.Digest = hex.EncodeToString(digest.Sum(nil))
			if err == nil && m.Digest != got.Digest {
				err = fmt.Errorf("received another stream (sha256 %.16s…) than was sent (%.16s…)", got.Digest, m.Digest)
			}
			a.report.Digest = got.Digest
			a.step(StepVerify)
			return got, err
		}
		digest.Write(b)
		got.Bytes += int64(len(b))
		a.report.Bytes = got.Bytes
		if _, err := w.Write(b); err != nil {
			return got, fmt.Errorf("%w: %w", errReaderGone, err)
		}
	}
}

// endOfStream judges a control message that comes amid the stream.
func endOfStream(m message, bytes int64) error {
	switch {
	case m.Type == msgAbort:
		return errAborted{"the source called it off: " + m.Why}
	case m.Type != msgEnd:
		return fmt.Errorf("%w: got %q amid the stream", wan.ErrFrame, m.Type)
	case m.Bytes != bytes:
		return fmt.Errorf("received %d bytes of a stream of %d", bytes, m.Bytes)
	}
	return nil
}

// awaitRelease waits for the source's word and writes it down: only then may
// the guest start here.
func (a *arrival) awaitRelease() error {
	m, err := a.next()
	if err != nil {
		return fmt.Errorf("lost the source before its release: %w", err)
	}
	if m.Type == msgAbort {
		return errAborted{"the source called it off: " + m.Why}
	}
	if m.Type != msgRelease {
		return fmt.Errorf("%w: got %q in place of the release", wan.ErrFrame, m.Type)
	}
	a.step(StepRelease)
	return a.journal.Write(Entry{Mark: MarkRelease})
}

// start renames and starts the guest. A source that has gone meanwhile asks
// later.
func (a *arrival) start(ctx context.Context, id toolstack.DomID) error {
	a.step(StepStart)
	err := a.Host.Rename(ctx, id, a.offer.name())
	if err == nil {
		err = a.journal.Write(Entry{Mark: MarkStarting})
	}
	if err == nil {
		err = a.Host.Unpause(ctx, id)
	}
	if err != nil {
		return a.giveUp(fmt.Errorf("start the guest: %w", err), id)
	}
	err = a.journal.Write(Entry{Mark: MarkStarted})
	if err != nil {
		a.Log.Warn().Err(err).Msg("the guest runs, but the journal could not be written; trying again")
		err = a.journal.Write(Entry{Mark: MarkStarted})
	}
	if err != nil { // settle sees it by the CPU time
		a.Log.Warn().Err(err).Msg("the guest runs, but the journal could not be written")
	}
	a.started(id)
	return nil
}

// started looks after a guest that runs here, and tells the source.
func (a *arrival) started(id toolstack.DomID) {
	a.report.NewDomID = uint32(id)
	a.step(StepConfirm)
	if a.Started != nil {
		a.Started(id)
	}
	if err := send(a.conn, message{Type: msgStarted, DomID: uint32(id)}); err != nil {
		a.Log.Warn().Err(err).Msg("the guest runs, but the source could not be told; it will ask")
	}
}

// giveUp removes what was built, domain id if it got one, and promises never to
// start it. A guest that runs in spite of the cause stays: then it is no error.
func (a *arrival) giveUp(cause error, id toolstack.DomID) error {
	ctx, stop := context.WithTimeout(context.Background(), settleLimit)
	defer stop()
	fate, err := settle(ctx, a.Host, a.journal)
	if err != nil {
		return fmt.Errorf("%w; and it could not be settled what becomes of it: %w", cause, err)
	}
	if fate == FateStarted {
		a.Log.Warn().Err(cause).Msg("the guest runs all the same")
		a.started(id)
		return nil
	}
	// Sending fails when the source has gone; it then settles over a new link.
	_ = send(a.conn, message{Type: msgAborted, Why: cause.Error()})
	return cause
}
