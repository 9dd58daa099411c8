package storetest

import (
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/directory/rules"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// unread is about users of whom the source has not been asked what the rules
// look at since those changed.
func unread(t *testing.T, open Open) {
	engineers := rules.TargetSpec{Scope: rules.Expression{Path: "scope", Text: `user.profile.department == "Engineering"`}}
	ask := func(w *world, attributes string) {
		w.spec = engineers
		_, err := w.Store.EnsureConnection(w.ctx, "staff", "rules-2", attributes, []store.TargetSpec{cloud})
		w.ok(err)
	}
	decided := func(w *world) []string {
		w.decide()
		return w.column(`SELECT d.state FROM desired_accounts d JOIN users u ON u.id = d.user_id ORDER BY u.email`)
	}
	engineer := func(name string) directory.User {
		return with(person(name), func(u *directory.User) { u.Attributes = map[string]any{"department": "Engineering"} })
	}
	cases(t, open, map[string]func(w *world){
		"what was not asked for does not look as if it were missing": func(w *world) {
			w.saveUsers(person("ada"), person("bob"))
			w.settle()
			ask(w, "department")
			w.same("before anybody is read", decided(w), []string{"kept", "kept"})
			w.saveUsers(engineer("ada"), person("bob"))
			w.same("after the read, in which bob has none", decided(w), []string{"active", "suspended"})
			w.same("read again, nobody changes", w.saveUsers(engineer("ada"), person("bob")).Changed, 0)
		},
		"nor is it after an attribute more": func(w *world) {
			ask(w, "department")
			w.saveUsers(engineer("ada"))
			w.same("read", decided(w), []string{"active"})
			_, err := w.Store.EnsureConnection(w.ctx, "staff", "rules-3", "department,title", []store.TargetSpec{cloud})
			w.ok(err)
			w.same("another attribute", decided(w), []string{"kept"})
		},
		"where no attribute is asked for, nobody waits for a read": func(w *world) {
			ask(w, "department")
			w.saveUsers(engineer("ada"))
			w.settle()
			_, err := w.Store.EnsureConnection(w.ctx, "staff", "rules-3", "", []store.TargetSpec{cloud})
			w.ok(err)
			w.spec = rules.TargetSpec{}
			w.same("without rules", decided(w), []string{"active"})
			w.same("kept as it is", w.column(`SELECT attributes FROM users`), []string{`{"department":"Engineering"}`})
		},
	})
}
