package propertytest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
	targetmemory "github.com/rollcall-sync/rollcall/internal/target/targettest/memory"
)

func TestAfterApplyThePlanIsEmpty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		o := organisations().Draw(rt, "organisation")
		if err := settles(t, o, direct); err != nil {
			rt.Fatal(err)
		}
	})
}

// key is what a change is about, whichever run it is of.
type key struct {
	kind                     string
	userID, groupID, outerID int64
	scope                    string
}

func keyOf(c store.Change) key { return key{c.Kind, c.UserID, c.GroupID, c.OuterID, c.Scope} }

// settles runs, lets everything happen, and runs again after each: a dry run
// then finds nothing to do that the run before did not say it could not do.
func settles(t testing.TB, o organisation, between wrap) error {
	return with(t, o, between, func(e *engine) error {
		for i := -1; i < len(o.events); i++ {
			if i >= 0 {
				o.happen(e, o.events[i])
			}
			if err := e.settled(); err != nil {
				return fmt.Errorf("after event %d: %w", i, err)
			}
		}
		return nil
	})
}

// settled runs until a dry run finds nothing to do: once, or twice where
// something of the target's was linked, whose memberships the next read tells, or
// could not be.
func (e *engine) settled() error {
	again, linked, err := e.once()
	if err != nil || again == nil {
		return err
	}
	if !linked {
		return again
	}
	again, _, err = e.once()
	if err != nil {
		return err
	}
	return again
}

// once runs, and says what a dry run then plans all the same, and whether the
// run linked anything.
func (e *engine) once() (again error, linked bool, err error) {
	applied, err := e.sync(false)
	if err != nil {
		return nil, false, err
	}
	done, err := e.changes(applied.RunID)
	if err != nil {
		return nil, false, err
	}
	could := map[key]bool{}
	for _, c := range done {
		made := directory.State(c.State) == directory.Applied
		could[keyOf(c)] = could[keyOf(c)] || made
		switch directory.Kind(c.Kind) {
		case directory.CreateGroup:
			// What cannot be had takes its people elsewhere, once that is known.
			linked = linked || made || directory.State(c.State) == directory.Refused
		case directory.CreateAccount, directory.ReplaceGroup:
			linked = linked || made
		}
	}
	planned, err := e.sync(true)
	if err != nil {
		return nil, linked, err
	}
	left, err := e.changes(planned.RunID)
	if err != nil {
		return nil, linked, err
	}
	for _, c := range left {
		switch directory.State(c.State) {
		case directory.Planned, directory.Unguarded, directory.Doubted, directory.Retry, directory.Held:
		default:
			continue
		}
		if was, tried := could[keyOf(c)]; !tried || was {
			again = fmt.Errorf("run %d ended, and %s of user %d, group %d (%s) is planned again: %s → %s",
				applied.RunID, c.Kind, c.UserID, c.GroupID, c.State, c.Before, c.After)
		}
	}
	return again, linked, nil
}

// forgetful says that it has added a member and has not.
type forgetful struct{ *targetmemory.Target }

func (forgetful) AddMember(context.Context, string, string) error { return nil }

// CreateAccounts carries no memberships along.
func (f forgetful) CreateAccounts(ctx context.Context, batch []directory.NewAccount, done func(directory.AccountCreated)) error {
	alone := slices.Clone(batch)
	for i := range alone {
		alone[i].GroupIDs = nil
	}
	return f.Target.CreateAccounts(ctx, alone, done)
}

func TestAChangeThatWasNotMadeIsNoticed(t *testing.T) {
	t.Parallel()
	o := leaving()
	if err := settles(t, o, direct); err != nil {
		t.Fatalf("without a violation: %v", err)
	}
	if err := settles(t, o, func(target *targetmemory.Target) directory.Target { return forgetful{target} }); err == nil {
		t.Error("a membership that was not made was not noticed")
	}
}
