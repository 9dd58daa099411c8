package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// Some groups cannot be had in a target: their name is another's that is not
// adopted, or the target refuses it, or they are protected. Others are there, and
// the target will not put them in. Nobody loses by that what they are to have:
// where an inner group cannot be had in the outer one, its people are in that one
// by one, until it is there. That a group was tried in vain is kept until it is
// linked, and that a nesting was until it is seen, so that a failure that passes
// changes nothing.

// flatten marks the nestings whose inner group cannot be had, or put in, and
// keeps of those that are stored whether they were refused.
func (r *routing) flatten(ctx context.Context, want map[edge]nesting, stored []nesting) error {
	if len(want) == 0 {
		return nil
	}
	var found []int64
	if err := r.tx.selectAll(ctx, &found, `SELECT d.group_id FROM desired_groups d LEFT JOIN target_groups t ON t.target_id = d.target_id AND t.group_id = d.group_id
		WHERE d.target_id = ? AND (COALESCE(t.protected, FALSE) OR t.group_id IS NULL AND (d.unobtainable OR `+twin("d")+`))`, r.ID); err != nil {
		return fmt.Errorf("look for groups that cannot be had: %w", err)
	}
	slices.Sort(found)
	refused := map[edge]bool{}
	for _, n := range stored {
		refused[n.edge()] = n.Refused
	}
	for e, n := range want {
		_, without := slices.BinarySearch(found, e.child)
		n.Refused = n.Wanted && refused[e]
		n.Flat = n.Wanted && n.Ruled && (without || n.Refused)
		want[e] = n
	}
	return nil
}

// recordVain keeps which groups cannot be had, or put in others, by outcomes that
// will be the same again. Those who wait for one of them are looked at again.
func recordVain(ctx context.Context, tx *Tx, targetID int64, outcomes []Outcome, now time.Time) error {
	var changes []int64
	for _, o := range outcomes {
		again := o.State == directory.Refused || o.State == directory.Skipped && o.Class != directory.ClassStale && o.Class != directory.ClassByHand
		if again && o.UserID == 0 && o.GroupID != 0 {
			changes = append(changes, o.ChangeID)
		}
	}
	if err := recordRefused(ctx, tx, targetID, outcomes); err != nil {
		return err
	}
	for chunk := range chunks(changes, 1000) {
		query, args, err := in(`UPDATE desired_groups SET unobtainable = TRUE WHERE target_id = ? AND NOT unobtainable
			AND group_id IN (SELECT ch.group_id FROM changes ch WHERE ch.id IN (?) AND ch.kind = 'group.create')
			AND NOT EXISTS (SELECT 1 FROM target_groups t WHERE t.target_id = desired_groups.target_id AND t.group_id = desired_groups.group_id)
			RETURNING group_id`, targetID, padded(chunk))
		if err != nil {
			return err
		}
		var vain []int64
		if err := tx.selectAll(ctx, &vain, query, args...); err != nil {
			return fmt.Errorf("keep which groups cannot be had: %w", err)
		}
		slices.Sort(vain)
		// The target before its groups, as whoever reckons nestings takes them.
		if err := reckonNestings(ctx, tx, targetID, vain); err != nil {
			return err
		}
		for _, id := range vain {
			if err := wakeMembers(ctx, tx, id, now); err != nil {
				return err
			}
		}
	}
	return nil
}

// recordRefused keeps which groups the target would not put in others. One that
// waits for another to be taken out by the same run, since it would close a circle
// until then, was not refused for good.
func recordRefused(ctx context.Context, tx *Tx, targetID int64, outcomes []Outcome) error {
	var changes []int64
	for _, o := range outcomes {
		if o.State == directory.Refused && (o.Class == directory.ClassRefused || o.Class == directory.ClassConflict) && o.UserID == 0 && o.GroupID != 0 {
			changes = append(changes, o.ChangeID)
		}
	}
	for chunk := range chunks(changes, 1000) {
		query, args, err := in(`SELECT n.child_id, n.group_id FROM changes ch
			JOIN desired_nestings n ON n.target_id = ch.target_id AND n.child_id = ch.group_id AND n.group_id = ch.outer_id
			WHERE ch.id IN (?) AND ch.kind = 'nesting.add' AND n.wanted AND NOT n.refused
				AND NOT EXISTS (WITH RECURSIVE above (id) AS (
						SELECT ch.outer_id UNION SELECT t.group_id FROM above a CROSS JOIN target_nestings t WHERE t.target_id = ch.target_id AND t.child_id = a.id
					) SELECT 1 FROM above a CROSS JOIN changes r WHERE r.group_id = a.id AND r.outer_id <> 0 AND r.run_id = ch.run_id AND +r.target_id = ch.target_id
						AND r.kind = 'nesting.remove' AND r.state IN ('unguarded', 'doubted', 'planned', 'retry'))
			ORDER BY n.child_id, n.group_id`, padded(chunk))
		if err != nil {
			return err
		}
		var refused []nesting
		if err := tx.selectAll(ctx, &refused, query, args...); err != nil {
			return fmt.Errorf("look which nestings were refused: %w", err)
		}
		for _, n := range refused {
			if err := markRefused(ctx, tx, targetID, n.edge(), true); err != nil {
				return err
			}
		}
	}
	return nil
}

// seenNested forgets of a nesting that is there that it was refused. The people
// who are in the outer group instead are taken out of it by a later plan, under
// the guard.
func seenNested(ctx context.Context, tx *Tx, targetID, childID, groupID int64) error {
	var refused bool
	if err := tx.get(ctx, &refused, `SELECT EXISTS (SELECT 1 FROM desired_nestings WHERE target_id = ? AND child_id = ? AND group_id = ? AND refused)`, targetID, childID, groupID); err != nil {
		return fmt.Errorf("read whether a nesting was refused: %w", err)
	}
	if !refused {
		return nil
	}
	return markRefused(ctx, tx, targetID, edge{childID, groupID}, false)
}

// markRefused keeps whether a nesting was refused. The target is taken before its
// nestings, as whoever reckons them takes them.
func markRefused(ctx context.Context, tx *Tx, targetID int64, e edge, refused bool) error {
	if err := reckonNestings(ctx, tx, targetID, []int64{e.child}); err != nil {
		return err
	}
	if _, err := tx.exec(ctx, `UPDATE desired_nestings SET refused = ? WHERE target_id = ? AND child_id = ? AND group_id = ?`, refused, targetID, e.child, e.group); err != nil {
		return fmt.Errorf("keep whether a nesting was refused: %w", err)
	}
	return nil
}

// obtained forgets of groups that are about to be linked that they could not be
// had. Their people are taken out of the groups that those belong in by a later
// plan, under the guard.
func obtained(ctx context.Context, tx *Tx, targetID int64, outcomes []Outcome) error {
	var groups []int64
	for _, o := range outcomes {
		if o.Group != nil {
			groups = append(groups, o.GroupID)
		}
	}
	for chunk := range chunks(groups, 1000) {
		query, args, err := in(`UPDATE desired_groups SET unobtainable = FALSE WHERE target_id = ? AND group_id IN (?) AND unobtainable RETURNING group_id`, targetID, padded(chunk))
		if err != nil {
			return err
		}
		var had []int64
		if err := tx.selectAll(ctx, &had, query, args...); err != nil {
			return fmt.Errorf("forget that groups could not be had: %w", err)
		}
		if err := reckonNestings(ctx, tx, targetID, had); err != nil {
			return err
		}
	}
	return nil
}

// reckonNestings has a target's nestings reckoned again, where one of some groups
// is to be in another and whether it can be has changed.
func reckonNestings(ctx context.Context, tx *Tx, targetID int64, groups []int64) error {
	if len(groups) == 0 {
		return nil
	}
	query, args, err := in(`UPDATE targets SET nestings_version = -1 WHERE id = ? AND nests
		AND EXISTS (SELECT 1 FROM desired_nestings n WHERE n.target_id = targets.id AND n.child_id IN (?))`, targetID, padded(groups))
	if err != nil {
		return err
	}
	if _, err := tx.exec(ctx, query, args...); err != nil {
		return fmt.Errorf("have nestings reckoned: %w", err)
	}
	return nil
}

// insteadOf is the condition that somebody who is to be in a group of a target
// themselves is so only for as long as one that belongs in it cannot be had.
func insteadOf(target, group, user string) string {
	return `(` + through(target, group, user, "n.flat") + ` AND NOT ` + directly(target, group, user) + `)`
}

// movedMeanwhile counts the memberships that somebody is to have instead of those
// that a run waits for in vain, and that it has not planned: it decided before
// it was known that they cannot be had.
func movedMeanwhile(ctx context.Context, tx *Tx, userID, runID int64) (int, error) {
	var moved int
	if err := tx.get(ctx, &moved, `SELECT COUNT(*) FROM changes ch JOIN desired_nestings n ON n.target_id = ch.target_id AND n.child_id = ch.group_id
		JOIN targets t ON t.id = ch.target_id AND t.nests
		JOIN desired_groups d ON d.target_id = ch.target_id AND d.group_id = ch.group_id
		WHERE ch.user_id = ? AND +ch.run_id = ? AND ch.state = 'blocked' AND ch.class = 'waits-for-link'
			AND (t.nestings_version = -1 AND d.unobtainable OR n.flat AND EXISTS (
				SELECT 1 FROM desired_memberships dm JOIN desired_accounts a ON a.target_id = dm.target_id AND a.user_id = dm.user_id AND a.state = 'active' AND NOT a.strip
				WHERE dm.target_id = ch.target_id AND dm.user_id = ch.user_id AND dm.group_id = n.group_id
					AND NOT EXISTS (SELECT 1 FROM target_memberships tm WHERE tm.target_id = dm.target_id AND tm.user_id = dm.user_id AND tm.group_id = dm.group_id AND NOT tm.missing)
					AND NOT EXISTS (SELECT 1 FROM changes own WHERE own.user_id = ch.user_id AND +own.run_id = ch.run_id AND own.target_id = ch.target_id AND own.group_id = dm.group_id)))`,
		userID, runID); err != nil {
		return 0, fmt.Errorf("look for what is to be had instead: %w", err)
	}
	return moved, nil
}
