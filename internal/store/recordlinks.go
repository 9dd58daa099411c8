package store

import (
	"context"
	"fmt"
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
	for i := range outcomes {
		if outcomes[i].Group != nil {
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
	args := make([]any, 0, 9*len(outcomes)+5)
	for _, o := range outcomes {
		a := o.Account
		args = append(args, a.ID, o.UserID, o.Origin, a.Email, strings.ToLower(a.Email), a.DisplayName, string(a.Status), a.Managed, a.ReadOnly)
	}
	args = append(args, targetID, identity, targetID, micros(now), targetID)
	var linked []int64
	err := tx.selectAll(ctx, &linked, `WITH v (remote_id, user_id, origin, email, email_key, display_name, status, managed, read_only) AS (VALUES `+
		rows(`(CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS BOOLEAN), CAST(? AS BOOLEAN))`, len(outcomes))+`)
		INSERT INTO accounts (target_id, identity, remote_id, user_id, origin, email, email_key, display_name, status, managed, read_only, protected, observed_at)
		SELECT CAST(? AS BIGINT), CAST(? AS TEXT), v.remote_id, v.user_id, v.origin, v.email, v.email_key, v.display_name, v.status, v.managed, v.read_only,
			EXISTS (SELECT 1 FROM protected_objects p WHERE p.target_id = ? AND p.kind = 'account' AND p.remote_id IN (v.remote_id, v.email_key)), CAST(? AS BIGINT)
		FROM v WHERE NOT EXISTS (SELECT 1 FROM accounts own WHERE own.target_id = ? AND own.user_id = v.user_id AND own.remote_id <> v.remote_id)
		ON CONFLICT (identity, remote_id) DO UPDATE SET email = excluded.email, email_key = excluded.email_key, display_name = excluded.display_name,
			status = excluded.status, managed = excluded.managed, read_only = excluded.read_only, protected = excluded.protected,
			observed_at = excluded.observed_at
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
	return nil
}

func recordGroup(ctx context.Context, tx *Tx, targetID int64, identity string, o *Outcome, now time.Time) error {
	g := o.Group
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
		return nil
	}
	return wakeMembers(ctx, tx, o.GroupID, now)
}
