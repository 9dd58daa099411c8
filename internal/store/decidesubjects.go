package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// DecideSubjects decides about users and groups, for targets, as they are at
// this moment: nobody changes them between the look and the decision.
func (s *Store) DecideSubjects(ctx context.Context, c Claim, targetIDs, users, groups []int64, wantInGroup bool, decide func(directory.Subject) directory.DesiredAccount) error {
	users, groups = slices.Sorted(slices.Values(users)), slices.Sorted(slices.Values(groups))
	return s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		decisions, err := decideUsers(ctx, tx, users, wantInGroup, decide)
		if err != nil {
			return err
		}
		for _, targetID := range targetIDs {
			if err := decideGroups(ctx, tx, targetID, groups); err != nil {
				return err
			}
			if len(decisions) == 0 {
				continue
			}
			if err := upsertDesired(ctx, tx, targetID, decisions); err != nil {
				return err
			}
			if err := desireMemberships(ctx, tx, targetID, users); err != nil {
				return err
			}
		}
		return nil
	})
}

func decideUsers(ctx context.Context, tx *Tx, users []int64, wantInGroup bool, decide func(directory.Subject) directory.DesiredAccount) ([]Decision, error) {
	if len(users) == 0 {
		return nil, nil
	}
	forShare := tx.forShare()
	if forShare != "" {
		forShare += " OF u"
	}
	query, args, err := in(subjectColumns(wantInGroup)+`WHERE u.id IN (?) ORDER BY u.id`+forShare, padded(users))
	if err != nil {
		return nil, err
	}
	var found []subjectRow
	if err := tx.selectAll(ctx, &found, query, args...); err != nil {
		return nil, fmt.Errorf("read users to decide: %w", err)
	}
	decisions := make([]Decision, len(found))
	for i, f := range found {
		decisions[i] = Decision{UserID: f.ID, Pulled: f.Pulled, DesiredAccount: decide(f.subject())}
	}
	return decisions, nil
}

func desireMemberships(ctx context.Context, tx *Tx, targetID int64, users []int64) error {
	for _, statement := range []string{
		`DELETE FROM desired_memberships WHERE target_id = ? AND user_id IN (?)
			AND NOT EXISTS (SELECT 1 FROM memberships m JOIN groups g ON g.id = m.group_id
				WHERE m.group_id = desired_memberships.group_id AND m.user_id = desired_memberships.user_id AND NOT m.absent AND g.presence = 'present')`,
		`INSERT INTO desired_memberships (target_id, group_id, user_id)
			SELECT d.target_id, m.group_id, m.user_id
			FROM users u
			JOIN desired_accounts d ON d.user_id = u.id AND d.target_id = ?
			JOIN memberships m ON m.user_id = u.id AND NOT m.absent
			JOIN groups g ON g.id = m.group_id AND g.presence = 'present'
			WHERE u.id IN (?) AND (d.state = 'active' OR u.presence = 'absent')
			ON CONFLICT DO NOTHING`,
	} {
		query, args, err := in(statement, targetID, padded(users))
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, query, args...); err != nil {
			return fmt.Errorf("store desired memberships: %w", err)
		}
	}
	return nil
}

func decideGroups(ctx context.Context, tx *Tx, targetID int64, groups []int64) error {
	if len(groups) == 0 {
		return nil
	}
	for _, statement := range []string{
		`DELETE FROM desired_groups WHERE target_id = ? AND group_id IN (SELECT id FROM groups WHERE id IN (?) AND presence <> 'present')`,
		`INSERT INTO desired_groups (target_id, group_id, name, name_key, rule)
			SELECT CAST(? AS BIGINT), id, name, name_key, 'same name' FROM groups WHERE id IN (?) AND presence = 'present'
			ON CONFLICT (target_id, group_id) DO UPDATE SET name = excluded.name, name_key = excluded.name_key, rule = excluded.rule, version = desired_groups.version + 1
			WHERE desired_groups.name <> excluded.name OR desired_groups.rule <> excluded.rule`,
	} {
		query, args, err := in(statement, targetID, padded(groups))
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, query, args...); err != nil {
			return fmt.Errorf("store desired groups: %w", err)
		}
	}
	return nil
}
