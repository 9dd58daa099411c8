package confluencecloud_test

import (
	"net/http"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/sitesim"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/vendortest"
)

// TestGroupsThatAreNotFoundForAnAccountThatIsThereSayNothing: neither that it is in
// a group nor that it is not.
func TestGroupsThatAreNotFoundForAnAccountThatIsThereSayNothing(t *testing.T) {
	t.Parallel()
	const path = "/wiki/rest/api/group/userByGroupId"
	sim := sitesim.New(sitesim.Options{API: sitesim.APIConfluence, Engine: fault.New(1)})
	target := newTarget(t, sim, sim.Handler())
	account, group, other := sim.NewAccount("ana@example.com"), sim.NewGroup("staff"), sim.NewGroup("club")
	if err := sim.Roster().AddAccount(account); err != nil {
		t.Fatal(err)
	}
	for _, g := range []roster.Group{group, other} {
		if err := sim.Roster().AddGroup(g); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := sim.Roster().Join(group.ID, account.ID); err != nil {
		t.Fatal(err)
	}
	for _, method := range []string{http.MethodPost, http.MethodDelete} {
		sim.Engine().Add(fault.Rule{API: sitesim.APIConfluence, Kind: fault.Status, Method: method, Path: path + "$", Status: http.StatusBadRequest})
	}
	rule := sim.Engine().Add(fault.Rule{API: sitesim.APIConfluence, Kind: fault.Status, Method: http.MethodGet, Path: "/memberof$", Status: http.StatusNotFound})
	vendortest.WantDoubt(t, target.RemoveMember(t.Context(), group.ID, account.ID), "DELETE "+path)
	vendortest.WantDoubt(t, target.AddMember(t.Context(), other.ID, account.ID), "POST "+path)
	sim.Engine().Remove(rule)
	vendortest.WantClass(t, target.RemoveMember(t.Context(), group.ID, account.ID), directory.ClassRefused)
	vendortest.WantClass(t, target.AddMember(t.Context(), other.ID, account.ID), directory.ClassRefused)
	vendortest.WantClass(t, target.AddMember(t.Context(), "nowhere", account.ID), directory.ClassNotFound)
}
