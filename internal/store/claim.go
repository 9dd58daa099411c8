package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// claimFor is how long a claim lasts without being renewed. Every write of a
// run renews it once half of it has passed; a run whose workflow is lost with
// Temporal's database can be replaced after this.
const claimFor = 2 * time.Minute

// Claim is a run's hold on its connection. Every write of the run carries it,
// and is refused with ErrFenced once another run has taken the connection.
type Claim struct {
	ConnectionID int64
	RunID        int64
	// Epoch rises each time the connection is claimed. A run of what was pushed
	// takes no claim: it may write while it is open, and keeps out of the way of
	// other runs by leases. Its epoch is 0, or, below it, which attempt at
	// draining this is: one that is thought dead writes nothing beside the next.
	Epoch int64
}

func (c Claim) pushed() bool { return c.Epoch <= 0 }

// ErrFenced means that another run holds the connection now: this one must
// write nothing more.
var ErrFenced = errors.New("another run holds the connection")

// ClaimedError means that a run of the connection is under way.
type ClaimedError struct{ RunID int64 }

func (e *ClaimedError) Error() string { return fmt.Sprintf("run %d is under way", e.RunID) }

// RunRequest asks for a run.
type RunRequest struct {
	ConnectionID  int64
	WorkflowID    string
	Trigger       string
	DryRun        bool
	AllowRemovals bool
	// Full reads the whole source, whether or not that is due.
	Full bool
	// FullEvery is how old a full read may be before the next run reads in full.
	FullEvery time.Duration
	// Overlap is how far before the watermark an incremental read begins.
	Overlap time.Duration
}

// StartedRun is a run that holds its connection.
type StartedRun struct {
	Claim
	// Full is whether the whole source is read.
	Full bool
	// Since is where an incremental read begins, in the source's time.
	Since time.Time
}

type connectionRow struct {
	Watermark  int64  `db:"watermark"`
	FullReadAt int64  `db:"full_read_at"`
	FullDue    bool   `db:"full_due"`
	ClaimRun   int64  `db:"claim_run"`
	ClaimOwner string `db:"claim_owner"`
	ClaimEpoch int64  `db:"claim_epoch"`
	ClaimUntil int64  `db:"claim_until"`
}

// BeginRun claims the connection and records the run. It returns a
// *ClaimedError when another run is under way. Asked again by the same
// workflow for a run that it has already begun, it returns that run.
func (s *Store) BeginRun(ctx context.Context, r RunRequest, now time.Time) (StartedRun, error) {
	var started StartedRun
	err := s.write(ctx, func(ctx context.Context, tx *Tx) error {
		var c connectionRow
		if err := tx.get(ctx, &c, `SELECT watermark, full_read_at, full_due, claim_run, claim_owner, claim_epoch, claim_until
			FROM connections WHERE id = ?`+tx.forUpdate(), r.ConnectionID); err != nil {
			return fmt.Errorf("read connection %d: %w", r.ConnectionID, notFound(err))
		}
		if c.ClaimOwner == r.WorkflowID {
			var run struct {
				FullRead bool  `db:"full_read"`
				Since    int64 `db:"since"`
			}
			if err := tx.get(ctx, &run, `SELECT full_read, since FROM runs WHERE id = ?`, c.ClaimRun); err != nil {
				return fmt.Errorf("read run %d: %w", c.ClaimRun, err)
			}
			started = StartedRun{Claim: Claim{r.ConnectionID, c.ClaimRun, c.ClaimEpoch}, Full: run.FullRead, Since: fromMicros(run.Since)}
			return renew(ctx, tx, started.Claim, now)
		}
		if c.ClaimOwner != "" && c.ClaimUntil > micros(now) {
			return &ClaimedError{RunID: c.ClaimRun}
		}
		if c.ClaimOwner != "" {
			if _, err := tx.exec(ctx, `UPDATE runs SET outcome = 'lost', reason = 'it was not heard of any more', ended_at = ?
				WHERE id = ? AND outcome = ''`, micros(now), c.ClaimRun); err != nil {
				return fmt.Errorf("close run %d: %w", c.ClaimRun, err)
			}
		}
		full := r.Full || c.FullDue || c.Watermark == 0 || micros(now)-c.FullReadAt >= r.FullEvery.Microseconds()
		since := int64(0)
		if !full {
			since = c.Watermark - r.Overlap.Microseconds()
		}
		var runID int64
		if err := tx.get(ctx, &runID, `INSERT INTO runs (connection_id, workflow_id, trigger_by, dry_run, allow_removals, full_read, stage, since, started_at, rules_digest)
			VALUES (?, ?, ?, ?, ?, ?, 'read', ?, ?, (SELECT rules_digest FROM connections WHERE id = ?)) RETURNING id`,
			r.ConnectionID, r.WorkflowID, r.Trigger, r.DryRun, r.AllowRemovals, full, since, micros(now), r.ConnectionID); err != nil {
			return fmt.Errorf("record run: %w", err)
		}
		if _, err := tx.exec(ctx, `UPDATE connections SET claim_run = ?, claim_owner = ?, claim_epoch = ?, claim_until = ? WHERE id = ?`,
			runID, r.WorkflowID, c.ClaimEpoch+1, micros(now.Add(claimFor)), r.ConnectionID); err != nil {
			return fmt.Errorf("claim connection: %w", err)
		}
		started = StartedRun{Claim: Claim{r.ConnectionID, runID, c.ClaimEpoch + 1}, Full: full, Since: fromMicros(since)}
		return nil
	})
	return started, err
}

// writeAs runs fn in a transaction that no other run of the connection can
// overtake: it fails with ErrFenced when the claim is no longer held.
func (s *Store) writeAs(ctx context.Context, c Claim, fn func(ctx context.Context, tx *Tx) error) error {
	return s.write(ctx, func(ctx context.Context, tx *Tx) error {
		if c.pushed() {
			if err := checkOpen(ctx, tx, c); err != nil {
				return err
			}
			return fn(ctx, tx)
		}
		row, err := readClaim(ctx, tx, c)
		if err != nil {
			return err
		}
		if !row.holds(c) {
			return ErrFenced
		}
		return fn(ctx, tx)
	})
}

// readClaim reads who holds a connection and keeps that from changing until
// the transaction ends.
func readClaim(ctx context.Context, tx *Tx, c Claim) (connectionRow, error) {
	var row connectionRow
	if err := tx.get(ctx, &row, `SELECT claim_epoch, claim_run, claim_owner, claim_until FROM connections WHERE id = ?`+tx.forShare(), c.ConnectionID); err != nil {
		return connectionRow{}, fmt.Errorf("read claim: %w", notFound(err))
	}
	return row, nil
}

func (row connectionRow) holds(c Claim) bool {
	return row.ClaimEpoch == c.Epoch && row.ClaimOwner != ""
}

// Renew keeps a claim alive, and the leases of its run. It writes only when
// half of it has passed, and fails with ErrFenced when it is no longer held.
func (s *Store) Renew(ctx context.Context, c Claim, now time.Time) error {
	if err := s.renewLeases(ctx, c, now); err != nil {
		return err
	}
	if c.pushed() {
		return s.stillOpen(ctx, c)
	}
	var row connectionRow
	if err := s.get(ctx, &row, `SELECT claim_epoch, claim_run, claim_owner, claim_until FROM connections WHERE id = ?`, c.ConnectionID); err != nil {
		return fmt.Errorf("read claim: %w", notFound(err))
	}
	if !row.holds(c) {
		return ErrFenced
	}
	if row.ClaimUntil-micros(now) > (claimFor / 2).Microseconds() {
		return nil
	}
	return s.write(ctx, func(ctx context.Context, tx *Tx) error { return renew(ctx, tx, c, now) })
}

func renew(ctx context.Context, tx *Tx, c Claim, now time.Time) error {
	n, err := tx.exec(ctx, `UPDATE connections SET claim_until = ? WHERE id = ? AND claim_epoch = ? AND claim_owner <> ''`,
		micros(now.Add(claimFor)), c.ConnectionID, c.Epoch)
	if err != nil {
		return fmt.Errorf("renew claim: %w", err)
	}
	if n == 0 {
		return ErrFenced
	}
	return nil
}

// forUpdate and forShare lock the rows read, where the database has row locks.
// SQLite has one writer, which is lock enough.
func (t *Tx) forUpdate() string {
	if t.dialect == postgres {
		return " FOR UPDATE"
	}
	return ""
}

// forNoKeyUpdate keeps other writers of the row out, and lets rows that refer
// to it be added.
func (t *Tx) forNoKeyUpdate() string {
	if t.dialect == postgres {
		return " FOR NO KEY UPDATE"
	}
	return ""
}

func (t *Tx) forShare() string {
	if t.dialect == postgres {
		return " FOR SHARE"
	}
	return ""
}
