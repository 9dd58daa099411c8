package activities

import (
	"context"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// Links go one by one, as objects are removed in a target. When more than
// lostAlways of them, and more than one in lostShare, are gone at once, the
// target is not believed: a product whose directory was taken away answers every
// list with nothing and every look-up with "not found", like one that is empty.
const (
	lostAlways = 10
	lostShare  = 3
)

// classTargetShort is a target that has lost more than is believed.
const classTargetShort directory.Class = "target-too-small"

// believed fails when more of a target's links are gone than is believed, unless
// the run may take anything away.
func (a *Activities) believed(ctx context.Context, claim store.Claim, t *Target, gone, linked int) error {
	if gone <= lostAlways || gone*lostShare <= linked {
		return nil
	}
	run, err := a.Store.Run(ctx, claim.RunID)
	if err != nil || run.AllowRemovals {
		return err
	}
	a.Log.Error("a target says that many of the linked objects are gone; it is not believed", "target", t.Name, "gone", gone, "linked", linked)
	return final(classTargetShort)
}

// confirmLostAccounts looks up linked accounts that the list lacked, and
// forgets the link of those that are really gone.
func (a *Activities) confirmLostAccounts(ctx context.Context, claim store.Claim, targetID int64, t *Target) error {
	lost, err := a.Store.UnseenAccounts(ctx, claim, targetID)
	if err != nil || len(lost) == 0 {
		return err
	}
	linked, _, err := a.Store.LinkCounts(ctx, targetID)
	if err != nil {
		return err
	}
	var gone []store.Link
	for _, l := range lost {
		account, err := steady(ctx, func() (directory.Account, error) { return t.Account(ctx, l.RemoteID) })
		switch {
		case directory.ClassOf(err) == directory.ClassNotFound:
			gone = append(gone, l)
			// Nobody is asked about thousands who are all gone.
			if err := a.believed(ctx, claim, t, len(gone), linked); err != nil {
				return err
			}
		case err != nil:
			return err
		default:
			if strings.EqualFold(account.ID, l.RemoteID) {
				account.ID = l.RemoteID // a name that was changed in case alone
			}
			if _, err := a.Store.ObserveAccounts(ctx, claim, targetID, []directory.Account{account}, a.Now()); err != nil {
				return err
			}
		}
	}
	for _, l := range gone {
		if err := a.Store.DropAccountLink(ctx, claim, targetID, l); err != nil {
			return err
		}
		if err := a.Store.Note(ctx, claim, store.Note{TargetID: targetID, Code: "account-lost", UserID: l.Subject, Text: "The account was removed in the target; it is made again if its person should have one."}); err != nil {
			return err
		}
	}
	return nil
}

// confirmLostGroups finds linked groups that the list lacked by their name,
// and forgets the link of those that are really gone.
func (a *Activities) confirmLostGroups(ctx context.Context, claim store.Claim, targetID int64, t *Target) error {
	lost, err := a.Store.UnseenGroups(ctx, claim, targetID)
	if err != nil || len(lost) == 0 {
		return err
	}
	names := make([]string, len(lost))
	for i, l := range lost {
		names[i] = l.Name
	}
	found, err := steady(ctx, func() ([]directory.TargetGroup, error) { return t.FindGroups(ctx, names) })
	if err != nil {
		return err
	}
	there := make(map[string]bool, len(found))
	for _, g := range found {
		there[strings.ToLower(g.ID)] = true
	}
	var gone []store.Link
	for _, l := range lost {
		if !there[strings.ToLower(l.RemoteID)] {
			gone = append(gone, l)
		}
	}
	_, linked, err := a.Store.LinkCounts(ctx, targetID)
	if err != nil {
		return err
	}
	if err := a.believed(ctx, claim, t, len(gone), linked); err != nil {
		return err
	}
	for _, l := range gone {
		if err := a.Store.DropGroupLink(ctx, claim, targetID, l, a.Now()); err != nil {
			return err
		}
		if err := a.Store.Note(ctx, claim, store.Note{TargetID: targetID, Code: "group-lost", GroupID: l.Subject, Text: "The group was removed in the target; it is made again."}); err != nil {
			return err
		}
	}
	return nil
}
