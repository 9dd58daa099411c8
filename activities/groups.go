package activities

import (
	"context"
	"errors"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// groups applies the changes of groups: those to be renamed first, since a
// name that becomes free may be another's, then those to be made or replaced,
// then what they are permitted.
func (b *batch) groups(ctx context.Context, due []store.DueChange) error {
	var renamed, made, permitted []store.DueChange
	for _, d := range due {
		switch directory.Kind(d.Kind) {
		case directory.RenameGroup:
			renamed = append(renamed, d)
		case directory.PermitGroup:
			permitted = append(permitted, d)
		default:
			made = append(made, d)
		}
	}
	if err := b.each(ctx, renamed, b.renameGroup); err != nil {
		return err
	}
	if err := b.createGroups(ctx, made); err != nil {
		return err
	}
	return b.permits(ctx, permitted)
}

// each applies changes side by side, each of them once the run's control lets
// it, and records what became of it.
func (b *batch) each(ctx context.Context, due []store.DueChange, work func(ctx context.Context, d store.DueChange) attempt) error {
	return eachAtOnce(ctx, b.target.Concurrency, len(due), func(ctx context.Context, i int) error {
		switch err := b.pass(ctx, due[i]); {
		case errors.Is(err, errSkipped):
			return b.record(ctx, due[i], ended(directory.Skipped, directory.ClassByHand))
		case err != nil:
			return err
		}
		return b.record(ctx, due[i], work(ctx, due[i]))
	})
}

// wrongName says why a target would refuse a group's name.
func (b *batch) wrongName(d store.DueChange) (attempt, bool) {
	class, detail := directory.Class(d.GroupProblem), d.GroupDetail
	if class == "" && b.target.Can.GroupName != nil {
		if detail = b.target.Can.GroupName(strings.TrimSpace(d.GroupName)); detail != "" {
			class = directory.ClassBadName
		}
	}
	t := ended(directory.Refused, class)
	t.Detail = detail
	return t, class != ""
}

// createGroups gives each group its counterpart, or a new one in place of one
// that cannot be renamed: one of that name is adopted only where the
// configuration says so or it was this group's already, and never one with an
// administrative role; otherwise it is a conflict that is reported.
func (b *batch) createGroups(ctx context.Context, due []store.DueChange) error {
	if len(due) == 0 {
		return nil
	}
	names, wanted := make([]string, len(due)), make([]int64, len(due))
	for i, d := range due {
		names[i], wanted[i] = strings.TrimSpace(d.GroupName), d.GroupID
	}
	groups, err := steady(ctx, func() ([]directory.TargetGroup, error) { return b.target.FindGroups(ctx, names) })
	if err != nil {
		return err
	}
	found := make(map[string][]directory.TargetGroup, len(groups))
	ids := make([]string, len(groups))
	for i, g := range groups {
		found[strings.ToLower(g.Name)] = append(found[strings.ToLower(g.Name)], g)
		ids[i] = g.ID
	}
	linked, err := b.Store.LinkedGroups(ctx, b.target.Identity, ids)
	if err != nil {
		return err
	}
	lost, err := b.Store.LostGroups(ctx, b.targetID, wanted)
	if err != nil {
		return err
	}
	var create []store.DueChange
	for _, d := range due {
		t, absent := b.counterpart(ctx, d, found[strings.ToLower(strings.TrimSpace(d.GroupName))], linked, lost[d.GroupID])
		if absent {
			create = append(create, d)
			continue
		}
		if err := b.record(ctx, d, t); err != nil {
			return err
		}
	}
	if err := b.Store.Intend(ctx, b.claim, changeIDs(create), b.Now()); err != nil {
		return err
	}
	err = b.each(ctx, create, b.createGroup)
	return errors.Join(err, b.callOff(ctx, intended{creates: create}))
}

// counterpart decides what becomes of a group by what the target holds under
// its name already; absent is whether there is nothing, so that it is created.
func (b *batch) counterpart(ctx context.Context, d store.DueChange, existing []directory.TargetGroup, linked map[string]int64, lost store.LostGroup) (t attempt, absent bool) {
	if d.GroupName == "" && d.GroupProblem == "" {
		return ended(directory.Skipped, directory.ClassStale), false
	}
	replaces := directory.Kind(d.Kind) == directory.ReplaceGroup
	switch {
	case replaces && d.TargetGroupID == "":
		return ended(directory.Blocked, directory.ClassNoLink), false
	case replaces && strings.EqualFold(strings.TrimSpace(d.GroupName), d.TargetGroupName):
		return ended(directory.Applied, ""), false // replaced by an attempt whose answer was lost
	case replaces && (d.Protected || b.protected.Group(d.TargetGroupID, d.TargetGroupName)):
		return ended(directory.Skipped, directory.ClassProtected), false
	case !replaces && d.TargetGroupID != "":
		return ended(directory.Applied, ""), false
	}
	if t, wrong := b.wrongName(d); wrong {
		return t, false
	}
	if b.protected.Group("", d.GroupName) {
		return ended(directory.Skipped, directory.ClassProtected), false
	}
	if len(existing) == 0 {
		return attempt{}, true
	}
	t = b.adoptGroup(ctx, d, existing, linked, lost)
	if t.Group != nil {
		t.Former = former(d)
	}
	return t, false
}

// former is the counterpart that a group has until a new one takes its place.
// It stays in the target, with its members, as a group that nobody is wanted in.
func former(d store.DueChange) *directory.TargetGroup {
	if directory.Kind(d.Kind) != directory.ReplaceGroup {
		return nil
	}
	return &directory.TargetGroup{ID: d.TargetGroupID, Name: d.TargetGroupName}
}

func (b *batch) createGroup(ctx context.Context, d store.DueChange) attempt {
	b.sent.begin(d.ID)
	group, err := b.target.CreateGroup(ctx, directory.NewGroup{Name: strings.TrimSpace(d.GroupName), Description: d.GroupAbout})
	if err != nil {
		b.sent.ended(d.ID, err)
		t := failed(err)
		if t.Class == directory.ClassConflict {
			t = ended(directory.Refused, directory.ClassNotAdopted)
		}
		return t
	}
	return attempt{Outcome: store.Outcome{State: directory.Applied, Group: &group, Origin: store.Created, Former: former(d)}}
}

// renameGroup gives a group's counterpart the group's new name.
func (b *batch) renameGroup(ctx context.Context, d store.DueChange) attempt {
	switch {
	case d.TargetGroupID == "":
		return ended(directory.Blocked, directory.ClassNoLink)
	case d.GroupName == "" && d.GroupProblem == "":
		return ended(directory.Skipped, directory.ClassStale)
	case d.Protected || b.protected.Group(d.TargetGroupID, d.TargetGroupName) || b.protected.Group("", d.GroupName):
		return ended(directory.Skipped, directory.ClassProtected)
	}
	if t, wrong := b.wrongName(d); wrong {
		return t
	}
	renamer, can := b.target.Target.(directory.GroupRenamer)
	if !can {
		return ended(directory.Skipped, directory.ClassNoRename)
	}
	name := strings.TrimSpace(d.GroupName)
	if err := renamer.RenameGroup(ctx, d.TargetGroupID, name); err != nil {
		return failed(err)
	}
	return attempt{Outcome: store.Outcome{State: directory.Applied, Group: &directory.TargetGroup{ID: d.TargetGroupID, Name: name}}}
}

// adoptGroup links what bears a group's name already: what the configuration
// lets be adopted, what an attempt of ours made just before it ended, and what
// was this group's until the target said wrongly that it is gone.
func (b *batch) adoptGroup(ctx context.Context, d store.DueChange, existing []directory.TargetGroup, linked map[string]int64, lost store.LostGroup) attempt {
	g := existing[0]
	if len(existing) > 1 {
		return ended(directory.Refused, directory.ClassAmbiguous)
	}
	if b.protected.Group(g.ID, g.Name) {
		return ended(directory.Skipped, directory.ClassProtected)
	}
	if g.ReadOnly {
		return ended(directory.Skipped, directory.ClassReadOnly)
	}
	if group, taken := linked[g.ID]; taken && group != d.GroupID {
		return ended(directory.Refused, directory.ClassLinked)
	}
	origin := store.Adopted
	switch {
	case lost.RemoteID != "" && lost.RemoteID == g.ID:
		origin = lost.Origin
	case !b.target.AdoptGroups(g.Name):
		ours, err := b.leftByUs(ctx, d, g)
		if err != nil {
			return failed(err)
		}
		if !ours {
			return ended(directory.Refused, directory.ClassNotAdopted)
		}
		origin = store.Created
	}
	return attempt{Outcome: store.Outcome{State: directory.Applied, Group: &g, Origin: origin}}
}

// leftByUs reports whether a group is one that was created just before a
// crash, or by a run that was never answered: it was not there when that was
// about to be done, and nobody is in it.
func (b *batch) leftByUs(ctx context.Context, d store.DueChange, g directory.TargetGroup) (bool, error) {
	if d.IntentAt == 0 {
		left, err := b.Store.LeftIntent(ctx, b.targetID, d.GroupID, directory.Kind(d.Kind), d.GroupName, b.Now())
		if err != nil || !left {
			return false, err
		}
	}
	members, err := b.target.Members(ctx, g.ID, "")
	return err == nil && len(members.AccountIDs) == 0 && members.Next == "", err
}

// removeForeign takes an account that no link knows out of a group that is to
// hold exactly the source's members. The account itself is not ours: it is
// looked at first, and left where it is when it is protected, or somebody
// else's to write, or linked by now.
func (b *batch) removeForeign(ctx context.Context, d store.DueChange) attempt {
	switch {
	case d.TargetGroupID == "" || d.RemoteID == "":
		return ended(directory.Blocked, directory.ClassNoLink)
	case d.Protected || b.protected.Group(d.TargetGroupID, d.TargetGroupName) || b.protected.Account(d.RemoteID, "", ""):
		return ended(directory.Skipped, directory.ClassProtected)
	case !d.Foreign || b.target.Mode != directory.Authoritative:
		return ended(directory.Skipped, directory.ClassStale)
	}
	account, err := steady(ctx, func() (directory.Account, error) { return b.target.Account(ctx, d.RemoteID) })
	switch {
	case directory.ClassOf(err) == directory.ClassNotFound:
	case err != nil:
		return failed(err)
	case b.protected.Account(account.ID, account.Email, account.UserName):
		return ended(directory.Skipped, directory.ClassProtected)
	case account.ReadOnly:
		return ended(directory.Skipped, directory.ClassReadOnly)
	}
	if err := b.target.RemoveMember(ctx, d.TargetGroupID, d.RemoteID); err != nil {
		return failed(err)
	}
	return attempt{Outcome: store.Outcome{State: directory.Applied, LeftForeign: d.RemoteID}}
}
