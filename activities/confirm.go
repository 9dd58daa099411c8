package activities

import (
	"context"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// settle asks the source about one doubted removal, and lets the rules decide
// anew about what it answers.
func (a *Activities) settle(ctx context.Context, c *Connection, groups *groupLookUps, connectionID int64, d store.Doubt) (store.Settled, error) {
	if d.OfAccount() {
		return a.settleAccount(ctx, c, groups, connectionID, d)
	}
	return a.settleMembership(ctx, groups, connectionID, d)
}

// settleAccount asks for somebody who is to lose something by leaving.
func (a *Activities) settleAccount(ctx context.Context, c *Connection, groups *groupLookUps, connectionID int64, d store.Doubt) (store.Settled, error) {
	s := store.Settled{Doubt: d, Class: directory.ClassStillThere}
	user, err := steady(ctx, func() (directory.User, error) { return c.Source.User(ctx, d.UserSourceID) })
	if directory.ClassOf(err) == directory.ClassNotFound {
		settleAs(&s, a.stillDue(c, d, directory.ReasonDeleted))
		return s, nil
	}
	if err != nil {
		return s, err
	}
	s.User = &user
	subject := directory.Subject{User: user, Presence: directory.Present}
	if c.Rules.NeedsInGroup() || c.Rules.NeedsGroups() {
		if subject.InGroup, subject.Groups, err = a.groupsNow(ctx, groups, connectionID, d); err != nil {
			return s, err
		}
	}
	decided := c.Rules.Decide(d.Target, subject)
	if decided.State != directory.DesireActive && decided.State != directory.DesireKept {
		settleAs(&s, a.stillDue(c, d, decided.Reason))
	}
	return s, nil
}

// groupsNow returns whether somebody is in a selected group, and in which, as
// the source says at this moment.
func (a *Activities) groupsNow(ctx context.Context, groups *groupLookUps, connectionID int64, d store.Doubt) (inGroup bool, names []string, err error) {
	in, err := groups.of(ctx, d.UserSourceID)
	if err != nil {
		return false, nil, err
	}
	known, err := a.Store.KnownGroups(ctx, connectionID, d.TargetID, in)
	if err != nil {
		return false, nil, err
	}
	for _, g := range known {
		if g.Presence == directory.Present {
			names = append(names, g.Name)
		}
	}
	slices.Sort(names)
	return len(names) > 0, names, nil
}

// stillDue reports whether a removal is due of somebody who is leaving for a
// reason, as the source says now. Another reason than the one that the removal
// rests on has a ladder of its own, which begins at this moment.
func (a *Activities) stillDue(c *Connection, d store.Doubt, reason directory.Reason) bool {
	if d.Reason == "" || d.Reason == reason {
		return true
	}
	now := a.Now()
	ladder := c.Rules.Ladder(d.Target, reason)
	state, strip := ladder.At(ladder.Taken(now, now))
	switch {
	case d.Strip:
		return strip
	case state == directory.DesireDeleted:
		return true
	case directory.Kind(d.Kind) == directory.DeactivateAccount:
		return state == directory.DesireDeactivated
	case directory.Kind(d.Kind) == directory.SuspendAccount:
		return state == directory.DesireSuspended || state == directory.DesireDeactivated
	}
	return false
}

// settleMembership asks which groups somebody is in who is to be taken out of
// one. A group that is missing from the source's list, and that nobody knows
// any more where it leads to, may lead to this one.
func (a *Activities) settleMembership(ctx context.Context, groups *groupLookUps, connectionID int64, d store.Doubt) (store.Settled, error) {
	s := store.Settled{Doubt: d, Class: directory.ClassStillThere}
	in, err := groups.of(ctx, d.UserSourceID)
	if err != nil {
		return s, err
	}
	known, err := a.Store.KnownGroups(ctx, connectionID, d.TargetID, in)
	if err != nil {
		return s, err
	}
	for _, g := range known {
		switch {
		case g.Presence == directory.Unselected:
		case g.Into == d.GroupID, g.Into == 0 && g.ID == d.GroupID, g.Into == 0 && g.Presence == directory.Absent:
			s.In = append(s.In, g.ID)
		}
	}
	settleAs(&s, d.Unselected || len(s.In) == 0)
	return s, nil
}

// settleAs confirms a removal, or leaves it contradicted.
func settleAs(s *store.Settled, confirmed bool) {
	if s.Confirmed = confirmed; confirmed {
		s.Class = ""
	}
}
