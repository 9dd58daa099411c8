package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// pageSize is how many users Okta returns a page.
const pageSize = 200

// Measure reports how many seconds each stage of a run takes over people who
// are in two groups each: when all is new, when nothing has changed, and when
// one in a hundred has.
func Measure(b *testing.B, db Database, people, groups int) {
	w := newWorld(b, func(testing.TB, ...store.Option) Database { return db })
	stage := func(name string, do func()) {
		begun := time.Now()
		do()
		b.ReportMetric(time.Since(begun).Seconds(), name)
	}
	everybody := make([]directory.User, people)
	inGroup := make([][]string, groups)
	for i := range everybody {
		name := fmt.Sprintf("p%d", i)
		everybody[i] = person(name)
		for _, g := range []int{i % groups, (i/groups + i + 1) % groups} {
			inGroup[g] = append(inGroup[g], "00u-"+name)
		}
	}
	teams := make([]directory.Group, groups)
	for i := range teams {
		teams[i] = team(fmt.Sprintf("g%d", i))
	}
	saveUsers := func() {
		for i := 0; i < len(everybody); i += pageSize {
			w.saveUsers(everybody[i:min(i+pageSize, len(everybody))]...)
		}
	}
	saveMembers := func() {
		for i, ref := range w.toRead(true, groups) {
			_, err := w.Store.SaveMembers(w.ctx, w.claim, ref, inGroup[i])
			w.ok(err)
		}
	}
	finish := func() { w.next() }
	planFull := func() {
		_, err := w.Store.PlanTarget(w.ctx, w.claim, w.target, true)
		w.ok(err)
	}
	planDirty := func() {
		_, err := w.Store.PlanTarget(w.ctx, w.claim, w.target, false)
		w.ok(err)
	}

	stage("s/new-users", saveUsers)
	w.saveGroups(teams...)
	stage("s/new-members", saveMembers)
	stage("s/new-decide", w.decide)
	stage("s/new-plan", planDirty)
	stage("s/new-guard", func() { w.guard(standard) })
	stage("s/new-batches", func() { w.batches(-1, pageSize, 501) })
	stage("s/new-record", func() {
		for _, st := range directory.Stages {
			ranges, err := w.Store.Batches(w.ctx, w.claim.RunID, w.target, st, -1, pageSize, 10_000)
			w.ok(err)
			for _, r := range ranges {
				due, err := w.Store.DueBatch(w.ctx, w.claim.RunID, w.target, st, r)
				w.ok(err)
				outcomes := make([]store.Outcome, len(due))
				for i, d := range due {
					outcomes[i] = done(d)
				}
				w.record(outcomes...)
			}
		}
	})
	stage("s/new-finish", finish)

	stage("s/same-users", saveUsers)
	stage("s/same-members", saveMembers)
	stage("s/same-decide", w.decide)
	stage("s/same-plan", planDirty)
	stage("s/same-plan-full", planFull)
	stage("s/same-finish", finish)

	for i := 0; i < people; i += 100 {
		everybody[i].DisplayName += " B"
	}
	stage("s/some-users", saveUsers)
	stage("s/some-decide", w.decide)
	stage("s/some-plan", planDirty)
	w.same("changes of one in a hundred", w.number(`SELECT COUNT(*) FROM changes WHERE run_id = ?`, w.claim.RunID), people/100)

	_, err := w.SQL.ExecContext(w.ctx, `UPDATE desired_accounts SET state = 'suspended', evidence = 'absence'`)
	w.ok(err)
	stage("s/gone-plan-full", planFull)
	stage("s/gone-guard", func() { w.same("verdict", w.guard(standard), store.Verdict{Held: int64(people)}) })
}
