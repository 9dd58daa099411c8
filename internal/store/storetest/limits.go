package storetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

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

// approve makes what is held of some people approved, as a person would.
func (w *world) approve(approval int64, names ...string) {
	w.Helper()
	for _, name := range names {
		w.set(`UPDATE changes SET state = 'approved', approval_id = ? WHERE state = 'held' AND user_id = ?`, approval, w.userID(name))
	}
}

func approvedPlans(t *testing.T, open Open) {
	under := func(approval int64) store.Limits {
		return limits(func(l *store.Limits) { l.Approval, l.Confirm = approval, true })
	}
	cases(t, open, map[string]func(w *world){
		"what was approved is admitted and looked up, the rest is left where it is held": func(w *world) {
			names := w.grown(20)
			w.leave(names[:8]...)
			w.same("held", w.guard(standard).Held, int64(8))
			w.approve(7, "p0", "p1")
			w.next()
			w.planAll()
			w.same("verdict", w.guard(under(7)), store.Verdict{Admitted: 2, Doubted: 2})
			w.same("left out", w.number(`SELECT COUNT(*) FROM changes WHERE run_id = ? AND state = 'skipped' AND class = 'not-approved'`, w.claim.RunID), 6)
			w.same("window", w.number(`SELECT COUNT(*) FROM removals WHERE run_id = ?`, w.claim.RunID), 2)
		},
		"an approval is about a kind, and the account that it was": func(w *world) {
			names := w.grown(20)
			w.desire(names[0], `state = 'deleted'`)
			w.planAll()
			none := limits(func(l *store.Limits) { l.Always, l.Count = 0, 0 })
			w.same("held", w.guard(none).Held, int64(1))
			w.approve(7, names[0])
			w.next()
			w.set(`UPDATE accounts SET remote_id = 'another' WHERE user_id = ?`, w.userID(names[0]))
			w.planAll()
			w.same("verdict", w.guard(under(7)), store.Verdict{})
			w.same("plan", w.changes(), []string{"account.delete p0 skipped not-approved"})
		},
		"an approval that nobody gave admits nothing": func(w *world) {
			names := w.grown(20)
			w.leave(names[:2]...)
			w.same("verdict", w.guard(under(99)), store.Verdict{})
		},
		"what was approved and is not due any more is said so, once": func(w *world) {
			names := w.grown(20)
			w.leave(names[:8]...)
			w.guard(standard)
			w.approve(7, "p0", "p1")
			w.next()
			w.saveUsers(person("p0"))
			w.plan()
			w.guard(under(7))
			for range 2 {
				dropped, err := w.Store.DropStale(w.ctx, w.claim, w.target, 7)
				w.ok(err)
				w.same("dropped", dropped, int64(1))
			}
			w.same("said so", w.number(`SELECT COUNT(*) FROM changes WHERE run_id = ? AND user_id = ? AND state = 'skipped' AND class = 'no-longer-due'`, w.claim.RunID, w.userID("p0")), 1)
		},
		"a group that was approved to be replaced is": func(w *world) {
			w.team("eng", 1)
			w.settle()
			w.set(`UPDATE desired_groups SET name = 'Engineering', name_key = 'engineering'`)
			w.set(`UPDATE targets SET recreates = TRUE`)
			w.planAll()
			w.guard(standard)
			w.set(`UPDATE changes SET state = 'approved', approval_id = 7 WHERE state = 'held'`)
			w.next()
			w.planAll()
			w.guard(under(7))
			w.same("plan", w.changes(), []string{"group.replace eng planned"})
		},
		"a group is replaced under the name that was approved, and no other": func(w *world) {
			w.team("eng", 1)
			w.settle()
			w.set(`UPDATE targets SET recreates = TRUE`)
			w.set(`UPDATE desired_groups SET name = 'Engineering', name_key = 'engineering'`)
			w.planAll()
			w.guard(standard)
			w.set(`UPDATE changes SET state = 'approved', approval_id = 7 WHERE state = 'held'`)
			w.set(`UPDATE desired_groups SET name = 'Board', name_key = 'board'`)
			w.next()
			w.planAll()
			w.guard(under(7))
			w.same("plan", w.changes(), []string{"group.replace eng skipped not-approved"})
		},
		"what a person undid spares that removal the look-up, and no other of the same person": func(w *world) {
			w.team("eng", 3)
			w.team("ops", 1)
			w.settle()
			w.undid("eng0", "eng", "member", "in", "in")
			w.undid("eng1", "eng", "member", "out", "in")
			w.desire("eng0", `state = 'suspended', strip = TRUE`)
			w.desire("eng1", `state = 'suspended', strip = TRUE`)
			w.undid("ops0", "", "state", "active", "deactivated")
			w.desire("ops0", `state = 'suspended'`)
			w.desire("eng2", `state = 'suspended'`)
			w.undid("eng2", "", "state", "suspended", "active")
			w.set(`UPDATE accounts SET status = 'suspended' WHERE user_id IN (?, ?)`, w.userID("eng0"), w.userID("eng1"))
			w.planAll()
			w.guard(limits(func(l *store.Limits) { l.Override, l.Confirm = true, true }))
			w.same("plan", w.changes(), []string{"account.suspend eng2 planned", "account.suspend ops0 doubted", "membership.remove eng0 eng doubted", "membership.remove eng1 eng doubted"})
		},
	})
}

func quarantine(t *testing.T, open Open) {
	trip := func(w *world, after int) bool {
		w.Helper()
		now, err := w.Store.Trip(w.ctx, w.conn.ID, w.claim.RunID, after, w.now)
		w.ok(err)
		return now
	}
	since := func(w *world) time.Time {
		w.Helper()
		at, _, err := w.Store.Quarantined(w.ctx, w.conn.ID)
		w.ok(err)
		return at
	}
	trips := func(w *world) int { return w.number(`SELECT trips FROM connections WHERE id = ?`, w.conn.ID) }
	// run is one in which some more leave, and says how many runs have counted after it.
	run := func(w *world, leavers ...string) int {
		w.Helper()
		w.leave(leavers...)
		w.guard(standard)
		trip(w, 3)
		w.next()
		return trips(w)
	}
	// short is a run whose list of users is not believed.
	short := func(w *world, users int64) int {
		w.Helper()
		w.ok(w.Store.SaveProgress(w.ctx, w.claim, store.Progress{UsersRead: users, GroupsRead: 4}))
		w.ok(w.Store.Note(w.ctx, w.claim, store.Note{Code: store.CodeSourceShort, Text: "too short"}))
		trip(w, 3)
		w.next()
		return trips(w)
	}
	cases(t, open, map[string]func(w *world){
		"three runs that were stopped for something new end in quarantine, which is said once": func(w *world) {
			names := w.grown(40)
			said := 0
			for _, leavers := range [][]string{names[:6], names[6:7], names[7:8], nil} {
				w.leave(leavers...)
				w.guard(standard)
				for range 2 { // counted again, the same run counts nothing
					if trip(w, 3) {
						said++
					}
				}
				w.same("in quarantine", !since(w).IsZero(), trips(w) == 3)
				w.next()
			}
			w.same("said", said, 1)
			w.same("trips", trips(w), 3)
			w.same("since", since(w), w.now)
			w.allow()
			w.same("a good run does not end it", trip(w, 3), false)
			w.same("since", since(w), w.now)
		},
		"a plan that merely still waits is not counted again, nor does it begin the count anew": func(w *world) {
			names := w.grown(40)
			w.same("trips", []int{run(w, names[:6]...), run(w), run(w), run(w, names[6]), run(w), run(w)}, []int{1, 1, 1, 2, 2, 2})
			w.same("since", since(w).IsZero(), true)
		},
		"what is left of a plan that was decided in part is nothing new": func(w *world) {
			names := w.grown(40)
			w.same("trips", run(w, names[:8]...), 1)
			w.approve(7, names[0], names[1])
			w.set(`UPDATE desired_accounts SET state = 'kept' WHERE user_id IN (?, ?)`, w.userID(names[0]), w.userID(names[1]))
			w.same("trips", run(w), 1)
			w.set(`UPDATE changes SET state = 'rejected' WHERE state = 'held'`)
			w.same("trips, what was rejected being due again", run(w), 1)
		},
		"another plan of the same size is": func(w *world) {
			names := w.grown(40)
			w.same("trips", run(w, names[:6]...), 1)
			back := make([]directory.User, 6)
			for i, name := range names[:6] {
				back[i] = person(name)
			}
			w.saveUsers(back...)
			w.same("trips", run(w, names[6:12]...), 2)
		},
		"a list that is too short counts again when it has another length": func(w *world) {
			w.same("trips", []int{short(w, 60), short(w, 60), short(w, 59), short(w, 59)}, []int{1, 1, 2, 2})
			w.grown(20)
			trip(w, 3)
			w.same("trips after a good run", trips(w), 0)
			w.next()
			w.same("trips, as if there had been none", short(w, 59), 1)
		},
		"a run that was not stopped begins the count anew": func(w *world) {
			names := w.grown(40)
			w.same("trips", []int{run(w, names[:6]...), run(w, names[6])}, []int{1, 2})
			w.plan()
			w.allow()
			w.apply()
			trip(w, 3)
			w.next()
			w.same("trips after a good run", trips(w), 0)
			w.same("trips", run(w, names[7:30]...), 1)
			w.same("since", since(w).IsZero(), true)
		},
		"a good run of a connection that never tripped writes nothing": func(w *world) {
			w.same("commits", w.commitsOf(func() { trip(w, 3) }), int64(0))
		},
		"without a number there is no quarantine": func(w *world) {
			names := w.grown(40)
			for i := range 5 {
				w.leave(names[:6+i]...)
				w.guard(standard)
				w.same("quarantined", trip(w, 0), false)
				w.next()
			}
			w.same("since", since(w).IsZero(), true)
		},
		"in quarantine nothing is taken away, whoever lets removals through; an approval is carried out": func(w *world) {
			names := w.grown(20)
			w.leave(names[0], names[1])
			verdict := w.verdict(limits(func(l *store.Limits) { l.Quarantine, l.Override = true, true }))
			w.same("verdict", verdict, store.Verdict{Held: 2, Reasons: []store.HoldReason{{Kind: "account.suspend", Class: "quarantine", Rule: w.column(`SELECT rule FROM changes WHERE state = 'held'`)[0], Count: 2}}})
			tripped, err := w.Store.Tripped(w.ctx, w.claim.RunID)
			w.ok(err)
			w.same("the quarantine does not count as a stop", tripped, false)
			w.approve(7, "p0")
			w.next()
			w.planAll()
			w.same("verdict", w.guard(limits(func(l *store.Limits) { l.Quarantine, l.Approval = true, 7 })), store.Verdict{Admitted: 1})
		},
		"a run that the guard stopped has tripped": func(w *world) {
			names := w.grown(20)
			w.leave(names[:8]...)
			before, err := w.Store.Tripped(w.ctx, w.claim.RunID)
			w.ok(err)
			w.guard(standard)
			after, err := w.Store.Tripped(w.ctx, w.claim.RunID)
			w.ok(err)
			w.same("tripped", []bool{before, after}, []bool{false, true})
		},
		"a person ends it, which is recorded": func(w *world) {
			names := w.grown(40)
			w.leave(names[:6]...)
			w.guard(standard)
			w.same("quarantined", trip(w, 1), true)
			w.next()
			for _, want := range []bool{true, false} {
				released, err := w.Store.ReleaseQuarantine(w.ctx, w.conn.ID, store.Who{Name: "ada"}, w.now)
				w.ok(err)
				w.same("released", released, want)
			}
			w.same("since", since(w).IsZero(), true)
			w.same("recorded", w.column(`SELECT what || ' ' || who FROM actions`), []string{"quarantine.release ada"})
			w.same("the count begins anew", []int{run(w), run(w, names[6])}, []int{0, 1})
		},
	})
}

func floors(t *testing.T, open Open) {
	for name, c := range map[string]struct {
		floor         store.SourceFloor
		earlier       []int64
		users, groups int64
		want          string
	}{
		"nothing is said of a first list":                      {store.SourceFloor{Drop: 0.3}, nil, 0, 0, ""},
		"a list of the usual length is believed":               {store.SourceFloor{Drop: 0.3}, []int64{100, 101, 99}, 98, 4, ""},
		"a list that lacks too many is not":                    {store.SourceFloor{Drop: 0.3}, []int64{100, 100, 100}, 60, 4, "users has 60"},
		"a list that lacks just the share is":                  {store.SourceFloor{Drop: 0.3}, []int64{100, 100, 100}, 70, 4, ""},
		"a few are never too many":                             {store.SourceFloor{Drop: 0.3}, []int64{8}, 3, 4, ""},
		"nobody is, however few there were":                    {store.SourceFloor{Drop: 0.3}, []int64{3}, 0, 4, "users has 0"},
		"one odd list among the last does not set the measure": {store.SourceFloor{Drop: 0.3}, []int64{100, 100, 1000, 100, 100}, 80, 4, ""},
		"no limit is none":                                     {store.SourceFloor{Drop: 1}, []int64{100}, 0, 0, ""},
		"fewer users than the least are too few":               {store.SourceFloor{Users: 50, Drop: 1}, nil, 49, 4, "minimum_users"},
		"fewer groups than the least are too few":              {store.SourceFloor{Groups: 5, Drop: 1}, nil, 50, 4, "minimum_groups"},
		"a list without groups is too short where some were":   {store.SourceFloor{Drop: 0.3}, []int64{100}, 100, 0, "groups has 0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, open)
			for _, n := range c.earlier {
				w.ok(w.Store.SaveProgress(w.ctx, w.claim, store.Progress{UsersRead: n, GroupsRead: 4, Complete: true}))
				w.next()
			}
			why, err := w.Store.SourceBelow(w.ctx, w.claim, c.floor, c.users, c.groups)
			w.ok(err)
			if (why == "") != (c.want == "") || !strings.Contains(why, c.want) {
				t.Errorf("why %q, want %q", why, c.want)
			}
		})
	}
	cases(t, open, map[string]func(w *world){
		"a list that a person let through is believed, and lists before it do not count any more": func(w *world) {
			floor := store.SourceFloor{Drop: 0.3}
			list := func(n int64) string {
				w.Helper()
				why, err := w.Store.SourceBelow(w.ctx, w.claim, floor, n, 4)
				w.ok(err)
				w.ok(w.Store.SaveProgress(w.ctx, w.claim, store.Progress{UsersRead: n, GroupsRead: 4, Complete: why == ""}))
				w.ok(w.Store.Finish(w.ctx, w.claim, "done", "", true, w.now))
				w.begin()
				return why
			}
			for range 3 {
				w.same("why", list(100), "")
			}
			w.same("too short", list(20) != "", true)
			w.same("too short again", list(20) != "", true)
			w.set(`UPDATE runs SET allow_removals = TRUE WHERE id = ?`, w.claim.RunID)
			w.same("let through", list(20), "")
			w.same("believed from now on", list(20), "")
		},
		"what rests on a list that is too short is held, what a status says is not": func(w *world) {
			w.team("eng", 8)
			w.settle()
			w.saveUsers(with(person("eng0"), func(u *directory.User) { u.Status = directory.StatusDeprovisioned }))
			w.saveMembers("eng", "eng1", "eng2", "eng3", "eng4", "eng5", "eng6")
			w.ok(w.Store.Note(w.ctx, w.claim, store.Note{Code: store.CodeSourceShort, Text: "too short"}))
			w.plan()
			w.guard(standard)
			w.same("held", w.column(`SELECT kind || ' ' || class FROM changes WHERE run_id = ? AND state = 'held'`, w.claim.RunID), []string{"membership.remove source-too-small"})
			w.same("admitted", w.number(`SELECT COUNT(*) FROM changes WHERE run_id = ? AND kind = 'account.suspend' AND state = 'planned'`, w.claim.RunID), 1)
			tripped, err := w.Store.Tripped(w.ctx, w.claim.RunID)
			w.ok(err)
			w.same("tripped", tripped, true)
		},
		"a source whose clock shows less than before is read in full next time": func(w *world) {
			w.ok(w.Store.ReadDone(w.ctx, w.claim, true, w.now, w.now, false))
			w.next()
			back, err := w.Store.ClockWentBack(w.ctx, w.conn.ID, w.now.Add(-2*time.Hour))
			w.ok(err)
			w.same("back", back, 2*time.Hour)
			w.ok(w.Store.ReadDone(w.ctx, w.claim, false, w.now.Add(-2*time.Hour), w.now, false))
			w.ok(w.Store.Finish(w.ctx, w.claim, "done", "", true, w.now))
			w.same("full", w.begin().Full, true)
		},
		"what was read while the source's clock was ahead is not newer than what is read once it is right": func(w *world) {
			right := w.now
			w.now = right.Add(2 * time.Hour)
			w.saveUsers(with(person("ada"), func(u *directory.User) { u.LastUpdated = w.now }))
			w.saveGroups(team("eng"))
			w.ok(w.Store.ReadDone(w.ctx, w.claim, true, w.now, w.now, false))
			w.now = right.Add(time.Minute)
			left := with(person("ada"), func(u *directory.User) { u.Status, u.LastUpdated = directory.StatusDeprovisioned, w.now })
			w.saveUsers(left)
			w.same("passed for older", w.column(`SELECT status FROM users`), []string{"active"})
			w.ok(w.Store.ReadDone(w.ctx, w.claim, false, w.now, w.now, false))
			w.next()
			w.saveUsers(left)
			w.same("believed", w.column(`SELECT status FROM users`), []string{"deprovisioned"})
		},
		"a second or two are the grain of the source's clock": func(w *world) {
			w.ok(w.Store.ReadDone(w.ctx, w.claim, true, w.now, w.now, false))
			w.next()
			back, err := w.Store.ClockWentBack(w.ctx, w.conn.ID, w.now.Add(-time.Second))
			w.ok(err)
			w.same("back", back, time.Duration(0))
			w.ok(w.Store.ReadDone(w.ctx, w.claim, false, w.now.Add(-time.Second), w.now, false))
			w.ok(w.Store.Finish(w.ctx, w.claim, "done", "", true, w.now))
			w.same("full", w.begin().Full, false)
		},
	})
}

func identities(t *testing.T, open Open) {
	cases(t, open, map[string]func(w *world){
		"the first organisation is learnt, another one is an error, unless a person accepts it": func(w *world) {
			learn := func(identity string) error { return w.Store.LearnSource(w.ctx, w.conn.ID, identity) }
			w.ok(learn("a.okta.com"))
			w.ok(learn("a.okta.com"))
			w.ok(learn(""))
			var changed *store.SourceChangedError
			if err := learn("b.okta.com"); !errors.As(err, &changed) || *changed != (store.SourceChangedError{Connection: "staff", Was: "a.okta.com", Is: "b.okta.com"}) {
				w.Fatalf("another organisation: %v", err)
			}
			w.ok(w.Store.AcceptSource(w.ctx, w.conn.ID, "b.okta.com", store.Who{Name: "ada", Verified: true}, w.now))
			w.ok(learn("b.okta.com"))
			w.same("recorded", w.column(`SELECT what || ' ' || who FROM actions`), []string{"source.accept ada"})
			if err := w.Store.AcceptSource(w.ctx, 4711, "b.okta.com", store.Who{}, w.now); !errors.Is(err, store.ErrNotFound) {
				w.Errorf("a connection that is unknown: %v", err)
			}
		},
	})
}

// guardAll does what the guard does beside its limits, for looking at the
// statements that this takes.
func (w *world) guardAll() {
	w.Helper()
	_, err := w.Store.PlanTarget(w.ctx, w.claim, w.target, true)
	w.ok(err)
	w.guard(limits(func(l *store.Limits) { l.Approval, l.Confirm = 7, true }))
	_, err = w.Store.DropStale(w.ctx, w.claim, w.target, 7)
	w.ok(err)
	_, err = w.Store.SourceBelow(w.ctx, w.claim, store.SourceFloor{Drop: 0.3}, 1, 1)
	w.ok(err)
	_, err = w.Store.Tripped(w.ctx, w.claim.RunID)
	w.ok(err)
	w.ok(w.Store.Note(w.ctx, w.claim, store.Note{Code: store.CodeSourceShort, Text: "too short"}))
	for _, run := range []int64{w.claim.RunID, w.claim.RunID + 1} { // stopped, then not
		_, err = w.Store.Trip(w.ctx, w.conn.ID, run, 2, w.now)
		w.ok(err)
	}
	w.set(`DELETE FROM notes WHERE code = ?`, store.CodeSourceShort)
	_, _, err = w.Store.Quarantined(w.ctx, w.conn.ID)
	w.ok(err)
	_, err = w.Store.ReleaseQuarantine(w.ctx, w.conn.ID, store.Who{}, w.now)
	w.ok(err)
	w.ok(w.Store.LearnSource(w.ctx, w.conn.ID, "a.okta.com"))
	w.ok(w.Store.AcceptSource(w.ctx, w.conn.ID, "b.okta.com", store.Who{}, w.now))
	_, err = w.Store.ClockWentBack(w.ctx, w.conn.ID, w.now)
	w.ok(err)
	_, err = w.Store.KnownGroups(w.ctx, w.conn.ID, w.target, map[string]bool{"00g-eng": true})
	w.ok(err)
	_, err = w.Store.Waiters(w.ctx, w.target, 10)
	w.ok(err)
	users, groups := []int64{w.userID("eng0")}, []int64{w.groupID("eng")}
	plan, err := w.Store.PlanSubjects(w.ctx, w.claim, w.target, users, groups)
	w.ok(err)
	for _, stage := range directory.Stages {
		_, err = w.Store.DueSubjects(w.ctx, w.claim.RunID, w.target, stage, users, groups)
		w.ok(err)
		_, _, err = w.Store.BatchSubjects(w.ctx, w.claim.RunID, w.target, stage, store.Range{To: 9})
		w.ok(err)
	}
	_, err = w.Store.SubjectChanges(w.ctx, w.claim.RunID, w.target, users, groups, plan.From)
	w.ok(err)
	w.record(store.Outcome{UserID: users[0], State: directory.Waiting, Class: directory.ClassSeat},
		store.Outcome{GroupID: groups[0], State: directory.Applied, LeftForeign: "nobody"},
		store.Outcome{UserID: users[0], State: directory.Applied, Gone: true})
}
