package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/store"
)

func (p *program) quarantineCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "quarantine", Short: "List connections in quarantine, or release one", Args: unknownCommand,
		Long: "List connections in quarantine: the guard stopped several of their runs, each for something new, with no good one between, and no removal is admitted until a person releases them. Everything else goes on.",
		RunE: func(c *cobra.Command, _ []string) error {
			return p.withStore(c.Context(), p.quarantined)
		},
	}
	c.AddCommand(p.releaseCommand())
	return c
}

// quarantined is a connection in quarantine as --json prints it.
type quarantined struct {
	Connection string    `json:"connection"`
	Since      time.Time `json:"since"`
	Reason     string    `json:"reason"`
}

func (p *program) quarantined(ctx context.Context, c *config.Config, s *store.Store) error {
	all := []quarantined{}
	for _, name := range c.ConnectionNames() {
		id, err := s.ConnectionID(ctx, name)
		if errors.Is(err, store.ErrNotFound) {
			continue // it has not run yet
		}
		if err != nil {
			return err
		}
		since, reason, err := s.Quarantined(ctx, id)
		if err != nil {
			return err
		}
		if !since.IsZero() {
			all = append(all, quarantined{name, since, reason})
		}
	}
	if p.json {
		return p.printJSON(all)
	}
	if len(all) == 0 {
		p.printf("No connection is in quarantine.\n")
		return nil
	}
	rows := [][]string{{"CONNECTION", "SINCE", "WHY"}}
	for _, q := range all {
		rows = append(rows, []string{q.Connection, at(q.Since), q.Reason})
	}
	if err := p.table(rows); err != nil {
		return err
	}
	p.printf("\nNothing is taken away there meanwhile. Look at what is held with \"rollcall held %s\", then: rollcall quarantine release %s\n", all[0].Connection, all[0].Connection)
	return nil
}

func (p *program) releaseCommand() *cobra.Command {
	by, yes := "", false
	c := &cobra.Command{
		Use: "release CONNECTION", Short: "Let the guard admit removals of a connection again, within its limits", Args: oneArgument("the connection"),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withStore(c.Context(), func(ctx context.Context, c *config.Config, s *store.Store) error {
				return p.release(ctx, c, s, args[0], by, yes)
			})
		},
	}
	byFlag(c, &by)
	yesFlag(c, &yes)
	return c
}

func (p *program) release(ctx context.Context, c *config.Config, s *store.Store, connection, by string, yes bool) error {
	if err := knownConnection(ctx, c, s, connection); err != nil {
		return err
	}
	who, err := p.who(c, by)
	if err != nil {
		return err
	}
	notThere := &failure{code: ExitFailed, err: fmt.Errorf("connection %s is not in quarantine", connection), next: "nothing to do."}
	id, err := s.ConnectionID(ctx, connection)
	if errors.Is(err, store.ErrNotFound) {
		return notThere
	}
	if err != nil {
		return err
	}
	since, reason, err := s.Quarantined(ctx, id)
	if err != nil {
		return err
	}
	if since.IsZero() {
		return notThere
	}
	if !p.json {
		p.printf("Connection %s has been in quarantine since %s: %s\n", connection, at(since), plain(reason))
	}
	if err := p.confirm(ctx, yes, "Let the guard admit removals again?"); err != nil {
		return err
	}
	if _, err := s.ReleaseQuarantine(ctx, id, who, p.now()); err != nil {
		return fmt.Errorf("release %s: %w", connection, err)
	}
	if p.json {
		return p.printJSON(struct {
			Connection string `json:"connection"`
			Released   bool   `json:"released"`
		}{connection, true})
	}
	p.printf("Released. The next run takes away what the guard's limits admit, and holds the rest.\n")
	return nil
}
