package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func TestCheckShowsVersionDirectoryAndLicences(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		report directory.TargetReport
		text   string
		json   string
	}{
		"all told": {
			directory.TargetReport{Version: "10.3.24", Directory: directory.DirectoryReadOnly, Licences: []directory.Licence{
				{Product: "jira-software", Known: true, Free: 12}, {Product: "jira-servicedesk"}, {Product: "wiki", Known: true, Unlimited: true}}},
			"         version 10.3.24\n         directory read-only\n         licences jira-software: 12 free, jira-servicedesk: unknown, wiki: unlimited\n",
			`{"version":"10.3.24","directory":"read-only","licences":[{"product":"jira-software","known":true,"free":12},{"product":"jira-servicedesk","known":false,"free":0},{"product":"wiki","known":true,"unlimited":true,"free":0}]}`,
		},
		"no licence left": {
			directory.TargetReport{Directory: directory.DirectoryWritable, Licences: []directory.Licence{{Product: "jira", Known: true}}},
			"         directory writable\n         licences jira: 0 free\n", `{"directory":"writable","licences":[{"product":"jira","known":true,"free":0}]}`,
		},
		"nothing that an API tells": {directory.TargetReport{}, "         directory unknown\n         licences unknown\n", `{"directory":"unknown"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			p := &program{out: bufio.NewWriter(&out)}
			var r checked
			r.product(test.report)
			p.printProduct(&r)
			if err := p.out.Flush(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.text, out.String()); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
			text, err := json.Marshal(struct {
				Version   string           `json:"version,omitempty"`
				Directory string           `json:"directory,omitempty"`
				Licences  []checkedLicence `json:"licences,omitempty"`
			}{r.Version, r.Directory, r.Licences})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.json, string(text)); diff != "" {
				t.Errorf("JSON (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCheckSaysNothingOfAProductThatCouldNotBeAsked(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := &program{out: bufio.NewWriter(&out)}
	p.printProduct(&checked{})
	if err := p.out.Flush(); err != nil {
		t.Fatal(err)
	}
	if out.Len() != 0 {
		t.Errorf("it says %q", out.String())
	}
}
