package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// slowly is a ladder with a step of each kind.
var slowly = directory.Ladder{
	{Action: directory.SuspendAccount},
	{Action: directory.RemoveMember, After: 7 * day},
	{Action: directory.DeactivateAccount, After: 30 * day},
	{Action: directory.DeleteAccount, After: 90 * day},
}

// climbs gives the world's leavers a ladder, whatever they are leaving for.
func (w *world) climbs(ladder directory.Ladder) {
	w.spec.Leavers = map[directory.Reason]directory.Ladder{}
	for _, reason := range directory.Reasons {
		w.spec.Leavers[reason] = ladder
	}
}

// as stores somebody with a status.
func (w *world) as(name string, status directory.Status) {
	w.Helper()
	w.saveUsers(with(person(name), func(u *directory.User) { u.Status = status }))
}

// stands is what is wanted of somebody's account, with the step of the ladder
// and when the next is due, as days since the beginning.
func (w *world) stands(name string) string {
	w.Helper()
	var row struct {
		State  string `db:"state"`
		Strip  bool   `db:"strip"`
		Reason string `db:"reason"`
	}
	w.ok(w.SQL.GetContext(w.ctx, &row, w.SQL.Rebind(`SELECT state, strip, reason FROM desired_accounts WHERE user_id = ?`), w.userID(name)))
	text := row.State
	if row.Strip {
		text += " stripped"
	}
	for l, err := range w.Store.Leavers(w.ctx, store.LeaverFilter{UserID: w.userID(name)}) {
		w.ok(err)
		text += fmt.Sprintf(", %s step %d", l.Reason, l.Step)
		if !l.Due.IsZero() {
			text += fmt.Sprintf(", %s on day %d", l.Next, int(l.Due.Sub(began)/day))
		}
		if l.Held {
			text += ", held"
		}
	}
	return text
}

// began is when every world's clock begins.
var began = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// after decides again when so much time has passed since the beginning.
func (w *world) after(d time.Duration, name string) string {
	w.Helper()
	w.now = began.Add(d)
	w.exec(`UPDATE users SET dirty = TRUE`)
	w.decide()
	return w.stands(name)
}

func (w *world) exec(statement string, args ...any) {
	w.Helper()
	_, err := w.SQL.ExecContext(w.ctx, w.SQL.Rebind(statement), args...)
	w.ok(err)
}

// leaving makes somebody with an account and a group, who then leaves.
func (w *world) leaving(ladder directory.Ladder) {
	w.Helper()
	w.climbs(ladder)
	w.team("eng", 2)
	w.settle()
	w.as("eng0", directory.StatusDeprovisioned)
	w.decide()
}

var oscar = store.Who{Name: "oscar"}

func ladders(t *testing.T, open Open) {
	cases(t, open, map[string]func(w *world){
		"each step is wanted when it is due, and no sooner": func(w *world) {
			w.leaving(slowly)
			w.same("at once", w.stands("eng0"), "suspended, deactivated step 1, remove groups after 168h0m0s on day 7")
			w.same("memberships", w.wanted("eng0"), []string{"eng"})
			for _, at := range []struct {
				after time.Duration
				want  string
			}{
				{7*day - time.Microsecond, "suspended, deactivated step 1, remove groups after 168h0m0s on day 7"},
				{7 * day, "suspended stripped, deactivated step 2, deactivate after 720h0m0s on day 30"},
				{30 * day, "deactivated stripped, deactivated step 3, delete after 2160h0m0s on day 90"},
				{90 * day, "deleted stripped, deactivated step 4"},
			} {
				w.same(fmt.Sprint(at.after), w.after(at.after, "eng0"), at.want)
			}
			w.same("memberships of who is stripped", w.wanted("eng0"), []string{})
		},
		"a clock that goes back two hours takes no step back, and one that goes on counts all that is due": func(w *world) {
			w.leaving(slowly)
			w.after(7*day, "eng0")
			want := "suspended stripped, deactivated step 2, deactivate after 720h0m0s on day 30"
			w.same("back two hours", w.after(7*day-2*time.Hour, "eng0"), want)
			w.same("back to before the beginning", w.after(-2*time.Hour, "eng0"), want)
			w.same("on a year", w.after(365*day, "eng0"), "deleted stripped, deactivated step 4")
		},
		"whoever is first seen to leave by a clock that is then put back is still only at the first step": func(w *world) {
			w.now = began.Add(2 * time.Hour)
			w.leaving(slowly)
			w.same("two hours back", w.after(0, "eng0"), "suspended, deactivated step 1, remove groups after 168h0m0s on day 7")
		},
		"another reason begins the ladder anew": func(w *world) {
			w.leaving(slowly)
			w.after(30*day, "eng0")
			w.saveUsers(with(person("eng0"), func(u *directory.User) { u.Assigned = false }))
			w.same("out of scope", w.after(31*day, "eng0"), "suspended, out_of_scope step 1, remove groups after 168h0m0s on day 38")
		},
		"another ladder is reckoned from the beginning, whatever steps of the former were taken": func(w *world) {
			w.leaving(directory.Ladder{{Action: directory.SuspendAccount}, {Action: directory.RemoveMember, After: day}})
			w.same("two steps", w.after(2*day, "eng0"), "suspended stripped, deactivated step 2")
			w.climbs(directory.Ladder{{Action: directory.DeactivateAccount, After: 5 * day}, {Action: directory.DeleteAccount, After: 10 * day}})
			w.same("none of the new", w.after(2*day, "eng0"), "kept, deactivated step 0, deactivate after 120h0m0s on day 5")
		},
		"who is held stays on the step, and goes on once let go": func(w *world) {
			w.leaving(slowly)
			w.ok(w.Store.HoldLeaver(w.ctx, "staff", w.userID("eng0"), "cloud", true, oscar, w.now))
			held := "suspended, deactivated step 1, remove groups after 168h0m0s on day 7, held"
			w.same("after 40 days", w.after(40*day, "eng0"), held)
			due, err := w.Store.DueLeavers(w.ctx, w.now.Add(time.Hour), 10)
			w.ok(err)
			w.same("due", len(due), 0)
			step, err := w.Store.LeaverStep(w.ctx, "staff", w.userID("eng0"), ofLeavers(), w.now)
			w.ok(err)
			w.same("steps", step.Advanced, int64(0))
			w.same("next", step.Next, time.Time{})
			w.ok(w.Store.HoldLeaver(w.ctx, "staff", w.userID("eng0"), "", false, oscar, w.now))
			w.same("let go", w.after(40*day, "eng0"), "deactivated stripped, deactivated step 3, delete after 2160h0m0s on day 90")
			w.same("recorded", w.column(`SELECT what || ' ' || who || ' ' || text FROM actions`), []string{"leaver.hold oscar cloud", "leaver.release oscar "})
		},
		"who is put on hold before a step was carried out loses nothing by it, whoever lets removals through": func(w *world) {
			w.leaving(slowly)
			w.ok(w.Store.HoldLeaver(w.ctx, "staff", w.userID("eng0"), "", true, oscar, w.now))
			w.exec(`DELETE FROM run_skips`) // as in every run that begins after the hold
			w.planAll()
			w.allow()
			w.same("on hold", w.column(`SELECT kind || ' ' || state || ' ' || class FROM changes WHERE run_id = ?`, w.claim.RunID), []string{"account.suspend skipped leaver-held"})
		},
		"a hold outlasts another reason and rules that say nothing, and takes no step for them": func(w *world) {
			w.leaving(slowly)
			w.ok(w.Store.HoldLeaver(w.ctx, "staff", w.userID("eng0"), "", true, oscar, w.now))
			w.as("eng0", directory.StatusPending)
			w.same("kept", w.after(10*day, "eng0"), "kept, deactivated step 1, remove groups after 168h0m0s on day 7, held")
			w.saveUsers(with(person("eng0"), func(u *directory.User) { u.Assigned = false }))
			w.same("another reason", w.after(20*day, "eng0"), "suspended, out_of_scope step 1, remove groups after 168h0m0s on day 27, held")
		},
		"who is held loses nothing more by another ladder, or by another reason's": func(w *world) {
			w.leaving(slowly)
			w.ok(w.Store.HoldLeaver(w.ctx, "staff", w.userID("eng0"), "", true, oscar, w.now))
			w.climbs(directory.Ladder{{Action: directory.DeleteAccount}})
			w.same("another ladder", w.after(day, "eng0"), "kept, deactivated step 0, delete now on day 0, held")
			w.climbs(directory.Ladder{{Action: directory.DeactivateAccount}, {Action: directory.DeleteAccount, After: day}})
			w.saveUsers(with(person("eng0"), func(u *directory.User) { u.Assigned = false }))
			w.same("another reason", w.after(5*day, "eng0"), "kept, out_of_scope step 0, deactivate now on day 5, held")
			w.ok(w.Store.HoldLeaver(w.ctx, "staff", w.userID("eng0"), "", false, oscar, w.now))
			w.same("let go", w.after(5*day, "eng0"), "deactivated, out_of_scope step 1, delete after 24h0m0s on day 6")
		},
		"nobody can be held who is on no ladder": func(w *world) {
			w.team("eng", 1)
			w.settle()
			if err := w.Store.HoldLeaver(w.ctx, "staff", w.userID("eng0"), "", true, oscar, w.now); !errors.Is(err, store.ErrNotFound) {
				w.Errorf("%v, want ErrNotFound", err)
			}
			if err := w.Store.HoldLeaver(w.ctx, "nowhere", w.userID("eng0"), "", true, oscar, w.now); !errors.Is(err, store.ErrNotFound) {
				w.Errorf("%v, want ErrNotFound", err)
			}
			w.same("recorded", w.number(`SELECT COUNT(*) FROM actions`), 0)
		},
		"who comes back is off the ladder, on each step": func(w *world) {
			w.leaving(slowly)
			for i, step := range slowly {
				w.as("eng0", directory.StatusDeprovisioned)
				w.after(0, "eng0")
				w.after(step.After, "eng0")
				w.same("steps", w.number(`SELECT step FROM leavers`), i+1)
				w.as("eng0", directory.StatusActive)
				w.same("back", w.after(step.After, "eng0"), "active")
				w.same("memberships", w.wanted("eng0"), []string{"eng"})
			}
		},
		"who has no account needs no row, and neither does a ladder without steps": func(w *world) {
			w.climbs(slowly)
			w.as("ada", directory.StatusDeprovisioned)
			w.decide()
			w.same("no account", w.stands("ada"), "suspended")
			w.leaving(nil)
			w.same("no steps", w.stands("eng0"), "kept")
		},
		"a ladder that stays writes nothing": func(w *world) {
			w.leaving(slowly)
			w.exec(`UPDATE users SET dirty = TRUE`)
			w.now = began.Add(day)
			w.watch()
			w.decide()
			w.same("rows written", w.written(), map[string]int{})
		},
		"the steps that came due are counted once, and make the user dirty": func(w *world) {
			w.leaving(slowly)
			w.exec(`UPDATE users SET dirty = FALSE`)
			step := func(after time.Duration, wantSteps int64, wantNext time.Duration) {
				w.Helper()
				step, err := w.Store.LeaverStep(w.ctx, "staff", w.userID("eng0"), ofLeavers(), began.Add(after))
				w.ok(err)
				w.same("steps", step.Advanced, wantSteps)
				want := began.Add(wantNext)
				if wantNext == 0 {
					want = time.Time{}
				}
				w.same("next", step.Next, want)
			}
			step(0, 0, 7*day)
			w.same("dirty", w.dirty(), []string{})
			step(31*day, 2, 90*day)
			w.same("dirty", w.dirty(), []string{"eng0"})
			w.same("requests", w.column(`SELECT kind || ' ' || name FROM requests`), []string{"users leaver"})
			step(31*day, 0, 90*day)
			w.now = began.Add(31 * day)
			w.decide()
			w.same("decided", w.stands("eng0"), "deactivated stripped, deactivated step 3, delete after 2160h0m0s on day 90")
			step(90*day, 1, 0)
			step(400*day, 0, 0)
		},
		"somebody who is not leaving has no next step, and an unknown connection is not found": func(w *world) {
			w.team("eng", 1)
			step, err := w.Store.LeaverStep(w.ctx, "staff", w.userID("eng0"), ofLeavers(), w.now)
			w.ok(err)
			w.same("steps", step.Advanced, int64(0))
			w.same("next", step.Next, time.Time{})
			if _, err := w.Store.LeaverStep(w.ctx, "nowhere", 1, ofLeavers(), w.now); !errors.Is(err, store.ErrNotFound) {
				w.Errorf("%v, want ErrNotFound", err)
			}
		},
		"those are due whose step is before a time, the first first, each once": func(w *world) {
			w.climbs(slowly)
			w.team("eng", 3)
			w.settle()
			for i, name := range []string{"eng2", "eng0", "eng1"} {
				w.now = began.Add(time.Duration(i) * time.Hour)
				w.as(name, directory.StatusDeprovisioned)
				w.decide()
			}
			due := func(before time.Time, limit int) []string {
				w.Helper()
				refs, err := w.Store.DueLeavers(w.ctx, before, limit)
				w.ok(err)
				var names []string
				for _, r := range refs {
					w.same("connection", r.Connection, "staff")
					names = append(names, w.column(`SELECT login FROM users WHERE id = ?`, r.UserID)...)
				}
				return names
			}
			w.same("a moment before", due(began.Add(7*day), 10), []string(nil))
			w.same("two", due(began.Add(7*day+90*time.Minute), 10), []string{"eng2@example.com", "eng0@example.com"})
			w.same("at most one", due(began.Add(30*day), 1), []string{"eng2@example.com"})
		},
		"leavers are listed by connection and target": func(w *world) {
			w.leaving(slowly)
			count := func(f store.LeaverFilter) (n int) {
				w.Helper()
				for l, err := range w.Store.Leavers(w.ctx, f) {
					w.ok(err)
					n++
					w.same("who", []string{l.Connection, l.Target, l.User}, []string{"staff", "cloud", "eng0@example.com"})
				}
				return n
			}
			w.same("all", count(store.LeaverFilter{}), 1)
			w.same("of the connection and target", count(store.LeaverFilter{Connection: "staff", Target: "cloud"}), 1)
			w.same("of another target", count(store.LeaverFilter{Target: "jira"}), 0)
			w.same("of another connection", count(store.LeaverFilter{Connection: "guests"}), 0)
		},
	})
}

// wanted are the names of the groups that somebody is to be in.
func (w *world) wanted(name string) []string {
	w.Helper()
	return w.column(`SELECT g.name FROM desired_memberships d JOIN groups g ON g.id = d.group_id WHERE d.user_id = ?`, w.userID(name))
}

// ofLeavers is the request by which steps are carried out.
func ofLeavers() store.Request {
	return store.Request{Kind: store.RequestUsers, Name: "leaver", Who: store.Who{Name: "the ladder of a leaver"}}
}
