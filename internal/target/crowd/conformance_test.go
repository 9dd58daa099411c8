package crowd_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/crowdsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin/standintest"
	"github.com/rollcall-sync/rollcall/internal/target/crowd"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
	"github.com/rollcall-sync/rollcall/internal/target/targettest"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/rostered"
)

// pageSize is the client's: what the API returns when nobody says how many.
const pageSize = 1000

func TestTarget(t *testing.T) {
	t.Parallel()
	targettest.Run(t, func(t *testing.T) targettest.Fixture { return newWorld(t).fixture(group) })
}

// TestTargetOfJira is the same of the API as Jira serves it.
func TestTargetOfJira(t *testing.T) {
	t.Parallel()
	targettest.Run(t, func(t *testing.T) targettest.Fixture {
		return newWorld(t, asJira).fixture(func(name string) roster.Group { return group(strings.ToLower(name)) })
	})
}

func (w world) fixture(group func(name string) roster.Group) targettest.Fixture {
	return rostered.Fixture(rostered.Options{
		Target: w.target, Can: crowd.Capabilities(), Roster: w.sim.Roster(), Engine: w.engine,
		API: crowdsim.API, Secret: w.sim.Password(), PageSize: pageSize,
		Account: account, Group: group,
		UserName: userName, SharesAddresses: true,
		RefuseRule: func(email string) fault.Rule {
			return fault.Rule{
				API: crowdsim.API, Kind: fault.Status, Status: 400, Method: "POST", Path: "/user$",
				MatchBody: `(?i)"email":"` + email + `"`,
			}
		},
		Administrators: func(*testing.T) directory.Protected {
			return directory.Protected{AccountIDs: []string{crowdsim.Administrator}, GroupIDs: []string{crowdsim.AdministratorsGroup}}
		},
		WritableEmail: func(name string) string { return name + "@example.com" },
		// A read-only directory's users are not told apart before a write.
		Attributes:   map[string]string{"job_title": "Clerk", "department": "Sales & \"Support\"", "organization": "Ex", "location": "Łódź"},
		AttributesOf: crowdsim.Attributes,
		FindBy:       []string{"user_name"},
		ReadsFirst:   []string{"UpdateAccount", "DeactivateAccount", "RestoreAccount", "AddSubgroup"},
	})
}

func userName(email string) string { return strings.ToLower(email) }

func account(email string) roster.Account {
	return roster.Account{ID: userName(email), UserName: userName(email), Email: email, DisplayName: "Somebody", Active: true, Attributes: map[string]string{}}
}

func group(name string) roster.Group { return roster.Group{ID: name, Name: name} }

// world is a stand-in with a client.
type world struct {
	sim    *crowdsim.Sim
	engine *fault.Engine
	server *httptest.Server
	target *crowd.Target
}

func newWorld(t *testing.T, change ...func(*crowdsim.Options)) world {
	t.Helper()
	w := world{engine: fault.New(1)}
	options := crowdsim.Options{Engine: w.engine}
	for _, c := range change {
		c(&options)
	}
	w.sim = crowdsim.New(options)
	w.listen(t, w.sim.Handler(), "")
	return w
}

// listen makes a handler what the client talks to, below a path.
func (w *world) listen(t *testing.T, handler http.Handler, below string) {
	t.Helper()
	w.server = httptest.NewServer(handler)
	t.Cleanup(w.server.Close)
	w.target = newTarget(t, w.server.URL+below, w.sim.Password())
}

// TestAnotherServersWayOfAnsweringIsReadTheSame: below a context path, and with
// other details of form.
func TestAnotherServersWayOfAnsweringIsReadTheSame(t *testing.T) {
	t.Parallel()
	targettest.Run(t, func(t *testing.T) targettest.Fixture {
		w := newWorld(t)
		otherwise := standintest.Otherwise(w.sim.Handler(), "message", "first-name", "last-name", "attributes", "users", "groups", "password")
		w.listen(t, http.StripPrefix("/crowd", otherwise), "/crowd/rest/usermanagement/1/")
		return w.fixture(group)
	})
}

func newTarget(t *testing.T, address, password string) *crowd.Target {
	t.Helper()
	transport := rest.NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	target, err := crowd.New(crowd.Config{
		BaseURL: address, Credential: rest.Basic(crowdsim.DefaultApplication, password), Transport: transport,
	})
	if err != nil {
		t.Fatal(err)
	}
	return target
}

func (w world) seed(t *testing.T, accounts ...roster.Account) {
	t.Helper()
	for _, a := range accounts {
		if err := w.sim.Roster().AddAccount(a); err != nil {
			t.Fatal(err)
		}
	}
}

func (w world) seedGroups(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := w.sim.Roster().AddGroup(group(name)); err != nil {
			t.Fatal(err)
		}
	}
}
