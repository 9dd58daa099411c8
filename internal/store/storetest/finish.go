package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// list is the name under which a run records what it saw of a target's list.
func (w *world) list(name string) string { return fmt.Sprintf("%s/%d", name, w.target) }

func finish(t *testing.T, open Open) {
	cases(t, open, map[string]func(w *world){
		"those whose changes came to a good end are clean, the others stay dirty": func(w *world) {
			for i, state := range []directory.State{directory.Applied, directory.Skipped, directory.Retry, directory.Failed, directory.Refused, directory.Blocked, directory.Held, directory.Contradicted, directory.Planned} {
				name := fmt.Sprintf("%d-%s", i, state)
				w.saveUsers(person(name))
				w.plan()
				_, err := w.SQL.ExecContext(w.ctx, w.SQL.Rebind(`UPDATE changes SET state = ? WHERE user_id = ?`), string(state), w.userID(name))
				w.ok(err)
				w.next()
			}
			w.same("dirty", w.dirty(), []string{"2-retry", "3-failed", "4-refused", "5-blocked", "6-held", "7-contradicted", "8-planned"})
		},
		"a group that could not be made stays dirty": func(w *world) {
			w.saveGroups(team("eng"), team("ops"))
			w.plan()
			_, err := w.SQL.ExecContext(w.ctx, w.SQL.Rebind(`UPDATE changes SET state = CASE WHEN group_id = ? THEN 'applied' ELSE 'refused' END`), w.groupID("eng"))
			w.ok(err)
			w.next()
			w.same("dirty", w.column(`SELECT name FROM groups WHERE dirty`), []string{"ops"})
		},
		"a run that was dry or failed leaves every mark": func(w *world) {
			w.saveUsers(person("ada"))
			w.plan()
			w.apply()
			w.ok(w.Store.Finish(w.ctx, w.claim, "failed", "unavailable", false, w.now))
			w.same("dirty", w.dirty(), []string{"ada"})
		},
		"finishing lets go, tells the outcome, and forgets what was seen": func(w *world) {
			w.ok(w.Store.SaveSeen(w.ctx, w.claim, "users", "0", []int64{1, 70, 1 << 20}))
			w.ok(w.Store.SaveProgress(w.ctx, w.claim, store.Progress{Stage: "plan", UsersRead: 3, GroupsRead: 2, MembersRead: 1}))
			w.now = w.now.Add(time.Minute)
			w.ok(w.Store.Finish(w.ctx, w.claim, "partial", "why", true, w.now))
			w.same("seen", w.number(`SELECT COUNT(*) FROM seen`), 0)
			got, err := w.Store.Run(w.ctx, w.claim.RunID)
			w.ok(err)
			want := store.Run{ID: w.claim.RunID, Connection: "staff", WorkflowID: "sync/staff-1", Trigger: "hand", FullRead: true, Stage: "done", Outcome: "partial", Reason: "why", RulesDigest: "rules-1",
				UsersRead: 3, GroupsRead: 2, MembersRead: 1, Started: w.now.Add(-time.Minute), Ended: w.now}
			if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(store.Run{}, "StartedAt", "EndedAt")); diff != "" {
				w.Errorf("run (-want +got):\n%s", diff)
			}
		},
		"finishing again, after an answer was lost, changes nothing": func(w *world) {
			w.ok(w.Store.Finish(w.ctx, w.claim, "done", "", true, w.now))
			w.ok(w.Store.Finish(w.ctx, w.claim, "failed", "", true, w.now.Add(time.Hour)))
			got, err := w.Store.Run(w.ctx, w.claim.RunID)
			w.ok(err)
			w.same("outcome", got.Outcome, "done")
			old := w.claim
			w.begin()
			if err := w.Store.Finish(w.ctx, old, "done", "", true, w.now); !errors.Is(err, store.ErrFenced) {
				w.Errorf("once another run has begun: %v, want ErrFenced", err)
			}
		},
	})
}

func report(t *testing.T, open Open) {
	cases(t, open, map[string]func(w *world){
		"runs are listed, the newest first": func(w *world) {
			w.next()
			w.next()
			for connection, want := range map[string][]int64{"": {3, 2}, "staff": {3, 2}, "nobody": nil} {
				runs, err := w.Store.Runs(w.ctx, connection, 2)
				w.ok(err)
				var ids []int64
				for _, r := range runs {
					ids = append(ids, r.ID)
				}
				w.same("runs of "+connection, ids, want)
			}
		},
		"the run of a workflow is its newest": func(w *world) {
			r, err := w.Store.RunOfWorkflow(w.ctx, "sync/staff-1")
			w.ok(err)
			w.same("run", r.ID, w.claim.RunID)
			for what, err := range map[string]error{
				"a workflow": func() error { _, err := w.Store.RunOfWorkflow(w.ctx, "unknown"); return err }(),
				"a run":      func() error { _, err := w.Store.Run(w.ctx, 4711); return err }(),
			} {
				if !errors.Is(err, store.ErrNotFound) {
					w.Errorf("%s that is unknown: %v, want ErrNotFound", what, err)
				}
			}
		},
		"changes are counted by kind, state and class": func(w *world) {
			w.team("eng", 2)
			w.saveUsers(with(person("twin"), func(u *directory.User) { u.Email = "eng0@example.com" }))
			w.plan()
			got, err := w.Store.Counts(w.ctx, w.claim.RunID)
			w.ok(err)
			w.same("counts", got, []store.Count{
				{Target: "cloud", Kind: "group.create", State: "planned", Count: 1},
				{Target: "cloud", Kind: "account.create", State: "planned", Count: 1},
				{Target: "cloud", Kind: "account.create", State: "refused", Class: "duplicate", Count: 2},
				{Target: "cloud", Kind: "membership.add", State: "blocked", Class: "waits-for-link", Count: 1},
				{Target: "cloud", Kind: "membership.add", State: "planned", Count: 1},
			})
		},
		"changes are filtered, and reading them may end early": func(w *world) {
			w.team("eng", 3)
			w.plan()
			for name, c := range map[string]struct {
				filter store.ChangeFilter
				want   int
			}{
				"all":      {store.ChangeFilter{}, 7},
				"state":    {store.ChangeFilter{States: []string{"planned", "held"}}, 7},
				"no state": {store.ChangeFilter{States: []string{"held"}}, 0},
				"kind":     {store.ChangeFilter{Kind: "account.create"}, 3},
				"user":     {store.ChangeFilter{UserID: w.userID("eng0")}, 2},
				"group":    {store.ChangeFilter{GroupID: w.groupID("eng"), Kind: "membership.add"}, 3},
			} {
				n := 0
				for _, err := range w.Store.Changes(w.ctx, w.claim.RunID, c.filter) {
					w.ok(err)
					n++
				}
				w.same(name, n, c.want)
			}
			for range 50 { // more often than there are connections
				for _, err := range w.Store.Changes(w.ctx, w.claim.RunID, store.ChangeFilter{}) {
					w.ok(err)
					break
				}
			}
		},
		"a note is kept once": func(w *world) {
			note := store.Note{TargetID: w.target, Code: "held", Text: "Some are held."}
			for range 2 {
				w.ok(w.Store.Note(w.ctx, w.claim, note))
			}
			w.ok(w.Store.Note(w.ctx, w.claim, store.Note{Code: "vanished", GroupID: 7, Text: "It vanished."}))
			notes, err := w.Store.Notes(w.ctx, w.claim.RunID)
			w.ok(err)
			note.Target = "cloud"
			w.same("notes", notes, []store.Note{note, {Code: "vanished", GroupID: 7, Text: "It vanished."}})
		},
		"people and groups are found by what the administrator knows them by": func(w *world) {
			w.small()
			ada, eng := []int64{w.userID("ada")}, []int64{w.groupID("eng")}
			for name, want := range map[string][2][]int64{
				"ADA@example.com": {ada, nil}, "00u-ada": {ada, nil}, "acc-ada": {ada, nil},
				"Eng": {nil, eng}, "00g-eng": {nil, eng}, "grp-eng": {nil, eng}, "nobody": {nil, nil},
			} {
				users, groups, err := w.Store.SubjectIDs(w.ctx, "staff", name)
				w.ok(err)
				w.same(name, [2][]int64{users, groups}, want)
			}
		},
		"the database says what it is and that it answers": func(w *world) {
			w.ok(w.Store.Ping(w.ctx))
			if w.Store.Name() == "" {
				w.Error("it has no name")
			}
		},
	})
}
