package storetest

import (
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

func doubts(t *testing.T, open Open) {
	presence := `SELECT presence || ' ' || status FROM users WHERE source_id = '00u-p0'`
	cases(t, open, map[string]func(w *world){
		"a doubt says whom to ask about, and why": func(w *world) {
			w.missing()
			doubts, err := w.Store.Doubts(w.ctx, w.claim.RunID, w.target, 10)
			w.ok(err)
			if len(doubts) != 1 {
				w.Fatalf("doubts %+v", doubts)
			}
			doubts[0].ChangeID = 0
			w.same("doubt", doubts[0], store.Doubt{Kind: "account.suspend", UserID: w.userID("p0"), TargetID: w.target, Target: "cloud", UserSourceID: "00u-p0", Reason: doubts[0].Reason})
		},
		"somebody who is not there is gone, and suspended": func(w *world) {
			w.missing()
			w.look(func(s *store.Settled) { s.Confirmed = true })
			w.same("plan", w.changes(), []string{"account.suspend p0 planned"})
			w.same("evidence", w.column(`SELECT evidence FROM changes WHERE run_id = ?`, w.claim.RunID), []string{"explicit"})
			w.same("user", w.column(presence), []string{"gone active"})
		},
		"somebody who has left is stored as found, and suspended": func(w *world) {
			w.missing()
			left := with(person("p0"), func(u *directory.User) { u.Status = directory.StatusDeprovisioned })
			w.look(func(s *store.Settled) { s.Confirmed, s.User = true, &left })
			w.same("plan", w.changes(), []string{"account.suspend p0 planned"})
			w.same("user", w.column(presence), []string{"present deprovisioned"})
		},
		"somebody who is there stays, is stored as found, and does not count in the window": func(w *world) {
			w.missing()
			w.same("window before", w.number(`SELECT COUNT(*) FROM removals`), 1)
			there := person("p0")
			w.look(func(s *store.Settled) { s.Class, s.User = directory.ClassStillThere, &there })
			w.same("plan", w.changes(), []string{"account.suspend p0 contradicted still-there"})
			w.same("user", w.column(presence), []string{"present active"})
			w.same("window", w.number(`SELECT COUNT(*) FROM removals`), 0)
			w.next()
			w.same("the next plan", w.plan(), store.PlanCounts{})
		},
		"somebody who is not there, and for whom that asks for nothing yet, is gone from then on": func(w *world) {
			w.missing()
			w.look(func(s *store.Settled) { s.Class = directory.ClassStillThere })
			w.same("plan", w.changes(), []string{"account.suspend p0 contradicted still-there"})
			w.same("user", w.column(presence), []string{"gone active"})
			w.next()
			w.decide()
			w.same("reason", w.desired("p0", "reason"), "deleted")
		},
		"what could not be looked up is held and begins again": func(w *world) {
			w.missing()
			w.look(func(s *store.Settled) { s.Class = directory.ClassUnconfirmed })
			w.same("plan", w.changes(), []string{"account.suspend p0 held unconfirmed"})
			w.same("window", w.number(`SELECT COUNT(*) FROM removals`), 0)
			w.next()
			w.plan()
			w.same("the next plan", w.changes(), []string{"account.suspend p0 unguarded"})
		},
		"an answer that comes twice counts once": func(w *world) {
			w.missing()
			doubts, err := w.Store.Doubts(w.ctx, w.claim.RunID, w.target, 10)
			w.ok(err)
			w.ok(w.Store.Settle(w.ctx, w.claim, []store.Settled{{Doubt: doubts[0], Confirmed: true}}, w.now))
			w.ok(w.Store.Settle(w.ctx, w.claim, []store.Settled{{Doubt: doubts[0], Class: directory.ClassStillThere}}, w.now))
			w.same("plan", w.changes(), []string{"account.suspend p0 planned"})
			w.same("window", w.number(`SELECT COUNT(*) FROM removals`), 1)
		},
		"a membership that is gone is forgotten and removed": func(w *world) {
			w.shrunk()
			w.look(func(s *store.Settled) { s.Confirmed = true })
			w.same("plan", w.changes(), []string{"membership.remove eng2 eng planned"})
			w.apply()
			w.same("memberships", w.number(`SELECT COUNT(*) FROM memberships`), 2)
			w.same("target memberships", w.number(`SELECT COUNT(*) FROM target_memberships`), 2)
		},
		"a membership that is there is kept, and the list that lacked it is not believed again": func(w *world) {
			w.shrunk()
			w.look(func(s *store.Settled) { s.Class, s.In = directory.ClassStillThere, []int64{s.GroupID} })
			w.same("absent", w.number(`SELECT COUNT(*) FROM memberships WHERE absent`), 0)
			w.same("due", w.due(), []string{"00g-eng"})
			w.next()
			w.same("plan", w.plan(), store.PlanCounts{})
			// Now it is true: the same list means it this time.
			w.same("saved", w.saveMembers("eng", "eng0", "eng1"), store.MembersSaved{Missing: 1})
		},
		"a group that was missing is there when a look-up finds somebody in it": func(w *world) {
			w.team("eng", 1)
			w.team("ops", 2)
			w.settle()
			for _, name := range []string{"ops"} {
				saved := w.saveGroups(team(name))
				w.ok(w.Store.SaveSeen(w.ctx, w.claim, "groups", "0", saved.IDs))
			}
			n, err := w.Store.MarkAbsentGroups(w.ctx, w.claim)
			w.ok(err)
			w.same("marked", n, 1)
			w.plan()
			w.same("verdict", w.guard(standard), store.Verdict{Admitted: 1, Doubted: 1})
			w.look(func(s *store.Settled) { s.Class, s.In = directory.ClassStillThere, []int64{s.GroupID} })
			w.same("presence", w.column(`SELECT DISTINCT presence FROM groups`), []string{"present"})
			w.next()
			w.plan()
			w.same("plan", w.changes(), []string(nil))
		},
		"a membership of a group that is not selected is removed and remembered": func(w *world) {
			w.team("eng", 1)
			w.settle()
			w.ok(w.Store.MarkUnselected(w.ctx, w.claim, []string{"00g-eng"}))
			w.plan()
			w.guard(standard)
			w.look(func(s *store.Settled) {
				w.same("unselected", s.Unselected, true)
				s.Confirmed = true
			})
			w.apply()
			w.same("memberships", w.number(`SELECT COUNT(*) FROM memberships WHERE NOT absent`), 1)
			w.same("target memberships", w.number(`SELECT COUNT(*) FROM target_memberships`), 0)
			w.next()
			w.saveGroups(team("eng"))
			w.plan()
			w.same("plan once it is selected again", w.changes(), []string{"membership.add eng0 eng planned"})
		},
		"somebody who is in no selected group is doubted for that": func(w *world) {
			w.scope.MembersOnly = true
			w.team("eng", 3)
			w.settle()
			w.saveMembers("eng", "eng0", "eng1")
			w.plan()
			w.guard(standard)
			there := person("eng2")
			w.look(func(s *store.Settled) { s.Confirmed, s.User = true, &there })
			w.same("plan", w.changes(), []string{"account.suspend eng2 planned"})
			w.same("presence", w.column(`SELECT presence FROM users WHERE source_id = '00u-eng2'`), []string{"present"})
		},
		"what the source says explicitly is not doubted": func(w *world) {
			w.grown(3)
			w.leave("p0")
			w.same("verdict", w.guard(standard), store.Verdict{Admitted: 1})
		},
		"where every removal is to be confirmed, what a status says is looked up too": func(w *world) {
			w.grown(3)
			w.leave("p0")
			w.same("verdict", w.guard(limits(func(l *store.Limits) { l.Confirm = true })), store.Verdict{Admitted: 1, Doubted: 1})
			left := with(person("p0"), func(u *directory.User) { u.Status = directory.StatusDeprovisioned })
			w.look(func(s *store.Settled) { s.Confirmed, s.User = true, &left })
			w.same("plan", w.changes(), []string{"account.suspend p0 planned"})
		},
		"what a person undid is not looked up": func(w *world) {
			w.grown(3)
			w.leave("p0")
			_, err := w.SQL.ExecContext(w.ctx, w.SQL.Rebind(`INSERT INTO overrides (target_id, user_id, group_id, what, value, basis, run_id, created_at) VALUES (?, ?, 0, 'state', 'suspended', 'active', 1, 1)`), w.target, w.userID("p0"))
			w.ok(err)
			w.same("verdict", w.guard(limits(func(l *store.Limits) { l.Confirm = true })), store.Verdict{Admitted: 1})
		},
		"what is held unconfirmed keeps the evidence that it had": func(w *world) {
			w.grown(3)
			w.leave("p0")
			w.guard(limits(func(l *store.Limits) { l.Confirm = true }))
			w.look(func(s *store.Settled) { s.Class = directory.ClassUnconfirmed })
			w.same("evidence", w.column(`SELECT evidence FROM changes WHERE state = 'held'`), []string{"explicit"})
		},
		"a group says where its members belong in a target": func(w *world) {
			w.saveGroups(team("eng"), team("ops"))
			w.decide()
			w.ok(w.Store.MarkUnselected(w.ctx, w.claim, []string{"00g-ops"}))
			got, err := w.Store.KnownGroups(w.ctx, w.conn.ID, w.target, map[string]bool{"00g-eng": true, "00g-ops": true, "00g-unknown": true})
			w.ok(err)
			if len(got) != 2 || got[0].Presence != directory.Present || got[0].Into != got[0].ID || got[1].Presence != directory.Unselected {
				w.Errorf("known groups %+v", got)
			}
		},
	})
}

// missing is a world of three, where p0 was not in a complete list and the guard has admitted that.
func (w *world) missing() {
	w.Helper()
	w.grown(3)
	w.now = w.now.Add(time.Hour)
	seen := w.saveUsers(person("p1"), person("p2"))
	w.ok(w.Store.SaveSeen(w.ctx, w.claim, "users", "0", seen.IDs))
	n, err := w.Store.MarkAbsentUsers(w.ctx, w.claim)
	w.ok(err)
	w.same("marked", n, 1)
	w.plan()
	w.same("verdict", w.guard(standard), store.Verdict{Admitted: 1, Doubted: 1})
}

// shrunk is a group of three whose list lacked eng2.
func (w *world) shrunk() {
	w.Helper()
	w.team("eng", 3)
	w.settle()
	w.saveMembers("eng", "eng0", "eng1")
	w.plan()
	w.same("verdict", w.guard(standard), store.Verdict{Admitted: 1, Doubted: 1})
}
