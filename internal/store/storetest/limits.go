package storetest

import (
	"fmt"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// guardLimits are what the guard knows beside a share and a count.
func guardLimits(t *testing.T, open Open) {
	t.Run("kinds", func(t *testing.T) { t.Parallel(); kindLimits(t, open) })
	t.Run("approvals", func(t *testing.T) { t.Parallel(); approvedPlans(t, open) })
	t.Run("quarantine", func(t *testing.T) { t.Parallel(); quarantine(t, open) })
	t.Run("floor", func(t *testing.T) { t.Parallel(); floors(t, open) })
	t.Run("identity", func(t *testing.T) { t.Parallel(); identities(t, open) })
}

func kindLimits(t *testing.T, open Open) {
	of := func(kind directory.Kind, always int64) store.Limits {
		return limits(func(l *store.Limits) { l.Kinds = map[directory.Kind]store.KindLimit{kind: {Always: always}} })
	}
	cases(t, open, map[string]func(w *world){
		"each kind has limits of its own": func(w *world) {
			names := w.grown(40)
			for i, name := range names[:6] {
				w.desire(name, `state = '`+[]string{"suspended", "deactivated", "deleted"}[i%3]+`'`)
			}
			w.planAll()
			w.same("verdict", w.verdict(of(directory.DeleteAccount, 1)), store.Verdict{Admitted: 4, Held: 2, Reasons: []store.HoldReason{{Kind: "account.delete", Class: "over-limit", Rule: "active", Count: 2}}})
		},
		"a kind that is given nothing takes nothing": func(w *world) {
			names := w.grown(40)
			w.desire(names[0], `state = 'deactivated'`)
			w.planAll()
			w.same("held", w.guard(of(directory.DeactivateAccount, 0)).Held, int64(1))
		},
		"everybody who is left is held, step by step": func(w *world) {
			names := w.grown(3)
			for _, name := range names {
				w.desire(name, `state = 'deactivated'`)
			}
			w.planAll()
			w.same("verdict", w.verdict(standard).Reasons, []store.HoldReason{{Kind: "account.deactivate", Class: "everybody", Rule: "active", Count: 3}})
		},
		"a leaver in many groups counts once": func(w *world) {
			w.grown(20)
			for i := range 30 {
				name := fmt.Sprintf("g%d", i)
				w.saveGroups(team(name))
				w.saveMembers(name, "p0", "p1", "p2")
			}
			w.settle()
			w.desire("p0", `state = 'suspended', strip = TRUE, evidence = 'explicit'`)
			w.set(`UPDATE accounts SET status = 'suspended' WHERE user_id = ?`, w.userID("p0"))
			w.planAll()
			w.same("verdict", w.guard(standard), store.Verdict{Admitted: 30})
			w.apply()
			// Five more are room for four, as one has gone within the window.
			w.desire("p1", `state = 'suspended', strip = TRUE, evidence = 'explicit'`)
			w.set(`UPDATE accounts SET status = 'suspended' WHERE user_id = ?`, w.userID("p1"))
			w.next()
			w.planAll()
			w.same("verdict with room for one", w.guard(limits(func(l *store.Limits) { l.Always, l.Count = 1, 0 })).Held, int64(30))
			w.planAll()
			w.same("verdict with room for two", w.guard(limits(func(l *store.Limits) { l.Always, l.Count = 2, 0 })).Held, int64(0))
		},
	})
}
