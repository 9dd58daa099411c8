package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/activities"
	"github.com/rollcall-sync/rollcall/internal/app"
	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

func (p *program) explainCommand() *cobra.Command {
	target := ""
	c := &cobra.Command{
		Use: "explain CONNECTION USER", Short: "Say what the rules make of a person in each target, and why, and what the next run would do",
		Long: "Say for each target: in scope or not and by which rule, each value with the rule that made it, each group with the reason, the account that it is linked to and how, and what the next run would do.\n\n" +
			"It looks at what is stored and at the rules of this configuration, and asks neither the source nor a target: \"rollcall sync CONNECTION --user USER --dry-run\" does.",
		Args: twoArguments("the connection and a person"),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withStore(c.Context(), func(ctx context.Context, c *config.Config, s *store.Store) error {
				return p.explain(ctx, c, s, args[0], args[1], target)
			})
		},
	}
	c.Flags().StringVar(&target, "target", "", "only this target")
	return c
}

func (p *program) explain(ctx context.Context, c *config.Config, s *store.Store, name, person, target string) error {
	if err := connection(c, name); err != nil {
		return err
	}
	if target != "" {
		if _, err := oneTarget(c, name, target); err != nil {
			return err
		}
	}
	connections, err := app.Connections(c, nil)
	if err != nil {
		return &failure{code: ExitUsage, err: err, next: "correct it in " + c.File + ", or where it reads that from."}
	}
	user, err := onePerson(ctx, s, name, person)
	if err != nil {
		return err
	}
	view, err := s.Subject(ctx, name, user)
	if errors.Is(err, store.ErrNotFound) {
		return &failure{code: ExitFailed, err: fmt.Errorf("connection %s has no person %q", name, person), next: "give the e-mail address, login, id in the source or account id."}
	}
	if err != nil {
		return err
	}
	last, err := s.LastChanges(ctx, user, lastChangesShown)
	if err != nil {
		return err
	}
	e := explained{Connection: name, Person: personOf(view), Targets: []explainedTarget{}}
	for _, t := range connections[name].Targets {
		if target != "" && t.Name != target {
			continue
		}
		one, err := explainTarget(ctx, s, connections[name], t, view, p.now())
		if err != nil {
			return err
		}
		one.Last = changesIn(last, t.Name)
		e.Targets = append(e.Targets, one)
	}
	if p.json {
		return p.printJSON(e)
	}
	return p.printExplained(e)
}

// lastChangesShown is how many of somebody's changes are read at most, in all
// targets: a person in a thousand groups is told by the newest.
const lastChangesShown = 500

// changesIn are those of one target.
func changesIn(changes []store.Change, target string) []store.Change {
	in := []store.Change{}
	for _, c := range changes {
		if c.Target == target {
			in = append(in, c)
		}
	}
	return in
}

// explainTarget asks the rules about somebody, and the database what is known
// of the target and what the next run would do.
func explainTarget(ctx context.Context, s *store.Store, c *activities.Connection, t *activities.Target, view store.SubjectView, now time.Time) (explainedTarget, error) {
	by := c.Rules.Explain(t.Name, view.Subject, sourceGroups(view)...)
	e := explainedTarget{Target: t.Name, Kind: t.Kind, InScope: by.InScope, State: string(by.Account.State), Rule: by.Account.Rule, Reason: string(by.Account.Reason),
		Problem: by.Problem, Values: valuesOf(by), Groups: groupsOf(by), Undone: []explainedUndone{}, Next: []store.Change{}}
	if by.Account.Reason != "" {
		e.Ladder = by.Ladder.String()
	}
	at := slices.IndexFunc(view.Targets, func(known store.SubjectTarget) bool { return known.Name == t.Name })
	if at < 0 {
		return e, nil // a target that has not run yet
	}
	e.known(view.Targets[at])
	next, err := s.PreviewSubjects(ctx, c.Name, c.Decider(t, view.Targets[at].ID), []int64{view.UserID}, c.Want(), now)
	if err != nil {
		return e, fmt.Errorf("work out what the next run would do in %s: %w", t.Name, err)
	}
	e.Next = list(next)
	return e, nil
}

// sourceGroups are the groups of the source that count: a membership that the
// last list lacked may be gone.
func sourceGroups(view store.SubjectView) []directory.Group {
	var groups []directory.Group
	for _, g := range view.Groups {
		if g.Presence == directory.Present && !g.Missing {
			groups = append(groups, directory.Group{SourceID: g.SourceID, Name: g.Name, Type: g.Type, Assigned: true})
		}
	}
	return groups
}
