package propertytest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
	targetmemory "github.com/rollcall-sync/rollcall/internal/target/targettest/memory"
)

// watch is a target that looks, before each write, whether it may be made: by
// the links in the database as they stand then.
type watch struct {
	*targetmemory.Target
	store *store.Store
	// foreign is whether members whom no link knows may be taken out of ours.
	foreign bool

	mu       sync.Mutex
	problems []string
}

func (w *watch) fail(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.problems = append(w.problems, fmt.Sprintf(format, args...))
}

// err is what was written outside links.
func (w *watch) err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.problems) == 0 {
		return nil
	}
	return fmt.Errorf("written outside links:\n%s", strings.Join(w.problems, "\n"))
}

func (w *watch) account(ctx context.Context, call, id string) {
	if links, err := w.store.LinkedAccounts(ctx, identity, []string{id}); err != nil || links[id] == 0 {
		w.fail("%s of %s, which nobody is linked to (%v)", call, id, err)
	}
}

func (w *watch) group(ctx context.Context, call, id string) {
	if links, err := w.store.LinkedGroups(ctx, identity, []string{id}); err != nil || links[id] == 0 {
		w.fail("%s in %s, which no group is linked to (%v)", call, id, err)
	}
}

func (w *watch) CreateAccounts(ctx context.Context, batch []directory.NewAccount, done func(directory.AccountCreated)) error {
	for _, wanted := range batch {
		for _, id := range wanted.GroupIDs {
			w.group(ctx, "CreateAccounts", id)
		}
	}
	return w.Target.CreateAccounts(ctx, batch, done)
}

func (w *watch) GrantAccess(ctx context.Context, batch []directory.NewAccount, done func(directory.AccountCreated)) error {
	for _, wanted := range batch {
		found, err := w.FindAccounts(ctx, []string{wanted.Email})
		if err != nil {
			return err
		}
		for _, a := range found {
			w.account(ctx, "GrantAccess", a.ID)
		}
		for _, id := range wanted.GroupIDs {
			w.group(ctx, "GrantAccess", id)
		}
	}
	return w.Target.GrantAccess(ctx, batch, done)
}

func (w *watch) SuspendAccount(ctx context.Context, id string) error {
	w.account(ctx, "SuspendAccount", id)
	return w.Target.SuspendAccount(ctx, id)
}

func (w *watch) RestoreAccount(ctx context.Context, id string) error {
	w.account(ctx, "RestoreAccount", id)
	return w.Target.RestoreAccount(ctx, id)
}

func (w *watch) DeactivateAccount(ctx context.Context, id string) error {
	w.account(ctx, "DeactivateAccount", id)
	return w.Target.DeactivateAccount(ctx, id)
}

func (w *watch) DeleteAccount(ctx context.Context, id string) error {
	w.account(ctx, "DeleteAccount", id)
	return w.Target.DeleteAccount(ctx, id)
}

func (w *watch) UpdateAccount(ctx context.Context, id string, patch directory.AccountPatch) error {
	w.account(ctx, "UpdateAccount", id)
	return w.Target.UpdateAccount(ctx, id, patch)
}

func (w *watch) RenameGroup(ctx context.Context, id, name string) error {
	w.group(ctx, "RenameGroup", id)
	return w.Target.RenameGroup(ctx, id, name)
}

func (w *watch) AddMember(ctx context.Context, groupID, accountID string) error {
	w.group(ctx, "AddMember", groupID)
	w.account(ctx, "AddMember", accountID)
	return w.Target.AddMember(ctx, groupID, accountID)
}

func (w *watch) RemoveMember(ctx context.Context, groupID, accountID string) error {
	w.group(ctx, "RemoveMember", groupID)
	if !w.foreign {
		w.account(ctx, "RemoveMember", accountID)
	}
	return w.Target.RemoveMember(ctx, groupID, accountID)
}

// untouched fails when a write is about one of the accounts or groups that are
// protected, or makes one under a protected name.
func untouched(writes []targetmemory.Write, accounts, groups, names []string) error {
	for _, w := range writes {
		switch {
		case slices.Contains(accounts, w.AccountID), slices.Contains(groups, w.GroupID):
			return fmt.Errorf("%s of what is protected: %+v", w.Call, w)
		case w.Value != "" && slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, w.Value) }):
			return fmt.Errorf("%s under a protected name: %+v", w.Call, w)
		}
	}
	return nil
}
