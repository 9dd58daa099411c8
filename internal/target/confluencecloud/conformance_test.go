package confluencecloud_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/sitesim"
	"github.com/rollcall-sync/rollcall/internal/target/confluencecloud"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
	"github.com/rollcall-sync/rollcall/internal/target/targettest"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/rostered"
)

// shortPage is less than the client asks for, so that every list has short pages
// that are not its last.
const shortPage = 40

func TestATargetKeepsItsPromises(t *testing.T) {
	t.Parallel()
	targettest.Run(t, func(t *testing.T) targettest.Fixture {
		sim := sitesim.New(sitesim.Options{API: sitesim.APIConfluence, Engine: fault.New(1), PageLimit: shortPage})
		return fixtureOf(t, sim, newTarget(t, sim, sim.Handler()))
	})
}

// newTarget is a target of a site that a handler serves.
func newTarget(t *testing.T, sim *sitesim.Sim, handler http.Handler) *confluencecloud.Target {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	transport := rest.NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	target, err := confluencecloud.New(confluencecloud.Config{
		BaseURL: server.URL + "/wiki", Credential: rest.Basic(sim.User(), sim.Token()), Transport: transport,
	})
	if err != nil {
		t.Fatal(err)
	}
	return target
}

func fixtureOf(t *testing.T, sim *sitesim.Sim, target *confluencecloud.Target) targettest.Fixture {
	t.Helper()
	return rostered.Fixture(rostered.Options{
		Target: target, Can: confluencecloud.Capabilities(), Roster: sim.Roster(), Engine: sim.Engine(), API: sitesim.APIConfluence,
		Secret: sim.Token(), PageSize: shortPage, Account: sim.NewAccount, Group: sim.NewGroup,
		// Whoever may use Confluence is in the group that gives it.
		Seeded: func(t *testing.T, a roster.Account) {
			t.Helper()
			group, there := sim.Roster().GroupNamed("confluence-users-example")
			if !there {
				t.Fatal("the site has no group that gives Confluence")
			}
			if _, err := sim.Roster().Join(group.ID, a.ID); err != nil {
				t.Fatal(err)
			}
		},
		Administrators: func(*testing.T) directory.Protected {
			return administrators(sim.Roster().State())
		},
	})
}

// administrators are the groups that administer, and who is in one.
func administrators(state roster.Snapshot) directory.Protected {
	var protected directory.Protected
	for _, group := range state.Groups {
		if group.Administrator {
			protected.GroupIDs = append(protected.GroupIDs, group.ID)
			protected.AccountIDs = append(protected.AccountIDs, group.Members...)
		}
	}
	return protected
}
