package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// updating plans the attributes of accounts that differ from what is desired.
// What differs is told as a JSON object, which the two databases make each in
// a way of its own: it is made here.
type updating struct {
	tx       *Tx
	c        Claim
	targetID int64
	from     int64
	planned  int64
	// renames is whether the user names of accounts that exist are written too.
	renames bool
	// unwritable is whether no attribute can be written there.
	unwritable bool
}

// differing is an account whose attributes may differ.
type differing struct {
	UserID    int64  `db:"id"`
	Rule      string `db:"rule"`
	Protected bool   `db:"protected"`
	ReadOnly  bool   `db:"read_only"`
	Managed   bool   `db:"managed"`

	Email       string `db:"email"`
	EmailKey    string `db:"email_key"`
	DisplayName string `db:"display_name"`
	UserName    string `db:"user_name"`
	Attributes  string `db:"attributes"`

	HasEmail      string `db:"has_email"`
	HasEmailKey   string `db:"has_email_key"`
	HasName       string `db:"has_display_name"`
	HasUserName   string `db:"has_user_name"`
	HasAttributes string `db:"has_attributes"`
}

// What cannot be written is said when it changes, not at every full plan:
// there, (a.managed OR u.dirty) still asks for dirty users. An address that the
// target does not tell is no difference where it cannot be written; where it
// can, it is written once, and known from then on.
const differingAccounts = `SELECT u.id, d.rule, a.protected, a.read_only, a.managed,
		d.email, d.email_key, d.display_name, d.user_name, d.attributes,
		a.email AS has_email, a.email_key AS has_email_key, a.display_name AS has_display_name, a.user_name AS has_user_name, a.attributes AS has_attributes
	FROM users u
	CROSS JOIN desired_accounts d
	CROSS JOIN accounts a
	WHERE d.target_id = ? AND d.user_id = u.id AND a.target_id = d.target_id AND a.user_id = u.id
		AND d.state = 'active' AND a.status <> 'closed' AND (a.managed OR u.dirty)
		AND ((d.email_key <> a.email_key AND (a.email_key <> '' OR a.managed)) OR (d.display_name <> a.display_name AND d.display_name <> '' AND a.display_name <> '')
			OR (d.user_name <> a.user_name AND d.user_name <> '') OR (d.attributes <> a.attributes AND d.attributes <> ''))`

// begin reads how the target treats the names of accounts.
func (u *updating) begin(ctx context.Context) error {
	var target struct {
		Renames    bool `db:"renames_accounts"`
		Unwritable bool `db:"unwritable"`
	}
	if err := u.tx.get(ctx, &target, `SELECT renames_accounts, unwritable FROM targets WHERE id = ?`, u.targetID); err != nil {
		return fmt.Errorf("read target %d: %w", u.targetID, notFound(err))
	}
	u.renames, u.unwritable = target.Renames, target.Unwritable
	return nil
}

// planDirty plans for the dirty users of the connection, or for all.
func (u *updating) planDirty(ctx context.Context, full bool) error {
	if err := u.begin(ctx); err != nil || u.unwritable {
		return err
	}
	query := differingAccounts + ` AND u.connection_id = ? AND u.dirty AND u.id > ? ORDER BY u.id LIMIT CAST(? AS BIGINT)`
	if full {
		query = differingAccounts + ` AND u.connection_id = ? AND u.id > ? ORDER BY u.id LIMIT CAST(? AS BIGINT)`
	}
	for after := int64(0); ; {
		var found []differing
		if err := u.tx.selectAll(ctx, &found, query, u.targetID, u.c.ConnectionID, after, rowsAtOnce); err != nil {
			return fmt.Errorf("read accounts that differ: %w", err)
		}
		if err := u.plan(ctx, found); err != nil {
			return err
		}
		if len(found) < rowsAtOnce {
			return nil
		}
		after = found[len(found)-1].UserID
	}
}

// planSome plans for some users.
func (u *updating) planSome(ctx context.Context, users []int64) error {
	if err := u.begin(ctx); err != nil || u.unwritable {
		return err
	}
	query, args, err := in(differingAccounts+` AND u.id IN (?) ORDER BY u.id`, u.targetID, padded(users))
	if err != nil {
		return err
	}
	var found []differing
	if err := u.tx.selectAll(ctx, &found, query, args...); err != nil {
		return fmt.Errorf("read accounts that differ: %w", err)
	}
	return u.plan(ctx, found)
}

func (u *updating) plan(ctx context.Context, accounts []differing) error {
	var args []any
	n := 0
	for _, a := range accounts {
		before, after, err := a.images(u.renames)
		if err != nil {
			return err
		}
		if after == "" {
			continue
		}
		state, class := directory.Planned, directory.Class("")
		switch {
		case a.Protected:
			state, class = directory.Skipped, directory.ClassProtected
		case a.ReadOnly:
			state, class = directory.Skipped, directory.ClassReadOnly
		case !a.Managed:
			state, class = directory.Skipped, directory.ClassUnmanaged
		case a.Email == "":
			state, class = directory.Refused, directory.ClassNoEmail
		}
		n++
		u.planned++
		args = append(args, u.c.RunID, u.targetID, u.from+2_000_000_000+u.planned, a.UserID, a.Rule, before, after, string(state), string(class))
	}
	if n == 0 {
		return nil
	}
	if _, err := u.tx.exec(ctx, `INSERT INTO changes (run_id, target_id, stage, ord, kind, user_id, rule, before, after, state, class)
		VALUES `+rows("(?, ?, 3, ?, 'account.update', ?, ?, ?, ?, ?, ?)", n), args...); err != nil {
		return fmt.Errorf("write changes: %w", err)
	}
	return nil
}

// images tells what differs, before and after; empty where nothing does. An
// attribute that nobody has told or written yet is null before.
func (a differing) images(renames bool) (before, after string, err error) {
	was, is := map[string]*string{}, map[string]string{}
	if a.EmailKey != a.HasEmailKey && (a.HasEmailKey != "" || a.Managed) {
		was["email"], is["email"] = &a.HasEmail, a.Email
	}
	if a.DisplayName != "" && a.HasName != "" && a.DisplayName != a.HasName {
		was["display_name"], is["display_name"] = &a.HasName, a.DisplayName
	}
	if renames && a.UserName != "" && !strings.EqualFold(a.UserName, a.HasUserName) {
		was["user_name"], is["user_name"] = &a.HasUserName, a.UserName
	}
	wanted, err := ReadAttributes(a.Attributes)
	if err != nil {
		return "", "", err
	}
	has, err := ReadAttributes(a.HasAttributes)
	if err != nil {
		return "", "", err
	}
	for name, value := range wanted {
		held, known := has[name]
		if known && held == value {
			continue
		}
		is[name] = value
		if known {
			was[name] = &held
		} else {
			was[name] = nil
		}
	}
	if len(is) == 0 {
		return "", "", nil
	}
	if before, err = object(was); err != nil {
		return "", "", err
	}
	after, err = object(is)
	return before, after, err
}
