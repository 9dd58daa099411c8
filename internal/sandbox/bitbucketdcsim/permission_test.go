package bitbucketdcsim_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/sandbox/bitbucketdcsim"
)

func TestAUserWithoutAGlobalPermissionHasNoLicence(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.seed(t)
	licensed := func() []string { return a.call(t, "GET", "/users?permission=LICENSED_USER", "").values() }
	if diff := cmp.Diff([]string{"admin", "operator"}, licensed()); diff != "" {
		t.Errorf("at first (-want +got)\n%s", diff)
	}
	a.call(t, "POST", "/admin/users/add-groups", `{"user":"ana","groups":["stash-users"]}`)
	a.call(t, "PUT", "/admin/permissions/users?name=ben&permission=PROJECT_CREATE", "")
	if diff := cmp.Diff([]string{"admin", "operator", "ana", "ben"}, licensed()); diff != "" {
		t.Errorf("once given (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"ana"}, a.call(t, "GET", "/users?permission=LICENSED_USER&filter=AN", "").values()); diff != "" {
		t.Errorf("filtered (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"admin", "operator"}, a.call(t, "GET", "/users?permission=ADMIN", "").values()); diff != "" {
		t.Errorf("administrators (-want +got)\n%s", diff)
	}
	a.call(t, "POST", "/admin/users/remove-group", `{"context":"ana","itemName":"stash-users"}`)
	a.call(t, "DELETE", "/admin/permissions/users?name=ben", "")
	if diff := cmp.Diff([]string{"admin", "operator"}, licensed()); diff != "" {
		t.Errorf("once taken (-want +got)\n%s", diff)
	}
	// They are there all the same, and active.
	if got := a.call(t, "GET", "/users/ana", ""); got.Status != 200 || got.Body["active"] != true {
		t.Errorf("ana: %d %s", got.Status, got.Text)
	}
}

func TestAFullLicenceIs403AndNothingIsDone(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(o *bitbucketdcsim.Options) { o.SeatLimit = 3 })
	a.seed(t)
	if got := a.call(t, "POST", "/admin/users/add-groups", `{"user":"ana","groups":["stash-users"]}`); got.Status != 200 {
		t.Fatalf("the last seat: %d %s", got.Status, got.Text)
	}
	before := a.sim.Roster().State()
	for _, step := range []struct{ method, path, body string }{
		{"POST", "/admin/groups/add-users", `{"group":"stash-users","users":["ben"]}`},
		{"POST", "/admin/users/add-groups", `{"user":"ben","groups":["blue","stash-users"]}`},
		{"POST", "/admin/users?name=cat&displayName=Cat&emailAddress=cat@example.com&password=pw", ""},
		{"PUT", "/admin/permissions/users?name=ben&permission=LICENSED_USER", ""},
	} {
		if got := a.call(t, step.method, step.path, step.body); got.Status != 403 || got.exception() != "LicenseLimitException" {
			t.Errorf("%s %s: %d %s", step.method, step.path, got.Status, got.Text)
		}
	}
	if diff := cmp.Diff(before, a.sim.Roster().State()); diff != "" {
		t.Errorf("a refusal changed something\n%s", diff)
	}
	for _, body := range []string{`{"group":"blue","users":["ben"]}`, `{"group":"stash-users","users":["ana"]}`} {
		if got := a.call(t, "POST", "/admin/groups/add-users", body); got.Status != 200 {
			t.Errorf("what takes no seat, %s: %d %s", body, got.Status, got.Text)
		}
	}
}

func TestGlobalPermissions(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.seed(t)
	list := func(of string) map[string]string {
		held := map[string]string{}
		for _, one := range a.call(t, "GET", "/admin/permissions/"+of+"s", "").Body["values"].([]any) {
			fields := one.(map[string]any)
			held[fields[of].(map[string]any)["name"].(string)] = fields["permission"].(string)
		}
		return held
	}
	for _, path := range []string{"/admin/permissions/groups?name=red&permission=PROJECT_CREATE", "/admin/permissions/users?name=ana&permission=ADMIN"} {
		if got := a.call(t, "PUT", path, ""); got.Status != 204 {
			t.Errorf("%s: %d %s", path, got.Status, got.Text)
		}
	}
	groups := map[string]string{"stash-users": "LICENSED_USER", "bitbucket-administrators": "ADMIN", "red": "PROJECT_CREATE"}
	if diff := cmp.Diff(groups, list("group")); diff != "" {
		t.Errorf("groups (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"admin": "SYS_ADMIN", "ana": "ADMIN"}, list("user")); diff != "" {
		t.Errorf("users (-want +got)\n%s", diff)
	}
	if got := a.call(t, "DELETE", "/admin/permissions/groups?name=red", ""); got.Status != 204 {
		t.Errorf("%d %s", got.Status, got.Text)
	}
	delete(groups, "red")
	if diff := cmp.Diff(groups, list("group")); diff != "" {
		t.Errorf("groups, one taken (-want +got)\n%s", diff)
	}
}
