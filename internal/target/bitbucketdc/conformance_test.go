package bitbucketdc_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/bitbucketdcsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/speccheck"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin/standintest"
	"github.com/rollcall-sync/rollcall/internal/target/bitbucketdc"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
	"github.com/rollcall-sync/rollcall/internal/target/targettest"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/rostered"
)

// maxPage is how long the stand-in's pages are in the suite: the client asks
// for more, and has to take what it is given.
const maxPage = 40

func TestTarget(t *testing.T) {
	t.Parallel()
	checker := speccheck.Load(t, speccheck.BitbucketDataCenter)
	targettest.Run(t, func(t *testing.T) targettest.Fixture {
		f := fixtureOf(t, checker.Handler)
		f.Described = true
		return f
	})
}

// TestAnotherServersWayOfAnsweringIsReadTheSame: with other details of form.
func TestAnotherServersWayOfAnsweringIsReadTheSame(t *testing.T) {
	t.Parallel()
	targettest.Run(t, func(t *testing.T) targettest.Fixture {
		return fixtureOf(t, func(next http.Handler) http.Handler {
			return standintest.Otherwise(next, "nextPageStart", "emailAddress", "context", "mutableDetails", "mutableGroups", "displayName", "errors")
		})
	})
}

func fixtureOf(t *testing.T, around func(http.Handler) http.Handler) targettest.Fixture {
	t.Helper()
	w := newWorld(t, func(w *world) {
		w.options.MaxPage, w.options.Permission, w.around = maxPage, bitbucketdcsim.Admin, around
	})
	return rostered.Fixture(rostered.Options{
		Target: w.target, Can: bitbucketdc.Capabilities(), Roster: w.sim.Roster(), Engine: w.engine,
		API: bitbucketdcsim.API, Secret: bitbucketdcsim.DefaultToken, PageSize: maxPage,
		Account: account, Group: group, UserName: userName,
		Seeded: func(t *testing.T, a roster.Account) { w.join(t, bitbucketdcsim.UsersGroup, a.ID) },
		Status: func(a roster.Account) directory.AccountStatus {
			if w.sim.Licensed(a.ID) {
				return directory.AccountActive
			}
			return directory.AccountSuspended
		},
		RefuseRule: func(email string) fault.Rule {
			return fault.Rule{API: bitbucketdcsim.API, Kind: fault.Status, Status: 400, Method: "POST", Path: "/admin/users$", MatchQuery: "emailAddress=" + url.QueryEscape(email)}
		},
		Fill: func(*testing.T) { w.sim.SetSeatLimit(1) },
		Administrators: func(*testing.T) directory.Protected {
			return directory.Protected{
				AccountIDs: []string{bitbucketdcsim.DefaultUser, bitbucketdcsim.Operator},
				GroupIDs:   []string{bitbucketdcsim.AdministratorsGroup},
			}
		},
		WritableEmail: func(name string) string { return name + "@example.com" },
		ForeignEmail:  func(name string) string { return name + "@" + foreignDomain },
		FindBy:        []string{"user_name"},
		ReadsFirst:    []string{"UpdateAccount", "SuspendAccount", "RestoreAccount"},
	})
}

// foreignDomain is that of the accounts of a read-only directory.
const foreignDomain = "ldap.example.org"

func userName(email string) string { return strings.ToLower(email) }

func account(email string) roster.Account {
	return roster.Account{
		ID: userName(email), UserName: userName(email), Email: email, DisplayName: "Somebody", Active: true,
		External: strings.HasSuffix(email, "@"+foreignDomain),
	}
}

func group(name string) roster.Group { return roster.Group{ID: name, Name: name} }

// world is a stand-in with a client.
type world struct {
	options bitbucketdcsim.Options
	// around stands between the client and the stand-in.
	around func(http.Handler) http.Handler
	access []string

	sim    *bitbucketdcsim.Sim
	engine *fault.Engine
	server *httptest.Server
	target *bitbucketdc.Target
}

func newWorld(t *testing.T, change ...func(*world)) *world {
	t.Helper()
	w := &world{engine: fault.New(1), around: func(next http.Handler) http.Handler { return next }}
	w.options.Engine = w.engine
	for _, c := range change {
		c(w)
	}
	w.sim = bitbucketdcsim.New(w.options)
	w.server = httptest.NewServer(w.around(w.sim.Handler()))
	t.Cleanup(w.server.Close)
	transport := rest.NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	target, err := bitbucketdc.New(bitbucketdc.Config{
		BaseURL: w.server.URL, Credential: rest.Bearer(bitbucketdcsim.DefaultToken), AccessGroups: w.access, Transport: transport,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.target = target
	return w
}

func (w *world) seed(t *testing.T, accounts ...roster.Account) {
	t.Helper()
	for _, a := range accounts {
		if err := w.sim.Roster().AddAccount(a); err != nil {
			t.Fatal(err)
		}
	}
}

func (w *world) seedGroups(t *testing.T, groups ...roster.Group) {
	t.Helper()
	for _, g := range groups {
		if err := w.sim.Roster().AddGroup(g); err != nil {
			t.Fatal(err)
		}
	}
}

func (w *world) join(t *testing.T, groupID string, accountIDs ...string) {
	t.Helper()
	for _, id := range accountIDs {
		if _, err := w.sim.Roster().Join(groupID, id); err != nil {
			t.Fatal(err)
		}
	}
}
