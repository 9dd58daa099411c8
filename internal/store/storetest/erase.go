package storetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// texts returns every text in every table, with where it stands.
func texts(w interface {
	Helper()
	Fatal(...any)
}, db Database) map[string][]string {
	w.Helper()
	query := `SELECT m.name || '.' || p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND p.type LIKE 'TEXT%'`
	if db.Store.Name() == "PostgreSQL" {
		query = `SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = current_schema() AND data_type = 'text'`
	}
	var columns []string
	if err := db.SQL.Select(&columns, query); err != nil {
		w.Fatal(err)
	}
	found := map[string][]string{}
	for _, column := range columns {
		table, name, _ := strings.Cut(column, ".")
		var all []string
		if err := db.SQL.Select(&all, `SELECT COALESCE("`+name+`", '') FROM "`+table+`"`); err != nil {
			w.Fatal(err)
		}
		found[column] = all
	}
	if len(found) < 60 {
		w.Fatal(fmt.Sprintf("only %d columns of text were found", len(found)))
	}
	return found
}

// named returns where one of the names stands, whatever the case.
func named(all map[string][]string, names ...string) (where []string) {
	for column, values := range all {
		for _, value := range values {
			for _, name := range names {
				if strings.Contains(strings.ToLower(value), strings.ToLower(name)) {
					where = append(where, column+": "+value)
				}
			}
		}
	}
	return where
}

var zoe = directory.User{SourceID: "00u-zoe", Status: directory.StatusActive, Assigned: true, Login: "zoe.login@example.com", Email: "Zoe.Mail@example.com",
	FirstName: "Zoequinn", LastName: "Quartermain", DisplayName: "Zoequinn Quartermain", Attributes: map[string]any{"nick": "zoequack"}}

var zoes = []string{"zoe.login", "zoe.mail", "zoequinn", "quartermain", "00u-zoe", "zoequack"}

func erasure(t *testing.T, open Open) {
	cases(t, open, map[string]func(w *world){
		"of a person who is gone nothing is found any more": func(w *world) {
			w.saveUsers(zoe, person("p0"))
			w.saveGroups(team("eng"))
			w.saveMembers("eng", "zoe", "p0")
			w.settle()
			user := w.userID("zoe")
			w.saveUsers(with(zoe, func(u *directory.User) { u.DisplayName = "Zoequinn Q. Quartermain"; u.LastUpdated = w.now }))
			w.plan()
			due, err := w.Store.DueBatch(w.ctx, w.claim.RunID, w.target, directory.StageAccounts, store.Range{To: 1 << 40})
			w.ok(err)
			for _, d := range due {
				w.record(store.Outcome{ChangeID: d.ID, UserID: d.UserID, State: directory.Refused, Class: directory.ClassRefused, Detail: "zoe.mail@example.com is taken"})
			}
			w.ok(w.Store.Note(w.ctx, w.claim, store.Note{Code: "refused", UserID: user, Text: "Zoequinn Quartermain was refused."}))
			w.ok(w.Store.Note(w.ctx, w.claim, store.Note{Code: "other", Text: "The list names zoe.login@example.com twice."}))
			_, err = w.Store.AddRequest(w.ctx, store.Request{ConnectionID: w.conn.ID, Kind: store.RequestUser, Name: "zoe.login@example.com"}, w.now)
			w.ok(err)
			_, err = w.Store.ObserveAccounts(w.ctx, w.claim, w.target, []directory.Account{{ID: "other", Email: "zoe.mail@example.com", DisplayName: "Zoequinn Quartermain", Status: directory.AccountActive}}, w.now)
			w.ok(err)
			w.endRun()

			if len(named(texts(w, w.Database), zoes...)) < 8 {
				w.Fatal("the search finds too little of somebody who is there")
			}
			var still *store.StillThereError
			if _, err := w.Store.Erase(w.ctx, "staff", user, ada, w.now); !errors.As(err, &still) || still.UserID != user {
				w.Fatalf("while the source has the person: %v", err)
			}
			_, err = w.SQL.ExecContext(w.ctx, w.SQL.Rebind(`UPDATE users SET presence = 'gone' WHERE id = ?`), user)
			w.ok(err)
			erased, err := w.Store.Erase(w.ctx, "staff", user, ada, w.now)
			w.ok(err)
			w.same("accounts left", erased.Accounts, []store.LeftAccount{{Target: "cloud", RemoteID: fmt.Sprintf("acc-%d", user), Status: "active"}})
			w.same("left in the database", named(texts(w, w.Database), zoes...), []string(nil))
			w.same("record", w.column(`SELECT what || ' ' || who || ' ' || user_id || text FROM actions`), []string{fmt.Sprintf("erase ada %d", user)})
			w.same("the others", w.number(`SELECT COUNT(*) FROM users WHERE email = 'p0@example.com'`), 1)
			w.same("their links", w.number(`SELECT COUNT(*) FROM accounts`), 1)

			_, err = w.Store.Erase(w.ctx, "staff", user, ada, w.now)
			w.ok(err)
			w.begin()
			w.plan()
			for _, change := range w.changes() {
				if strings.HasPrefix(change, "account.") {
					w.Errorf("the next run plans %s", change)
				}
			}
		},
		"of a person who was in a group that is lost, that is forgotten too": func(w *world) {
			w.saveUsers(zoe, person("p0"))
			w.saveGroups(team("eng"))
			w.saveMembers("eng", "zoe", "p0")
			w.settle()
			w.dropGroup("eng")
			w.endRun()
			w.exec(`UPDATE users SET presence = 'gone' WHERE source_id = '00u-zoe'`)
			_, err := w.Store.Erase(w.ctx, "staff", w.userID("zoe"), ada, w.now)
			w.ok(err)
			w.same("remembered", w.column(`SELECT u.source_id FROM lost_memberships l JOIN users u ON u.id = l.user_id`), []string{"00u-p0"})
		},
		"somebody whom a run changes just now is not erased": func(w *world) {
			w.saveUsers(zoe)
			w.settle()
			_, err := w.SQL.ExecContext(w.ctx, `UPDATE users SET presence = 'gone'`)
			w.ok(err)
			_, err = w.Store.Lease(w.ctx, w.claim, w.target, []int64{w.userID("zoe")}, nil, w.now)
			w.ok(err)
			var busy *store.BusyError
			if _, err := w.Store.Erase(w.ctx, "staff", w.userID("zoe"), ada, w.now); !errors.As(err, &busy) {
				w.Errorf("error %v", err)
			}
			if _, err := w.Store.Erase(w.ctx, "staff", 999, ada, w.now); !errors.Is(err, store.ErrNotFound) {
				w.Errorf("nobody: %v", err)
			}
		},
	})
	pushCases(t, open, map[string]func(w *pushWorld){
		"of a person who was pushed nothing is found any more": func(w *pushWorld) {
			names := []string{"zoequinn"}
			id := w.joins("zoequinn")
			birds := w.team("birds", id)
			user := w.provision(w.begin(1), id, birds)[0]
			if len(named(texts(w, w.Database), names...)) < 5 {
				w.Fatal("the search finds too little of somebody who is there")
			}
			var still *store.StillThereError
			if _, err := w.Store.Erase(w.ctx, "staff", user, ada, w.now); !errors.As(err, &still) {
				w.Fatalf("while the person is pushed: %v", err)
			}
			_, err := w.SQL.ExecContext(w.ctx, `UPDATE users SET presence = 'gone'`)
			w.ok(err)
			if _, err := w.Store.Erase(w.ctx, "staff", user, ada, w.now); !errors.As(err, &still) {
				w.Fatalf("while what was pushed is there: %v", err)
			}
			w.leaves(w.user, id)
			w.pull(w.begin(1), id)
			_, err = w.Store.Erase(w.ctx, "staff", user, ada, w.now)
			w.ok(err)
			w.same("left in the database", named(texts(w, w.Database), append(names, id)...), []string(nil))
		},
	})
}
