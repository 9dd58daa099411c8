package activities

import (
	"context"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// converge makes a linked account what is desired of it at this moment:
// active, with the source's address and name where the target lets us write them.
func (b *batch) converge(ctx context.Context, d store.DueChange) attempt {
	switch {
	case d.AccountID == "":
		return ended(directory.Blocked, directory.ClassNoLink)
	case d.DesiredState != string(directory.DesireActive):
		return b.stale(d)
	case d.Protected || b.protected.Account(d.AccountID, d.AccountEmail):
		return ended(directory.Skipped, directory.ClassProtected)
	}
	now := directory.Account{ID: d.AccountID, Email: d.AccountEmail, DisplayName: d.AccountName, Status: directory.AccountStatus(d.AccountStatus), Managed: d.Managed}
	if now.Status == directory.AccountSuspended {
		if err := b.target.RestoreAccount(ctx, d.AccountID); err != nil {
			return failed(err)
		}
		now.Status = directory.AccountActive
	}
	patch := patchOf(d)
	if patch != (directory.AccountPatch{}) && d.Managed {
		if t, ok := b.freeAddress(ctx, d, patch); !ok {
			t.Account = &now
			return t
		}
		if err := b.write(ctx, d, patch); err != nil {
			t := failed(err)
			t.Account = &now // what was done before stays known
			return t
		}
		if patch.Email != nil {
			now.Email = *patch.Email
		}
		if patch.DisplayName != nil {
			now.DisplayName = *patch.DisplayName
		}
	}
	return attempt{Outcome: store.Outcome{State: directory.Applied, Account: &now, Origin: originOf(d)}}
}

func patchOf(d store.DueChange) directory.AccountPatch {
	var patch directory.AccountPatch
	if d.DesiredEmail != "" && !strings.EqualFold(d.DesiredEmail, d.AccountEmail) {
		patch.Email = &d.DesiredEmail
	}
	if d.DesiredName != "" && d.DesiredName != d.AccountName {
		patch.DisplayName = &d.DesiredName
	}
	return patch
}

// freeAddress makes sure that an address is not somebody else's before it is
// written: a person whose address becomes an administrator's gains nothing by it.
func (b *batch) freeAddress(ctx context.Context, d store.DueChange, patch directory.AccountPatch) (attempt, bool) {
	if patch.Email == nil {
		return attempt{}, true
	}
	found, err := b.findByEmail(ctx, []string{*patch.Email})
	if err != nil {
		return failed(err), false
	}
	for _, a := range found[strings.ToLower(*patch.Email)] {
		if a.ID != d.AccountID {
			return ended(directory.Refused, directory.ClassConflict), false
		}
	}
	return attempt{}, true
}

func (b *batch) write(ctx context.Context, d store.DueChange, patch directory.AccountPatch) error {
	writer, ok := b.target.Target.(directory.AccountWriter)
	if !ok {
		return &directory.UnmanagedError{Call: "update account"}
	}
	return writer.UpdateAccount(ctx, d.AccountID, patch)
}

// createGroups gives each group its counterpart: one of that name is adopted
// only where the configuration says so, and never one with an administrative
// role; otherwise it is a conflict that is reported.
func (b *batch) createGroups(ctx context.Context, due []store.DueChange) error {
	names := make([]string, len(due))
	for i, d := range due {
		names[i] = d.GroupName
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
	var create []store.DueChange
	var intended []int64
	for _, d := range due {
		existing := found[strings.ToLower(strings.TrimSpace(d.GroupName))]
		switch {
		case d.GroupName == "":
			err = b.record(ctx, d, ended(directory.Skipped, directory.ClassStale))
		case d.TargetGroupID != "":
			err = b.record(ctx, d, ended(directory.Applied, ""))
		case b.protected.Group("", d.GroupName):
			err = b.record(ctx, d, ended(directory.Skipped, directory.ClassProtected))
		case len(existing) == 0:
			create = append(create, d)
			intended = append(intended, d.ID)
		default:
			err = b.record(ctx, d, b.adoptGroup(ctx, d, existing, linked))
		}
		if err != nil {
			return err
		}
	}
	if err := b.Store.Intend(ctx, b.claim, intended, b.Now()); err != nil {
		return err
	}
	return eachAtOnce(ctx, b.target.Concurrency, len(create), func(ctx context.Context, i int) error {
		d := create[i]
		group, err := b.target.CreateGroup(ctx, directory.NewGroup{Name: strings.TrimSpace(d.GroupName), Description: d.GroupAbout})
		if err != nil {
			t := failed(err)
			if t.Class == directory.ClassConflict {
				t = ended(directory.Refused, directory.ClassNotAdopted)
			}
			return b.record(ctx, d, t)
		}
		return b.record(ctx, d, attempt{Outcome: store.Outcome{State: directory.Applied, Group: &group, Origin: store.Created}})
	})
}

func (b *batch) adoptGroup(ctx context.Context, d store.DueChange, existing []directory.TargetGroup, linked map[string]int64) attempt {
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
	if !b.target.AdoptGroups(g.Name) {
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
// crash: it was not there when that was about to be done, and nobody is in it.
func (b *batch) leftByUs(ctx context.Context, d store.DueChange, g directory.TargetGroup) (bool, error) {
	if d.IntentAt == 0 {
		return false, nil
	}
	members, err := b.target.Members(ctx, g.ID, "")
	return err == nil && len(members.AccountIDs) == 0 && members.Next == "", err
}
