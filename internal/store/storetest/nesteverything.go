package storetest

import (
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// RunAllNested does on a database all that groups in groups and permissions of
// groups take: pushed, decided, planned in full and in part, guarded, applied,
// observed, undone and lost.
func RunAllNested(t testing.TB, db Database) {
	t.Helper()
	w := newNestWorld(newPushWorld(t, func(testing.TB, ...store.Option) Database { return db }))
	w.settings.Renames = true
	w.permit("outer: project ABC: write", "shared: project ABC: read")
	ada, bob := w.joins("ada"), w.joins("bob")
	inner := w.team("inner", ada)
	middle := w.team("middle", inner)
	outer := w.team("outer", middle, bob)
	w.into(middle, outer)
	w.share("middle")
	w.settle()
	w.taken = []string{"taken"}
	cyd := w.joins("cyd")
	w.into(outer, w.team("taken", cyd))
	w.pullAll()
	shard := w.begin(2)
	waiting, _ := w.push(shard, cyd)
	w.planAll()
	w.carryOut(standard)
	w.end()
	w.into(inner, cyd)
	w.settleWaiting(shard, cyd, waiting)
	_, err := w.Store.Subject(w.ctx, "staff", waiting[0])
	w.ok(err)
	w.taken, w.refusing = nil, []string{"taken in outer"}
	for range 3 {
		w.planAll()
		w.carryOut(standard)
		w.end()
	}
	w.refusing, w.full = nil, true
	for range 2 {
		w.planAll()
		w.carryOut(standard)
		w.end()
	}
	w.full = false
	w.claim = w.sync()
	made := w.runOf(directory.PermitGroup)
	for _, name := range []string{"outer", "inner"} {
		w.ok(w.Store.ObserveSubgroups(w.ctx, w.claim, w.target, w.groupOf(name), []string{w.remoteOf("inner"), "grp-unknown"}))
		w.ok(w.Store.ObserveSubgroups(w.ctx, w.claim, w.target, w.groupOf(name), nil))
	}
	scopes, err := w.Store.PermittedScopes(w.ctx, w.target, []int64{w.groupOf("outer")})
	w.ok(err)
	for _, held := range [][]directory.Permission{{{Scope: "project ABC", Level: "admin"}}, nil} {
		w.ok(w.Store.ObservePermissions(w.ctx, w.claim, w.target, w.groupOf("outer"), scopes[w.groupOf("outer")], held))
	}
	w.ok(w.Store.Record(w.ctx, w.claim, w.target, identity, []store.Outcome{{GroupID: w.groupOf("inner"), State: directory.Skipped, Unsure: w.groupOf("outer"), NotInside: w.groupOf("middle")}}, w.now))
	w.planRun()
	_, err = w.Store.PlanTarget(w.ctx, w.claim, w.target, true)
	w.ok(err)
	w.carryOut(standard)
	w.end()
	w.couldUndo(made)
	w.takeBack(made)
	for _, err := range w.Store.Overrides(w.ctx, store.OverrideFilter{RunID: w.claim.RunID}) {
		w.ok(err)
	}
	_, err = w.Store.ReleaseOverrides(w.ctx, store.OverrideFilter{RunID: w.claim.RunID}, oscar, w.now)
	w.ok(err)
	for _, err := range w.Store.Overrides(w.ctx, store.OverrideFilter{}) {
		w.ok(err)
	}
	var user int64
	w.ok(w.SQL.GetContext(w.ctx, &user, `SELECT MIN(id) FROM users`))
	_, err = w.Store.Subject(w.ctx, "staff", user)
	w.ok(err)
	w.settings.Additive, w.settings.Nests = false, false
	w.share()
	w.planAll()
	w.carryOut(roomy)
	w.end()
	w.settings.Nests = true
	w.configure()
	w.planAll()
	w.carryOut(standard)
	w.ok(w.Store.DropGroupLink(w.ctx, w.claim, w.target, store.Link{Subject: w.groupOf("outer"), RemoteID: "x", Name: "outer"}, w.now))
	w.end()
	w.planAll()
	w.carryOut(standard)
	w.end()
	w.outOf(outer, bob)
	w.leaves(w.group, middle)
	w.pullAll()
	c := w.begin(1)
	users, groups := w.pull(c, inner, outer)
	w.ok(w.Store.DecideSubjects(w.ctx, c, []store.TargetDecider{w.decider()}, users, groups, store.Want{}, w.now))
	w.plan(c, users, groups)
	w.plan(c, users, groups)
}

// runOf is the first run with a change of a kind.
func (w *nestWorld) runOf(kind directory.Kind) int64 {
	w.Helper()
	var run int64
	w.ok(w.SQL.GetContext(w.ctx, &run, w.SQL.Rebind(`SELECT MIN(run_id) FROM changes WHERE kind = ?`), string(kind)))
	return run
}
