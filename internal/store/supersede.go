package store

import (
	"context"
	"fmt"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// attempted is what is carried from a superseded change to the one in its place.
type attempted struct {
	ID       int64  `db:"id"`
	Kind     string `db:"kind"`
	UserID   int64  `db:"user_id"`
	GroupID  int64  `db:"group_id"`
	Attempts int    `db:"attempts"`
	IntentAt int64  `db:"intent_at"`
	State    string `db:"state"`
	Class    string `db:"class"`
	After    string `db:"after"`
	OuterID  int64  `db:"outer_id"`
	Scope    string `db:"scope"`
}

// supersede removes the changes of subjects that are not done. A create whose
// account is linked already is what a crash left unfinished: it stays.
func supersede(ctx context.Context, tx *Tx, c Claim, run runFacts, targetID int64, users, groups []int64) ([]attempted, error) {
	var carried []attempted
	for _, of := range []struct {
		ids       []int64
		condition string
	}{
		{users, `+run_id = ? AND target_id = ? AND user_id IN (?) AND state IN ` + supersededStates + `
			AND NOT (kind = 'account.create' AND state IN ('planned', 'retry') AND EXISTS (SELECT 1 FROM accounts a WHERE a.target_id = changes.target_id AND a.user_id = changes.user_id))`},
		{groups, `run_id = ? AND +target_id = ? AND user_id = 0 AND group_id IN (?) AND state IN ` + supersededStates},
	} {
		if len(of.ids) == 0 {
			continue
		}
		query, args, err := in(`DELETE FROM removals WHERE change_id IN (SELECT id FROM changes WHERE `+of.condition+`)`, c.RunID, targetID, padded(of.ids))
		if err != nil {
			return nil, err
		}
		if _, err := tx.exec(ctx, query, args...); err != nil {
			return nil, fmt.Errorf("take earlier removals back from the window: %w", err)
		}
		if query, args, err = in(`DELETE FROM changes WHERE `+of.condition+` RETURNING kind, user_id, group_id, attempts, intent_at, state, class, after, outer_id, scope`, c.RunID, targetID, padded(of.ids)); err != nil {
			return nil, err
		}
		var removed []attempted
		if err := tx.selectAll(ctx, &removed, query, args...); err != nil {
			return nil, fmt.Errorf("drop earlier changes: %w", err)
		}
		carried = append(carried, removed...)
	}
	nested, err := supersedeNestings(ctx, tx, c, run, targetID, groups)
	if err != nil {
		return nil, err
	}
	carried = append(carried, nested...)
	if len(users) == 0 {
		return carried, nil
	}
	creates, err := leftCreates(ctx, tx, c, run, targetID, users)
	if err != nil {
		return nil, err
	}
	carried = append(carried, creates...)
	if run.Dry {
		return carried, nil
	}
	// Whatever else a run that has ended left behind is as much in doubt.
	query, args, err := in(`UPDATE changes SET state = 'skipped', class = 'no-longer-due' WHERE user_id IN (?) AND target_id = ? AND +run_id <> ? AND state IN ('planned', 'retry')
		AND EXISTS (SELECT 1 FROM runs r WHERE r.id = changes.run_id AND r.outcome <> '' AND NOT r.dry_run)
		RETURNING kind, user_id, group_id, attempts, intent_at, 'planned' AS state, after, outer_id, scope`, padded(users), targetID, c.RunID)
	if err != nil {
		return nil, err
	}
	var left []attempted
	if err := tx.selectAll(ctx, &left, query, args...); err != nil {
		return nil, fmt.Errorf("look for what earlier runs left: %w", err)
	}
	return append(carried, left...), nil
}

// supersedeNestings ends what runs that have ended left behind of groups in
// others, which is as much in doubt.
func supersedeNestings(ctx context.Context, tx *Tx, c Claim, run runFacts, targetID int64, groups []int64) ([]attempted, error) {
	if len(groups) == 0 || run.Dry {
		return nil, nil
	}
	query, args, err := in(`UPDATE changes SET state = 'skipped', class = 'no-longer-due' WHERE group_id IN (?) AND outer_id <> 0 AND +target_id = ? AND +run_id <> ? AND state IN ('planned', 'retry')
		AND EXISTS (SELECT 1 FROM runs r WHERE r.id = changes.run_id AND r.outcome <> '' AND NOT r.dry_run)
		RETURNING kind, user_id, group_id, attempts, intent_at, 'planned' AS state, after, outer_id, scope`, padded(groups), targetID, c.RunID)
	if err != nil {
		return nil, err
	}
	var left []attempted
	if err := tx.selectAll(ctx, &left, query, args...); err != nil {
		return nil, fmt.Errorf("look for what earlier runs left of groups in others: %w", err)
	}
	return left, nil
}

// assumeDone makes what was observed what it would be if the changes in doubt
// had been made, where something else is desired by now: the plan then undoes
// them, which does no harm where there is nothing to undo. Where the same is
// desired still, they are simply planned again. A membership or a nesting
// to be added is known since before it was sent (IntendMembers, IntendNesting).
func assumeDone(ctx context.Context, tx *Tx, targetID int64, changes []attempted) error {
	for _, ch := range changes {
		if !ch.inDoubt() {
			continue
		}
		var err error
		switch directory.Kind(ch.Kind) {
		case directory.RemoveMember:
			_, err = tx.exec(ctx, `UPDATE target_memberships SET missing = TRUE WHERE target_id = ? AND user_id = ? AND group_id = ?
				AND EXISTS (SELECT 1 FROM desired_memberships d JOIN desired_accounts a ON a.target_id = d.target_id AND a.user_id = d.user_id AND NOT a.strip
					WHERE d.target_id = target_memberships.target_id AND d.user_id = target_memberships.user_id AND d.group_id = target_memberships.group_id)`,
				targetID, ch.UserID, ch.GroupID)
		case directory.SuspendAccount:
			err = assumeStatus(ctx, tx, targetID, ch.UserID, directory.AccountSuspended, directory.DesireActive, directory.AccountActive)
		case directory.DeactivateAccount:
			err = assumeStatus(ctx, tx, targetID, ch.UserID, directory.AccountDeactivated, directory.DesireActive, directory.AccountActive, directory.AccountSuspended)
		case directory.DeleteAccount:
			err = assumeDeleted(ctx, tx, targetID, ch.UserID)
		case directory.RestoreAccount:
			// Somebody who is leaving again goes where the ladder says, from active.
			for _, desired := range []directory.DesiredState{directory.DesireSuspended, directory.DesireDeactivated} {
				if err = assumeStatus(ctx, tx, targetID, ch.UserID, directory.AccountActive, desired, directory.AccountSuspended, directory.AccountDeactivated); err != nil {
					break
				}
			}
			if err == nil {
				err = forgetAttributes(ctx, tx, targetID, ch.UserID)
			}
		case directory.UpdateAccount:
			err = forgetAttributes(ctx, tx, targetID, ch.UserID)
		case directory.RenameGroup:
			_, err = tx.exec(ctx, `UPDATE target_groups SET name = ?, name_key = ? WHERE target_id = ? AND group_id = ?
				AND EXISTS (SELECT 1 FROM desired_groups d WHERE d.target_id = target_groups.target_id AND d.group_id = target_groups.group_id AND d.name <> ?)`,
				ch.After, nameKey(ch.After), targetID, ch.GroupID, ch.After)
		case directory.RemoveNesting:
			err = assumeUnnested(ctx, tx, targetID, ch)
		case directory.PermitGroup:
			// Nothing is known of it then.
			err = recordPermission(ctx, tx, targetID, ch.GroupID, directory.Permission{Scope: ch.Scope})
		}
		if err != nil {
			return fmt.Errorf("assume that a change was made: %w", err)
		}
	}
	return nil
}

// assumeUnnested is assumeDone for a group that was to be taken out of another.
func assumeUnnested(ctx context.Context, tx *Tx, targetID int64, ch attempted) error {
	var wanted bool
	err := tx.get(ctx, &wanted, `SELECT EXISTS (SELECT 1 FROM desired_nestings WHERE target_id = ? AND child_id = ? AND group_id = ? AND wanted)`, targetID, ch.GroupID, ch.OuterID)
	if err != nil || !wanted {
		return err
	}
	return doubtNested(ctx, tx, targetID, ch.GroupID, ch.OuterID)
}

// assumeStatus makes an account what it would be, if something else is desired
// of it by now and it was last seen in one of some statuses.
func assumeStatus(ctx context.Context, tx *Tx, targetID, userID int64, is directory.AccountStatus, desired directory.DesiredState, was ...directory.AccountStatus) error {
	for _, before := range was {
		if _, err := tx.exec(ctx, `UPDATE accounts SET status = ? WHERE target_id = ? AND user_id = ? AND status = ?
			AND EXISTS (SELECT 1 FROM desired_accounts d WHERE d.target_id = accounts.target_id AND d.user_id = accounts.user_id AND d.state = ?)`,
			string(is), targetID, userID, string(before), string(desired)); err != nil {
			return err
		}
	}
	return nil
}

// assumeDeleted is for an account that may be gone and is wanted again: it is
// given back as if it had been deactivated, which does no harm to one that is
// there, and the target is read soon, which tells whether it is.
func assumeDeleted(ctx context.Context, tx *Tx, targetID, userID int64) error {
	n, err := tx.exec(ctx, `UPDATE accounts SET status = 'deactivated' WHERE target_id = ? AND user_id = ?
		AND EXISTS (SELECT 1 FROM desired_accounts d WHERE d.target_id = accounts.target_id AND d.user_id = accounts.user_id AND d.state = 'active')`, targetID, userID)
	if err != nil || n == 0 {
		return err
	}
	_, err = tx.exec(ctx, `UPDATE targets SET full_read_at = 0 WHERE id = ?`, targetID)
	return err
}

// forgetAttributes makes the attributes of an account be written again,
// whatever they are.
func forgetAttributes(ctx context.Context, tx *Tx, targetID, userID int64) error {
	_, err := tx.exec(ctx, `UPDATE accounts SET email = '', email_key = '', display_name = ' ', user_name = '', attributes = '' WHERE target_id = ? AND user_id = ? AND managed
		AND EXISTS (SELECT 1 FROM desired_accounts d WHERE d.target_id = accounts.target_id AND d.user_id = accounts.user_id AND d.state = 'active' AND d.email <> '')`,
		targetID, userID)
	return err
}

// carryOver passes on how often something was tried, and that a create was
// about to be sent. A create that may have been sent and is not planned any
// more stays, so that the account, if there is one, is found: it returns whose.
// One that is planned has it from its intent whose that is, if it is a recent one.
func carryOver(ctx context.Context, tx *Tx, c Claim, run runFacts, targetID, from int64, carried []attempted) (calledOff []int64, err error) {
	for i, old := range carried {
		if old.Attempts == 0 && old.IntentAt == 0 {
			continue
		}
		n, err := tx.exec(ctx, `UPDATE changes SET attempts = ?, intent_at = ? WHERE user_id = ? AND +run_id = ? AND target_id = ? AND group_id = ? AND kind = ? AND ord >= ?`,
			old.Attempts, run.trusted(old.IntentAt), old.UserID, c.RunID, targetID, old.GroupID, old.Kind, from)
		if err != nil {
			return nil, fmt.Errorf("carry over what was tried: %w", err)
		}
		if n > 0 || old.IntentAt == 0 || old.Kind != string(directory.CreateAccount) || !old.inDoubt() {
			continue
		}
		// Beyond the places of those that the plan makes.
		n, err = tx.exec(ctx, `INSERT INTO changes (run_id, target_id, stage, ord, kind, user_id, rule, state, attempts, intent_at)
			SELECT CAST(? AS BIGINT), d.target_id, 3, CAST(? AS BIGINT), 'account.create', d.user_id, d.rule, 'planned', CAST(? AS BIGINT), CAST(? AS BIGINT)
			FROM desired_accounts d WHERE d.target_id = ? AND d.user_id = ? AND d.email <> ''
				AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.target_id = d.target_id AND a.user_id = d.user_id)`,
			c.RunID, from+ordsARound/2+int64(i), old.Attempts, old.IntentAt, targetID, old.UserID)
		if err != nil {
			return nil, fmt.Errorf("keep a create that may have been made: %w", err)
		}
		if n > 0 {
			calledOff = append(calledOff, old.UserID)
		}
	}
	return calledOff, nil
}
