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

// undoing is the preview of an undo: kind, subject, and what becomes of it.
func (w *world) undoing(runID int64, users ...int64) []string {
	w.Helper()
	var all []string
	for item, err := range w.Store.UndoPreview(w.ctx, runID, users) {
		w.ok(err)
		words := []string{string(item.Kind)}
		for _, word := range []string{strings.TrimSuffix(item.User, "@example.com"), item.Group, string(item.Reverse), string(item.Class)} {
			if word != "" {
				words = append(words, word)
			}
		}
		all = append(all, strings.Join(words, " "))
	}
	return all
}

// undo takes back what a run did, as the run of a request does, and returns the
// changes that this took.
func (w *world) undo(runID int64, users ...int64) []string {
	w.Helper()
	w.runs++
	claim, _, err := w.Store.BeginSubjects(w.ctx, store.SubjectsRequest{ConnectionID: w.conn.ID, WorkflowID: fmt.Sprintf("subjects/staff/%d", w.runs), Execution: "e", Trigger: "undo", Undoes: runID}, w.now)
	w.ok(err)
	about, _, err := w.Store.BeginUndo(w.ctx, claim, runID, users, w.now)
	w.ok(err)
	again, _, err := w.Store.BeginUndo(w.ctx, claim, runID, users, w.now)
	w.ok(err)
	w.same("begun again", again, about)
	if len(about) > 0 {
		w.ok(w.Store.DecideSubjects(w.ctx, claim, []store.TargetDecider{w.decider()}, about, nil, store.Want{}, w.now))
		_, err = w.Store.PlanSubjects(w.ctx, claim, w.target, about, nil)
		w.ok(err)
		_, err = w.Store.Guard(w.ctx, claim, w.target, limits(func(l *store.Limits) { l.Override = true }), w.now)
		w.ok(err)
	}
	mine := w.claim
	w.claim = claim
	defer func() { w.claim = mine }()
	for _, stage := range directory.Stages {
		due, err := w.Store.DueSubjects(w.ctx, claim.RunID, w.target, stage, about, nil)
		w.ok(err)
		outcomes := make([]store.Outcome, len(due))
		for i, d := range due {
			outcomes[i] = done(d)
		}
		w.record(outcomes...)
	}
	w.ok(w.Store.FinishPush(w.ctx, claim, "done", "", w.now))
	return w.changes()
}

// endRun ends the run well and returns it.
func (w *world) endRun() int64 {
	w.Helper()
	w.ok(w.Store.Finish(w.ctx, w.claim, "done", "", true, w.now))
	return w.claim.RunID
}

// admitAll plans, lets everything through and applies it.
func (w *world) admitAll() {
	w.Helper()
	w.plan()
	w.guard(limits(func(l *store.Limits) { l.Override = true }))
	w.look(func(s *store.Settled) { s.Confirmed = true })
	w.apply()
}

func undo(t *testing.T, open Open) {
	cases(t, open, map[string]func(w *world){
		"an account that was made is suspended, and the next run leaves it so": func(w *world) {
			w.staff(2)
			w.admitAll()
			run := w.endRun()
			w.same("preview", w.undoing(run), []string{"account.create p0 account.suspend", "account.create p1 account.suspend"})
			w.same("of one", w.undoing(run, w.userID("p1")), []string{"account.create p1 account.suspend"})
			w.same("undone", w.undo(run, w.userID("p0")), []string{"account.suspend p0 applied"})
			w.begin()
			w.admitAll()
			w.same("the next run", w.changes(), []string(nil))
			w.same("preview of what was undone", w.undoing(run), []string{"account.create p0 changed-since", "account.create p1 account.suspend"})
		},
		"an account that was there before is not suspended for having been found": func(w *world) {
			w.staff(1)
			w.admitAll()
			run := w.endRun()
			_, err := w.SQL.ExecContext(w.ctx, `UPDATE accounts SET origin = 'adopted'`)
			w.ok(err)
			w.same("preview", w.undoing(run), []string{"account.create p0 irreversible"})
			w.same("undone", len(w.undo(run)), 0)
		},
		"an account that was suspended is restored, and stays so until the source says something else": func(w *world) {
			names := w.grown(20)
			w.saveUsers(with(person(names[0]), func(u *directory.User) { u.Status = directory.StatusDeprovisioned }))
			w.admitAll()
			w.same("suspended", w.changes(), []string{"account.suspend p0 applied"})
			run := w.endRun()
			w.same("preview", w.undoing(run), []string{"account.suspend p0 account.restore"})
			w.same("undone", w.undo(run), []string{"account.restore p0 applied"})
			w.begin()
			w.admitAll()
			w.same("the next run", w.changes(), []string(nil))
			w.endRun()

			// The person comes back and leaves again: that is news, and the undo is over.
			w.now = w.now.Add(time.Hour)
			w.begin()
			w.saveUsers(person(names[0]))
			w.admitAll()
			w.same("back", w.changes(), []string(nil))
			w.same("overrides", w.number(`SELECT COUNT(*) FROM overrides`), 0)
			w.next()
			w.now = w.now.Add(time.Hour)
			w.saveUsers(with(person(names[0]), func(u *directory.User) { u.Status = directory.StatusDeprovisioned }))
			w.admitAll()
			w.same("gone again", w.changes(), []string{"account.suspend p0 applied"})
		},
		"attributes get back what stood there before": func(w *world) {
			names := w.grown(3)
			w.now = w.now.Add(time.Hour)
			w.saveUsers(with(person(names[0]), func(u *directory.User) { u.DisplayName = "New Name" }))
			w.admitAll()
			run := w.endRun()
			w.same("preview", w.undoing(run), []string{"account.update p0 account.update"})
			w.same("undone", w.undo(run), []string{"account.update p0 applied"})
			w.same("name", w.column(`SELECT display_name FROM accounts WHERE user_id = ?`, w.userID("p0")), []string{"p0 Example"})
			w.begin()
			w.admitAll()
			w.same("the next run", w.changes(), []string(nil))
			w.endRun()
			w.now = w.now.Add(time.Hour)
			w.begin()
			w.saveUsers(with(person(names[0]), func(u *directory.User) { u.DisplayName = "Newer Name" }))
			w.admitAll()
			w.same("after the source has changed", w.changes(), []string{"account.update p0 applied"})
			w.same("name", w.column(`SELECT display_name FROM accounts WHERE user_id = ?`, w.userID("p0")), []string{"Newer Name"})
		},
		"memberships go the other way, those that have changed since stay": func(w *world) {
			w.team("eng", 3)
			w.settle()
			w.now = w.now.Add(time.Hour)
			w.saveUsers(person("new"))
			w.saveMembers("eng", "eng1", "eng2", "new")
			w.admitAll()
			run := w.endRun()
			w.same("preview", w.undoing(run), []string{"account.create new account.suspend", "membership.add new eng with-account", "membership.remove eng0 eng membership.add"})
			w.same("undone", w.undo(run, w.userID("eng0")), []string{"membership.add eng0 eng applied"})
			w.begin()
			w.admitAll()
			w.same("the next run", w.changes(), []string(nil))
			w.same("preview", w.undoing(run, w.userID("eng0")), []string{"membership.remove eng0 eng changed-since"})
		},
		"a membership that was added is taken away": func(w *world) {
			w.team("eng", 2)
			w.saveUsers(person("late"))
			w.settle()
			w.now = w.now.Add(time.Hour)
			w.saveMembers("eng", "eng0", "eng1", "late")
			w.admitAll()
			run := w.endRun()
			w.same("undone", w.undo(run), []string{"membership.remove late eng applied"})
			w.begin()
			w.admitAll()
			w.same("the next run", w.changes(), []string(nil))
		},
		"memberships of a new account are taken away one by one where nothing takes the account back": func(w *world) {
			w.treat(func(s *store.TargetSpec) { s.UndoBy = "" })
			w.team("eng", 2)
			w.settle()
			w.now = w.now.Add(time.Hour)
			w.saveUsers(person("new"))
			w.saveMembers("eng", "eng0", "eng1", "new")
			w.admitAll()
			run := w.endRun()
			w.same("preview", w.undoing(run), []string{"account.create new irreversible", "membership.add new eng membership.remove"})
			w.same("undone", w.undo(run), []string{"membership.remove new eng applied"})
			w.begin()
			w.admitAll()
			w.same("the next run", w.changes(), []string(nil))
		},
		"memberships of an account that was there before are taken away though the account stays": func(w *world) {
			w.team("eng", 2)
			w.settle()
			w.now = w.now.Add(time.Hour)
			w.saveUsers(person("new"))
			w.saveMembers("eng", "eng0", "eng1", "new")
			w.admitAll()
			run := w.endRun()
			w.set(`UPDATE accounts SET origin = 'adopted' WHERE user_id = ?`, w.userID("new"))
			w.same("preview", w.undoing(run), []string{"account.create new irreversible", "membership.add new eng membership.remove"})
		},
		"a leaver who was taken out of groups is put back as far as the source has them in, until the reason changes": func(w *world) {
			w.climbs(directory.Ladder{{Action: directory.RemoveMember}})
			w.team("eng", 3)
			w.team("ops", 2)
			w.saveMembers("ops", "ops0", "ops1", "eng0")
			w.settle()
			w.now = w.now.Add(time.Hour)
			w.as("eng0", directory.StatusSuspended)
			w.admitAll()
			w.same("taken out", w.changes(), []string{"membership.remove eng0 eng applied", "membership.remove eng0 ops applied"})
			run := w.endRun()
			w.begin()
			w.saveMembers("ops", "ops0", "ops1")
			w.same("preview", w.undoing(run), []string{"membership.remove eng0 eng membership.add", "membership.remove eng0 ops changed-since"})
			w.same("undone", w.undo(run), []string{"membership.add eng0 eng applied"})
			w.admitAll()
			w.same("the next run", w.changes(), []string(nil))
			w.endRun()
			w.now = w.now.Add(time.Hour)
			w.begin()
			w.as("eng0", directory.StatusDeprovisioned)
			w.admitAll()
			w.same("for another reason", w.changes(), []string{"membership.remove eng0 eng applied"})
		},
		"groups that were made stay, and so does what is protected": func(w *world) {
			w.team("eng", 1)
			w.admitAll()
			run := w.endRun()
			w.begin()
			w.protect([]string{"eng0@example.com"}, nil)
			w.endRun()
			w.same("preview", w.undoing(run), []string{"group.create eng irreversible", "account.create eng0 protected", "membership.add eng0 eng with-account"})
			w.same("undone", len(w.undo(run)), 0)
		},
		"what somebody has changed since stays as it is": func(w *world) {
			names := w.grown(20)
			w.saveUsers(with(person(names[0]), func(u *directory.User) { u.Status = directory.StatusDeprovisioned }))
			w.admitAll()
			run := w.endRun()
			w.begin()
			w.account("p0", func(a *directory.Account) { a.Status = directory.AccountActive })
			w.endRun()
			w.same("preview", w.undoing(run), []string{"account.suspend p0 changed-since"})
		},
		"an attribute that somebody has changed since stays as it is": func(w *world) {
			names := w.grown(3)
			w.now = w.now.Add(time.Hour)
			w.saveUsers(with(person(names[0]), func(u *directory.User) { u.DisplayName = "New Name" }))
			w.admitAll()
			run := w.endRun()
			w.begin()
			w.account("p0", func(a *directory.Account) { a.DisplayName = "By Hand" })
			w.endRun()
			w.same("preview", w.undoing(run), []string{"account.update p0 changed-since"})
		},
		"of what a run did and undid itself nothing is taken back": func(w *world) {
			w.grown(20)
			w.endRun()
			claim, _, err := w.Store.BeginSubjects(w.ctx, store.SubjectsRequest{ConnectionID: w.conn.ID, WorkflowID: "subjects/staff/9", Execution: "e", Trigger: "hand"}, w.now)
			w.ok(err)
			about := []int64{w.userID("p0")}
			for _, status := range []string{"deprovisioned", "active"} {
				_, err := w.SQL.ExecContext(w.ctx, w.SQL.Rebind(`UPDATE users SET status = ? WHERE id = ?`), status, about[0])
				w.ok(err)
				w.ok(w.Store.DecideSubjects(w.ctx, claim, []store.TargetDecider{w.decider()}, about, nil, store.Want{}, w.now))
				_, err = w.Store.PlanSubjects(w.ctx, claim, w.target, about, nil)
				w.ok(err)
				_, err = w.Store.Guard(w.ctx, claim, w.target, standard, w.now)
				w.ok(err)
				for _, stage := range directory.Stages {
					due, err := w.Store.DueSubjects(w.ctx, claim.RunID, w.target, stage, about, nil)
					w.ok(err)
					for _, d := range due {
						w.ok(w.Store.Record(w.ctx, claim, w.target, identity, []store.Outcome{done(d)}, w.now))
					}
				}
			}
			w.ok(w.Store.FinishPush(w.ctx, claim, "done", "", w.now))
			w.same("preview", w.undoing(claim.RunID), []string{"account.suspend p0 changed-since", "account.restore p0 changed-since"})
		},
		"runs that did nothing, or have not ended, cannot be undone": func(w *world) {
			var cannot *store.NotUndoableError
			for what, change := range map[string]string{"dry": `UPDATE runs SET dry_run = TRUE, outcome = 'done'`, "under way": `UPDATE runs SET dry_run = FALSE, outcome = ''`,
				"forgotten": `UPDATE runs SET dry_run = FALSE, outcome = 'done', images_gone = TRUE`} {
				_, err := w.SQL.ExecContext(w.ctx, change)
				w.ok(err)
				for _, err := range w.Store.UndoPreview(w.ctx, w.claim.RunID, nil) {
					if !errors.As(err, &cannot) {
						w.Errorf("%s: %v", what, err)
					}
				}
			}
			for _, err := range w.Store.UndoPreview(w.ctx, 999, nil) {
				if !errors.Is(err, store.ErrNotFound) {
					w.Errorf("a run that is not there: %v", err)
				}
			}
		},
	})
}
