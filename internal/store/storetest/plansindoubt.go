package storetest

import (
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// planSome plans some subjects as a run of pushes does, and lets everything go
// without anybody hearing what comes of it.
func (w *world) planSome(users, groups []int64) []string {
	w.Helper()
	_, err := w.Store.PlanSubjects(w.ctx, w.claim, w.target, users, groups)
	w.ok(err)
	changes := w.changes()
	w.set(`UPDATE changes SET state = 'planned' WHERE state = 'unguarded'`)
	return changes
}

func plansInDoubt(t *testing.T, open Open) {
	cases(t, open, map[string]func(w *world){
		"a deactivation that may have been made of somebody who is back is taken back": func(w *world) {
			w.grown(1)
			users := []int64{w.userID("p0")}
			w.desire("p0", `state = 'deactivated'`)
			w.same("leaving", w.planSome(users, nil), []string{"account.deactivate p0 unguarded"})
			w.desire("p0", `state = 'active'`)
			w.same("back", w.planSome(users, nil), []string{"account.restore p0 planned"})
			w.desire("p0", `state = 'deactivated'`)
			w.same("leaving again", w.planSome(users, nil), []string{"account.deactivate p0 unguarded"})
		},
		"an account that may have been deleted is restored, and the target is read": func(w *world) {
			w.grown(1)
			w.ok(w.Store.TargetReadDone(w.ctx, w.claim, w.target, w.now))
			users := []int64{w.userID("p0")}
			w.desire("p0", `state = 'deleted'`)
			w.same("leaving", w.planSome(users, nil), []string{"account.delete p0 unguarded"})
			w.desire("p0", `state = 'active'`)
			w.same("back", w.planSome(users, nil), []string{"account.restore p0 planned"})
			age, err := w.Store.TargetAge(w.ctx, w.target)
			w.ok(err)
			w.same("read at", age.ReadAt.IsZero(), true)
		},
		"a membership that a step may have taken is added again": func(w *world) {
			w.team("eng", 2)
			w.settle()
			users := []int64{w.userID("eng0")}
			w.desire("eng0", `state = 'suspended', strip = TRUE`)
			w.set(`UPDATE accounts SET status = 'suspended' WHERE user_id = ?`, users[0])
			w.same("leaving", w.planSome(users, nil), []string{"membership.remove eng0 eng unguarded"})
			w.same("leaving still", w.planSome(users, nil), []string{"membership.remove eng0 eng unguarded"})
			w.desire("eng0", `state = 'active', strip = FALSE`)
			w.same("back", w.planSome(users, nil), []string{"account.restore eng0 planned", "membership.add eng0 eng planned"})
		},
		"a name that a group may have been given is taken back": func(w *world) {
			w.team("eng", 1)
			w.settle()
			w.set(`UPDATE targets SET renames = TRUE`)
			groups := []int64{w.groupID("eng")}
			w.set(`UPDATE desired_groups SET name = 'Engineering', name_key = 'engineering'`)
			w.same("renamed", w.planSome(nil, groups), []string{"group.rename eng planned"})
			w.set(`UPDATE desired_groups SET name = 'eng', name_key = 'eng'`)
			w.same("and back", w.planSome(nil, groups), []string{"group.rename eng planned"})
			w.same("before and after", w.column(`SELECT before || ' > ' || after FROM changes WHERE run_id = ? AND kind = 'group.rename'`, w.claim.RunID), []string{"Engineering > eng"})
		},
		"attributes that may have been written are written again": func(w *world) {
			w.grown(1)
			users := []int64{w.userID("p0")}
			w.desire("p0", `attributes = '{"department":"Ops"}'`)
			w.same("changed", w.planSome(users, nil), []string{"account.update p0 planned"})
			w.desire("p0", `attributes = '{"department":"Eng"}'`)
			w.set(`UPDATE accounts SET attributes = '{"department":"Eng"}'`)
			w.same("changed back", w.planSome(users, nil), []string{"account.update p0 planned"})
		},
		"whoever waits for a licence is planned again, once": func(w *world) {
			w.staff(1)
			w.decide()
			users := []int64{w.userID("p0")}
			w.planSome(users, nil)
			w.record(store.Outcome{ChangeID: int64(w.number(`SELECT id FROM changes`)), UserID: users[0], State: directory.Waiting, Class: directory.ClassSeat})
			w.same("plan", w.planSome(users, nil), []string{"account.create p0 planned"})
		},
		"a member whom nobody knows is planned with the group, once": func(w *world) {
			w.team("eng", 1)
			w.settle()
			w.set(`UPDATE targets SET additive = FALSE`)
			w.set(`INSERT INTO foreign_members (target_id, group_id, remote_id) VALUES (?, ?, 'acc-stranger')`, w.target, w.groupID("eng"))
			groups := []int64{w.groupID("eng")}
			for range 2 {
				w.same("plan", w.planSome(nil, groups), []string{"membership.remove eng unguarded"})
			}
			changes, err := w.Store.SubjectChanges(w.ctx, w.claim.RunID, w.target, nil, groups, 0)
			w.ok(err)
			w.same("changes", len(changes), 1)
		},
	})
}
