package jiracloud_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/sitesim"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/vendortest"
)

// TestWhatBecameOfACreationIsInDoubtWhereItCannotBeRead: whoever was invited may be
// on the site although the invitation was refused.
func TestWhatBecameOfACreationIsInDoubtWhereItCannotBeRead(t *testing.T) {
	t.Parallel()
	for _, refused := range []string{"/rest/api/3/users?/search$", "/rest/api/3/applicationrole$", "/rest/api/3/user$", "/rest/api/3/group/bulk$"} {
		sim, target := fresh(t, sitesim.Options{})
		add(t, sim, "there@example.com")
		sim.Engine().Add(fault.Rule{API: sitesim.API, Kind: fault.Status, Method: "POST", Path: "/rest/api/3/user$", Status: http.StatusBadRequest})
		rule := sim.Engine().Add(fault.Rule{API: sitesim.API, Kind: fault.Status, Method: "GET", Path: refused, Status: http.StatusLocked})
		t.Log(refused)
		vendortest.WantDoubt(t, createOne(t, target, "there@example.com").Err, "POST /rest/api/3/user")
		sim.Engine().Remove(rule)
		if outcome := createOne(t, target, "there@example.com"); outcome.Err != nil {
			t.Errorf("once it can be read: %v", outcome.Err)
		}
	}
}

// TestAnAccountThatIsNotReadBeforeItIsGivenAccessIsNotInDoubt: nothing was written.
func TestAnAccountThatIsNotReadBeforeItIsGivenAccessIsNotInDoubt(t *testing.T) {
	t.Parallel()
	sim, target := fresh(t, sitesim.Options{})
	id := add(t, sim, "there@example.com")
	sim.Engine().Add(fault.Rule{API: sitesim.API, Kind: fault.Status, Method: "GET", Path: "/rest/api/3/user$", Status: http.StatusLocked})
	err := target.GrantAccess(t.Context(), []directory.NewAccount{{Ref: 1, AccountID: id, Email: "there@example.com"}}, func(o directory.AccountCreated) {
		var refused *directory.RefusedError
		if !errors.As(o.Err, &refused) || refused.Status != http.StatusLocked {
			t.Errorf("the outcome is %v", o.Err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhyAMemberWasRefusedHasToBeReadToo(t *testing.T) {
	t.Parallel()
	for _, locked := range []string{"/user$", "/group/bulk$", "/applicationrole$", "/user/groups$"} {
		sim, target := fresh(t, sitesim.Options{})
		id := add(t, sim, "there@example.com")
		if _, err := sim.Roster().Join(groupNamed(t, sim, softwareUsers).ID, id); err != nil {
			t.Fatal(err)
		}
		group := sim.NewGroup("club")
		if err := sim.Roster().AddGroup(group); err != nil {
			t.Fatal(err)
		}
		sim.Engine().Add(fault.Rule{API: sitesim.API, Kind: fault.Status, Method: "POST", Path: "/group/user$", Status: http.StatusBadRequest})
		rule := sim.Engine().Add(fault.Rule{API: sitesim.API, Kind: fault.Status, Method: "GET", Path: locked, Status: http.StatusLocked})
		t.Log(locked)
		vendortest.WantDoubt(t, target.AddMember(t.Context(), group.ID, id), "POST /rest/api/3/group/user")
		sim.Engine().Remove(rule)
		vendortest.WantClass(t, target.AddMember(t.Context(), group.ID, id), directory.ClassRefused)
	}
}

// TestACreationThatStopsInItsMiddleIsInDoubt: the account was asked for, and found,
// and what gives it access is stopped.
func TestACreationThatStopsInItsMiddleIsInDoubt(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]directory.Class{
		http.StatusUnauthorized: directory.ClassAuth, http.StatusTooManyRequests: directory.ClassRateLimited,
	} {
		sim, target := fresh(t, sitesim.Options{})
		add(t, sim, "there@example.com")
		sim.Engine().Add(fault.Rule{API: sitesim.API, Kind: fault.Status, Method: "POST", Path: "/rest/api/3/user$", Status: http.StatusBadRequest})
		sim.Engine().Add(fault.Rule{API: sitesim.API, Kind: fault.Status, Method: "POST", Path: "/group/user$", Status: status})
		err := target.CreateAccounts(t.Context(), []directory.NewAccount{{Ref: 1, Email: "there@example.com"}}, func(o directory.AccountCreated) {
			t.Errorf("the outcome is %+v", o)
		})
		if directory.ClassOf(err) != want || directory.NotDone(err) {
			t.Errorf("%d: %v, certainly not done: %t", status, err, directory.NotDone(err))
		}
	}
}
