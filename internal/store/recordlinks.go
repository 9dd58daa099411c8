package store

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// recordLinks links the accounts and groups of outcomes, or brings them up to
// date where they are linked already. An outcome whose account or group is
// another subject's becomes refused.
func recordLinks(ctx context.Context, tx *Tx, targetID int64, identity string, outcomes []Outcome, now time.Time) error {
	for _, distinct := range distinctAccounts(outcomes) {
		if err := recordAccounts(ctx, tx, targetID, identity, distinct, now); err != nil {
			return err
		}
	}
	if err := obtained(ctx, tx, targetID, outcomes); err != nil {
		return err
	}
	for i := range outcomes {
		if outcomes[i].Group != nil {
			if outcomes[i].Former != nil {
				if err := setAside(ctx, tx, targetID, outcomes[i], now); err != nil {
					return err
				}
			}
			if err := recordGroup(ctx, tx, targetID, identity, &outcomes[i], now); err != nil {
				return err
			}
		}
	}
	return nil
}

// distinctAccounts cuts the outcomes that have an account, in their order, into
// lists in which no account and no user is named twice: one statement cannot
// touch a row twice, and a later outcome must find the link of an earlier one.
func distinctAccounts(outcomes []Outcome) [][]*Outcome {
	var lists [][]*Outcome
	var list []*Outcome
	accounts, users := map[string]bool{}, map[int64]bool{}
	for i := range outcomes {
		o := &outcomes[i]
		if o.Account == nil {
			continue
		}
		if accounts[o.Account.ID] || users[o.UserID] || len(list) == rowsAtOnce {
			lists, list = append(lists, list), nil
			clear(accounts)
			clear(users)
		}
		list = append(list, o)
		accounts[o.Account.ID], users[o.UserID] = true, true
	}
	if len(list) > 0 {
		lists = append(lists, list)
	}
	return lists
}

// recordAccounts is one statement for all: preparing one for each account took
// a third of a first run's time on SQLite.
func recordAccounts(ctx context.Context, tx *Tx, targetID int64, identity string, outcomes []*Outcome, now time.Time) error {
	attributes, err := mergedAttributes(ctx, tx, targetID, outcomes)
	if err != nil {
		return err
	}
	args := make([]any, 0, 11*len(outcomes)+5)
	for _, o := range outcomes {
		a := o.Account
		args = append(args, a.ID, o.UserID, o.Origin, a.Email, strings.ToLower(a.Email), a.DisplayName, string(a.Status), a.Managed, a.ReadOnly, a.UserName, attributes[o.UserID])
	}
	args = append(args, targetID, identity, targetID, micros(now), targetID)
	var linked []int64
	err = tx.selectAll(ctx, &linked, `WITH v (remote_id, user_id, origin, email, email_key, display_name, status, managed, read_only, user_name, attributes) AS (VALUES `+
		rows(`(CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS BOOLEAN), CAST(? AS BOOLEAN), CAST(? AS TEXT), CAST(? AS TEXT))`, len(outcomes))+`)
		INSERT INTO accounts (target_id, identity, remote_id, user_id, origin, email, email_key, display_name, status, managed, read_only, protected, observed_at, user_name, attributes)
		SELECT CAST(? AS BIGINT), CAST(? AS TEXT), v.remote_id, v.user_id, v.origin, v.email, v.email_key, v.display_name, v.status, v.managed, v.read_only,
			EXISTS (SELECT 1 FROM protected_objects p WHERE p.target_id = ? AND p.kind = 'account' AND p.remote_id IN (v.remote_id, LOWER(v.remote_id), v.email_key, LOWER(v.user_name))), CAST(? AS BIGINT), v.user_name, v.attributes
		FROM v WHERE NOT EXISTS (SELECT 1 FROM accounts own WHERE own.target_id = ? AND own.user_id = v.user_id AND own.remote_id <> v.remote_id)
		ON CONFLICT (identity, remote_id) DO UPDATE SET email = CASE WHEN excluded.email = '' THEN accounts.email ELSE excluded.email END,
			email_key = CASE WHEN excluded.email = '' THEN accounts.email_key ELSE excluded.email_key END, display_name = excluded.display_name,
			status = excluded.status, managed = excluded.managed, read_only = excluded.read_only,
			protected = (excluded.protected OR (excluded.email = '' OR excluded.user_name = '') AND accounts.protected),
			observed_at = excluded.observed_at,
			user_name = CASE WHEN excluded.user_name = '' THEN accounts.user_name ELSE excluded.user_name END,
			attributes = CASE WHEN excluded.attributes = '' THEN accounts.attributes ELSE excluded.attributes END
		WHERE accounts.target_id = excluded.target_id AND accounts.user_id = excluded.user_id
		RETURNING user_id`, args...)
	if err != nil {
		return fmt.Errorf("link accounts: %w", err)
	}
	done := make(map[int64]bool, len(linked))
	for _, user := range linked {
		done[user] = true
	}
	for _, o := range outcomes {
		if !done[o.UserID] {
			o.State, o.Class, o.Joined = directory.Refused, directory.ClassLinked, nil
		}
	}
	return forgetStrangers(ctx, tx, targetID, outcomes)
}

// mergedAttributes returns, by user, the attributes that are known of accounts
// once those that outcomes tell are laid over the stored ones, as JSON; empty
// where an outcome tells none.
func mergedAttributes(ctx context.Context, tx *Tx, targetID int64, outcomes []*Outcome) (map[int64]string, error) {
	merged := map[int64]string{}
	var users []int64
	for _, o := range outcomes {
		if o.Account.Attributes != nil {
			users = append(users, o.UserID)
		}
	}
	if len(users) == 0 {
		return merged, nil
	}
	query, args, err := in(`SELECT user_id, attributes FROM accounts WHERE target_id = ? AND user_id IN (?) AND attributes <> ''`, targetID, padded(users))
	if err != nil {
		return nil, err
	}
	var stored []struct {
		UserID     int64  `db:"user_id"`
		Attributes string `db:"attributes"`
	}
	if err := tx.selectAll(ctx, &stored, query, args...); err != nil {
		return nil, fmt.Errorf("read stored attributes: %w", err)
	}
	known := make(map[int64]map[string]string, len(stored))
	for _, row := range stored {
		if known[row.UserID], err = ReadAttributes(row.Attributes); err != nil {
			return nil, err
		}
	}
	for _, o := range outcomes {
		if o.Account.Attributes == nil {
			continue
		}
		values := known[o.UserID]
		if values == nil {
			values = map[string]string{}
		}
		maps.Copy(values, o.Account.Attributes)
		if merged[o.UserID], err = object(values); err != nil {
			return nil, err
		}
	}
	return merged, nil
}

// forgetStrangers forgets that accounts which are linked now were nobody's, and
// that they were looked for.
func forgetStrangers(ctx context.Context, tx *Tx, targetID int64, outcomes []*Outcome) error {
	ids, users := make([]string, 0, len(outcomes)), make([]int64, 0, len(outcomes))
	for _, o := range outcomes {
		if o.Origin != "" && o.State != directory.Refused {
			ids, users = append(ids, o.Account.ID), append(users, o.UserID)
		}
	}
	if err := found(ctx, tx, targetID, users); err != nil {
		return err
	}
	for chunk := range chunks(ids, 1000) {
		for _, statement := range []string{
			`DELETE FROM unlinked_accounts WHERE target_id = ? AND remote_id IN (?)`,
			`DELETE FROM foreign_members WHERE target_id = ? AND remote_id IN (?)`,
		} {
			query, args, err := in(statement, targetID, chunk)
			if err != nil {
				return err
			}
			if _, err := tx.exec(ctx, query, args...); err != nil {
				return fmt.Errorf("forget that an account was nobody's: %w", err)
			}
		}
	}
	return nil
}

// setAside gives a counterpart that another takes the place of to a group of
// its own, which nobody is wanted in: its members are taken out of it by a later
// plan, under the guard, and it itself is never touched.
func setAside(ctx context.Context, tx *Tx, targetID int64, o Outcome, now time.Time) error {
	former := "rollcall:former:" + o.Former.ID
	var id int64
	if err := tx.get(ctx, &id, `INSERT INTO groups (connection_id, source_id, name, name_key, description, type, presence, fingerprint, members_updated, members_due, read_at, dirty)
		SELECT connection_id, CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), '', '', 'derived', '', 0, FALSE, CAST(? AS BIGINT), FALSE FROM groups WHERE id = ?
		ON CONFLICT (connection_id, source_id) DO UPDATE SET name = excluded.name, name_key = excluded.name_key
		RETURNING id`, former, o.Former.Name, nameKey(o.Former.Name), micros(now), o.GroupID); err != nil {
		return fmt.Errorf("set a group aside: %w", err)
	}
	n, err := tx.exec(ctx, `UPDATE target_groups SET group_id = ? WHERE target_id = ? AND group_id = ? AND remote_id = ?`, id, targetID, o.GroupID, o.Former.ID)
	if err != nil {
		return fmt.Errorf("set the link of a group aside: %w", err)
	}
	if n == 0 {
		return nil // done by an attempt whose answer was lost
	}
	// Whoever is in it is planned anew: into the new one, and out of this one.
	if _, err := tx.exec(ctx, `UPDATE users SET dirty = TRUE WHERE NOT dirty AND id IN (SELECT user_id FROM target_memberships WHERE target_id = ? AND group_id = ?)`, targetID, o.GroupID); err != nil {
		return fmt.Errorf("mark the members of a group that is replaced: %w", err)
	}
	if _, err := tx.exec(ctx, `UPDATE target_memberships SET group_id = ? WHERE target_id = ? AND group_id = ?`, id, targetID, o.GroupID); err != nil {
		return fmt.Errorf("set memberships aside: %w", err)
	}
	if _, err := tx.exec(ctx, `DELETE FROM foreign_members WHERE target_id = ? AND group_id = ?`, targetID, o.GroupID); err != nil {
		return fmt.Errorf("forget the members of a group that is replaced: %w", err)
	}
	return setNestingsAside(ctx, tx, targetID, o.GroupID, id)
}

// setNestingsAside is setAside for the groups in a group, and for those that it
// is in: all of them are planned anew. Nobody gave its successor a permission yet.
func setNestingsAside(ctx context.Context, tx *Tx, targetID, groupID, formerID int64) error {
	if _, err := tx.exec(ctx, `UPDATE groups SET dirty = TRUE WHERE NOT dirty AND (id IN (SELECT child_id FROM target_nestings WHERE target_id = ? AND group_id = ?)
			OR id IN (?, ?) AND EXISTS (SELECT 1 FROM target_nestings WHERE target_id = ? AND child_id = ?))`, targetID, groupID, groupID, formerID, targetID, groupID); err != nil {
		return fmt.Errorf("mark the groups in a group that is replaced: %w", err)
	}
	for _, statement := range []string{
		`UPDATE target_nestings SET group_id = ? WHERE target_id = ? AND group_id = ?`,
		`UPDATE target_nestings SET child_id = ? WHERE target_id = ? AND child_id = ?`,
	} {
		if _, err := tx.exec(ctx, statement, formerID, targetID, groupID); err != nil {
			return fmt.Errorf("set the groups in a group aside: %w", err)
		}
	}
	if _, err := tx.exec(ctx, `DELETE FROM target_permissions WHERE target_id = ? AND group_id = ?`, targetID, groupID); err != nil {
		return fmt.Errorf("forget the permissions of a group that is replaced: %w", err)
	}
	return nil
}

func recordGroup(ctx context.Context, tx *Tx, targetID int64, identity string, o *Outcome, now time.Time) error {
	g := o.Group
	n, err := tx.exec(ctx, `INSERT INTO target_groups (target_id, identity, remote_id, group_id, origin, name, name_key, read_only, observed_at)
		SELECT l.* FROM (SELECT CAST(? AS BIGINT) AS target_id, CAST(? AS TEXT) AS identity, CAST(? AS TEXT) AS remote_id, CAST(? AS BIGINT) AS group_id,
			CAST(? AS TEXT) AS origin, CAST(? AS TEXT) AS name, CAST(? AS TEXT) AS name_key, CAST(? AS BOOLEAN) AS read_only, CAST(? AS BIGINT) AS observed_at) l
		WHERE NOT EXISTS (SELECT 1 FROM target_groups own WHERE own.target_id = l.target_id AND own.group_id = l.group_id AND own.remote_id <> l.remote_id)
		ON CONFLICT (identity, remote_id) DO UPDATE SET name = excluded.name, name_key = excluded.name_key, read_only = excluded.read_only, observed_at = excluded.observed_at
		WHERE target_groups.target_id = excluded.target_id AND target_groups.group_id = excluded.group_id`,
		targetID, identity, g.ID, o.GroupID, o.Origin, g.Name, nameKey(g.Name), g.ReadOnly, micros(now))
	if err != nil {
		return fmt.Errorf("link group: %w", err)
	}
	if n == 0 {
		o.State, o.Class = directory.Refused, directory.ClassLinked
		return nil
	}
	if err := regain(ctx, tx, targetID, o.GroupID, g.ID); err != nil {
		return err
	}
	return wakeMembers(ctx, tx, o.GroupID, now)
}
