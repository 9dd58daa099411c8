package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/internal/temporal"
	"github.com/rollcall-sync/rollcall/workflows"
)

// triggerHand is the trigger of a run that a person asked for.
const triggerHand = "hand"

// triggerScim is the trigger of a run that pushes over SCIM started.
const triggerScim = "scim"

// outcomeDetached is what sync prints for a run that it no longer follows.
const outcomeDetached = "detached"

func (p *program) syncCommand() *cobra.Command {
	in, subject := workflows.SyncInput{Trigger: triggerHand}, subjectSync{}
	c := &cobra.Command{
		Use: "sync CONNECTION", Short: "Run a connection now, or one person or group of it, and follow the run to its end", Args: oneArgument("the connection"),
		Long: "Run a connection now, and follow the run to its end. The run is done by the worker: Ctrl-C detaches, and it goes on.\n\n" +
			"With --user or --group only that person, or the people of that group, are fetched from the source and brought over, which takes seconds, and may be done while another run is under way.\n\n" +
			"With --dry-run nothing is written to a target; what would be is printed.",
		RunE: func(c *cobra.Command, args []string) error {
			in.Connection = args[0]
			if subject.user != "" || subject.group != "" {
				for _, whole := range []string{"full", "drift", "allow-removals"} {
					if c.Flags().Changed(whole) {
						return usage("--%s is for a run of the whole connection; it does not go with --user or --group", whole)
					}
				}
				subject.connection, subject.dryRun = in.Connection, in.DryRun
				return p.syncSubject(c.Context(), subject)
			}
			if p.csv && !in.DryRun {
				return usage("--csv prints a plan, so it needs --dry-run; \"rollcall run ID --csv\" prints the changes of a run")
			}
			return p.sync(c.Context(), in, selection{})
		},
	}
	c.Flags().StringVar(&subject.user, "user", "", "only this person, by e-mail, login or id in the source")
	c.Flags().StringVar(&subject.group, "group", "", "only this group and its members, by name or id in the source")
	byFlag(c, &subject.by)
	c.Flags().BoolVar(&in.DryRun, "dry-run", false, "plan only, and print the plan")
	c.Flags().BoolVar(&in.Full, "full", false, "read the whole source, not only what changed")
	c.Flags().BoolVar(&in.Drift, "drift", false, "read the targets too, and put right what was changed there by hand")
	c.Flags().BoolVar(&in.AllowRemovals, "allow-removals", false, "let through what the guard would hold, in this run only")
	p.csvFlag(c, "the plan of a dry run")
	return c
}

// sync runs a connection; of a dry run, the wanted changes are shown.
func (p *program) sync(ctx context.Context, in workflows.SyncInput, wanted selection) error {
	return p.withWorker(ctx, in.Connection, func(c *config.Config, conn client.Client, s *store.Store) error {
		return p.syncWith(ctx, c, conn, s, in, wanted)
	})
}

// withWorker runs a command that has the worker of a connection do something.
// The database is opened before anything is started: the report comes from
// there.
func (p *program) withWorker(ctx context.Context, name string, command func(*config.Config, client.Client, *store.Store) error) error {
	c, err := p.load()
	if err != nil {
		return err
	}
	if err := connection(c, name); err != nil {
		return err
	}
	conn, err := dial(ctx, c)
	if err != nil {
		return err
	}
	defer conn.Close()
	absent, err := queuesWithoutWorker(ctx, conn, c, []string{name})
	if err != nil {
		return err
	}
	if len(absent) > 0 {
		return noWorker(absent, c)
	}
	s, err := openStore(ctx, c)
	if err != nil {
		return err
	}
	return errors.Join(command(c, conn, s), s.Close())
}

func (p *program) syncWith(ctx context.Context, c *config.Config, conn client.Client, s *store.Store, in workflows.SyncInput, wanted selection) error {
	run, err := conn.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:            fmt.Sprintf("sync/%s/%s", in.Connection, p.now().UTC().Format("20060102T150405.000000000")),
		TaskQueue:     temporal.WorkflowQueue,
		StaticSummary: "run of " + in.Connection + ", by hand",
	}, workflows.SyncName, in)
	if err != nil {
		return temporalFailure("start the run", c, err)
	}
	f := &following{client: conn, run: run, connection: in.Connection, view: p.view(), runs: s}
	var result workflows.SyncResult
	runID, err := f.toTheEnd(ctx, &result)
	f.view.close()
	if ctx.Err() != nil {
		return p.detached(f, runID)
	}
	return p.report(ctx, s, in, wanted, run.GetID(), result, err)
}

// synced is what `sync --json` prints.
type synced struct {
	Outcome string `json:"outcome"`
	// Reason is the class of what made the run fail.
	Reason     string `json:"reason,omitempty"`
	WorkflowID string `json:"workflow_id"`
	// RunID is 0 when no run was begun.
	RunID int64 `json:"run_id,omitempty"`
	// AlreadyRunning is the run that holds the connection.
	AlreadyRunning int64 `json:"already_running,omitempty"`
	*runReport
}

// detached says where to look at a run that goes on without us.
func (p *program) detached(f *following, runID int64) error {
	look := "rollcall runs " + f.connection
	if runID == 0 {
		// It may have begun without having said so yet. The command's own time is
		// over, and this is the last that it does.
		ctx, cancel := context.WithTimeout(context.Background(), progressWithin)
		defer cancel()
		if run, err := f.runs.RunOfWorkflow(ctx, f.run.GetID()); err == nil {
			runID = run.ID
		}
	}
	if runID != 0 {
		look = fmt.Sprintf("rollcall run %d", runID)
	}
	if p.json {
		if err := p.printJSON(synced{Outcome: outcomeDetached, WorkflowID: f.run.GetID(), RunID: runID}); err != nil {
			return err
		}
	} else if isTerminal(p.stderr) {
		fmt.Fprintln(p.stderr) // the terminal has written ^C where the bar was
	}
	return &failure{code: ExitInterrupted, err: errors.New("detached; the run goes on by itself"), next: "look at it with: " + look}
}

// report prints what a run came to and returns the error that its outcome is.
func (p *program) report(ctx context.Context, s *store.Store, in workflows.SyncInput, wanted selection, workflowID string, result workflows.SyncResult, ended error) error {
	if result.Outcome == workflows.OutcomeBusy {
		return p.busy(ctx, s, in.Connection, workflowID, result.AlreadyRunning)
	}
	var failed *runFailedError
	if ended != nil && !errors.As(ended, &failed) {
		return &failure{code: ExitFailed, err: ended, next: "the run goes on by itself if Temporal does; look at it with: rollcall runs " + in.Connection}
	}
	run, err := s.RunOfWorkflow(ctx, workflowID)
	switch {
	case errors.Is(err, store.ErrNotFound) && failed != nil:
		return p.neverBegan(in.Connection, workflowID, failed.class)
	case errors.Is(err, store.ErrNotFound):
		return &failure{code: ExitFailed, err: fmt.Errorf("the run ended (%s), and the configured database does not have it", result.Outcome),
			next: "the worker uses another database: restart it with this configuration."}
	case err != nil:
		return err
	}
	r, err := readReport(ctx, s, run)
	if err != nil {
		return err
	}
	if err := p.printSynced(ctx, s, wanted, synced{Outcome: r.Run.Outcome, Reason: r.Run.Reason, WorkflowID: workflowID, RunID: run.ID, runReport: r}); err != nil {
		return err
	}
	return r.outcomeError()
}

func (p *program) printSynced(ctx context.Context, s *store.Store, wanted selection, done synced) error {
	filters, err := wanted.filters(ctx, s, done.Run.Connection)
	if err != nil {
		return err
	}
	changes := selected(ctx, s, done.RunID, filters)
	dry := done.Run.DryRun
	switch {
	case p.csv:
		return p.changesCSV(changes)
	case p.json && dry:
		return printJSONAnd(p, done, "changes", changes)
	case p.json:
		return p.printJSON(done)
	}
	if err := p.printReport(done.runReport); err != nil || !dry {
		return err
	}
	shown := false
	err = p.printChanges("Plan", func(yield func(store.Change, error) bool) {
		for c, err := range changes {
			shown = true
			if !yield(c, err) {
				return
			}
		}
	})
	if err == nil && !shown && done.sum() > 0 {
		p.printf("No change of the plan matches.\n")
	}
	return err
}

// neverBegan is the end of a run that failed before it was recorded.
func (p *program) neverBegan(connection, workflowID string, class directory.Class) error {
	if p.json {
		if err := p.printJSON(synced{Outcome: workflows.OutcomeFailed, Reason: string(class), WorkflowID: workflowID}); err != nil {
			return err
		}
	}
	return &failure{code: ExitFailed, err: fmt.Errorf("the run could not begin: %s", class), next: adviceOn(class, place{connection: connection})}
}

// busy says which run holds the connection.
func (p *program) busy(ctx context.Context, s *store.Store, connection, workflowID string, other int64) error {
	if p.json {
		if err := p.printJSON(synced{Outcome: workflows.OutcomeBusy, WorkflowID: workflowID, AlreadyRunning: other}); err != nil {
			return err
		}
	}
	since := ""
	if run, err := s.Run(ctx, other); err == nil {
		since = fmt.Sprintf(" (started %s, by %s)", at(run.Started), run.Trigger)
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return &failure{code: ExitFailed, err: fmt.Errorf("run %d of %s is under way%s; no second one was begun", other, connection, since),
		next: fmt.Sprintf("look at it with: rollcall run %d", other)}
}
