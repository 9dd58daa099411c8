package cli_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/rollcall-sync/rollcall/internal/cli"
)

// nested is seeded with a group that run 1 put in another and gave a
// permission, and a person who is in the outer one through the inner alone.
func nested(t *testing.T) *shell {
	t.Helper()
	s := seeded(t)
	db, err := sqlx.Open("sqlite", "file:"+filepath.Join(s.dir, "rollcall.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		`INSERT INTO groups (connection_id, source_id, name, name_key, description, type, presence, fingerprint, members_updated, members_due, read_at, dirty)
			SELECT id, '00g9', 'Staff', 'staff', '', '', 'present', '', 0, FALSE, 0, FALSE FROM connections`,
		`INSERT INTO target_groups (target_id, identity, remote_id, group_id, origin, name, name_key, observed_at)
			SELECT t.id, t.identity, 'group-Staff', g.id, 'created', 'Staff', 'staff', 0 FROM targets t JOIN groups g ON g.source_id = '00g9'`,
		`INSERT INTO target_nestings (target_id, child_id, group_id, origin)
			SELECT t.id, i.id, o.id, 'created' FROM targets t JOIN groups i ON i.source_id = '00g1' JOIN groups o ON o.source_id = '00g9'`,
		`INSERT INTO changes (run_id, target_id, stage, ord, kind, group_id, outer_id, after, state)
			SELECT 1, t.id, 4, 2000000000, 'nesting.add', i.id, o.id, 'in it', 'applied' FROM targets t JOIN groups i ON i.source_id = '00g1' JOIN groups o ON o.source_id = '00g9'`,
		`INSERT INTO changes (run_id, target_id, stage, ord, kind, group_id, scope, after, state)
			SELECT 1, t.id, 2, 2000000000, 'group.permit', i.id, 'project ABC', 'write', 'applied' FROM targets t JOIN groups i ON i.source_id = '00g1'`,
		`INSERT INTO group_nestings (connection_id, child_id, parent_id)
			SELECT i.connection_id, i.id, o.id FROM groups i JOIN groups o ON o.source_id = '00g9' WHERE i.source_id = '00g1'`,
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return s
}

// cells are the values of some columns in the rows of a kind of change.
func cells(t *testing.T, rows [][]string, kind string, columns ...string) string {
	t.Helper()
	at := map[string]int{}
	for i, name := range rows[0] {
		at[name] = i
	}
	var found []string
	for _, row := range rows[1:] {
		if row[at["kind"]] != kind {
			continue
		}
		for _, name := range columns {
			i, known := at[name]
			if !known {
				t.Fatalf("no column %q among %q", name, rows[0])
			}
			found = append(found, row[i])
		}
	}
	return strings.Join(found, "|")
}

func TestAnUndoAndTheRecordSayWhichGroupIsOuterAndWhatAPermissionIsFor(t *testing.T) {
	t.Parallel()
	s := nested(t)
	s.run("undo", "1", "--dry-run").want(t, cli.ExitDone, "nesting.add        Engineering in Staff: ", "group.permit       Engineering on project ABC: ")
	for _, command := range [][]string{{"undo", "1", "--dry-run", "--csv"}, {"audit", "staff", "--csv"}} {
		rows := rowsOf(t, s.run(command...))
		if got, want := cells(t, rows, "nesting.add", "group", "outer_id", "outer", "scope"), "Engineering|3|Staff|"; got != want {
			t.Errorf("%q has %q of a group in a group, want %q", command, got, want)
		}
		if got, want := cells(t, rows, "group.permit", "group", "outer_id", "outer", "scope"), "Engineering|||project ABC"; got != want {
			t.Errorf("%q has %q of a permission, want %q", command, got, want)
		}
	}
	var items []struct {
		Kind, Outer, Scope string
		OuterID            int64 `json:"outer_id"`
	}
	r := s.run("undo", "1", "--dry-run", "--json")
	r.want(t, cli.ExitDone)
	r.decode(t, &items)
	told := map[string]string{}
	for _, i := range items {
		told[i.Kind] = i.Outer + i.Scope
	}
	if told["nesting.add"] != "Staff" || told["group.permit"] != "project ABC" {
		t.Errorf("as JSON: %v", told)
	}
}

func TestSomebodyWhoIsInAGroupThroughAnotherIsExplainedSo(t *testing.T) {
	t.Parallel()
	s := nested(t)
	r := s.run("explain", "staff", "login1")
	r.want(t, cli.ExitDone, "in it through Engineering")
	for line := range strings.Lines(r.stdout) {
		if strings.Contains(line, "in it through") && (!strings.Contains(line, "Staff") || strings.Contains(line, "not a member yet")) {
			t.Errorf("the line is %q", line)
		}
	}
	var got struct {
		Targets []struct {
			Groups []struct {
				Name    string
				Joined  bool
				Through []string
			}
		}
	}
	r = s.run("explain", "staff", "login1", "--json")
	r.want(t, cli.ExitDone)
	r.decode(t, &got)
	found := false
	for _, g := range got.Targets[0].Groups {
		found = found || g.Name == "Staff" && !g.Joined && len(g.Through) == 1 && g.Through[0] == "Engineering"
	}
	if !found {
		t.Errorf("as JSON: %+v", got)
	}
}
