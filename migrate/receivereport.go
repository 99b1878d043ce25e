package migrate

import (
	"os"
	"time"
)

// openReport begins the destination's own account.
func (a *arrival) openReport() {
	here, err := os.Hostname()
	if err != nil {
		here = "?"
	}
	o := a.offer
	a.report = &Report{
		ID: o.ID, Side: SideDestination, Domain: o.name(), UUID: o.uuid(), Type: o.Config.CInfo.Type.String(),
		From: o.From, To: here, Peer: PeerXenvoy, Start: time.Now(), clock: time.Now,
		Findings: a.found, Steps: []StepTime{}, Passes: []Pass{}, Decisions: []Decision{},
	}
	a.report.at(StepPrepare)
}

// closeReport ends it and keeps it. A failure to keep it is no failure of the migration.
func (a *arrival) closeReport(err error) {
	r := a.report
	if r == nil {
		return
	}
	outcome := OutcomeGivenUp
	switch {
	case err == nil:
		outcome = OutcomeMoved
	case a.journal == nil || !a.journal.Has(MarkAborted):
		outcome = OutcomeInDoubt // it could not be settled
	}
	if at, ok := r.stepAt(StepVerify); ok {
		from, _ := r.stepAt(StepPreCopy)
		r.Sending = Duration(at - from)
	}
	r.finish(outcome, err)
	if err := saveReport(a.StateDir, r); err != nil {
		a.Log.Warn().Err(err).Msg("the report of the migration could not be kept")
	}
}

// step notes that a step begins.
func (a *arrival) step(s Step) {
	a.report.at(s)
	a.noteStep(s)
	if a.At != nil {
		a.At(s)
	}
}

// noteStep writes the step down for status.
func (a *arrival) noteStep(s Step) {
	if err := noteWork(a.StateDir, SideDestination, a.offer.ID, s); err != nil {
		a.Log.Debug().Err(err).Msg("the step could not be written down")
	}
}

// hangUp lets the journal go.
func (a *arrival) hangUp() {
	if a.journal.Has(MarkStarted) || a.journal.Has(MarkAborted) {
		_ = dropWork(a.StateDir, SideDestination, a.offer.ID) // the next status passes over it
	}
	a.journal.Close()
}
