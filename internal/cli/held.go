package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

func (p *program) heldCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "held [CONNECTION]", Short: "List what waits for a decision: removals that the guard did not admit", Args: atMostOne("a connection"),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withStore(c.Context(), func(ctx context.Context, c *config.Config, s *store.Store) error {
				name, err := optionalConnection(ctx, c, s, args)
				if err != nil {
					return err
				}
				return p.held(ctx, s, name)
			})
		},
	}
	p.csvFlag(c, "the plans")
	return c
}

// atMostOne is the Args of a command that takes the thing named or leaves it out.
func atMostOne(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) > 1 {
			return usage("expected at most one argument, %s; see %s --help", what, c.CommandPath())
		}
		return nil
	}
}

// optionalConnection returns the connection that was named; empty for all.
func optionalConnection(ctx context.Context, c *config.Config, s *store.Store, args []string) (string, error) {
	if len(args) == 0 {
		return "", nil
	}
	return args[0], knownConnection(ctx, c, s, args[0])
}

func (p *program) held(ctx context.Context, s *store.Store, connection string) error {
	plans, err := s.OpenHeld(ctx, connection)
	if err != nil {
		return err
	}
	switch {
	case p.json:
		return p.printJSON(list(plans))
	case p.csv:
		return p.printCSV([]string{"id", "run", "connection", "target", "reason", "changes", "created", "expires", "digest"}, func(yield func([]string, error) bool) {
			for _, h := range plans {
				if !yield([]string{fmt.Sprint(h.ID), fmt.Sprint(h.RunID), h.Connection, h.Target, h.Reason, fmt.Sprint(h.Changes), stamp(h.Created), stamp(h.Expires), h.Digest}, nil) {
					return
				}
			}
		})
	case len(plans) == 0:
		p.printf("Nothing waits for a decision.\n")
		return nil
	}
	rows := [][]string{{"RUN", "CONNECTION", "TARGET", "SINCE", "UNTIL", "WHAT", "WHY"}}
	for _, h := range plans {
		rows = append(rows, []string{fmt.Sprint(h.RunID), h.Connection, h.Target, at(h.Created), at(h.Expires), kindsText(h.Counts), h.Reason})
	}
	if err := p.table(rows); err != nil {
		return err
	}
	p.printApprovals(plans)
	run := plans[0].RunID
	p.printf("\nLook at one with:  rollcall run %d --state held\nThen:              rollcall approve %d, or rollcall reject %d\n", run, run, run)
	return nil
}

// printApprovals says who has said yes to what a second person has to decide.
func (p *program) printApprovals(plans []store.Held) {
	for _, h := range plans {
		for _, a := range h.Approvals {
			if a.Decision != decisionApprove || a.Effective {
				continue
			}
			p.printf("Run %d in %s: %s has approved %s (%s); a second person must, too.\n", h.RunID, h.Target, plain(whoText(a.Who, a.Verified)), plural(a.Changes, "change"), at(a.At))
		}
	}
}

// kindsText sums up by kind what is held: "8 account.suspend, 2 membership.remove".
func kindsText(counts []store.Count) string {
	sums := map[string]int64{}
	var order []string
	for _, c := range counts {
		if c.State != string(directory.Held) {
			continue
		}
		if sums[c.Kind] == 0 {
			order = append(order, c.Kind)
		}
		sums[c.Kind] += c.Count
	}
	texts := make([]string, len(order))
	for i, kind := range order {
		texts[i] = fmt.Sprintf("%d %s", sums[kind], kind)
	}
	return strings.Join(texts, ", ")
}
