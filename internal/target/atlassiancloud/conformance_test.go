package atlassiancloud_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/atlassiansim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/target/atlassiancloud"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
	"github.com/rollcall-sync/rollcall/internal/target/targettest"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/rostered"
)

const managedDomain = "example.com"

func TestATargetKeepsItsPromises(t *testing.T) {
	t.Parallel()
	targettest.Run(t, func(t *testing.T) targettest.Fixture {
		engine := fault.New(1)
		sim := atlassiansim.New(atlassiansim.Options{Engine: engine, Managed: []string{managedDomain}})
		server := httptest.NewServer(readFirst(sim.Handler()))
		t.Cleanup(server.Close)
		return fixtureOf(t, sim, engine, server)
	})
}

// readFirst reads a request's body before anything else: net/http notices only
// then that the caller has gone away, and a delayed answer ends with it.
func readFirst(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

func newTarget(t *testing.T, sim *atlassiansim.Sim, server *httptest.Server) *atlassiancloud.Target {
	t.Helper()
	transport := rest.NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	target, err := atlassiancloud.New(atlassiancloud.Config{
		BaseURL: server.URL, Organization: sim.OrgID(), Directory: sim.DirectoryID(), APIKey: sim.APIKey(),
		Products:  []atlassiancloud.Product{{Name: "jira", Role: "user"}, {Name: "confluence", Role: "user", Site: "example.atlassian.net"}},
		Transport: transport,
	})
	if err != nil {
		t.Fatal(err)
	}
	return target
}

func fixtureOf(t *testing.T, sim *atlassiansim.Sim, engine *fault.Engine, server *httptest.Server) targettest.Fixture {
	return targettest.Fixture{
		Target: newTarget(t, sim, server), Can: atlassiancloud.Capabilities(), Secret: sim.APIKey(), PageSize: 100,
		SeedAccounts: func(t *testing.T, emails ...string) []string {
			t.Helper()
			ids := make([]string, len(emails))
			for i, email := range emails {
				id, err := sim.SeedAccount(atlassiansim.AccountSeed{Email: email, Name: "Seeded"})
				if err != nil {
					t.Fatal(err)
				}
				ids[i] = id
			}
			return ids
		},
		SeedGroups: func(t *testing.T, names ...string) []string {
			t.Helper()
			ids := make([]string, len(names))
			for i, name := range names {
				id, err := sim.SeedGroup(atlassiansim.GroupSeed{Name: name})
				if err != nil {
					t.Fatal(err)
				}
				ids[i] = id
			}
			return ids
		},
		SeedMembers: func(t *testing.T, groupID string, accountIDs ...string) {
			t.Helper()
			for _, id := range accountIDs {
				seedMember(t, sim, server, groupID, id)
			}
		},
		AccountsNow: func(*testing.T) []directory.Account {
			var accounts []directory.Account
			for _, account := range sim.State().Accounts {
				if !account.Member {
					continue
				}
				status := directory.AccountClosed
				switch account.Status {
				case "active":
					status = directory.AccountActive
				case "suspended":
					status = directory.AccountSuspended
				case "deactivated":
					if account.Managed {
						status = directory.AccountDeactivated
					}
				}
				accounts = append(accounts, directory.Account{ID: account.ID, Email: account.Email, Status: status})
			}
			return accounts
		},
		MembersNow: func(t *testing.T, groupID string) []string {
			t.Helper()
			for _, group := range sim.State().Groups {
				if group.ID == groupID {
					return group.Members
				}
			}
			t.Fatalf("the stand-in has no group %s", groupID)
			return nil
		},
		Misbehave: func(t *testing.T, wanted targettest.Fault) func() {
			t.Helper()
			return rostered.Misbehave(t, engine, atlassiansim.API, wanted)
		},
		Refuse: func(_ *testing.T, email string) {
			engine.Add(fault.Rule{
				API: atlassiansim.API, Path: "/users/invite$", MatchBody: `"` + email + `"`,
				Kind: fault.Status, Status: http.StatusBadRequest,
			})
		},
		Fill: func(t *testing.T) { fill(t, sim) },
		Administrators: func(*testing.T) directory.Protected {
			return administrators(sim.State())
		},
		WritableEmail: func(name string) string { return name + "@" + managedDomain },
		// Whoever was invited already is invited once more, with success.
		Believes:     []string{"CreateAccounts"},
		ForeignEmail: func(name string) string { return name + "@elsewhere.example" },
		Attributes: map[string]string{
			"job_title": "Fahrdienstleiterin", "department": "Betrieb", "organization": "Bahn", "location": "Zürich",
			"locale": "de-CH", "time_zone": "Europe/Zurich",
		},
		AttributesNow: func(t *testing.T, accountID string) map[string]string {
			t.Helper()
			for _, account := range sim.State().Accounts {
				if account.ID == accountID {
					attributes := maps.Clone(account.Profile)
					if zone, told := attributes["zoneinfo"]; told {
						delete(attributes, "zoneinfo")
						attributes["time_zone"] = zone
					}
					return attributes
				}
			}
			t.Fatalf("the stand-in has no account %s", accountID)
			return nil
		},
	}
}

// fill gives the only seat of every product to somebody.
func fill(t *testing.T, sim *atlassiansim.Sim) {
	t.Helper()
	taker := atlassiansim.AccountSeed{Email: "seated@" + managedDomain, Name: "Seated"}
	for _, group := range sim.State().Groups {
		for _, role := range group.Roles {
			if role.Role == "atlassian/user" {
				taker.Groups = append(taker.Groups, group.ID)
			}
		}
	}
	if _, err := sim.SeedAccount(taker); err != nil {
		t.Fatal(err)
	}
	sim.SetSeatLimit(1)
}

// administrators are read from the stand-in's state: who holds a role that
// administers, whose group does, and those groups.
func administrators(state atlassiansim.Snapshot) directory.Protected {
	var protected directory.Protected
	groups := make(map[string]bool)
	for _, group := range state.Groups {
		for _, role := range group.Roles {
			if role.Administrative() && !groups[group.ID] {
				groups[group.ID] = true
				protected.GroupIDs = append(protected.GroupIDs, group.ID)
			}
		}
	}
	for _, account := range state.Accounts {
		administers := account.Owner
		for _, role := range account.Roles {
			administers = administers || role.Administrative()
		}
		for _, group := range account.Groups {
			administers = administers || groups[group]
		}
		if administers {
			protected.AccountIDs = append(protected.AccountIDs, account.ID)
		}
	}
	return protected
}

// seedMember calls the stand-in without the client.
func seedMember(t *testing.T, sim *atlassiansim.Sim, server *httptest.Server, groupID, accountID string) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"accountId": accountID})
	if err != nil {
		t.Fatal(err)
	}
	address := server.URL + "/admin/v2/orgs/" + sim.OrgID() + "/directories/" + sim.DirectoryID() + "/groups/" + groupID + "/memberships"
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+sim.APIKey())
	request.Header.Set("Content-Type", "application/json")
	client := server.Client()
	client.Timeout = 10 * time.Second
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusNoContent {
		t.Fatalf("seed member: HTTP %d", response.StatusCode)
	}
}
