package jiracloud_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/sitesim"
	"github.com/rollcall-sync/rollcall/internal/target/jiracloud"
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
		sim := sitesim.New(sitesim.Options{Engine: fault.New(1), PageLimit: shortPage})
		return fixtureOf(t, sim, newTarget(t, sim, sim.Handler()))
	})
}

// newTarget is a target of a site that a handler serves.
func newTarget(t *testing.T, sim *sitesim.Sim, handler http.Handler, products ...string) *jiracloud.Target {
	t.Helper()
	if len(products) == 0 {
		products = []string{sitesim.ProductSoftware}
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	transport := rest.NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	target, err := jiracloud.New(jiracloud.Config{
		BaseURL: server.URL, Credential: rest.Basic(sim.User(), sim.Token()),
		Products: products, Transport: transport,
	})
	if err != nil {
		t.Fatal(err)
	}
	return target
}

func fixtureOf(t *testing.T, sim *sitesim.Sim, target *jiracloud.Target) targettest.Fixture {
	t.Helper()
	return rostered.Fixture(rostered.Options{
		Target: target, Can: jiracloud.Capabilities(), Roster: sim.Roster(), Engine: sim.Engine(), API: sitesim.API,
		Secret: sim.Token(), PageSize: shortPage, Account: sim.NewAccount, Group: sim.NewGroup,
		RefuseRule: func(email string) fault.Rule {
			return fault.Rule{
				API: sitesim.API, Method: http.MethodPost, Path: "/rest/api/3/user$", MatchBody: `"` + email + `"`,
				Kind: fault.Status, Status: http.StatusBadRequest,
			}
		},
		// Those who are there from the start have the only seats.
		Fill: func(*testing.T) { sim.SetSeatLimit(1) },
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
