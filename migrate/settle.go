package migrate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/xenvoy/xenvoy/toolstack"
)

// Fate is what became of a migration at its destination, for good.
type Fate string

// The fates.
const (
	FateStarted Fate = "started" // the guest was started there
	FateAborted Fate = "aborted" // it was not, and never will be
)

// ErrUndecided says that the destination cannot know whether the guest ran there:
// it died, or the guest was destroyed, within the moment of the start. What a
// guest writes to its disks in that moment forbids to let it run on elsewhere
// unasked.
var ErrUndecided = errors.New("nobody knows whether the guest ran")

// maxAnswer bounds what is read of a destination's answer, in bytes.
const maxAnswer = 4096

// Answer is what "migrate-receive --settle" prints, as JSON.
type Answer struct {
	Fate Fate `json:"fate"`
}

// Settle asks the destination over a new link what became of a migration. A
// destination that had not started the guest gives it up for good.
func Settle(ctx context.Context, t Transport, id string) (Fate, error) {
	link, err := t.Dial("--settle", id)
	if err != nil {
		return "", err
	}
	defer link.Close()
	stop := context.AfterFunc(ctx, func() { link.Close() })
	defer stop()
	b, err := io.ReadAll(io.LimitReader(link, maxAnswer))
	if err == nil && len(b) == 0 {
		err = io.ErrUnexpectedEOF
	}
	var a Answer
	if err == nil {
		err = json.Unmarshal(b, &a)
	}
	if err == nil && a.Fate != FateStarted && a.Fate != FateAborted {
		err = fmt.Errorf("unknown fate %.20q", a.Fate)
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		return "", link.Explain(fmt.Errorf("ask %s: %w", t, err))
	}
	return a.Fate, nil
}

// SettleHere decides a migration at its destination, whose worker may have
// died: it waits for the worker to let go of the journal, then removes what is
// left of a guest that was never started. The answer is final.
func SettleHere(ctx context.Context, h toolstack.Host, dir, id string) (Fate, error) {
	j, err := OpenJournal(ctx, dir, SideDestination, id)
	if errors.Is(err, fs.ErrNotExist) {
		// It never got here. The journal keeps a straggler from starting it.
		if j, err = CreateJournal(dir, SideDestination, id, Entry{}); errors.Is(err, fs.ErrExist) {
			return SettleHere(ctx, h, dir, id)
		}
	}
	if err != nil {
		return "", err
	}
	defer j.Close()
	fate, err := settle(ctx, h, j)
	if err == nil {
		_ = dropWork(dir, SideDestination, id) // the next status passes over it
	}
	return fate, err
}

func settle(ctx context.Context, h toolstack.Host, j *Journal) (Fate, error) {
	switch {
	case j.Has(MarkStarted):
		return FateStarted, nil
	case j.Has(MarkAborted):
		return FateAborted, nil
	}
	begin, ok := j.Begin()
	if !ok {
		return "", errUnread(j.file.Name(), errNotBegun)
	}
	dom, found, err := arrived(ctx, h, begin, j.Has(MarkRelease))
	if err != nil {
		return "", err
	}
	if found && (!dom.Paused || j.Has(MarkStarting) && dom.CPUTime > 0) {
		// The worker died between starting the guest and writing so. One that is paused and has
		// used a CPU was paused later: a guest that is only rebuilt has used none.
		return FateStarted, j.Write(Entry{Mark: MarkStarted})
	}
	if !found && j.Has(MarkStarting) {
		return "", fmt.Errorf("%w: domain %q was about to start and is gone", ErrUndecided, begin.Domain)
	}
	if found {
		if err := h.Destroy(ctx, dom.ID); err != nil {
			return "", fmt.Errorf("remove the unfinished copy, domain %d: %w", dom.ID, err)
		}
	}
	return FateAborted, j.Write(Entry{Mark: MarkAborted, Why: "settled after its worker had gone"})
}

// arrived finds the domain that a migration's worker was building. Until the
// release that is a paused domain under the incoming name; nothing else with the
// guest's uuid is the worker's. After it the worker may have renamed and started
// it.
func arrived(ctx context.Context, h toolstack.Host, begin Entry, released bool) (toolstack.DomainInfo, bool, error) {
	all, err := h.Domains(ctx)
	if err != nil {
		return toolstack.DomainInfo{}, false, err
	}
	for _, d := range all {
		incoming := d.Name == begin.Domain+toolstack.IncomingSuffix && d.Paused
		renamed := released && (d.Name == begin.Domain || d.Name == begin.Domain+toolstack.IncomingSuffix)
		if begin.UUID != "" && d.UUID == begin.UUID && (incoming || renamed) {
			return d, true, nil
		}
	}
	return toolstack.DomainInfo{}, false, nil
}

// ErrContradicted says that the operator's word about a guest is not what its destination has said.
var ErrContradicted = errors.New("the destination has said otherwise")

// ErrNoAccount says that a migration is decided, and only its report does not tell so.
var ErrNoAccount = errors.New("the migration is decided")

// Resolve decides at the source a migration whose end it has not seen. It waits,
// until ctx ends, for a process that still works on it. The guest then is moved
// or kept; the error is ErrInDoubt when the destination cannot be asked, ErrBusy
// when another migration of the same domain must end first. What the destination
// has said before, by the journal, it is not asked again.
//
// With assume set the destination is not asked: the operator has found out what
// became of the guest there, where the destination is lost or cannot tell. A word
// against the destination's own is ErrContradicted. ErrNoAccount comes with the outcome.
func Resolve(ctx context.Context, h toolstack.Host, dir, id string, assume Fate) (Outcome, error) {
	r := &resolution{host: h, dir: dir, id: id, assume: assume, ask: func(ctx context.Context, begin Entry) (Fate, error) {
		if begin.Peer == PeerXL {
			return "", fmt.Errorf("%w; look on %s whether it runs, and run: %s", ErrXLCannotTell, begin.Host, resolveCommand(PeerXL, id))
		}
		return Settle(ctx, SSH{Command: begin.SSH, Host: begin.Host}, id)
	}}
	outcome, err := r.run(ctx)
	if err != nil {
		return outcome, err
	}
	_ = dropWork(dir, SideSource, id) // the next status passes over it
	if err := reportResolved(dir, id, outcome, r.how); err != nil {
		return outcome, fmt.Errorf("%w: the guest is %s, but its report could not be brought up to date: %w", ErrNoAccount, outcome, err)
	}
	return outcome, nil
}

// resolution is one Resolve.
type resolution struct {
	host    toolstack.Host
	dir, id string
	assume  Fate
	ask     func(context.Context, Entry) (Fate, error) // the destination
	how     string                                     // the fate came to be known
}

func (r *resolution) run(ctx context.Context) (Outcome, error) {
	j, err := OpenJournal(ctx, r.dir, SideSource, r.id)
	if err != nil {
		return "", fmt.Errorf("migration %s: %w", r.id, err)
	}
	defer j.Close()
	if o := outcomeOf(j.entries); o != "" {
		r.how = "its journal says so"
		return o, nil
	}
	begin, ok := j.Begin()
	if !ok {
		return "", errUnread(j.file.Name(), errNotBegun)
	}
	if err := aloneWith(r.dir, r.id, begin); err != nil {
		return "", err
	}
	fate, err := r.fate(ctx, j, begin)
	switch {
	case errors.Is(err, ErrContradicted):
		return OutcomeInDoubt, err
	case !j.Has(MarkRelease) && fate == FateStarted:
		return OutcomeInDoubt, fmt.Errorf("%w: %s is said to have started the guest, which this side has not released; look at both before you end one of the two",
			ErrInDoubt, begin.Host)
	case err != nil && j.Has(MarkRelease):
		return OutcomeInDoubt, fmt.Errorf("%w: %w", ErrInDoubt, err)
	case fate == FateStarted:
		return OutcomeMoved, retireLeft(ctx, r.host, j, begin, r.id)
	}
	return takeBack(ctx, r.host, j, begin)
}

// fate is what became of the guest at the destination: by what that has said before, by the
// operator's word, or by asking.
func (r *resolution) fate(ctx context.Context, j *Journal, begin Entry) (Fate, error) {
	said := verdict(j.entries)
	switch {
	case said != "" && r.assume != "" && r.assume != said:
		return "", fmt.Errorf("%w: that it has %s the guest; run: %s", ErrContradicted, said, resolveCommand(PeerXenvoy, r.id))
	case said != "":
		r.how = "the destination had said so"
		return said, nil
	case r.assume != "":
		r.how = fmt.Sprintf("the operator said that the destination has %s it", r.assume)
		return r.assume, nil
	}
	r.how = "the destination was asked"
	fate, err := r.ask(ctx, begin)
	if err == nil && j.Has(MarkRelease) {
		_ = heard(j, fate) // what follows does not need it
	}
	return fate, err
}

// verdict is what the destination has said of a released guest, by the source's journal; "" when
// it holds no such word.
func verdict(entries []Entry) Fate {
	switch {
	case !has(entries, MarkRelease):
		return ""
	case has(entries, MarkStarted):
		return FateStarted
	case has(entries, MarkAborted):
		return FateAborted
	}
	return ""
}

// resolveCommand is the command that decides a migration.
func resolveCommand(p Peer, id string) string {
	command := "xenvoy migrate resolve "
	if p == PeerXL {
		command += "--assume started|aborted "
	}
	return command + id
}

// decideBy is the command that decides a migration at its source, by the journal: the operator's
// word is needed only where neither the destination nor the journal can say it.
func decideBy(entries []Entry, id string) string {
	if b, _ := begin(entries); b.Peer == PeerXL && has(entries, MarkRelease) && verdict(entries) == "" {
		return resolveCommand(PeerXL, id)
	}
	return resolveCommand(PeerXenvoy, id)
}

// heard writes the destination's word into the source's journal: whoever goes on from here need
// not ask again, and an xl cannot be asked.
func heard(j *Journal, fate Fate) error {
	if fate == FateStarted {
		return j.Write(Entry{Mark: MarkStarted})
	}
	return j.Write(Entry{Mark: MarkAborted})
}

// copyHere looks for the source's copy of a migration's guest. A number can mean
// another domain by now.
func copyHere(ctx context.Context, h toolstack.Host, begin Entry) (d toolstack.DomainInfo, found bool, err error) {
	d, err = h.Domain(ctx, toolstack.DomID(begin.DomID))
	if errors.Is(err, toolstack.ErrNoDomain) {
		return d, false, nil
	}
	if err != nil {
		return d, false, fmt.Errorf("look at domain %d here: %w", begin.DomID, err)
	}
	return d, d.UUID == begin.UUID, nil
}

// retireLeft destroys the copy of a guest that was started at the destination,
// if it still is there. A copy that runs is not it: the guest has come back
// since, and got the same number.
func retireLeft(ctx context.Context, h toolstack.Host, j *Journal, begin Entry, id string) error {
	here, found, err := copyHere(ctx, h, begin)
	if err != nil {
		return err
	}
	if found && here.Suspended() {
		return retire(ctx, h, j, here.ID, id)
	}
	return retired(j, "no suspended copy was left", id)
}

// takeBack lets the guest run on here after the destination has given it up. One that has ended
// here meanwhile is nobody's any more: its file makes a new one.
func takeBack(ctx context.Context, h toolstack.Host, j *Journal, begin Entry) (Outcome, error) {
	here, found, err := copyHere(ctx, h, begin)
	if err != nil {
		return "", err
	}
	ended := Entry{Mark: MarkKept, Ended: true,
		Why: fmt.Sprintf("the destination has not started the guest, and domain %d (%s) is not here any more", begin.DomID, begin.Domain)}
	if !found {
		return OutcomeEnded, j.Write(ended)
	}
	switch err := resumeHere(ctx, h, here.ID); {
	case errors.Is(err, errEnded):
		ended.Why = fmt.Sprintf("the destination has not started the guest, and domain %d (%s) has ended here", begin.DomID, begin.Domain)
		return OutcomeEnded, j.Write(ended)
	case err != nil:
		return "", err
	}
	return OutcomeKept, j.Write(Entry{Mark: MarkKept, Why: "resolved"})
}

// sweepWait is how long Sweep waits for a journal's lock: a worker that holds
// it is alive and needs no sweeping.
const sweepWait = 100 * time.Millisecond

// Sweep removes what migrations have left at this destination whose workers died
// before a release. It is run before each new one arrives. One that had its
// release is left to its source, which asks by Settle.
func Sweep(ctx context.Context, h toolstack.Host, dir string) error {
	ids, err := Journals(dir, SideDestination)
	if err != nil {
		return err
	}
	var all []error
	for _, id := range ids {
		short, stop := context.WithTimeout(ctx, sweepWait)
		j, err := OpenJournal(short, dir, SideDestination, id)
		stop()
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			continue
		}
		if err == nil {
			if !j.Has(MarkRelease) {
				_, err = settle(ctx, h, j)
			}
			j.Close()
		}
		if err != nil {
			all = append(all, fmt.Errorf("migration %s: %w", id, err))
		}
	}
	return errors.Join(all...)
}
