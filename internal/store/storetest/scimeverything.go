package storetest

import (
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/scim"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// RunAllScim sends every kind of statement about pushes that the gateway and
// the command line send.
func RunAllScim(t testing.TB, db Database) {
	t.Helper()
	w := newScimWorld(t, func(testing.TB, ...store.Option) Database { return db })
	p := w.staff(4)
	team := w.team("birds", p[0], "00u-p1", "unknown", "00u-later")
	w.joins("later")
	w.changeMembers(team, scim.MemberChange{Add: membersOf(p[2], "P3", "nobody")})
	matching, err := scim.ParseFilter(`value eq "nobody"`)
	w.ok(err)
	w.changeMembers(team, scim.MemberChange{Remove: membersOf("00u-p1", p[2]), RemoveWhere: matching}, scim.MemberChange{Clear: true, Add: membersOf(p...)})
	w.change(p[0], map[string]any{"title": "Dr", "emails": nil})
	w.change(p[0], map[string]any{"title": "Prof", "userName": "ada", "externalId": nil})
	_, err = w.Store.CreateScim(w.ctx, w.write(w.user), userNamed("ada"), nil)
	w.conflict(err, "userName", p[0])
	w.read(w.group, team)
	w.read(w.user, p[0])
	_, err = w.Store.ScimMembersExceed(w.ctx, 1, 10)
	w.ok(err)

	parts := store.ScimParts{Members: true, Groups: true}
	for _, types := range [][]*scim.ResourceType{{w.user}, {w.user, w.group}} {
		for _, f := range scimFilters(p[0], team) {
			for _, q := range []store.ScimQuery{{Count: 2, Parts: parts}, {Count: 2, StartIndex: 2}, {}, {Count: 1, ByCursor: true}} {
				q.Types = types
				page := w.list(f, q)
				if page.Next != nil {
					q.After = *page.Next
					w.list(f, q)
				}
			}
		}
	}
	for _, by := range []string{"userName", "id", "externalId", "emails", "title", "meta.created", "meta.lastModified"} {
		path, err := scim.ParseAttributePath(by)
		w.ok(err)
		for _, q := range []store.ScimQuery{{Count: 1, ByCursor: true}, {Count: 2, Descending: true}} {
			q.SortBy = &path
			if page := w.list("", q); page.Next != nil {
				q.After = *page.Next
				w.list("", q)
			}
		}
	}
	for _, f := range []string{`members.value eq "` + p[0] + `"`, `members[value eq "` + p[0] + `" and display pr]`, `members.type eq "User"`} {
		w.list(f, store.ScimQuery{Types: []*scim.ResourceType{w.group}, Count: 2})
	}

	w.drain()
	w.leaves(w.user, p[1])
	w.leaves(w.group, team)
	w.took(p[0], "user", "create-account", "applied", "")
	for _, f := range []store.ScimLogFilter{{}, {After: 1}, {Refused: true, Since: w.now}, {Object: "ada"}} {
		w.log(f)
	}
	_, err = w.Store.ScimShow(w.ctx, "staff", "user", "ada")
	w.ok(err)
	w.ok(w.Store.LogScim(w.ctx, []store.ScimRequest{{ConnectionID: w.conn}}))
	_, err = w.Store.PurgeScim(w.ctx, w.now.Add(time.Hour))
	w.ok(err)
	_, err = w.Store.ScimTokens(w.ctx, "staff")
	w.ok(err)
	caller, err := w.Store.ScimCaller(w.ctx, "staff", "digest", w.now)
	w.ok(err)
	w.ok(w.Store.TouchScimToken(w.ctx, caller.TokenID, w.now))
	w.ok(w.Store.ExpireScimTokens(w.ctx, "staff", "okta", 0, w.now.Add(time.Hour)))
	_, err = w.Store.RevokeScimToken(w.ctx, "staff", "okta", w.now)
	w.ok(err)
}

// scimFilters has one of every kind.
func scimFilters(user, group string) []string {
	return []string{"", `userName eq "ada"`, `userName sw "a"`, `userName co "a"`, `userName ew "a"`, `userName gt "a"`, `externalId eq "00u-p1"`, `id eq "` + user + `"`,
		`title eq "x"`, `title sw "x"`, `title co "x"`, `title ne "x"`, `title pr`, `emails pr`, `title eq null`, `active eq true`, `emails.value eq "x"`,
		`emails[type eq "work" and value co "x"]`, `emails[not (type eq "work")]`, `not (title eq "x")`, `title eq "x" or userName eq "ada"`, `title eq "x" or title ne "y"`,
		`title eq "x" and active eq true and emails.value ew "m"`, `meta.created gt "2026-01-01T00:00:00Z"`, `meta.lastModified gt "2026-01-01T00:00:00Z"`, `meta.version eq "W/\"1\""`,
		`groups.value eq "` + group + `"`, `groups.display eq "birds"`, `groups[value eq "` + group + `"]`, `schemas eq "` + scim.EnterpriseUserSchema + `"`}
}
