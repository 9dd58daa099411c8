package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/store"
)

func connections(t *testing.T, open Open) {
	cases(t, open, map[string]func(w *world){
		"an unchanged connection writes nothing": func(w *world) {
			if n := w.commitsOf(func() { w.ensure("rules-1", cloud) }); n != 0 {
				w.Errorf("%d commits, want none", n)
			}
		},
		"new rules make everybody be decided again and the source be read in full": func(w *world) {
			w.saveUsers(person("ada"))
			w.saveGroups(team("eng"))
			w.saveMembers("eng", "ada")
			w.settle()
			w.ok(w.Store.ReadDone(w.ctx, w.claim, true, w.now, w.now, false))
			w.next()
			w.same("dirty before", w.dirty(), []string{})
			w.ensure("rules-2", cloud)
			w.same("dirty", w.dirty(), []string{"ada"})
			w.same("groups to read", w.number(`SELECT COUNT(*) FROM groups WHERE dirty AND members_due AND members_digest = ''`), 1)
			w.ok(w.Store.Finish(w.ctx, w.claim, "done", "", false, w.now))
			if !w.begin().Full {
				w.Error("the next run does not read in full")
			}
		},
		"a new target makes everybody be decided again": func(w *world) {
			w.saveUsers(person("ada"))
			w.settle()
			c := w.ensure("rules-1", cloud, store.TargetSpec{Name: "jira", Kind: "jira-dc", Identity: "srv-1"})
			w.same("dirty", w.dirty(), []string{"ada"})
			if c.Targets["jira"] == 0 || c.Targets["cloud"] != w.target {
				w.Errorf("targets %v", c.Targets)
			}
		},
		"a target that was taken out of the configuration is none of the connection's, the first time and after": func(w *world) {
			jira := store.TargetSpec{Name: "jira", Kind: "jira-dc", Identity: "srv-1"}
			both := w.ensure("rules-1", cloud, jira)
			for range 2 {
				w.same("without", w.ensure("rules-2", cloud).Targets, map[string]int64{"cloud": w.target})
			}
			w.same("back", w.ensure("rules-1", cloud, jira).Targets, both.Targets)
		},
		"other attributes make the source be read in full, and nobody be decided before that": func(w *world) {
			w.saveUsers(person("ada"))
			w.settle()
			w.ok(w.Store.ReadDone(w.ctx, w.claim, true, w.now, w.now, false))
			w.next()
			_, err := w.Store.EnsureConnection(w.ctx, "staff", "rules-1", "department,title", []store.TargetSpec{cloud})
			w.ok(err)
			w.same("dirty", w.dirty(), []string{})
			w.ok(w.Store.Finish(w.ctx, w.claim, "done", "", false, w.now))
			if !w.begin().Full {
				w.Error("the next run does not read in full")
			}
			if n := w.commitsOf(func() {
				_, err := w.Store.EnsureConnection(w.ctx, "staff", "rules-1", "department,title", []store.TargetSpec{cloud})
				w.ok(err)
			}); n != 0 {
				w.Errorf("%d commits the second time, want none", n)
			}
		},
		"another treatment of groups makes everybody be decided again, and another mode the target be read": func(w *world) {
			w.team("eng", 1)
			w.settle()
			w.ok(w.Store.TargetReadDone(w.ctx, w.claim, w.target, w.now))
			renames := cloud
			renames.Renames = true
			w.ensure("rules-1", renames)
			w.same("dirty", w.dirty(), []string{"eng0"})
			w.same("age", w.age(), store.TargetAge{ReadAt: w.now})
			w.exec(`INSERT INTO foreign_members (target_id, group_id, remote_id) VALUES (?, ?, 'stranger')`, w.target, w.groupID("eng"))
			renames.Additive = false
			w.ensure("rules-1", renames)
			w.same("age in the other mode", w.age(), store.TargetAge{})
			w.same("foreign members known", w.number(`SELECT COUNT(*) FROM foreign_members`), 0)
			w.same("stored", w.column(`SELECT CASE WHEN additive THEN 'additive ' ELSE 'authoritative ' END || CASE WHEN renames THEN 'renames' ELSE '' END FROM targets`), []string{"authoritative renames"})
		},
		"a target in which nothing was linked yet may be another place: its address was a mistake": func(w *world) {
			w.saveUsers(person("ada"))
			w.plan()
			w.same("plan", w.changes(), []string{"account.create ada planned"})
			w.ok(w.Store.Finish(w.ctx, w.claim, "failed", "", false, w.now))
			right := cloud
			right.Identity, right.Kind = "org-2/dir-2", "jira-cloud"
			c := w.ensure("rules-1", right)
			if c.Targets["cloud"] == 0 || c.Targets["cloud"] == w.target {
				w.Errorf("targets %v, want another than %d", c.Targets, w.target)
			}
			w.same("decided again", w.dirty(), []string{"ada"})
			w.same("what its runs came to", w.column(`SELECT t.name FROM changes ch JOIN targets t ON t.id = ch.target_id`), []string{fmt.Sprintf("cloud@%d", w.target)})
			if n := w.commitsOf(func() { w.ensure("rules-1", right) }); n != 0 {
				w.Errorf("%d commits the second time, want none", n)
			}
			w.same("the former place again", w.ensure("rules-1", cloud).Targets["cloud"], w.target)
		},
		"a target that a run may be about to link something in is refused under another address": func(w *world) {
			_, err := w.Store.EnsureConnection(w.ctx, "staff", "rules-1", "", []store.TargetSpec{{Name: "cloud", Kind: "atlassian-cloud", Identity: "org-2/dir-1"}})
			var changed *store.TargetChangedError
			if !errors.As(err, &changed) {
				w.Errorf("error %v, want *TargetChangedError", err)
			}
		},
		"a target that is called otherwise in the configuration keeps its links, and is decided anew": func(w *world) {
			w.saveUsers(person("ada"))
			w.settle()
			w.ok(w.Store.Finish(w.ctx, w.claim, "done", "", true, w.now))
			other := cloud
			other.Name = "atlassian"
			elsewhere := store.TargetSpec{Name: "cloud2", Kind: "atlassian-cloud", Identity: "org-2/dir-1"}
			again := w.ensure("rules-1", other, elsewhere)
			w.same("target", again.Targets["atlassian"], w.target)
			if again.Targets["cloud2"] == w.target {
				w.Error("another place is the same target")
			}
			w.same("decided again", w.dirty(), []string{"ada"})
			if n := w.commitsOf(func() { w.ensure("rules-1", other, elsewhere) }); n != 0 {
				w.Errorf("%d commits the second time, want none", n)
			}
			w.same("back", w.ensure("rules-1", cloud).Targets["cloud"], w.target)
		},
		"a second target of one place is none that is configured already": func(w *world) {
			w.ok(w.Store.Finish(w.ctx, w.claim, "done", "", true, w.now))
			other := cloud
			other.Name = "again"
			both := w.ensure("rules-1", cloud, other)
			w.same("target", both.Targets["cloud"], w.target)
			if both.Targets["again"] == w.target {
				w.Error("two targets are one")
			}
		},
		"a target that is now another place is refused": func(w *world) {
			w.saveUsers(person("ada"))
			w.settle()
			w.ok(w.Store.Finish(w.ctx, w.claim, "done", "", false, w.now))
			_, err := w.Store.EnsureConnection(w.ctx, "staff", "rules-1", "", []store.TargetSpec{{Name: "cloud", Kind: "atlassian-cloud", Identity: "org-2/dir-1"}})
			if err == nil {
				w.Error("no error")
			}
			again := w.ensure("rules-1", cloud)
			w.same("target", again.Targets["cloud"], w.target)
		},
		"of several targets, one that is now another place is left out and the others are as usual": func(w *world) {
			w.saveUsers(person("ada"))
			w.settle()
			w.ok(w.Store.Finish(w.ctx, w.claim, "done", "", true, w.now))
			other := store.TargetSpec{Name: "jira", Kind: "jira-dc", Identity: "jira:here"}
			both := w.ensure("rules-1", cloud, other)
			w.ok(w.Store.SameTarget(w.ctx, w.target, cloud))
			moved := cloud
			moved.Identity = "org-2/dir-1"
			w.same("ids", w.ensure("rules-1", moved, other), store.Connection{ID: w.conn.ID, Targets: map[string]int64{"jira": both.Targets["jira"]},
				Moved: map[string]*store.TargetChangedError{"cloud": {ID: w.target, Target: "cloud", Was: "atlassian-cloud org-1/dir-1", Is: "atlassian-cloud org-2/dir-1"}}})
			w.same("stored", w.column(`SELECT identity FROM targets WHERE name IN ('cloud', 'jira') ORDER BY identity`), []string{"jira:here", "org-1/dir-1"})
			for name, of := range map[string]struct {
				spec  store.TargetSpec
				moved bool
			}{
				"it": {moved, true}, "it in its place": {cloud, false}, "one in which nothing is linked": {store.TargetSpec{Name: "jira", Kind: "jira-dc", Identity: "jira:there"}, false},
				"one that is not known": {store.TargetSpec{Name: "new", Kind: "jira-dc", Identity: "jira:there"}, false},
			} {
				changed, err := w.Store.TargetMoved(w.ctx, "staff", of.spec)
				w.ok(err)
				w.same(name+": moved", changed != nil, of.moved)
			}
			var changed *store.TargetChangedError
			if err := w.Store.SameTarget(w.ctx, w.target, moved); !errors.As(err, &changed) {
				w.Errorf("what was planned for the former place: %v, want *TargetChangedError", err)
			}
			if err := w.Store.SameTarget(w.ctx, 0, moved); !errors.Is(err, store.ErrNotFound) {
				w.Errorf("a target that is not known: %v, want ErrNotFound", err)
			}
			w.same("put right", w.ensure("rules-1", cloud, other).Targets, both.Targets)
			elsewhere := other
			elsewhere.Identity = "jira:there"
			w.same("when the other has nothing in it, it is set aside as ever", len(w.ensure("rules-1", moved, elsewhere).Moved), 1)
		},
		"when all of several targets are other places the connection is refused": func(w *world) {
			w.saveUsers(person("ada"))
			w.settle()
			jira := store.TargetSpec{Name: "jira", Kind: "jira-dc", Identity: "jira:here"}
			w.ensure("rules-1", cloud, jira)
			moved, elsewhere := cloud, jira
			moved.Identity, elsewhere.Identity = "org-2/dir-1", "jira:there" // a run is under way
			_, err := w.Store.EnsureConnection(w.ctx, "staff", "rules-2", "", []store.TargetSpec{moved, elsewhere})
			var changed *store.TargetChangedError
			if !errors.As(err, &changed) {
				w.Errorf("error %v, want *TargetChangedError", err)
			}
			w.same("nothing was recorded", w.column(`SELECT rules_digest FROM connections`), []string{"rules-1"})
		},
		"a connection is found by name": func(w *world) {
			id, err := w.Store.ConnectionID(w.ctx, "staff")
			w.ok(err)
			w.same("id", id, w.conn.ID)
			if _, err := w.Store.ConnectionID(w.ctx, "nobody"); !errors.Is(err, store.ErrNotFound) {
				w.Errorf("another name: %v, want ErrNotFound", err)
			}
		},
		"what the event log showed makes the next run read in full": func(w *world) {
			w.ok(w.Store.ReadDone(w.ctx, w.claim, true, w.now, w.now, false))
			w.ok(w.Store.SaveLogCursor(w.ctx, w.conn.ID, "c1", false))
			w.next()
			w.ok(w.Store.Finish(w.ctx, w.claim, "done", "", true, w.now))
			if w.begin().Full {
				w.Error("full though nothing was seen")
			}
			w.ok(w.Store.SaveLogCursor(w.ctx, w.conn.ID, "c2", true))
			w.ok(w.Store.SaveLogCursor(w.ctx, w.conn.ID, "c3", false))
			w.ok(w.Store.Finish(w.ctx, w.claim, "done", "", true, w.now))
			if !w.begin().Full {
				w.Error("not full though something was seen")
			}
			cursor, err := w.Store.LogCursor(w.ctx, w.conn.ID)
			w.ok(err)
			w.same("cursor", cursor, "c3")
		},
		"a target's age is that of its last complete read": func(w *world) {
			w.same("age", w.age(), store.TargetAge{Empty: true})
			w.saveUsers(person("ada"))
			w.settle()
			w.ok(w.Store.TargetReadDone(w.ctx, w.claim, w.target, w.now))
			w.same("age", w.age(), store.TargetAge{ReadAt: w.now})
		},
		"an incremental run begins before the watermark": func(w *world) {
			mark := w.now.Add(-time.Hour)
			w.ok(w.Store.ReadDone(w.ctx, w.claim, true, mark, w.now, false))
			w.ok(w.Store.Finish(w.ctx, w.claim, "done", "", true, w.now))
			run := w.begin()
			w.same("full", run.Full, false)
			w.same("since", run.Since, mark.Add(-time.Minute))
			w.ok(w.Store.ReadDone(w.ctx, w.claim, false, w.now, w.now, true))
			w.ok(w.Store.Finish(w.ctx, w.claim, "done", "", true, w.now))
			if !w.begin().Full {
				w.Error("a doubtful read does not make the next one full")
			}
		},
		"a full read that is too old makes the next run full": func(w *world) {
			w.ok(w.Store.ReadDone(w.ctx, w.claim, true, w.now, w.now, false))
			w.ok(w.Store.Finish(w.ctx, w.claim, "done", "", true, w.now))
			w.now = w.now.Add(24 * time.Hour)
			if !w.begin().Full {
				w.Error("not full after a day")
			}
		},
	})
}

func (w *world) ensure(rules string, targets ...store.TargetSpec) store.Connection {
	w.Helper()
	c, err := w.Store.EnsureConnection(w.ctx, "staff", rules, "", targets)
	w.ok(err)
	return c
}

func (w *world) age() store.TargetAge {
	w.Helper()
	age, err := w.Store.TargetAge(w.ctx, w.target)
	w.ok(err)
	return age
}
