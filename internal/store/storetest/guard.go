package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// standard are the limits that a connection has unless it is configured otherwise.
var standard = store.Limits{Share: 0.05, Count: 100, Always: 5, Window: 24 * time.Hour, HeldFor: 72 * time.Hour}

func limits(change func(*store.Limits)) store.Limits {
	l := standard
	change(&l)
	return l
}

// guard decides, and returns how many; verdict says why, too.
func (w *world) guard(l store.Limits) store.Verdict {
	w.Helper()
	v := w.verdict(l)
	v.Reasons = nil
	return v
}

func (w *world) verdict(l store.Limits) store.Verdict {
	w.Helper()
	v, err := w.Store.Guard(w.ctx, w.claim, w.target, l, w.now)
	w.ok(err)
	return v
}

// leave makes people leave, and plans that.
func (w *world) leave(names ...string) {
	w.Helper()
	leavers := make([]directory.User, len(names))
	for i, name := range names {
		leavers[i] = with(person(name), func(u *directory.User) { u.Status = directory.StatusDeprovisioned })
	}
	w.saveUsers(leavers...)
	w.plan()
}

// grown is a world with n people who have accounts.
func (w *world) grown(n int) []string {
	w.Helper()
	names := w.staff(n)
	w.settle()
	return names
}

// checkHeld is the check of the guard: when more leave than it admits, nobody is removed.
func checkHeld(w *world, l store.Limits) error {
	names := w.grown(40)
	w.leave(names[:10]...)
	w.guard(l)
	w.apply()
	if n := w.number(`SELECT COUNT(*) FROM accounts WHERE status <> 'active'`); n != 0 {
		return fmt.Errorf("%d accounts were suspended that the guard should have held", n)
	}
	return nil
}

func guard(t *testing.T, open Open) {
	for name, c := range map[string]struct {
		accounts, leavers int
		limits            store.Limits
		want              store.Verdict
		reason            string
	}{
		"five leavers are always admitted":                    {20, 5, standard, store.Verdict{Admitted: 5}, ""},
		"six of twenty are more than a twentieth, and held":   {20, 6, standard, store.Verdict{Held: 6}, "over-limit"},
		"a twentieth is admitted":                             {140, 7, standard, store.Verdict{Admitted: 7}, ""},
		"more than a twentieth is held":                       {140, 8, standard, store.Verdict{Held: 8}, "over-limit"},
		"more than the count is held, whatever the share":     {140, 7, limits(func(l *store.Limits) { l.Count = 6 }), store.Verdict{Held: 7}, "over-limit"},
		"a share that binary cannot hold is what it says":     {100, 29, limits(func(l *store.Limits) { l.Share = 0.29 }), store.Verdict{Admitted: 29}, ""},
		"everybody is held, however few":                      {4, 4, standard, store.Verdict{Held: 4}, "everybody"},
		"a single account is not everybody":                   {1, 1, standard, store.Verdict{Admitted: 1}, ""},
		"whoever lets one run through lets all of it through": {20, 20, limits(func(l *store.Limits) { l.Override = true }), store.Verdict{Admitted: 20}, ""},
		"nobody leaves where nobody may be removed":           {20, 1, limits(func(l *store.Limits) { l.Always, l.Share, l.Count = 0, 0, 0 }), store.Verdict{Held: 1}, "over-limit"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, open)
			names := w.grown(c.accounts)
			w.leave(names[:c.leavers]...)
			for range 2 { // deciding again changes nothing
				w.same("verdict", w.guard(c.limits), c.want)
			}
			w.same("window", w.number(`SELECT COUNT(*) FROM removals`), int(c.want.Admitted))
			plans, err := w.Store.HeldPlans(w.ctx, w.claim.RunID)
			w.ok(err)
			if c.want.Held == 0 {
				w.same("held plans", len(plans), 0)
				return
			}
			if len(plans) != 1 || plans[0].Reason != c.reason || plans[0].Changes != c.want.Held || plans[0].State != "held" || !plans[0].Expires.Equal(w.now.Add(72*time.Hour)) || len(plans[0].Digest) != 64 {
				w.Errorf("held plans %+v", plans)
			}
		})
	}
	cases(t, open, map[string]func(w *world){
		"nobody is removed whom the guard holds": func(w *world) { w.ok(checkHeld(w, standard)) },
		"the check of the guard fails where the guard is bypassed": func(w *world) {
			if checkHeld(w, limits(func(l *store.Limits) { l.Override = true })) == nil {
				w.Error("the check did not notice")
			}
		},
		"a list that lacks many does not keep those in whom a status says have left": func(w *world) {
			w.grown(60)
			w.now = w.now.Add(time.Hour)
			w.saveUsers(with(person("p0"), func(u *directory.User) { u.Status = directory.StatusDeprovisioned }))
			seen := w.saveUsers(person("p1"), person("p2"))
			w.ok(w.Store.SaveSeen(w.ctx, w.claim, "users", "0", seen.IDs))
			n, err := w.Store.MarkAbsentUsers(w.ctx, w.claim)
			w.ok(err)
			w.same("missing", n, 57)
			w.plan()
			w.same("verdict", w.guard(standard), store.Verdict{Admitted: 1, Held: 57})
			w.same("window", w.number(`SELECT COUNT(*) FROM removals`), 1)
		},
		"what was admitted and could not be done does not count twice": func(w *world) {
			names := w.grown(40)
			for range 3 {
				w.leave(names[:5]...)
				w.same("verdict", w.guard(standard), store.Verdict{Admitted: 5})
				w.ok(w.Store.FailRest(w.ctx, w.claim, w.target, directory.StageLeavers, directory.ClassUnavailable, w.now))
				w.next()
			}
		},
		"a few departures an hour, every hour, are stopped by the window": func(w *world) {
			names := w.grown(60)
			admitted := 0
			for hour := range 10 {
				w.leave(names[hour*2], names[hour*2+1])
				if v := w.guard(standard); v.Held == 0 {
					admitted += int(v.Admitted)
				}
				w.apply()
				w.next()
				w.now = w.now.Add(time.Hour)
			}
			w.same("admitted within ten hours", admitted, 4)
			w.now = w.now.Add(24 * time.Hour)
			w.leave(names[50])
			// What was held is still due, and counts.
			w.same("verdict a day later", w.guard(standard), store.Verdict{Held: 17})
		},
		"the window forgets after its length": func(w *world) {
			names := w.grown(40)
			w.leave(names[:5]...)
			w.same("first", w.guard(standard), store.Verdict{Admitted: 5})
			w.apply()
			w.next()
			w.now = w.now.Add(24*time.Hour - time.Microsecond)
			w.begin()
			w.leave(names[5])
			w.same("just before", w.guard(limits(func(l *store.Limits) { l.Preview = true })), store.Verdict{Held: 1})
			w.now = w.now.Add(time.Microsecond)
			w.plan()
			w.same("after", w.guard(standard), store.Verdict{Admitted: 1})
		},
		"the last of everybody is held too, when the others left before": func(w *world) {
			names := w.grown(3)
			w.leave(names[:2]...)
			w.same("first two", w.guard(standard), store.Verdict{Admitted: 2})
			w.apply()
			w.next()
			w.leave(names[2])
			w.same("the last", w.guard(standard), store.Verdict{Held: 1})
		},
		"a preview decides and uses nothing up": func(w *world) {
			names := w.grown(20)
			w.leave(names[:3]...)
			w.same("verdict", w.guard(limits(func(l *store.Limits) { l.Preview = true })), store.Verdict{Admitted: 3})
			w.same("window", w.number(`SELECT COUNT(*) FROM removals`), 0)
			w.leave(names[:10]...)
			w.same("verdict", w.guard(limits(func(l *store.Limits) { l.Preview = true })), store.Verdict{Held: 10})
			w.same("held plans", w.number(`SELECT COUNT(*) FROM held_plans`), 0)
		},
		"a later run's held plan takes the place of the earlier one": func(w *world) {
			names := w.grown(20)
			w.leave(names[:8]...)
			w.guard(standard)
			first := w.claim.RunID
			w.next()
			w.leave(names[8])
			w.same("verdict", w.guard(standard), store.Verdict{Held: 9})
			w.same("states", w.column(`SELECT state FROM held_plans`), []string{"held", "superseded"})
			w.same("the first", w.column(`SELECT state FROM held_plans WHERE run_id = ?`, first), []string{"superseded"})
		},
		"a held plan is superseded when nothing of it is due any more": func(w *world) {
			names := w.grown(20)
			w.leave(names[:8]...)
			w.guard(standard)
			w.next()
			for _, name := range names[:8] {
				w.saveUsers(person(name))
			}
			w.plan()
			w.next()
			w.same("states", w.column(`SELECT state FROM held_plans`), []string{"superseded"})
		},
		"what is held is no obstacle to what is new": func(w *world) {
			names := w.grown(20)
			w.saveUsers(person("new"))
			w.leave(names[:8]...)
			w.guard(standard)
			w.apply()
			w.same("created", w.number(`SELECT COUNT(*) FROM changes WHERE run_id = ? AND kind = 'account.create' AND state = 'applied'`, w.claim.RunID), 1)
			w.same("held", w.number(`SELECT COUNT(*) FROM changes WHERE state = 'held'`), 8)
		},
		"a whole group is held, part of another is admitted and doubted": func(w *world) {
			w.team("eng", 4)
			w.team("ops", 4)
			w.settle()
			w.saveMembers("eng")
			w.saveMembers("ops", "ops0", "ops1", "ops2")
			w.plan()
			w.same("verdict", w.guard(standard), store.Verdict{Admitted: 1, Held: 4, Doubted: 1})
			w.same("held for", w.column(`SELECT DISTINCT class FROM changes WHERE state = 'held'`), []string{"whole-group"})
		},
		"a group of one may lose its only member": func(w *world) {
			w.team("eng", 1)
			w.settle()
			w.saveMembers("eng")
			w.plan()
			w.same("verdict", w.guard(standard), store.Verdict{Admitted: 1, Doubted: 1})
		},
		"a group that is emptied bit by bit is held in the end": func(w *world) {
			w.team("eng", 3)
			w.settle()
			for left := 2; left >= 0; left-- {
				w.saveMembers("eng", []string{"eng0", "eng1"}[:left]...)
				w.plan()
				v := w.guard(standard)
				if left > 0 {
					w.same("verdict", v, store.Verdict{Admitted: 1, Doubted: 1})
					w.look(func(d *store.Settled) { d.Confirmed = true })
					w.apply()
				} else {
					w.same("verdict", v, store.Verdict{Held: 1})
				}
				w.next()
			}
		},
		"half of many memberships is held": func(w *world) {
			w.team("eng", 30)
			w.settle()
			names := make([]string, 15)
			for i := range names {
				names[i] = fmt.Sprintf("eng%d", i)
			}
			w.saveMembers("eng", names...)
			w.plan()
			w.same("verdict", w.guard(standard), store.Verdict{Held: 15})
		},
		"two decisions at once do not both use the same room": func(w *world) {
			names := w.grown(40)
			w.leave(names[:3]...)
			other, err := w.Store.EnsureConnection(w.ctx, "other", "rules-1", "", []store.TargetSpec{{Name: "cloud", Kind: "atlassian-cloud", Identity: identity}})
			w.ok(err)
			r := w.request("sync/other-1")
			r.ConnectionID = other.ID
			second, err := w.Store.BeginRun(w.ctx, r, w.now)
			w.ok(err)
			_, err = w.SQL.ExecContext(w.ctx, w.SQL.Rebind(`INSERT INTO changes (run_id, target_id, stage, ord, kind, user_id, evidence, state)
				SELECT ?, target_id, stage, ord, kind, user_id, evidence, state FROM changes WHERE run_id = ?`), second.RunID, w.claim.RunID)
			w.ok(err)
			errs := make(chan error, 2)
			for _, c := range []store.Claim{w.claim, second.Claim} {
				go func() {
					_, err := w.Store.Guard(w.ctx, c, w.target, standard, w.now)
					errs <- err
				}()
			}
			w.ok(<-errs)
			w.ok(<-errs)
			w.same("window", w.number(`SELECT COUNT(*) FROM removals`), 3)
			w.same("held", w.number(`SELECT COUNT(*) FROM changes WHERE state = 'held'`), 3)
		},
	})
}

// team makes a group of n people who are called after it.
func (w *world) team(name string, n int) {
	w.Helper()
	names := make([]string, n)
	people := make([]directory.User, n)
	for i := range names {
		names[i] = fmt.Sprintf("%s%d", name, i)
		people[i] = person(names[i])
	}
	w.saveUsers(people...)
	w.saveGroups(team(name))
	w.saveMembers(name, names...)
}

// look settles all doubts of the run.
func (w *world) look(answer func(*store.Settled)) {
	w.Helper()
	doubts, err := w.Store.Doubts(w.ctx, w.claim.RunID, w.target, 1000)
	w.ok(err)
	settled := make([]store.Settled, len(doubts))
	for i, d := range doubts {
		settled[i] = store.Settled{Doubt: d}
		answer(&settled[i])
	}
	w.ok(w.Store.Settle(w.ctx, w.claim, settled, w.now))
}
