package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

const (
	// outcomeLost is the outcome of a run that another took the place of.
	outcomeLost = "lost"
	// outcomeRunning is shown for a run that has none yet.
	outcomeRunning = "running"
)

// runReport is what a run came to, apart from its single changes.
type runReport struct {
	Run    store.Run        `json:"run"`
	Counts []store.Count    `json:"counts"`
	Notes  []store.Note     `json:"notes"`
	Held   []store.HeldPlan `json:"held_plans"`
	Advice []advised        `json:"advice"`
	// Without are the people who have no account in a target that makes none, as
	// it is now; the run itself may not have looked for them.
	Without []store.WithoutAccount `json:"without_account,omitempty"`
}

func readReport(ctx context.Context, s *store.Store, run store.Run) (*runReport, error) {
	counts, err := s.Counts(ctx, run.ID)
	if err != nil {
		return nil, err
	}
	notes, err := s.Notes(ctx, run.ID)
	if err != nil {
		return nil, err
	}
	held, err := s.HeldPlans(ctx, run.ID)
	if err != nil {
		return nil, err
	}
	without, err := s.WithoutAccount(ctx, run.Connection)
	if err != nil {
		return nil, err
	}
	run = named(run)
	return &runReport{Run: run, Counts: list(counts), Notes: list(notes), Held: list(held), Advice: list(advise(run, counts)), Without: list(without)}, nil
}

// named gives a run that goes on the outcome "running".
func named(run store.Run) store.Run {
	if run.Outcome == "" {
		run.Outcome = outcomeRunning
	}
	return run
}

// sum adds up the changes in some states; in all of them when none is given.
func (r *runReport) sum(states ...directory.State) int64 {
	var n int64
	for _, c := range r.Counts {
		if len(states) == 0 || slices.Contains(states, directory.State(c.State)) {
			n += c.Count
		}
	}
	return n
}

// outcomeError is the error that the outcome of a run is, nil for a good one.
func (r *runReport) outcomeError() error {
	id := r.Run.ID
	switch r.Run.Outcome {
	case workflows.OutcomeDone, workflows.OutcomeDry:
		return nil
	case workflows.OutcomeHeld:
		return &failure{code: ExitPartial, err: fmt.Errorf("run %d is done; %s held by the guard", id, plural(r.sum(directory.Held), "removal")),
			next: fmt.Sprintf("look at what is held with \"rollcall run %d --state held\", then: rollcall approve %d, or rollcall reject %d", id, id, id)}
	case workflows.OutcomePartial:
		failed := r.sum(failedStates...)
		look := fmt.Sprintf("rollcall run %d --failed", id)
		if failed == 0 {
			look = fmt.Sprintf("rollcall run %d", id)
		}
		held := ""
		if n := r.sum(directory.Held); n > 0 {
			held = fmt.Sprintf("; %s held, see: rollcall held", plural(n, "removal"))
		}
		return &failure{code: ExitPartial, err: fmt.Errorf("run %d is done, apart from %s", id, plural(r.sum()-r.sum(settledStates...), "change")),
			next: "look at what was not made with: " + look + held}
	}
	reason := ""
	if r.Run.Reason != "" {
		reason = ": " + r.Run.Reason
	}
	next := ""
	if advice := adviseRun(r.Run); len(advice) > 0 {
		next = advice[0].Next
		if len(advice) > 1 {
			next = fmt.Sprintf("\"rollcall run %d\" says of each what to do, and \"rollcall check\" whether it is done.", id)
		}
	}
	return &failure{code: ExitFailed, err: fmt.Errorf("run %d %s%s", id, r.Run.Outcome, reason), next: next}
}

var (
	failedStates = []directory.State{directory.Failed, directory.Refused, directory.Blocked}
	// settledStates are ends that leave nothing to be done by the run.
	settledStates = []directory.State{directory.Applied, directory.Skipped}
)

// folded says once what is to be done about several targets alike.
func folded(advice []advised) []advised {
	var all []advised
	for _, a := range advice {
		i := slices.IndexFunc(all, func(b advised) bool {
			return a.Target != "" && b.Target != "" && a.Class == b.Class && a.Next == b.Next
		})
		if i < 0 {
			all = append(all, a)
			continue
		}
		all[i].Target += ", " + a.Target
		all[i].Changes += a.Changes
	}
	return all
}

func (p *program) printReport(r *runReport) error {
	p.printRunHead(r)
	if err := p.printCounts(r); err != nil {
		return err
	}
	said := len(r.Held)
	for _, n := range r.Notes {
		if n.Code == "held" || n.Code == "contradicted" {
			continue // the advice below says it
		}
		said++
		where := ""
		if n.Target != "" {
			where = n.Target + ": "
		}
		subject := ""
		switch {
		case n.UserID != 0:
			subject = fmt.Sprintf(" (--user %d)", n.UserID)
		case n.GroupID != 0:
			subject = fmt.Sprintf(" (--group %d)", n.GroupID)
		}
		p.printf("Note: %s%s%s\n", where, plain(n.Text), subject)
	}
	for _, w := range r.Without {
		said++
		p.printf("Without an account in %s, which makes none: %d of those in scope, see: rollcall link %s --target %s --state unmatched-user\n", w.Target, w.People, r.Run.Connection, w.Target)
	}
	for _, h := range r.Held {
		p.printf("Held: %s in %s, since run %d (%s), until %s: %s\n", plural(h.Changes, "removal"), h.Target, h.RunID, h.Reason, at(h.Expires), h.State)
	}
	if len(r.Advice) > 0 {
		if said > 0 {
			p.printf("\n")
		}
		p.printf("What to do next\n")
	}
	for _, a := range folded(r.Advice) {
		about := a.Class
		if a.Target != "" {
			about = fmt.Sprintf("%s in %s", a.Class, a.Target)
		}
		if a.Changes > 0 {
			about += fmt.Sprintf(" (%s)", plural(a.Changes, "change"))
		}
		p.printf("  %s: %s\n", about, a.Next)
	}
	if said+len(r.Advice) > 0 {
		p.printf("\n")
	}
	return nil
}

func (p *program) printRunHead(r *runReport) {
	run := r.Run
	kind := "by " + run.Trigger
	if run.DryRun {
		kind += ", dry"
	}
	if run.AllowRemovals {
		kind += ", removals allowed"
	}
	if run.AskedBy != "" {
		kind += ", asked for by " + plain(whoText(run.AskedBy, run.Verified))
	}
	if run.Undoes != 0 {
		kind += fmt.Sprintf(", taking back run %d", run.Undoes)
	}
	read := "read what changed"
	if run.FullRead {
		read = "read in full"
	}
	p.printf("Run %d of %s: %s", run.ID, run.Connection, run.Outcome)
	if run.Reason != "" {
		p.printf(" (%s)", plain(run.Reason))
	}
	p.printf("\nStarted %s %s", at(run.Started), kind)
	if run.Outcome == outcomeRunning {
		p.printf("; now at stage %q", run.Stage)
		switch run.Control {
		case store.VerbPause:
			p.printf(", paused (rollcall run resume %d)", run.ID)
		case store.VerbStop:
			p.printf(", stopping")
		}
		if run.Pace > 0 {
			p.printf(", at most %s a second", plural(run.Pace, "change"))
		}
	} else {
		p.printf(", took %s", took(run.Started, run.Ended))
	}
	if run.Trigger == triggerScim {
		read = "pushed"
	}
	if run.RequestID != 0 {
		// Some people or groups: nothing was read in lists.
		p.printf("\n")
		return
	}
	p.printf("\nSource %s: %s, %s, %s\n", read, plural(run.UsersRead, "user"), plural(run.GroupsRead, "group"), plural(run.MembersRead, "membership"))
}

func (p *program) printCounts(r *runReport) error {
	if len(r.Counts) == 0 {
		if r.Run.Outcome == workflows.OutcomeDone || r.Run.Outcome == workflows.OutcomeDry {
			p.printf("Nothing to change.\n")
		}
		return nil
	}
	rows := [][]string{{"TARGET", "CHANGE", "OUTCOME", "COUNT"}}
	for _, c := range r.Counts {
		rows = append(rows, []string{c.Target, c.Kind, stateOf(c.State, c.Class), fmt.Sprint(c.Count)})
	}
	p.printf("\n")
	if err := p.table(rows); err != nil {
		return err
	}
	p.printf("\n")
	return nil
}
