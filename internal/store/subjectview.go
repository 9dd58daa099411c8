package store

import (
	"context"
	"fmt"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// SubjectView is all that is known of a user of a connection.
type SubjectView struct {
	Connection string
	UserID     int64
	// Subject is the user as the rules see it, with the names of its groups.
	directory.Subject
	// Dirty is whether the next run decides about the user again.
	Dirty bool
	// ReadAt is when what is stored was asked for.
	ReadAt  time.Time
	Erased  time.Time
	Groups  []SubjectGroup
	Targets []SubjectTarget
}

// SubjectGroup is a group of the source that a user is in.
type SubjectGroup struct {
	ID       int64              `db:"id"`
	SourceID string             `db:"source_id"`
	Name     string             `db:"name"`
	Type     string             `db:"type"`
	Presence directory.Presence `db:"presence"`
	// Missing is whether the membership was not in the list that was read last,
	// and nobody has confirmed that.
	Missing bool `db:"absent"`
}

// SubjectTarget is what a target should hold of a user, and was last seen to hold.
type SubjectTarget struct {
	ID   int64
	Name string
	// Desired is what the rules ask for, with what was undone and the step of a
	// ladder taken into account; its Rule is empty while nothing is decided.
	Desired directory.DesiredAccount
	// Account is the account that the user is linked to; nil for none.
	Account     *SubjectAccount
	Memberships []SubjectMembership
	// Leaver is where somebody stands who is leaving; nil for who is not.
	Leaver    *SubjectLeaver
	Overrides []SubjectOverride
	// WaitsSince is since when the user waits for a licence; zero for not.
	WaitsSince time.Time
	// Unlinked is whether a person took the link away.
	Unlinked bool
}

// SubjectAccount is a linked account.
type SubjectAccount struct {
	directory.Account
	// Origin is "created" or "adopted".
	Origin     string
	Protected  bool
	ObservedAt time.Time
}

// SubjectMembership is a membership that is wanted, or there, or both.
type SubjectMembership struct {
	GroupID int64 `db:"group_id"`
	// Group is the name that the rules make, or else the one that the target has.
	Group string `db:"name"`
	// Rule is what made the group; From the groups of the source that lead there.
	Rule    string `db:"rule"`
	Desired bool   `db:"desired"`
	Joined  bool   `db:"joined"`
	// Origin is of the membership that is there: created, adopted or found.
	Origin string `db:"origin"`
	// Linked is whether the group is known in the target.
	Linked bool `db:"linked"`
	// Default is whether everybody in scope is in the group.
	Default bool     `db:"is_default"`
	From    []string `db:"-"`
	// Through are the groups of the target that are in the group and that the
	// account is in: it has the group's rights by them, Joined or not.
	Through []string `db:"-"`
	// InsteadOf are the groups that belong in the group and cannot be had in the
	// target, by which the user is to be in it one by one meanwhile.
	InsteadOf []string `db:"-"`
}

// SubjectLeaver is where somebody stands on a ladder.
type SubjectLeaver struct {
	Reason directory.Reason
	Ladder directory.Ladder
	Since  time.Time
	// Step is how many steps are due or done, Due when the next is; zero for none.
	Step int
	Due  time.Time
	Held bool
}

// SubjectOverride is something that was undone and stays so.
type SubjectOverride struct {
	// What is "state", "attributes" or "member"; Value what holds instead of what
	// the rules say, Basis what they said then.
	What    string
	Group   string
	Value   string
	Basis   string
	RunID   int64
	Created time.Time
}

// Subject returns all that is known of a user; ErrNotFound when the connection
// has no such user.
func (s *Store) Subject(ctx context.Context, connection string, userID int64) (SubjectView, error) {
	connectionID, err := s.ConnectionID(ctx, connection)
	if err != nil {
		return SubjectView{}, err
	}
	v := SubjectView{Connection: connection, UserID: userID}
	var found []subjectRow
	want := Want{InGroup: true, Groups: true}
	if err := s.selectAll(ctx, &found, subjectColumns(want)+`WHERE u.connection_id = ? AND u.id = ?`, connectionID, userID); err != nil {
		return SubjectView{}, fmt.Errorf("read user %d: %w", userID, err)
	}
	subjects, err := subjectsOf(ctx, s.selectAll, found, want)
	if err != nil {
		return SubjectView{}, err
	}
	if len(subjects) == 0 {
		return SubjectView{}, fmt.Errorf("read user %d: %w", userID, ErrNotFound)
	}
	v.Subject = subjects[0].Subject
	var marks struct {
		Dirty    bool  `db:"dirty"`
		ReadAt   int64 `db:"read_at"`
		ErasedAt int64 `db:"erased_at"`
	}
	if err := s.get(ctx, &marks, `SELECT dirty, read_at, erased_at FROM users WHERE id = ?`, userID); err != nil {
		return SubjectView{}, fmt.Errorf("read user %d: %w", userID, notFound(err))
	}
	v.Dirty, v.ReadAt, v.Erased = marks.Dirty, fromMicros(marks.ReadAt), fromMicros(marks.ErasedAt)
	if err := s.selectAll(ctx, &v.Groups, `SELECT g.id, g.source_id, g.name, g.type, g.presence, m.absent FROM memberships m JOIN groups g ON g.id = m.group_id WHERE m.user_id = ? ORDER BY g.name, g.id`, userID); err != nil {
		return SubjectView{}, fmt.Errorf("read the groups of user %d: %w", userID, err)
	}
	var targets []struct {
		ID   int64  `db:"id"`
		Name string `db:"name"`
	}
	if err := s.selectAll(ctx, &targets, `SELECT id, name FROM targets WHERE connection_id = ? ORDER BY id`, connectionID); err != nil {
		return SubjectView{}, fmt.Errorf("read targets: %w", err)
	}
	for _, t := range targets {
		target, err := s.subjectTarget(ctx, t.ID, t.Name, userID)
		if err != nil {
			return SubjectView{}, err
		}
		v.Targets = append(v.Targets, target)
	}
	return v, nil
}

// subjectTargetRow has empty values for what there is none of.
type subjectTargetRow struct {
	State, Reason, Rule, Evidence string
	Strip                         bool
	UserName                      string `db:"user_name"`
	Email                         string
	DisplayName                   string `db:"display_name"`
	Attributes                    string

	Linked        bool
	RemoteID      string `db:"remote_id"`
	Origin        string
	HasUserName   string `db:"has_user_name"`
	HasEmail      string `db:"has_email"`
	HasName       string `db:"has_name"`
	HasAttributes string `db:"has_attributes"`
	Status        string
	Managed       bool
	ReadOnly      bool `db:"read_only"`
	Protected     bool
	ObservedAt    int64 `db:"observed_at"`

	Leaving      bool
	LeaverReason string `db:"leaver_reason"`
	Ladder       string
	Since        int64
	Step         int
	DueAt        int64 `db:"due_at"`
	Held         bool
	WaitsSince   int64 `db:"waits_since"`
	Unlinked     bool
}

func (s *Store) subjectTarget(ctx context.Context, targetID int64, name string, userID int64) (SubjectTarget, error) {
	var r subjectTargetRow
	if err := s.get(ctx, &r, `SELECT COALESCE(d.state, '') AS state, COALESCE(d.reason, '') AS reason, COALESCE(d.rule, '') AS rule, COALESCE(d.evidence, '') AS evidence, COALESCE(d.strip, FALSE) AS strip,
			COALESCE(d.user_name, '') AS user_name, COALESCE(d.email, '') AS email, COALESCE(d.display_name, '') AS display_name, COALESCE(d.attributes, '') AS attributes,
			a.user_id IS NOT NULL AS linked, COALESCE(a.remote_id, '') AS remote_id, COALESCE(a.origin, '') AS origin, COALESCE(a.user_name, '') AS has_user_name, COALESCE(a.email, '') AS has_email,
			COALESCE(a.display_name, '') AS has_name, COALESCE(a.attributes, '') AS has_attributes, COALESCE(a.status, '') AS status, COALESCE(a.managed, FALSE) AS managed,
			COALESCE(a.read_only, FALSE) AS read_only, COALESCE(a.protected, FALSE) AS protected, COALESCE(a.observed_at, 0) AS observed_at,
			l.user_id IS NOT NULL AS leaving, COALESCE(l.reason, '') AS leaver_reason, COALESCE(l.ladder, '') AS ladder, COALESCE(l.since, 0) AS since, COALESCE(l.step, 0) AS step,
			COALESCE(l.due_at, 0) AS due_at, COALESCE(l.held, FALSE) AS held, COALESCE(w.since, 0) AS waits_since, x.user_id IS NOT NULL AS unlinked
		FROM users u
		LEFT JOIN desired_accounts d ON d.target_id = ? AND d.user_id = u.id
		LEFT JOIN accounts a ON a.target_id = ? AND a.user_id = u.id
		LEFT JOIN leavers l ON l.target_id = ? AND l.user_id = u.id
		LEFT JOIN seat_waits w ON w.target_id = ? AND w.user_id = u.id
		LEFT JOIN unlinks x ON x.target_id = ? AND x.user_id = u.id
		WHERE u.id = ?`, targetID, targetID, targetID, targetID, targetID, userID); err != nil {
		return SubjectTarget{}, fmt.Errorf("read what %s should hold of user %d: %w", name, userID, notFound(err))
	}
	t := SubjectTarget{ID: targetID, Name: name, WaitsSince: fromMicros(r.WaitsSince), Unlinked: r.Unlinked}
	wanted, err := ReadAttributes(r.Attributes)
	if err != nil {
		return SubjectTarget{}, err
	}
	t.Desired = directory.DesiredAccount{State: directory.DesiredState(r.State), Reason: directory.Reason(r.Reason), Strip: r.Strip, UserName: r.UserName, Email: r.Email,
		DisplayName: r.DisplayName, Attributes: wanted, Rule: r.Rule, Evidence: directory.Evidence(r.Evidence)}
	if r.Linked {
		has, err := ReadAttributes(r.HasAttributes)
		if err != nil {
			return SubjectTarget{}, err
		}
		t.Account = &SubjectAccount{Account: directory.Account{ID: r.RemoteID, UserName: r.HasUserName, Email: r.HasEmail, DisplayName: r.HasName, Attributes: has,
			Status: directory.AccountStatus(r.Status), Managed: r.Managed, ReadOnly: r.ReadOnly}, Origin: r.Origin, Protected: r.Protected, ObservedAt: fromMicros(r.ObservedAt)}
	}
	if r.Leaving {
		ladder, err := readLadder(r.Ladder)
		if err != nil {
			return SubjectTarget{}, err
		}
		t.Leaver = &SubjectLeaver{Reason: directory.Reason(r.LeaverReason), Ladder: ladder, Since: fromMicros(r.Since), Step: r.Step, Due: fromMicros(r.DueAt), Held: r.Held}
	}
	if t.Memberships, err = s.subjectMemberships(ctx, targetID, userID); err != nil {
		return SubjectTarget{}, err
	}
	if err := s.addInsteadOf(ctx, targetID, userID, t.Memberships); err != nil {
		return SubjectTarget{}, err
	}
	if t.Memberships, err = s.addThrough(ctx, targetID, userID, t.Memberships); err != nil {
		return SubjectTarget{}, err
	}
	t.Overrides, err = s.subjectOverrides(ctx, targetID, userID)
	return t, err
}

func (s *Store) subjectMemberships(ctx context.Context, targetID, userID int64) ([]SubjectMembership, error) {
	var memberships []SubjectMembership
	if err := s.selectAll(ctx, &memberships, `SELECT one.group_id, COALESCE(dg.name, tg.name, g.name) AS name, COALESCE(dg.rule, '') AS rule, dm.user_id IS NOT NULL AS desired, COALESCE(NOT tm.missing, FALSE) AS joined,
			COALESCE(tm.origin, '') AS origin, tg.group_id IS NOT NULL AS linked, f.group_id IS NOT NULL AS is_default
		FROM (SELECT group_id FROM desired_memberships WHERE target_id = ? AND user_id = ? UNION SELECT group_id FROM target_memberships WHERE target_id = ? AND user_id = ?) AS one
		JOIN groups g ON g.id = one.group_id
		LEFT JOIN desired_groups dg ON dg.target_id = ? AND dg.group_id = one.group_id
		LEFT JOIN target_groups tg ON tg.target_id = ? AND tg.group_id = one.group_id
		LEFT JOIN desired_memberships dm ON dm.target_id = ? AND dm.user_id = ? AND dm.group_id = one.group_id
		LEFT JOIN target_memberships tm ON tm.target_id = ? AND tm.user_id = ? AND tm.group_id = one.group_id
		LEFT JOIN default_groups f ON f.target_id = ? AND f.group_id = one.group_id
		ORDER BY name, one.group_id`, targetID, userID, targetID, userID, targetID, targetID, targetID, userID, targetID, userID, targetID); err != nil {
		return nil, fmt.Errorf("read the memberships of user %d: %w", userID, err)
	}
	var routes []struct {
		Into int64  `db:"into_id"`
		Name string `db:"name"`
	}
	if err := s.selectAll(ctx, &routes, `SELECT r.into_id, g.name FROM memberships m JOIN groups g ON g.id = m.group_id JOIN group_routes r ON r.target_id = ? AND r.group_id = m.group_id
		WHERE m.user_id = ? AND NOT m.absent ORDER BY g.name, g.id`, targetID, userID); err != nil {
		return nil, fmt.Errorf("read where the groups of user %d lead: %w", userID, err)
	}
	for i := range memberships {
		for _, r := range routes {
			if r.Into == memberships[i].GroupID {
				memberships[i].From = append(memberships[i].From, r.Name)
			}
		}
	}
	return memberships, nil
}

func (s *Store) subjectOverrides(ctx context.Context, targetID, userID int64) ([]SubjectOverride, error) {
	var found []struct {
		SubjectOverride
		CreatedAt int64  `db:"created_at"`
		RunID     int64  `db:"run_id"`
		Group     string `db:"group_name"`
	}
	if err := s.selectAll(ctx, &found, `SELECT o.what, COALESCE(g.name, '') AS group_name, o.value, o.basis, o.run_id, o.created_at FROM overrides o LEFT JOIN groups g ON g.id = o.group_id
		WHERE o.target_id = ? AND o.user_id = ? ORDER BY o.id`, targetID, userID); err != nil {
		return nil, fmt.Errorf("read what was undone of user %d: %w", userID, err)
	}
	overrides := make([]SubjectOverride, len(found))
	for i, f := range found {
		overrides[i] = f.SubjectOverride
		overrides[i].Created, overrides[i].RunID, overrides[i].Group = fromMicros(f.CreatedAt), f.RunID, f.Group
	}
	return overrides, nil
}
