package store

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"github.com/jmoiron/sqlx"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// UndoItem is a change of a run with what taking it back would come to.
type UndoItem struct {
	ChangeID int64          `db:"id" json:"change"`
	Target   string         `db:"target" json:"target"`
	Kind     directory.Kind `db:"kind" json:"kind"`
	// Reverse is what would be done; empty where nothing can be.
	Reverse directory.Kind `db:"-" json:"reverse,omitempty"`
	UserID  int64          `db:"user_id" json:"user_id,omitempty"`
	User    string         `db:"user_label" json:"user,omitempty"`
	GroupID int64          `db:"group_id" json:"group_id,omitempty"`
	Group   string         `db:"group_label" json:"group,omitempty"`
	OuterID int64          `db:"outer_id" json:"outer_id,omitempty"`
	// Outer is the group that Group was put in or taken out of.
	Outer string `db:"outer_label" json:"outer,omitempty"`
	// Scope is what a permission was given for.
	Scope string `db:"scope" json:"scope,omitempty"`
	// Before and After are the change's own, as they were recorded.
	Before string `db:"before" json:"before,omitempty"`
	After  string `db:"after" json:"after,omitempty"`
	// Class is why it is left as it is: changed-since, irreversible, protected or
	// unmanaged; empty where it is taken back.
	Class directory.Class `db:"-" json:"class,omitempty"`
}

// NotUndoableError means that there is nothing to take back of a run.
type NotUndoableError struct {
	RunID int64
	// Why says what kind of run it is.
	Why string
}

func (e *NotUndoableError) Error() string {
	return fmt.Sprintf("run %d cannot be undone: %s", e.RunID, e.Why)
}

// UndoPreview streams what a run did, in the order in which it was applied,
// with what undoing it would come to now: of some users or, with none, of all.
// It fails with ErrNotFound or *NotUndoableError.
func (s *Store) UndoPreview(ctx context.Context, runID int64, users []int64) iter.Seq2[UndoItem, error] {
	return func(yield func(UndoItem, error) bool) {
		if err := undoable(ctx, s.get, runID, 0); err != nil {
			yield(UndoItem{}, err)
			return
		}
		query, args, err := doneOf(runID, users)
		if err != nil {
			yield(UndoItem{}, err)
			return
		}
		for row, err := range stream(ctx, s, fmt.Sprintf("read what run %d did", runID), scanDone, query, args...) {
			if err == nil {
				_, err = row.judge()
			}
			if !yield(row.UndoItem, err) || err != nil {
				return
			}
		}
	}
}

// undoable fails when a run cannot be undone; connectionID 0 is any.
func undoable(ctx context.Context, get func(ctx context.Context, into any, query string, args ...any) error, runID, connectionID int64) error {
	var run struct {
		ConnectionID int64  `db:"connection_id"`
		DryRun       bool   `db:"dry_run"`
		Outcome      string `db:"outcome"`
		ImagesGone   bool   `db:"images_gone"`
	}
	if err := get(ctx, &run, `SELECT connection_id, dry_run, outcome, images_gone FROM runs WHERE id = ?`, runID); err != nil {
		return fmt.Errorf("read run %d: %w", runID, notFound(err))
	}
	switch {
	case connectionID != 0 && run.ConnectionID != connectionID:
		return &NotUndoableError{runID, "it is another connection's"}
	case run.DryRun:
		return &NotUndoableError{runID, "it was a dry run and changed nothing"}
	case run.Outcome == "":
		return &NotUndoableError{runID, "it is still under way: stop it first, or wait until it has ended"}
	case run.ImagesGone:
		return &NotUndoableError{runID, "what stood there before is not kept for so long (retention.images)"}
	}
	return nil
}

// doneChange is a change that was applied, with what is known of its objects now.
type doneChange struct {
	UndoItem
	TargetID int64 `db:"target_id"`
	// UndoBy is what takes access back in this target.
	UndoBy directory.Kind `db:"undo_by"`
	// FirstKind and FirstBefore are of the first change that the run made of the
	// same account's status, or of the same membership.
	FirstKind   string `db:"first_kind"`
	FirstBefore string `db:"first_before"`
	Created     bool   `db:"created"` // the run made the account
	Erased      bool   `db:"erased"`
	Untouchable bool   `db:"untouchable"`

	Linked      bool   `db:"linked"`
	Origin      string `db:"origin"`
	Status      string `db:"status"`
	Managed     bool   `db:"managed"`
	Email       string `db:"email"`
	DisplayName string `db:"display_name"`
	UserName    string `db:"user_name"`
	Attributes  string `db:"attributes"`
	GroupLinked bool   `db:"group_linked"`
	Joined      bool   `db:"joined"`

	DesiredState      string `db:"desired_state"`
	DesiredReason     string `db:"desired_reason"`
	DesiredEmail      string `db:"desired_email"`
	DesiredName       string `db:"desired_name"`
	DesiredUserName   string `db:"desired_user_name"`
	DesiredAttributes string `db:"desired_attributes"`
	DesiredStrip      bool   `db:"desired_strip"`
	DesiredMember     bool   `db:"desired_member"`
	// Returns is whether somebody who is not leaving any more is in the group.
	Returns bool `db:"returns"`

	OuterLinked bool `db:"outer_linked"`
	Nested      bool `db:"nested"` // Group is in Outer
	// RuledIn is whether the source puts Group in Outer.
	RuledIn bool `db:"ruled_in"`
	// Holds is what the group holds in the scope, Configured what it is given there.
	Holds      string `db:"holds"`
	Configured string `db:"configured"`
}

func scanDone(rows *sqlx.Rows, into *doneChange) error { return rows.StructScan(into) }

// doneOf is the statement that reads doneChanges.
func doneOf(runID int64, users []int64) (string, []any, error) {
	const columns = `SELECT ch.id, ch.target_id, t.name AS target, t.undo_by, ch.kind, ch.user_id, COALESCE(NULLIF(u.email, ''), u.login, '') AS user_label, ch.group_id, COALESCE(g.name, '') AS group_label,
			ch.outer_id, COALESCE(og.name, '') AS outer_label, ch.scope, ch.before, ch.after,
			COALESCE((SELECT f.kind FROM changes f WHERE f.user_id = ch.user_id AND f.run_id = ch.run_id AND f.target_id = ch.target_id AND f.group_id = ch.group_id AND f.state = 'applied'
				AND f.kind <> 'account.update' AND f.user_id <> 0 ORDER BY f.id LIMIT 1), '') AS first_kind,
			COALESCE((SELECT f.before FROM changes f WHERE f.user_id = ch.user_id AND f.run_id = ch.run_id AND f.target_id = ch.target_id AND f.group_id = ch.group_id AND f.state = 'applied'
				AND f.kind <> 'account.update' AND f.user_id <> 0 ORDER BY f.id LIMIT 1), '') AS first_before,
			EXISTS (SELECT 1 FROM changes f WHERE f.user_id = ch.user_id AND f.run_id = ch.run_id AND f.target_id = ch.target_id AND f.kind = 'account.create' AND f.state = 'applied' AND f.user_id <> 0) AS created,
			COALESCE(u.erased_at, 0) <> 0 AS erased,
			(COALESCE(a.protected, FALSE) OR COALESCE(a.read_only, FALSE) OR COALESCE(tg.protected, FALSE) OR COALESCE(tg.read_only, FALSE)
				OR COALESCE(otg.protected, FALSE) OR COALESCE(otg.read_only, FALSE)) AS untouchable,
			a.user_id IS NOT NULL AS linked, COALESCE(a.origin, '') AS origin, COALESCE(a.status, '') AS status, COALESCE(a.managed, FALSE) AS managed,
			COALESCE(a.email, '') AS email, COALESCE(a.display_name, '') AS display_name, COALESCE(a.user_name, '') AS user_name, COALESCE(a.attributes, '') AS attributes,
			tg.group_id IS NOT NULL AS group_linked, tm.user_id IS NOT NULL AS joined,
			COALESCE(d.state, '') AS desired_state, COALESCE(d.reason, '') AS desired_reason, COALESCE(d.email, '') AS desired_email, COALESCE(d.display_name, '') AS desired_name,
			COALESCE(d.user_name, '') AS desired_user_name, COALESCE(d.attributes, '') AS desired_attributes, COALESCE(d.strip, FALSE) AS desired_strip, dm.user_id IS NOT NULL AS desired_member,
			(EXISTS (SELECT 1 FROM group_routes r JOIN memberships m ON m.group_id = r.group_id AND m.user_id = ch.user_id AND NOT m.absent JOIN groups rg ON rg.id = m.group_id AND rg.presence = 'present'
					WHERE r.target_id = ch.target_id AND r.into_id = ch.group_id)
				OR EXISTS (SELECT 1 FROM default_groups f WHERE f.target_id = ch.target_id AND f.group_id = ch.group_id)
				OR t.additive AND EXISTS (SELECT 1 FROM leaver_groups lg WHERE lg.target_id = ch.target_id AND lg.user_id = ch.user_id AND lg.group_id = ch.group_id AND lg.origin <> 'created')) AS returns,
			otg.group_id IS NOT NULL AS outer_linked, tn.child_id IS NOT NULL AS nested, COALESCE(dn.ruled, FALSE) AS ruled_in, COALESCE(tp.level, '') AS holds, COALESCE(dp.level, '') AS configured
		FROM changes ch
		JOIN targets t ON t.id = ch.target_id
		LEFT JOIN users u ON u.id = ch.user_id
		LEFT JOIN groups g ON g.id = ch.group_id
		LEFT JOIN accounts a ON a.target_id = ch.target_id AND a.user_id = ch.user_id
		LEFT JOIN target_groups tg ON tg.target_id = ch.target_id AND tg.group_id = ch.group_id
		LEFT JOIN target_memberships tm ON tm.target_id = ch.target_id AND tm.user_id = ch.user_id AND tm.group_id = ch.group_id
		LEFT JOIN desired_accounts d ON d.target_id = ch.target_id AND d.user_id = ch.user_id
		LEFT JOIN desired_memberships dm ON dm.target_id = ch.target_id AND dm.user_id = ch.user_id AND dm.group_id = ch.group_id
		LEFT JOIN groups og ON og.id = ch.outer_id AND ch.outer_id <> 0
		LEFT JOIN target_groups otg ON otg.target_id = ch.target_id AND otg.group_id = ch.outer_id AND ch.outer_id <> 0
		LEFT JOIN target_nestings tn ON tn.target_id = ch.target_id AND tn.child_id = ch.group_id AND tn.group_id = ch.outer_id AND ch.outer_id <> 0
		LEFT JOIN desired_nestings dn ON dn.target_id = ch.target_id AND dn.child_id = ch.group_id AND dn.group_id = ch.outer_id AND ch.outer_id <> 0
		LEFT JOIN target_permissions tp ON tp.target_id = ch.target_id AND tp.group_id = ch.group_id AND tp.scope = ch.scope AND ch.scope <> ''
		LEFT JOIN desired_groups dg ON dg.target_id = ch.target_id AND dg.group_id = ch.group_id AND ch.scope <> ''
		LEFT JOIN desired_permissions dp ON dp.target_id = ch.target_id AND dp.group_key = dg.name_key AND dp.scope = ch.scope
		WHERE ch.run_id = ? AND ch.state = 'applied'`
	const order = ` ORDER BY ch.target_id, ch.stage, ch.ord`
	if len(users) == 0 {
		return columns + order, []any{runID}, nil
	}
	return in(columns+` AND ch.user_id IN (?)`+order, runID, padded(users))
}

// undoing is what would make a change taken back stay so.
type undoing struct {
	TargetID, UserID, GroupID int64
	What, Value, Basis        string
	// OuterID and Scope are of a group alone.
	OuterID int64
	Scope   string
}

// What an override is about.
const (
	overrideState      = "state"
	overrideAttributes = "attributes"
	overrideMember     = "member"
	overrideNesting    = "nesting"
	overridePermission = "permission"
)

// judge fills in Reverse and Class, and returns the override that takes the
// change back; it is zero when Class says why nothing does.
func (c *doneChange) judge() (undoing, error) {
	o := undoing{TargetID: c.TargetID, UserID: c.UserID, GroupID: c.GroupID}
	if c.OuterID != 0 || c.Scope != "" {
		return c.judgeGroup(), nil
	}
	if c.UserID == 0 || c.Erased {
		c.Class = directory.ClassIrreversible
		return undoing{}, nil
	}
	var err error
	switch c.Kind {
	case directory.CreateAccount, directory.RestoreAccount:
		c.Reverse = c.UndoBy
		c.Class = c.judgeStatus(directory.AccountActive)
		if c.UndoBy == "" {
			c.Class = directory.ClassIrreversible
		}
		if c.Kind == directory.CreateAccount && c.Linked && c.Origin != Created {
			c.Class = directory.ClassIrreversible // it was somebody's before: the link is what was made, and a person may take it away
		}
		o.What, o.Value, o.Basis = overrideState, string(directory.DesireSuspended), c.stateBasis()
		if c.UndoBy == directory.DeactivateAccount {
			o.Value = string(directory.DesireDeactivated)
		}
	case directory.SuspendAccount, directory.DeactivateAccount:
		c.Reverse = directory.RestoreAccount
		is := directory.AccountSuspended
		if c.Kind == directory.DeactivateAccount {
			is = directory.AccountDeactivated
		}
		c.Class = c.judgeStatus(is)
		o.What, o.Value, o.Basis = overrideState, string(directory.DesireActive), c.stateBasis()
	case directory.UpdateAccount:
		c.Reverse = directory.UpdateAccount
		o.What = overrideAttributes
		o.Value, o.Basis, err = c.judgeAttributes()
	case directory.AddMember, directory.RemoveMember:
		c.judgeMember(&o)
	default:
		c.Class = directory.ClassIrreversible
	}
	if c.Class == "" && c.Untouchable {
		c.Class = directory.ClassProtected
	}
	if c.Class != "" {
		c.Reverse = ""
		return undoing{}, err
	}
	return o, err
}

// judgeStatus says whether an account is as the change left it, and was
// different before the run.
func (c *doneChange) judgeStatus(left directory.AccountStatus) directory.Class {
	if !c.Linked || c.Status != string(left) || c.FirstKind != string(directory.CreateAccount) && c.FirstBefore == c.Status {
		return directory.ClassChangedSince
	}
	return ""
}

// stateBasis is what the rules say of the account apart from the step of a
// ladder: why somebody is leaving, or else the state.
func (c *doneChange) stateBasis() string {
	if c.DesiredReason != "" {
		return c.DesiredReason
	}
	return c.DesiredState
}

// judgeMember fills in what takes a change of a membership back.
func (c *doneChange) judgeMember(o *undoing) {
	added := c.Kind == directory.AddMember
	c.Reverse, o.What, o.Value, o.Basis = directory.AddMember, overrideMember, "in", "out"
	if added {
		c.Reverse, o.Value = directory.RemoveMember, "out"
	}
	if c.DesiredMember {
		o.Basis = "in"
	}
	switch {
	case added && c.Created && c.UndoBy != "" && c.Origin == Created:
		c.Class = directory.ClassWithAccount
	case !c.Linked || !c.GroupLinked || c.Joined != added || c.Status != string(directory.AccountActive) && !added || c.FirstKind != string(c.Kind):
		c.Class = directory.ClassChangedSince
	case !added && c.DesiredStrip && !c.Returns:
		c.Class = directory.ClassChangedSince // the source has taken it as well
	case !added && c.DesiredStrip:
		// A step of a ladder took it, and leaves no membership desired: only who is
		// not leaving any more is in groups.
		o.GroupID, o.What, o.Value, o.Basis = 0, overrideState, string(directory.DesireActive), c.stateBasis()
	}
}

// judgeAttributes returns the values that stood there before, as far as they
// are known and the account has what the change wrote, and what the rules make of them.
func (c *doneChange) judgeAttributes() (value, basis string, err error) {
	was, wrote := map[string]*string{}, map[string]string{}
	if err := json.Unmarshal([]byte(c.Before), &was); err != nil {
		c.Class = directory.ClassIrreversible // what stood there was recorded in words
		return "", "", nil
	}
	if err := json.Unmarshal([]byte(c.After), &wrote); err != nil {
		c.Class = directory.ClassIrreversible
		return "", "", nil
	}
	has, err := ReadAttributes(c.Attributes)
	if err != nil {
		return "", "", err
	}
	wants, err := ReadAttributes(c.DesiredAttributes)
	if err != nil {
		return "", "", err
	}
	values, rules := map[string]string{}, map[string]string{}
	for name, wrote := range wrote {
		is, want := has[name], wants[name]
		switch name {
		case "email":
			is, want = c.Email, c.DesiredEmail
		case "display_name":
			is, want = c.DisplayName, c.DesiredName
		case "user_name":
			is, want = c.UserName, c.DesiredUserName
		}
		if !c.Linked || is != wrote {
			c.Class = directory.ClassChangedSince
			return "", "", nil
		}
		if before := was[name]; before != nil {
			values[name], rules[name] = *before, want
		}
	}
	switch {
	case len(values) == 0:
		c.Class = directory.ClassIrreversible // nobody knew what stood there
		return "", "", nil
	case !c.Managed:
		c.Class = directory.ClassUnmanaged
		return "", "", nil
	}
	if value, err = WriteAttributes(values); err != nil {
		return "", "", err
	}
	basis, err = WriteAttributes(rules)
	return value, basis, err
}
