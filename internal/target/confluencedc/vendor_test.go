package confluencedc_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/confluencedcsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/target/confluencedc"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// vendor is a stand-in that listens, and a target of it.
type vendor struct {
	sim    *confluencedcsim.Sim
	engine *fault.Engine
	target *confluencedc.Target
}

// newVendor starts a stand-in. between may stand before it; nil is nothing.
func newVendor(t *testing.T, options confluencedcsim.Options, change func(*confluencedc.Config), between func(http.Handler) http.Handler) vendor {
	t.Helper()
	if options.Engine == nil {
		options.Engine = fault.New(1)
	}
	sim := confluencedcsim.New(options)
	handler := sim.Handler()
	if between != nil {
		handler = between(handler)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	transport := rest.NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	config := confluencedc.Config{
		BaseURL: server.URL, Credential: rest.Bearer(confluencedcsim.DefaultToken), Transport: transport,
	}
	if change != nil {
		change(&config)
	}
	target, err := confluencedc.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return vendor{sim, options.Engine, target}
}

// userName is the user name of an address: its part before the @, as far as
// Confluence takes it.
func userName(email string) string {
	local, _, _ := strings.Cut(strings.ToLower(email), "@")
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789.-", r) {
			return r
		}
		return '_'
	}, local)
}

func (v vendor) seed(t *testing.T, email string) roster.Account {
	t.Helper()
	a := v.sim.NewAccount(userName(email), email, "Seeded")
	if err := v.sim.Roster().AddAccount(a); err != nil {
		t.Fatal(err)
	}
	return a
}

func (v vendor) seedGroup(t *testing.T, name string, members ...roster.Account) roster.Group {
	t.Helper()
	g := v.sim.NewGroup(name)
	if err := v.sim.Roster().AddGroup(g); err != nil {
		t.Fatal(err)
	}
	for _, a := range members {
		if _, err := v.sim.Roster().Join(g.ID, a.ID); err != nil {
			t.Fatal(err)
		}
	}
	return g
}

// calls returns how many calls there were since the last time, by route.
func (v vendor) calls() map[string]int {
	counts := v.engine.Counts()
	v.engine.ResetCalls()
	return counts
}

func wantClass(t *testing.T, err error, want directory.Class) {
	t.Helper()
	if got := directory.ClassOf(err); err == nil || got != want {
		t.Fatalf("got %s: %v: %s, want %s", got, err, directory.DetailOf(err), want)
	}
}
