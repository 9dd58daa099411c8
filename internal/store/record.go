package store

import (
	"context"
	"fmt"
	"strings"
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
		for i := range settled {
			o := &settled[i]
			if err := recordLinks(ctx, tx, targetID, identity, o, now); err != nil {
				return err
			}
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
		if err := recordJoined(ctx, tx, targetID, joined); err != nil {
			return err
		}
		if err := settleCarried(ctx, tx, c.RunID, targetID, carried, now); err != nil {
			return err
		}
		if err := recordLeft(ctx, tx, targetID, left); err != nil {
			return err
		}
		return recordStates(ctx, tx, settled, now)
	})
}

func recordLinks(ctx context.Context, tx *Tx, targetID int64, identity string, o *Outcome, now time.Time) error {
	if a := o.Account; a != nil {
		n, err := tx.exec(ctx, `INSERT INTO accounts (target_id, identity, remote_id, user_id, origin, email, email_key, display_name, status, managed, read_only, protected, observed_at)
			SELECT l.* FROM (SELECT CAST(? AS BIGINT) AS target_id, CAST(? AS TEXT) AS identity, CAST(? AS TEXT) AS remote_id, CAST(? AS BIGINT) AS user_id,
				CAST(? AS TEXT) AS origin, CAST(? AS TEXT) AS email, CAST(? AS TEXT) AS email_key, CAST(? AS TEXT) AS display_name, CAST(? AS TEXT) AS status,
				CAST(? AS BOOLEAN) AS managed, CAST(? AS BOOLEAN) AS read_only,
				EXISTS (SELECT 1 FROM protected_objects p WHERE p.target_id = ? AND p.kind = 'account' AND p.remote_id IN (?, ?)) AS protected,
				CAST(? AS BIGINT) AS observed_at) l
			WHERE NOT EXISTS (SELECT 1 FROM accounts own WHERE own.target_id = l.target_id AND own.user_id = l.user_id AND own.remote_id <> l.remote_id)
			ON CONFLICT (identity, remote_id) DO UPDATE SET email = excluded.email, email_key = excluded.email_key, display_name = excluded.display_name,
				status = excluded.status, managed = excluded.managed, read_only = excluded.read_only, protected = excluded.protected,
				observed_at = excluded.observed_at
			WHERE accounts.target_id = excluded.target_id AND accounts.user_id = excluded.user_id`,
			targetID, identity, a.ID, o.UserID, o.Origin, a.Email, strings.ToLower(a.Email), a.DisplayName, string(a.Status), a.Managed, a.ReadOnly,
			targetID, a.ID, strings.ToLower(a.Email), micros(now))
		if err != nil {
			return fmt.Errorf("link account: %w", err)
		}
		if n == 0 {
			o.State, o.Class, o.Joined = directory.Refused, directory.ClassLinked, nil
		}
	}
	if g := o.Group; g != nil {
		n, err := tx.exec(ctx, `INSERT INTO target_groups (target_id, identity, remote_id, group_id, origin, name, read_only, observed_at)
			SELECT l.* FROM (SELECT CAST(? AS BIGINT) AS target_id, CAST(? AS TEXT) AS identity, CAST(? AS TEXT) AS remote_id, CAST(? AS BIGINT) AS group_id,
				CAST(? AS TEXT) AS origin, CAST(? AS TEXT) AS name, CAST(? AS BOOLEAN) AS read_only, CAST(? AS BIGINT) AS observed_at) l
			WHERE NOT EXISTS (SELECT 1 FROM target_groups own WHERE own.target_id = l.target_id AND own.group_id = l.group_id AND own.remote_id <> l.remote_id)
			ON CONFLICT (identity, remote_id) DO UPDATE SET name = excluded.name, read_only = excluded.read_only, observed_at = excluded.observed_at
			WHERE target_groups.target_id = excluded.target_id AND target_groups.group_id = excluded.group_id`,
			targetID, identity, g.ID, o.GroupID, o.Origin, g.Name, g.ReadOnly, micros(now))
		if err != nil {
			return fmt.Errorf("link group: %w", err)
		}
		if n == 0 {
			o.State, o.Class = directory.Refused, directory.ClassLinked
		}
	}
	return nil
}

func recordJoined(ctx context.Context, tx *Tx, targetID int64, joined []Wanted) error {
	for chunk := range chunks(joined, 1000) {
		args := make([]any, 0, 3*len(chunk))
		for _, m := range chunk {
			args = append(args, targetID, m.GroupID, m.UserID)
		}
		if _, err := tx.exec(ctx, `INSERT INTO target_memberships (target_id, group_id, user_id, origin) VALUES `+rows("(?, ?, ?, 'created')", len(chunk))+` ON CONFLICT DO NOTHING`, args...); err != nil {
			return fmt.Errorf("store memberships: %w", err)
		}
	}
	return nil
}

// settleCarried ends the changes that asked for memberships which a create
// carried along.
func settleCarried(ctx context.Context, tx *Tx, runID, targetID int64, carried []Wanted, now time.Time) error {
	for chunk := range chunks(carried, 1000) {
		args := make([]any, 0, 2*len(chunk)+3)
		for _, m := range chunk {
			args = append(args, m.UserID, m.GroupID)
		}
		args = append(args, micros(now), runID, targetID)
		if _, err := tx.exec(ctx, `WITH v (user_id, group_id) AS (VALUES `+rows("(CAST(? AS BIGINT), CAST(? AS BIGINT))", len(chunk))+`)
			UPDATE changes SET state = 'applied', attempts = attempts + 1, done_at = ? FROM v
			WHERE changes.user_id = v.user_id AND changes.group_id = v.group_id AND changes.run_id = ? AND changes.target_id = ?
				AND changes.kind = 'membership.add' AND changes.state IN ('planned', 'retry')`, args...); err != nil {
			return fmt.Errorf("settle memberships that were carried along: %w", err)
		}
	}
	return nil
}

func recordLeft(ctx context.Context, tx *Tx, targetID int64, left []Wanted) error {
	for _, m := range left {
		if _, err := tx.exec(ctx, `DELETE FROM target_memberships WHERE target_id = ? AND user_id = ? AND group_id = ?`, targetID, m.UserID, m.GroupID); err != nil {
			return fmt.Errorf("drop membership: %w", err)
		}
	}
	return nil
}

func recordStates(ctx context.Context, tx *Tx, outcomes []Outcome, now time.Time) error {
	for chunk := range chunks(outcomes, 1000) {
		args := make([]any, 0, 5*len(chunk))
		for _, o := range chunk {
			args = append(args, o.ChangeID, string(o.State), string(o.Class), o.Detail, micros(now))
		}
		if _, err := tx.exec(ctx, `WITH v (id, state, class, detail, done_at) AS (VALUES `+
			rows("(CAST(? AS BIGINT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS BIGINT))", len(chunk))+`)
			UPDATE changes SET state = v.state, class = v.class, detail = v.detail, attempts = attempts + 1, done_at = v.done_at FROM v
			WHERE changes.id = v.id AND changes.state <> 'applied'`, args...); err != nil {
			return fmt.Errorf("store outcomes: %w", err)
		}
	}
	return nil
}
