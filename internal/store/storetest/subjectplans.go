package storetest

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/scim"
	"github.com/rollcall-sync/rollcall/internal/store"
)

func subjectPlans(t *testing.T, open Open) {
	pushCases(t, open, map[string]func(w *pushWorld){
		"a plan for some looks at them alone, and a run has many": func(w *pushWorld) {
			ada, bob := w.joins("ada"), w.joins("bob")
			birds := w.team("birds", ada, bob)
			c := w.begin(1)
			w.pull(c, bob)
			w.provision(c, birds)
			w.provision(c, ada)
			w.same("changes", w.changes(c.RunID), []string{"account.create applied", "group.create applied", "membership.add applied"})
			w.change(ada, map[string]any{"active": false})
			w.provision(c, ada)
			w.same("changes then", w.changes(c.RunID), []string{"account.create applied", "account.suspend unguarded", "group.create applied", "membership.add applied"})
			plan := w.plan(c, nil, nil)
			w.same("a plan for nobody", plan, store.SubjectPlan{})
		},
		"a plan takes the place of what was not done, and knows what was tried": func(w *pushWorld) {
			ada := w.joins("ada")
			c := w.begin(1)
			users, _ := w.pull(c, ada)
			w.decide(c, users, nil)
			w.plan(c, users, nil)
			due, err := w.Store.DueSubjects(w.ctx, c.RunID, w.target, directory.StageAccounts, users, nil)
			w.ok(err)
			w.ok(w.Store.Intend(w.ctx, c, []int64{due[0].ID}, w.now))
			w.ok(w.Store.Record(w.ctx, c, w.target, identity, []store.Outcome{{ChangeID: due[0].ID, UserID: users[0], State: directory.Retry, Class: directory.ClassUnavailable}}, w.now))
			w.plan(c, users, nil)
			again, err := w.Store.DueSubjects(w.ctx, c.RunID, w.target, directory.StageAccounts, users, nil)
			w.ok(err)
			if len(again) != 1 || again[0].ID == due[0].ID || again[0].IntentAt == 0 || again[0].Attempts != 1 {
				w.Errorf("due: %+v", again)
			}
			w.same("changes", w.changes(c.RunID), []string{"account.create planned"})
		},
		"a create that a crash cut off after its link is finished": func(w *pushWorld) {
			ada := w.joins("ada")
			c := w.begin(1)
			users, _ := w.pull(c, ada)
			w.decide(c, users, nil)
			w.plan(c, users, nil)
			w.ok(w.Store.Record(w.ctx, c, w.target, identity, []store.Outcome{{UserID: users[0], Origin: store.Created,
				Account: &directory.Account{ID: "acc-1", Email: "ada@example.com", Status: directory.AccountActive}}}, w.now))
			w.plan(c, users, nil)
			w.same("changes", w.changes(c.RunID), []string{"account.create planned"})
			made, err := w.Store.MadeElsewhere(w.ctx, c.RunID, w.target, users)
			w.ok(err)
			w.same("made elsewhere", len(made), 0)
		},
		"removals that gave way do not count in the window": func(w *pushWorld) {
			ada := w.joins("ada")
			c := w.begin(1)
			w.provision(c, ada)
			w.change(ada, map[string]any{"active": false})
			users, _ := w.pull(c, ada)
			w.decide(c, users, nil)
			for range 3 {
				w.plan(c, users, nil)
				_, err := w.Store.Guard(w.ctx, c, w.target, store.Limits{Always: 1, Count: 1, Window: time.Hour}, w.now)
				w.ok(err)
				w.same("changes", w.changes(c.RunID), []string{"account.create applied", "account.suspend planned"})
			}
			w.same("window", len(w.column(`SELECT kind FROM removals`)), 1)
		},
		"what may have been done and is not desired any more is undone": func(w *pushWorld) {
			ada := w.joins("ada")
			birds := w.team("birds", ada)
			c := w.begin(1)
			w.provision(c, birds)
			birdsGroup, err := strconv.ParseInt(w.column(`SELECT id FROM groups`)[0], 10, 64)
			w.ok(err)
			users := w.provision(c, ada)
			replan := func(change func()) []string {
				w.Helper()
				change()
				w.pull(c, ada)
				w.decide(c, users, nil)
				w.plan(c, users, nil)
				due := slices.DeleteFunc(w.changes(c.RunID), func(s string) bool {
					return s == "account.create applied" || s == "group.create applied" || s == "membership.add applied"
				})
				// The guard lets everything go, and nobody hears what comes of it.
				_, err := w.SQL.ExecContext(w.ctx, `UPDATE changes SET state = 'planned' WHERE state = 'unguarded'`)
				w.ok(err)
				return due
			}
			active := func(is bool) func() { return func() { w.change(ada, map[string]any{"active": is}) } }
			w.same("suspended", replan(active(false)), []string{"account.suspend unguarded"})
			w.same("and active again", replan(active(true)), []string{"account.restore planned"})
			w.same("and suspended again", replan(active(false)), []string{"account.suspend unguarded"})
			w.same("and active at last", replan(active(true)), []string{"account.restore planned"})
			w.apply(c, users, nil)
			restored := func(all []string) []string {
				return slices.DeleteFunc(all, func(s string) bool { return s == "account.restore applied" || s == "account.update applied" })
			}
			w.same("out of the group", restored(replan(func() { w.changeMembers(birds, scim.MemberChange{Remove: membersOf(ada)}) })), []string{"membership.remove unguarded"})
			w.same("and in it again", restored(replan(func() { w.changeMembers(birds, scim.MemberChange{Add: membersOf(ada)}) })), []string{"membership.add planned"})
			_, err = w.Store.IntendMembers(w.ctx, c, w.target, []store.Wanted{{UserID: users[0], GroupID: birdsGroup}})
			w.ok(err)
			w.same("and out of it again", restored(replan(func() { w.changeMembers(birds, scim.MemberChange{Remove: membersOf(ada)}) })), []string{"membership.remove unguarded"})
		},
		"an account that may have been made for somebody who leaves is looked for": func(w *pushWorld) {
			ada := w.joins("ada")
			c := w.begin(1)
			users, _ := w.pull(c, ada)
			w.decide(c, users, nil)
			w.plan(c, users, nil)
			due, err := w.Store.DueSubjects(w.ctx, c.RunID, w.target, directory.StageAccounts, users, nil)
			w.ok(err)
			w.ok(w.Store.Intend(w.ctx, c, []int64{due[0].ID}, w.now))
			w.change(ada, map[string]any{"active": false})
			// The run is another by then.
			next := w.begin(1)
			w.pull(next, ada)
			w.decide(next, users, nil)
			plan := w.plan(next, users, nil)
			w.same("called off", plan.CalledOff, users)
			w.same("changes", w.changes(next.RunID), []string{"account.create planned"})
			w.same("of the run before", w.changes(c.RunID), []string{"account.create skipped no-longer-due"})
			found, err := w.Store.DueSubjects(w.ctx, next.RunID, w.target, directory.StageAccounts, users, nil)
			w.ok(err)
			if len(found) != 1 || found[0].IntentAt == 0 || found[0].DesiredState != "suspended" {
				w.Errorf("due: %+v", found)
			}
		},
		"what another run made is told from what this one did": func(w *pushWorld) {
			ada := w.joins("ada")
			sync := w.sync()
			users := w.provision(w.begin(1), ada)
			made, err := w.Store.MadeElsewhere(w.ctx, sync.RunID, w.target, users)
			w.ok(err)
			w.same("made elsewhere", made, map[int64]bool{users[0]: true})
		},
		"what is desired is told from what was": func(w *pushWorld) {
			ada := w.joins("ada")
			c := w.begin(1)
			users := w.provision(c, ada)
			before, err := w.Store.Wishes(w.ctx, w.target, users)
			w.ok(err)
			w.team("birds", ada)
			w.pull(c, ada)
			w.decide(c, users, nil)
			after, err := w.Store.Wishes(w.ctx, w.target, users)
			w.ok(err)
			if before[users[0]] == after[users[0]] {
				w.Errorf("a membership more is no difference: %+v", after)
			}
		},
	})
}
