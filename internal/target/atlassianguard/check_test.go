package atlassianguard_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/guardsim"
	"github.com/rollcall-sync/rollcall/internal/target/atlassianguard"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

func TestCheckSaysWhatAPersonMustChange(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		shape               func(*atlassianguard.Config)
		can, missing, notes int
		says                string
		identity            string
		access              directory.DirectoryAccess
	}{
		"all is well": {can: 3, identity: "atlassian-scim:" + guardsim.DefaultDirectory, access: directory.DirectoryWritable},
		"without an organisation key": {
			shape: func(c *atlassianguard.Config) { c.Organization, c.OrganizationKey = "", rest.Credential{} },
			can:   2, notes: 1, identity: "atlassian-scim:" + guardsim.DefaultDirectory, access: directory.DirectoryWritable,
		},
		"another key":       {shape: func(c *atlassianguard.Config) { c.Credential = rest.Bearer("old") }, missing: 1, says: "key is wrong"},
		"another directory": {shape: func(c *atlassianguard.Config) { c.Directory = "elsewhere" }, missing: 1, says: "directory is not found"},
		"another organisation": {
			shape: func(c *atlassianguard.Config) { c.Organization = "elsewhere" },
			can:   2, missing: 1, says: "HTTP 404", identity: "atlassian-scim:" + guardsim.DefaultDirectory, access: directory.DirectoryWritable,
		},
		"another organisation key": {
			shape: func(c *atlassianguard.Config) { c.OrganizationKey = rest.Bearer("old") },
			can:   2, missing: 1, says: "HTTP 401", identity: "atlassian-scim:" + guardsim.DefaultDirectory, access: directory.DirectoryWritable,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, guardsim.Options{}, nil, test.shape)
			before := p.sim.Roster().State()
			report, err := p.target.Check(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if len(report.Can) != test.can || len(report.Missing) != test.missing || len(report.Notes) != test.notes ||
				report.Identity != test.identity || report.Directory != test.access || !strings.Contains(strings.Join(report.Missing, " "), test.says) {
				t.Errorf("the report is %+v", report)
			}
			if diff := cmp.Diff([]directory.Licence{{Product: "atlassian-guard"}}, report.Licences); diff != "" {
				t.Errorf("licences (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(before, p.sim.Roster().State()); diff != "" {
				t.Errorf("check changed the directory (-before +after)\n%s", diff)
			}
		})
	}
}

func TestCheckWarnsOfADirectoryThatFillsUp(t *testing.T) {
	t.Parallel()
	for total, want := range map[string]bool{"4500": false, "4501": true, "5000": true, "5001": false, "18000": false, "18001": true, "20001": true} {
		body := `{"totalResults":` + total + `,"startIndex":1,"Resources":[{"id":"a"}]}`
		report, err := answering(t, http.StatusOK, body).Check(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if warns := strings.Contains(strings.Join(report.Notes, " "), total+" users"); warns != want {
			t.Errorf("with %s users the notes are %q", total, report.Notes)
		}
	}
}

func TestAnOutageIsNoVerdict(t *testing.T) {
	t.Parallel()
	report, err := answering(t, http.StatusBadGateway, "").Check(t.Context())
	if directory.ClassOf(err) != directory.ClassUnavailable || len(report.Can)+len(report.Missing) > 0 {
		t.Errorf("got %+v, %v", report, err)
	}
}

func TestAConfigurationIsRefusedWithAllItsProblems(t *testing.T) {
	t.Parallel()
	_, err := atlassianguard.New(atlassianguard.Config{BaseURL: "http://api.example.com", OrganizationKey: rest.Bearer("a b"), Timeout: -1})
	if err == nil {
		t.Fatal("it was accepted")
	}
	for _, problem := range []string{"atlassian guard:", "use https", "directory:", "SCIM key:", "organization:", "timeout:"} {
		if !strings.Contains(err.Error(), problem) {
			t.Errorf("%q does not say %q", err, problem)
		}
	}
	_, err = atlassianguard.New(atlassianguard.Config{Directory: "d", Credential: rest.Bearer("k"), Organization: "o", OrganizationKey: rest.Bearer("a b")})
	if err == nil || !strings.Contains(err.Error(), "organization key:") {
		t.Errorf("a key with a blank: %v", err)
	}
	_, err = atlassianguard.New(atlassianguard.Config{Directory: "d", Credential: rest.Bearer("k"), Organization: "o", OrganizationKey: rest.Bearer("")})
	if err != nil {
		t.Errorf("an organisation without a key: %v", err)
	}
}
