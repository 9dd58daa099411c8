package jiracloud_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/sitesim"
	"github.com/rollcall-sync/rollcall/internal/target/jiracloud"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

func TestCheckTellsWhatTheTokenCanDo(t *testing.T) {
	t.Parallel()
	_, target := fresh(t, sitesim.Options{SeatLimit: 10})
	report, err := target.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	can := []string{"read accounts", "read groups", "read licences", "create groups and change their members", "create accounts"}
	if diff := cmp.Diff(can, report.Can); diff != "" {
		t.Errorf("can (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]directory.Licence{{Product: "jira-software", Known: true, Free: 7}}, report.Licences); diff != "" {
		t.Errorf("licences (-want +got)\n%s", diff)
	}
	if report.Version == "" || len(report.Missing) > 0 || len(report.Notes) != 4 {
		t.Errorf("got %+v", report)
	}
}

func TestCheckTellsWhatIsAmiss(t *testing.T) {
	t.Parallel()
	leave := func(names ...string) func(*testing.T, *sitesim.Sim) {
		return func(t *testing.T, sim *sitesim.Sim) {
			owner := sim.Roster().Accounts(func(a roster.Account) bool { return a.Email == sim.User() })[0]
			for _, name := range names {
				if _, err := sim.Roster().Leave(groupNamed(t, sim, name).ID, owner.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for _, test := range []struct {
		name          string
		options       sitesim.Options
		prepare       func(*testing.T, *sitesim.Sim)
		missing, note string
	}{
		{name: "an owner who does not administer", prepare: leave("site-admins", "org-admins"), missing: "site administrators"},
		{name: "an owner who may not read the licences", prepare: leave("site-admins", "org-admins"), missing: "Administer Jira"},
		{name: "an owner who may not be able to create accounts", prepare: leave("org-admins"), note: "does not tell whether"},
		{name: "a group that gives leavers their product still", note: "keeps what jira-software-users-example grants"},
		{name: "a product that the site does not have", options: sitesim.Options{Products: []string{sitesim.ProductService}}, missing: "The site has no jira-software"},
		{name: "a site without Jira", options: sitesim.Options{Products: []string{sitesim.ProductConfluence}}, missing: "There is no Jira at this address"},
		{name: "people who hide their address", note: "1 hide their e-mail address", prepare: func(t *testing.T, sim *sitesim.Sim) {
			add(t, sim, "x@example.com", func(a *roster.Account) { a.Attributes = map[string]string{sitesim.AttributeEmailHidden: "true"} })
		}},
		{name: "people who may not be read", missing: "Browse users and groups", prepare: func(_ *testing.T, sim *sitesim.Sim) {
			sim.Engine().Add(fault.Rule{Path: "users/search$", Kind: fault.Status, Status: 403})
		}},
		{name: "groups that may not be read", missing: "read the site's groups", prepare: func(_ *testing.T, sim *sitesim.Sim) {
			sim.Engine().Add(fault.Rule{Path: "group/bulk$", Kind: fault.Status, Status: 403})
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
				return slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(line, words) })
			}
			if test.missing != "" && !says(report.Missing, test.missing) {
				t.Errorf("missing: %q, want %q", report.Missing, test.missing)
			}
			if test.note != "" && !says(report.Notes, test.note) || test.missing == "" && len(report.Missing) > 0 {
				t.Errorf("notes: %q, want %q; missing: %q", report.Notes, test.note, report.Missing)
			}
		})
	}
}

func TestCheckSendsDataCenterElsewhere(t *testing.T) {
	t.Parallel()
	target := newTarget(t, sitesim.New(sitesim.Options{}), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"version":"10.3.24","deploymentType":"Server"}`)
	}))
	report, err := target.Check(t.Context())
	if err != nil || len(report.Missing) != 1 || !strings.Contains(report.Missing[0], "jira-dc") || len(report.Can) > 0 {
		t.Errorf("got %+v, %v", report, err)
	}
}

func TestAGroupWithAnAdministratorsNameIsProtectedWhateverItsAccess(t *testing.T) {
	t.Parallel()
	sim, target := fresh(t, sitesim.Options{})
	named := sim.NewGroup("system-administrators")
	if err := sim.Roster().AddGroup(named); err != nil {
		t.Fatal(err)
	}
	member := add(t, sim, "root@example.com")
	if _, err := sim.Roster().Join(named.ID, member); err != nil {
		t.Fatal(err)
	}
	protected, err := target.Protected(t.Context())
	if err != nil || !slices.Contains(protected.GroupIDs, named.ID) || !slices.Contains(protected.AccountIDs, member) {
		t.Errorf("got %+v, %v", protected, err)
	}
}

func TestConfigurationProblemsComeAllAtOnce(t *testing.T) {
	t.Parallel()
	_, err := jiracloud.New(jiracloud.Config{
		BaseURL: "https://example.atlassian.net/jira/projects", Credential: rest.Basic("", "token"),
		Products: []string{"jira", "jira-software", "Jira-Software"}, Timeout: -1,
	})
	if err == nil {
		t.Fatal("nothing is wrong")
	}
	for _, words := range []string{"jira-cloud: ", "site's address alone", "user name is missing", `no "jira"`, "jira-software is there twice", "negative"} {
		if !strings.Contains(err.Error(), words) {
			t.Errorf("the error lacks %q: %v", words, err)
		}
	}
}

func TestJiraAndConfluenceOfOneSiteAreOnePlace(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"https://Example.atlassian.net", "https://example.atlassian.net/", "https://example.atlassian.net/wiki", "https://example.atlassian.net:443"} {
		if got := jiracloud.Identity(address); got != "atlassian-site:example.atlassian.net" {
			t.Errorf("%s is %s", address, got)
		}
	}
}
