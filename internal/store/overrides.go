package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// The values of an override of a membership.
const (
	memberIn  = "in"
	memberOut = "out"
)

// overrideRow is what was undone, and stays so as long as the rules say what
// they said then.
type overrideRow struct {
	ID      int64  `db:"id"`
	UserID  int64  `db:"user_id"`
	GroupID int64  `db:"group_id"`
	What    string `db:"what"`
	Value   string `db:"value"`
	Basis   string `db:"basis"`
	RunID   int64  `db:"run_id"`
}

// overrides are those of the users.
func (d deciding) overrides(ctx context.Context) ([]overrideRow, error) {
	query, args, err := d.users.where(`SELECT id, user_id, group_id, what, value, basis, run_id FROM overrides
		WHERE target_id = ? AND user_id IN (SELECT u.id FROM users u WHERE %s) ORDER BY id`, d.targetID)
	if err != nil {
		return nil, err
	}
	var found []overrideRow
	if err := d.tx.selectAll(ctx, &found, query, args...); err != nil {
		return nil, fmt.Errorf("read what was undone: %w", err)
	}
	return found, nil
}

// override puts what was undone over what the rules say of accounts, and
// drops that of which the rules now say something else.
func (d deciding) override(ctx context.Context, decisions []Decision, overrides []overrideRow) error {
	if len(overrides) == 0 {
		return nil
	}
	at := make(map[int64]*Decision, len(decisions))
	for i := range decisions {
		at[decisions[i].UserID] = &decisions[i]
	}
	for _, o := range overrides {
		decision := at[o.UserID]
		if decision == nil {
			continue // a push has changed this user since: its own decision counts
		}
		switch o.What {
		case overrideState:
			if err := d.overrideState(ctx, decision, o); err != nil {
				return err
			}
		case overrideAttributes:
			if err := d.overrideAttributes(ctx, decision, o); err != nil {
				return err
			}
		}
	}
	return nil
}

// stateBasis is what the rules say of an account's state, apart from the step
// that a ladder has come to.
func stateBasis(d directory.DesiredAccount) string {
	if d.Reason != "" {
		return string(d.Reason)
	}
	return string(d.State)
}

func (d deciding) overrideState(ctx context.Context, decision *Decision, o overrideRow) error {
	switch basis := stateBasis(decision.DesiredAccount); {
	case basis == o.Basis:
		decision.State, decision.Reason, decision.Strip = directory.DesiredState(o.Value), "", false
		decision.Rule, decision.Evidence = undone(o), directory.Explicit
	case basis == string(directory.DesireKept):
		// The rules ask for nothing now, maybe because one failed: that takes nothing back.
	default:
		return d.dropOverride(ctx, o)
	}
	return nil
}

func undone(o overrideRow) string { return fmt.Sprintf("undone by run %d", o.RunID) }

// overrideAttributes goes by single attributes: one that the rules make
// otherwise than then is the rules' again. What they say nothing of, maybe
// because a rule failed, is no other value.
func (d deciding) overrideAttributes(ctx context.Context, decision *Decision, o overrideRow) error {
	var value, basis map[string]string
	if err := json.Unmarshal([]byte(o.Value), &value); err != nil {
		return fmt.Errorf("read override %d: %w", o.ID, err)
	}
	if err := json.Unmarshal([]byte(o.Basis), &basis); err != nil {
		return fmt.Errorf("read override %d: %w", o.ID, err)
	}
	before := len(value)
	for _, name := range slices.Sorted(maps.Keys(value)) {
		now, said := ruledAttribute(decision.DesiredAccount, name)
		if said && now != basis[name] {
			delete(value, name)
			delete(basis, name)
			continue
		}
		setAttribute(&decision.DesiredAccount, name, value[name])
	}
	if len(value) == before {
		return nil
	}
	if len(value) == 0 {
		return d.dropOverride(ctx, o)
	}
	values, err := WriteAttributes(value)
	if err != nil {
		return err
	}
	bases, err := WriteAttributes(basis)
	if err != nil {
		return err
	}
	if _, err := d.tx.exec(ctx, `UPDATE overrides SET value = ?, basis = ? WHERE id = ?`, values, bases, o.ID); err != nil {
		return fmt.Errorf("drop a part of what was undone: %w", err)
	}
	return nil
}

// The names of an account's attributes that are no others.
const (
	attributeEmail       = "email"
	attributeDisplayName = "display_name"
	attributeUserName    = "user_name"
)

// ruledAttribute is what the rules make of an attribute, and whether they say
// anything of it.
func ruledAttribute(a directory.DesiredAccount, name string) (string, bool) {
	switch name {
	case attributeEmail:
		return a.Email, a.Email != ""
	case attributeDisplayName:
		return a.DisplayName, a.DisplayName != ""
	case attributeUserName:
		return a.UserName, a.UserName != ""
	}
	value, ok := a.Attributes[name]
	return value, ok
}

func setAttribute(a *directory.DesiredAccount, name, value string) {
	switch name {
	case attributeEmail:
		a.Email = value
	case attributeDisplayName:
		a.DisplayName = value
	case attributeUserName:
		a.UserName = value
	default:
		a.Attributes = maps.Clone(a.Attributes) // the rules' own, which other targets may share
		if a.Attributes == nil {
			a.Attributes = map[string]string{}
		}
		a.Attributes[name] = value
	}
}

func (d deciding) dropOverride(ctx context.Context, o overrideRow) error {
	if _, err := d.tx.exec(ctx, `DELETE FROM overrides WHERE id = ?`, o.ID); err != nil {
		return fmt.Errorf("drop what was undone: %w", err)
	}
	return nil
}

// overrideMemberships puts what was undone over the memberships that the rules
// want, and drops that of which the rules now say something else.
func (d deciding) overrideMemberships(ctx context.Context, overrides []overrideRow) error {
	for _, o := range overrides {
		if o.What != overrideMember {
			continue
		}
		ruled, err := d.ruledMembership(ctx, o)
		if err != nil {
			return err
		}
		switch {
		case ruled != o.Basis:
			err = d.dropOverride(ctx, o)
		case o.Value == memberIn:
			_, err = d.tx.exec(ctx, `INSERT INTO desired_memberships (target_id, user_id, group_id)
				SELECT target_id, user_id, CAST(? AS BIGINT) FROM desired_accounts WHERE target_id = ? AND user_id = ? AND state = 'active' ON CONFLICT DO NOTHING`,
				o.GroupID, d.targetID, o.UserID)
		default:
			_, err = d.tx.exec(ctx, `DELETE FROM desired_memberships WHERE target_id = ? AND user_id = ? AND group_id = ?`, d.targetID, o.UserID, o.GroupID)
		}
		if err != nil {
			return fmt.Errorf("keep an undone membership: %w", err)
		}
	}
	return nil
}

// ruledMembership says whether the rules have somebody in a group, whatever
// state the account is in.
func (d deciding) ruledMembership(ctx context.Context, o overrideRow) (string, error) {
	var ruled bool
	if err := d.tx.get(ctx, &ruled, `SELECT EXISTS (SELECT 1 FROM group_routes r JOIN memberships m ON m.group_id = r.group_id JOIN groups g ON g.id = m.group_id AND g.presence = 'present'
				WHERE r.target_id = ? AND r.into_id = ? AND m.user_id = ? AND NOT m.absent)
			OR EXISTS (SELECT 1 FROM default_groups WHERE target_id = ? AND group_id = ?)`, d.targetID, o.GroupID, o.UserID, d.targetID, o.GroupID); err != nil {
		return "", fmt.Errorf("look for what the rules say of a membership: %w", err)
	}
	if ruled {
		return memberIn, nil
	}
	return memberOut, nil
}
