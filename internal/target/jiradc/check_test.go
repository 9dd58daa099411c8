package jiradc_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/jiradcsim"
	"github.com/rollcall-sync/rollcall/internal/target/jiradc"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

func TestCheckTellsWhatThereIs(t *testing.T) {
	t.Parallel()
	v := newVendor(t, jiradcsim.Options{SeatLimit: 10, Lacks: []string{"SYSTEM_ADMIN"}}, nil, nil)
	report, err := v.target.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := directory.TargetReport{
		Version: jiradcsim.DefaultVersion, Directory: directory.DirectoryUnknown,
		Licences: []directory.Licence{{Product: jiradcsim.DefaultApplication, Known: true, Free: 10}},
	}
	if diff := cmp.Diff(want, report, cmpopts.IgnoreFields(directory.TargetReport{}, "Identity", "Can", "Notes")); diff != "" {
		t.Errorf("the report (-want +got)\n%s", diff)
	}
	for key := range v.Engine.AppliedKeys() {
		t.Errorf("check wrote %s", key)
	}
	for _, call := range v.Engine.Calls() {
		if call.Write {
			t.Errorf("check called %s", call.Route)
		}
	}
}

func TestCheckSaysWhatIsMissingAndWhatToDo(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		options jiradcsim.Options
		change  func(*jiradc.Config)
		want    string
	}{
		{"a wrong token", jiradcsim.Options{}, func(c *jiradc.Config) { c.Credential = rest.Bearer("wrong") }, "personal access token"},
		{"a wrong password", jiradcsim.Options{}, func(c *jiradc.Config) { c.Credential = rest.Basic("rollcall", "wrong") }, "wrong, expired or revoked"},
		{"an address without a Jira", jiradcsim.Options{}, func(c *jiradc.Config) { c.BaseURL += "/wrong" }, "base URL"},
		{"no administrator", jiradcsim.Options{Lacks: []string{"ADMINISTER"}}, nil, "Jira Administrators"},
		{"nobody who may browse users", jiradcsim.Options{Lacks: []string{"USER_PICKER"}}, nil, "Browse Users"},
		{"hidden addresses", jiradcsim.Options{Addresses: jiradcsim.AddressesHidden}, func(c *jiradc.Config) { c.LeadsTo = "" }, "User email visibility"},
		{"hidden addresses and a lead's address", jiradcsim.Options{Addresses: jiradcsim.AddressesMasked}, func(c *jiradc.Config) { c.LeadsTo = "a@example.com" }, "give a user name"},
		{"an application that is not there", jiradcsim.Options{}, func(c *jiradc.Config) { c.Applications = []string{"jira-servicedesk"} }, "jira-software"},
		{"nobody to lead", jiradcsim.Options{}, func(c *jiradc.Config) { c.LeadsTo = "nobody" }, "leads_to"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, test.options, test.change, nil)
			report, err := v.target.Check(t.Context())
			if err != nil {
				t.Fatalf("%v: %s", err, directory.DetailOf(err))
			}
			if !slices.ContainsFunc(report.Missing, func(line string) bool { return strings.Contains(line, test.want) }) {
				t.Errorf("missing are %q, want one with %q", report.Missing, test.want)
			}
		})
	}
}

func TestAJiraInTheCloudIsToldApart(t *testing.T) {
	t.Parallel()
	v := newVendor(t, jiradcsim.Options{}, nil, answering("/serverInfo", `{"version":"1001.0.0","versionNumbers":[1001,0,0],"deploymentType":"Cloud"}`))
	report, err := v.target.Check(t.Context())
	if err != nil || len(report.Missing) != 1 || !strings.Contains(report.Missing[0], "jira-cloud") {
		t.Errorf("got %+v, %v", report, err)
	}
}
