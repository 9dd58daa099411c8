package store

import (
	"context"
	"fmt"
	"time"
)

// SubjectsRequest asks for the run that carries a request out.
type SubjectsRequest struct {
	ConnectionID int64
	// WorkflowID is the request's workflow, Execution this execution of it.
	WorkflowID, Execution string
	// RunID is the run as it is known to the execution; 0 when it knows none.
	RunID     int64
	RequestID int64
	Trigger   string
	DryRun    bool
	Who       Who
	// Approval is the approval that it carries out, Undoes the run that it takes
	// back; 0 where it does neither.
	Approval, Undoes int64
	RulesDigest      string
}

// BeginSubjects returns the open run of an execution for one attempt at
// carrying a request out, and makes one where there is none. Like a run of what
// was pushed it takes no claim on its connection: it writes while it is open
// and keeps out of the way of others by leases. It is fenced and overtakes as
// BeginPush says, and FinishPush closes it.
func (s *Store) BeginSubjects(ctx context.Context, r SubjectsRequest, now time.Time) (claim Claim, overtook bool, err error) {
	begin := PushRequest{ConnectionID: r.ConnectionID, WorkflowID: r.WorkflowID, Execution: r.Execution, RunID: r.RunID}
	return s.beginBeside(ctx, begin, now, func(ctx context.Context, tx *Tx) (runID int64, err error) {
		if err := tx.get(ctx, &runID, `INSERT INTO runs (connection_id, workflow_id, execution, drains, trigger_by, dry_run, allow_removals, full_read, stage, since, started_at,
				rules_digest, asked_by, verified, request_id, approval_id, undoes)
			VALUES (?, ?, ?, 1, ?, ?, FALSE, FALSE, 'apply', 0, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
			r.ConnectionID, r.WorkflowID, r.Execution, r.Trigger, r.DryRun, micros(now),
			r.RulesDigest, r.Who.Name, r.Who.Verified, r.RequestID, r.Approval, r.Undoes); err != nil {
			return 0, err
		}
		if _, err := tx.exec(ctx, `UPDATE requests SET run_id = ? WHERE id = ?`, runID, r.RequestID); err != nil {
			return 0, fmt.Errorf("note the run of request %d: %w", r.RequestID, err)
		}
		return runID, nil
	})
}
