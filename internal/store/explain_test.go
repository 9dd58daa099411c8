package store_test

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/internal/store/storetest"
)

// large are the tables that grow with the number of people.
var large = []string{"users", "memberships", "desired_accounts", "desired_groups", "desired_memberships", "accounts", "target_groups", "target_memberships", "changes", "removals", "seen", "groups", "runs",
	"scim_resources", "scim_values", "scim_members", "scim_blocks", "scim_log", "scim_acks", "inbox",
	"leavers", "leaver_groups", "unlinked_accounts", "foreign_members", "group_routes", "scim_nested",
	"group_nestings", "desired_nestings", "target_nestings", "desired_permissions", "target_permissions", "lost_groups", "lost_memberships", "lost_nestings"}

// scanAllowed are statements that look at a whole table by intent.
var scanAllowed = []string{}

// statements keeps the texts of the statements that a store sends.
type statements struct {
	mu   sync.Mutex
	seen map[string]bool
}

func (s *statements) hook(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[text] = true
}

func TestEveryStatementOfARunIsServedByAnIndex(t *testing.T) {
	t.Parallel()
	sent := &statements{seen: map[string]bool{}}
	path := filepath.Join(t.TempDir(), "store.db")
	db := open(t, "sqlite:"+path, "sqlite", "file:"+path+"?_pragma=busy_timeout(15000)", store.WithHooks(store.Hooks{Statement: sent.hook}))
	storetest.RunAll(t, db)
	checked := wantIndexes(t, db.SQL, sent)
	if checked < 60 {
		t.Errorf("only %d statements were seen: the run does not do all that a run does", checked)
	}
}

func TestEveryStatementAboutGroupsInGroupsIsServedByAnIndex(t *testing.T) {
	t.Parallel()
	sent := &statements{seen: map[string]bool{}}
	path := filepath.Join(t.TempDir(), "store.db")
	db := open(t, "sqlite:"+path, "sqlite", "file:"+path+"?_pragma=busy_timeout(15000)", store.WithHooks(store.Hooks{Statement: sent.hook}))
	storetest.RunAllNested(t, db)
	checked := wantIndexes(t, db.SQL, sent)
	if checked < 100 {
		t.Errorf("only %d statements were seen: not everything was tried", checked)
	}
}

// wantIndexes asks that an index serves every statement, and returns how many
// there were.
func wantIndexes(t *testing.T, db *sqlx.DB, sent *statements) (checked int) {
	t.Helper()
	for text := range sent.seen {
		if !regexp.MustCompile(`(?i)^(SELECT|INSERT|UPDATE|DELETE|WITH)\b`).MatchString(text) || slices.Contains(scanAllowed, text) {
			continue
		}
		checked++
		for _, step := range scans(t, db, text) {
			t.Errorf("%s in:\n%s", step, text)
		}
	}
	return checked
}

func TestTheCheckOfIndexesSeesAScan(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	db := open(t, "sqlite:"+path, "sqlite", "file:"+path)
	for text, want := range map[string]int{
		`SELECT id FROM users WHERE first_name = ?`:                                                                          1,
		`SELECT u.id FROM accounts a JOIN users u ON u.id = a.user_id WHERE a.display_name = ?`:                              1,
		`UPDATE changes SET state = ? WHERE kind = ?`:                                                                        1,
		`SELECT d.user_id FROM desired_accounts d CROSS JOIN users u WHERE d.target_id = ? AND u.id = d.user_id AND u.dirty`: 1,
		`SELECT d.user_id FROM desired_accounts d CROSS JOIN users u WHERE d.target_id = ? AND u.id = d.user_id`:             0,
		`SELECT id FROM users WHERE connection_id = ? AND source_id = ?`:                                                     0,
		`DELETE FROM accounts WHERE target_id = ? AND user_id IN (SELECT id FROM users WHERE last_name = 'x')`:               1,
	} {
		if got := scans(t, db.SQL, text); len(got) != want {
			t.Errorf("%d scans %v, want %d in %s", len(got), got, want, text)
		}
	}
}

// scans returns the steps of a statement's plan that read a whole large table.
func scans(t *testing.T, db *sqlx.DB, text string) []string {
	t.Helper()
	var found []string
	rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+text, make([]any, strings.Count(text, "?"))...)
	if err != nil {
		t.Fatalf("explain %s: %v", text, err)
	}
	defer rows.Close()
	names := aliases(text)
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		words := strings.Fields(detail)
		if len(words) < 2 || !slices.Contains(large, names[words[1]]) {
			continue
		}
		whole := incremental.MatchString(text) && slices.Contains(largest, names[words[1]]) && wholePart.MatchString(detail) && !strings.Contains(detail, "INDEX users_dirty ")
		if words[0] == "SCAN" || whole {
			found = append(found, detail)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

// largest are the tables with a row or more a person.
var largest = []string{"users", "memberships", "desired_accounts", "desired_memberships", "accounts", "target_memberships"}

// incremental is a statement that must look at what is dirty alone, which
// wholePart, a search of all that a connection or target has, does not.
var (
	incremental = regexp.MustCompile(`AND ([ug]\.)?dirty\b`)
	wholePart   = regexp.MustCompile(`\((connection_id|target_id)=\?\)$`)
)

// aliases maps the names by which a statement calls its tables to the tables.
func aliases(text string) map[string]string {
	names := map[string]string{}
	for _, table := range large {
		names[table] = table
	}
	for _, m := range regexp.MustCompile(`(?i)\b(?:FROM|JOIN|UPDATE|INTO)\s+(\w+)\s+(?:AS\s+)?(\w+)`).FindAllStringSubmatch(text, -1) {
		if slices.Contains(large, m[1]) {
			names[m[2]] = m[1]
		}
	}
	return names
}

// BenchmarkPlan measures the stages of a run over 100,000 people with two
// memberships each.
func BenchmarkPlan(b *testing.B) {
	const people, groups = 100_000, 1000
	for b.Loop() {
		path := filepath.Join(b.TempDir(), "store.db")
		db := open(b, "sqlite:"+path, "sqlite", "file:"+path)
		storetest.Measure(b, db, people, groups)
	}
}
