package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

func protection(t *testing.T, open Open) {
	cases(t, open, map[string]func(w *world){
		"protected people are skipped by the guard, whatever was planned": func(w *world) {
			names := w.grown(20)
			w.leave(names[:3]...)
			w.protect([]string{w.accountID("p0"), "p1@example.com"}, nil)
			w.same("verdict", w.guard(standard), store.Verdict{Admitted: 1, Protected: 2})
		},
		"protected people stay protected when a run is let through": func(w *world) {
			names := w.grown(20)
			w.leave(names...)
			w.protect([]string{w.accountID("p0")}, nil)
			w.same("verdict", w.guard(limits(func(l *store.Limits) { l.Override = true })), store.Verdict{Admitted: 19, Protected: 1})
		},
		"the members of a protected group stay, and nobody joins": func(w *world) {
			w.team("ÉQUIPE", 3)
			w.settle()
			w.saveUsers(person("new"))
			w.saveMembers("ÉQUIPE", "ÉQUIPE0", "ÉQUIPE1", "new")
			w.plan()
			w.protect(nil, []string{"équipe"})
			w.same("verdict", w.guard(standard), store.Verdict{Protected: 1})
			w.same("plan", w.changes(), []string{"account.create new planned", "membership.add new ÉQUIPE skipped protected", "membership.remove ÉQUIPE2 ÉQUIPE skipped protected"})
		},
		"a group that another system owns is left alone": func(w *world) {
			w.team("eng", 3)
			w.settle()
			_, err := w.Store.ObserveGroups(w.ctx, w.claim, w.target, []directory.TargetGroup{{ID: fmt.Sprintf("grp-%d", w.groupID("eng")), Name: "eng", ReadOnly: true}}, w.now)
			w.ok(err)
			w.saveMembers("eng", "eng0", "eng1")
			w.plan()
			w.same("verdict", w.guard(standard), store.Verdict{})
			w.same("plan", w.changes(), []string{"membership.remove eng2 eng skipped read-only"})
		},
		"the same list again writes nothing": func(w *world) {
			w.protect([]string{"a", "b"}, []string{"g"})
			w.same("commits", w.commitsOf(func() { w.protect([]string{"b", "a", "a"}, []string{"g"}) }), int64(0))
			p, err := w.Store.Protected(w.ctx, w.target)
			w.ok(err)
			for what, got := range map[string]bool{
				"by id": p.Account("a", "", ""), "by id in another case": p.Account("A", "", ""), "by address in another case": p.Account("x", "B", ""),
				"by user name in another case": p.Account("x", "", "B"), "group by name": p.Group("x", "G"),
				"not somebody else": !p.Account("x", "x", "x"), "not nobody": !p.Account("", "", ""), "a group is no account": !p.Account("g", "g", "g"),
			} {
				w.same(what, got, true)
			}
		},
		"what is protected no longer is read again by the next run": func(w *world) {
			w.grown(1)
			w.ok(w.Store.TargetReadDone(w.ctx, w.claim, w.target, w.now))
			w.protect([]string{"p0@example.com"}, nil)
			w.same("read at", w.age().ReadAt, w.now)
			w.protect(nil, nil)
			w.same("protected", w.number(`SELECT COUNT(*) FROM accounts WHERE protected`), 0)
			w.same("read at", w.age().ReadAt, time.Time{})
		},
		"an account is protected by its user name, whenever that is told": func(w *world) {
			w.grown(2)
			w.account("p0", func(a *directory.Account) { a.UserName = "Root.User" })
			w.protect([]string{"root.user", "second"}, nil)
			w.account("p1", func(a *directory.Account) { a.UserName = "Second" })
			w.same("protected", w.number(`SELECT COUNT(*) FROM accounts WHERE protected`), 2)
		},
		"an account whose address is not told any more stays protected by it": func(w *world) {
			w.grown(1)
			w.protect([]string{"p0@example.com"}, nil)
			w.account("p0", func(a *directory.Account) { a.Email, a.DisplayName = "", "Somebody Else" })
			w.same("protected", w.number(`SELECT COUNT(*) FROM accounts WHERE protected`), 1)
		},
		"an account that takes a protected address is protected": func(w *world) {
			w.grown(1)
			w.protect([]string{"boss@example.com"}, nil)
			w.account("p0", func(a *directory.Account) { a.Email = "Boss@example.com" })
			w.same("protected", w.number(`SELECT COUNT(*) FROM accounts WHERE protected`), 1)
		},
		"a link made to a protected account is protected": func(w *world) {
			w.protect([]string{"acc-ada"}, nil)
			w.small()
			w.same("protected", w.number(`SELECT COUNT(*) FROM accounts WHERE protected`), 1)
		},
	})
}

func (w *world) protect(accounts, groups []string) {
	w.Helper()
	w.ok(w.Store.SetProtected(w.ctx, w.claim, w.target, accounts, groups))
}

func (w *world) accountID(name string) string {
	w.Helper()
	return w.column(`SELECT remote_id FROM accounts WHERE user_id = ?`, w.userID(name))[0]
}
