package okta_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/oktasim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
	"github.com/rollcall-sync/rollcall/internal/source/okta"
	"github.com/rollcall-sync/rollcall/internal/source/sourcetest"
)

const token = "00-a-very-secret-token"

func TestTheWholeOrganisation(t *testing.T) {
	t.Parallel()
	sourcetest.Run(t, func(t *testing.T) sourcetest.Fixture { return fixture(t, false) })
}

func TestOneApplication(t *testing.T) {
	t.Parallel()
	sourcetest.Run(t, func(t *testing.T) sourcetest.Fixture { return fixture(t, true) })
}

// stand serves a stand-in of Okta with 60 people.
func stand(t *testing.T) (*oktasim.Sim, *fault.Engine, string) {
	t.Helper()
	engine := fault.New(1)
	sim := oktasim.New(oktasim.Options{Token: token, Engine: engine})
	if err := sim.Load(organisation()); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim.Handler())
	t.Cleanup(server.Close)
	return sim, engine, server.URL
}

// organisation has 60 people of every status, in 42 groups, with surnames and
// addresses that differ from logins.
func organisation() people.Organisation {
	past := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	statuses := []string{
		people.Active, people.Suspended, people.Staged, people.Provisioned, people.LockedOut,
		people.Recovery, people.PasswordExpired, people.Active, people.Active, people.Deprovisioned,
	}
	org := people.Organisation{}
	for i := range 42 {
		org.Groups = append(org.Groups, people.Group{
			Name: fmt.Sprintf("Team/%02d", i), Type: people.OktaGroup, Created: past, Assigned: i < 30,
		})
	}
	for i := range 60 {
		p := people.Person{
			FirstName: "Zoë", LastName: fmt.Sprintf("O'Brien%02d", i),
			Department: fmt.Sprintf("Dept %d", i%3),
			Login:      fmt.Sprintf("zoe+%02d@acme.example", i), Email: fmt.Sprintf("zoe.obrien%02d@acme.example", i),
			Status: statuses[i%len(statuses)], Created: past, LastUpdated: past,
		}
		if p.Status != people.Deprovisioned {
			p.Groups, p.AppUser = []int{i % 42}, i%2 == 0
			if i >= 7 {
				p.Groups = append(p.Groups, 0)
				if i%42 == 0 {
					p.Groups = []int{0}
				}
			}
		}
		org.People = append(org.People, p)
	}
	return org
}

func newSource(t *testing.T, c okta.Config) *okta.Source {
	t.Helper()
	if c.Token == "" {
		c.Token = token
	}
	if c.Transport == nil {
		base := okta.NewTransport()
		t.Cleanup(base.CloseIdleConnections)
		c.Transport = base
	}
	source, err := okta.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func fixture(t *testing.T, oneApp bool) sourcetest.Fixture {
	t.Helper()
	sim, engine, address := stand(t)
	config := okta.Config{URL: address, PageSize: 20, MembersPageSize: 5, Attributes: okta.Attributes{Names: []string{"department", "title"}}}
	if oneApp {
		config.AppID = sim.AppID()
	}
	f := sourcetest.Fixture{
		Source: newSource(t, config), Secret: token,
		Listed: map[string]directory.Status{}, Members: map[string][]string{},
		Mend: func(*testing.T) { engine.Clear() },
		Break: func(t *testing.T, f sourcetest.Fault) {
			rule, ok := rules[f]
			if !ok {
				t.Fatalf("no rule for %s", f)
			}
			engine.Add(rule)
		},
		Rename:      func(t *testing.T, id string) { must(t, sim.RenameUser(id, "Newname", "newname@acme.example")) },
		Deprovision: func(t *testing.T, id string) { must(t, sim.DeactivateUser(id)) },
		Erase: func(t *testing.T, id string) {
			for erased := false; !erased; {
				var err error
				erased, err = sim.DeleteUser(id)
				must(t, err)
			}
		},
		Join:        func(t *testing.T, group, user string) { must(t, sim.AddMember(group, user)) },
		DeleteGroup: func(t *testing.T, id string) { must(t, sim.DeleteGroup(id)) },
	}
	describe(&f, sim.State(), oneApp)
	return f
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var rules = map[sourcetest.Fault]fault.Rule{
	sourcetest.Unauthorized:    {Kind: fault.Status, Status: http.StatusUnauthorized},
	sourcetest.Forbidden:       {Kind: fault.Status, Status: http.StatusForbidden},
	sourcetest.Limited:         {Kind: fault.Status, Status: http.StatusTooManyRequests, RetryAfter: "7"},
	sourcetest.LimitedSilently: {Kind: fault.Status, Status: http.StatusTooManyRequests},
	sourcetest.Failing:         {Kind: fault.Status, Status: http.StatusServiceUnavailable},
	sourcetest.Cut:             {Kind: fault.CutBefore},
	sourcetest.Slow:            {Kind: fault.Latency, Delay: fault.Duration(time.Minute)},
}

// statuses are written out here, rather than taken from the source.
var statuses = map[string]directory.Status{
	people.Active: directory.StatusActive, people.LockedOut: directory.StatusActive,
	people.Recovery: directory.StatusActive, people.PasswordExpired: directory.StatusActive,
	people.Staged: directory.StatusPending, people.Provisioned: directory.StatusPending,
	people.Suspended: directory.StatusSuspended, people.Deprovisioned: directory.StatusDeprovisioned,
}

// describe fills in what the stand-in holds.
func describe(f *sourcetest.Fixture, state oktasim.Snapshot, oneApp bool) {
	within := func(id string, ids []string) bool {
		for _, other := range ids {
			if other == id {
				return true
			}
		}
		return !oneApp
	}
	for _, user := range state.Users {
		switch {
		case user.Status == people.Deprovisioned:
			f.Departed = user.ID
		case within(user.ID, state.App.Users):
			f.Listed[user.ID] = statuses[user.Status]
			if f.Person.SourceID == "" && user.Status == people.Active && strings.HasSuffix(user.Login, "0@acme.example") {
				f.Person = directory.User{
					SourceID: user.ID, Status: directory.StatusActive, Assigned: true, Login: user.Login, Email: user.Email,
					FirstName: user.FirstName, LastName: user.LastName, LastUpdated: user.LastUpdated,
					Attributes: map[string]any{"department": "Dept 0", "title": ""},
				}
			}
		}
	}
	for _, group := range state.Groups {
		if group.Type != "BUILT_IN" && within(group.ID, state.App.Groups) {
			f.Members[group.ID] = group.Members
		}
	}
}
