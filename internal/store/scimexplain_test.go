package store_test

import (
	"path/filepath"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/internal/store/storetest"
)

func TestEveryStatementAboutPushesIsServedByAnIndex(t *testing.T) {
	t.Parallel()
	sent := &statements{seen: map[string]bool{}}
	path := filepath.Join(t.TempDir(), "store.db")
	db := open(t, "sqlite:"+path, "sqlite", "file:"+path+"?_pragma=busy_timeout(15000)", store.WithHooks(store.Hooks{Statement: sent.hook}))
	storetest.RunAllScim(t, db)
	checked := wantIndexes(t, db.SQL, sent)
	if checked < 100 {
		t.Errorf("only %d statements were seen: not everything was tried", checked)
	}
}

func TestTheCheckOfIndexesSeesAScanOfWhatWasPushed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	db := open(t, "sqlite:"+path, "sqlite", "file:"+path)
	for text, want := range map[string]int{
		`SELECT r.id FROM scim_resources r WHERE r.display = ?`:                                                 1,
		`SELECT v.resource_id FROM scim_values v WHERE v.value_key = ?`:                                         1,
		`SELECT m.group_id FROM scim_members m WHERE m.member = ?`:                                              1,
		`SELECT m.group_id FROM scim_members m WHERE m.member = ? AND m.member_id = 0`:                          0,
		`SELECT v.resource_id FROM scim_values v WHERE v.connection_id = ? AND v.type = ? AND v.path = ?`:       0,
		`SELECT l.id FROM scim_log l WHERE l.path = ?`:                                                          1,
		`SELECT i.version FROM json_each(?) AS j CROSS JOIN inbox i WHERE i.resource_id = CAST(j.value AS INT)`: 0,
	} {
		if got := scans(t, db.SQL, text); len(got) != want {
			t.Errorf("%d scans %v, want %d in %s", len(got), got, want, text)
		}
	}
}
