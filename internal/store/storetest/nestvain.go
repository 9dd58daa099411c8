package storetest

import (
	"slices"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// nestingsInVain is about groups that are to be in others and cannot be had.
func nestingsInVain(t *testing.T, open Open) {
	nestCases(t, open, map[string]func(w *nestWorld){
		"where the name of an inner group is taken, its people are in the outer one one by one, and it stays so": func(w *nestWorld) {
			w.taken = []string{"inner"}
			w.team("outer", w.team("inner", w.joins("ada")), w.joins("bob"))
			w.planAll()
			w.carryOut(standard)
			w.end()
			w.same("planned", w.planAll(), []string{"group.create inner planned", "membership.add ada inner planned", "membership.add ada outer planned", "nesting.add inner outer planned"})
			w.same("by the rule", w.texts(`SELECT rule FROM changes WHERE run_id = ? AND kind = 'membership.add'`, w.claim.RunID), []string{"a member of a group that cannot be had in it", "member in the source"})
			w.carryOut(standard)
			w.end()
			w.same("members", w.membersThere(), []string{"ada in outer", "bob in outer"})
			for range 2 {
				w.same("then", w.planAll(), []string{"group.create inner planned", "membership.add ada inner planned", "nesting.add inner outer planned"})
				w.carryOut(standard)
				w.end()
				w.same("members", w.membersThere(), []string{"ada in outer", "bob in outer"})
			}
		},
		"a failure that passes does not take them out, nor does one of another kind put anybody in": func(w *nestWorld) {
			w.team("outer", w.team("inner", w.joins("ada")))
			w.planAll()
			w.exec(`UPDATE changes SET state = 'failed', class = 'unavailable' WHERE run_id = ? AND kind = 'group.create'`, w.claim.RunID)
			w.carryOut(standard)
			w.end()
			w.taken = []string{"inner"}
			w.planAll()
			w.carryOut(standard)
			w.end()
			w.same("one failed", w.membersThere(), []string(nil))
			w.planAll()
			w.carryOut(standard)
			w.end()
			w.same("refused", w.membersThere(), []string{"ada in outer"})
			w.planAll()
			w.exec(`UPDATE changes SET state = 'failed', class = 'unavailable' WHERE run_id = ? AND kind = 'group.create'`, w.claim.RunID)
			w.carryOut(standard)
			w.end()
			w.same("planned", w.planAll(), []string{"group.create inner planned", "membership.add ada inner planned", "nesting.add inner outer planned"})
			w.same("failed again", w.membersThere(), []string{"ada in outer"})
		},
		"once the inner group is there it is put in, and only then are they taken out, under the guard": func(w *nestWorld) {
			w.taken = []string{"inner"}
			w.team("outer", w.team("inner", w.joins("ada")), w.joins("bob"))
			for range 2 {
				w.planAll()
				w.carryOut(standard)
				w.end()
			}
			w.taken = nil
			w.planAll()
			w.carryOut(standard)
			w.end()
			w.same("both", w.membersThere(), []string{"ada in inner", "ada in outer", "bob in outer"})
			w.same("groups in groups", w.nestingsThere(), []string{"inner in outer"})
			w.same("planned", w.planAll(), []string{"membership.remove ada outer unguarded"})
			w.same("verdict", w.carryOut(standard), store.Verdict{Admitted: 1})
			w.end()
			w.same("members", w.membersThere(), []string{"ada in inner", "bob in outer"})
			w.same("then", w.planAll(), []string(nil))
		},
		"those who were in the outer group one by one stay when nested groups are kept and the inner one cannot be had": func(w *nestWorld) {
			w.settings.Nests = false
			w.configure()
			w.taken = []string{"inner"}
			w.team("outer", w.team("inner", w.joins("ada")))
			for range 2 {
				w.planAll()
				w.carryOut(standard)
				w.end()
			}
			w.settings.Nests = true
			w.configure()
			for range 3 {
				w.planAll()
				w.carryOut(roomy)
				w.end()
				w.same("members", w.membersThere(), []string{"ada in outer"})
			}
		},
		"of two groups that want one name, the people of the one that does not get it are in the outer one": func(w *nestWorld) {
			w.clashing = []string{"one", "two"}
			w.team("outer", w.team("one", w.joins("ada")), w.team("two", w.joins("bob")))
			for range 3 {
				w.planAll()
				w.carryOut(standard)
				w.end()
			}
			for _, want := range []int{1, 1} {
				w.same("in groups", len(w.membersThere()), 2)
				w.same("in the outer one", len(w.texts(`SELECT u.login FROM target_memberships m JOIN users u ON u.id = m.user_id JOIN groups g ON g.id = m.group_id WHERE g.name = 'outer'`)), want)
				w.same("groups in it", len(w.nestingsThere()), want)
				w.planAll()
				w.carryOut(standard)
				w.end()
			}
		},
		"whoever joins an inner group that has become protected is put in the outer one": func(w *nestWorld) {
			inner := w.team("inner", w.joins("ada"))
			w.team("outer", inner)
			w.settle()
			w.claim = w.sync()
			w.ok(w.Store.SetProtected(w.ctx, w.claim, w.target, nil, []string{"inner"}))
			w.end()
			w.into(inner, w.joins("bob"))
			w.planAll()
			w.carryOut(standard)
			w.end()
			got := w.texts(`SELECT u.login FROM target_memberships m JOIN users u ON u.id = m.user_id JOIN groups g ON g.id = m.group_id WHERE g.name = 'outer'`)
			w.same("in the outer one", got, []string{"ada", "bob"})
			w.same("groups in groups", w.nestingsThere(), []string{"inner in outer"})
			w.claim = w.sync()
			w.ok(w.Store.SetProtected(w.ctx, w.claim, w.target, nil, nil))
			w.end()
			w.settle()
			w.same("members", w.membersThere(), []string{"ada in inner", "bob in inner"})
		},
		"explain says who is in a group instead of in one that belongs in it": func(w *nestWorld) {
			w.taken = []string{"inner"}
			w.team("outer", w.team("inner", w.joins("ada")))
			for range 2 {
				w.planAll()
				w.carryOut(standard)
				w.end()
			}
			var user int64
			w.ok(w.SQL.GetContext(w.ctx, &user, `SELECT MIN(id) FROM users`))
			view, err := w.Store.Subject(w.ctx, "staff", user)
			w.ok(err)
			got := view.Targets[0].Memberships
			for i, want := range []store.SubjectMembership{{Group: "inner"}, {Group: "outer", Joined: true, InsteadOf: []string{"inner"}}} {
				w.same("shown", store.SubjectMembership{Group: got[i].Group, Joined: got[i].Joined, InsteadOf: got[i].InsteadOf}, want)
			}
		},
		"whoever was pushed and waits for a group that cannot be had is looked at again at once, and is put in the outer one": func(w *nestWorld) {
			w.taken = []string{"inner"}
			ada := w.joins("ada")
			inner := w.team("inner", ada)
			outer := w.team("outer", inner)
			people, groups := w.begin(1), w.begin(2)
			users, _ := w.push(people, ada)
			w.push(groups, inner, outer)
			w.settleWaiting(people, ada, users)
			w.same("due", w.isDue(ada), true)
			w.push(people, ada)
			w.same("members", w.membersThere(), []string{"ada in outer"})
			w.settleWaiting(people, ada, users)
			w.same("waits now", w.isDue(ada), false)
			w.taken = nil
			w.push(groups, inner)
			w.same("due once it is there", w.isDue(ada), true)
		},
		"whoever waits already is looked at again": func(w *nestWorld) {
			w.taken = []string{"inner"}
			ada := w.joins("ada")
			inner := w.team("inner", ada)
			outer := w.team("outer", inner)
			people, groups := w.begin(1), w.begin(2)
			w.push(groups, outer)
			users, _ := w.push(people, ada)
			w.settleWaiting(people, ada, users)
			w.same("waits", w.isDue(ada), false)
			w.push(groups, inner)
			w.same("due", w.isDue(ada), true)
		},
	})
}

// push pulls resources, decides and plans them, and does what is planned, as
// a target does in which some names are taken.
func (w *nestWorld) push(c store.Claim, scimIDs ...string) (users, groups []int64) {
	w.Helper()
	users, groups = w.pull(c, scimIDs...)
	w.ok(w.Store.DecideSubjects(w.ctx, c, []store.TargetDecider{w.decider()}, users, groups, store.Want{}, w.now))
	w.plan(c, users, groups)
	w.applying = c
	for _, stage := range directory.Stages {
		due, err := w.Store.DueSubjects(w.ctx, c.RunID, w.target, stage, users, groups)
		w.ok(err)
		outcomes := make([]store.Outcome, len(due))
		for i, d := range due {
			outcomes[i] = w.outcome(d)
		}
		w.ok(w.Store.Record(w.ctx, c, w.target, identity, outcomes, w.now))
	}
	return users, groups
}

// settleWaiting leaves somebody who was pushed waiting for groups.
func (w *nestWorld) settleWaiting(c store.Claim, scimID string, users []int64) {
	w.Helper()
	w.ok(w.Store.SettleInbox(w.ctx, c, store.Settlement{Wait: []store.Disposal{{InboxItem: w.item(scimID), UserID: users[0]}}}, nil, w.now))
}

// isDue reports whether a resource is due: its shard may hold others.
func (w *nestWorld) isDue(scimID string) bool {
	w.Helper()
	id := w.resource(scimID)
	return slices.ContainsFunc(w.due(scimID), func(i store.InboxItem) bool { return i.ResourceID == id })
}
