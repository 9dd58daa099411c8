package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// ordsARound is how far apart the places are that two rounds of planning some
// subjects begin at: beyond the farthest that a plan's statements reach.
const ordsARound = 10_000_000_000

// To SQLite a "+" says not to look for changes by their run, of which there may
// be many, but by their user.

// supersededStates are those of changes that give way to a new plan of their
// subject. What was done, or never will be, stays as the record of it.
const supersededStates = `('unguarded', 'doubted', 'planned', 'retry', 'held', 'blocked', 'failed', 'waiting')`

// SubjectPlan is a plan for some subjects.
type SubjectPlan struct {
	// From is the first place of its changes in each stage.
	From int64
	// Stages are those that have something to do, in their order.
	Stages []directory.Stage
	// Unguarded and Total count changes.
	Unguarded, Total int64
	// CalledOff are users whose account may have been made before it was clear
	// that they are to have none: once that is known they are to be planned again.
	CalledOff []int64
}

// PlanSubjects compares what a target should hold of some users and groups
// with what it was last seen to hold, and adds the differences to the changes
// of a run. Earlier changes of these subjects in the run that are not done give
// way; that a create was about to be sent, and how often it was tried, is carried over.
func (s *Store) PlanSubjects(ctx context.Context, c Claim, targetID int64, users, groups []int64) (SubjectPlan, error) {
	var plan SubjectPlan
	if len(users)+len(groups) == 0 {
		return plan, nil
	}
	err := s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		var err error
		plan, err = planSubjects(ctx, tx, c, targetID, users, groups)
		return err
	})
	if err != nil {
		return SubjectPlan{}, err
	}
	return plan, s.countSubjectPlan(ctx, c, targetID, users, groups, &plan)
}

// planSubjects is PlanSubjects in a transaction. It counts nothing.
func planSubjects(ctx context.Context, tx *Tx, c Claim, targetID int64, users, groups []int64) (SubjectPlan, error) {
	var plan SubjectPlan
	var err error
	if plan.From, err = nextRound(ctx, tx, c.RunID, targetID); err != nil {
		return plan, err
	}
	run, err := factsOf(ctx, tx, c)
	if err != nil {
		return plan, err
	}
	carried, err := supersede(ctx, tx, c, run, targetID, users, groups)
	if err != nil {
		return plan, err
	}
	if err := assumeDone(ctx, tx, targetID, carried); err != nil {
		return plan, err
	}
	statements, err := statementsFor(ctx, tx, targetID)
	if err != nil {
		return plan, err
	}
	for _, statement := range statements {
		subjects, condition := users, "u"
		if strings.Contains(statement.sql, " AND g.dirty") {
			subjects, condition = groups, "g"
		}
		if len(subjects) == 0 {
			continue
		}
		if err := planSome(ctx, tx, statement.sql, condition, c, targetID, plan.From, subjects); err != nil {
			return plan, fmt.Errorf("plan %s: %w", statement.what, err)
		}
	}
	if len(users) > 0 {
		updates := updating{tx: tx, c: c, targetID: targetID, from: plan.From}
		if err := updates.planSome(ctx, users); err != nil {
			return plan, fmt.Errorf("plan changed attributes: %w", err)
		}
	}
	if plan.CalledOff, err = carryOver(ctx, tx, c, run, targetID, plan.From, carried); err != nil {
		return plan, err
	}
	if err := blockMemberships(ctx, tx, c.RunID, targetID, plan.From); err != nil {
		return plan, err
	}
	return plan, leaveOut(ctx, tx, c.RunID, targetID)
}

// nextRound is the first place, in each stage, of what a run plans next in a
// target. The highest place of each stage is one look into the index.
func nextRound(ctx context.Context, tx *Tx, runID, targetID int64) (int64, error) {
	var last int64
	if err := tx.get(ctx, &last, `SELECT (COALESCE(MAX(ord), -1) / 10000000000) FROM (
			SELECT MAX(ord) AS ord FROM changes WHERE run_id = ? AND target_id = ? AND stage = 1 UNION ALL
			SELECT MAX(ord) FROM changes WHERE run_id = ? AND target_id = ? AND stage = 2 UNION ALL
			SELECT MAX(ord) FROM changes WHERE run_id = ? AND target_id = ? AND stage = 3 UNION ALL
			SELECT MAX(ord) FROM changes WHERE run_id = ? AND target_id = ? AND stage = 4 UNION ALL
			SELECT MAX(ord) FROM changes WHERE run_id = ? AND target_id = ? AND stage = 5) last`,
		runID, targetID, runID, targetID, runID, targetID, runID, targetID, runID, targetID); err != nil {
		return 0, fmt.Errorf("look for the end of the plan: %w", err)
	}
	return (last + 1) * ordsARound, nil
}

// planSome runs a statement of the plan for some subjects, with its places
// moved by from.
func planSome(ctx context.Context, tx *Tx, statement, alias string, c Claim, targetID, from int64, subjects []int64) error {
	statement = strings.NewReplacer(" AND "+alias+".dirty", " AND "+alias+".id IN (?)", " AND "+toSeek, "").Replace(statement)
	place := strings.Index(statement, "ROW_NUMBER()")
	args := []any{c.RunID, from, targetID, c.ConnectionID, padded(subjects)}
	if place < strings.Index(statement, "CAST(? AS BIGINT)") {
		args[0], args[1] = from, c.RunID
	}
	query, args, err := in(statement[:place]+"CAST(? AS BIGINT) + "+statement[place:], args...)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, query, args...)
	return err
}

func (s *Store) countSubjectPlan(ctx context.Context, c Claim, targetID int64, users, groups []int64, plan *SubjectPlan) error {
	changes, err := s.SubjectChanges(ctx, c.RunID, targetID, users, groups, plan.From)
	if err != nil {
		return err
	}
	for _, ch := range changes {
		plan.Total++
		state := directory.State(ch.State)
		if state == directory.Unguarded {
			plan.Unguarded++
		}
		stage := directory.Stage(ch.Stage)
		if (state == directory.Unguarded || state == directory.Planned || state == directory.Retry) && !slices.Contains(plan.Stages, stage) {
			plan.Stages = append(plan.Stages, stage)
		}
	}
	slices.Sort(plan.Stages)
	return nil
}

// SubjectChange is where a change of a subject stands.
type SubjectChange struct {
	Stage   int    `db:"stage"`
	Kind    string `db:"kind"`
	UserID  int64  `db:"user_id"`
	GroupID int64  `db:"group_id"`
	State   string `db:"state"`
	Class   string `db:"class"`
}

// SubjectChanges returns the changes of users, and those of groups that are
// about no user, that a plan made, and those of earlier ones that are still to be done.
func (s *Store) SubjectChanges(ctx context.Context, runID, targetID int64, users, groups []int64, from int64) ([]SubjectChange, error) {
	var all []SubjectChange
	const columns = `SELECT stage, kind, user_id, group_id, state, class FROM changes `
	for _, of := range []struct {
		ids       []int64
		condition string
	}{
		{users, `WHERE +run_id = ? AND target_id = ? AND (ord >= ? OR state IN ('planned', 'retry')) AND user_id IN (?)`},
		{groups, `WHERE run_id = ? AND +target_id = ? AND (ord >= ? OR state IN ('planned', 'retry')) AND user_id = 0 AND group_id IN (?)`},
	} {
		if len(of.ids) == 0 {
			continue
		}
		query, args, err := in(columns+of.condition, runID, targetID, from, padded(of.ids))
		if err != nil {
			return nil, err
		}
		var found []SubjectChange
		if err := s.selectAll(ctx, &found, query, args...); err != nil {
			return nil, fmt.Errorf("read changes: %w", err)
		}
		all = append(all, found...)
	}
	return all, nil
}

// DueSubjects reads the changes of a stage that are still to be done for some
// users and groups, in order.
func (s *Store) DueSubjects(ctx context.Context, runID, targetID int64, stage directory.Stage, users, groups []int64) ([]DueChange, error) {
	var all []DueChange
	for _, of := range []struct {
		ids       []int64
		condition string
	}{
		{users, `WHERE +ch.run_id = ? AND ch.target_id = ? AND ch.stage = ? AND ch.state IN ('planned', 'retry') AND ch.user_id IN (?) ORDER BY ch.ord`},
		{groups, `WHERE ch.run_id = ? AND +ch.target_id = ? AND ch.stage = ? AND ch.state IN ('planned', 'retry') AND ch.user_id = 0 AND ch.group_id IN (?) ORDER BY ch.ord`},
	} {
		if len(of.ids) == 0 {
			continue
		}
		query, args, err := in(dueColumns+of.condition, runID, targetID, int(stage), padded(of.ids))
		if err != nil {
			return nil, err
		}
		var due []DueChange
		if err := s.selectAll(ctx, &due, query, args...); err != nil {
			return nil, fmt.Errorf("read changes: %w", err)
		}
		all = append(all, due...)
	}
	return all, nil
}

// Wish is what the rules ask for of a user, by its versions.
type Wish struct{ Version, Groups, GroupSum int64 }

// Wishes returns what is desired of users in a target, to tell later whether
// it has moved.
func (s *Store) Wishes(ctx context.Context, targetID int64, users []int64) (map[int64]Wish, error) {
	wishes := make(map[int64]Wish, len(users))
	if len(users) == 0 {
		return wishes, nil
	}
	query, args, err := in(`SELECT d.user_id, d.version, COUNT(m.group_id) AS memberships, COALESCE(SUM(m.group_id), 0) AS total
		FROM desired_accounts d LEFT JOIN desired_memberships m ON m.target_id = d.target_id AND m.user_id = d.user_id
		WHERE d.target_id = ? AND d.user_id IN (?) GROUP BY d.user_id, d.version`, targetID, padded(users))
	if err != nil {
		return nil, err
	}
	var found []struct {
		UserID  int64 `db:"user_id"`
		Version int64 `db:"version"`
		Groups  int64 `db:"memberships"`
		Sum     int64 `db:"total"`
	}
	if err := s.selectAll(ctx, &found, query, args...); err != nil {
		return nil, fmt.Errorf("read what is desired: %w", err)
	}
	for _, f := range found {
		wishes[f.UserID] = Wish{f.Version, f.Groups, f.Sum}
	}
	return wishes, nil
}
