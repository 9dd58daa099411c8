package confluencecloud_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/sitesim"
	"github.com/rollcall-sync/rollcall/internal/target/confluencecloud"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name               string
		options            sitesim.Options
		prepare            func(*testing.T, *sitesim.Sim)
		can, missing, note string
	}{
		{name: "a site with Jira", can: "by the site's Jira"},
		{name: "a site without Jira", options: sitesim.Options{Products: withoutJira()}, can: "members of the groups that have access", note: "200 a call"},
		{name: "an administrator of the site", can: "create groups and change their members"},
		{name: "an owner who does not administer", missing: "site administrators", prepare: func(t *testing.T, sim *sitesim.Sim) {
			owner := sim.Roster().Accounts(func(a roster.Account) bool { return a.Email == sim.User() })[0]
			for _, name := range []string{"site-admins", "org-admins"} {
				group, _ := sim.Roster().GroupNamed(name)
				if _, err := sim.Roster().Leave(group.ID, owner.ID); err != nil {
					t.Fatal(err)
				}
			}
		}},
		{name: "a site without Confluence", options: sitesim.Options{Products: []string{sitesim.ProductSoftware}}, missing: "There is no Confluence at this address"},
		{name: "profiles that may not be looked at", missing: "user profiles", prepare: func(_ *testing.T, sim *sitesim.Sim) {
			sim.Engine().Add(fault.Rule{Path: "/users-bulk$", Kind: fault.Status, Status: 404})
		}},
		{name: "people who hide their address", note: "1 hide their e-mail address", prepare: func(t *testing.T, sim *sitesim.Sim) {
			change(t, sim, seed(t, sim, "x@example.com"), func(a *roster.Account) { a.Attributes = map[string]string{sitesim.AttributeEmailHidden: "true"} })
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			sim, target := fresh(t, test.options)
			if test.prepare != nil {
				test.prepare(t, sim)
			}
			report, err := target.Check(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			says := func(lines []string, words string) bool {
				return words == "" || slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(line, words) })
			}
			if !says(report.Can, test.can) || !says(report.Missing, test.missing) || !says(report.Notes, test.note) || test.missing == "" && len(report.Missing) > 0 {
				t.Errorf("got %+v, want %q, %q, %q", report, test.can, test.missing, test.note)
			}
			if diff := cmp.Diff([]directory.Licence{{Product: "confluence"}}, report.Licences); diff != "" {
				t.Errorf("licences (-want +got)\n%s", diff)
			}
		})
	}
}

func TestConfigurationProblemsComeAllAtOnce(t *testing.T) {
	t.Parallel()
	_, err := confluencecloud.New(confluencecloud.Config{
		BaseURL: "https://example.atlassian.net/wiki/spaces", Credential: rest.Basic("me@example.com", ""), Timeout: -1,
	})
	if err == nil {
		t.Fatal("nothing is wrong")
	}
	for _, words := range []string{"confluence-cloud: ", "site's address alone", "API token: missing", "negative"} {
		if !strings.Contains(err.Error(), words) {
			t.Errorf("the error lacks %q: %v", words, err)
		}
	}
}
