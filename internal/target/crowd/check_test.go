package crowd_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/crowdsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/target/crowd"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

func TestCheckSaysWhatThereIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got, err := w.target.Check(t.Context())
	ok(t, err)
	if len(got.Notes) != 2 {
		t.Errorf("notes %q", got.Notes)
	}
	got.Notes = nil
	want := directory.TargetReport{
		Identity: crowd.Identity(w.server.URL), Version: "5.2.1 (Crowd)", Can: []string{"read users", "read groups"},
		Licences: []directory.Licence{{Product: "crowd"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("report (-want +got)\n%s", diff)
	}
	for call := range w.engine.Counts() {
		if !strings.HasPrefix(call, "GET ") {
			t.Errorf("check made %s", call)
		}
	}
}

func TestCheckSaysWhatToDo(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		fault fault.Rule
		want  string
	}{
		{"a wrong password", fault.Rule{Kind: fault.Status, Status: 401}, "name or password is refused"},
		{"an address that is not on the list", fault.Rule{Kind: fault.Status, Status: 403}, "remote addresses"},
		{"groups that may not be read", fault.Rule{Kind: fault.Status, Status: 403, MatchQuery: "entity-type=group"}, "may not read groups"},
		{"an address without a Crowd", fault.Rule{Kind: fault.Status, Status: 404}, "no Crowd API at this address"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			test.fault.API = crowdsim.API
			w.engine.Add(test.fault)
			report, err := w.target.Check(t.Context())
			if err != nil || len(report.Missing) != 1 || !strings.Contains(report.Missing[0], test.want) {
				t.Errorf("missing %q, %v; want %q", report.Missing, err, test.want)
			}
		})
	}
}

func TestCheckFindsTheAPIBelowCrowd(t *testing.T) {
	t.Parallel()
	sim := crowdsim.New(crowdsim.Options{})
	mux := http.NewServeMux()
	mux.Handle("/crowd/", http.StripPrefix("/crowd", sim.Handler()))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	report, err := newTarget(t, server.URL, sim.Password()).Check(t.Context())
	if err != nil || len(report.Missing) != 1 || !strings.Contains(report.Missing[0], "Set url to "+server.URL+"/crowd.") {
		t.Errorf("missing %q, %v", report.Missing, err)
	}
	for _, address := range []string{"/crowd", "/crowd/", "/crowd/rest/usermanagement/1", "/crowd/rest/usermanagement/latest/"} {
		report, err := newTarget(t, server.URL+address, sim.Password()).Check(t.Context())
		if err != nil || len(report.Missing) > 0 || report.Identity != crowd.Identity(server.URL+"/crowd") {
			t.Errorf("%s: %+v, %v", address, report, err)
		}
	}
}

func TestAllThatIsWrongWithAConfigurationIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	_, err := crowd.New(crowd.Config{BaseURL: "http://crowd.example.com", Credential: rest.Basic("", "secret")})
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range []string{"crowd:", "base URL", "credential"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
}

func TestTheIdentityIsHostAndPath(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://Crowd.example.com/crowd/":                      "crowd:crowd.example.com/crowd",
		"https://crowd.example.com/crowd/rest/usermanagement/1": "crowd:crowd.example.com/crowd",
		"https://jira.example.com":                              "crowd:jira.example.com",
	} {
		if got := crowd.Identity(address); got != want {
			t.Errorf("Identity(%q) = %q, want %q", address, got, want)
		}
	}
}

func TestAGroupsNameIsOneThatCrowdTakes(t *testing.T) {
	t.Parallel()
	for name, good := range map[string]bool{
		"Équipe d'été": true, "": false, " x": false, "x ": false, "a\nb": false, "\xff": false,
		strings.Repeat("é", 255): true, strings.Repeat("é", 256): false,
	} {
		if got := crowd.Capabilities().GroupName(name); (got == "") != good {
			t.Errorf("%q: %q", name, got)
		}
	}
}
