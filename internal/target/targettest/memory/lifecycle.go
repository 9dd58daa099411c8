package memory

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func leftOut(err error) bool {
	var left *directory.LeftOutError
	return errors.As(err, &left)
}

// change makes a write about one account that must be there.
func (t *Target) change(ctx context.Context, call, accountID string, do func(a *account) error) error {
	return t.write(ctx, func() Write { return Write{Call: call, AccountID: accountID} }, func() error {
		a := t.account(accountID)
		if a == nil {
			return noAccount(call)
		}
		return do(a)
	})
}

// SuspendAccount implements directory.Suspender.
func (t *Target) SuspendAccount(ctx context.Context, accountID string) error {
	return t.change(ctx, "SuspendAccount", accountID, func(a *account) error {
		if err := t.kept("SuspendAccount", a.ID); err != nil {
			return err
		}
		a.suspended = true
		t.loseAccess(a)
		return nil
	})
}

// RestoreAccount implements directory.Restorer.
func (t *Target) RestoreAccount(ctx context.Context, accountID string) error {
	return t.change(ctx, "RestoreAccount", accountID, func(a *account) error {
		switch {
		case a.closed:
			return &directory.RefusedError{Call: "RestoreAccount", Status: 400, Code: "closed"}
		case a.status() == directory.AccountActive:
			return nil
		case a.licensed && t.full():
			return &directory.SeatError{Call: "RestoreAccount"}
		}
		a.suspended, a.deactivated = false, false
		return nil
	})
}

// DeactivateAccount implements directory.Deactivator.
func (t *Target) DeactivateAccount(ctx context.Context, accountID string) error {
	return t.change(ctx, "DeactivateAccount", accountID, func(a *account) error {
		if !a.Managed {
			return &directory.UnmanagedError{Call: "DeactivateAccount"}
		}
		if err := t.kept("DeactivateAccount", a.ID); err != nil {
			return err
		}
		a.deactivated = true
		return nil
	})
}

// DeleteAccount implements directory.AccountDeleter.
func (t *Target) DeleteAccount(ctx context.Context, accountID string) error {
	return t.write(ctx, func() Write { return Write{Call: "DeleteAccount", AccountID: accountID} }, func() error {
		if err := t.kept("DeleteAccount", accountID); err != nil {
			return err
		}
		t.accounts = slices.DeleteFunc(t.accounts, func(a *account) bool { return a.ID == accountID })
		for _, g := range t.groups {
			g.leave(accountID)
		}
		return nil
	})
}

// UpdateAccount implements directory.AccountWriter.
func (t *Target) UpdateAccount(ctx context.Context, accountID string, patch directory.AccountPatch) error {
	return t.change(ctx, "UpdateAccount", accountID, func(a *account) error {
		if !a.Managed || a.ReadOnly {
			return &directory.UnmanagedError{Call: "UpdateAccount"}
		}
		for name := range patch.Attributes {
			if !slices.Contains(attributes(), name) {
				return &directory.RefusedError{Call: "UpdateAccount", Status: 400, Code: "no-such-attribute"}
			}
		}
		email, userName := "", ""
		if patch.Email != nil {
			email = *patch.Email
		}
		if patch.UserName != nil {
			userName = *patch.UserName
		}
		if t.taken(email, userName, a.ID) {
			return &directory.ConflictError{Call: "UpdateAccount"}
		}
		if patch.Email != nil {
			a.Email = email
		}
		if patch.UserName != nil {
			a.UserName = userName
		}
		if patch.DisplayName != nil {
			a.DisplayName = *patch.DisplayName
		}
		if a.Attributes == nil {
			a.Attributes = make(map[string]string, len(patch.Attributes))
		}
		maps.Copy(a.Attributes, patch.Attributes)
		return nil
	})
}
