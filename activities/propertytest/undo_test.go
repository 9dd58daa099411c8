package propertytest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
	targetmemory "github.com/rollcall-sync/rollcall/internal/target/targettest/memory"
)

func TestUndoingARunRestoresWhatCanBeReversed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		o := organisations().Draw(rt, "organisation")
		if err := undoes(t, o, direct); err != nil {
			rt.Fatal(err)
		}
	})
}

// undoes settles, lets everything happen, runs once, and takes that run back:
// what was listed as reversible stands as it stood before, and the next run
// leaves it so.
func undoes(t testing.TB, o organisation, between wrap) error {
	return with(t, o, between, func(e *engine) error {
		for range 2 {
			if _, err := e.sync(false); err != nil {
				return err
			}
		}
		for _, it := range o.events {
			o.happen(e, it)
		}
		ran, err := e.sync(false)
		if err != nil {
			return err
		}
		items, err := e.reversible(ran.RunID)
		if err != nil || len(items) == 0 {
			return err
		}
		// That somebody waits for a licence is another test's.
		e.target.SetSeats(0)
		undone, err := e.undo(ran.RunID)
		if err != nil {
			return err
		}
		// An undo is under the same guard: that of a whole group is a person's to approve.
		if err := e.approve(); err != nil {
			return err
		}
		if err := e.reversed(items); err != nil {
			changes, readErr := e.changes(undone.Ref.RunID)
			return fmt.Errorf("after the undo of run %d: %w\n%+v: %+v %v", ran.RunID, err, undone, changes, readErr)
		}
		after := e.target.State()
		if _, err := e.sync(false); err != nil {
			return err
		}
		if err := e.reversed(items); err != nil {
			return fmt.Errorf("after the next run (-undone +next)\n%s: %w", cmp.Diff(after, e.target.State()), err)
		}
		return nil
	})
}

// reversible are what an undo of a run says that it takes back. Of several
// changes of one account the undo takes back what the run made of it as a
// whole: who is suspended again is not written to.
func (e *engine) reversible(runID int64) ([]store.UndoItem, error) {
	var items []store.UndoItem
	suspended := map[int64]bool{}
	for item, err := range e.store.UndoPreview(e.ctx, runID, nil) {
		if err != nil {
			return nil, err
		}
		if item.Class == "" {
			items = append(items, item)
			suspended[item.UserID] = suspended[item.UserID] || blocks(item.Reverse)
		}
	}
	return slices.DeleteFunc(items, func(item store.UndoItem) bool {
		return suspended[item.UserID] && !blocks(item.Reverse)
	}), nil
}

// blocks reports whether a kind of change takes an account's access away.
func blocks(kind directory.Kind) bool {
	return kind == directory.SuspendAccount || kind == directory.DeactivateAccount
}

// reversed fails unless every item stands in the target as it stood before.
func (e *engine) reversed(items []store.UndoItem) error {
	accounts, groups, err := e.linked()
	if err != nil {
		return err
	}
	var problems []string
	for _, item := range items {
		account, there := accounts[item.UserID]
		if !there {
			problems = append(problems, fmt.Sprintf("user %d has no account", item.UserID))
			continue
		}
		if why := stands(item, account, groups[item.GroupID].Members); why != "" {
			problems = append(problems, fmt.Sprintf("%s of user %d, group %d, %q → %q was to be taken back by %s: %s",
				item.Kind, item.UserID, item.GroupID, item.Before, item.After, item.Reverse, why))
		}
	}
	if len(problems) > 0 {
		return fmt.Errorf("%s", strings.Join(problems, "\n"))
	}
	return nil
}

// stands says what is wrong with an object that was to be as it was before.
func stands(item store.UndoItem, account directory.Account, members []string) string {
	in := slices.Contains(members, account.ID)
	switch item.Reverse {
	case directory.SuspendAccount:
		if account.Status != directory.AccountSuspended {
			return fmt.Sprintf("the account is %s", account.Status)
		}
	case directory.DeactivateAccount:
		if account.Status != directory.AccountDeactivated {
			return fmt.Sprintf("the account is %s", account.Status)
		}
	case directory.RestoreAccount:
		if account.Status != directory.AccountActive {
			return fmt.Sprintf("the account is %s", account.Status)
		}
	case directory.AddMember:
		if !in {
			return "the account is not in the group"
		}
	case directory.RemoveMember:
		if in {
			return "the account is in the group"
		}
	case directory.UpdateAccount:
		before := map[string]*string{}
		if err := json.Unmarshal([]byte(item.Before), &before); err != nil {
			return err.Error()
		}
		holds := map[string]string{"email": account.Email, "display_name": account.DisplayName, "user_name": account.UserName}
		for name, was := range before {
			is, told := holds[name]
			if !told {
				is = account.Attributes[name]
			}
			if was != nil && *was != is {
				return fmt.Sprintf("%s is %q", name, is)
			}
		}
	default:
		return "nobody knows how to look"
	}
	return ""
}

// linked are the accounts and groups that are linked, as the target holds them.
func (e *engine) linked() (map[int64]directory.Account, map[int64]targetmemory.Group, error) {
	state := e.target.State()
	accounts, groups := map[int64]directory.Account{}, map[int64]targetmemory.Group{}
	var ids, groupIDs []string
	for _, a := range state.Accounts {
		ids = append(ids, a.ID)
	}
	for _, g := range state.Groups {
		groupIDs = append(groupIDs, g.ID)
	}
	of, err := e.store.LinkedAccounts(e.ctx, identity, ids)
	if err != nil {
		return nil, nil, err
	}
	ofGroups, err := e.store.LinkedGroups(e.ctx, identity, groupIDs)
	if err != nil {
		return nil, nil, err
	}
	for _, a := range state.Accounts {
		if user, linked := of[a.ID]; linked {
			accounts[user] = a
		}
	}
	for _, g := range state.Groups {
		if group, linked := ofGroups[g.ID]; linked {
			groups[group] = g
		}
	}
	return accounts, groups, nil
}

// stubborn never gives an account back.
type stubborn struct{ *targetmemory.Target }

func (stubborn) RestoreAccount(context.Context, string) error { return nil }

func TestAnUndoThatDoesNothingIsNoticed(t *testing.T) {
	t.Parallel()
	o := leaving()
	if err := undoes(t, o, direct); err != nil {
		t.Fatalf("without a violation: %v", err)
	}
	if err := undoes(t, o, func(target *targetmemory.Target) directory.Target { return stubborn{target} }); err == nil {
		t.Error("an account that was not restored was not noticed")
	}
}
