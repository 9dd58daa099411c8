package store

import (
	"context"
	"iter"
	"time"

	"github.com/jmoiron/sqlx"
)

// AuditFilter selects from the record of all changes.
type AuditFilter struct {
	// Connection, Target, Kind, State and Trigger select by name; empty is all.
	Connection, Target, Kind, State, Trigger string
	// Who selects by the person who asked for the run.
	Who string
	// RunID, UserID and GroupID select by what it is about; 0 is all.
	RunID, UserID, GroupID int64
	// Since and Until bound the time at which a change came to its end, or else
	// its run began, the latter not included; zero is open.
	Since, Until time.Time
	// DryRuns takes in what runs would have done that were to write nothing.
	DryRuns bool
}

// AuditRow is a change with who or what caused it.
type AuditRow struct {
	Change
	RunID      int64     `db:"run_id" json:"run"`
	Connection string    `db:"connection" json:"connection"`
	Trigger    string    `db:"trigger_by" json:"trigger"`
	DryRun     bool      `db:"dry_run" json:"dry_run,omitempty"`
	Started    time.Time `db:"-" json:"run_started"`
	// AskedBy is the person who asked for the run, or approved what it did.
	AskedBy     string `db:"asked_by" json:"asked_by,omitempty"`
	Verified    bool   `db:"verified" json:"verified,omitempty"`
	RulesDigest string `db:"rules_digest" json:"rules_digest,omitempty"`
	// ApprovalID is the approval that the run carried out, Undoes the run that it took back.
	ApprovalID int64 `db:"approval" json:"approval,omitempty"`
	Undoes     int64 `db:"undoes" json:"undoes,omitempty"`
	// DecidedBy is who approved or rejected a change that was held.
	DecidedBy string `db:"decided_by" json:"decided_by,omitempty"`
	StartedAt int64  `db:"started_at" json:"-"`
}

// Audit streams changes with who or what caused each, the oldest runs first, in
// the order in which each run applied them.
func (s *Store) Audit(ctx context.Context, f AuditFilter) iter.Seq2[AuditRow, error] {
	where := always
	for _, c := range []struct {
		condition string
		value     any
		set       bool
	}{
		{"r.id = ?", f.RunID, f.RunID != 0},
		{"ch.user_id = ?", f.UserID, f.UserID != 0},
		{"ch.group_id = ?", f.GroupID, f.GroupID != 0},
		{"c.name = ?", f.Connection, f.Connection != ""},
		{"t.name = ?", f.Target, f.Target != ""},
		{"ch.kind = ?", f.Kind, f.Kind != ""},
		{"ch.state = ?", f.State, f.State != ""},
		{"r.trigger_by = ?", f.Trigger, f.Trigger != ""},
		{"r.asked_by = ?", f.Who, f.Who != ""},
		{"(ch.done_at >= ? OR ch.done_at = 0 AND r.started_at >= ?)", f.Since, !f.Since.IsZero()},
		{"(ch.done_at < ? AND ch.done_at <> 0 OR ch.done_at = 0 AND r.started_at < ?)", f.Until, !f.Until.IsZero()},
	} {
		if !c.set {
			continue
		}
		if at, ok := c.value.(time.Time); ok {
			where = where.and(part(c.condition, micros(at), micros(at)))
			continue
		}
		where = where.and(part(c.condition, c.value))
	}
	if !f.DryRuns {
		where = where.and(part("NOT r.dry_run"))
	}
	return stream(ctx, s, "read the record of changes", func(rows *sqlx.Rows, row *AuditRow) error {
		if err := rows.StructScan(row); err != nil {
			return err
		}
		row.Started, row.Done = fromMicros(row.StartedAt), fromMicros(row.DoneAt)
		return nil
	}, `SELECT ch.id, t.name AS target, ch.kind, ch.user_id, COALESCE(NULLIF(u.email, ''), u.login, '') AS user_label, ch.group_id, COALESCE(g.name, '') AS group_label,
			ch.outer_id, COALESCE(og.name, '') AS outer_label, ch.scope, ch.rule, ch.evidence, ch.before, ch.after, ch.state, ch.class, ch.detail, ch.attempts, ch.done_at,
			r.id AS run_id, c.name AS connection, r.trigger_by, r.dry_run, r.started_at, r.asked_by, r.verified, r.rules_digest, r.approval_id AS approval, r.undoes,
			COALESCE(ap.who, '') AS decided_by
		FROM runs r
		JOIN connections c ON c.id = r.connection_id
		JOIN changes ch ON ch.run_id = r.id
		JOIN targets t ON t.id = ch.target_id
		LEFT JOIN users u ON u.id = ch.user_id
		LEFT JOIN groups g ON g.id = ch.group_id
		LEFT JOIN groups og ON og.id = ch.outer_id AND ch.outer_id <> 0
		LEFT JOIN approvals ap ON ap.id = ch.approval_id AND ch.approval_id <> 0
		WHERE `+where.text+` ORDER BY r.id, ch.target_id, ch.stage, ch.ord`, where.args...)
}
