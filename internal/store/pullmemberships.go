package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// memberships makes the memberships of users those that were pushed, in groups
// that are in others too.
func (p pulling) memberships(ctx context.Context, users map[int64]int64, changed map[int64]bool) error {
	if len(users) == 0 {
		return nil
	}
	resourceIDs := slices.Sorted(maps.Keys(users))
	query, args, err := in(aboveMembers+`
		SELECT a.member_id, g.id, g.scim_id, g.display, g.document, g.type, g.modified_at, COALESCE(k.id, 0) AS known,
			EXISTS (SELECT 1 FROM scim_members own WHERE own.group_id = g.id AND own.member_id = a.member_id) AS direct
		FROM above a CROSS JOIN scim_resources g
		LEFT JOIN groups k ON k.connection_id = g.connection_id AND k.source_id = g.scim_id AND k.presence = 'present'
		WHERE g.id = a.id ORDER BY g.id`, padded(resourceIDs))
	if err != nil {
		return err
	}
	var pushed []struct {
		Pushed
		Member int64 `db:"member_id"`
		Known  int64 `db:"known"`
		Direct bool  `db:"direct"`
	}
	if err := p.tx.selectAll(ctx, &pushed, query, args...); err != nil {
		return fmt.Errorf("read pushed memberships: %w", err)
	}
	made := map[int64]int64{} // groups that had to be made, by resource
	want := make(map[int64]map[int64]belonging, len(users))
	for _, m := range pushed {
		group := m.Known
		if group == 0 {
			if group = made[m.ID]; group == 0 {
				g, err := p.mapping.Group(m.Pushed)
				if err != nil {
					return fmt.Errorf("read pushed group %d: %w", m.ID, err)
				}
				if group, err = p.storeGroup(ctx, g, true); err != nil {
					return err
				}
				made[m.ID] = group
			}
		}
		user := users[m.Member]
		if want[user] == nil {
			want[user] = map[int64]belonging{}
		}
		want[user][group] = belongingOf(m.Direct)
	}
	_, err = setMemberships(ctx, p.tx, slices.Sorted(maps.Values(users)), want, changed)
	return err
}

// belonging is how somebody is in a group.
type belonging int

const (
	notIn belonging = iota
	// inThrough is in it through a group that is in it.
	inThrough
	inItself
)

func belongingOf(direct bool) belonging {
	if direct {
		return inItself
	}
	return inThrough
}

// setMemberships makes the memberships of users just those wanted, and notes
// whose are others than before. It returns the groups that have other members now.
func setMemberships(ctx context.Context, tx *Tx, users []int64, want map[int64]map[int64]belonging, changed map[int64]bool) (map[int64]bool, error) {
	query, args, err := in(`SELECT user_id, group_id, absent, direct FROM memberships WHERE user_id IN (?)`, padded(users))
	if err != nil {
		return nil, err
	}
	var stored []struct {
		UserID  int64 `db:"user_id"`
		GroupID int64 `db:"group_id"`
		Absent  bool  `db:"absent"`
		Direct  bool  `db:"direct"`
	}
	if err := tx.selectAll(ctx, &stored, query, args...); err != nil {
		return nil, fmt.Errorf("read memberships: %w", err)
	}
	regrouped := map[int64]bool{}
	have := make(map[[2]int64]bool, len(stored))
	for _, m := range stored {
		have[[2]int64{m.UserID, m.GroupID}] = true
		switch wanted := want[m.UserID][m.GroupID]; {
		case wanted == notIn:
			if _, err := tx.exec(ctx, `DELETE FROM memberships WHERE group_id = ? AND user_id = ?`, m.GroupID, m.UserID); err != nil {
				return nil, fmt.Errorf("drop membership: %w", err)
			}
			changed[m.UserID], regrouped[m.GroupID] = true, true
		case m.Absent || wanted != belongingOf(m.Direct):
			if _, err := tx.exec(ctx, `UPDATE memberships SET absent = FALSE, direct = ? WHERE group_id = ? AND user_id = ?`, wanted == inItself, m.GroupID, m.UserID); err != nil {
				return nil, fmt.Errorf("keep membership: %w", err)
			}
			changed[m.UserID], regrouped[m.GroupID] = true, true
		}
	}
	added := make([]any, 0, 16)
	for _, user := range users {
		for _, group := range slices.Sorted(maps.Keys(want[user])) {
			if !have[[2]int64{user, group}] {
				added = append(added, group, user, want[user][group] == inItself)
				changed[user], regrouped[group] = true, true
			}
		}
	}
	for chunk := range chunks(added, 3*rowsAtOnce) {
		if _, err := tx.exec(ctx, `INSERT INTO memberships (group_id, user_id, direct) VALUES `+rows("(?, ?, ?)", len(chunk)/3)+` ON CONFLICT DO NOTHING`, chunk...); err != nil {
			return nil, fmt.Errorf("store memberships: %w", err)
		}
	}
	return regrouped, nil
}
