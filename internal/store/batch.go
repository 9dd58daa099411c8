package store

import (
	"context"
	"fmt"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// Range is a batch of a stage: changes whose ord lies in it, ends included.
type Range struct{ From, To int64 }

// Stages returns the stages of a run's plan in a target that have something
// to do, in their order.
func (s *Store) Stages(ctx context.Context, runID, targetID int64) ([]directory.Stage, error) {
	var stages []directory.Stage
	err := s.selectAll(ctx, &stages, `SELECT DISTINCT stage FROM changes WHERE run_id = ? AND target_id = ? AND state IN ('unguarded', 'doubted', 'planned', 'retry') ORDER BY stage`, runID, targetID)
	if err != nil {
		return nil, fmt.Errorf("read stages: %w", err)
	}
	return stages, nil
}

// Batches cuts the changes of a stage that are still to be done into batches
// of size, and returns up to limit of them that begin after an ord.
func (s *Store) Batches(ctx context.Context, runID, targetID int64, stage directory.Stage, after int64, size, limit int) ([]Range, error) {
	var found []struct {
		From int64 `db:"first"`
		To   int64 `db:"last"`
	}
	err := s.selectAll(ctx, &found, `SELECT MIN(ord) AS first, MAX(ord) AS last FROM (
			SELECT ord, (ROW_NUMBER() OVER (ORDER BY ord) - 1) / CAST(? AS BIGINT) AS batch FROM changes
			WHERE run_id = ? AND target_id = ? AND stage = ? AND state = 'planned' AND ord > ?
		) AS due GROUP BY batch ORDER BY batch LIMIT CAST(? AS BIGINT)`, size, runID, targetID, int(stage), after, limit)
	if err != nil {
		return nil, fmt.Errorf("cut stage into batches: %w", err)
	}
	ranges := make([]Range, len(found))
	for i, f := range found {
		ranges[i] = Range(f)
	}
	return ranges, nil
}

// DueChange is a change with what is desired and known of its subject at this moment.
type DueChange struct {
	ID       int64  `db:"id"`
	Kind     string `db:"kind"`
	UserID   int64  `db:"user_id"`
	GroupID  int64  `db:"group_id"`
	Attempts int    `db:"attempts"`
	IntentAt int64  `db:"intent_at"`

	// RemoteID is the target's id of a member whom no link knows, or of the
	// account that is to be deleted.
	RemoteID string `db:"remote_id"`
	// Nested is whether it takes somebody out of a group who is to be in it through
	// one that is in it.
	Nested bool `db:"nested"`
	// Note is what earlier attempts did beside the change.
	Note string `db:"note"`

	// What the rules ask for now.
	DesiredState    string `db:"desired_state"`
	DesiredEmail    string `db:"desired_email"`
	DesiredName     string `db:"desired_name"`
	DesiredUserName string `db:"desired_user_name"`
	// DesiredAttributes is a JSON object of strings; empty is none.
	DesiredAttributes string `db:"desired_attributes"`
	// Strip is whether the account is to be in no group.
	Strip      bool   `db:"strip"`
	GroupName  string `db:"group_name"`
	GroupAbout string `db:"group_about"`
	// GroupProblem is why the group cannot be made, GroupDetail that in words.
	GroupProblem string `db:"group_problem"`
	GroupDetail  string `db:"group_detail"`
	// Member is whether the account should be in the group: what is wanted, or
	// given back to somebody who came back, and not taken from a leaver.
	Member bool `db:"member"`
	// WaitsSince is since when the user waits for a licence; 0 is not at all.
	WaitsSince int64 `db:"waits_since"`

	// What the target was last seen to hold; ids are empty without a link.
	AccountID       string `db:"account_id"`
	AccountEmail    string `db:"account_email"`
	AccountName     string `db:"account_name"`
	AccountUserName string `db:"account_user_name"`
	// AccountAttributes is a JSON object of strings; one that is not in it is unknown.
	AccountAttributes string `db:"account_attributes"`
	AccountOrigin     string `db:"account_origin"`
	AccountStatus     string `db:"account_status"`
	Managed           bool   `db:"managed"`
	Protected         bool   `db:"protected"`
	TargetGroupID     string `db:"target_group_id"`
	TargetGroupName   string `db:"target_group_name"`
	// Joined is whether the account is in the group as far as is known, Missing
	// whether it may be, by us; Foreign is whether RemoteID is in it and still nobody's.
	Joined  bool `db:"joined"`
	Missing bool `db:"missing"`
	Foreign bool `db:"is_foreign"`
}

const dueColumns = `SELECT ch.id, ch.kind, ch.user_id, ch.group_id, ch.attempts, ch.intent_at, ch.remote_id, (ch.kind = 'membership.remove' AND ch.after = 'nested') AS nested, ch.note,
		COALESCE(d.state, '') AS desired_state, COALESCE(d.email, '') AS desired_email, COALESCE(d.display_name, '') AS desired_name,
		COALESCE(d.user_name, '') AS desired_user_name, COALESCE(d.attributes, '') AS desired_attributes, COALESCE(d.strip, FALSE) AS strip,
		COALESCE(dg.name, '') AS group_name, COALESCE(g.description, '') AS group_about, COALESCE(dg.problem, '') AS group_problem, COALESCE(dg.detail, '') AS group_detail,
		((dm.user_id IS NOT NULL OR lg.user_id IS NOT NULL AND lg.origin <> 'created') AND NOT COALESCE(d.strip, FALSE)) AS member,
		COALESCE(w.since, 0) AS waits_since,
		COALESCE(a.remote_id, '') AS account_id, COALESCE(a.email, '') AS account_email, COALESCE(a.display_name, '') AS account_name,
		COALESCE(a.user_name, '') AS account_user_name, COALESCE(a.attributes, '') AS account_attributes, COALESCE(a.origin, '') AS account_origin,
		COALESCE(a.status, '') AS account_status, COALESCE(a.managed, FALSE) AS managed,
		(COALESCE(a.protected, FALSE) OR COALESCE(a.read_only, FALSE) OR COALESCE(tg.protected, FALSE) OR COALESCE(tg.read_only, FALSE)) AS protected,
		COALESCE(tg.remote_id, '') AS target_group_id, COALESCE(tg.name, '') AS target_group_name, COALESCE(NOT tm.missing, FALSE) AS joined, COALESCE(tm.missing, FALSE) AS missing,
		(f.remote_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM accounts own WHERE own.identity = tg.identity AND own.remote_id = f.remote_id)) AS is_foreign
	FROM changes ch
	LEFT JOIN desired_accounts d ON d.target_id = ch.target_id AND d.user_id = ch.user_id
	LEFT JOIN desired_groups dg ON dg.target_id = ch.target_id AND dg.group_id = ch.group_id
	LEFT JOIN groups g ON g.id = ch.group_id
	LEFT JOIN desired_memberships dm ON dm.target_id = ch.target_id AND dm.user_id = ch.user_id AND dm.group_id = ch.group_id
	LEFT JOIN accounts a ON a.target_id = ch.target_id AND a.user_id = ch.user_id
	LEFT JOIN target_groups tg ON tg.target_id = ch.target_id AND tg.group_id = ch.group_id
	LEFT JOIN target_memberships tm ON tm.target_id = ch.target_id AND tm.user_id = ch.user_id AND tm.group_id = ch.group_id
	LEFT JOIN leaver_groups lg ON lg.target_id = ch.target_id AND lg.user_id = ch.user_id AND lg.group_id = ch.group_id
	LEFT JOIN foreign_members f ON f.target_id = ch.target_id AND f.group_id = ch.group_id AND f.remote_id = ch.remote_id
	LEFT JOIN seat_waits w ON w.target_id = ch.target_id AND w.user_id = ch.user_id `

// DueBatch reads the changes of a batch that are still to be done, in order:
// also those that an attempt which then ended put off, as nobody knows of them.
func (s *Store) DueBatch(ctx context.Context, runID, targetID int64, stage directory.Stage, r Range) ([]DueChange, error) {
	var due []DueChange
	err := s.selectAll(ctx, &due, dueColumns+`WHERE ch.run_id = ? AND ch.target_id = ? AND ch.stage = ? AND ch.ord BETWEEN ? AND ? AND ch.state IN ('planned', 'retry') ORDER BY ch.ord`,
		runID, targetID, int(stage), r.From, r.To)
	if err != nil {
		return nil, fmt.Errorf("read batch: %w", err)
	}
	return due, nil
}

// BatchSubjects returns the subjects of a batch's changes that are still to be
// done: the users, and the groups of changes that are about no user.
func (s *Store) BatchSubjects(ctx context.Context, runID, targetID int64, stage directory.Stage, r Range) (users, groups []int64, err error) {
	var found []struct {
		UserID  int64 `db:"user_id"`
		GroupID int64 `db:"group_id"`
	}
	if err := s.selectAll(ctx, &found, `SELECT DISTINCT user_id, CASE WHEN user_id = 0 THEN group_id ELSE 0 END AS group_id FROM changes
		WHERE run_id = ? AND target_id = ? AND stage = ? AND ord BETWEEN ? AND ? AND state IN ('planned', 'retry')`,
		runID, targetID, int(stage), r.From, r.To); err != nil {
		return nil, nil, fmt.Errorf("read the subjects of a batch: %w", err)
	}
	for _, f := range found {
		if f.UserID != 0 {
			users = append(users, f.UserID)
		} else {
			groups = append(groups, f.GroupID)
		}
	}
	return users, groups, nil
}

// MadeElsewhere returns those of users whose account in a target another run
// has made since this one began.
func (s *Store) MadeElsewhere(ctx context.Context, runID, targetID int64, users []int64) (map[int64]bool, error) {
	made := map[int64]bool{}
	for chunk := range chunks(users, 1000) {
		query, args, err := in(`SELECT DISTINCT user_id FROM changes WHERE user_id IN (?) AND target_id = ? AND kind = 'account.create' AND state = 'applied' AND +run_id <> ?
			AND done_at >= (SELECT started_at FROM runs WHERE id = ?)`, chunk, targetID, runID, runID)
		if err != nil {
			return nil, err
		}
		var found []int64
		if err := s.selectAll(ctx, &found, query, args...); err != nil {
			return nil, fmt.Errorf("look for accounts that another run made: %w", err)
		}
		for _, id := range found {
			made[id] = true
		}
	}
	return made, nil
}

// Due reads one change that is planned or to be retried. Anything else is ErrNotFound.
func (s *Store) Due(ctx context.Context, changeID int64) (DueChange, error) {
	var due DueChange
	err := s.get(ctx, &due, dueColumns+`WHERE ch.id = ? AND ch.state IN ('planned', 'retry')`, changeID)
	return due, notFound(err)
}

// Wanted is a membership that a person to be created should have.
type Wanted struct {
	UserID        int64  `db:"user_id"`
	GroupID       int64  `db:"group_id"`
	TargetGroupID string `db:"remote_id"`
}

// WantedMemberships returns the desired memberships of users in groups that
// are linked and may be written, by user.
func (s *Store) WantedMemberships(ctx context.Context, targetID int64, userIDs []int64) (map[int64][]Wanted, error) {
	wanted := make(map[int64][]Wanted, len(userIDs))
	for chunk := range chunks(userIDs, 1000) {
		query, args, err := in(`SELECT dm.user_id, dm.group_id, tg.remote_id FROM desired_memberships dm
			JOIN target_groups tg ON tg.target_id = dm.target_id AND tg.group_id = dm.group_id AND NOT tg.protected AND NOT tg.read_only
			WHERE dm.target_id = ? AND dm.user_id IN (?)
				AND NOT EXISTS (SELECT 1 FROM desired_accounts d WHERE d.target_id = dm.target_id AND d.user_id = dm.user_id AND d.strip)
			ORDER BY dm.user_id, dm.group_id`, targetID, chunk)
		if err != nil {
			return nil, err
		}
		var found []Wanted
		if err := s.selectAll(ctx, &found, query, args...); err != nil {
			return nil, fmt.Errorf("read wanted memberships: %w", err)
		}
		for _, w := range found {
			wanted[w.UserID] = append(wanted[w.UserID], w)
		}
	}
	return wanted, nil
}

// LinkedAccounts returns which of the given account ids are linked already in
// the place that a target's accounts live in, by any connection, with the
// user they are linked to.
func (s *Store) LinkedAccounts(ctx context.Context, identity string, remoteIDs []string) (map[string]int64, error) {
	return s.linked(ctx, `SELECT remote_id, user_id AS subject FROM accounts WHERE identity = ? AND remote_id IN (?)`, identity, remoteIDs)
}

// LinkedGroups is LinkedAccounts for groups.
func (s *Store) LinkedGroups(ctx context.Context, identity string, remoteIDs []string) (map[string]int64, error) {
	return s.linked(ctx, `SELECT remote_id, group_id AS subject FROM target_groups WHERE identity = ? AND remote_id IN (?)`, identity, remoteIDs)
}

func (s *Store) linked(ctx context.Context, statement, identity string, remoteIDs []string) (map[string]int64, error) {
	linked := make(map[string]int64)
	for chunk := range chunks(remoteIDs, 1000) {
		query, args, err := in(statement, identity, chunk)
		if err != nil {
			return nil, err
		}
		var found []struct {
			RemoteID string `db:"remote_id"`
			Subject  int64  `db:"subject"`
		}
		if err := s.selectAll(ctx, &found, query, args...); err != nil {
			return nil, fmt.Errorf("read links: %w", err)
		}
		for _, f := range found {
			linked[f.RemoteID] = f.Subject
		}
	}
	return linked, nil
}

// Intend records, before creates are sent, that their objects were looked for
// and are not there, so that what is found after a crash can be told from
// what was there before.
func (s *Store) Intend(ctx context.Context, c Claim, changeIDs []int64, now time.Time) error {
	if len(changeIDs) == 0 {
		return nil
	}
	return s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		query, args, err := in(`UPDATE changes SET intent_at = ? WHERE id IN (?) AND intent_at = 0`, micros(now), changeIDs)
		if err != nil {
			return err
		}
		_, err = tx.exec(ctx, query, args...)
		return err
	})
}
