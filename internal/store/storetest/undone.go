package storetest

import (
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/directory/rules"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// undid stores what an undo of run 7 leaves behind.
func (w *world) undid(name, group, what, value, basis string) {
	w.Helper()
	groupID := int64(0)
	if group != "" {
		groupID = w.groupID(group)
	}
	w.exec(`INSERT INTO overrides (target_id, user_id, group_id, what, value, basis, run_id, created_at) VALUES (?, ?, ?, ?, ?, ?, 7, 0)`,
		w.target, w.userID(name), groupID, what, value, basis)
	w.exec(`UPDATE users SET dirty = TRUE WHERE id = ?`, w.userID(name))
}

func (w *world) undoneLeft() []string {
	w.Helper()
	return w.column(`SELECT what || ' ' || value FROM overrides`)
}

func (w *world) desired(name, column string) string {
	w.Helper()
	return w.column(`SELECT `+column+` FROM desired_accounts WHERE user_id = ?`, w.userID(name))[0]
}

func undone(t *testing.T, open Open) {
	cases(t, open, map[string]func(w *world){
		"an account that was suspended again stays so until the source says something else": func(w *world) {
			w.team("eng", 1)
			w.settle()
			w.undid("eng0", "", "state", "suspended", "active")
			w.decide()
			w.same("state", w.stands("eng0"), "suspended")
			w.same("rule", w.desired("eng0", "rule"), "undone by run 7")
			w.as("eng0", directory.StatusSuspended)
			w.decide()
			w.same("once suspended at the source", w.stands("eng0"), "suspended, suspended step 1")
			w.same("left", w.undoneLeft(), []string{})
			w.as("eng0", directory.StatusActive)
			w.decide()
			w.same("once active again", w.stands("eng0"), "active")
		},
		"a leaver who was given access back is on no ladder, however long that is, until the reason changes": func(w *world) {
			w.leaving(slowly)
			w.undid("eng0", "", "state", "active", "deactivated")
			w.same("at once", w.after(0, "eng0"), "active")
			w.same("after a year", w.after(365*day, "eng0"), "active")
			w.saveUsers(with(person("eng0"), func(u *directory.User) { u.Assigned = false }))
			w.same("for another reason", w.after(366*day, "eng0"), "suspended, out_of_scope step 1, remove groups after 168h0m0s on day 373")
			w.same("left", w.undoneLeft(), []string{})
		},
		"rules that ask for nothing take nothing back": func(w *world) {
			w.team("eng", 1)
			w.settle()
			w.undid("eng0", "", "state", "suspended", "active")
			w.as("eng0", directory.StatusPending)
			w.decide()
			w.same("kept", w.stands("eng0"), "kept")
			w.as("eng0", directory.StatusActive)
			w.decide()
			w.same("as undone", w.stands("eng0"), "suspended")
		},
		"attributes stay as undone, each until the rules make it otherwise": func(w *world) {
			w.spec.Can.Attributes = []string{"job_title", "location"}
			w.spec.Attributes = map[string]rules.Expression{"job_title": {Path: "t", Text: `user.profile.title`}, "location": {Path: "l", Text: `user.profile.city`}}
			titled := func(title, name string) {
				w.saveUsers(with(person("ada"), func(u *directory.User) {
					u.DisplayName, u.Attributes = name, map[string]any{"title": title, "city": "Utrecht"}
				}))
				w.decide()
			}
			titled("Engineer", "Ada")
			w.undid("ada", "", "attributes", `{"display_name":"Old name","email":"old@example.com","job_title":"Clerk"}`, `{"display_name":"Ada","email":"ada@example.com","job_title":"Engineer"}`)
			w.decide()
			w.same("name", w.desired("ada", "display_name"), "Old name")
			w.same("address", w.desired("ada", "email || ' ' || email_key"), "old@example.com old@example.com")
			w.same("others", w.desired("ada", "attributes"), `{"job_title":"Clerk","location":"Utrecht"}`)
			titled("Director", "Ada")
			w.same("others then", w.desired("ada", "attributes"), `{"job_title":"Director","location":"Utrecht"}`)
			w.same("name then", w.desired("ada", "display_name"), "Old name")
			w.same("left", w.undoneLeft(), []string{`attributes {"display_name":"Old name","email":"old@example.com"}`})
			titled("Engineer", "Ada")
			w.same("what was dropped stays dropped", w.desired("ada", "attributes"), `{"job_title":"Engineer","location":"Utrecht"}`)
			w.saveUsers(with(person("ada"), func(u *directory.User) { u.DisplayName, u.Email = "Ada L.", "ada.l@example.com" }))
			w.decide()
			w.same("left at last", w.undoneLeft(), []string{})
			w.same("name at last", w.desired("ada", "display_name"), "Ada L.")
		},
		"a member who was taken out stays out until the source takes them out, and in again": func(w *world) {
			w.team("eng", 1)
			w.settle()
			w.undid("eng0", "eng", "member", "out", "in")
			w.decide()
			w.same("out", w.wanted("eng0"), []string{})
			w.exec(`UPDATE users SET dirty = TRUE`)
			w.decide()
			w.same("still out", w.wanted("eng0"), []string{})
			w.exec(`DELETE FROM memberships`)
			w.newRules()
			w.same("left", w.undoneLeft(), []string{})
			w.saveMembers("eng")
			w.saveMembers("eng", "eng0")
			w.decide()
			w.same("in again", w.wanted("eng0"), []string{"eng"})
		},
		"a member who was put back stays in as long as the account is active": func(w *world) {
			w.team("eng", 1)
			w.saveGroups(team("ops"))
			w.settle()
			w.undid("eng0", "ops", "member", "in", "out")
			w.decide()
			w.same("in", w.wanted("eng0"), []string{"eng", "ops"})
			w.as("eng0", directory.StatusDeprovisioned)
			w.decide()
			w.same("a leaver", w.wanted("eng0"), []string{"eng"})
			w.as("eng0", directory.StatusActive)
			w.decide()
			w.same("back", w.wanted("eng0"), []string{"eng", "ops"})
			w.saveMembers("ops", "eng0")
			w.decide()
			w.same("left once the source has it too", w.undoneLeft(), []string{})
			w.same("in for the source's sake", w.wanted("eng0"), []string{"eng", "ops"})
		},
		"what was undone is listed, and released by whose and which run it is": func(w *world) {
			w.team("eng", 2)
			w.settle()
			w.undid("eng0", "", "state", "suspended", "active")
			w.undid("eng1", "eng", "member", "out", "in")
			var listed []string
			for o, err := range w.Store.Overrides(w.ctx, store.OverrideFilter{Connection: "staff", RunID: 7}) {
				w.ok(err)
				listed = append(listed, o.Target+" "+o.User+" "+o.What+" "+o.Value+" "+o.Group)
			}
			w.same("listed", listed, []string{"cloud eng0@example.com state suspended ", "cloud eng1@example.com member out eng"})
			w.exec(`UPDATE users SET dirty = FALSE`)
			release := func(f store.OverrideFilter, want int64) {
				w.Helper()
				n, err := w.Store.ReleaseOverrides(w.ctx, f, oscar, w.now)
				w.ok(err)
				w.same("released", n, want)
			}
			release(store.OverrideFilter{Connection: "guests"}, 0)
			release(store.OverrideFilter{RunID: 8}, 0)
			release(store.OverrideFilter{UserID: w.userID("eng0")}, 1)
			w.same("dirty", w.dirty(), []string{"eng0"})
			release(store.OverrideFilter{Connection: "staff", RunID: 7}, 1)
			w.same("dirty then", w.dirty(), []string{"eng0", "eng1"})
			w.same("recorded", w.column(`SELECT what || ' ' || who FROM actions`), []string{"undo.release oscar", "undo.release oscar"})
		},
	})
}
