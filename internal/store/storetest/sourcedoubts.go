package storetest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

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
