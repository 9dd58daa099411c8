package storetest

import (
	"fmt"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// tables are all that a run may write to.
var tables = []string{"connections", "targets", "users", "groups", "memberships", "desired_accounts", "desired_groups", "desired_memberships",
	"accounts", "target_groups", "target_memberships", "protected_objects", "runs", "seen", "notes", "changes", "held_plans", "removals",
	"group_nestings", "nesting_versions", "desired_nestings", "target_nestings", "desired_permissions", "target_permissions", "group_overrides"}

// watch counts each row that is written from now on, by triggers.
func (w *world) watch() {
	w.Helper()
	statements := []string{`CREATE TABLE written (name TEXT NOT NULL)`}
	if w.Store.Name() == "PostgreSQL" {
		statements = append(statements, `CREATE FUNCTION count_write() RETURNS TRIGGER AS 'BEGIN INSERT INTO written VALUES (TG_TABLE_NAME); RETURN NULL; END' LANGUAGE plpgsql`)
	}
	for _, table := range tables {
		if w.Store.Name() == "PostgreSQL" {
			statements = append(statements, fmt.Sprintf(`CREATE TRIGGER watch AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION count_write()`, table))
			continue
		}
		for _, operation := range []string{"INSERT", "UPDATE", "DELETE"} {
			statements = append(statements, fmt.Sprintf(`CREATE TRIGGER watch_%s_%s AFTER %[2]s ON %[1]s BEGIN INSERT INTO written VALUES ('%[1]s'); END`, table, operation))
		}
	}
	for _, statement := range statements {
		if _, err := w.SQL.ExecContext(w.ctx, statement); err != nil {
			w.Fatalf("%s: %v", statement, err)
		}
	}
}

// written returns how many rows were written since watch, by table.
func (w *world) written() map[string]int {
	w.Helper()
	counts := map[string]int{}
	for _, name := range w.column(`SELECT name FROM written`) {
		counts[name]++
	}
	return counts
}

func rowsWritten(t *testing.T, open Open) {
	cases(t, open, map[string]func(w *world){
		"a full read in which nothing changed writes a handful of rows, however many people there are": func(w *world) {
			names := w.staff(300)
			people := make([]directory.User, len(names))
			for i, name := range names {
				people[i] = person(name)
			}
			groups := []directory.Group{team("eng"), team("ops")}
			read := func() {
				users := w.saveUsers(people...)
				w.ok(w.Store.SaveSeen(w.ctx, w.claim, "users", "0", users.IDs))
				listed := w.saveGroups(groups...)
				w.ok(w.Store.SaveSeen(w.ctx, w.claim, "groups", "0", listed.IDs))
				w.saveMembers("eng", names[:150]...)
				w.saveMembers("ops", names[100:]...)
				for _, mark := range []func() (int, error){
					func() (int, error) { return w.Store.MarkAbsentUsers(w.ctx, w.claim) },
					func() (int, error) { return w.Store.MarkAbsentGroups(w.ctx, w.claim) },
				} {
					n, err := mark()
					w.ok(err)
					w.same("missing", n, 0)
				}
				w.ok(w.Store.ReadDone(w.ctx, w.claim, true, w.now, w.now, false))
			}
			read()
			if due := w.plan().Due; due != 300+2+350 {
				w.Errorf("%d changes planned at first, want 652", due)
			}
			w.apply()
			w.ok(w.Store.Finish(w.ctx, w.claim, "done", "", true, w.now))

			w.watch()
			w.begin()
			read()
			w.same("plan", w.plan().Total, int64(0))
			w.ok(w.Store.Finish(w.ctx, w.claim, "done", "", true, w.now))
			// A run: recorded, closed. Its connection: claimed, read, let go. What was seen: two lists, written and dropped.
			w.same("rows written", w.written(), map[string]int{"runs": 2, "connections": 3, "seen": 4})
		},
		"a run that decides everything anew writes nothing of groups in groups and permissions that are as they were": func(w *world) {
			n := newNestWorld(newPushWorld(w, open))
			n.team("outer", n.team("inner", n.joins("ada")))
			n.permit("outer: project ABC: write")
			n.settle()
			n.configure()
			watched := &world{TB: n.TB, Database: n.Database, ctx: n.ctx}
			watched.watch()
			n.same("planned", n.planAll(), []string(nil))
			written := watched.written()
			for _, table := range []string{"group_nestings", "nesting_versions", "desired_nestings", "target_nestings", "desired_permissions", "target_permissions", "group_overrides", "changes"} {
				w.same(table, written[table], 0)
			}
		},
		"the count of rows written sees a row that was": func(w *world) {
			w.watch()
			w.saveUsers(person("ada"))
			w.same("rows written", w.written(), map[string]int{"users": 1})
		},
	})
}
