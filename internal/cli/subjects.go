package cli

import (
	"context"
	"errors"
	"fmt"
	"iter"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/internal/temporal"
	"github.com/rollcall-sync/rollcall/workflows"
)

// subjectSync asks for one person or one group to be brought over now.
type subjectSync struct {
	connection, user, group, by string
	dryRun                      bool
}

func (p *program) syncSubject(ctx context.Context, in subjectSync) error {
	if in.user != "" && in.group != "" {
		return usage("--user and --group exclude each other")
	}
	request := store.Request{Connection: in.connection, Kind: store.RequestUser, Name: in.user, DryRun: in.dryRun}
	if in.group != "" {
		request.Kind, request.Name = store.RequestGroup, in.group
	}
	if p.csv && !in.dryRun {
		return usage("--csv prints a plan, so it needs --dry-run; \"rollcall run ID --csv\" prints the changes of a run")
	}
	return p.withWorker(ctx, in.connection, func(c *config.Config, conn client.Client, s *store.Store) error {
		var err error
		if request.Who, err = p.who(c, in.by); err != nil {
			return err
		}
		if request, err = p.addRequest(ctx, s, request); err != nil {
			return err
		}
		return p.carryOut(ctx, c, conn, s, request, triggerHand)
	})
}

// addRequest puts a request into the database, where its workflow finds it.
func (p *program) addRequest(ctx context.Context, s *store.Store, r store.Request) (store.Request, error) {
	var err error
	r.ConnectionID, err = s.ConnectionID(ctx, r.Connection)
	if errors.Is(err, store.ErrNotFound) {
		return r, &failure{code: ExitFailed, err: fmt.Errorf("connection %s has not run yet", r.Connection), next: "run it once with: rollcall sync " + r.Connection}
	}
	if err != nil {
		return r, err
	}
	if r.ID, err = s.AddRequest(ctx, r, p.now()); err != nil {
		return r, fmt.Errorf("record the request: %w", err)
	}
	return r, nil
}

// carriedOut is a request whose workflow has ended.
type carriedOut struct {
	workflowID string
	result     workflows.SubjectsResult
	// failed is why the workflow failed; nil when it did not.
	failed *runFailedError
}

// follow has the worker carry out a request that is in the database, and
// follows it to its end. The same request is never carried out twice: a
// workflow of it that is there already is followed.
func (p *program) follow(ctx context.Context, c *config.Config, conn client.Client, s *store.Store, r store.Request, trigger string) (carriedOut, error) {
	run, err := conn.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: workflows.SubjectsID(r.Connection, r.ID), TaskQueue: temporal.WorkflowQueue,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		StaticSummary:            fmt.Sprintf("request %d of %s", r.ID, r.Connection),
	}, workflows.SubjectsName, workflows.SubjectsInput{Connection: r.Connection, RequestID: r.ID, Trigger: trigger})
	if err != nil {
		return carriedOut{}, temporalFailure("start the run", c, err)
	}
	f := &following{client: conn, run: run, connection: r.Connection, view: p.view(), runs: s}
	end := carriedOut{workflowID: run.GetID()}
	runID, err := f.toTheEnd(ctx, &end.result)
	f.view.close()
	switch {
	case ctx.Err() != nil:
		return end, p.detached(f, runID)
	case err != nil && !errors.As(err, &end.failed):
		return end, &failure{code: ExitFailed, err: err, next: "the run goes on by itself if Temporal does; look at it with: rollcall runs " + r.Connection}
	}
	return end, nil
}

// carryOut has a request carried out and prints what was done.
func (p *program) carryOut(ctx context.Context, c *config.Config, conn client.Client, s *store.Store, r store.Request, trigger string) error {
	end, err := p.follow(ctx, c, conn, s, r, trigger)
	if err != nil {
		return err
	}
	if end.result.NotFound {
		return p.notFound(r)
	}
	report, err := p.subjectsReport(ctx, s, r.Connection, end)
	if err != nil {
		return err
	}
	changes := s.Changes(ctx, report.Run.ID, store.ChangeFilter{})
	switch {
	case p.csv:
		err = p.changesCSV(changes)
	case p.json:
		err = printJSONAnd(p, synced{Outcome: report.Run.Outcome, Reason: report.Run.Reason, WorkflowID: end.workflowID, RunID: report.Run.ID, runReport: report}, "changes", changes)
	default:
		err = p.printDone(report, changes)
	}
	if err != nil {
		return err
	}
	return report.outcomeError()
}

// printDone prints each change of a run about a few, and what it came to.
func (p *program) printDone(report *runReport, changes iter.Seq2[store.Change, error]) error {
	title := "Changes"
	if report.Run.DryRun {
		title = "Plan"
	}
	if err := p.printReport(report); err != nil {
		return err
	}
	return p.printChanges(title, changes)
}

// notFound says that nobody knows whom a request names.
func (p *program) notFound(r store.Request) error {
	if r.Kind == store.RequestGroup {
		return &failure{code: ExitFailed, err: fmt.Errorf("connection %s has no group %q, nor has its source", r.Connection, r.Name),
			next: "give its name or id as the source has it; a group that the configuration does not select is none."}
	}
	return &failure{code: ExitFailed, err: fmt.Errorf("neither the source of %s nor Rollcall knows a person %q", r.Connection, r.Name),
		next: "give an e-mail address, login or id as the source has it; \"rollcall check\" says whether the source answers as it should."}
}

// subjectsReport reads what a request came to.
func (p *program) subjectsReport(ctx context.Context, s *store.Store, connection string, end carriedOut) (*runReport, error) {
	run, err := s.RunOfWorkflow(ctx, end.workflowID)
	if errors.Is(err, store.ErrNotFound) {
		class := end.result.Class
		if end.failed != nil {
			class = end.failed.class
		}
		return nil, p.neverBegan(connection, end.workflowID, class)
	}
	if err != nil {
		return nil, err
	}
	return readReport(ctx, s, run)
}
