package bitbucketcloud_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/bitbucketcloudsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin/standintest"
	"github.com/rollcall-sync/rollcall/internal/target/bitbucketcloud"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
	"github.com/rollcall-sync/rollcall/internal/target/targettest"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/rostered"
)

func TestATargetKeepsItsPromises(t *testing.T) {
	t.Parallel()
	targettest.Run(t, func(t *testing.T) targettest.Fixture {
		return newPlace(t, bitbucketcloudsim.Options{}, nil, nil).fixture()
	})
}

func TestATargetKeepsItsPromisesHoweverAnswersAreWritten(t *testing.T) {
	t.Parallel()
	targettest.Run(t, func(t *testing.T) targettest.Fixture {
		return newPlace(t, bitbucketcloudsim.Options{}, func(next http.Handler) http.Handler {
			return standintest.Otherwise(next, "next", "email", "nickname", "permission", "detail")
		}, nil).fixture()
	})
}

// place is a target with its stand-in.
type place struct {
	sim    *bitbucketcloudsim.Sim
	engine *fault.Engine
	target *bitbucketcloud.Target
}

// newPlace makes a stand-in, something around it (nil: nothing) and a target.
func newPlace(t *testing.T, opts bitbucketcloudsim.Options, around func(http.Handler) http.Handler, shape func(*bitbucketcloud.Config)) *place {
	t.Helper()
	if opts.Engine == nil {
		opts.Engine = fault.New(1)
	}
	p := &place{sim: bitbucketcloudsim.New(opts), engine: opts.Engine}
	handler := p.sim.Handler()
	if around != nil {
		handler = around(handler)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	transport := rest.NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	config := bitbucketcloud.Config{
		BaseURL: server.URL, Workspace: bitbucketcloudsim.DefaultWorkspace,
		Credential: rest.Basic(bitbucketcloudsim.DefaultUser, bitbucketcloudsim.DefaultToken), Transport: transport,
	}
	if shape != nil {
		shape(&config)
	}
	var err error
	if p.target, err = bitbucketcloud.New(config); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *place) fixture() targettest.Fixture {
	project, repository := "project "+bitbucketcloudsim.DefaultProject, "repository "+bitbucketcloudsim.DefaultRepository
	return rostered.Fixture(rostered.Options{
		Target: p.target, Can: bitbucketcloud.Capabilities(), Roster: p.sim.Roster(), Engine: p.engine,
		API: bitbucketcloudsim.API, Secret: bitbucketcloudsim.DefaultToken, PageSize: 100,
		Account: func(email string) roster.Account { return p.sim.NewAccount(email, email) }, Group: p.sim.NewGroup,
		Administrators: func(*testing.T) directory.Protected {
			return directory.Protected{AccountIDs: []string{p.sim.Owner()}, GroupIDs: []string{bitbucketcloudsim.AdministratorsGroup}}
		},
		TellsAddressOnlyIfAsked: true,
		Permissions:             []directory.Permission{{Scope: project, Level: "read"}, {Scope: project, Level: "create-repo"}, {Scope: repository, Level: "write"}},
		NoScope:                 directory.Permission{Scope: "repository nowhere", Level: "read"},
	})
}

func (p *place) member(t *testing.T, email string) string {
	t.Helper()
	id, err := p.sim.SeedAccount(email, email)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (p *place) group(t *testing.T, name string) string {
	t.Helper()
	g := p.sim.NewGroup(name)
	if err := p.sim.Roster().AddGroup(g); err != nil {
		t.Fatal(err)
	}
	return g.ID
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v: %s", err, directory.DetailOf(err))
	}
}
