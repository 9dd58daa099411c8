package oktasim_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/sandbox/oktasim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
)

func TestListsArePagedToTheirEnd(t *testing.T) {
	t.Parallel()
	o := newOrg(t, many(450))
	group := o.groupID("team-00001")
	for _, test := range []struct {
		name, path string
		pages      []int
	}{
		{"users, 200 unless asked", "/api/v1/users", []int{200, 200, 50}},
		{"users, never more than 200", "/api/v1/users?limit=1000", []int{200, 200, 50}},
		{"users, as asked", "/api/v1/users?limit=150", []int{150, 150, 150}},
		{"members, 1000 unless asked", "/api/v1/groups/" + group + "/users", []int{450}},
		{"members, as asked", "/api/v1/groups/" + group + "/users?limit=200", []int{200, 200, 50}},
		{"application users, 50 unless asked", "/api/v1/apps/" + oktasim.DefaultAppID + "/users", []int{50, 50, 50, 50, 50, 50, 50, 50, 50}},
		{"application users, as asked", "/api/v1/apps/" + oktasim.DefaultAppID + "/users?limit=500", []int{450}},
		{"users found", "/api/v1/users?limit=150&filter=status+eq+%22ACTIVE%22", []int{150, 150, 150}},
		{"users sorted", "/api/v1/users?search=status+pr&sortBy=profile.lastName&sortOrder=desc", []int{200, 200, 50}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			all, pages := o.in(t).list(test.path)
			if diff := cmp.Diff(test.pages, pages); diff != "" {
				t.Errorf("pages: %s", diff)
			}
			seen := ids(all)
			slices.Sort(seen)
			if n := len(slices.Compact(seen)); n != 450 {
				t.Errorf("%d different users, want 450", n)
			}
		})
	}
}

func TestLinksKeepTheQueryAndAreSeparate(t *testing.T) {
	t.Parallel()
	o := newOrg(t, many(3))
	a := o.must(200, "GET", "/api/v1/users?limit=2&filter=status+eq+%22ACTIVE%22", "")
	self, next := links(t, a)
	if self != o.server.URL+"/api/v1/users?limit=2&filter=status+eq+%22ACTIVE%22" {
		t.Errorf("self %s", self)
	}
	for _, part := range []string{"limit=2", "after=", "filter=status+eq+%22ACTIVE%22"} {
		if !strings.Contains(next, part) {
			t.Errorf("next %s has no %s", next, part)
		}
	}
	a = o.must(200, "GET", next, "")
	if _, next = links(t, a); next != "" {
		t.Errorf("the last page has a next: %s", next)
	}
}

func TestAListSurvivesWhatChangesWhileItIsRead(t *testing.T) {
	t.Parallel()
	o := newOrg(t, many(6))
	a := o.must(200, "GET", "/api/v1/users?limit=3", "")
	page := decode[[]object](t, a)
	_, next := links(t, a)
	for range 2 { // deactivated, then erased
		o.must(204, "DELETE", "/api/v1/users/"+page[2].ID, "")
	}
	rest, _ := o.list(next)
	if len(rest) != 3 || slices.Contains(ids(rest), page[0].ID) {
		t.Errorf("the second page has %v", ids(rest))
	}
}

func TestUsersAreFilteredAndSearched(t *testing.T) {
	t.Parallel()
	o := newOrg(t, small())
	for _, test := range []struct{ name, parameter, expression, want string }{
		{"by status", "filter", `status eq "SUSPENDED"`, "Ben"},
		{"those who left are found too", "filter", `status eq "DEPROVISIONED"`, "Cleo"},
		{"or", "filter", `status eq "SUSPENDED" or status eq "STAGED"`, "Ben Dan"},
		{"and binds closer", "filter", `status eq "STAGED" or status eq "ACTIVE" and profile.firstName eq "Eve"`, "Dan Eve"},
		{"parentheses", "filter", `(status eq "STAGED" or status eq "ACTIVE") and profile.firstName eq "Eve"`, "Eve"},
		{"operators ignore case", "filter", `status EQ "STAGED" OR status Eq "SUSPENDED"`, "Ben Dan"},
		{"values of a filter do not", "filter", `profile.email eq "ann@acme.example"`, ""},
		{"the e-mail as it is written", "filter", `profile.email eq "Ann@acme.example"`, "Ann"},
		{"an apostrophe", "filter", `profile.lastName eq "O'Neill"`, "Ann"},
		{"changed after", "filter", `lastUpdated gt "2026-01-05T11:00:00.000Z"`, "Dan Eve"},
		{"changed at or after", "filter", `lastUpdated ge "2026-01-05T11:00:00.000Z"`, "Cleo Dan Eve"},
		{"changed between", "filter", `lastUpdated ge "2026-01-05T10:00:00.000Z" and lastUpdated lt "2026-01-05T12:00:00.000Z"`, "Ben Cleo"},
		{"another time zone", "filter", `lastUpdated gt "2026-01-05T12:00:00+01:00"`, "Dan Eve"},
		{"values of a search ignore case", "search", `profile.email eq "ann@acme.example"`, "Ann"},
		{"a search by start", "search", `profile.firstName sw "c"`, "Cleo"},
		{"accents matter", "search", `profile.lastName eq "Diaz"`, ""},
		{"an attribute that is there", "search", `profile.nickName pr`, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := firstNames(o.in(t).filtered("/api/v1/users", test.parameter, test.expression)); got != test.want {
				t.Errorf("found %q, want %q", got, test.want)
			}
		})
	}
	all, _ := o.list("/api/v1/users")
	if got := firstNames(all); got != "Ann Ben Dan Eve" {
		t.Errorf("without a filter those who left are omitted: %s", got)
	}
	if all, _ = o.list("/api/v1/users?q=e"); firstNames(all) != "Eve" {
		t.Errorf("q is the start of a name or e-mail: %s", firstNames(all))
	}
}

func TestAUserIsFoundByIDLoginAndShortLogin(t *testing.T) {
	t.Parallel()
	of := small()
	of.People = append(of.People, people.Person{
		FirstName: "Ann", LastName: "Other", Login: "ben@elsewhere.example", Email: "x@elsewhere.example", Status: people.Active,
	})
	o := newOrg(t, of)
	ann := o.userID("ann@acme.example")
	for _, by := range []string{ann, "ANN@acme.example", "ann"} {
		if got := o.userID(by); got != ann {
			t.Errorf("by %s found %s, want %s", by, got, ann)
		}
	}
	if a := o.call("GET", "/api/v1/users/ben", ""); a.status != 404 {
		t.Errorf("a short login that two people have: status %d", a.status)
	}
}

func TestGroupsAreFilteredAndSearched(t *testing.T) {
	t.Parallel()
	o := newOrg(t, small())
	names := func(objects []object) string {
		var all []string
		for _, g := range objects {
			all = append(all, g.Profile.Name)
		}
		return strings.Join(all, " ")
	}
	for _, test := range []struct{ name, parameter, expression, want string }{
		{"by type", "filter", `type eq "OKTA_GROUP"`, "Engineers Empty"},
		{"the built-in one", "filter", `type eq "BUILT_IN"`, "Everyone"},
		{"by id", "filter", `id eq "` + o.groupID("Imported") + `"`, "Imported"},
		{"by members changed or itself changed", "filter", `lastMembershipUpdated gt "2026-01-05T09:00:00.000Z" or lastUpdated gt "2026-01-05T09:00:00.000Z"`, "Everyone"},
		{"a search by start of the name", "search", `profile.name sw "e"`, "Everyone Engineers Empty"},
		{"a search by part of the name", "search", `profile.name co "gin"`, "Engineers"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := names(o.in(t).filtered("/api/v1/groups", test.parameter, test.expression)); got != test.want {
				t.Errorf("found %q, want %q", got, test.want)
			}
		})
	}
	all, _ := o.list("/api/v1/groups?q=em")
	if names(all) != "Empty" {
		t.Errorf("q is the start of the name: %s", names(all))
	}
	all, _ = o.list("/api/v1/groups?expand=stats")
	counts := map[string]int{}
	for _, g := range all {
		counts[g.Profile.Name] = g.Embedded.Stats.UsersCount
	}
	if diff := cmp.Diff(map[string]int{"Everyone": 5, "Engineers": 3, "Empty": 0, "Imported": 1}, counts); diff != "" {
		t.Error(diff)
	}
}

func TestMembersAndGroupsOfAUserAgree(t *testing.T) {
	t.Parallel()
	o := newOrg(t, small())
	members, _ := o.list("/api/v1/groups/" + o.groupID("Engineers") + "/users")
	if got := firstNames(members); got != "Ann Ben Cleo" {
		t.Errorf("members include those who are not active: %s", got)
	}
	groups, _ := o.list("/api/v1/users/" + o.userID("ann") + "/groups")
	want := []string{o.groupID("Everyone"), o.groupID("Engineers"), o.groupID("Imported")}
	if diff := cmp.Diff(want, ids(groups)); diff != "" {
		t.Error(diff)
	}
	if all, _ := o.list("/api/v1/groups/" + o.groupID("Everyone") + "/users"); len(all) != 5 {
		t.Errorf("everyone is %d people, want 5", len(all))
	}
}

func TestTheApplicationHasWhoIsAssigned(t *testing.T) {
	t.Parallel()
	o := newOrg(t, small())
	app := "/api/v1/apps/" + oktasim.DefaultAppID
	if got := decode[object](t, o.must(200, "GET", app, "")); got.ID != oktasim.DefaultAppID || got.Status != "ACTIVE" {
		t.Errorf("the application is %+v", got)
	}
	users, _ := o.list(app + "/users?expand=user")
	scopes := map[string]string{}
	for _, u := range users {
		scopes[u.Embedded.User.Profile.FirstName] = u.Scope
	}
	if diff := cmp.Diff(map[string]string{"Ann": "GROUP", "Ben": "GROUP", "Dan": "USER"}, scopes); diff != "" {
		t.Errorf("whoever left has no application: %s", diff)
	}
	groups, _ := o.list(app + "/groups?expand=group")
	if len(groups) != 1 || groups[0].Embedded.Group.Profile.Name != "Engineers" {
		t.Errorf("groups %+v", groups)
	}
	if plain, _ := o.list(app + "/groups"); plain[0].Profile.Name != "" || plain[0].Embedded.Group != nil {
		t.Errorf("without expand there is no name: %+v", plain[0])
	}
	eve, ann := o.userID("eve"), o.userID("ann")
	o.must(200, "POST", app+"/users", `{"id":"`+eve+`","scope":"USER"}`)
	if got := decode[object](t, o.must(200, "GET", app+"/users/"+eve+"?expand=user", "")); got.Scope != "USER" || got.Embedded.User.ID != eve {
		t.Errorf("assigned: %+v", got)
	}
	o.must(204, "DELETE", app+"/users/"+eve, "")
	o.must(404, "GET", app+"/users/"+eve, "")
	engineers := o.groupID("Engineers")
	o.must(204, "DELETE", app+"/groups/"+engineers, "")
	o.must(404, "GET", app+"/users/"+ann, "")
	o.must(200, "PUT", app+"/groups/"+engineers, "")
	o.must(200, "GET", app+"/users/"+ann, "")
	o.must(204, "DELETE", "/api/v1/users/"+ann, "")
	if a := o.call("GET", app+"/users/"+ann, ""); a.status != http.StatusNotFound {
		t.Errorf("somebody who left still has the application: %d", a.status)
	}
}
