package storetest

import (
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// without makes the group eng, with ada and bob, who have no account in a
// target that makes none, and were looked for by a run that has ended.
func (w *world) without() {
	w.Helper()
	w.saveUsers(person("ada"), person("bob"))
	w.saveGroups(team("eng"))
	w.saveMembers("eng", "ada", "bob")
	w.same("at first", w.sought(), []string{"group.create eng planned", "account.create ada planned", "account.create bob planned", "membership.add ada eng planned", "membership.add bob eng planned"})
}

// sought plans and applies as in a target that makes no accounts, ends the run,
// and returns what was planned.
func (w *world) sought() []string {
	w.Helper()
	w.plan()
	return w.lookFor()
}

func (w *world) lookFor() []string {
	w.Helper()
	planned := w.changes()
	for _, stage := range directory.Stages {
		due, err := w.Store.DueBatch(w.ctx, w.claim.RunID, w.target, stage, store.Range{To: 1 << 40})
		w.ok(err)
		for _, d := range due {
			o := done(d)
			switch {
			case d.Kind == string(directory.CreateAccount):
				o = store.Outcome{ChangeID: d.ID, UserID: d.UserID, State: directory.Skipped, Class: directory.ClassUnsupported}
			case d.Kind == string(directory.AddMember) && d.AccountID == "":
				o = store.Outcome{ChangeID: d.ID, UserID: d.UserID, GroupID: d.GroupID, State: directory.Blocked, Class: directory.ClassNoLink}
			}
			w.record(o)
		}
	}
	w.next()
	return planned
}

func sought(t *testing.T, open Open) {
	cases(t, open, map[string]func(w *world){
		"whoever was looked for in vain is not looked for by an unchanged run, in part or in full, and costs it no row": func(w *world) {
			w.without()
			w.same("dirty", w.dirty(), []string(nil))
			for _, full := range []bool{false, true} {
				w.decide()
				counts, err := w.Store.PlanTarget(w.ctx, w.claim, w.target, full)
				w.ok(err)
				w.same("planned", counts, store.PlanCounts{})
			}
			without, err := w.Store.WithoutAccount(w.ctx, "staff")
			w.ok(err)
			w.same("said", without, []store.WithoutAccount{{Target: "cloud", People: 2}})
			w.same("listed", len(w.links(store.LinkFilter{Connection: "staff", State: store.LinkUnmatchedUser})), 2)
		},
		"whoever changed in the source is looked for, and nobody else": func(w *world) {
			w.without()
			w.now = w.now.Add(time.Minute)
			w.saveUsers(with(person("ada"), func(u *directory.User) { u.Email, u.LastUpdated = "ada.l@example.com", w.now }))
			w.same("planned", w.sought(), []string{"account.create ada.l planned", "membership.add ada.l eng planned"})
			w.same("then", w.sought(), []string(nil))
		},
		"whoever stays to be looked at because of another target is not looked for again in this one": func(w *world) {
			w.without()
			w.set(`UPDATE users SET dirty = TRUE`) // as a run leaves them that could not use the other one
			for range 2 {
				w.same("planned", w.sought(), []string(nil))
				w.set(`UPDATE users SET dirty = TRUE`)
			}
			w.saveUsers(with(person("bob"), func(u *directory.User) { u.Email, u.LastUpdated = "robert@example.com", w.now.Add(time.Minute) }))
			w.same("once something about one of them has changed", w.sought(), []string{"account.create robert planned", "membership.add robert eng planned"})
		},
		"when a day has passed, or the target was read, all are looked for again, once": func(w *world) {
			for _, after := range []time.Duration{24 * time.Hour, 0} {
				if after > 0 {
					w.without()
				}
				w.now = w.now.Add(after)
				w.ok(w.Store.SeekAgain(w.ctx, w.claim, w.target, w.now.Add(-after-time.Second)))
				w.same("too soon", w.dirty(), []string(nil))
				for range 2 {
					w.ok(w.Store.SeekAgain(w.ctx, w.claim, w.target, w.now.Add(-after)))
					w.same("due", w.dirty(), []string{"ada", "bob"})
				}
				w.same("planned", len(w.sought()), 4)
				w.same("then", w.sought(), []string(nil))
			}
		},
		"a plan for somebody looks for them": func(w *world) {
			w.without()
			w.same("planned", w.planSome([]int64{w.userID("ada")}, nil), []string{"account.create ada planned", "membership.add ada eng planned"})
		},
		"whoever has an account by now is not among them, whatever it is that is missing": func(w *world) {
			w.without()
			w.adopts("ada", true)
			without, err := w.Store.WithoutAccount(w.ctx, "staff")
			w.ok(err)
			w.same("said", without, []store.WithoutAccount{{Target: "cloud", People: 1}})
			w.decide()
			_, err = w.Store.PlanTarget(w.ctx, w.claim, w.target, true)
			w.ok(err)
			w.same("planned", w.changes(), []string{"account.update ada planned", "membership.add ada eng planned"})
		},
		"another failure keeps them to be looked at": func(w *world) {
			w.saveUsers(person("ada"), person("bob"))
			w.plan()
			w.set(`UPDATE changes SET state = 'failed', class = 'unavailable'`)
			w.next()
			w.same("dirty", w.dirty(), []string{"ada", "bob"})
		},
	})
}
