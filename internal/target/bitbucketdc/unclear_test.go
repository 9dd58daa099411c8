package bitbucketdc_test

import (
	"net/http"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/bitbucketdcsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/vendortest"
)

// locked refuses to tell who is licensed.
func locked() fault.Rule {
	return fault.Rule{API: bitbucketdcsim.API, Kind: fault.Status, Method: "GET", Path: "/latest/users$", Status: http.StatusLocked}
}

// TestASuspensionOfWhichHalfIsDoneIsInDoubt: whether the groups were all cannot be
// read, and some were taken.
func TestASuspensionOfWhichHalfIsDoneIsInDoubt(t *testing.T) {
	t.Parallel()
	const call = "DELETE /rest/api/latest/admin/permissions/users"
	w := newWorld(t)
	w.seed(t, account("ana"), account("ben"))
	w.join(t, bitbucketdcsim.UsersGroup, "ana")
	rule := w.engine.Add(locked())
	vendortest.WantDoubt(t, w.target.SuspendAccount(t.Context(), "ana"), call)
	if w.sim.Roster().IsMember(bitbucketdcsim.UsersGroup, "ana") {
		t.Error("the group was not taken: nothing is in doubt")
	}
	// From ben nothing was taken.
	vendortest.WantClass(t, w.target.SuspendAccount(t.Context(), "ben"), directory.ClassRefused)
	w.engine.Remove(rule)
	ok(t, w.target.SuspendAccount(t.Context(), "ana"))
}

// TestWhyAWriteWasRefusedHasToBeReadToo: a refusal whose reason cannot be read is
// nothing that is known for certain.
func TestWhyAWriteWasRefusedHasToBeReadToo(t *testing.T) {
	t.Parallel()
	const admin = "/rest/api/latest/admin/"
	refuse := func(method, path string, status int) fault.Rule {
		return fault.Rule{API: bitbucketdcsim.API, Kind: fault.Status, Method: method, Path: path, Status: status}
	}
	add := func(t *testing.T, w *world) error { return w.target.AddMember(t.Context(), "club", "ana") }
	restore := func(t *testing.T, w *world) error { return w.target.RestoreAccount(t.Context(), "ana") }
	for name, test := range map[string]struct {
		rules []fault.Rule
		write func(t *testing.T, w *world) error
		call  string
	}{
		"whether the group is there": {
			[]fault.Rule{refuse("POST", "", 400), refuse("GET", "/admin/groups$", 423)}, add, "POST " + admin + "groups/add-users",
		},
		"whether the user is there": {
			[]fault.Rule{refuse("POST", "", 400), refuse("GET", "/admin/users$", 423)}, add, "POST " + admin + "groups/add-users",
		},
		"what the group holds": {
			[]fault.Rule{refuse("POST", "", 403), refuse("GET", "/permissions/groups$", 423)}, add, "POST " + admin + "groups/add-users",
		},
		"whether the access groups are there": {
			[]fault.Rule{refuse("POST", "", 400), refuse("GET", "/admin/groups$", 423)}, restore, "POST " + admin + "users/add-groups",
		},
		"whose the new address is": {
			[]fault.Rule{refuse("PUT", "", 400), {
				API: bitbucketdcsim.API, Kind: fault.Status, Method: "GET", Path: "/admin/users$", MatchQuery: "filter=new", Status: http.StatusLocked,
			}},
			func(t *testing.T, w *world) error {
				email := "new@example.com"
				return w.target.UpdateAccount(t.Context(), "ana", directory.AccountPatch{Email: &email})
			}, "PUT " + admin + "users",
		},
		"whether a permission was all that was left": {
			[]fault.Rule{refuse("POST", "", 400), {
				API: bitbucketdcsim.API, Kind: fault.Status, Method: "GET", Path: "/latest/users$", Status: http.StatusLocked, After: 1,
			}},
			func(t *testing.T, w *world) error {
				w.join(t, bitbucketdcsim.UsersGroup, "ana")
				return w.target.SuspendAccount(t.Context(), "ana")
			}, "DELETE " + admin + "permissions/users",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.seed(t, account("ana"))
			w.seedGroups(t, group("club"))
			for _, rule := range test.rules {
				w.engine.Add(rule)
			}
			vendortest.WantDoubt(t, test.write(t, w), test.call)
		})
	}
}

// TestARefusalThatWhatIsThereBearsOutStaysOne: an administrator has to see it.
func TestARefusalThatWhatIsThereBearsOutStaysOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed(t, account("ana"), account("ben"))
	w.seedGroups(t, group("staff"), group("club"))
	w.join(t, "staff", "ana")
	for _, method := range []string{"POST", "PUT", "DELETE"} {
		w.engine.Add(fault.Rule{API: bitbucketdcsim.API, Kind: fault.Status, Method: method, Status: http.StatusBadRequest})
	}
	name := "Anna"
	_, created := w.target.CreateGroup(t.Context(), directory.NewGroup{Name: "newcomers"})
	for what, err := range map[string]error{
		"a member that is not added":     w.target.AddMember(t.Context(), "club", "ana"),
		"a member that is not removed":   w.target.RemoveMember(t.Context(), "staff", "ana"),
		"an account that is not written": w.target.UpdateAccount(t.Context(), "ana", directory.AccountPatch{DisplayName: &name}),
		"an account that is not deleted": w.target.DeleteAccount(t.Context(), "ana"),
		"an account that is not made":    vendortest.Create(t, w.target, directory.NewAccount{Ref: 1, UserName: "cora", Email: "cora@example.com"}).Err,
		"a group that is not made":       created,
	} {
		if directory.ClassOf(err) != directory.ClassRefused {
			t.Errorf("%s: %v: %s", what, err, directory.DetailOf(err))
		}
	}
	vendortest.WantClass(t, w.target.AddMember(t.Context(), "nowhere", "ana"), directory.ClassNotFound)
	vendortest.WantClass(t, w.target.AddMember(t.Context(), "club", "nobody"), directory.ClassNotFound)
}
