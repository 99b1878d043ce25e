package migrate

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/rs/zerolog"
	"github.com/xenvoy/xenvoy/migrate/stream"
	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// Timing of the link. A ping each pingInterval keeps a link alive that has
// nothing else to carry; after silenceLimit without a byte it counts as dead.
const (
	pingInterval = 5 * time.Second
	silenceLimit = 30 * time.Second
	// settleLimit bounds how long the source tries to hear from a destination
	// that it has lost what became of the guest there.
	settleLimit = 90 * time.Second
)

// Sender moves domains from a host to another.
type Sender struct {
	Host      toolstack.Host
	Transport Transport
	// SSHCommand is kept in the journal so that Resolve can reach the host.
	SSHCommand []string
	// StateDir holds the journals.
	StateDir string
	// Progress, when set, is told how the migration goes. It must not block.
	Progress func(Progress)
	// Peer is the program at the other end.
	Peer Peer
	// Map gives devices other names at the destination.
	Map Mapping
	// CPUs, when set, describes the processors to the destination.
	CPUs CPUs
	// Brake, when set, stops one migration; see there.
	Brake *Brake
	// At, when set, is called when a step has begun, and the migration waits for it.
	At  func(Step)
	Log zerolog.Logger

	bounds *limits // nil: defaultLimits
}

// ErrRefused says that the destination's preflight found what forbids the
// migration; the report holds all findings.
var ErrRefused = errors.New("the destination cannot take the domain")

// ErrInDoubt says that the guest is suspended at the source when the migration
// ends. Either the source gave it away and has not heard since what the
// destination did, so that it may run there, or it could not be resumed. Resolve
// decides it once the destination answers, or the cause is mended.
var ErrInDoubt = errors.New("in doubt where the guest runs")

// Check runs the preflight and changes nothing on either host.
func (s *Sender) Check(ctx context.Context, id toolstack.DomID) (*Report, error) {
	m, err := s.begin(ctx, id)
	if err != nil {
		return nil, err
	}
	defer m.hangUp()
	err = m.preflight(ctx)
	if err == nil {
		err = m.remote.leave(ctx)
	}
	m.report.finish(OutcomeChecked, err)
	return m.report, err
}

// Migrate moves a running domain. The report is there after an error too: its
// outcome says where the guest is.
func (s *Sender) Migrate(ctx context.Context, id toolstack.DomID) (*Report, error) {
	m, err := s.begin(ctx, id)
	if err != nil {
		return nil, err
	}
	defer m.hangUp()
	ctx, stop := m.engage(ctx)
	defer stop()
	if err := m.preflight(ctx); err != nil {
		m.finish(OutcomeKept, err)
		return m.report, err
	}
	outcome, err := m.move(ctx)
	if err != nil && ctx.Err() != nil && !errors.Is(err, context.Cause(ctx)) && (m.journal == nil || !m.journal.Has(MarkRelease)) {
		// After the release an interrupt changes nothing. Before it one from a terminal
		// can reach what carries the link too, which then ends first.
		err = fmt.Errorf("%w (%w)", context.Cause(ctx), err)
	}
	m.report.addPasses(m.scan.Stats(), m.sent)
	m.finish(outcome, err)
	return m.report, err
}

// engage puts the brake on a migration: it, or the end of ctx, cancels what is returned.
func (m *sending) engage(ctx context.Context) (context.Context, func()) {
	braked, cancel := context.WithCancelCause(ctx)
	m.brake.engage(m.Transport.String(), cancel)
	off := context.AfterFunc(ctx, func() { m.brake.pull(context.Cause(ctx)) })
	return braked, func() {
		off()
		cancel(nil)
	}
}

// finish ends the report and keeps it.
func (m *sending) finish(o Outcome, err error) {
	m.report.finish(o, err)
	if err := saveReport(m.StateDir, m.report); err != nil {
		m.report.Notes = append(m.report.Notes, fmt.Sprintf("this report could not be kept: %v", err))
	}
}

// begin reads the domain's state. A domain that does not run cannot move.
func (s *Sender) begin(ctx context.Context, id toolstack.DomID) (*sending, error) {
	dom, err := s.Host.Domain(ctx, id)
	if err != nil {
		return nil, err
	}
	if id == 0 {
		return nil, errors.New("domain 0 is the host itself and cannot move")
	}
	if dom.Shutdown || dom.Dying {
		return nil, fmt.Errorf("domain %q has stopped (%s): only a running domain can move", dom.Name, dom.Reason)
	}
	if dom.Paused {
		return nil, fmt.Errorf("domain %q is paused: a guest that does not run cannot answer the request to suspend; unpause it first", dom.Name)
	}
	cfg, err := s.Host.Config(ctx, id)
	if err != nil {
		return nil, err
	}
	from, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	there, err := s.Map.apply(cfg)
	if err != nil {
		return nil, err
	}
	m := newSending(s, dom, cfg, from)
	m.there = there
	return m, nil
}

func newSending(s *Sender, dom toolstack.DomainInfo, cfg *idl.DomainConfig, from string) *sending {
	now := time.Now()
	brake := s.Brake
	if brake == nil {
		brake = &Brake{}
	}
	return &sending{
		Sender: s, dom: dom, cfg: cfg, brake: brake,
		meter: newMeter(time.Now, dom.MemoryKiB<<10/pageSize, s.Progress), scan: stream.NewScanner(nil),
		report: &Report{
			ID:     now.UTC().Format("20060102-150405-") + fmt.Sprintf("%08x", randomBits()),
			Side:   SideSource,
			Domain: dom.Name, UUID: dom.UUID, Type: dom.Type, From: from, To: s.Transport.String(),
			Start: now, clock: time.Now, Findings: []Finding{}, Steps: []StepTime{}, Passes: []Pass{}, Decisions: []Decision{},
		},
	}
}

// randomBits tells migrations apart that start in the same second.
func randomBits() []byte {
	b := make([]byte, 4)
	rand.Read(b) // never fails: crypto/rand ends the process instead
	return b
}

// sending is one migration in progress at the source.
type sending struct {
	*Sender
	dom     toolstack.DomainInfo
	cfg     *idl.DomainConfig
	there   *idl.DomainConfig // as it is to be at the destination
	report  *Report
	brake   *Brake
	meter   *meter
	remote  remote // nil until it is reached
	journal *Journal
	stopped bool // by this migration, perhaps: only then may it resume the guest

	scan *stream.Scanner
	sent milestones
}

func (m *sending) step(s Step) {
	m.report.at(s)
	m.meter.step(s)
	if m.journal != nil {
		m.noteStep(s)
	}
	m.Log.Debug().Str("migration", m.report.ID).Int("step", int(s)).Stringer("name", s).Msg("migrate")
	// Before the journal exists, status and cancel know nothing of the migration: prepare calls it then.
	if m.At != nil && s != StepPrepare {
		m.At(s)
	}
}

// noteStep writes the step down for status.
func (m *sending) noteStep(s Step) {
	if err := noteWork(m.StateDir, SideSource, m.report.ID, s); err != nil {
		m.Log.Debug().Err(err).Msg("the step could not be written down")
	}
}

// hangUp ends the connection and the journal's lock.
func (m *sending) hangUp() {
	if m.remote != nil {
		m.remote.close()
	}
	if m.journal == nil {
		return
	}
	if m.journal.Has(MarkRetired) || m.journal.Has(MarkKept) {
		_ = dropWork(m.StateDir, SideSource, m.report.ID) // the next status passes over it
	}
	m.journal.Close()
}

// preflight connects and asks the destination what stands against the move.
func (m *sending) preflight(ctx context.Context) error {
	m.step(StepConnect)
	if err := m.connect(ctx); err != nil {
		return err
	}
	m.step(StepPreflight)
	offer, err := m.makeOffer(ctx)
	if err != nil {
		return err
	}
	found, skipped, err := m.remote.ask(ctx, offer)
	if err != nil {
		return m.explain(err)
	}
	m.report.Findings = append(m.report.Findings, found...)
	for _, what := range skipped {
		m.report.decide("not compared", "%s", what)
	}
	return refusal(m.report.To, m.report.Findings)
}

// refusal is the error that the fatal findings make, nil when there is none.
func refusal(host string, findings []Finding) error {
	var all []error
	for _, f := range findings {
		if f.Fatal {
			all = append(all, errors.New(f.String()))
		}
	}
	if all == nil {
		return nil
	}
	return fmt.Errorf("%w: %s: %w", ErrRefused, host, errors.Join(all...))
}
