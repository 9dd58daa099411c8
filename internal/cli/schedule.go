package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"

	"github.com/rollcall-sync/rollcall/internal/app"
	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/temporal"
)

func (p *program) scheduleCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "schedule", Short: "Apply, list, pause, resume or trigger the schedules of connections", Args: unknownCommand,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	apply := &cobra.Command{
		Use: "apply", Short: "Make the schedules on the server those of the configuration", Args: noArguments,
		Long: "Make the schedules on the server those of the configuration: missing ones are created, others updated, those of connections that are gone removed. The worker does the same when it starts.",
		RunE: func(c *cobra.Command, _ []string) error { return p.withTemporal(c.Context(), p.applySchedules) },
	}
	show := &cobra.Command{
		Use: "list", Short: "List the schedules with their next runs", Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return p.withTemporal(c.Context(), p.listSchedules) },
	}
	p.csvFlag(show, "the schedules")
	c.AddCommand(apply, show,
		p.operateCommand("pause", "Start no more runs of a connection until it is resumed", "paused", temporal.Pause),
		p.operateCommand("resume", "Let a paused schedule go on", "resumed", temporal.Resume),
		p.operateCommand("trigger", "Start a run at once, through the schedule", "triggered",
			func(ctx context.Context, s client.ScheduleClient, connection, _ string) error {
				return temporal.Trigger(ctx, s, connection)
			}))
	return c
}

// withTemporal runs a command that needs the Temporal server alone.
func (p *program) withTemporal(ctx context.Context, command func(context.Context, *config.Config, client.Client) error) error {
	c, err := p.load()
	if err != nil {
		return err
	}
	conn, err := dial(ctx, c)
	if err != nil {
		return err
	}
	defer conn.Close()
	return command(ctx, c, conn)
}

func (p *program) applySchedules(ctx context.Context, c *config.Config, conn client.Client) error {
	applied, err := temporal.Apply(ctx, conn.ScheduleClient(), app.Schedules(c))
	if p.json {
		err = errors.Join(err, p.printJSON(struct {
			Created   []string `json:"created"`
			Updated   []string `json:"updated"`
			Unchanged []string `json:"unchanged"`
			Removed   []string `json:"removed"`
		}{list(applied.Created), list(applied.Updated), list(applied.Unchanged), list(applied.Removed)}))
	} else {
		for _, did := range []struct {
			what  string
			names []string
		}{{"created", applied.Created}, {"updated", applied.Updated}, {"unchanged", applied.Unchanged}, {"removed", applied.Removed}} {
			if len(did.names) > 0 {
				p.printf("%s: %s\n", did.what, strings.Join(did.names, ", "))
			}
		}
		if len(app.Schedules(c)) == 0 {
			p.printf("No connection in %s has a schedule.\n", c.File)
		}
	}
	if err != nil {
		return temporalFailure("apply the schedules", c, err)
	}
	return nil
}

// scheduled is a connection's schedule as `schedule list --json` prints it.
type scheduled struct {
	Connection string `json:"connection"`
	// State is active, paused, by-hand (none configured) or not-applied.
	State    string      `json:"state"`
	Note     string      `json:"note,omitempty"`
	Timezone string      `json:"timezone,omitempty"`
	Next     []time.Time `json:"next"`
	Last     time.Time   `json:"last,omitzero"`
	// Skipped counts times at which the run before was still under way.
	Skipped int `json:"skipped"`
}

func (p *program) listSchedules(ctx context.Context, c *config.Config, conn client.Client) error {
	found, err := temporal.List(ctx, conn.ScheduleClient())
	if err != nil {
		return temporalFailure("list the schedules", c, err)
	}
	all := withConfigured(c, found)
	switch {
	case p.json:
		return p.printJSON(all)
	case p.csv:
		return p.printCSV([]string{"connection", "state", "note", "timezone", "next", "last", "skipped"}, func(yield func([]string, error) bool) {
			for _, s := range all {
				if !yield([]string{s.Connection, s.State, s.Note, s.Timezone, stamp(first(s.Next)), stamp(s.Last), fmt.Sprint(s.Skipped)}, nil) {
					return
				}
			}
		})
	}
	rows := [][]string{{"CONNECTION", "STATE", "NEXT", "LAST", "SKIPPED", "NOTE"}}
	for _, s := range all {
		rows = append(rows, []string{s.Connection, s.State, at(first(s.Next)), at(s.Last), fmt.Sprint(s.Skipped), s.Note})
	}
	if err := p.table(rows); err != nil {
		return err
	}
	if slices.ContainsFunc(all, func(s scheduled) bool { return s.State == "not-applied" }) {
		p.printf("\nApply what is configured with: rollcall schedule apply\n")
	}
	return nil
}

// withConfigured adds the configured connections that the server has no
// schedule of.
func withConfigured(c *config.Config, found []temporal.ScheduleState) []scheduled {
	all := []scheduled{}
	on := map[string]bool{}
	for _, f := range found {
		on[f.Connection] = true
		s := scheduled{Connection: f.Connection, State: "active", Note: f.Note, Timezone: f.Timezone, Next: list(f.Next), Last: f.Last, Skipped: f.Skipped}
		if f.Paused {
			s.State, s.Next = "paused", []time.Time{}
		}
		all = append(all, s)
	}
	for _, name := range c.ConnectionNames() {
		if on[name] {
			continue
		}
		s := scheduled{Connection: name, State: "by-hand", Next: []time.Time{}}
		if c.Connections[name].Schedule != nil {
			s.State = "not-applied"
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b scheduled) int { return strings.Compare(a.Connection, b.Connection) })
	return all
}

func first(times []time.Time) time.Time {
	if len(times) == 0 {
		return time.Time{}
	}
	return times[0]
}

type operation func(ctx context.Context, schedules client.ScheduleClient, connection, note string) error

// operateCommand is one that does something to the schedule of a connection.
func (p *program) operateCommand(name, short, done string, operate operation) *cobra.Command {
	note := ""
	c := &cobra.Command{Use: name + " CONNECTION", Short: short, Args: oneArgument("the connection")}
	if name != "trigger" {
		c.Flags().StringVar(&note, "note", done+" with the command line", "why; anybody who may see the Temporal server can read it")
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		return p.withTemporal(c.Context(), func(ctx context.Context, c *config.Config, conn client.Client) error {
			if err := p.operate(ctx, c, conn, args[0], note, operate); err != nil {
				return err
			}
			if p.json {
				return p.printJSON(struct {
					Connection string `json:"connection"`
					Done       string `json:"done"`
				}{args[0], done})
			}
			p.printf("The schedule of %s is %s.\n", args[0], done)
			if name == "trigger" {
				p.printf("Look at its run with: rollcall runs %s\n", args[0])
			}
			return nil
		})
	}
	return c
}

func (p *program) operate(ctx context.Context, c *config.Config, conn client.Client, connection, note string, operate operation) error {
	err := operate(ctx, conn.ScheduleClient(), connection, note)
	var missing *temporal.NoScheduleError
	if errors.As(err, &missing) {
		if _, ok := c.Connections[connection]; !ok {
			return unknownConnection(connection, c.ConnectionNames())
		}
		return err
	}
	if err != nil {
		return temporalFailure("change the schedule", c, err)
	}
	return nil
}
