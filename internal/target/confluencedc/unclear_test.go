package confluencedc_test

import (
	"net/http"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/confluencedcsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/vendortest"
)

// refuse answers calls with a status and does nothing.
func refuse(method, path string, status int) fault.Rule {
	return fault.Rule{API: confluencedcsim.API, Kind: fault.Status, Method: method, Path: path, Status: status}
}

// TestWhatBecameOfAWriteIsInDoubtWhereItCannotBeRead: also of one that was answered
// with success, where that alone is not believed.
func TestWhatBecameOfAWriteIsInDoubtWhereItCannotBeRead(t *testing.T) {
	t.Parallel()
	const locked = http.StatusLocked
	for name, test := range map[string]struct {
		options confluencedcsim.Options
		rules   []fault.Rule
		write   func(t *testing.T, v vendor, account string) error
		call    string
	}{
		"a deletion whose task and account are refused": {
			rules: []fault.Rule{refuse("GET", "", locked)},
			write: func(t *testing.T, v vendor, account string) error {
				return v.target.DeleteAccount(t.Context(), account)
			},
			call: "DELETE /rest/api/admin/user/{username}",
		},
		"a deactivation whose account is refused": {
			rules: []fault.Rule{refuse("GET", "/rest/api/user$", locked)},
			write: func(t *testing.T, v vendor, account string) error {
				return v.target.DeactivateAccount(t.Context(), account)
			},
			call: "PUT /rest/api/admin/user/{username}/disable",
		},
		"a deactivation of which it is not known whether any is told": {
			options: confluencedcsim.Options{DisableDoesNothing: true},
			rules:   []fault.Rule{refuse("GET", "/user/current$", locked)},
			write: func(t *testing.T, v vendor, account string) error {
				return v.target.DeactivateAccount(t.Context(), account)
			},
			call: "PUT /rest/api/admin/user/{username}/disable",
		},
		"a call that may be missing in a version that is not told": {
			rules: []fault.Rule{refuse("PUT", "/disable$", 404), refuse("GET", "/manifest$", 503)},
			write: func(t *testing.T, v vendor, account string) error {
				return v.target.DeactivateAccount(t.Context(), account)
			},
			call: "PUT /rest/api/admin/user/{username}/disable",
		},
		"a creation that is not found, and whose account is refused": {
			rules: []fault.Rule{refuse("POST", "/admin/user$", 404), refuse("GET", "/rest/api/user$", locked)},
			write: func(t *testing.T, v vendor, _ string) error {
				return vendortest.Create(t, v.target, directory.NewAccount{Ref: 1, UserName: "ben", Email: "ben@example.com"}).Err
			},
			call: "POST /rest/api/admin/user",
		},
		"a refusal by who may be no administrator": {
			rules: []fault.Rule{refuse("PUT", "/disable$", 403), refuse("GET", "/rest/api/group$", locked)},
			write: func(t *testing.T, v vendor, account string) error {
				return v.target.DeactivateAccount(t.Context(), account)
			},
			call: "PUT /rest/api/admin/user/{username}/disable",
		},
		"a restoration of which it is not known whether any is told": {
			rules: []fault.Rule{refuse("PUT", "/enable$", 400), refuse("GET", "/user/current$", locked)},
			write: func(t *testing.T, v vendor, account string) error {
				return v.target.RestoreAccount(t.Context(), account)
			},
			call: "PUT /rest/api/admin/user/{username}/enable",
		},
		"a membership whose group is refused": {
			rules: []fault.Rule{refuse("PUT", "/group/staff$", 400), refuse("GET", "/group/staff$", locked)},
			write: func(t *testing.T, v vendor, account string) error {
				return v.target.AddMember(t.Context(), v.SeedGroup(t, "staff").ID, account)
			},
			call: "PUT /rest/api/user/{username}/group/{groupName}",
		},
		"a membership whose account has gone from its own groups": {
			rules: []fault.Rule{refuse("PUT", "/group/staff$", 400), refuse("GET", "/user/memberof$", 404)},
			write: func(t *testing.T, v vendor, account string) error {
				return v.target.AddMember(t.Context(), v.SeedGroup(t, "staff").ID, account)
			},
			call: "PUT /rest/api/user/{username}/group/{groupName}",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, test.options, nil, nil)
			a := v.Seed(t, "ana@example.com")
			for _, rule := range test.rules {
				v.Engine.Add(rule)
			}
			vendortest.WantDoubt(t, test.write(t, v, a.ID), test.call)
		})
	}
}

// TestARefusalThatWhatIsThereBearsOutStaysOne: an administrator has to see it.
func TestARefusalThatWhatIsThereBearsOutStaysOne(t *testing.T) {
	t.Parallel()
	v := newVendor(t, confluencedcsim.Options{}, nil, nil)
	a := v.Seed(t, "ana@example.com")
	group, other := v.SeedGroup(t, "staff", a), v.SeedGroup(t, "club")
	for _, method := range []string{"POST", "PUT", "DELETE"} {
		v.Engine.Add(refuse(method, "", http.StatusBadRequest))
	}
	name, email := "Anna", "anna@example.com"
	_, created := v.target.CreateGroup(t.Context(), directory.NewGroup{Name: "newcomers"})
	for what, err := range map[string]error{
		"a member that is not added":     v.target.AddMember(t.Context(), other.ID, a.ID),
		"a member that is not removed":   v.target.RemoveMember(t.Context(), group.ID, a.ID),
		"an account that is not written": v.target.UpdateAccount(t.Context(), a.ID, directory.AccountPatch{DisplayName: &name, Email: &email}),
		"an account that stays active":   v.target.DeactivateAccount(t.Context(), a.ID),
		"an account that is not deleted": v.target.DeleteAccount(t.Context(), a.ID),
		"an account that is not made":    vendortest.Create(t, v.target, directory.NewAccount{Ref: 1, UserName: "ben", Email: "ben@example.com"}).Err,
		"a group that is not made":       created,
	} {
		if directory.ClassOf(err) != directory.ClassRefused {
			t.Errorf("%s: %v: %s", what, err, directory.DetailOf(err))
		}
	}
	vendortest.WantClass(t, v.target.AddMember(t.Context(), "nowhere", a.ID), directory.ClassNotFound)
}
