package storetest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// second makes another target of the connection, in which a run has the same
// people, and returns its id.
func (w *world) second() int64 {
	w.Helper()
	server := store.TargetSpec{Name: "a-server", Kind: "jira-dc", Identity: "jira-dc:jira.example.com", Additive: true}
	conn, err := w.Store.EnsureConnection(w.ctx, "staff", "rules-1", "", []store.TargetSpec{cloud, server})
	w.ok(err)
	return conn.Targets["a-server"]
}

// planBoth plans everybody who is dirty in both targets.
func (w *world) planBoth(second int64) {
	w.Helper()
	first := w.target
	for _, target := range []int64{first, second} {
		w.target = target
		w.plan()
	}
	w.target = first
}

// people lists those whom a run changed something of, each with the target and
// the kind of each change.
func (w *world) people(f store.ChangeFilter) []string {
	w.Helper()
	var all []string
	for person, err := range w.Store.ChangesByUser(w.ctx, w.claim.RunID, f) {
		w.ok(err)
		line := strings.TrimSuffix(person.User, "@example.com") + ":"
		for _, c := range person.Changes {
			w.same("whose change it is", c.UserID, person.UserID)
			line += " " + c.Target + "/" + c.Kind
		}
		all = append(all, line)
	}
	return all
}

func byUser(t *testing.T, open Open) {
	cases(t, open, map[string]func(w *world){
		"a person's changes in all targets come together, and those of groups are nobody's": func(w *world) {
			second := w.second()
			w.saveUsers(person("ada"), person("bob"))
			w.saveGroups(team("eng"))
			w.saveMembers("eng", "bob")
			w.planBoth(second)
			w.same("people", w.people(store.ChangeFilter{}), []string{
				"ada: a-server/account.create cloud/account.create",
				"bob: a-server/account.create a-server/membership.add cloud/account.create cloud/membership.add",
			})
			w.same("of one target", w.people(store.ChangeFilter{Target: "cloud"}), []string{"ada: cloud/account.create", "bob: cloud/account.create cloud/membership.add"})
			w.same("of one person", w.people(store.ChangeFilter{UserID: w.userID("ada")}), []string{"ada: a-server/account.create cloud/account.create"})
			w.same("of one kind", w.people(store.ChangeFilter{Kind: string(directory.AddMember)}), []string{"bob: a-server/membership.add cloud/membership.add"})
			w.same("of none", w.people(store.ChangeFilter{States: []string{"failed"}}), []string(nil))
		},
		"whoever stops listening gets no more": func(w *world) {
			w.staff(3)
			w.plan()
			n := 0
			for _, err := range w.Store.ChangesByUser(w.ctx, w.claim.RunID, store.ChangeFilter{}) {
				w.ok(err)
				n++
				break
			}
			w.same("people", n, 1)
		},
		"the last changes of a person are those of the last run in each target that was no dry one": func(w *world) {
			second := w.second()
			w.saveUsers(person("ada"), person("bob"))
			w.planBoth(second)
			w.apply() // in the first target alone
			w.next()
			w.planBoth(second)
			server := w.claim.RunID
			w.next()
			w.saveUsers(with(person("ada"), func(u *directory.User) { u.Status = directory.StatusSuspended }))
			_, err := w.SQL.ExecContext(w.ctx, w.SQL.Rebind(`UPDATE runs SET dry_run = TRUE WHERE id = ?`), w.claim.RunID)
			w.ok(err)
			w.plan()
			last, err := w.Store.LastChanges(w.ctx, w.userID("ada"), 10)
			w.ok(err)
			var got []string
			for _, c := range last {
				got = append(got, fmt.Sprintf("%s %s %s", c.Target, c.Kind, c.State))
			}
			w.same("last changes", got, []string{"a-server account.create planned", "cloud account.create applied"})
			w.same("the server's run came later", w.number(`SELECT MAX(run_id) FROM changes WHERE target_id = ?`, second), int(server))
			one, err := w.Store.LastChanges(w.ctx, w.userID("ada"), 1)
			w.ok(err)
			w.same("as many as asked for", len(one), 1)
		},
	})
}
