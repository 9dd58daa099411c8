package bitbucketdcsim_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/sandbox/bitbucketdcsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
)

func TestWhoOnlyHasALicenceReadsAndAdministersNothing(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(o *bitbucketdcsim.Options) { o.Permission = bitbucketdcsim.LicensedUser })
	for _, call := range []struct {
		method, path, body string
		want               int
	}{
		{"GET", "/admin/users", "", 200},
		{"GET", "/admin/groups", "", 200},
		{"GET", "/admin/groups/more-members?context=stash-users", "", 200},
		{"GET", "/admin/permissions/groups", "", 401},
		{"GET", "/admin/permissions/users", "", 401},
		{"GET", "/admin/user-directories", "", 401},
		{"POST", "/admin/groups?name=red", "", 401},
		{"POST", "/admin/users/add-groups", `{"user":"operator","groups":["stash-users"]}`, 401},
		{"POST", "/admin/users?name=cat&displayName=Cat&emailAddress=cat@example.com&password=pw", "", 401},
	} {
		if got := a.call(t, call.method, call.path, call.body); got.Status != call.want {
			t.Errorf("%s %s: %d %s, want %d", call.method, call.path, got.Status, got.Text, call.want)
		}
	}
}

func TestNobodyTouchesWhatHoldsAHigherPermission(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(o *bitbucketdcsim.Options) { o.Permission = bitbucketdcsim.Admin })
	a.seed(t)
	root := roster.Group{ID: "root", Name: "root", Permissions: map[string]string{"": bitbucketdcsim.SysAdmin}}
	chief := roster.Account{ID: "chief", UserName: "chief", Email: "chief@example.com", DisplayName: "C", Active: true}
	if err := a.sim.Roster().AddGroup(root); err != nil {
		t.Fatal(err)
	}
	if err := a.sim.Roster().AddAccount(chief); err != nil {
		t.Fatal(err)
	}
	if _, err := a.sim.Roster().Join(root.ID, chief.ID); err != nil {
		t.Fatal(err)
	}
	before := a.sim.Roster().State()
	for _, call := range []struct {
		method, path, body string
		want               int
	}{
		{"PUT", "/admin/users", `{"name":"chief","displayName":"X","email":"x@example.com"}`, 401},
		{"POST", "/admin/users/rename", `{"name":"chief","newName":"x"}`, 401},
		{"DELETE", "/admin/users?name=chief", "", 403},
		{"DELETE", "/admin/groups?name=root", "", 403},
		{"POST", "/admin/groups/add-users", `{"group":"root","users":["ana"]}`, 403},
		{"POST", "/admin/users/add-groups", `{"user":"ana","groups":["blue","root"]}`, 403},
		{"POST", "/admin/users/remove-group", `{"context":"chief","itemName":"root"}`, 403},
		{"DELETE", "/admin/permissions/users?name=chief", "", 409},
		{"PUT", "/admin/permissions/users?name=chief&permission=ADMIN", "", 409},
		{"PUT", "/admin/permissions/users?name=ana&permission=SYS_ADMIN", "", 401},
		{"DELETE", "/admin/permissions/groups?name=root", "", 409},
	} {
		if got := a.call(t, call.method, call.path, call.body); got.Status != call.want {
			t.Errorf("%s %s: %d %s, want %d", call.method, call.path, got.Status, got.Text, call.want)
		}
	}
	if diff := cmp.Diff(before, a.sim.Roster().State()); diff != "" {
		t.Errorf("a refusal changed something\n%s", diff)
	}
}

func TestATokenIsTakenSince55(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]int{"5.4.9": 401, "5.5.0": 200} {
		a := newAPI(t, func(o *bitbucketdcsim.Options) { o.Version = version })
		if got := a.call(t, "GET", "/admin/users", ""); got.Status != want {
			t.Errorf("%s: %d %s, want %d", version, got.Status, got.Text, want)
		}
	}
}
