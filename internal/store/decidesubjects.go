package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// TargetDecider is what the rules say for one target.
type TargetDecider struct {
	// ID is the target's.
	ID int64
	// Account decides about a user, and returns the ladder of the reason where
	// somebody is leaving.
	Account func(directory.Subject) (directory.DesiredAccount, directory.Ladder)
	// Group decides about a group of the source.
	Group func(directory.Group) directory.DesiredGroup
	// Defaults are the names of the groups that everybody in scope is in.
	Defaults []string
	// Nests is whether a group that is in another in the source is so in the
	// target, where both are taken.
	Nests bool
}

// DecideSubjects decides about users and groups, for targets, as they are at
// this moment: nobody changes them between the look and the decision. Groups
// that the users are in and that nobody has decided about yet are decided as well.
func (s *Store) DecideSubjects(ctx context.Context, c Claim, targets []TargetDecider, users, groups []int64, want Want, now time.Time) error {
	return s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		return decideSubjects(ctx, tx, c, targets, users, groups, want, now)
	})
}

func decideSubjects(ctx context.Context, tx *Tx, c Claim, targets []TargetDecider, users, groups []int64, want Want, now time.Time) error {
	users, groups = slices.Sorted(slices.Values(users)), slices.Sorted(slices.Values(groups))
	subjects, err := lockedSubjects(ctx, tx, users, want)
	if err != nil {
		return err
	}
	for _, t := range targets {
		undecided, err := undecidedGroups(ctx, tx, t.ID, users)
		if err != nil {
			return err
		}
		rows, err := groupRows(ctx, tx, slices.Compact(slices.Sorted(slices.Values(slices.Concat(groups, undecided)))))
		if err != nil {
			return err
		}
		moved, err := decideGroups(ctx, tx, c, t, rows)
		if err != nil {
			return err
		}
		if len(moved) > 0 {
			// Nobody else may come to decide about the members: a run that is under way
			// makes clean whom it has looked at.
			d := deciding{tx: tx, targetID: t.ID, now: now, users: userSet{`u.id IN (SELECT user_id FROM memberships WHERE group_id IN (?))`, []any{padded(moved)}}}
			if err := d.save(ctx, nil); err != nil {
				return err
			}
		}
		if len(subjects) == 0 {
			continue
		}
		decisions := make([]Decision, len(subjects))
		for i, u := range subjects {
			decisions[i] = Decision{UserID: u.ID, Pulled: u.Pulled}
			decisions[i].DesiredAccount, decisions[i].Ladder = t.Account(u.Subject)
		}
		d := deciding{tx: tx, targetID: t.ID, now: now, users: userSet{`u.id IN (?)`, []any{padded(users)}}}
		if err := d.save(ctx, decisions); err != nil {
			return err
		}
	}
	return nil
}

// lockedSubjects reads users as the rules see them, and keeps them so.
func lockedSubjects(ctx context.Context, tx *Tx, users []int64, want Want) ([]DirtySubject, error) {
	if len(users) == 0 {
		return nil, nil
	}
	forShare := tx.forShare()
	if forShare != "" {
		forShare += " OF u"
	}
	query, args, err := in(subjectColumns(want)+`WHERE u.id IN (?) ORDER BY u.id`+forShare, padded(users))
	if err != nil {
		return nil, err
	}
	var found []subjectRow
	if err := tx.selectAll(ctx, &found, query, args...); err != nil {
		return nil, fmt.Errorf("read users to decide: %w", err)
	}
	return subjectsOf(ctx, tx.selectAll, found, want)
}

// undecidedGroups are the groups of users that lead nowhere in a target: those
// that nobody has decided about, and those that have no counterpart there.
func undecidedGroups(ctx context.Context, tx *Tx, targetID int64, users []int64) ([]int64, error) {
	if len(users) == 0 {
		return nil, nil
	}
	query, args, err := in(`SELECT DISTINCT g.id FROM memberships m JOIN groups g ON g.id = m.group_id AND g.presence = 'present'
		WHERE m.user_id IN (?) AND NOT m.absent AND NOT EXISTS (SELECT 1 FROM group_routes r WHERE r.target_id = ? AND r.group_id = g.id)`, padded(users), targetID)
	if err != nil {
		return nil, err
	}
	var ids []int64
	if err := tx.selectAll(ctx, &ids, query, args...); err != nil {
		return nil, fmt.Errorf("look for groups that are not decided: %w", err)
	}
	return ids, nil
}

func groupRows(ctx context.Context, tx *Tx, ids []int64) ([]groupRow, error) {
	var all []groupRow
	for chunk := range chunks(ids, 1000) {
		query, args, err := in(groupColumns+`WHERE id IN (?) ORDER BY id`, padded(chunk))
		if err != nil {
			return nil, err
		}
		var rows []groupRow
		if err := tx.selectAll(ctx, &rows, query, args...); err != nil {
			return nil, fmt.Errorf("read groups to decide: %w", err)
		}
		all = append(all, rows...)
	}
	return all, nil
}
