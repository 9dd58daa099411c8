package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// RunAll does on a database all that runs do: everything is read, decided,
// planned, guarded, looked up, applied and observed, in full and
// incrementally. It is for looking at the statements that this takes.
func RunAll(t *testing.T, db Database) {
	w := newWorld(t, func(testing.TB, ...store.Option) Database { return db })
	w.scope.MembersOnly = true
	w.team("eng", 30)
	w.team("ops", 4)
	w.settle()
	w.now = w.now.Add(time.Hour)

	people := []directory.User{with(person("eng29"), func(u *directory.User) { u.Status = directory.StatusDeprovisioned })}
	for i := range 29 {
		people = append(people, with(person(fmt.Sprintf("eng%d", i)), func(u *directory.User) { u.DisplayName += " B" }))
	}
	seen := w.saveUsers(people[:29]...)
	w.saveUsers(person("new"))
	w.ok(w.Store.SaveSeen(w.ctx, w.claim, "users", "0", seen.IDs))
	w.ok(w.Store.ForgetDigests(w.ctx, w.claim))
	listed := w.saveGroups(team("eng"))
	w.ok(w.Store.MarkUnselected(w.ctx, w.claim, []string{"00g-unknown"}))
	w.ok(w.Store.SaveSeen(w.ctx, w.claim, "groups", "0", listed.IDs))
	w.saveMembers("eng", "eng0", "eng1", "eng2", "eng3", "eng4", "new", "unknown")
	w.saveMembers("eng", "eng0", "eng1", "eng2", "eng3", "eng4", "new")
	w.due()
	for _, mark := range []func() (int, error){
		func() (int, error) { return w.Store.MarkAbsentUsers(w.ctx, w.claim) },
		func() (int, error) { return w.Store.MarkAbsentGroups(w.ctx, w.claim) },
	} {
		if n, err := mark(); err != nil || n == 0 {
			w.Fatalf("%d marked: %v", n, err)
		}
	}
	w.ok(w.Store.MarkUnselected(w.ctx, w.claim, []string{"00g-ops"}))
	w.ok(w.Store.ReadDone(w.ctx, w.claim, true, w.now, w.now, false))
	w.ok(w.Store.SaveProgress(w.ctx, w.claim, store.Progress{Stage: "plan"}))

	w.account("eng0", func(a *directory.Account) { a.Status = directory.AccountSuspended })
	w.set(`UPDATE desired_accounts SET sought_at = 1 WHERE user_id = (SELECT MIN(user_id) FROM desired_accounts)`)
	_, err := w.Store.WithoutAccount(w.ctx, "staff")
	w.ok(err)
	w.ok(w.Store.SeekAgain(w.ctx, w.claim, w.target, w.now))
	linked, err := w.Store.LinkedGroupsAfter(w.ctx, w.target, 0, 10)
	w.ok(err)
	for _, l := range linked {
		_, err := w.Store.ObserveGroups(w.ctx, w.claim, w.target, []directory.TargetGroup{{ID: l.RemoteID, Name: l.Name + " by hand"}}, w.now)
		w.ok(err)
		w.ok(w.Store.ObserveMembers(w.ctx, w.claim, w.target, l.Subject, []string{w.accountID("eng1")}))
		w.ok(w.Store.ObserveMembers(w.ctx, w.claim, w.target, l.Subject, []string{w.accountID("eng1"), w.accountID("eng2")}))
	}
	lost, err := w.Store.UnseenAccounts(w.ctx, w.claim, w.target)
	w.ok(err)
	w.ok(w.Store.DropAccountLink(w.ctx, w.claim, w.target, lost[len(lost)-1]))
	lost, err = w.Store.UnseenGroups(w.ctx, w.claim, w.target)
	w.ok(err)
	w.ok(w.Store.DropGroupLink(w.ctx, w.claim, w.target, lost[0], w.now))
	_, err = w.Store.LostGroups(w.ctx, w.target, []int64{lost[0].Subject})
	w.ok(err)
	_, err = w.Store.LeftIntent(w.ctx, w.target, lost[0].Subject, directory.CreateGroup, lost[0].Name, w.now)
	w.ok(err)
	w.record(store.Outcome{GroupID: lost[0].Subject, State: directory.Applied, Group: &directory.TargetGroup{ID: lost[0].RemoteID, Name: lost[0].Name}, Origin: store.Created})
	w.ok(w.Store.DropGroupLink(w.ctx, w.claim, w.target, lost[0], w.now))
	w.ok(w.Store.TargetReadDone(w.ctx, w.claim, w.target, w.now))
	w.age()

	w.plan()
	w.plan()
	w.protect([]string{"eng1@example.com"}, []string{"ops"})
	w.protect(nil, nil)
	w.guard(standard)
	_, err = w.Store.PlanTarget(w.ctx, w.claim, w.target, true)
	w.ok(err)
	w.guard(limits(func(l *store.Limits) { l.Count, l.Share = 1000, 1 }))
	odd := false
	w.look(func(s *store.Settled) {
		if odd = !odd; odd {
			s.Confirmed = true
			return
		}
		s.Class = directory.ClassStillThere
	})
	_, err = w.Store.KnownGroups(w.ctx, w.conn.ID, w.target, map[string]bool{"00g-eng": true})
	w.ok(err)
	for _, stage := range directory.Stages {
		_, err := w.Store.Batches(w.ctx, w.claim.RunID, w.target, stage, -1, 10, 10)
		w.ok(err)
		due, err := w.Store.DueBatch(w.ctx, w.claim.RunID, w.target, stage, store.Range{To: 1 << 40})
		w.ok(err)
		for _, d := range due {
			_, err := w.Store.Due(w.ctx, d.ID)
			w.ok(err)
			w.ok(w.Store.Intend(w.ctx, w.claim, []int64{d.ID}, w.now))
			if directory.Kind(d.Kind) == directory.AddMember {
				noted, err := w.Store.IntendMembers(w.ctx, w.claim, w.target, []store.Wanted{{UserID: d.UserID, GroupID: d.GroupID}})
				w.ok(err)
				w.ok(w.Store.CallOff(w.ctx, w.claim, w.target, []int64{d.ID}, noted))
			}
			o := done(d)
			if o.Account != nil && directory.Kind(d.Kind) == directory.CreateAccount {
				wanted, err := w.Store.WantedMemberships(w.ctx, w.target, []int64{d.UserID})
				w.ok(err)
				for _, m := range wanted[d.UserID] {
					o.Joined = append(o.Joined, m.GroupID)
				}
			}
			w.record(o)
			w.ok(w.Store.EndRetry(w.ctx, w.claim, d.ID, w.now))
		}
		w.ok(w.Store.FailRest(w.ctx, w.claim, w.target, stage, directory.ClassAuth, w.now))
	}
	w.record(store.Outcome{UserID: w.userID("eng5"), Unlink: true})
	for _, find := range []func(context string, ids []string) (map[string]int64, error){
		func(place string, ids []string) (map[string]int64, error) {
			return w.Store.LinkedAccounts(w.ctx, place, ids)
		},
		func(place string, ids []string) (map[string]int64, error) {
			return w.Store.LinkedGroups(w.ctx, place, ids)
		},
	} {
		_, err := find(identity, []string{"acc-1"})
		w.ok(err)
	}
	w.ok(w.Store.Note(w.ctx, w.claim, store.Note{Code: "held", Text: "Some are held."}))
	_, err = w.Store.Counts(w.ctx, w.claim.RunID)
	w.ok(err)
	w.changes()
	_, err = w.Store.Notes(w.ctx, w.claim.RunID)
	w.ok(err)
	_, err = w.Store.HeldPlans(w.ctx, w.claim.RunID)
	w.ok(err)
	_, err = w.Store.RunOfWorkflow(w.ctx, "sync/staff-1")
	w.ok(err)
	w.ok(w.Store.Renew(w.ctx, w.claim, w.now.Add(100*time.Second)))
	w.next()
	w.plan()
	w.decideAll()
	w.controlAll()
	w.begin()
	w.askAll()
	w.guardAll()
}
