package store

import (
	"context"
	"fmt"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// Outcome is what became of a change, with what was learnt of its objects.
type Outcome struct {
	ChangeID        int64
	UserID, GroupID int64
	State           directory.State
	Class           directory.Class
	// Detail is the target's own words.
	Detail string
	// Note is what was done beside the change, in the target's own keys; empty
	// leaves what an earlier attempt noted.
	Note string

	// Account, when set, is linked to the user, or, when it is linked already,
	// brought up to date.
	Account *directory.Account
	// Group, when set, is linked to the group.
	Group *directory.TargetGroup
	// Origin is "created" or "adopted", for a new link.
	Origin string
	// Unlink forgets the user's link: what it was made for did not succeed.
	Unlink bool
	// Joined and Left are the groups that the user was put in and taken out of,
	// by surrogate id.
	Joined []int64
	Left   []int64

	// Gone is set when the account was deleted: its link and memberships go.
	Gone bool
	// LeftForeign is the target's id of a member whom no link knows and who was
	// taken out of the group.
	LeftForeign string
	// Former, when set, is the counterpart that Group takes the place of. It
	// becomes that of a group which nobody is wanted in.
	Former *directory.TargetGroup
	// Inside is the group that the group is in now, Outside the one that it is not
	// in any more, by surrogate id; 0 is none.
	Inside, Outside int64
	// NotInside is the group that the group was certainly not put in, Unsure one that
	// it is to be in and may have been taken out of; 0 is none.
	NotInside, Unsure int64
	// Permission, when set, is what the group holds now in its scope.
	Permission *directory.Permission
}

// The origins of a link.
const (
	Created = "created"
	Adopted = "adopted"
)

// Record stores outcomes in one transaction. A link that another subject has
// already, in any connection, makes the outcome refused as linked elsewhere;
// so does a second link for one subject. Memberships that were carried along
// by a create settle the changes of the same run that asked for them. A change
// that was applied stays applied, whatever a late attempt says of it.
func (s *Store) Record(ctx context.Context, c Claim, targetID int64, identity string, outcomes []Outcome, now time.Time) error {
	if len(outcomes) == 0 {
		return nil
	}
	return s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		settled := make([]Outcome, len(outcomes))
		copy(settled, outcomes)
		var joined, carried, left []Wanted
		if err := recordLinks(ctx, tx, targetID, identity, settled, now); err != nil {
			return err
		}
		for _, o := range settled {
			for _, g := range o.Joined {
				joined = append(joined, Wanted{UserID: o.UserID, GroupID: g})
				if o.Account != nil {
					carried = append(carried, Wanted{UserID: o.UserID, GroupID: g})
				}
			}
			for _, g := range o.Left {
				left = append(left, Wanted{UserID: o.UserID, GroupID: g})
			}
		}
		if err := unlink(ctx, tx, targetID, settled); err != nil {
			return err
		}
		if err := recordForeign(ctx, tx, targetID, settled); err != nil {
			return err
		}
		if err := recordWaits(ctx, tx, targetID, settled, now); err != nil {
			return err
		}
		if err := recordJoined(ctx, tx, targetID, joined); err != nil {
			return err
		}
		if err := settleCarried(ctx, tx, c.RunID, targetID, carried, now); err != nil {
			return err
		}
		if err := recordLeft(ctx, tx, targetID, left); err != nil {
			return err
		}
		if err := recordGroups(ctx, tx, targetID, settled); err != nil {
			return err
		}
		if err := recordSought(ctx, tx, targetID, settled, now); err != nil {
			return err
		}
		if err := recordVain(ctx, tx, targetID, settled, now); err != nil {
			return err
		}
		return recordStates(ctx, tx, settled, now)
	})
}

func recordJoined(ctx context.Context, tx *Tx, targetID int64, joined []Wanted) error {
	for chunk := range chunks(joined, 1000) {
		args := make([]any, 0, 3*len(chunk))
		for _, m := range chunk {
			args = append(args, targetID, m.GroupID, m.UserID)
		}
		if _, err := tx.exec(ctx, `INSERT INTO target_memberships (target_id, group_id, user_id, origin) VALUES `+rows("(?, ?, ?, 'created')", len(chunk))+`
			ON CONFLICT (target_id, user_id, group_id) DO UPDATE SET missing = FALSE WHERE target_memberships.missing`, args...); err != nil {
			return fmt.Errorf("store memberships: %w", err)
		}
	}
	return nil
}

// settleCarried ends the changes that asked for memberships which a create
// carried along. Each is looked up by its user: CROSS JOIN keeps SQLite from
// scanning the whole run instead.
func settleCarried(ctx context.Context, tx *Tx, runID, targetID int64, carried []Wanted, now time.Time) error {
	for chunk := range chunks(carried, 1000) {
		args := make([]any, 0, 2*len(chunk)+3)
		for _, m := range chunk {
			args = append(args, m.UserID, m.GroupID)
		}
		args = append(args, micros(now), runID, targetID)
		if _, err := tx.exec(ctx, `WITH v (user_id, group_id) AS (VALUES `+rows("(CAST(? AS BIGINT), CAST(? AS BIGINT))", len(chunk))+`)
			UPDATE changes SET state = 'applied', attempts = attempts + 1, done_at = ? WHERE id IN (
				SELECT ch.id FROM v CROSS JOIN changes ch
				WHERE ch.user_id = v.user_id AND ch.run_id = ? AND ch.target_id = ? AND ch.group_id = v.group_id
					AND ch.kind = 'membership.add' AND ch.state IN ('planned', 'retry'))`, args...); err != nil {
			return fmt.Errorf("settle memberships that were carried along: %w", err)
		}
	}
	return nil
}

// recordLeft drops memberships, and keeps in mind what a step of a ladder took
// away, for when the person comes back.
func recordLeft(ctx context.Context, tx *Tx, targetID int64, left []Wanted) error {
	for _, m := range left {
		if _, err := tx.exec(ctx, `INSERT INTO leaver_groups (target_id, user_id, group_id, origin)
			SELECT tm.target_id, tm.user_id, tm.group_id, tm.origin FROM target_memberships tm JOIN desired_accounts d ON d.target_id = tm.target_id AND d.user_id = tm.user_id
			WHERE tm.target_id = ? AND tm.user_id = ? AND tm.group_id = ? AND d.strip
			ON CONFLICT DO NOTHING`, targetID, m.UserID, m.GroupID); err != nil {
			return fmt.Errorf("keep a leaver's membership in mind: %w", err)
		}
		if _, err := tx.exec(ctx, `DELETE FROM target_memberships WHERE target_id = ? AND user_id = ? AND group_id = ?`, targetID, m.UserID, m.GroupID); err != nil {
			return fmt.Errorf("drop membership: %w", err)
		}
	}
	return nil
}

// recordForeign drops members whom no link knows and who were taken out.
func recordForeign(ctx context.Context, tx *Tx, targetID int64, outcomes []Outcome) error {
	for _, o := range outcomes {
		if o.LeftForeign == "" {
			continue
		}
		if _, err := tx.exec(ctx, `DELETE FROM foreign_members WHERE target_id = ? AND group_id = ? AND remote_id = ?`, targetID, o.GroupID, o.LeftForeign); err != nil {
			return fmt.Errorf("drop a member whom no link knows: %w", err)
		}
	}
	return nil
}

func recordStates(ctx context.Context, tx *Tx, outcomes []Outcome, now time.Time) error {
	for chunk := range chunks(outcomes, 1000) {
		args := make([]any, 0, 6*len(chunk))
		for _, o := range chunk {
			args = append(args, o.ChangeID, string(o.State), string(o.Class), o.Detail, o.Note, micros(now))
		}
		if _, err := tx.exec(ctx, `WITH v (id, state, class, detail, note, done_at) AS (VALUES `+
			rows("(CAST(? AS BIGINT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS BIGINT))", len(chunk))+`)
			UPDATE changes SET state = v.state, class = v.class, detail = v.detail, note = CASE WHEN v.note = '' THEN changes.note ELSE v.note END, attempts = attempts + 1, done_at = v.done_at FROM v
			WHERE changes.id = v.id AND changes.state <> 'applied'`, args...); err != nil {
			return fmt.Errorf("store outcomes: %w", err)
		}
	}
	return nil
}
