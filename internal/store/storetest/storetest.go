// Package storetest is the suite that the store passes on every database it
// runs on.
package storetest

import (
	"sync/atomic"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/rollcall-sync/rollcall/internal/store"
)

// Database is an empty database: the store under test, and the database
// itself, by which a test sees what the store wrote.
type Database struct {
	Store *store.Store
	SQL   *sqlx.DB
}

// Open makes an empty database for one test and closes it when that ends.
type Open func(t testing.TB, options ...store.Option) Database

// Run runs the suite.
func Run(t *testing.T, open Open) {
	for _, topic := range []struct {
		name string
		test func(t *testing.T, open Open)
	}{
		{"connections", connections},
		{"unread attributes", unread},
		{"claims", claims},
		{"fencing", fencing},
		{"users", users},
		{"groups", groups},
		{"members", members},
		{"decisions", decisions},
		{"ladders", ladders},
		{"routes", routes},
		{"what was undone", undone},
		{"plan", plan},
		{"guard", guard},
		{"steps", steps},
		{"limits", guardLimits},
		{"protection", protection},
		{"doubts", doubts},
		{"apply", apply},
		{"what was about to be sent", intents},
		{"observe", observe},
		{"what a target does not tell", notTold},
		{"people without an account", sought},
		{"finish", finish},
		{"report", report},
		{"changes by person", byUser},
		{"rows written", rowsWritten},
		{"push runs", pushRuns},
		{"inbox", inbox},
		{"leases", leases},
		{"pulls", pulls},
		{"nested groups", nested},
		{"groups in groups", nestings},
		{"groups in groups and the guard", nestingsGuarded},
		{"groups in groups that may or may not be there", nestingsInDoubt},
		{"groups in groups in doubt and the guard", nestingsInDoubtGuarded},
		{"groups that cannot be had", nestingsInVain},
		{"groups that are not put in others", nestingsRefused},
		{"groups in groups undone", nestingsUndone},
		{"permissions of groups", permissions},
		{"plans for some", subjectPlans},
		{"held plans", heldPlans},
		{"held plans that open again", reopenedPlans},
		{"steering", steering},
		{"requests", requests},
		{"whom requests are about", asking},
		{"undo", undo},
		{"link lists", linkage},
		{"retention", retention},
		{"notifications", notifications},
		{"views", views},
		{"deeds of persons", deedsOfPersons},
		{"erasure", erasure},
		{"SCIM tokens", scimTokens},
		{"SCIM resources", scimResources},
		{"SCIM members", scimMembers},
		{"SCIM lists", scimLists},
		{"SCIM log", scimLog},
	} {
		t.Run(topic.name, func(t *testing.T) {
			t.Parallel()
			topic.test(t, open)
		})
	}
}

// cases runs each of a table's tests on a database of its own.
func cases(t *testing.T, open Open, table map[string]func(w *world)) {
	for name, test := range table {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(newWorld(t, open))
		})
	}
}

// counter counts commits.
type counter struct{ commits atomic.Int64 }

func (c *counter) hooks() store.Hooks {
	return store.Hooks{AfterCommit: func() { c.commits.Add(1) }}
}
