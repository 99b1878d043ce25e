package migrate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"time"

	"github.com/xenvoy/xenvoy/migrate/stream"
	"github.com/xenvoy/xenvoy/toolstack"
)

// move carries out the migration after its preflight. Whatever fails, it says
// where the guest is: the source may let it run on until the journal holds the
// release, and after that only when the destination has given it up.
func (m *sending) move(ctx context.Context) (Outcome, error) {
	asked, stop := context.WithCancel(ctx)
	defer stop()
	go m.heedCancel(asked)
	if err := m.prepare(ctx); err != nil {
		return m.keep(err)
	}
	sum, err := m.stream(ctx)
	if err == nil {
		m.step(StepVerify)
		err = m.verify(ctx, sum)
	}
	if err == nil {
		// The last moment at which the guest can be kept without asking: not for
		// a destination that has gone, called it off, or speaks out of turn.
		err = m.remote.quiet()
	}
	if err == nil {
		err = context.Cause(ctx)
	}
	if err == nil && !m.brake.release() {
		err = context.Cause(ctx)
	}
	if err != nil {
		return m.keep(err)
	}
	m.step(StepRelease)
	if err := m.journal.Write(Entry{Mark: MarkRelease}); err != nil {
		m.brake.keep()
		return m.keep(fmt.Errorf("cannot write the journal: %w", err))
	}
	// The guest is given away: from here on a cancelled context changes nothing.
	return m.handOver(context.WithoutCancel(ctx))
}

// explain adds what ssh said when the link broke.
func (m *sending) explain(err error) error {
	if isAborted(err) || errors.Is(err, context.Canceled) || errors.Is(err, ErrCancelled) {
		return err
	}
	return m.remote.explain(err)
}

func (m *sending) prepare(ctx context.Context) error {
	m.step(StepPrepare)
	var err error
	begin := Entry{
		Domain: m.dom.Name, UUID: m.dom.UUID, DomID: uint32(m.dom.ID),
		Host: m.Transport.String(), SSH: m.SSHCommand, Peer: m.report.Peer,
	}
	if m.journal, err = CreateJournal(m.StateDir, SideSource, m.report.ID, begin); err != nil {
		return fmt.Errorf("cannot write the journal: %w", err)
	}
	m.noteStep(StepPrepare) // which began before the journal
	if m.At != nil {
		m.At(StepPrepare)
	}
	if err := aloneWith(m.StateDir, m.report.ID, begin); err != nil {
		return err
	}
	ctx, stop := within(ctx, m.limits().stall, "the destination has not got ready")
	defer stop()
	return m.remote.prepare(ctx)
}

// stream runs the hypervisor's live save and carries its bytes over the link.
// It returns after both have ended.
func (m *sending) stream(ctx context.Context) ([]byte, error) {
	m.step(StepPreCopy)
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer m.cutOff(ctx, m.remote.close)()
	events, err := m.Host.Watch(ctx, m.dom.ID)
	if err != nil {
		return nil, errors.Join(err, r.Close(), w.Close())
	}
	saved, relayed := make(chan error, 1), make(chan error, 1)
	m.stopped = true
	go func() {
		err := m.Host.Suspend(ctx, m.dom.ID, w, toolstack.SuspendOptions{Live: true, Progress: m.meter.copied})
		w.Close()
		saved <- err
	}()
	parts := make(chan stream.Event, 1)
	m.scan = stream.NewScanner(func(e stream.Event) {
		m.sent.note(e)
		select {
		case parts <- e:
		default: // the next one tells the step as well
		}
	})
	digest := sha256.New()
	go func() { relayed <- m.relay(r, digest, cancel) }()
	m.join(cancel, ends{saved, relayed, parts, events})
	m.sent.end = time.Now()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	if err := m.scan.Close(); err != nil {
		return nil, fmt.Errorf("the stream that the hypervisor wrote is damaged: %w", err)
	}
	m.report.liveEnd(m.meter.livePasses())
	return digest.Sum(nil), nil
}

// lateEvent bounds the wait for the word that the guest has stopped, once its
// stream is complete. Both come from the hypervisor at about the same time.
const lateEvent = 5 * time.Second

// ends are what a stream in progress tells: that its save and its relay have ended, that a part of
// it has begun, and what becomes of the domain.
type ends struct {
	saved, relayed <-chan error
	parts          <-chan stream.Event
	events         <-chan toolstack.Event
}

// partBegins notes the steps that show in the stream. libxl does not say which pass is the last with
// the guest running: all after the first are on their way to it.
func (m *sending) partBegins(e stream.Event, stopped bool) {
	switch {
	case stopped && !m.report.began(StepFinalPages):
		m.step(StepFinalPages)
	case !stopped && e.Kind == stream.PassStarted && e.Pass > 0 && !m.report.began(StepDrain):
		m.step(StepDrain)
	}
}

// join waits for the save and the relay. The first failure of either, or any
// word from the destination, cancels both; its cause stays in the context.
func (m *sending) join(cancel context.CancelCauseFunc, e ends) {
	words := m.remote.words()
	var late <-chan time.Time
	saved, relayed := e.saved, e.relayed
	stopped, failed := false, false
	fail := func(err error) {
		failed = true
		cancel(err)
	}
	for saved != nil || relayed != nil || !stopped && !failed {
		select {
		case err := <-saved:
			saved = nil
			if err != nil {
				fail(fmt.Errorf("the hypervisor could not save the domain: %w", err))
			}
		case err := <-relayed:
			relayed, late = nil, time.After(lateEvent)
			if err != nil {
				fail(err)
			}
		case word, ok := <-words:
			fail(m.remote.judge(word, ok))
			words = nil
		case part := <-e.parts:
			m.partBegins(part, stopped)
		case event, ok := <-e.events:
			if !ok {
				e.events = nil
			} else if !stopped && event.Kind == toolstack.EventShutdown && event.Reason == toolstack.ShutdownSuspend {
				stopped = true // a watch may tell it twice
				m.step(StepSuspend)
			}
		case <-late:
			stopped, late = true, nil
			m.report.Notes = append(m.report.Notes, "the hypervisor did not tell when the guest stopped: its downtime is not known")
		}
	}
	if !failed && m.report.began(StepSuspend) && !m.report.began(StepFinalPages) {
		m.step(StepFinalPages) // which began before the word of the stop came
	}
}

// relayChunk is how much of the stream one frame carries, in bytes.
const relayChunk = 256 << 10

// relay carries the stream from the pipe to the link. When the link fails it
// closes the pipe, which ends the save.
func (m *sending) relay(r *os.File, digest hash.Hash, cancel context.CancelCauseFunc) error {
	defer r.Close()
	buf := make([]byte, relayChunk)
	for {
		n, err := r.Read(buf)
		if n > 0 {
			if _, err := m.scan.Write(buf[:n]); err != nil {
				return fmt.Errorf("the stream that the hypervisor wrote is damaged: %w", err)
			}
			digest.Write(buf[:n])
			if err := m.sendData(buf[:n], cancel); err != nil {
				return fmt.Errorf("lost the destination: %w", err)
			}
			m.report.Bytes += int64(n)
			m.meter.sent(n)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// sendData sends one piece of the stream, or ends all by cancel and closes the
// link when that takes too long.
func (m *sending) sendData(b []byte, cancel context.CancelCauseFunc) error {
	stalled := time.AfterFunc(m.limits().stall, func() {
		cancel(fmt.Errorf("lost the destination: it has taken nothing for %s", m.limits().stall))
		m.remote.close()
	})
	defer stalled.Stop()
	return m.remote.send(b)
}

// verify waits until the destination has rebuilt the guest and compares what
// it received with what was sent.
func (m *sending) verify(ctx context.Context, sum []byte) error {
	m.report.Digest = hex.EncodeToString(sum)
	ctx, stop := within(ctx, m.limits().restore, "the destination has not rebuilt the guest")
	defer stop()
	return m.remote.verify(ctx, m.report.Digest, m.report.Bytes)
}

// handOver tells the destination to start the guest and destroys the copy here
// once it runs there.
func (m *sending) handOver(ctx context.Context) (Outcome, error) {
	m.step(StepStart)
	domid, err := m.release(ctx)
	if isAborted(err) {
		m.heard(FateAborted)
		return m.keepReleased(err)
	}
	if err != nil {
		return m.settleReleased(ctx, err)
	}
	m.heard(FateStarted)
	m.report.NewDomID = domid
	m.step(StepConfirm)
	return m.retire(ctx)
}

// heard notes the destination's word. A failure only has resolve ask once more.
func (m *sending) heard(fate Fate) {
	if err := heard(m.journal, fate); err != nil {
		m.Log.Warn().Err(err).Str("fate", string(fate)).Msg("the destination's word could not be written down")
	}
}

// release gives the guest to the destination and waits for its answer.
func (m *sending) release(ctx context.Context) (domid uint32, err error) {
	ctx, stop := within(ctx, m.limits().settle, "the destination has not started the guest")
	defer stop()
	return m.remote.release(ctx)
}

// retire destroys the suspended copy. The guest runs at the destination even if
// that fails.
func (m *sending) retire(ctx context.Context) (Outcome, error) {
	m.step(StepRetire)
	if err := retire(ctx, m.Host, m.journal, m.dom.ID, m.report.ID); err != nil {
		return OutcomeMoved, fmt.Errorf("the guest runs on %s: %w", m.Transport, err)
	}
	return OutcomeMoved, nil
}

// retire destroys the source's copy and notes it.
func retire(ctx context.Context, h toolstack.Host, j *Journal, dom toolstack.DomID, id string) error {
	if err := h.Destroy(ctx, dom); err != nil && !errors.Is(err, toolstack.ErrNoDomain) {
		return fmt.Errorf("its suspended copy here, domain %d, could not be removed: %w; mend that and run: %s", dom, err, resolveCommand(PeerXenvoy, id))
	}
	return retired(j, "", id)
}

// retired notes that no copy is left at the source.
func retired(j *Journal, why, id string) error {
	if err := j.Write(Entry{Mark: MarkRetired, Why: why}); err != nil {
		return fmt.Errorf("no copy of it is left here, but the journal does not say so: %w; mend that and run: %s", err, resolveCommand(PeerXenvoy, id))
	}
	return nil
}
