package jiradc_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/jiradcsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/speccheck"
	"github.com/rollcall-sync/rollcall/internal/target/jiradc"
	"github.com/rollcall-sync/rollcall/internal/target/targettest"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/rostered"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/vendortest"
)

func TestATargetKeepsItsPromises(t *testing.T) {
	t.Parallel()
	targettest.Run(t, func(t *testing.T) targettest.Fixture {
		return fixtureOf(newVendor(t, jiradcsim.Options{ListLimit: pageSize}, nil, nil))
	})
}

func TestAnOlderJiraWithoutAListOfUsersKeepsThemToo(t *testing.T) {
	t.Parallel()
	targettest.Run(t, func(t *testing.T) targettest.Fixture {
		return fixtureOf(newVendor(t, jiradcsim.Options{Version: "8.20.30", IgnoresExclude: true}, nil, nil))
	})
}

func TestTheTrafficIsAsTheAPIDescriptionSays(t *testing.T) {
	t.Parallel()
	checker := speccheck.Load(t, speccheck.JiraDataCenter).Except(undescribed()...)
	targettest.Run(t, func(t *testing.T) targettest.Fixture {
		f := fixtureOf(newVendor(t, jiradcsim.Options{ListLimit: pageSize}, nil, checker.Handler))
		f.Described = true
		return f
	})
}

// undescribed are the calls for projects and components, which the trimmed
// description lacks.
// https://docs.atlassian.com/software/jira/docs/api/REST/9.17.0/#api/2/project
// https://docs.atlassian.com/software/jira/docs/api/REST/9.17.0/#api/2/component
func undescribed() []string {
	return []string{
		"GET /rest/api/2/project", "GET /rest/api/2/project/{key}", "PUT /rest/api/2/project/{key}",
		"GET /rest/api/2/project/{key}/components", "GET /rest/api/2/component/{id}", "PUT /rest/api/2/component/{id}",
	}
}

// pageSize is that of members, which is Jira's own; the stand-in's list of
// users is cut to it.
const pageSize = 50

func fixtureOf(v vendor) targettest.Fixture {
	return rostered.Fixture(rostered.Options{
		Target: v.target, Can: jiradc.Capabilities(), Roster: v.Sim.Roster(), Engine: v.Engine,
		API: jiradcsim.API, Secret: jiradcsim.DefaultToken, PageSize: pageSize,
		Account: v.Account,
		Group:   v.Sim.NewGroup,
		RefuseRule: func(email string) fault.Rule {
			return fault.Rule{
				API: jiradcsim.API, Method: http.MethodPost, Path: "/user$", MatchBody: `"` + email + `"`,
				Kind: fault.Status, Status: http.StatusBadRequest,
			}
		},
		Fill:           func(t *testing.T) { v.Fill(t, jiradcsim.DefaultGroup) },
		Administrators: v.Administrators,
		WritableEmail:  func(name string) string { return name + "@example.com" },
		UserName:       vendortest.UserName, SharesAddresses: true, FindBy: []string{"user_name"},
		// Memberships are written by user name, which is read where it is not known;
		// what is handed over is read first.
		ReadsFirst: []string{"AddMember", "RemoveMember", "HandOver"},
		Lead: func(t *testing.T, accountID string) []string {
			key := "P" + strings.TrimPrefix(accountID, "JIRAUSER")
			if err := v.Sim.SeedProject(key, "Project "+key, accountID); err != nil {
				t.Fatal(err)
			}
			component, err := v.Sim.SeedComponent(key, "Letters", accountID)
			if err != nil {
				t.Fatal(err)
			}
			return []string{"project " + key, "component " + component}
		},
		LedBy: func(_ *testing.T, what string) string { return v.Sim.Lead(what) },
	})
}
