package store

import (
	"path/filepath"
	"sync"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"

	"github.com/rollcall-sync/rollcall/internal/pgtest"
)

func TestMigrations(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]func(t *testing.T) string{
		"SQLite":     func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "store.db") },
		"PostgreSQL": func(t *testing.T) string { return pgtest.Database(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := address(t)
			t.Run("programs that start at once make one schema", func(t *testing.T) {
				var wg sync.WaitGroup
				for range 4 {
					wg.Go(func() {
						s, err := Open(t.Context(), at)
						if err != nil {
							t.Errorf("open: %v", err)
							return
						}
						if err := s.Close(); err != nil {
							t.Errorf("close: %v", err)
						}
					})
				}
				wg.Wait()
			})
			t.Run("groups that were decided before there were routes lead where they led", func(t *testing.T) {
				s, provider := migrating(t, at)
				if _, err := provider.DownTo(t.Context(), 3); err != nil {
					t.Fatal(err)
				}
				for _, statement := range []string{
					`INSERT INTO connections (id, name) VALUES (1, 'staff')`,
					`INSERT INTO targets (id, connection_id, name, kind, identity) VALUES (1, 1, 'cloud', 'k', 'i')`,
					`INSERT INTO groups (id, connection_id, source_id, name, name_key, description, type, fingerprint, members_updated, read_at) VALUES (7, 1, '00g', 'eng', 'eng', '', '', '', 0, 0)`,
					`INSERT INTO desired_groups (target_id, group_id, name, name_key, rule) VALUES (1, 7, 'eng', 'eng', 'same name')`,
				} {
					if _, err := s.writable().ExecContext(t.Context(), statement); err != nil {
						t.Fatalf("%s: %v", statement, err)
					}
				}
				if _, err := provider.Up(t.Context()); err != nil {
					t.Fatal(err)
				}
				var into int64
				if err := s.writable().GetContext(t.Context(), &into, `SELECT into_id FROM group_routes WHERE target_id = 1 AND group_id = 7`); err != nil || into != 7 {
					t.Errorf("the group leads to %d: %v", into, err)
				}
			})
			t.Run("groups that were pushed into groups before there were nestings are known to be in them", func(t *testing.T) {
				s, provider := migrating(t, at)
				if _, err := provider.DownTo(t.Context(), 4); err != nil {
					t.Fatal(err)
				}
				pushedBefore(t, s)
				if _, err := provider.Up(t.Context()); err != nil {
					t.Fatal(err)
				}
				for query, want := range map[string]string{
					`SELECT child_id || ' in ' || parent_id FROM group_nestings`:                   "31 in 32",
					`SELECT user_id || ' in ' || group_id FROM memberships WHERE NOT direct`:       "41 in 32",
					`SELECT child_id || ' in ' || parent_id FROM scim_nested`:                      "51 in 52",
					`SELECT 'version ' || version FROM nesting_versions`:                           "version 1",
					`SELECT COUNT(*) || ' direct' FROM memberships WHERE direct AND group_id = 31`: "1 direct",
					`SELECT COUNT(*) || ' targets' FROM targets WHERE nests OR permissions <> ''`:  "0 targets",
				} {
					var got []string
					if err := s.writable().SelectContext(t.Context(), &got, query); err != nil || len(got) != 1 || got[0] != want {
						t.Errorf("%s: %q, %v, want %q", query, got, err, want)
					}
				}
			})
			t.Run("the schema goes down to nothing and up again", func(t *testing.T) {
				s, provider := migrating(t, at)
				down, err := provider.DownTo(t.Context(), 0)
				if err != nil || len(down) == 0 {
					t.Fatalf("down: %d migrations, %v", len(down), err)
				}
				tables := `SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'goose_db_version'`
				if s.dialect == postgres {
					tables = `SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'goose_db_version'`
				}
				var left int
				if err := s.writable().GetContext(t.Context(), &left, tables); err != nil || left != 0 {
					t.Errorf("%d tables are left: %v", left, err)
				}
				if up, err := provider.Up(t.Context()); err != nil || len(up) != len(down) {
					t.Errorf("up again: %d of %d migrations, %v", len(up), len(down), err)
				}
				if _, err := s.EnsureConnection(t.Context(), "staff", "rules-1", "", nil); err != nil {
					t.Errorf("the schema does not serve: %v", err)
				}
			})
		})
	}
}

func (s *Store) writable() *sqlx.DB {
	if s.writer != nil {
		return s.writer.db
	}
	return s.db
}

// pushedBefore stores a person who was pushed into a group in a group, and a
// nesting of groups that have no rows yet, as the schema was before.
func pushedBefore(t *testing.T, s *Store) {
	t.Helper()
	const group = `INSERT INTO groups (id, connection_id, source_id, name, name_key, description, type, fingerprint, members_updated, read_at) VALUES `
	const resource = `INSERT INTO scim_resources (id, connection_id, type, scim_id, name_key, document, shard, created_at, modified_at) VALUES `
	for _, statement := range []string{
		`INSERT INTO connections (id, name) VALUES (9, 'pushed')`,
		group + `(31, 9, 's-inner', 'inner', 'inner', '', '', '', 0, 0), (32, 9, 's-outer', 'outer', 'outer', '', '', '', 0, 0)`,
		`INSERT INTO users (id, connection_id, source_id, status, assigned, login, email, email_key, first_name, last_name, display_name, fingerprint, last_updated, read_at)
			VALUES (41, 9, 's-ada', 'ACTIVE', TRUE, 'ada', '', '', '', '', '', '', 0, 0)`,
		`INSERT INTO memberships (group_id, user_id) VALUES (31, 41), (32, 41)`,
		resource + `(51, 9, 'Group', 's-inner', 'inner', '{}', 0, 0, 0), (52, 9, 'Group', 's-outer', 'outer', '{}', 0, 0, 0), (53, 9, 'Group', 's-later', 'later', '{}', 0, 0, 0)`,
		resource + `(61, 9, 'User', 's-ada', 'ada', '{}', 0, 0, 0)`,
		`INSERT INTO scim_members (group_id, member, member_id) VALUES (51, 's-ada', 61), (52, 's-inner', 51)`,
		`INSERT INTO scim_nested (child_id, parent_id) VALUES (51, 52), (51, 53)`,
	} {
		if _, err := s.writable().ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// migrating opens a database until the end of a test, with its migrations.
func migrating(t *testing.T, at string) (*Store, *goose.Provider) {
	t.Helper()
	s, err := Open(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	provider, err := migrationsOf(s.writable(), s.dialect)
	if err != nil {
		t.Fatal(err)
	}
	return s, provider
}
