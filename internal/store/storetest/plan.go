package storetest

import (
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

func decisions(t *testing.T, open Open) {
	desired := `SELECT state || ' ' || rule || ' v' || version FROM desired_accounts`
	cases(t, open, map[string]func(w *world){
		"a decision gets a new version only when it differs": func(w *world) {
			w.saveUsers(person("ada"))
			w.decide()
			w.decide()
			w.same("desired", w.column(desired), []string{"active active v1"})
			w.saveUsers(with(person("ada"), func(u *directory.User) { u.Status = directory.StatusSuspended }))
			w.decide()
			w.same("desired", w.column(desired), []string{"suspended suspended v2"})
		},
		"people who are dirty and were not decided keep their memberships": func(w *world) {
			w.saveUsers(person("ada"), person("bob"))
			w.saveGroups(team("eng"))
			w.saveMembers("eng", "ada", "bob")
			w.decide()
			w.saveMembers("eng")
			d := store.Decision{UserID: w.userID("ada"), DesiredAccount: directory.DesiredAccount{State: directory.DesireActive}}
			w.ok(w.Store.SaveDecisions(w.ctx, w.claim, w.target, []store.Decision{d}, w.now))
			w.same("desired memberships", w.column(`SELECT u.source_id FROM desired_memberships d JOIN users u ON u.id = d.user_id`), []string{"00u-bob"})
		},
		"a suspended person keeps the memberships that were desired": func(w *world) {
			w.saveUsers(person("ada"))
			w.saveGroups(team("eng"))
			w.saveMembers("eng", "ada")
			w.decide()
			w.saveUsers(with(person("ada"), func(u *directory.User) { u.Status = directory.StatusSuspended }))
			w.decide()
			w.same("desired memberships", w.number(`SELECT COUNT(*) FROM desired_memberships`), 1)
		},
		"where only members count, an absent membership and an absent group do not": func(w *world) {
			w.scope.MembersOnly = true
			w.saveUsers(person("ada"), person("bob"))
			w.saveGroups(team("eng"))
			w.saveMembers("eng", "ada")
			w.decide()
			w.same("desired", w.column(desired), []string{"active active v1", "suspended in none of the selected groups v1"})
			w.saveMembers("eng")
			w.decide()
			w.same("active", w.number(`SELECT COUNT(*) FROM desired_accounts WHERE state = 'active'`), 0)
		},
		"a group that is renamed, or gone, changes what is desired": func(w *world) {
			w.saveGroups(team("eng"), team("ops"))
			w.decide()
			w.ok(w.Store.MarkUnselected(w.ctx, w.claim, []string{"00g-ops"}))
			renamed := team("eng")
			renamed.Name = "Engineering"
			w.saveGroups(renamed)
			w.decide()
			w.same("desired", w.column(`SELECT name || ' ' || name_key || ' v' || version FROM desired_groups`), []string{"Engineering engineering v2"})
		},
	})
}

func plan(t *testing.T, open Open) {
	suspended := func(name string) directory.User {
		return with(person(name), func(u *directory.User) { u.Status = directory.StatusSuspended })
	}
	cases(t, open, map[string]func(w *world){
		"newcomers are created, with their groups and memberships": func(w *world) {
			w.saveUsers(person("ada"), with(person("bob"), func(u *directory.User) { u.Status = directory.StatusPending }), suspended("eve"))
			w.saveGroups(team("eng"))
			w.saveMembers("eng", "ada", "bob", "eve")
			w.same("counts", w.plan(), store.PlanCounts{Due: 3, Total: 3})
			w.same("plan", w.changes(), []string{"group.create eng planned", "account.create ada planned", "membership.add ada eng planned"})
		},
		"people who share groups are put side by side": func(w *world) {
			names := w.staff(12)
			w.saveGroups(team("a"), team("b"), team("c"))
			w.saveMembers("a", names[0], names[3], names[6], names[9])
			w.saveMembers("b", names[1], names[4], names[7], names[10])
			w.saveMembers("c", names[2], names[5], names[8], names[11])
			w.plan()
			var order []string
			for _, change := range w.changes() {
				if name, ok := strings.CutPrefix(change, "account.create p"); ok {
					order = append(order, strings.TrimSuffix(name, " planned"))
				}
			}
			w.same("order", order, []string{"0", "3", "6", "9", "1", "4", "7", "10", "2", "5", "8", "11"})
		},
		"people of one address are refused, whatever its case": func(w *world) {
			w.saveUsers(person("ada"), with(person("twin"), func(u *directory.User) { u.Email = "ADA@example.com" }), person("bob"))
			w.plan()
			w.same("plan", w.changes(), []string{"account.create ada refused duplicate", "account.create ADA refused duplicate", "account.create bob planned"})
		},
		"the address of somebody's account is not given to another": func(w *world) {
			w.saveUsers(person("ada"))
			w.settle()
			w.saveUsers(with(person("new"), func(u *directory.User) { u.Email = "ada@example.com" }))
			w.plan()
			w.same("plan", w.changes(), []string{"account.create ada refused duplicate"})
		},
		"somebody without an address is refused": func(w *world) {
			w.saveUsers(with(person("ada"), func(u *directory.User) { u.Email = " " }))
			w.plan()
			w.same("plan", w.number(`SELECT COUNT(*) FROM changes WHERE kind = 'account.create' AND state = 'refused' AND class = 'no-email'`), 1)
		},
		"of groups whose names differ in case only, the one of the smaller id gets it, however they were listed": func(w *world) {
			upper := team("b")
			upper.Name = "ENG"
			lower := team("a")
			lower.Name = "eng"
			w.saveGroups(upper, lower)
			w.plan()
			want := []string{"group.create eng planned", "group.create ENG refused duplicate"}
			if w.groupID("b") < w.groupID("a") {
				want = []string{"group.create ENG refused duplicate", "group.create eng planned"}
			}
			w.same("plan", w.changes(), want)
		},
		"of groups whose names differ in case only, the one that is linked keeps it": func(w *world) {
			late := team("late")
			late.Name = "other"
			w.saveGroups(late)
			w.saveGroups(team("eng"))
			w.settle()
			w.ok(w.Store.DropGroupLink(w.ctx, w.claim, w.target, store.Link{Subject: w.groupID("late")}, w.now))
			late.Name = "ENG"
			w.saveGroups(late)
			w.plan()
			w.same("plan", w.changes(), []string{"group.create ENG refused duplicate"})
		},
		"whoever is suspended in the source is suspended, once the guard has looked": func(w *world) {
			w.saveUsers(person("ada"))
			w.settle()
			w.saveUsers(suspended("ada"))
			w.same("counts", w.plan(), store.PlanCounts{Due: 1, Unguarded: 1, Total: 1})
			w.same("plan", w.changes(), []string{"account.suspend ada unguarded"})
		},
		"whoever comes back is restored, and given the address of today": func(w *world) {
			w.saveUsers(person("ada"))
			w.settle()
			w.account("ada", func(a *directory.Account) { a.Status = directory.AccountSuspended })
			w.saveUsers(with(person("ada"), func(u *directory.User) { u.Email = "ada.b@example.com" }))
			w.plan()
			w.same("plan", w.changes(), []string{"account.restore ada.b planned", "account.update ada.b planned"})
		},
		"a closed account is not restored": func(w *world) {
			w.saveUsers(person("ada"))
			w.settle()
			w.account("ada", func(a *directory.Account) { a.Status = directory.AccountClosed })
			w.plan()
			w.same("plan", w.changes(), []string{"account.restore ada refused closed"})
		},
		"an address that differs in case only is the same": func(w *world) {
			w.saveUsers(person("ada"))
			w.settle()
			w.saveUsers(with(person("ada"), func(u *directory.User) { u.Email = "Ada@Example.com" }))
			w.same("counts", w.plan(), store.PlanCounts{})
		},
		"the name of an account that is not managed is skipped": func(w *world) {
			w.saveUsers(person("ada"))
			w.settle()
			w.account("ada", func(a *directory.Account) { a.Managed = false })
			w.saveUsers(with(person("ada"), func(u *directory.User) { u.DisplayName = "Ada B" }))
			w.same("counts", w.plan(), store.PlanCounts{Total: 1})
			w.same("plan", w.changes(), []string{"account.update ada skipped unmanaged"})
		},
		"what another system provisions is skipped": func(w *world) {
			w.saveUsers(person("ada"))
			w.settle()
			w.account("ada", func(a *directory.Account) { a.ReadOnly = true })
			w.saveUsers(suspended("ada"))
			w.plan()
			w.same("plan", w.changes(), []string{"account.suspend ada skipped read-only"})
		},
		"what is protected is skipped": func(w *world) {
			w.saveUsers(person("ada"))
			w.settle()
			w.ok(w.Store.SetProtected(w.ctx, w.claim, w.target, []string{"ada@example.com"}, nil))
			w.saveUsers(suspended("ada"))
			w.plan()
			w.same("plan", w.changes(), []string{"account.suspend ada skipped protected"})
		},
		"a group that was renamed keeps its old name, and that is said": func(w *world) {
			w.saveGroups(team("eng"))
			w.settle()
			renamed := team("eng")
			renamed.Name = "engineering"
			w.saveGroups(renamed)
			w.plan()
			w.same("plan", w.changes(), []string{"group.rename engineering skipped cannot-rename"})
		},
		"memberships that are new are added, those that are gone are removed": func(w *world) {
			w.saveUsers(person("ada"), person("bob"))
			w.saveGroups(team("eng"))
			w.saveMembers("eng", "ada")
			w.settle()
			w.saveMembers("eng", "bob")
			w.plan()
			w.same("plan", w.changes(), []string{"membership.add bob eng planned", "membership.remove ada eng unguarded"})
		},
		"a membership that the target has and nobody made is left alone": func(w *world) {
			w.small()
			w.settle()
			w.ok(w.Store.ObserveMembers(w.ctx, w.claim, w.target, w.groupID("eng"), []string{"acc-ada", "acc-bob", "acc-unknown"}))
			w.same("memberships", w.number(`SELECT COUNT(*) FROM target_memberships`), 1)
		},
		"an incremental plan looks at what is dirty, a full one at all": func(w *world) {
			w.saveUsers(person("ada"))
			w.settle()
			w.ok(w.Store.ReadDone(w.ctx, w.claim, true, w.now, w.now, false))
			_, err := w.SQL.ExecContext(w.ctx, `UPDATE accounts SET status = 'suspended'`)
			w.ok(err)
			w.same("incremental", w.plan(), store.PlanCounts{})
			full, err := w.Store.PlanTarget(w.ctx, w.claim, w.target, true)
			w.ok(err)
			w.same("full", full, store.PlanCounts{Due: 1, Total: 1})
			w.same("plan", w.changes(), []string{"account.restore ada planned"})
		},
		"a plan that finds nothing dirty writes nothing": func(w *world) {
			w.saveUsers(person("ada"))
			w.settle()
			w.same("commits", w.commitsOf(func() { w.plan() }), int64(0))
		},
		"planning again replaces the plan, and gives back what it used of the window": func(w *world) {
			w.saveUsers(person("ada"), person("bob"), person("eve"))
			w.settle()
			w.saveUsers(suspended("ada"))
			for range 2 {
				w.plan()
				w.guard(standard)
				w.same("plan", w.changes(), []string{"account.suspend ada planned"})
				w.same("window", w.number(`SELECT COUNT(*) FROM removals`), 1)
			}
		},
		"one connection's plan has nothing of another's": func(w *world) {
			w.saveUsers(person("ada"))
			other, err := w.Store.EnsureConnection(w.ctx, "other", "rules-1", "", []store.TargetSpec{{Name: "cloud", Kind: "atlassian-cloud", Identity: identity}})
			w.ok(err)
			r := w.request("sync/other-1")
			r.ConnectionID = other.ID
			run, err := w.Store.BeginRun(w.ctx, r, w.now)
			w.ok(err)
			counts, err := w.Store.PlanTarget(w.ctx, run.Claim, other.Targets["cloud"], true)
			w.ok(err)
			w.same("plan", counts, store.PlanCounts{})
		},
	})
}

// account makes the target's account of somebody another, as if it had been read.
func (w *world) account(name string, change func(*directory.Account)) {
	w.Helper()
	var a directory.Account
	row := w.SQL.QueryRowxContext(w.ctx, w.SQL.Rebind(`SELECT remote_id, email, display_name, status, managed, read_only FROM accounts WHERE user_id = ?`), w.userID(name))
	w.ok(row.Scan(&a.ID, &a.Email, &a.DisplayName, &a.Status, &a.Managed, &a.ReadOnly))
	change(&a)
	seen, err := w.Store.ObserveAccounts(w.ctx, w.claim, w.target, []directory.Account{a}, w.now)
	w.ok(err)
	w.same("links seen", len(seen), 1)
}
