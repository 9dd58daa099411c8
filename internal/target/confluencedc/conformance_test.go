package confluencedc_test

import (
	"net/http"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/confluencedcsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/speccheck"
	"github.com/rollcall-sync/rollcall/internal/target/confluencedc"
	"github.com/rollcall-sync/rollcall/internal/target/targettest"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/rostered"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/vendortest"
)

func TestATargetKeepsItsPromises(t *testing.T) {
	t.Parallel()
	targettest.Run(t, func(t *testing.T) targettest.Fixture {
		return fixtureOf(newVendor(t, confluencedcsim.Options{PageLimit: pageSize}, nil, nil))
	})
}

func TestTheTrafficIsAsTheAPIDescriptionSays(t *testing.T) {
	t.Parallel()
	// Tasks are not in the trimmed description.
	// https://docs.atlassian.com/ConfluenceServer/rest/8.5.4/#api/longtask-getTask
	checker := speccheck.Load(t, speccheck.ConfluenceDataCenter).Except("GET /rest/api/longtask/{id}").ExceptAnswer(undescribed()...)
	targettest.Run(t, func(t *testing.T) targettest.Fixture {
		f := fixtureOf(newVendor(t, confluencedcsim.Options{PageLimit: pageSize}, nil, checker.Handler))
		f.Described = true
		return f
	})
}

// undescribed are the answers about a group that is not there.
// https://docs.atlassian.com/ConfluenceServer/rest/8.5.4/#api/group-getGroup
func undescribed() []string {
	return []string{"GET /rest/api/group/{groupName} 404", "GET /rest/api/group/{groupName}/member 404"}
}

// pageSize is to what the stand-in cuts the pages of all lists, shorter than
// what they are asked for.
const pageSize = 25

func fixtureOf(v vendor) targettest.Fixture {
	return rostered.Fixture(rostered.Options{
		Target: v.target, Can: confluencedc.Capabilities(), Roster: v.Sim.Roster(), Engine: v.Engine,
		API: confluencedcsim.API, Secret: confluencedcsim.DefaultToken, PageSize: pageSize,
		Account: v.Account,
		Group:   v.Sim.NewGroup,
		RefuseRule: func(email string) fault.Rule {
			return fault.Rule{
				API: confluencedcsim.API, Method: http.MethodPost, Path: "/admin/user$", MatchBody: `"` + email + `"`,
				Kind: fault.Status, Status: http.StatusBadRequest,
			}
		},
		Fill:           func(t *testing.T) { v.Fill(t, confluencedcsim.UsersGroup) },
		Administrators: v.Administrators,
		WritableEmail:  func(name string) string { return name + "@example.com" },
		UserName:       vendortest.UserName, TellsNoAddress: true, SharesAddresses: true, FindBy: []string{"user_name"},
	})
}
