package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// The decisions about a held plan.
const (
	decisionApprove = "approve"
	decisionReject  = "reject"
)

// decision is a person's yes or no to what a run holds, or to part of it.
type decision struct {
	reject     bool
	run        int64
	target     string
	only       []string
	users      []string
	by         string
	yes        bool
	connection string
}

func (p *program) approveCommand() *cobra.Command {
	return p.decisionCommand(decision{}, "approve RUN", "Let through what the guard of a run held, or part of it",
		"Let through what the guard of a run held, or part of it, and follow it to its end.\n\n"+
			"What is held is looked at again first: a change that is no longer due is dropped, and said so. It shows what it is about and asks; --yes answers. "+
			"Who approves is recorded, as unverified unless ROLLCALL_APPROVER_TOKEN holds a secret of approvals.approvers.")
}

func (p *program) rejectCommand() *cobra.Command {
	return p.decisionCommand(decision{reject: true}, "reject RUN", "Say no to what the guard of a run held, or to part of it",
		"Say no to what the guard of a run held, or to part of it. Nothing is written to a target.\n\n"+
			"A later run that finds the same still due holds it again: correct the source, the rules or the leavers' ladder, so that it is not.")
}

func (p *program) decisionCommand(d decision, use, short, long string) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, Long: long, Args: oneArgument("the id of a run")}
	c.RunE = func(c *cobra.Command, args []string) (err error) {
		if d.run, err = runNumber(args[0]); err != nil {
			return err
		}
		for _, kind := range d.only {
			if !directory.Kind(kind).Removal() {
				return usage("--only %s: only removals are held; expected %s", kind, join(directory.Removals[:]))
			}
		}
		return p.decide(c.Context(), d)
	}
	c.Flags().StringVar(&d.target, "target", "", "only in this target")
	c.Flags().StringSliceVar(&d.only, "only", nil, "only changes of these kinds: "+join(directory.Removals[:]))
	c.Flags().StringSliceVar(&d.users, "user", nil, "only these people's changes, by e-mail, login or id")
	byFlag(c, &d.by)
	yesFlag(c, &d.yes)
	return c
}

func (p *program) decide(ctx context.Context, d decision) error {
	return p.withStore(ctx, func(ctx context.Context, c *config.Config, s *store.Store) error {
		who, err := p.who(c, d.by)
		if err != nil {
			return err
		}
		run, err := findRun(ctx, s, d.run)
		if err != nil {
			return err
		}
		d.connection = run.Connection
		request := store.Request{Connection: run.Connection, Kind: store.RequestApprove, Who: who}
		if d.reject {
			request.Kind = store.RequestReject
		}
		for _, kind := range d.only {
			request.Kinds = append(request.Kinds, directory.Kind(kind))
		}
		if request.Users, err = people(ctx, s, run.Connection, d.users); err != nil {
			return err
		}
		plans, err := p.openPlans(ctx, s, d)
		if err != nil {
			return err
		}
		shown, plans, err := p.showHeld(ctx, s, d, request, plans)
		if err != nil {
			return err
		}
		conn, err := dial(ctx, c)
		if err != nil {
			return err
		}
		defer conn.Close()
		if err := p.workersOf(ctx, conn, c, run.Connection); err != nil {
			return err
		}
		if err := p.confirm(ctx, d.yes, d.question(shown, who)); err != nil {
			return err
		}
		return p.sendAll(ctx, c, conn, s, request, plans)
	})
}

// openPlans are the plans of the run that wait for a decision.
func (p *program) openPlans(ctx context.Context, s *store.Store, d decision) ([]store.HeldPlan, error) {
	all, err := s.HeldPlans(ctx, d.run)
	if err != nil {
		return nil, err
	}
	open := slices.DeleteFunc(slices.Clone(all), func(h store.HeldPlan) bool {
		return h.State != string(directory.Held) || d.target != "" && h.Target != d.target
	})
	if len(open) > 0 {
		return open, nil
	}
	if len(all) == 0 {
		return nil, &failure{code: ExitFailed, err: fmt.Errorf("run %d of %s holds nothing", d.run, d.connection), next: "\"rollcall held\" lists what waits for a decision."}
	}
	states := ""
	for _, h := range all {
		if states != "" {
			states += ", "
		}
		states += h.Target + ": " + h.State
	}
	return nil, &failure{code: ExitFailed, err: fmt.Errorf("nothing of run %d of %s waits for a decision any more (%s)", d.run, d.connection, states),
		next: "\"rollcall held\" lists what does; a plan is superseded by a later run, and expires."}
}

// showHeld prints what the decision is about, by target and kind and then each
// change, and returns how many there are and the plans that hold them.
func (p *program) showHeld(ctx context.Context, s *store.Store, d decision, r store.Request, plans []store.HeldPlan) (int64, []store.HeldPlan, error) {
	var counts []store.Count
	total := int64(0)
	about := heldChanges(ctx, s, d, r, plans)
	for c, err := range about {
		if err != nil {
			return 0, nil, err
		}
		total++
		i := slices.IndexFunc(counts, func(n store.Count) bool { return n.Target == c.Target && n.Kind == c.Kind })
		if i < 0 {
			counts = append(counts, store.Count{Target: c.Target, Kind: c.Kind})
			i = len(counts) - 1
		}
		counts[i].Count++
	}
	if total == 0 {
		return 0, nil, &failure{code: ExitFailed, err: fmt.Errorf("run %d holds nothing like that", d.run), next: fmt.Sprintf("look at what it holds with: rollcall run %d --state held", d.run)}
	}
	plans = concerned(plans, counts)
	if p.json {
		return total, plans, nil
	}
	for _, h := range plans {
		p.printf("Run %d of %s holds %s in %s (%s), until %s.\n", d.run, d.connection, plural(h.Changes, "removal"), h.Target, h.Reason, at(h.Expires))
	}
	rows := [][]string{{"TARGET", "CHANGE", "COUNT"}}
	for _, n := range counts {
		rows = append(rows, []string{n.Target, n.Kind, fmt.Sprint(n.Count)})
	}
	p.printf("\n")
	if err := p.table(rows); err != nil {
		return 0, nil, err
	}
	p.printf("\n")
	err := p.printChanges("Changes", firstOf(about, changesShown, func(more int64) {
		p.printf("  … and %d more: rollcall run %d --state held\n", more, d.run)
	}))
	p.printf("\n")
	return total, plans, err
}

// concerned are the plans of the targets that a decision has changes in. Those of
// the others have nothing to say about it.
func concerned(plans []store.HeldPlan, counts []store.Count) []store.HeldPlan {
	return slices.DeleteFunc(slices.Clone(plans), func(h store.HeldPlan) bool {
		return !slices.ContainsFunc(counts, func(n store.Count) bool { return n.Target == h.Target })
	})
}

// changesShown is how many changes are listed before a question: what fits on
// a screen with the question still on it.
const changesShown = 20

// question asks what the person is about to do.
func (d decision) question(changes int64, who store.Who) string {
	verb := "Make"
	if d.reject {
		verb = "Reject"
	}
	return fmt.Sprintf("%s %s, as %s?", verb, plural(changes, "removal"), plain(whoText(who.Name, who.Verified)))
}

// workersOf checks that the worker of a connection runs.
func (p *program) workersOf(ctx context.Context, conn client.Client, c *config.Config, connection string) error {
	absent, err := queuesWithoutWorker(ctx, conn, c, []string{connection})
	if err != nil {
		return err
	}
	if len(absent) > 0 {
		return noWorker(absent, c)
	}
	return nil
}
