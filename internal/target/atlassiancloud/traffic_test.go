package atlassiancloud_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/atlassiansim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/speccheck"
)

func TestEveryCallIsWhatTheVendorsDescriptionsSay(t *testing.T) {
	t.Parallel()
	organisations := speccheck.Load(t, speccheck.AtlassianOrganizations)
	management := speccheck.Load(t, speccheck.AtlassianUserManagement)
	sim := atlassiansim.New(atlassiansim.Options{Engine: fault.New(1), Managed: []string{managedDomain}})
	server := httptest.NewServer(organisations.Handler(management.Handler(sim.Handler())))
	t.Cleanup(server.Close)
	target := newTarget(t, sim, server)

	ok := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v: %s", what, err, directory.DetailOf(err))
		}
	}
	report, err := target.Check(t.Context())
	ok("Check", err)
	if len(report.Missing) > 0 {
		t.Fatalf("missing: %v", report.Missing)
	}
	group, err := target.CreateGroup(t.Context(), directory.NewGroup{Name: "described"})
	ok("CreateGroup", err)
	ids := make(map[int64]string)
	ok("CreateAccounts", target.CreateAccounts(t.Context(), []directory.NewAccount{
		{Ref: 1, Email: "one@" + managedDomain, GroupIDs: []string{group.ID}}, {Ref: 2, Email: "two@" + managedDomain},
	}, func(created directory.AccountCreated) {
		ok("create one", created.Err)
		ids[created.Ref] = created.AccountID
	}))
	ok("GrantAccess", target.GrantAccess(t.Context(), []directory.NewAccount{
		{Ref: 1, AccountID: ids[1], Email: "one@" + managedDomain}, {Ref: 2, AccountID: ids[2], Email: "another@" + managedDomain},
	}, func(granted directory.AccountCreated) { ok("grant one", granted.Err) }))
	for range 2 {
		ok("AddMember", target.AddMember(t.Context(), group.ID, ids[2]))
	}
	_, err = target.Members(t.Context(), group.ID, "")
	ok("Members", err)
	for range 2 {
		ok("RemoveMember", target.RemoveMember(t.Context(), group.ID, ids[2]))
	}
	for range 2 {
		ok("SuspendAccount", target.SuspendAccount(t.Context(), ids[1]))
	}
	for range 2 {
		ok("RestoreAccount", target.RestoreAccount(t.Context(), ids[1]))
	}
	name, email := "One", "uno@"+managedDomain
	ok("UpdateAccount", target.UpdateAccount(t.Context(), ids[1], directory.AccountPatch{DisplayName: &name, Email: &email}))
	ok("UpdateAccount, the profile", target.UpdateAccount(t.Context(), ids[1], directory.AccountPatch{Attributes: map[string]string{
		"job_title": "Clerk", "location": "", "locale": "en-GB", "time_zone": "Europe/London",
	}}))
	for range 2 {
		ok("DeactivateAccount", target.DeactivateAccount(t.Context(), ids[1]))
	}
	ok("RestoreAccount, once deactivated", target.RestoreAccount(t.Context(), ids[1]))
	for range 2 {
		ok("DeleteAccount", target.DeleteAccount(t.Context(), ids[2]))
	}
	_, err = target.Accounts(t.Context(), "")
	ok("Accounts", err)
	_, err = target.Groups(t.Context(), "")
	ok("Groups", err)
	_, err = target.Protected(t.Context())
	ok("Protected", err)
	if directory.ClassOf(target.RemoveMember(t.Context(), "no-group-has-this-id", ids[1])) == directory.ClassAuth {
		t.Error("a missing group was taken for a missing organisation")
	}

	checked := organisations.Checked()
	for call, n := range management.Checked() {
		checked[call] += n
	}
	if len(checked) < 18 {
		t.Errorf("only %d endpoints were checked: %v", len(checked), checked)
	}
}

func TestConnectionsAreUsedAgainAt64CallsAtOnce(t *testing.T) {
	t.Parallel()
	sim := atlassiansim.New(atlassiansim.Options{})
	var opened atomic.Int64
	server := httptest.NewUnstartedServer(sim.Handler())
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	target := newTarget(t, sim, server)
	const parallel, rounds = 64, 20
	var wait sync.WaitGroup
	for range parallel {
		wait.Go(func() {
			for i := range rounds {
				// Answers with and without content, and refusals, are all to be
				// read to their end.
				var err error
				switch i % 3 {
				case 0:
					_, err = target.Groups(t.Context(), "")
				case 1:
					_, err = target.Account(t.Context(), "nobody")
				case 2:
					err = target.RemoveMember(t.Context(), "nothing", "nobody")
				}
				if class := directory.ClassOf(err); err != nil && class != directory.ClassNotFound {
					t.Errorf("call %d: %v", i, err)
				}
			}
		})
	}
	wait.Wait()
	// A few more than are in use at once: net/http dials while it waits for a
	// connection to come back.
	if n := opened.Load(); n > 2*parallel {
		t.Errorf("%d connections were opened for %d calls at once", n, parallel)
	}
}
