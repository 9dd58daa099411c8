package store

import (
	"context"
	"fmt"
	"time"
)

// Run is a run as the administrator sees it.
type Run struct {
	ID            int64  `db:"id" json:"id"`
	Connection    string `db:"connection" json:"connection"`
	WorkflowID    string `db:"workflow_id" json:"workflow_id"`
	Trigger       string `db:"trigger_by" json:"trigger"`
	DryRun        bool   `db:"dry_run" json:"dry_run"`
	AllowRemovals bool   `db:"allow_removals" json:"allow_removals"`
	FullRead      bool   `db:"full_read" json:"full_read"`
	Stage         string `db:"stage" json:"stage"`
	Outcome       string `db:"outcome" json:"outcome"`
	Reason        string `db:"reason" json:"reason,omitempty"`
	UsersRead     int64  `db:"users_read" json:"users_read"`
	GroupsRead    int64  `db:"groups_read" json:"groups_read"`
	MembersRead   int64  `db:"members_read" json:"members_read"`
	// RulesDigest is of the rules that it decided by.
	RulesDigest string `db:"rules_digest" json:"rules_digest,omitempty"`
	// AskedBy is the person who asked for it, where there was one; Verified is
	// whether that name was authenticated.
	AskedBy   string `db:"asked_by" json:"asked_by,omitempty"`
	Verified  bool   `db:"verified" json:"verified,omitempty"`
	RequestID int64  `db:"request_id" json:"request,omitempty"`
	// ApprovalID is the approval that it carries out, Undoes the run that it takes back.
	ApprovalID int64 `db:"approval_id" json:"approval,omitempty"`
	Undoes     int64 `db:"undoes" json:"undoes,omitempty"`
	// Control is "pause" or "stop"; Pace the most changes a second, 0 for no limit.
	Control   string    `db:"control" json:"control,omitempty"`
	Pace      int64     `db:"pace" json:"pace,omitempty"`
	Started   time.Time `db:"-" json:"started"`
	Ended     time.Time `db:"-" json:"ended,omitzero"`
	StartedAt int64     `db:"started_at" json:"-"`
	EndedAt   int64     `db:"ended_at" json:"-"`
}

const runColumns = `SELECT r.id, c.name AS connection, r.workflow_id, r.trigger_by, r.dry_run, r.allow_removals, r.full_read, r.stage, r.outcome, r.reason,
		r.users_read, r.groups_read, r.members_read, r.rules_digest, r.asked_by, r.verified, r.request_id, r.approval_id, r.undoes, r.control, r.pace, r.started_at, r.ended_at
	FROM runs r JOIN connections c ON c.id = r.connection_id `

// Runs returns the newest runs first, of one connection or, with an empty name, of all.
func (s *Store) Runs(ctx context.Context, connection string, limit int) ([]Run, error) {
	var runs []Run
	err := s.selectAll(ctx, &runs, runColumns+`WHERE ? = '' OR c.name = ? ORDER BY r.id DESC LIMIT CAST(? AS BIGINT)`, connection, connection, limit)
	if err != nil {
		return nil, fmt.Errorf("read runs: %w", err)
	}
	for i := range runs {
		runs[i].Started, runs[i].Ended = fromMicros(runs[i].StartedAt), fromMicros(runs[i].EndedAt)
	}
	return runs, nil
}

// Run returns one run, or ErrNotFound.
func (s *Store) Run(ctx context.Context, id int64) (Run, error) {
	var r Run
	if err := s.get(ctx, &r, runColumns+`WHERE r.id = ?`, id); err != nil {
		return Run{}, fmt.Errorf("read run %d: %w", id, notFound(err))
	}
	r.Started, r.Ended = fromMicros(r.StartedAt), fromMicros(r.EndedAt)
	return r, nil
}

// RunOfWorkflow returns the newest run that a workflow began, or ErrNotFound.
func (s *Store) RunOfWorkflow(ctx context.Context, workflowID string) (Run, error) {
	var id int64
	if err := s.get(ctx, &id, `SELECT COALESCE(MAX(id), 0) FROM runs WHERE workflow_id = ?`, workflowID); err != nil {
		return Run{}, fmt.Errorf("find run: %w", err)
	}
	if id == 0 {
		return Run{}, ErrNotFound
	}
	return s.Run(ctx, id)
}

// Count is a number of changes of a run that are alike.
type Count struct {
	Target string `db:"target" json:"target"`
	Kind   string `db:"kind" json:"kind"`
	State  string `db:"state" json:"state"`
	Class  string `db:"class" json:"class,omitempty"`
	Count  int64  `db:"count" json:"count"`
}

// Counts returns the changes of a run by target, kind, state and class.
func (s *Store) Counts(ctx context.Context, runID int64) ([]Count, error) {
	var counts []Count
	err := s.selectAll(ctx, &counts, `SELECT t.name AS target, ch.kind, ch.state, ch.class, COUNT(*) AS count FROM changes ch JOIN targets t ON t.id = ch.target_id
		WHERE ch.run_id = ? GROUP BY t.name, ch.stage, ch.kind, ch.state, ch.class ORDER BY t.name, ch.stage, ch.kind, ch.state, ch.class`, runID)
	if err != nil {
		return nil, fmt.Errorf("count changes of run %d: %w", runID, err)
	}
	return counts, nil
}

// Change is a change as the administrator sees it.
type Change struct {
	ID      int64  `db:"id" json:"id"`
	Target  string `db:"target" json:"target"`
	Kind    string `db:"kind" json:"kind"`
	UserID  int64  `db:"user_id" json:"user_id,omitempty"`
	User    string `db:"user_label" json:"user,omitempty"`
	GroupID int64  `db:"group_id" json:"group_id,omitempty"`
	Group   string `db:"group_label" json:"group,omitempty"`
	// OuterID and Outer are the group that Group is put in or taken out of.
	OuterID int64  `db:"outer_id" json:"outer_id,omitempty"`
	Outer   string `db:"outer_label" json:"outer,omitempty"`
	// Scope is what a permission is for; Before and After are its levels.
	Scope    string `db:"scope" json:"scope,omitempty"`
	Rule     string `db:"rule" json:"rule,omitempty"`
	Evidence string `db:"evidence" json:"evidence,omitempty"`
	Before   string `db:"before" json:"before,omitempty"`
	After    string `db:"after" json:"after,omitempty"`
	State    string `db:"state" json:"state"`
	Class    string `db:"class" json:"class,omitempty"`
	Detail   string `db:"detail" json:"detail,omitempty"`
	// Note is what was done beside the change, in the target's own keys.
	Note     string    `db:"note" json:"note,omitempty"`
	Attempts int       `db:"attempts" json:"attempts"`
	Done     time.Time `db:"-" json:"done,omitzero"`
	DoneAt   int64     `db:"done_at" json:"-"`
}

const changeColumns = `SELECT ch.id, t.name AS target, ch.kind, ch.user_id, COALESCE(NULLIF(u.email, ''), u.login, '') AS user_label, ch.group_id, COALESCE(g.name, '') AS group_label,
		ch.outer_id, COALESCE(og.name, '') AS outer_label, ch.scope,
		ch.rule, ch.evidence, ch.before, ch.after, ch.state, ch.class, ch.detail, ch.note, ch.attempts, ch.done_at
	FROM changes ch JOIN targets t ON t.id = ch.target_id LEFT JOIN users u ON u.id = ch.user_id LEFT JOIN groups g ON g.id = ch.group_id
	LEFT JOIN groups og ON og.id = ch.outer_id AND ch.outer_id <> 0 `

// Note is something that a run noticed, apart from changes.
type Note struct {
	TargetID int64  `db:"target_id" json:"-"`
	Target   string `db:"target" json:"target,omitempty"`
	// Code is a short word that stays the same when the text is reworded.
	Code    string `db:"code" json:"code"`
	UserID  int64  `db:"user_id" json:"user_id,omitempty"`
	GroupID int64  `db:"group_id" json:"group_id,omitempty"`
	Text    string `db:"text" json:"text"`
	// ResourceID is the pushed object that it is about.
	ResourceID int64 `db:"-" json:"-"`
}

// Notes returns what a run noticed.
func (s *Store) Notes(ctx context.Context, runID int64) ([]Note, error) {
	var notes []Note
	err := s.selectAll(ctx, &notes, `SELECT n.target_id, COALESCE(t.name, '') AS target, n.code, n.user_id, n.group_id, n.text FROM notes n LEFT JOIN targets t ON t.id = n.target_id
		WHERE n.run_id = ? ORDER BY n.id`, runID)
	if err != nil {
		return nil, fmt.Errorf("read notes of run %d: %w", runID, err)
	}
	return notes, nil
}

// HeldPlan is what the guard of a run did not admit in a target.
type HeldPlan struct {
	ID        int64     `db:"id" json:"id"`
	RunID     int64     `db:"run_id" json:"run"`
	Target    string    `db:"target" json:"target"`
	Digest    string    `db:"digest" json:"digest"`
	Reason    string    `db:"reason" json:"reason"`
	Changes   int64     `db:"changes" json:"changes"`
	State     string    `db:"state" json:"state"`
	Expires   time.Time `db:"-" json:"expires"`
	ExpiresAt int64     `db:"expires_at" json:"-"`
}

// HeldPlans returns the held plans of a run.
func (s *Store) HeldPlans(ctx context.Context, runID int64) ([]HeldPlan, error) {
	var plans []HeldPlan
	err := s.selectAll(ctx, &plans, `SELECT h.id, h.run_id, t.name AS target, h.digest, h.reason, h.changes, h.state, h.expires_at
		FROM held_plans h JOIN targets t ON t.id = h.target_id WHERE h.run_id = ? ORDER BY h.id`, runID)
	if err != nil {
		return nil, fmt.Errorf("read held plans of run %d: %w", runID, err)
	}
	for i := range plans {
		plans[i].Expires = fromMicros(plans[i].ExpiresAt)
	}
	return plans, nil
}

// SubjectIDs finds the users of a connection by e-mail, login, source id or
// account id, and its groups by name, source id or target group id.
func (s *Store) SubjectIDs(ctx context.Context, connection, name string) (users, groups []int64, err error) {
	key := nameKey(name)
	err = s.selectAll(ctx, &users, `SELECT u.id FROM users u JOIN connections c ON c.id = u.connection_id
		WHERE c.name = ? AND (u.email_key = ? OR u.login = ? OR u.source_id = ? OR u.id IN (SELECT a.user_id FROM accounts a WHERE a.remote_id = ?)) ORDER BY u.id`,
		connection, key, name, name, name)
	if err != nil {
		return nil, nil, fmt.Errorf("find user: %w", err)
	}
	err = s.selectAll(ctx, &groups, `SELECT g.id FROM groups g JOIN connections c ON c.id = g.connection_id
		WHERE c.name = ? AND (g.name_key = ? OR g.source_id = ? OR g.id IN (SELECT t.group_id FROM target_groups t WHERE t.remote_id = ?)) ORDER BY g.id`,
		connection, key, name, name)
	if err != nil {
		return nil, nil, fmt.Errorf("find group: %w", err)
	}
	return users, groups, nil
}
