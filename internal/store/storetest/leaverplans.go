package storetest

import (
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

func leaverPlans(t *testing.T, open Open) {
	cases(t, open, map[string]func(w *world){
		"each step of a ladder is planned from where the account stands": func(w *world) {
			w.grown(1)
			for _, step := range []struct{ state, status, want string }{
				{"suspended", "active", "account.suspend p0 unguarded"},
				{"suspended", "suspended", ""},
				{"deactivated", "active", "account.deactivate p0 unguarded"},
				{"deactivated", "suspended", "account.deactivate p0 unguarded"},
				{"deactivated", "deactivated", ""},
				{"deleted", "active", "account.delete p0 unguarded"},
				{"deleted", "deactivated", "account.delete p0 unguarded"},
				{"active", "deactivated", "account.restore p0 planned"},
				{"active", "suspended", "account.restore p0 planned"},
				{"kept", "suspended", ""},
			} {
				w.desire("p0", `state = '`+step.state+`'`)
				w.set(`UPDATE accounts SET status = ?`, step.status)
				var want []string
				if step.want != "" {
					want = []string{step.want}
				}
				w.same(step.state+" of "+step.status, w.planAll(), want)
			}
		},
		"what is protected or another system's is neither deactivated nor deleted": func(w *world) {
			w.grown(2)
			w.set(`UPDATE accounts SET protected = TRUE WHERE user_id = ?`, w.userID("p0"))
			w.set(`UPDATE accounts SET read_only = TRUE WHERE user_id = ?`, w.userID("p1"))
			w.desire("p0", `state = 'deleted'`)
			w.desire("p1", `state = 'deactivated'`)
			w.same("plan", w.planAll(), []string{"account.deactivate p1 skipped read-only", "account.delete p0 skipped protected"})
		},
		"a deleted account loses its link and its memberships, and the id that it had is recorded": func(w *world) {
			w.small()
			w.settle()
			w.desire("ada", `state = 'deleted', strip = TRUE`)
			w.same("plan", w.planAll(), []string{"account.delete ada unguarded"})
			w.same("id", w.column(`SELECT remote_id FROM changes WHERE run_id = ?`, w.claim.RunID), []string{"acc-ada"})
			w.allow()
			w.record(store.Outcome{ChangeID: int64(w.number(`SELECT id FROM changes WHERE run_id = ?`, w.claim.RunID)), UserID: w.userID("ada"), State: directory.Applied, Gone: true})
			w.same("links", w.number(`SELECT COUNT(*) FROM accounts WHERE user_id = ?`, w.userID("ada")), 0)
			w.same("memberships", w.number(`SELECT COUNT(*) FROM target_memberships WHERE user_id = ?`, w.userID("ada")), 0)
			w.same("plan", w.changes(), []string{"account.delete ada applied"})
		},
		"a step takes the memberships that we made, remembers them, and gives nothing to somebody who has none coming": func(w *world) {
			w.team("eng", 2)
			w.team("ops", 1)
			w.settle()
			w.set(`UPDATE target_memberships SET origin = 'adopted' WHERE user_id = ?`, w.userID("eng1"))
			for _, name := range []string{"eng0", "eng1"} {
				w.desire(name, `state = 'suspended', strip = TRUE, reason = 'deactivated'`)
				w.set(`UPDATE accounts SET status = 'suspended' WHERE user_id = ?`, w.userID(name))
			}
			w.same("plan", w.planAll(), []string{"membership.remove eng0 eng unguarded"})
			w.allow()
			w.apply()
			w.same("remembered", w.column(`SELECT origin FROM leaver_groups`), []string{"created"})
			w.desire("eng0", `state = 'active', strip = FALSE`)
			w.set(`UPDATE accounts SET status = 'active' WHERE user_id = ?`, w.userID("eng0"))
			w.next()
			w.same("plan once back", w.planAll(), []string{"membership.add eng0 eng planned"})
			w.apply()
			w.next()
			w.planAll()
			w.same("still remembered", w.number(`SELECT COUNT(*) FROM leaver_groups`), 0)
		},
		"what was not ours and was taken is given back, where memberships are added only": func(w *world) {
			w.team("eng", 2)
			w.settle()
			w.set(`UPDATE target_memberships SET origin = 'found' WHERE user_id = ?`, w.userID("eng0"))
			w.set(`DELETE FROM desired_memberships WHERE user_id = ?`, w.userID("eng0"))
			w.set(`UPDATE targets SET additive = FALSE`)
			w.desire("eng0", `state = 'suspended', strip = TRUE`)
			w.planAll()
			w.allow()
			w.apply()
			w.same("remembered", w.column(`SELECT origin FROM leaver_groups`), []string{"found"})
			w.desire("eng0", `state = 'active', strip = FALSE`)
			w.set(`UPDATE accounts SET status = 'active'`)
			w.next()
			w.same("plan in an authoritative target", w.planAll(), []string(nil))
			w.set(`UPDATE targets SET additive = TRUE`)
			w.same("plan in an additive one", w.planAll(), []string{"membership.add eng0 eng planned"})
			due, err := w.Store.DueBatch(w.ctx, w.claim.RunID, w.target, directory.StageJoins, store.Range{To: 1 << 40})
			w.ok(err)
			w.same("wanted", len(due) == 1 && due[0].Member, true)
		},
		"an account that is to be in no group is created into none": func(w *world) {
			w.small()
			w.settle()
			w.desire("ada", `strip = TRUE`)
			wanted, err := w.Store.WantedMemberships(w.ctx, w.target, []int64{w.userID("ada")})
			w.ok(err)
			w.same("wanted", len(wanted), 0)
		},
	})
}
