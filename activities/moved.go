package activities

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// codeMoved is the code of the note that a run left a target alone because its
// configuration names another place.
const codeMoved = "target-changed"

// spec is the target as the store is told of it.
func (t *Target) spec() store.TargetSpec {
	_, writes := t.Target.(directory.AccountWriter)
	return store.TargetSpec{
		Name: t.Name, Kind: t.Kind, Identity: t.Identity, Additive: t.Mode != directory.Authoritative, Renames: t.Can.Renames, Recreates: t.Recreate,
		RenamesAccounts: t.RenamesAccounts, Unwritable: !writes, UndoBy: t.Can.UndoBy(),
		Nests: t.nests(), Permissions: t.Permissions,
	}
}

// targetOf is the configured target that a run's row stands for. It fails with
// a *store.TargetChangedError when the configuration has come to name another
// place since the run began: nothing of its plan is for that one.
func (a *Activities) targetOf(ctx context.Context, connection string, ref workflows.TargetRef) (*Target, error) {
	t, err := a.target(connection, ref.Name)
	if err != nil {
		return nil, err
	}
	return t, a.Store.SameTarget(ctx, ref.ID, t.spec())
}

// unused is the class of why nothing can be done in a target, by its row: it was
// taken out of the configuration, or names another place there; empty when it is used.
func (a *Activities) unused(ctx context.Context, c *Connection, targetID int64) (directory.Class, error) {
	connection, err := a.ensure(ctx, c)
	var moved *store.TargetChangedError
	switch {
	case errors.As(err, &moved):
		return classMoved, nil // all of them
	case err != nil:
		return "", err
	}
	for _, id := range connection.Targets {
		if id == targetID {
			return "", nil
		}
	}
	for _, m := range connection.Moved {
		if m.ID == targetID {
			return classMoved, nil
		}
	}
	return classUnknown, nil
}

// logMoved says in the log which targets are left alone because their
// configuration names another place.
func (a *Activities) logMoved(connection string, moved map[string]*store.TargetChangedError) {
	for _, name := range slices.Sorted(maps.Keys(moved)) {
		a.Log.Error("a target cannot be used as it is configured; the others go on", "connection", connection, "target", name, "error", moved[name])
	}
}

// noteMoved says so in a run. What is due there stays due.
func (a *Activities) noteMoved(ctx context.Context, claim store.Claim, moved map[string]*store.TargetChangedError) error {
	for _, name := range slices.Sorted(maps.Keys(moved)) {
		m := moved[name]
		if err := a.Store.Note(ctx, claim, store.Note{TargetID: m.ID, Code: codeMoved, Text: fmt.Sprintf(
			"What is linked in the target is in %s, and the configuration names %s. Nothing was read, planned or written in either, and nothing is lost: what is due there stays due; the other targets went on. "+
				"If the configuration names the wrong place, put it right. If another place is meant, give it a target of its own name. \"rollcall check\" tells whether it is as it should be.",
			m.Was, m.Is)}); err != nil {
			return err
		}
	}
	return nil
}

// movedIn are the targets that a run has left alone because their configuration
// names another place, each "name: class" as a run's reason has it.
func (a *Activities) movedIn(ctx context.Context, runID int64) ([]string, error) {
	notes, err := a.Store.Notes(ctx, runID)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, n := range notes {
		if n.Code == codeMoved {
			names = append(names, n.Target+": "+string(classMoved))
		}
	}
	slices.Sort(names)
	return names, nil
}
