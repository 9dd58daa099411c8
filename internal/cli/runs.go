package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// newestRuns is how many runs are listed unless --limit says otherwise: a day
// of an hourly schedule fits on a screen.
const newestRuns = 20

func (p *program) runsCommand() *cobra.Command {
	limit := newestRuns
	c := &cobra.Command{
		Use: "runs [CONNECTION]", Short: "List the newest runs",
		Args: atMostOne("a connection"),
		RunE: func(c *cobra.Command, args []string) error {
			if limit < 1 {
				return usage("--limit %d: expected 1 or more", limit)
			}
			return p.withStore(c.Context(), func(ctx context.Context, c *config.Config, s *store.Store) error {
				name, err := optionalConnection(ctx, c, s, args)
				if err != nil {
					return err
				}
				return p.runs(ctx, c, s, name, limit)
			})
		},
	}
	c.Flags().IntVar(&limit, "limit", newestRuns, "how many")
	p.csvFlag(c, "the runs")
	return c
}

// withStore runs a command that needs the database alone.
func (p *program) withStore(ctx context.Context, command func(context.Context, *config.Config, *store.Store) error) error {
	c, err := p.load()
	if err != nil {
		return err
	}
	s, err := openStore(ctx, c)
	if err != nil {
		return err
	}
	return errors.Join(command(ctx, c, s), s.Close())
}

func (p *program) runs(ctx context.Context, c *config.Config, s *store.Store, name string, limit int) error {
	runs, err := s.Runs(ctx, name, limit)
	if err != nil {
		return err
	}
	for i := range runs {
		runs[i] = named(runs[i])
	}
	switch {
	case p.json:
		return p.printJSON(list(runs))
	case p.csv:
		return p.runsCSV(runs)
	case len(runs) == 0:
		first := name
		if first == "" {
			first = c.ConnectionNames()[0]
		}
		p.printf("There are no runs yet. Start one with: rollcall sync %s\n", first)
		return nil
	}
	rows := [][]string{{"RUN", "CONNECTION", "STARTED", "TOOK", "TRIGGER", "READ", "USERS", "GROUPS", "OUTCOME"}}
	for _, r := range runs {
		read, lasted, outcome := "changes", "-", stateOf(r.Outcome, r.Reason)
		switch {
		case r.Trigger == triggerScim:
			read = "pushes"
		case r.RequestID != 0:
			read = "people"
		case r.FullRead:
			read = "full"
		}
		if !r.Ended.IsZero() {
			lasted = took(r.Started, r.Ended)
		}
		rows = append(rows, []string{fmt.Sprint(r.ID), r.Connection, at(r.Started), lasted, r.Trigger, read, fmt.Sprint(r.UsersRead), fmt.Sprint(r.GroupsRead), outcome})
	}
	if err := p.table(rows); err != nil {
		return err
	}
	p.printf("\nLook at one with: rollcall run %d\n", runs[0].ID)
	return nil
}

func (p *program) runsCSV(runs []store.Run) error {
	headings := []string{"id", "connection", "workflow_id", "trigger", "dry_run", "allow_removals", "full_read", "stage", "outcome", "reason",
		"users_read", "groups_read", "members_read", "started", "ended"}
	var rows [][]string
	for _, r := range runs {
		rows = append(rows, []string{fmt.Sprint(r.ID), r.Connection, r.WorkflowID, r.Trigger, fmt.Sprint(r.DryRun), fmt.Sprint(r.AllowRemovals),
			fmt.Sprint(r.FullRead), r.Stage, r.Outcome, r.Reason, fmt.Sprint(r.UsersRead), fmt.Sprint(r.GroupsRead), fmt.Sprint(r.MembersRead), stamp(r.Started), stamp(r.Ended)})
	}
	return p.printCSV(headings, func(yield func([]string, error) bool) {
		for row := range slices.Values(rows) {
			if !yield(row, nil) {
				return
			}
		}
	})
}
