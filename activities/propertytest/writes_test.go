package propertytest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/internal/directory"
	targetmemory "github.com/rollcall-sync/rollcall/internal/target/targettest/memory"
)

func TestNothingOutsideLinksIsEverWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		o := organisations().Draw(rt, "organisation")
		if err := writesWithinLinks(t, o, plain); err != nil {
			rt.Fatal(err)
		}
	})
}

func TestAProtectedObjectNeverChanges(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		o := organisations().Draw(rt, "organisation")
		if err := sparesTheProtected(t, o, plain); err != nil {
			rt.Fatal(err)
		}
	})
}

// everything runs, and once more after each event.
func (e *engine) everything(o organisation) error {
	if _, err := e.sync(false); err != nil {
		return err
	}
	for _, it := range o.events {
		o.happen(e, it)
		if _, err := e.sync(false); err != nil {
			return fmt.Errorf("after %s: %w", it.What, err)
		}
	}
	return nil
}

// writesWithinLinks lets everything happen before a target that watches every
// write. What goes wrong stands between the activities and the watch.
func writesWithinLinks(t testing.TB, o organisation, wrong func(directory.Target, *targetmemory.Target) directory.Target) error {
	w := &watch{foreign: o.mode == directory.Authoritative}
	between := func(target *targetmemory.Target) directory.Target {
		w.Target = target
		return wrong(w, target)
	}
	return with(t, o, between, func(e *engine) error {
		w.store = e.store
		if err := e.everything(o); err != nil {
			return err
		}
		return w.err()
	})
}

// sparesTheProtected lets everything happen and then looks whom the writes
// were about.
func sparesTheProtected(t testing.TB, o organisation, wrong func(directory.Target, *targetmemory.Target) directory.Target) error {
	between := func(target *targetmemory.Target) directory.Target { return wrong(target, target) }
	return with(t, o, between, func(e *engine) error {
		guarded, err := e.target.Protected(e.ctx)
		if err != nil {
			return err
		}
		for _, a := range e.target.State().Accounts {
			if slices.ContainsFunc(o.protectedAccounts, func(name string) bool { return strings.EqualFold(name, a.Email) || strings.EqualFold(name, a.UserName) }) {
				guarded.AccountIDs = append(guarded.AccountIDs, a.ID)
			}
		}
		if err := e.everything(o); err != nil {
			return err
		}
		return untouched(e.target.Writes(), guarded.AccountIDs, guarded.GroupIDs, append(o.protectedAccounts, o.protectedGroups...))
	})
}

// meddler suspends one account more than it is asked to.
type meddler struct {
	*watch
	other string
}

func (m *meddler) SuspendAccount(ctx context.Context, id string) error {
	if err := m.watch.SuspendAccount(ctx, m.other); err != nil {
		return err
	}
	return m.watch.SuspendAccount(ctx, id)
}

// unguarded does not say who administers it.
type unguarded struct{ *targetmemory.Target }

func (unguarded) Protected(context.Context) (directory.Protected, error) {
	return directory.Protected{}, nil
}

// settled is an organisation in which somebody leaves, beside a stranger and
// an administrator who is one of its people.
func leaving() organisation {
	return organisation{
		pageSize: 5, mode: directory.Additive, linkBy: []string{"email"}, ladder: directory.Suspend(), groups: []team{{"Engineering"}},
		people: []person{
			{Name: "ada", Email: addressOf("ada"), Status: directory.StatusActive, Groups: []int{0}},
			{Name: "bob", Email: addressOf("bob"), Status: directory.StatusActive, Groups: []int{0}},
		},
		resides: []resident{{Email: addressOf("stranger")}, {Email: addressOf("bob"), Admin: true}},
		events:  []event{{What: "status", A: 0, B: 0}},
	}
}

func TestAWriteOutsideLinksIsNoticed(t *testing.T) {
	t.Parallel()
	o := leaving()
	if err := writesWithinLinks(t, o, plain); err != nil {
		t.Fatalf("without a violation: %v", err)
	}
	meddling := func(target directory.Target, _ *targetmemory.Target) directory.Target {
		return &meddler{watch: target.(*watch), other: "account-1"}
	}
	if err := writesWithinLinks(t, o, meddling); err == nil {
		t.Error("a stranger who was suspended was not noticed")
	}
}

func TestAChangeOfAProtectedObjectIsNoticed(t *testing.T) {
	t.Parallel()
	o := leaving()
	if err := sparesTheProtected(t, o, plain); err != nil {
		t.Fatalf("without a violation: %v", err)
	}
	blind := func(_ directory.Target, target *targetmemory.Target) directory.Target { return unguarded{target} }
	if err := sparesTheProtected(t, o, blind); err == nil {
		t.Error("an administrator who was changed was not noticed")
	}
}
