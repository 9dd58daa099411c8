package atlassiansim_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/atlassiansim"
)

// TestEveryEndpointAnswersAsDescribed walks through all endpoints; the
// checkers compare each request and answer with the vendor's description.
func TestEveryEndpointAnswersAsDescribed(t *testing.T) {
	t.Parallel()
	around, organizations, users := specs(t)
	o := start(t, atlassiansim.Options{}, around...)
	get, post, del := http.MethodGet, http.MethodPost, http.MethodDelete
	ids := o.invite("ann@example.com", "bob@elsewhere.net", "cy@example.com")
	ann, bob, cy := ids[0], ids[1], ids[2]
	eng, spare := o.group("Eng"), o.group("Spare")
	for _, step := range []struct {
		status       int
		method, path string
		body         any
		want         string
	}{
		{200, get, "/admin/v1/orgs", nil, `"type":"orgs"`},
		{200, get, o.v1, nil, o.sim.OrgID()},
		{200, get, o.v1 + "/domains", nil, `"name":"example.com"`},
		{200, get, o.v1 + "/users", nil, `"account_id":"` + ann},
		{200, get, o.v2 + "/directories", nil, o.sim.DirectoryID()},
		{200, get, o.v2 + "/directories?accountId=" + ann + "&limit=5", nil, o.sim.DirectoryID()},
		{200, post, o.v2 + "/workspaces", object{}, o.jira},
		{200, post, o.v2 + "/workspaces", object{
			"query": object{"field": object{"name": "attributes.typeKey", "values": []string{"confluence"}}},
			"sort":  []object{{"field": "name", "order": "asc"}}, "limit": 2,
		}, o.wiki},
		{204, post, o.dir + "/groups/" + eng + "/memberships", object{"accountId": ann}, ""},
		{204, post, o.dir + "/groups/" + eng + "/memberships", object{"accountId": bob}, ""},
		{204, del, o.dir + "/groups/" + eng + "/memberships/" + bob, nil, ""},
		{200, post, o.dir + "/users/search", object{
			"emails": []string{"ANN@example.com"}, "expand": []string{"groups", "platformRoles", "productAccess", "counts.resources"},
		}, `"groups":[{"id":"` + eng},
		{200, post, o.v2 + "/directories/-/users/search", object{"groupIds": []string{eng}, "status": []string{"active"}}, ann},
		{200, get, o.dir + "/users?limit=2&status=active&claimStatus=managed", nil, ann},
		{200, get, o.dir + "/users/count?membershipStatus=active", nil, `"count":6`},
		{200, get, o.dir + "/users/stats", nil, `"accountStatus"`},
		{200, get, o.dir + "/users/" + ann, nil, `"claimStatus":"managed"`},
		{200, get, o.v2 + "/directories/-/users/" + bob, nil, `"claimStatus":"unmanaged"`},
		{200, post, o.dir + "/groups/search", "", "org-admins"},
		{200, post, o.dir + "/groups/search", object{"groupNames": []string{"eNG"}, "expand": []string{"counts.users"}}, `"users":1`},
		{200, post, o.dir + "/groups/search", object{"roleIds": []string{"atlassian/org-admin"}}, "org-admins"},
		{200, get, o.dir + "/groups?searchTerm=sp", nil, spare},
		{200, get, o.dir + "/groups/count", nil, `"count"`},
		{200, get, o.dir + "/groups/stats", nil, `"synced":0`},
		{200, get, o.dir + "/groups/" + eng, nil, `"modifiable":true`},
		{200, post, o.dir + "/groups/" + eng + "/role-assignments/assign", object{"resourceId": o.jira, "roleId": "atlassian/user"}, ""},
		{200, get, o.dir + "/groups/" + eng + "/role-assignments", nil, o.jira},
		{200, get, o.dir + "/users/" + ann + "/role-assignments", nil, `"group_direct"`},
		{204, post, o.dir + "/groups/" + eng + "/role-assignments/revoke", object{"resourceId": o.jira, "roleId": "atlassian/user"}, ""},
		{204, post, o.v1 + "/users/" + ann + "/roles/assign", object{"role": "atlassian/user", "resource": o.jira}, ""},
		{200, get, o.dir + "/users/" + ann + "/role-assignments", nil, `"direct"`},
		{204, post, o.v1 + "/users/" + ann + "/roles/revoke", object{"role": "atlassian/user", "resource": o.jira}, ""},
		{204, post, o.dir + "/users/" + bob + "/suspend", nil, ""},
		{200, get, o.dir + "/users/" + bob, nil, `"status":"suspended"`},
		{204, post, o.dir + "/users/" + bob + "/restore", nil, ""},
		{204, del, o.dir + "/users/" + bob, nil, ""},
		{204, del, o.dir + "/groups/" + spare, nil, ""},
		{200, get, "/users/" + ann + "/manage", nil, `"email.set":{"allowed":true}`},
		{200, get, "/users/" + ann + "/manage?privileges=email.set", nil, `{"email.set":{"allowed":true}}`},
		{200, get, "/users/" + ann + "/manage/profile", nil, `"name":"ann"`},
		{200, http.MethodPatch, "/users/" + ann + "/manage/profile", object{
			"name": "Ann Ångström", "nickname": "ann", "extended_profile": object{"job_title": "Engineer"},
		}, `"job_title":"Engineer"`},
		{204, http.MethodPut, "/users/" + ann + "/manage/email", object{"email": "ann.angstrom@example.com"}, ""},
		{204, post, "/users/" + ann + "/manage/lifecycle/disable", object{"message": "away"}, ""},
		{200, get, o.dir + "/users/" + ann, nil, `"status":"deactivated"`},
		{204, post, "/users/" + ann + "/manage/lifecycle/enable", nil, ""},
		{200, post, "/users/" + cy + "/manage/lifecycle/delete", nil, "message"},
		{200, get, o.dir + "/users/" + cy, nil, `"status":"for_deletion"`},
		{200, post, "/users/" + cy + "/manage/lifecycle/cancel-delete", nil, "message"},
	} {
		a := o.must(step.status, step.method, step.path, step.body)
		if !strings.Contains(a.body, step.want) {
			t.Errorf("%s %s: %q is not in %s", step.method, step.path, step.want, a.body)
		}
		if step.want == "" && a.body != "" {
			t.Errorf("%s %s: a body where there is none: %s", step.method, step.path, a.body)
		}
	}
	got := o.account(ann)
	equal(t, "the account in the end", atlassiansim.Account{
		ID: ann, Email: "ann.angstrom@example.com", Name: "Ann Ångström", Status: "active", Member: true, Managed: true,
		Roles: []atlassiansim.Role{}, Groups: []string{eng},
		Profile: map[string]string{"job_title": "Engineer", "locale": "en-GB", "zoneinfo": "Etc/UTC"},
	}, got)
	if n := len(organizations.Checked()); n != 30 {
		t.Errorf("%d operations of the organizations API were checked, want 30: %v", n, organizations.Checked())
	}
	if n := len(users.Checked()); n != 8 {
		t.Errorf("%d operations of user management were checked, want 8: %v", n, users.Checked())
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	refusals(t)
}

func TestRefusalsAreAsDescribed(t *testing.T) {
	t.Parallel()
	around, _, _ := specs(t)
	refusals(t, around...)
}

func many(n int, prefix, suffix string) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = prefix + strings.Repeat("x", i+1) + suffix
	}
	return list
}

func refusals(t *testing.T, around ...middleware) {
	o := start(t, atlassiansim.Options{}, around...)
	get, post, del, patch, put := http.MethodGet, http.MethodPost, http.MethodDelete, http.MethodPatch, http.MethodPut
	ids := o.invite("ann@example.com", "bob@elsewhere.net", "gone@example.com")
	ann, bob, gone := ids[0], ids[1], ids[2]
	o.must(http.StatusNoContent, del, o.dir+"/users/"+gone, nil)
	eng := o.group("Eng")
	seedGroup := func(seed atlassiansim.GroupSeed) string {
		id, err := o.sim.SeedGroup(seed)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	synced := seedGroup(atlassiansim.GroupSeed{Name: "Synced", External: true})
	syncedUser, err := o.sim.SeedAccount(atlassiansim.AccountSeed{Email: "sy@example.com", Name: "Sy", Synced: true, Groups: []string{synced}})
	if err != nil {
		t.Fatal(err)
	}
	off, err := o.sim.SeedAccount(atlassiansim.AccountSeed{Email: "off@example.com", Name: "Off", Deactivated: true})
	if err != nil {
		t.Fatal(err)
	}
	o.must(http.StatusNoContent, post, o.dir+"/groups/"+eng+"/memberships", object{"accountId": ann})
	admins := o.groupNamed("org-admins").ID
	otherDir, allDirs := o.v2+"/directories/other", o.v2+"/directories/-"
	manage := func(id, rest string) string { return "/users/" + url.PathEscape(id) + "/manage" + rest }
	search, groups := o.dir+"/users/search", o.dir+"/groups/search"
	for _, test := range []struct {
		name         string
		method, path string
		body         any
		status       int
		code         string
	}{
		{"another organisation", get, "/admin/v1/orgs/other", nil, 404, "ADMIN-404-2"},
		{"another organisation's users", post, "/admin/v2/orgs/other/directories/-/users/search", object{}, 404, "ADMIN-404-2"},
		{"an invitation to another organisation", post, "/admin/v2/orgs/other/users/invite", object{"emails": []string{"a@b.c"}}, 404, "ADMIN-UAM-404-2"},
		{"another directory", post, otherDir + "/users/search", object{}, 404, "ADMIN-404-1"},
		{"all directories on a write", post, allDirs + "/groups", object{"name": "x"}, 404, "ADMIN-404-1"},
		{"all directories on a suspension", post, allDirs + "/users/" + ann + "/suspend", nil, 404, "ADMIN-404-1"},

		{"an unknown field", post, search, object{"email": "ann@example.com"}, 400, "ADMIN-400-24"},
		{"a wrong type", post, search, object{"limit": "10"}, 400, "ADMIN-400-24"},
		{"null", post, search, `{"emails":null}`, 400, "ADMIN-400-24"},
		{"not JSON", post, search, `{`, 400, "ADMIN-400-24"},
		{"two bodies", post, search, `{}{}`, 400, "ADMIN-400-24"},
		{"emails and a search term", post, search, object{"emails": []string{"a@b.c"}, "searchTerm": "a"}, 400, "ADMIN-400-24"},
		{"101 addresses", post, search, object{"emails": many(101, "a", "@b.c")}, 400, "ADMIN-400-24"},
		{"no addresses", post, search, object{"emails": []string{}}, 400, "ADMIN-400-24"},
		{"an address twice", post, search, object{"emails": []string{"a@b.c", "a@b.c"}}, 400, "ADMIN-400-24"},
		{"eleven accounts", post, search, object{"accountIds": many(11, "a", "")}, 400, "ADMIN-400-24"},
		{"eleven groups", post, search, object{"groupIds": many(11, "a", "")}, 400, "ADMIN-400-24"},
		{"a page of 101", post, search, object{"limit": 101}, 400, "ADMIN-400-24"},
		{"a page of none", post, search, object{"limit": 0}, 400, "ADMIN-400-24"},
		{"a status that there is not", post, search, object{"status": []string{"asleep"}}, 400, "ADMIN-400-24"},
		{"an expansion that there is not", post, search, object{"expand": []string{"everything"}}, 400, "ADMIN-400-24"},
		{"a cursor that there is not", post, search, object{"cursor": "zzz"}, 400, "ADMIN-400-1"},
		{"a limit that is no number", get, o.dir + "/users?limit=many", nil, 400, "ADMIN-400-24"},
		{"an unknown user", get, o.dir + "/users/nobody", nil, 404, "ADMIN-404-8"},
		{"a user who left the directory", get, o.dir + "/users/" + gone, nil, 404, "ADMIN-404-8"},
		{"suspending an unknown user", post, o.dir + "/users/nobody/suspend", nil, 404, "ADMIN-404-8"},
		{"suspending somebody who left", post, o.dir + "/users/" + gone + "/suspend", nil, 404, "ADMIN-404-8"},
		{"suspending a synced user", post, o.dir + "/users/" + syncedUser + "/suspend", nil, 403, "ADMIN-403-3"},
		{"restoring a deactivated user", post, o.dir + "/users/" + off + "/restore", nil, 400, "ADMIN-UAM-400-2"},
		{"removing a synced user", del, o.dir + "/users/" + syncedUser, nil, 403, "ADMIN-403-3"},
		{"removing an unknown user", del, o.dir + "/users/nobody", nil, 404, "ADMIN-404-8"},

		{"101 group names", post, groups, object{"groupNames": many(101, "a", "")}, 400, "ADMIN-400-24"},
		{"group names and ids", post, groups, object{"groupNames": []string{"a"}, "groupIds": []string{"b"}}, 400, "ADMIN-400-24"},
		{"group names and a search term", post, groups, object{"groupNames": []string{"a"}, "searchTerm": "b"}, 400, "ADMIN-400-24"},
		{"a page of 101 groups", post, groups, object{"limit": 101}, 400, "ADMIN-400-24"},
		{"an unknown group", get, o.dir + "/groups/none", nil, 404, "ADMIN-404-10"},
		{"a group that exists", post, o.dir + "/groups", object{"name": "Eng"}, 409, "ADMIN-409-28"},
		{"a group whose name differs in case only", post, o.dir + "/groups", object{"name": "eNG"}, 409, "ADMIN-409-28"},
		{"a group without a name", post, o.dir + "/groups", object{"description": "x"}, 400, "ADMIN-400-24"},
		{"a group with an empty name", post, o.dir + "/groups", object{"name": ""}, 400, "ADMIN-400-24"},
		{"a group whose name is too long", post, o.dir + "/groups", object{"name": strings.Repeat("é", 256)}, 400, "ADMIN-400-24"},
		{"a group whose name has a line feed", post, o.dir + "/groups", object{"name": "a\nb"}, 400, "ADMIN-400-24"},
		{"a group from no body", post, o.dir + "/groups", nil, 400, "ADMIN-400-24"},
		{"deleting a synced group", del, o.dir + "/groups/" + synced, nil, 403, "ADMIN-403-5"},
		{"deleting the administrators", del, o.dir + "/groups/" + admins, nil, 403, "ADMIN-403-5"},
		{"deleting a product's group", del, o.dir + "/groups/" + o.groupNamed("jira-users-acme").ID, nil, 403, "ADMIN-403-6"},
		{"deleting the site's administrators", del, o.dir + "/groups/" + o.groupNamed("site-admins").ID, nil, 403, "ADMIN-403-7"},
		{"deleting an unknown group", del, o.dir + "/groups/none", nil, 404, "ADMIN-404-10"},

		{"adding a member twice", post, o.dir + "/groups/" + eng + "/memberships", object{"accountId": ann}, 409, "ADMIN-409-28"},
		{"adding nobody", post, o.dir + "/groups/" + eng + "/memberships", object{}, 400, "ADMIN-400-24"},
		{"adding an unknown user", post, o.dir + "/groups/" + eng + "/memberships", object{"accountId": "nobody"}, 404, "ADMIN-404-8"},
		{"adding somebody who left", post, o.dir + "/groups/" + eng + "/memberships", object{"accountId": gone}, 404, "ADMIN-404-8"},
		{"adding to an unknown group", post, o.dir + "/groups/none/memberships", object{"accountId": ann}, 404, "ADMIN-404-10"},
		{"adding to a synced group", post, o.dir + "/groups/" + synced + "/memberships", object{"accountId": ann}, 403, "ADMIN-403-5"},
		{"adding to the administrators", post, o.dir + "/groups/" + admins + "/memberships", object{"accountId": ann}, 403, "ADMIN-403-5"},
		{"removing who is no member", del, o.dir + "/groups/" + eng + "/memberships/" + bob, nil, 404, "ADMIN-404-8"},
		{"removing an unknown user from a group", del, o.dir + "/groups/" + eng + "/memberships/nobody", nil, 404, "ADMIN-404-8"},
		{"removing from a synced group", del, o.dir + "/groups/" + synced + "/memberships/" + syncedUser, nil, 403, "ADMIN-403-5"},

		{"a group's role on an unknown resource", post, o.dir + "/groups/" + eng + "/role-assignments/assign", object{"resourceId": "x", "roleId": "atlassian/user"}, 404, "ADMIN-404-1"},
		{"a group's role that the resource has not", post, o.dir + "/groups/" + eng + "/role-assignments/assign", object{"resourceId": o.jira, "roleId": "atlassian/king"}, 400, "ADMIN-UAM-400-3"},
		{"a group's role without one", post, o.dir + "/groups/" + eng + "/role-assignments/assign", object{"resourceId": o.jira}, 400, "ADMIN-400-24"},
		{"a synced group's role", post, o.dir + "/groups/" + synced + "/role-assignments/revoke", object{"resourceId": o.jira, "roleId": "atlassian/user"}, 403, "ADMIN-403-5"},
		{"a user's role without a resource", post, o.v1 + "/users/" + ann + "/roles/assign", object{"role": "atlassian/user"}, 400, "ADMIN-UAM-400-1"},
		{"a user's role that the resource has not", post, o.v1 + "/users/" + ann + "/roles/assign", object{"role": "atlassian/site-admin", "resource": o.jira}, 400, "ADMIN-UAM-400-3"},
		{"an unknown user's role", post, o.v1 + "/users/nobody/roles/assign", object{"role": "atlassian/org-admin"}, 404, "ADMIN-UAM-404-3"},
		{"a deactivated user's role", post, o.v1 + "/users/" + off + "/roles/revoke", object{"role": "atlassian/org-admin"}, 400, "ADMIN-UAM-400-2"},

		{"an invitation of nobody", post, o.v2 + "/users/invite", object{}, 400, "ADMIN-UAM-400-1"},
		{"an invitation of 26", post, o.v2 + "/users/invite", object{"emails": many(26, "a", "@b.c")}, 400, "ADMIN-UAM-400-1"},
		{"an invitation with one address that is none", post, o.v2 + "/users/invite", object{"emails": []string{"new@example.com", "no address"}}, 400, "ADMIN-UAM-400-1"},
		{"an invitation with an unknown field", post, o.v2 + "/users/invite", object{"emails": []string{"new@example.com"}, "groups": []string{eng}}, 400, "ADMIN-UAM-400-1"},
		{"an invitation to an unknown resource", post, o.v2 + "/users/invite", object{"emails": []string{"new@example.com"}, "permissionRules": []object{{"resource": "x", "role": "atlassian/user"}}}, 404, "ADMIN-UAM-404-1"},
		{"an invitation to a role that the product has not", post, o.v2 + "/users/invite", object{"emails": []string{"new@example.com"}, "permissionRules": []object{{"resource": o.jira, "role": "atlassian/guest"}}}, 400, "ADMIN-UAM-400-3"},
		{"an invitation to an unknown group", post, o.v2 + "/users/invite", object{"emails": []string{"new@example.com"}, "additionalGroups": []string{eng, "none"}}, 404, "ADMIN-UAM-404-3"},

		{"a workspace's field that there is not", post, o.v2 + "/workspaces", object{"query": object{"field": object{"name": "colour", "values": []string{"x"}}}}, 400, "ADMIN-400-24"},
		{"a workspace's cursor beside something else", post, o.v2 + "/workspaces", object{"cursor": "x", "limit": 3}, 400, "ADMIN-400-24"},
		{"a page of managed accounts that there is not", get, o.v1 + "/users?cursor=x", nil, 400, "ADMIN-400-1"},

		{"an unknown account's permissions", get, manage("nobody", ""), nil, 404, "accountNotFound"},
		{"an unmanaged account's permissions", get, manage(bob, ""), nil, 403, "forbidden"},
		{"an unmanaged account's name", patch, manage(bob, "/profile"), object{"name": "Bob"}, 403, "forbidden"},
		{"an unmanaged account's address", put, manage(bob, "/email"), object{"email": "bob@example.com"}, 403, "forbidden"},
		{"an unmanaged account's deactivation", post, manage(bob, "/lifecycle/disable"), object{}, 403, "forbidden"},
		{"a synced account's name", patch, manage(syncedUser, "/profile"), object{"name": "X"}, 403, "forbidden.fieldMutation"},
		{"a synced account's address", put, manage(syncedUser, "/email"), object{"email": "x@example.com"}, 403, "forbidden.action"},
		{"a synced account's deactivation", post, manage(syncedUser, "/lifecycle/disable"), object{}, 403, "forbidden.action"},
		{"an unknown field of a profile", patch, manage(ann, "/profile"), object{"email": "x@example.com"}, 400, "bodyParseFailure"},
		{"a name that is too long", patch, manage(ann, "/profile"), object{"name": strings.Repeat("x", 101)}, 400, "fieldConstraintsViolated"},
		{"a name with control characters", patch, manage(ann, "/profile"), object{"name": "a\tb"}, 400, "fieldConstraintsViolated"},
		{"a nickname that is too long", patch, manage(ann, "/profile"), object{"nickname": strings.Repeat("x", 31)}, 400, "fieldConstraintsViolated"},
		{"no address", put, manage(ann, "/email"), object{}, 400, "bodyParseFailure"},
		{"an address in a domain that is not ours", put, manage(ann, "/email"), object{"email": "ann@elsewhere.net"}, 403, "forbidden.unclaimedDomain"},
		{"an address that somebody has", put, manage(ann, "/email"), object{"email": "SY@example.com"}, 400, "fieldConstraintsViolated"},
		{"an address that is none", put, manage(ann, "/email"), object{"email": "ann"}, 400, "fieldConstraintsViolated"},
		{"a deactivation without a body", post, manage(ann, "/lifecycle/disable"), nil, 400, "bodyParseFailure"},
		{"cancelling a deletion that is not", post, manage(ann, "/lifecycle/cancel-delete"), nil, 404, "notFound"},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := o.sim.State()
			a := o.do(test.method, test.path, test.body)
			if a.status != test.status || a.code() != test.code {
				t.Errorf("%d %s, want %d %s", a.status, a.body, test.status, test.code)
			}
			equal(t, "a refused call changed the state", before, o.sim.State())
		})
	}
	for _, call := range o.engine.Calls() {
		if call.Applied != (call.Status < 300 && call.Write && !strings.HasSuffix(call.Path, "/search")) {
			t.Errorf("call %s answered %d is logged as applied: %t", call.Route, call.Status, call.Applied)
		}
	}
}

func TestADeletionOnItsWayHasToBeCancelledFirst(t *testing.T) {
	t.Parallel()
	o := start(t, atlassiansim.Options{})
	id := o.invite("ann@example.com")[0]
	manage := "/users/" + id + "/manage/lifecycle/"
	o.must(http.StatusOK, http.MethodPost, manage+"delete", nil)
	for _, action := range []string{"enable", "disable", "delete"} {
		a := o.must(http.StatusConflict, http.MethodPost, manage+action, object{})
		if a.code() != "conflict.lifecycleErrors" || !strings.Contains(a.body, `"accountId":"`+id) {
			t.Errorf("%s: %s", action, a.body)
		}
	}
	o.must(http.StatusOK, http.MethodPost, manage+"cancel-delete", nil)
	equal(t, "status", "active", o.account(id).Status)
	o.must(http.StatusOK, http.MethodPost, manage+"delete", nil)
	if err := o.sim.EraseAccount(id); err != nil {
		t.Fatal(err)
	}
	if again := o.invite("ann@example.com")[0]; again == id {
		t.Error("a closed account came back")
	}
}

func TestTheOwnerOfTheKeyCannotLockHimselfOut(t *testing.T) {
	t.Parallel()
	o := start(t, atlassiansim.Options{Managed: []string{"admins.example.net"}})
	owner := o.sim.State().Accounts[0]
	if !owner.Owner {
		t.Fatal("the first account is not the owner")
	}
	for _, action := range []string{"disable", "delete"} {
		a := o.do(http.MethodPost, "/users/"+owner.ID+"/manage/lifecycle/"+action, object{})
		if a.status != http.StatusForbidden || !strings.Contains(a.body, "administrative.notMyself") {
			t.Errorf("%s: %d %s", action, a.status, a.body)
		}
	}
	equal(t, "the owner", owner, o.sim.State().Accounts[0])
}
