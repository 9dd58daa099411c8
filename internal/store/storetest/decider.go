package storetest

import (
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/directory/rules"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// decider is what the world's rules say.
func (w *world) decider() store.TargetDecider {
	w.Helper()
	return deciderOf(w, w.target, rules.Spec{MembersOnly: w.scope.MembersOnly, Targets: map[string]rules.TargetSpec{"cloud": w.spec}})
}

func deciderOf(t testing.TB, target int64, spec rules.Spec) store.TargetDecider {
	t.Helper()
	set, err := rules.Compile(spec)
	if err != nil {
		t.Fatal(err)
	}
	return store.TargetDecider{
		ID: target,
		Account: func(s directory.Subject) (directory.DesiredAccount, directory.Ladder) {
			d := set.Decide("cloud", s)
			return d, set.Ladder("cloud", d.Reason)
		},
		Group:    func(g directory.Group) directory.DesiredGroup { return set.Group("cloud", g) },
		Defaults: set.Defaults("cloud"),
	}
}

func (w *world) decide() {
	w.Helper()
	w.decideAs(w.decider())
}

// decideAs decides about everything that is dirty.
func (w *world) decideAs(decider store.TargetDecider) {
	w.Helper()
	w.ok(w.Store.DecideGroups(w.ctx, w.claim, decider))
	want := w.want
	want.InGroup = want.InGroup || w.scope.MembersOnly
	for after := int64(0); ; {
		subjects, err := w.Store.DirtyUsers(w.ctx, w.conn.ID, after, 100, want)
		w.ok(err)
		if len(subjects) == 0 {
			return
		}
		made := make([]store.Decision, len(subjects))
		for i, s := range subjects {
			made[i] = store.Decision{UserID: s.ID, Pulled: s.Pulled}
			made[i].DesiredAccount, made[i].Ladder = decider.Account(s.Subject)
		}
		w.ok(w.Store.SaveDecisions(w.ctx, w.claim, w.target, made, w.now))
		after = subjects[len(subjects)-1].ID
	}
}
