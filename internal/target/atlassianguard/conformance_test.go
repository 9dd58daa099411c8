package atlassianguard_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/guardsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin/standintest"
	"github.com/rollcall-sync/rollcall/internal/target/atlassianguard"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
	"github.com/rollcall-sync/rollcall/internal/target/targettest"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/rostered"
)

func TestATargetKeepsItsPromises(t *testing.T) {
	t.Parallel()
	for name, shape := range map[string]func(*atlassianguard.Config){
		"with an organisation key":        func(*atlassianguard.Config) {},
		"without an organisation key":     func(c *atlassianguard.Config) { c.Organization, c.OrganizationKey = "", rest.Credential{} },
		"with user names of people's own": func(c *atlassianguard.Config) { c.UserNames = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			targettest.Run(t, func(t *testing.T) targettest.Fixture {
				place := newPlace(t, guardsim.Options{}, nil, shape)
				return place.fixture(place.config.Organization != "")
			})
		})
	}
}

func TestATargetKeepsItsPromisesHoweverAnswersAreWritten(t *testing.T) {
	t.Parallel()
	targettest.Run(t, func(t *testing.T) targettest.Fixture {
		return newPlace(t, guardsim.Options{}, func(next http.Handler) http.Handler {
			return standintest.Otherwise(next, "name", "title", "phoneNumbers", "externalId", "members", "next", "scimType",
				"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User")
		}, nil).fixture(true)
	})
}

// place is a target with its stand-in.
type place struct {
	sim    *guardsim.Sim
	engine *fault.Engine
	config atlassianguard.Config
	target *atlassianguard.Target
}

// newPlace makes a stand-in, something around it (nil: nothing) and a target.
func newPlace(t *testing.T, opts guardsim.Options, around func(http.Handler) http.Handler, shape func(*atlassianguard.Config)) *place {
	t.Helper()
	if opts.Engine == nil {
		opts.Engine = fault.New(1)
	}
	p := &place{sim: guardsim.New(opts), engine: opts.Engine}
	handler := p.sim.Handler()
	if around != nil {
		handler = around(handler)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	transport := rest.NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	p.config = atlassianguard.Config{
		BaseURL: server.URL, Directory: guardsim.DefaultDirectory, Credential: rest.Bearer(guardsim.DefaultKey),
		Organization: guardsim.DefaultOrganization, OrganizationKey: rest.Bearer(guardsim.DefaultOrganizationKey),
		Transport: transport,
	}
	if shape != nil {
		shape(&p.config)
	}
	var err error
	if p.target, err = atlassianguard.New(p.config); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *place) fixture(knowsAdministrators bool) targettest.Fixture {
	var target directory.Target = p.target
	if !knowsAdministrators {
		target = keyless{p.target, p.target, p.target, p.target, p.target}
	}
	return rostered.Fixture(rostered.Options{
		Target: target, Can: atlassianguard.Capabilities(), Roster: p.sim.Roster(), Engine: p.engine,
		API: guardsim.API, Secret: guardsim.DefaultKey, PageSize: 100,
		Account: p.sim.NewAccount, Group: p.sim.NewGroup,
		RefuseRule: func(email string) fault.Rule {
			return fault.Rule{
				API: guardsim.API, Method: http.MethodPost, Path: "/Users$", MatchBody: `"` + email + `"`,
				Kind: fault.Status, Status: http.StatusBadRequest,
			}
		},
		Administrators: func(*testing.T) directory.Protected {
			var protected directory.Protected
			for _, a := range p.sim.Roster().Accounts(func(a roster.Account) bool { return a.Administrator }) {
				protected.AccountIDs = append(protected.AccountIDs, a.ID)
			}
			return protected
		},
		WritableEmail: func(name string) string { return name + "@example.com" },
		UserName:      func(email string) string { return email },
		FindBy:        []string{"user_name"},
		ReadsFirst:    readsFirst(knowsAdministrators),
		Attributes:    everyAttribute(),
		AttributesOf:  attributesOf,
	})
}

// keyless is a target that cannot tell who administers, for a suite that wants
// to know it of whoever can.
type keyless struct {
	directory.Target
	directory.AccountCreator
	directory.AccountWriter
	directory.Deactivator
	directory.AccountFinder
}

// readsFirst: with an organisation key a group's name is looked for first.
func readsFirst(knows bool) []string {
	if knows {
		return []string{"CreateGroup"}
	}
	return nil
}

func everyAttribute() map[string]string {
	return map[string]string{
		"given_name": "Zoë", "family_name": "Ångström", "nick_name": "Zo", "job_title": "Fahrdienstleiterin", "department": "Betrieb",
		"organization": "Bahn", "locale": "de-CH", "time_zone": "Europe/Zurich", "phone_number": "+41 44 000 00 00",
	}
}

// attributesOf turns the directory's words into ours.
func attributesOf(a roster.Account) map[string]string {
	held := map[string]string{}
	for ours, theirs := range map[string]string{
		"given_name": "name.givenName", "family_name": "name.familyName", "nick_name": "nickName", "job_title": "title",
		"department": "department", "organization": "organization", "locale": "preferredLanguage", "time_zone": "timezone",
	} {
		if value := a.Attributes[theirs]; value != "" {
			held[ours] = value
		}
	}
	if phones := a.Attributes["phoneNumbers"]; phones != "" {
		held["phone_number"] = firstValue(phones)
	}
	return held
}

func firstValue(list string) string {
	var values []struct {
		Value string `json:"value"`
	}
	if json.Unmarshal([]byte(list), &values) != nil || len(values) == 0 {
		return ""
	}
	return values[0].Value
}
