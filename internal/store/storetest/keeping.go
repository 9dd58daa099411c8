package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

const day = 24 * time.Hour

func (w *world) forget(r store.Retention, now time.Time) int64 {
	w.Helper()
	n, err := w.Store.Forget(w.ctx, r, now)
	w.ok(err)
	return n
}

func retention(t *testing.T, open Open) {
	cases(t, open, map[string]func(w *world){
		"nothing is forgotten unless it is said for how long it is kept": func(w *world) {
			w.grown(5)
			w.endRun()
			w.same("forgotten", w.forget(store.Retention{}, w.now.Add(10*365*day)), int64(0))
			w.same("changes", w.number(`SELECT COUNT(*) FROM changes`), 5)
		},
		"images go first, and then a run cannot be undone": func(w *world) {
			w.grown(3)
			run := w.claim.RunID - 1
			w.same("too early", w.forget(store.Retention{Images: 90 * day}, w.now.Add(90*day)), int64(0))
			w.same("in time", w.forget(store.Retention{Images: 90 * day}, w.now.Add(91*day)), int64(3))
			w.same("once more", w.forget(store.Retention{Images: 90 * day}, w.now.Add(92*day)), int64(0))
			w.same("images", w.number(`SELECT COUNT(*) FROM changes WHERE after <> ''`), 0)
			var cannot *store.NotUndoableError
			for _, err := range w.Store.UndoPreview(w.ctx, run, nil) {
				if !errors.As(err, &cannot) {
					w.Errorf("undo: %v", err)
				}
			}
		},
		"runs go with all that belongs to them": func(w *world) {
			w.held() // two runs
			h := w.onlyHeld()
			w.decideHeld(store.HeldDecision{PlanID: h.ID, Digest: h.Digest, Reject: true, Who: ada}, alone)
			w.ok(w.Store.Steer(w.ctx, w.begin().RunID, store.VerbSkip, 0, w.userID("p1"), ada, w.now))
			w.ok(w.Store.Note(w.ctx, w.claim, store.Note{Code: "x", Text: "x"}))
			w.endRun()
			w.begin() // the connection's last run stays
			w.endRun()
			w.forget(store.Retention{Changes: 400 * day}, w.now.Add(401*day))
			for _, table := range []string{"changes", "notes", "held_plans", "approvals", "run_skips"} {
				w.same(table, w.number(`SELECT COUNT(*) FROM `+table), 0)
			}
			w.same("runs", w.number(`SELECT COUNT(*) FROM runs`), 1)
		},
		"what is under way, waits for a decision or counts in the guard's window stays": func(w *world) {
			h := w.held()
			w.begin()
			w.forget(store.Retention{Changes: day, Images: day, Profiles: day, Actions: day}, w.now.Add(10*day))
			w.same("held changes", w.number(`SELECT COUNT(*) FROM changes WHERE run_id = ? AND state = 'held' AND before <> ''`, h.RunID), 10)
			w.same("open run", w.number(`SELECT COUNT(*) FROM runs WHERE id = ?`, w.claim.RunID), 1)
			if _, err := w.Store.Held(w.ctx, h.ID); err != nil {
				w.Error(err)
			}
		},
		"a run whose removals the guard may count stays until they are forgotten": func(w *world) {
			names := w.grown(40)
			w.leave(names[:3]...)
			w.guard(standard)
			w.apply()
			run := w.endRun()
			w.begin()
			w.endRun()
			w.forget(store.Retention{Changes: day}, w.now.Add(30*day))
			w.same("removals", w.number(`SELECT COUNT(*) FROM removals`), 3)
			w.same("their run", w.number(`SELECT COUNT(*) FROM changes WHERE run_id = ?`, run), 3)
			w.forget(store.Retention{Changes: day}, w.now.Add(61*day))
			w.same("removals", w.number(`SELECT COUNT(*) FROM removals`), 0)
			w.forget(store.Retention{Changes: day}, w.now.Add(61*day))
			w.same("their run", w.number(`SELECT COUNT(*) FROM changes WHERE run_id = ?`, run), 0)
		},
		"the last complete reads stay, for the next to be compared with": func(w *world) {
			for range 8 {
				_, err := w.SQL.ExecContext(w.ctx, w.SQL.Rebind(`UPDATE runs SET users_complete = TRUE WHERE id = ?`), w.claim.RunID)
				w.ok(err)
				w.next()
			}
			w.endRun()
			w.forget(store.Retention{Changes: day}, w.now.Add(30*day))
			w.same("complete reads", w.number(`SELECT COUNT(*) FROM runs WHERE users_complete`), 5)
		},
		"whoever is gone for long is forgotten but for the id, and is known again when coming back": func(w *world) {
			w.grown(2)
			_, err := w.SQL.ExecContext(w.ctx, `UPDATE users SET presence = 'gone' WHERE source_id = '00u-p0'`)
			w.ok(err)
			keep := store.Retention{Profiles: 90 * day}
			w.same("noticed", w.forget(keep, w.now), int64(0))
			w.same("too early", w.forget(keep, w.now.Add(90*day)), int64(0))
			w.same("in time", w.forget(keep, w.now.Add(91*day)), int64(1))
			w.same("people", w.column(`SELECT source_id || ' ' || email || login || display_name || first_name || last_name FROM users`),
				[]string{"00u-p0 ", "00u-p1 p1@example.comp1@example.comp1 Examplep1Example"})
			w.same("links", w.number(`SELECT COUNT(*) FROM accounts`), 2)
			w.now = w.now.Add(100 * day)
			w.saveUsers(person("p0"))
			w.same("back", w.column(`SELECT email FROM users WHERE source_id = '00u-p0'`), []string{"p0@example.com"})
			w.same("since then", w.forget(keep, w.now), int64(0))
			w.same("gone", w.number(`SELECT COUNT(*) FROM users WHERE gone_at <> 0`), 0)
		},
		"whoever is on a ladder is not forgotten before its end": func(w *world) {
			w.grown(1)
			for _, statement := range []string{`UPDATE users SET presence = 'gone', gone_at = 1`,
				`INSERT INTO leavers (target_id, user_id, reason, ladder, since, step, due_at) SELECT target_id, user_id, 'deleted', '[]', 1, 1, 5 FROM accounts`} {
				_, err := w.SQL.ExecContext(w.ctx, statement)
				w.ok(err)
			}
			w.same("on the ladder", w.forget(store.Retention{Profiles: day}, w.now), int64(0))
			_, err := w.SQL.ExecContext(w.ctx, `UPDATE leavers SET due_at = 0`)
			w.ok(err)
			w.same("at its end", w.forget(store.Retention{Profiles: day}, w.now), int64(1))
		},
		"what persons did, requests that ended and messages that arrived go in their time": func(w *world) {
			w.ok(w.Store.RecordAction(w.ctx, store.Action{What: "notify.test"}, w.now))
			id, err := w.Store.AddRequest(w.ctx, store.Request{ConnectionID: w.conn.ID, Kind: store.RequestUser, Name: "x"}, w.now)
			w.ok(err)
			w.ok(w.Store.EndRequest(w.ctx, id, 0, w.now))
			message, _, err := w.Store.AddNotification(w.ctx, store.Notification{Event: "held", Key: "1", Destination: "ops", Payload: "{}"}, w.now)
			w.ok(err)
			w.ok(w.Store.Delivered(w.ctx, message, w.now))
			w.same("too early", w.forget(store.Retention{Actions: 60 * day}, w.now.Add(30*day)), int64(0))
			w.same("in time", w.forget(store.Retention{Actions: 60 * day}, w.now.Add(61*day)), int64(3))
		},
	})
}

func notifications(t *testing.T, open Open) {
	cases(t, open, map[string]func(w *world){
		"the same is told to a destination once": func(w *world) {
			n := store.Notification{ConnectionID: w.conn.ID, Event: "held", Key: "plan 1", Destination: "ops", Payload: `{"run":1}`}
			id, isNew, err := w.Store.AddNotification(w.ctx, n, w.now)
			w.ok(err)
			w.same("new", isNew, true)
			again, isNew, err := w.Store.AddNotification(w.ctx, n, w.now)
			w.ok(err)
			w.same("again", []any{again, isNew}, []any{id, false})
			n.Destination = "chat"
			other, isNew, err := w.Store.AddNotification(w.ctx, n, w.now)
			w.ok(err)
			w.same("to another", []any{other != id, isNew}, []any{true, true})
		},
		"a message is delivered, tried again, or given up": func(w *world) {
			ids := make([]int64, 3)
			for i := range ids {
				var err error
				ids[i], _, err = w.Store.AddNotification(w.ctx, store.Notification{Event: "failure", Key: fmt.Sprint(i), Destination: "ops", Payload: "{}"}, w.now)
				w.ok(err)
			}
			undelivered := func() (left []int64) {
				w.Helper()
				found, err := w.Store.Undelivered(w.ctx, 10)
				w.ok(err)
				for _, n := range found {
					left = append(left, n.ID)
				}
				return left
			}
			w.same("at first", undelivered(), ids)
			w.ok(w.Store.DeliveryFailed(w.ctx, ids[0], "unavailable"))
			w.ok(w.Store.Delivered(w.ctx, ids[1], w.now))
			w.ok(w.Store.GiveUp(w.ctx, ids[2], "refused"))
			w.same("then", undelivered(), ids[:1])
			n, err := w.Store.Notification(w.ctx, ids[0])
			w.ok(err)
			w.same("the one that failed", []any{n.Attempts, n.Class, n.CreatedAt.Equal(w.now), n.DeliveredAt.IsZero()}, []any{1, "unavailable", true, true})
			n, err = w.Store.Notification(w.ctx, ids[1])
			w.ok(err)
			w.same("the one that arrived", n.DeliveredAt.Equal(w.now), true)
			if _, err := w.Store.Notification(w.ctx, 99); !errors.Is(err, store.ErrNotFound) {
				w.Errorf("one that is not there: %v", err)
			}
		},
	})
}

func views(t *testing.T, open Open) {
	cases(t, open, map[string]func(w *world){
		"each change says who or what caused it": func(w *world) {
			h := w.held()
			got := w.decideHeld(store.HeldDecision{PlanID: h.ID, Digest: h.Digest, Who: bob}, alone)
			w.now = w.now.Add(time.Hour)
			claim, _, err := w.Store.BeginSubjects(w.ctx, store.SubjectsRequest{ConnectionID: w.conn.ID, WorkflowID: "subjects/staff/1", Execution: "e", RequestID: got.RequestID, Trigger: "approval", Who: bob, Approval: got.Approval, RulesDigest: "r9"}, w.now)
			w.ok(err)
			users, _, _, err := w.Store.ApprovedSubjects(w.ctx, got.Approval, 0, 100)
			w.ok(err)
			_, err = w.Store.PlanSubjects(w.ctx, claim, w.target, users, nil)
			w.ok(err)
			audit := func(f store.AuditFilter) (rows []store.AuditRow) {
				w.Helper()
				f.Connection = "staff"
				for row, err := range w.Store.Audit(w.ctx, f) {
					w.ok(err)
					rows = append(rows, row)
				}
				return rows
			}
			w.same("all", len(audit(store.AuditFilter{})), 60)
			w.same("since", len(audit(store.AuditFilter{Since: w.now})), 10)
			w.same("until", len(audit(store.AuditFilter{Until: w.now})), 50)
			w.same("of a kind", len(audit(store.AuditFilter{Kind: "account.suspend", RunID: h.RunID, Target: "cloud"})), 10)
			w.same("of a state", len(audit(store.AuditFilter{State: "approved"})), 10)
			w.same("of another target", len(audit(store.AuditFilter{Target: "moon"})), 0)
			rows := audit(store.AuditFilter{UserID: w.userID("p3"), Trigger: "approval", Who: "bob"})
			if len(rows) != 1 {
				w.Fatalf("%d rows about one person", len(rows))
			}
			w.same("row", []any{rows[0].RunID, rows[0].AskedBy, rows[0].Verified, rows[0].ApprovalID, rows[0].RulesDigest, rows[0].Connection, rows[0].User}, []any{claim.RunID, "bob", true, got.Approval, "r9", "staff", "p3@example.com"})
			w.same("who decided", audit(store.AuditFilter{State: "approved"})[0].DecidedBy, "bob")
			text, err := json.Marshal(rows[0])
			w.ok(err)
			if !strings.Contains(string(text), `"run":`) || !strings.Contains(string(text), `"asked_by":"bob"`) {
				w.Errorf("as JSON: %s", text)
			}
		},
		"what persons did is listed in its order": func(w *world) {
			w.ok(w.steer(store.VerbPause, 0, 0))
			w.now = w.now.Add(time.Minute)
			w.ok(w.steer(store.VerbResume, 0, 0))
			list := func(f store.ActionFilter) (what []string) {
				w.Helper()
				for a, err := range w.Store.Actions(w.ctx, f) {
					w.ok(err)
					what = append(what, a.Connection+" "+a.What+" "+a.Name)
				}
				return what
			}
			w.same("all", list(store.ActionFilter{Connection: "staff"}), []string{"staff pause ada", "staff resume ada"})
			w.same("since", list(store.ActionFilter{Since: w.now}), []string{"staff resume ada"})
			w.same("until", list(store.ActionFilter{Until: w.now, RunID: w.claim.RunID}), []string{"staff pause ada"})
			w.same("of another", list(store.ActionFilter{UserID: 9}), []string(nil))
		},
		"all that is known of a person is told": func(w *world) {
			w.team("eng", 2)
			w.settle()
			v, err := w.Store.Subject(w.ctx, "staff", w.userID("eng0"))
			w.ok(err)
			w.same("profile", []any{v.Email, v.Subject.Groups, v.InGroup, v.Presence, v.Dirty}, []any{"eng0@example.com", []string{"eng"}, true, directory.Present, false})
			w.same("groups", v.Groups, []store.SubjectGroup{{ID: w.groupID("eng"), SourceID: "00g-eng", Name: "eng", Type: "OKTA_GROUP", Presence: directory.Present}})
			if len(v.Targets) != 1 || v.Targets[0].Account == nil {
				w.Fatalf("targets: %+v", v.Targets)
			}
			target := v.Targets[0]
			w.same("desired", []any{target.Name, target.Desired.State, target.Desired.Email, target.Desired.Rule}, []any{"cloud", directory.DesireActive, "eng0@example.com", "active"})
			w.same("account", []any{target.Account.ID, target.Account.Origin, target.Account.Status}, []any{fmt.Sprintf("acc-%d", v.UserID), "created", directory.AccountActive})
			w.same("memberships", target.Memberships, []store.SubjectMembership{{GroupID: w.groupID("eng"), Group: "eng", Rule: "same name", Desired: true, Joined: true, Origin: "created", Linked: true, From: []string{"eng"}}})
			if _, err := w.Store.Subject(w.ctx, "staff", 999); !errors.Is(err, store.ErrNotFound) {
				w.Errorf("nobody: %v", err)
			}
			if _, err := w.Store.Subject(w.ctx, "others", v.UserID); !errors.Is(err, store.ErrNotFound) {
				w.Errorf("no such connection: %v", err)
			}
		},
		"a preview says what the next run would do, and leaves no trace": func(w *world) {
			names := w.grown(20)
			w.saveUsers(with(person(names[0]), func(u *directory.User) { u.Status = directory.StatusDeprovisioned }), person("new"))
			before := w.tables()
			changes, err := w.Store.PreviewSubjects(w.ctx, "staff", w.decider(), []int64{w.userID("p0"), w.userID("new")}, store.Want{}, w.now)
			w.ok(err)
			var what []string
			for _, c := range changes {
				what = append(what, c.Kind+" "+c.User+" "+c.State)
			}
			w.same("preview", what, []string{"account.suspend p0@example.com unguarded", "account.create new@example.com planned"})
			w.same("trace", w.tables(), before)
			w.same("runs", w.number(`SELECT COUNT(*) FROM runs WHERE trigger_by = 'preview'`), 0)
		},
	})
}
