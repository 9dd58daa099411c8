package activities

import (
	"context"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// permits gives groups their permissions, once it is known which groups there
// are now.
func (b *batch) permits(ctx context.Context, due []store.DueChange) error {
	if len(due) == 0 {
		return nil
	}
	if err := b.recorder.settle(); err != nil {
		return err
	}
	return b.each(ctx, due, b.permit)
}

// permit gives a group a permission. What it has is read before: a person may
// have given it more, which stays, unless that was given here and undone.
func (b *batch) permit(ctx context.Context, d store.DueChange) attempt {
	due, err := b.Store.DuePermission(ctx, d.ID)
	if err != nil {
		return unread(err)
	}
	permitter, can := b.target.Target.(directory.GroupPermitter)
	switch {
	case !can:
		return ended(directory.Refused, directory.ClassUnsupported)
	case due.Protected || b.protected.Group(due.TargetGroupID, due.TargetGroupName):
		return ended(directory.Skipped, directory.ClassProtected)
	case due.Level == "":
		return ended(directory.Skipped, directory.ClassStale)
	case due.TargetGroupID == "" && due.Making:
		// By another batch, or by another try: it comes after that.
		return ended(directory.Retry, directory.ClassNoLink)
	case due.TargetGroupID == "":
		return ended(directory.Blocked, directory.ClassNoLink)
	}
	wanted := directory.Permission{Scope: due.Scope, Level: due.Level}
	held, err := steady(ctx, func() ([]directory.Permission, error) {
		return permitter.Permissions(ctx, due.TargetGroupID, []string{due.Scope})
	})
	if err != nil {
		return failed(err)
	}
	for _, has := range held {
		if has.Scope == wanted.Scope && (has.Level == wanted.Level || !due.Exact && has.Rank() >= wanted.Rank()) {
			return attempt{Outcome: store.Outcome{State: directory.Applied, Permission: &has}}
		}
	}
	if err := permitter.Permit(ctx, due.TargetGroupID, wanted); err != nil {
		return failed(err)
	}
	return attempt{Outcome: store.Outcome{State: directory.Applied, Permission: &wanted}}
}

// observePermissions reads what a linked group holds of what the configuration
// gives it. A scope that is not there any more is told by the change that needs it.
func (a *Activities) observePermissions(ctx context.Context, claim store.Claim, targetID int64, t *Target, l store.Link, scopes []string) error {
	permitter, can := t.Target.(directory.GroupPermitter)
	if !can || len(scopes) == 0 {
		return nil
	}
	held, err := steady(ctx, func() ([]directory.Permission, error) { return permitter.Permissions(ctx, l.RemoteID, scopes) })
	switch {
	case directory.ClassOf(err) != directory.ClassNotFound:
	case len(scopes) == 1:
		return nil
	default: // one that is gone says nothing of the others
		for _, scope := range scopes {
			if err := a.observePermissions(ctx, claim, targetID, t, l, []string{scope}); err != nil {
				return err
			}
		}
		return nil
	}
	if err != nil {
		return err
	}
	return a.Store.ObservePermissions(ctx, claim, targetID, l.Subject, scopes, held)
}

// permittedScopes are the scopes in which the configuration gives linked groups
// permissions.
func (a *Activities) permittedScopes(ctx context.Context, targetID int64, t *Target, links []store.Link) (map[int64][]string, error) {
	if len(t.Permissions) == 0 {
		return nil, nil
	}
	groups := make([]int64, len(links))
	for i, l := range links {
		groups[i] = l.Subject
	}
	return a.Store.PermittedScopes(ctx, targetID, groups)
}
