package storetest

import (
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// hides makes the target stop telling the address of somebody's account.
func hides(a *directory.Account) { a.Email = "" }

// adopts links somebody to an account without an address, as a target that
// tells none would show it.
func (w *world) adopts(name string, managed bool) {
	w.Helper()
	account := directory.Account{ID: "found-" + name, UserName: name, DisplayName: name + " Example", Status: directory.AccountActive, Managed: managed}
	_, err := w.Store.LinkAccounts(w.ctx, w.claim, w.target, identity, []store.Outcome{{UserID: w.userID(name), Account: &account, Origin: store.Adopted}}, w.now)
	w.ok(err)
}

// treat changes how the target is treated.
func (w *world) treat(change func(*store.TargetSpec)) {
	w.Helper()
	spec := cloud
	change(&spec)
	_, err := w.Store.EnsureConnection(w.ctx, "staff", "rules-1", "", []store.TargetSpec{spec})
	w.ok(err)
}

func (w *world) address(name string) []string {
	w.Helper()
	return w.column(`SELECT email || '/' || email_key FROM accounts WHERE user_id = ?`, w.userID(name))
}

func notTold(t *testing.T, open Open) {
	cases(t, open, map[string]func(w *world){
		"an address that a read does not tell stays known, and that is no difference": func(w *world) {
			w.saveUsers(person("ada"))
			w.settle()
			w.same("commits", w.commitsOf(func() { w.account("ada", hides) }), int64(0))
			w.account("ada", func(a *directory.Account) { a.Email, a.Status = "", directory.AccountSuspended })
			w.same("address", w.address("ada"), []string{"ada@example.com/ada@example.com"})
			w.plan()
			w.same("plan", w.changes(), []string{"account.restore ada planned"})
		},
		"an address that was never told is written once where it can be": func(w *world) {
			w.saveUsers(person("ada"))
			w.adopts("ada", true)
			w.plan()
			w.same("plan", w.changes(), []string{"account.update ada planned"})
			w.apply()
			w.same("address", w.address("ada"), []string{"ada@example.com/ada@example.com"})
			w.next()
			_, err := w.SQL.ExecContext(w.ctx, `UPDATE users SET dirty = TRUE`)
			w.ok(err)
			_, err = w.Store.PlanTarget(w.ctx, w.claim, w.target, true)
			w.ok(err)
			w.same("the next full plan", w.changes(), []string(nil))
		},
		"in a target that writes no attributes nothing about an account is a difference": func(w *world) {
			w.treat(func(s *store.TargetSpec) { s.Unwritable = true })
			w.saveUsers(person("ada"))
			w.adopts("ada", false)
			w.account("ada", func(a *directory.Account) { a.DisplayName, a.Email = "Somebody Else", "else@example.com" })
			w.plan()
			w.same("plan", w.changes(), []string(nil))
		},
		"an address that was never told is no difference where it cannot be written": func(w *world) {
			w.saveUsers(person("ada"))
			w.adopts("ada", false)
			w.plan()
			w.same("plan", w.changes(), []string(nil))
		},
		"an outcome without an address leaves what is known": func(w *world) {
			w.saveUsers(person("ada"))
			w.settle()
			account := directory.Account{ID: "acc-1", UserName: "ada", Status: directory.AccountSuspended, Managed: true}
			account.ID = w.column(`SELECT remote_id FROM accounts`)[0]
			w.record(store.Outcome{UserID: w.userID("ada"), Account: &account})
			w.same("address", w.address("ada"), []string{"ada@example.com/ada@example.com"})
			w.same("status", w.column(`SELECT status FROM accounts`), []string{"suspended"})
		},
		"the user name of an account that exists is written only where that is wanted, whatever its case": func(w *world) {
			w.saveUsers(person("ada"), person("bob"))
			w.settle()
			_, err := w.SQL.ExecContext(w.ctx, `UPDATE accounts SET user_name = 'Old'`)
			w.ok(err)
			_, err = w.SQL.ExecContext(w.ctx, w.SQL.Rebind(`UPDATE desired_accounts SET user_name = CASE WHEN user_id = ? THEN 'oLD' ELSE 'new' END`), w.userID("ada"))
			w.ok(err)
			for renames, want := range map[bool][]string{false: nil, true: {"account.update bob planned"}} {
				w.treat(func(s *store.TargetSpec) { s.RenamesAccounts = renames })
				_, err = w.Store.PlanTarget(w.ctx, w.claim, w.target, true)
				w.ok(err)
				w.same("plan", w.changes(), want)
			}
		},
		"what was done beside a change is kept with it through every attempt": func(w *world) {
			w.saveUsers(person("ada"))
			w.plan()
			due, err := w.Store.DueBatch(w.ctx, w.claim.RunID, w.target, directory.StageAccounts, store.Range{To: 1 << 40})
			w.ok(err)
			record := func(state directory.State, note string) {
				w.record(store.Outcome{ChangeID: due[0].ID, UserID: due[0].UserID, State: state, Note: note})
			}
			record(directory.Retry, "handed over: project ABC")
			record(directory.Retry, "")
			again, err := w.Store.Due(w.ctx, due[0].ID)
			w.ok(err)
			w.same("note, for the next attempt", again.Note, "handed over: project ABC")
			record(directory.Applied, "handed over: project ABC, project DEF")
			for c, err := range w.Store.Changes(w.ctx, w.claim.RunID, store.ChangeFilter{}) {
				w.ok(err)
				w.same("note", c.Note, "handed over: project ABC, project DEF")
			}
		},
		"a member whose account was renamed in case alone is still a member, and no stranger": func(w *world) {
			w.small()
			w.settle()
			w.set(`UPDATE targets SET additive = FALSE`)
			w.set(`UPDATE accounts SET remote_id = 'ada' WHERE user_id = ?`, w.userID("ada"))
			w.ok(w.Store.ObserveMembers(w.ctx, w.claim, w.target, w.groupID("eng"), []string{"Ada", "stranger"}))
			w.same("memberships", w.number(`SELECT COUNT(*) FROM target_memberships WHERE user_id = ?`, w.userID("ada")), 1)
			w.same("strangers", w.column(`SELECT remote_id FROM foreign_members`), []string{"stranger"})
		},
		"links are counted": func(w *world) {
			w.small()
			w.settle()
			accounts, groups, err := w.Store.LinkCounts(w.ctx, w.target)
			w.ok(err)
			w.same("accounts and groups", []int{accounts, groups}, []int{w.number(`SELECT COUNT(*) FROM accounts`), 1})
		},
		"a group whose name the target keeps in lower case is no group that was renamed": func(w *world) {
			w.saveGroups(team("Équipe"))
			w.plan()
			w.apply()
			id := w.column(`SELECT remote_id FROM target_groups`)[0]
			_, err := w.Store.ObserveGroups(w.ctx, w.claim, w.target, []directory.TargetGroup{{ID: id, Name: "équipe"}}, w.now)
			w.ok(err)
			for renames, want := range map[bool][]string{false: nil, true: {"group.rename Équipe planned"}} {
				w.treat(func(s *store.TargetSpec) { s.Renames = renames })
				_, err = w.Store.PlanTarget(w.ctx, w.claim, w.target, true)
				w.ok(err)
				var got []string
				for _, line := range w.changes() {
					if line != "group.create Équipe applied" {
						got = append(got, line)
					}
				}
				w.same("plan", got, want)
			}
		},
		"an account that was made is deactivated by an undo where nobody is suspended": func(w *world) {
			w.treat(func(s *store.TargetSpec) { s.UndoBy = directory.DeactivateAccount })
			w.staff(1)
			w.admitAll()
			run := w.endRun()
			w.same("preview", w.undoing(run), []string{"account.create p0 account.deactivate"})
			w.same("undone", w.undo(run), []string{"account.deactivate p0 applied"})
			w.same("status", w.column(`SELECT status FROM accounts`), []string{"deactivated"})
			w.begin()
			w.admitAll()
			w.same("the next run", w.changes(), []string(nil))
		},
		"an account that was made stays where nothing takes its access back": func(w *world) {
			w.treat(func(s *store.TargetSpec) { s.UndoBy = "" })
			w.staff(1)
			w.admitAll()
			run := w.endRun()
			w.same("preview", w.undoing(run), []string{"account.create p0 irreversible"})
			w.same("undone", w.undo(run), []string(nil))
		},
	})
}
