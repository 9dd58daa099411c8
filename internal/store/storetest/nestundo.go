package storetest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// takeBack undoes a run for groups, and returns the changes that this took.
func (w *nestWorld) takeBack(runID int64) []string {
	w.Helper()
	w.runs++
	claim, _, err := w.Store.BeginSubjects(w.ctx, store.SubjectsRequest{ConnectionID: w.conn, WorkflowID: fmt.Sprintf("subjects/staff/%d", w.runs), Execution: "e", Trigger: "undo", Undoes: runID}, w.now)
	w.ok(err)
	_, groups, err := w.Store.BeginUndo(w.ctx, claim, runID, nil, w.now)
	w.ok(err)
	_, again, err := w.Store.BeginUndo(w.ctx, claim, runID, nil, w.now)
	w.ok(err)
	w.same("begun again", again, groups)
	if len(groups) > 0 {
		w.ok(w.Store.DecideSubjects(w.ctx, claim, []store.TargetDecider{w.decider()}, nil, groups, store.Want{}, w.now))
		_, err = w.Store.PlanSubjects(w.ctx, claim, w.target, nil, groups)
		w.ok(err)
		_, err = w.Store.Guard(w.ctx, claim, w.target, roomy, w.now)
		w.ok(err)
	}
	w.applying = claim
	for _, stage := range directory.Stages {
		due, err := w.Store.DueSubjects(w.ctx, claim.RunID, w.target, stage, nil, groups)
		w.ok(err)
		outcomes := make([]store.Outcome, len(due))
		for i, d := range due {
			outcomes[i] = w.outcome(d)
		}
		w.ok(w.Store.Record(w.ctx, claim, w.target, identity, outcomes, w.now))
	}
	w.ok(w.Store.FinishPush(w.ctx, claim, "done", "", w.now))
	w.claim = claim
	return w.planned()
}

// couldUndo is the preview of an undo, of groups alone.
func (w *nestWorld) couldUndo(runID int64) []string {
	w.Helper()
	var all []string
	for item, err := range w.Store.UndoPreview(w.ctx, runID, nil) {
		w.ok(err)
		if item.UserID != 0 || item.Kind == directory.CreateGroup {
			continue
		}
		words := []string{string(item.Kind)}
		for _, word := range []string{item.Group, item.Outer, item.Scope, string(item.Reverse), string(item.Class)} {
			if word != "" {
				words = append(words, word)
			}
		}
		all = append(all, strings.Join(words, " "))
	}
	return all
}

func nestingsUndone(t *testing.T, open Open) {
	nestCases(t, open, map[string]func(w *nestWorld){
		"a group that was put in another is taken out, stays out, and nobody is put in one by one": func(w *nestWorld) {
			inner, outer := w.team("inner", w.joins("ada")), w.team("outer", w.joins("bob"))
			w.settle()
			w.into(outer, inner)
			w.planAll()
			w.carryOut(standard)
			run := w.claim.RunID
			w.end()
			w.same("preview", w.couldUndo(run), []string{"nesting.add inner outer nesting.remove"})
			w.same("undone", w.takeBack(run), []string{"nesting.remove inner outer applied"})
			w.same("groups in groups", w.nestingsThere(), []string(nil))
			w.same("then", w.planAll(), []string(nil))
			w.end()
			w.same("members", w.membersThere(), []string{"ada in inner", "bob in outer"})
			w.same("preview of what was undone", w.couldUndo(run), []string{"nesting.add inner outer changed-since"})
			w.outOf(outer, inner)
			w.settle()
			w.into(outer, inner)
			w.settle()
			w.same("once the source has said something else", w.nestingsThere(), []string{"inner in outer"})
		},
		"what was undone is listed, and released by a person": func(w *nestWorld) {
			inner, outer := w.team("inner", w.joins("ada")), w.team("outer", w.joins("bob"))
			w.settle()
			w.into(outer, inner)
			w.planAll()
			w.carryOut(standard)
			run := w.claim.RunID
			w.end()
			w.takeBack(run)
			var listed []string
			for o, err := range w.Store.Overrides(w.ctx, store.OverrideFilter{Connection: "staff"}) {
				w.ok(err)
				listed = append(listed, fmt.Sprintf("%s of %s in %s: %s", o.What, o.Group, o.Outer, o.Value))
			}
			w.same("listed", listed, []string{"nesting of inner in outer: out"})
			for _, want := range []int64{1, 0} {
				n, err := w.Store.ReleaseOverrides(w.ctx, store.OverrideFilter{RunID: w.claim.RunID}, oscar, w.now)
				w.ok(err)
				w.same("released", n, want)
			}
			w.same("planned", w.planAll(), []string{"nesting.add inner outer planned"})
		},
		"a group that was taken out is put in again": func(w *nestWorld) {
			inner := w.team("inner", w.joins("ada"))
			outer := w.team("outer", inner, w.joins("bob"))
			w.settle()
			w.outOf(outer, inner)
			w.planAll()
			w.carryOut(standard)
			run := w.claim.RunID
			w.end()
			w.same("preview", w.couldUndo(run), []string{"nesting.remove inner outer nesting.add"})
			w.same("undone", w.takeBack(run), []string{"nesting.add inner outer applied"})
			w.same("then", w.planAll(), []string(nil))
			w.same("groups in groups", w.nestingsThere(), []string{"inner in outer"})
		},
	})
}
