package vendortest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// Standin is what the stand-ins have in common.
type Standin interface {
	Handler() http.Handler
	Roster() *roster.Roster
	// Owner is the id of the account that the credential is of.
	Owner() string
	NewAccount(userName, email, displayName string) roster.Account
	NewGroup(name string) roster.Group
	// SetSeatLimit says how many people a licence takes.
	SetSeatLimit(seats int)
}

// Vendor is a stand-in that listens.
type Vendor[S Standin] struct {
	Sim S
	// Engine decides the stand-in's faults and keeps the log of its calls.
	Engine *fault.Engine
	// URL is where it listens, and Transport reaches it.
	URL       string
	Transport http.RoundTripper
}

// Start makes a stand-in listen until the test ends. between may stand before
// it; nil is nothing.
func Start[S Standin](t *testing.T, sim S, engine *fault.Engine, between func(http.Handler) http.Handler) Vendor[S] {
	t.Helper()
	handler := sim.Handler()
	if between != nil {
		handler = between(handler)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	transport := rest.NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	return Vendor[S]{Sim: sim, Engine: engine, URL: server.URL, Transport: transport}
}

// Seed adds an account of an address, with UserName as its name.
func (v Vendor[S]) Seed(t *testing.T, email string) roster.Account {
	t.Helper()
	a := v.Account(email)
	if err := v.Sim.Roster().AddAccount(a); err != nil {
		t.Fatal(err)
	}
	return a
}

// Account is what Seed adds.
func (v Vendor[S]) Account(email string) roster.Account {
	return v.Sim.NewAccount(UserName(email), email, "Seeded")
}

// SeedGroup adds a group with members.
func (v Vendor[S]) SeedGroup(t *testing.T, name string, members ...roster.Account) roster.Group {
	t.Helper()
	g := v.Sim.NewGroup(name)
	if err := v.Sim.Roster().AddGroup(g); err != nil {
		t.Fatal(err)
	}
	for _, a := range members {
		if _, err := v.Sim.Roster().Join(g.ID, a.ID); err != nil {
			t.Fatal(err)
		}
	}
	return g
}

// Fill takes the last seat of a licence that goes with a group.
func (v Vendor[S]) Fill(t *testing.T, group string) {
	t.Helper()
	a := v.Seed(t, "seated@example.com")
	if _, err := v.Sim.Roster().Join(strings.ToLower(group), a.ID); err != nil {
		t.Fatal(err)
	}
	v.Sim.SetSeatLimit(1)
}

// Administrators are the owner of the credential, the groups that administer
// and who is in them.
func (v Vendor[S]) Administrators(*testing.T) directory.Protected {
	protected := directory.Protected{AccountIDs: []string{v.Sim.Owner()}}
	for _, g := range v.Sim.Roster().Groups(func(g roster.Group) bool { return g.Administrator }) {
		protected.GroupIDs = append(protected.GroupIDs, g.ID)
		for _, a := range v.Sim.Roster().Members(g.ID) {
			protected.AccountIDs = append(protected.AccountIDs, a.ID)
		}
	}
	return protected
}

// Calls returns how many calls there were since the last time, by route.
func (v Vendor[S]) Calls() map[string]int {
	counts := v.Engine.Counts()
	v.Engine.ResetCalls()
	return counts
}
