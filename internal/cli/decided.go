package cli

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/internal/temporal"
	"github.com/rollcall-sync/rollcall/workflows"
)

// heldChanges streams the changes that a decision is about.
func heldChanges(ctx context.Context, s *store.Store, d decision, r store.Request, plans []store.HeldPlan) iter.Seq2[store.Change, error] {
	return func(yield func(store.Change, error) bool) {
		for c, err := range s.Changes(ctx, d.run, store.ChangeFilter{States: []string{string(directory.Held)}}) {
			if err == nil && !concerns(c, r, plans) {
				continue
			}
			if !yield(c, err) {
				return
			}
		}
	}
}

func concerns(c store.Change, r store.Request, plans []store.HeldPlan) bool {
	return c.Class != string(directory.ClassUnconfirmed) && // not a plan's: the next run asks the source again
		slices.ContainsFunc(plans, func(h store.HeldPlan) bool { return h.Target == c.Target }) &&
		(len(r.Kinds) == 0 || slices.Contains(r.Kinds, directory.Kind(c.Kind))) &&
		(len(r.Users) == 0 || slices.Contains(r.Users, c.UserID))
}

// firstOf streams the first rows and tells more how many were left out.
func firstOf[T any](rows iter.Seq2[T, error], most int64, more func(left int64)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		n := int64(0)
		for row, err := range rows {
			if n++; n > most && err == nil {
				continue
			}
			if !yield(row, err) {
				return
			}
		}
		if n > most {
			more(n - most)
		}
	}
}

// outcome is what a decision about one plan came to, as --json prints it.
type outcome struct {
	Run    int64  `json:"held_run_id"`
	Plan   int64  `json:"plan_id"`
	Target string `json:"target"`
	// Refused is the class of why the decision has no effect.
	Refused string `json:"refused,omitempty"`
	// Changes is how many it is about, Remaining how many are still held.
	Changes   int64 `json:"changes"`
	Remaining int64 `json:"remaining"`
	// Waiting is set when a second person has to approve as well.
	Waiting bool `json:"waiting_for_second_person,omitempty"`
	// RunID is the run that carried it out.
	RunID int64 `json:"run_id,omitempty"`
	*runReport
}

// sendAll sends a decision about each plan, and follows what comes of it.
func (p *program) sendAll(ctx context.Context, c *config.Config, conn client.Client, s *store.Store, r store.Request, plans []store.HeldPlan) error {
	var outcomes []outcome
	var errs []error
	for _, h := range plans {
		o, err := p.send(ctx, c, conn, s, r, h)
		outcomes = append(outcomes, o)
		errs = append(errs, err)
		if ctx.Err() != nil {
			break
		}
	}
	if p.json {
		errs = append(errs, p.printJSON(outcomes))
	}
	return firstFailure(errs)
}

// firstFailure is the first of several errors that has an exit code, so that
// its advice is printed.
func firstFailure(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *program) send(ctx context.Context, c *config.Config, conn client.Client, s *store.Store, r store.Request, h store.HeldPlan) (outcome, error) {
	o := outcome{Run: h.RunID, Plan: h.ID, Target: h.Target}
	var err error
	r.Subject = h.ID
	if r, err = p.addRequest(ctx, s, r); err != nil {
		return o, err
	}
	decided, err := sendDecision(ctx, conn, r, h)
	if err != nil {
		return o, p.undecided(ctx, s, c, r, h, err)
	}
	o.Changes, o.Remaining, o.Waiting, o.Refused = decided.Changes, decided.Remaining, decided.Waiting, string(decided.Refused)
	if decided.Refused != "" {
		return o, refusal(decided.Refused, r, h, c)
	}
	if !p.json {
		p.sayDecided(r, h, decided)
	}
	if decided.RequestID == 0 {
		return o, nil
	}
	if err := p.out.Flush(); err != nil {
		return o, fmt.Errorf("write the result: %w", err)
	}
	r.ID = decided.RequestID
	end, err := p.follow(ctx, c, conn, s, r, workflows.TriggerApproval)
	if err != nil {
		return o, err
	}
	report, err := p.subjectsReport(ctx, s, r.Connection, end)
	if err != nil {
		return o, err
	}
	o.RunID, o.runReport = report.Run.ID, report
	if !p.json {
		if err := p.printApproved(ctx, s, report); err != nil {
			return o, err
		}
	}
	return o, report.outcomeError()
}

// dropped is how many of the changes that were approved are not due any more.
func (r *runReport) dropped() (n int64) {
	for _, c := range r.Counts {
		if c.State == string(directory.Contradicted) || c.Class == string(directory.ClassStale) {
			n += c.Count
		}
	}
	return n
}

// undecided says what a decision came to that the plan's workflow did not
// answer: the plan may have ended meanwhile.
func (p *program) undecided(ctx context.Context, s *store.Store, c *config.Config, r store.Request, h store.HeldPlan, sent error) error {
	plans, err := s.HeldPlans(ctx, h.RunID)
	if err != nil {
		return err
	}
	for _, now := range plans {
		if now.ID == h.ID && now.State != string(directory.Held) {
			class := directory.Class(now.State)
			if class != store.RefusedExpired && class != store.RefusedSuperseded {
				class = store.RefusedDecided
			}
			return refusal(class, r, h, c)
		}
	}
	return temporalFailure("send the decision", c, sent)
}

// printApproved prints what an approval came to: each change, and what was
// dropped since it is not due any more.
func (p *program) printApproved(ctx context.Context, s *store.Store, report *runReport) error {
	if dropped := report.dropped(); dropped > 0 {
		p.printf("Dropped, as the source says otherwise by now: %s.\n\n", plural(dropped, "change"))
	}
	ours := func(yield func(store.Change, error) bool) {
		for c, err := range s.Changes(ctx, report.Run.ID, store.ChangeFilter{}) {
			// What else is due for these people waits for the next run.
			if err == nil && c.Class == string(directory.ClassNotApproved) {
				continue
			}
			if !yield(c, err) {
				return
			}
		}
	}
	return p.printDone(report, ours)
}

// sendDecision tells the workflow that owns the plan.
func sendDecision(ctx context.Context, conn client.Client, r store.Request, h store.HeldPlan) (workflows.Decided, error) {
	ctx, cancel := context.WithTimeout(ctx, decidedWithin)
	defer cancel()
	return temporal.DecideHeld(ctx, conn, workflows.HeldInput{Connection: r.Connection, PlanID: h.ID}, r.Kind == store.RequestReject,
		workflows.Decision{Digest: h.Digest, RequestID: r.ID})
}

// decidedWithin is how long a decision may take: it is one transaction, and a
// busy worker takes a second to come to it.
const decidedWithin = time.Minute

func (p *program) sayDecided(r store.Request, h store.HeldPlan, d workflows.Decided) {
	verb := "Approved"
	if r.Kind == store.RequestReject {
		verb = "Rejected"
	}
	p.printf("%s %s of run %d in %s", verb, plural(d.Changes, "removal"), h.RunID, h.Target)
	if d.Remaining > 0 && !d.Waiting {
		p.printf("; %d still held", d.Remaining)
	}
	p.printf(".\n")
	switch {
	case d.Waiting:
		p.printf("A second person has to approve as well, until %s: rollcall approve %d\n", at(d.Expires), h.RunID)
	case r.Kind == store.RequestReject:
		p.printf("Nothing was written. A later run that finds them still due holds them again.\n")
	}
}

// refusal says why a decision has no effect, and what to do.
func refusal(class directory.Class, r store.Request, h store.HeldPlan, c *config.Config) error {
	words := map[directory.Class][2]string{
		store.RefusedExpired:    {"the plan has expired", "a later run holds what is still due: rollcall sync {connection}, then rollcall held"},
		store.RefusedSuperseded: {"a later run has taken the plan's place", "look at that one: rollcall held {connection}"},
		store.RefusedDecided:    {"somebody has decided about it already", "see who: rollcall audit --actions --run {run}"},
		store.RefusedDigest:     {"what is held is not what was shown any more", "look again: rollcall run {run} --state held"},
		store.RefusedSamePerson: {"you have approved it already, and a second person has to", "have somebody else run: rollcall approve {run}"},
		store.RefusedUnverified: {"only a verified person may decide, and your name is not", "put your secret of approvals.approvers in {file} into " + approverToken + "."},
		classUnknown:            {"the target is not in the worker's configuration any more", "put it back, restart the worker and approve then; or do away with what is held: rollcall reject {run} --target " + h.Target},
		classMoved: {"the target names another place by now than the one that this is about",
			"put its former address back, restart the worker and approve then (\"rollcall check\" says which it was); or do away with what is held: rollcall reject {run} --target " + h.Target},
		store.RefusedNothing: {"nothing that is held matches", "look at what is held: rollcall run {run} --state held"},
	}
	text, ok := words[class]
	if !ok {
		text = [2]string{string(class), adviceOn(class, place{connection: r.Connection, target: h.Target, run: h.RunID})}
	}
	next := strings.ReplaceAll(filled(text[1], place{connection: r.Connection, target: h.Target, run: h.RunID}), "{file}", c.File)
	return &failure{code: ExitFailed, err: fmt.Errorf("run %d in %s: %s; nothing was done (%s)", h.RunID, h.Target, text[0], class), next: next}
}
