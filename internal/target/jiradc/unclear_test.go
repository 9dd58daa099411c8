package jiradc_test

import (
	"net/http"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/jiradcsim"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/vendortest"
)

// refuse answers calls with a status and does nothing.
func refuse(method, path string, status int) fault.Rule {
	return fault.Rule{API: jiradcsim.API, Kind: fault.Status, Method: method, Path: path, Status: status}
}

// disown does what a write asks for and answers 400; what is read is told.
func disown(method, path string) fault.Rule {
	return fault.Rule{
		API: jiradcsim.API, Kind: fault.Disown, Method: method, Path: path, Status: http.StatusBadRequest,
		Then: fault.Answer{Status: http.StatusConflict},
	}
}

// TestWhyAWriteWasRefusedHasToBeReadToo: a refusal whose reason cannot be read is
// nothing that is known for certain.
func TestWhyAWriteWasRefusedHasToBeReadToo(t *testing.T) {
	t.Parallel()
	const locked = http.StatusLocked
	for name, test := range map[string]struct {
		rules []fault.Rule
		write func(t *testing.T, v vendor, group, account string) error
		call  string
	}{
		"whether the licence is full": {
			rules: []fault.Rule{refuse("POST", "/group/user$", 400), refuse("GET", "/applicationrole$", locked)},
			write: func(t *testing.T, v vendor, group, account string) error {
				return v.target.AddMember(t.Context(), group, account)
			},
			call: "POST /rest/api/2/group/user",
		},
		"whether the group is there": {
			rules: []fault.Rule{refuse("POST", "/group/user$", 400), refuse("GET", "/group/member$", locked)},
			write: func(t *testing.T, v vendor, group, account string) error {
				return v.target.AddMember(t.Context(), group, account)
			},
			call: "POST /rest/api/2/group/user",
		},
		"whether the credential may": {
			rules: []fault.Rule{refuse("DELETE", "/group/user$", 403), refuse("GET", "/mypermissions$", locked)},
			write: func(t *testing.T, v vendor, _, _ string) error {
				member := v.Seed(t, "moe@example.com")
				return v.target.RemoveMember(t.Context(), v.SeedGroup(t, "joined", member).ID, member.ID)
			},
			call: "DELETE /rest/api/2/group/user",
		},
		"which version it is": {
			rules: []fault.Rule{refuse("PUT", "/user$", 400), refuse("GET", "/serverInfo$", locked)},
			write: func(t *testing.T, v vendor, _, account string) error {
				return v.target.DeactivateAccount(t.Context(), account)
			},
			call: "PUT /rest/api/2/user",
		},
		"who has the new name": {
			rules: []fault.Rule{refuse("PUT", "/user$", 400), {
				API: jiradcsim.API, Kind: fault.Status, Method: "GET", Path: "/user$", MatchQuery: "username=anna", Status: locked,
			}},
			write: func(t *testing.T, v vendor, _, account string) error {
				name := "anna"
				return v.target.UpdateAccount(t.Context(), account, directory.AccountPatch{UserName: &name})
			},
			call: "PUT /rest/api/2/user",
		},
		"whether access was given": {
			rules: []fault.Rule{disown("POST", "/user/application$"), {
				API: jiradcsim.API, Kind: fault.Status, Method: "GET", Path: "/user$", Status: locked, After: 1,
			}},
			write: func(t *testing.T, v vendor, _, account string) error {
				return v.grant(t, directory.NewAccount{Ref: 1, AccountID: account}).Err
			},
			call: "POST /rest/api/2/user/application",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, jiradcsim.Options{}, nil, nil)
			a := v.Seed(t, "ana@example.com")
			group := v.SeedGroup(t, "staff")
			for _, rule := range test.rules {
				v.Engine.Add(rule)
			}
			vendortest.WantDoubt(t, test.write(t, v, group.ID, a.ID), test.call)
		})
	}
}

func TestAccessThatIsRefusedAndNotToldIsInDoubt(t *testing.T) {
	t.Parallel()
	v := newVendor(t, jiradcsim.Options{}, nil, without("GET", "/rest/api/2/user", "applicationRoles"))
	a := v.Seed(t, "ana@example.com")
	v.Engine.Add(disown("POST", "/user/application$"))
	vendortest.WantDoubt(t, v.grant(t, directory.NewAccount{Ref: 1, AccountID: a.ID}).Err, "POST /rest/api/2/user/application")
}

func TestANewAccountWhoseKeyIsNeitherToldNorFoundIsInDoubt(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusLocked, http.StatusNotFound} {
		v := newVendor(t, jiradcsim.Options{}, nil, without("POST", "/rest/api/2/user", "key", "active"))
		v.Engine.Add(refuse("GET", "/user$", status))
		made := vendortest.Create(t, v.target, directory.NewAccount{Ref: 1, UserName: "ana", Email: "ana@example.com"})
		vendortest.WantDoubt(t, made.Err, "POST /rest/api/2/user")
	}
}

// TestARefusalThatWhatIsThereBearsOutStaysOne: an administrator has to see it.
func TestARefusalThatWhatIsThereBearsOutStaysOne(t *testing.T) {
	t.Parallel()
	v := newVendor(t, jiradcsim.Options{}, nil, nil)
	a := v.Seed(t, "ana@example.com")
	group, other := v.SeedGroup(t, "staff", a), v.SeedGroup(t, "club")
	for _, method := range []string{"POST", "PUT", "DELETE"} {
		v.Engine.Add(refuse(method, "", http.StatusBadRequest))
	}
	name := "Anna"
	_, created := v.target.CreateGroup(t.Context(), directory.NewGroup{Name: "newcomers"})
	for what, err := range map[string]error{
		"a member that is not added":     v.target.AddMember(t.Context(), other.ID, a.ID),
		"a member that is not removed":   v.target.RemoveMember(t.Context(), group.ID, a.ID),
		"an account that is not written": v.target.UpdateAccount(t.Context(), a.ID, directory.AccountPatch{DisplayName: &name}),
		"an account that stays active":   v.target.DeactivateAccount(t.Context(), a.ID),
		"an account that is not deleted": v.target.DeleteAccount(t.Context(), a.ID),
		"an account that is not made":    vendortest.Create(t, v.target, directory.NewAccount{Ref: 1, UserName: "ben", Email: "ben@example.com"}).Err,
		"an account that gets no access": v.grant(t, directory.NewAccount{Ref: 1, AccountID: a.ID}).Err,
		"a group that is not made":       created,
	} {
		if directory.ClassOf(err) != directory.ClassRefused {
			t.Errorf("%s: %v: %s", what, err, directory.DetailOf(err))
		}
	}
	vendortest.WantClass(t, v.target.AddMember(t.Context(), "nowhere", a.ID), directory.ClassNotFound)
}
