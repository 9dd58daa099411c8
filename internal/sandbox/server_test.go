package sandbox_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/sandbox"
	"github.com/rollcall-sync/rollcall/internal/sandbox/compare"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/oktasim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
)

func start(t *testing.T, opts sandbox.Options) *sandbox.Server {
	t.Helper()
	s, err := sandbox.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// ask makes a call and decodes the answer into what into points to, unless it
// is nil.
func ask(t *testing.T, method, url, authorization, body string, into any) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			t.Fatalf("%s %s: %d %.200s: %v", method, url, resp.StatusCode, text, err)
		}
	}
	return resp.StatusCode
}

func TestBothStandInsAreServedEachAtItsAddress(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{People: 30, Groups: 10, Seed: 1})
	where := s.Announcement()
	var users []struct{ ID string }
	if status := ask(t, "GET", where.Okta+"/api/v1/users", "SSWS "+where.OktaToken, "", &users); status != 200 || len(users) == 0 {
		t.Errorf("Okta: %d with %d users", status, len(users))
	}
	org := where.Atlassian + "/admin/v2/orgs/" + where.Organization + "/directories"
	if status := ask(t, "GET", org, "Bearer "+where.AtlassianKey, "", nil); status != 200 {
		t.Errorf("Atlassian: %d", status)
	}
	if status := ask(t, "GET", where.Okta+"/api/v1/users", "SSWS wrong", "", nil); status != 401 {
		t.Errorf("Okta with a wrong token: %d", status)
	}
	if status := ask(t, "GET", org, "Bearer wrong", "", nil); status != 401 {
		t.Errorf("Atlassian with a wrong key: %d", status)
	}
	if status := ask(t, "GET", where.Okta+"/api/v1/apps/"+where.AppID, "SSWS "+where.OktaToken, "", nil); status != 200 {
		t.Errorf("the application: %d", status)
	}
}

func TestTheAdminEndpointIsAtBothAddresses(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{People: 30, Groups: 12, Seed: 1})
	for _, base := range []string{s.OktaURL(), s.AtlassianURL()} {
		admin := base + "/_sandbox"
		var added struct{ ID string }
		if status := ask(t, "POST", admin+"/faults", "", `{"api":"okta","kind":"status","status":503,"times":1}`, &added); status != 200 || added.ID == "" {
			t.Fatalf("add a fault: %d %+v", status, added)
		}
		if status := ask(t, "GET", s.OktaURL()+"/api/v1/users", "SSWS "+s.OktaToken(), "", nil); status != 503 {
			t.Errorf("the fault is not in force: %d", status)
		}
		var rules []fault.Rule
		ask(t, "GET", admin+"/faults", "", "", &rules)
		if diff := cmp.Diff([]fault.Rule{{ID: added.ID, API: "okta", Kind: fault.Status, Status: 503, Times: 1}}, rules); diff != "" {
			t.Error(diff)
		}
		if status := ask(t, "DELETE", admin+"/faults/"+added.ID, "", "", nil); status != 204 || len(s.Engine.Rules()) != 0 {
			t.Errorf("remove a fault: %d, %v", status, s.Engine.Rules())
		}
		s.Engine.Add(fault.Rule{Kind: fault.Empty})
		if status := ask(t, "DELETE", admin+"/faults", "", "", nil); status != 204 || len(s.Engine.Rules()) != 0 {
			t.Errorf("remove all faults: %d, %v", status, s.Engine.Rules())
		}
		var calls []fault.Call
		ask(t, "GET", admin+"/calls", "", "", &calls)
		if len(calls) != 1 || calls[0].Route != "GET /api/v1/users" || calls[0].Status != 503 {
			t.Errorf("calls %+v", calls)
		}
		counts := map[string]int{}
		ask(t, "GET", admin+"/counts", "", "", &counts)
		if diff := cmp.Diff(map[string]int{"GET /api/v1/users": 1}, counts); diff != "" {
			t.Error(diff)
		}
		var limits []fault.BucketLimit
		ask(t, "PUT", admin+"/limits", "", `[{"api":"okta","bucket":"/api/v1/users","requests":1,"window":"1m"}]`, &limits)
		if len(limits) != 1 || limits[0].Window != fault.Duration(time.Minute) {
			t.Errorf("limits %+v", limits)
		}
		ask(t, "PUT", admin+"/limits", "", `[{"api":"okta","bucket":"/api/v1/users","requests":0}]`, &limits)
		if len(limits) != 0 {
			t.Errorf("limits that were switched off: %+v", limits)
		}
		if status := ask(t, "DELETE", admin+"/calls", "", "", nil); status != 204 || len(s.Engine.Calls()) != 0 {
			t.Errorf("empty the log: %d", status)
		}
		for _, wrong := range [][3]string{
			{"POST", "/faults", `{"kind":"explode"}`}, {"POST", "/faults", `{"kind":"empty","whenever":true}`},
			{"PUT", "/limits", `[{"api":"okta","bucket":"x","requests":5}]`}, {"POST", "/okta/change", `{"n":1,"kinds":["retire"]}`},
			{"GET", "/compare?app=perhaps", ""},
		} {
			if status := ask(t, wrong[0], admin+wrong[1], "", wrong[2], nil); status != 400 {
				t.Errorf("%s %s %s: %d, want 400", wrong[0], wrong[1], wrong[2], status)
			}
		}
	}
}

func TestTheStatesAreShownChangedAndCompared(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{People: 60, Groups: 20, Seed: 1})
	admin := s.AtlassianURL() + "/_sandbox"
	var before, after oktasim.Snapshot
	ask(t, "GET", admin+"/okta", "", "", &before)
	if len(before.Users) != 60 || len(before.Groups) != 21 {
		t.Fatalf("%d users, %d groups", len(before.Users), len(before.Groups))
	}
	var made []people.Changed
	if status := ask(t, "POST", admin+"/okta/change", "", `{"n":4,"seed":3,"kinds":["join"]}`, &made); status != 200 || len(made) != 4 {
		t.Fatalf("change: %d %+v", status, made)
	}
	ask(t, "GET", admin+"/okta", "", "", &after)
	if len(after.Users) != 64 {
		t.Errorf("%d users after four joined", len(after.Users))
	}
	var atlassian struct {
		Accounts []struct{ ID string }
		Groups   []struct{ ID string }
	}
	ask(t, "GET", admin+"/atlassian", "", "", &atlassian)
	if len(atlassian.Accounts) == 0 || len(atlassian.Groups) == 0 {
		t.Errorf("a fresh organisation has its administrators and groups: %+v", atlassian)
	}
	var report struct {
		Equal bool
		compare.Report
	}
	ask(t, "GET", admin+"/compare", "", "", &report)
	// Two of the twenty groups have names that differ in case only.
	if report.Equal || report.Compared.Users != 64 || report.Compared.Groups != 19 || len(report.Conflicts) != 1 {
		t.Errorf("nobody has been provisioned, and the comparison says equal %v, %+v, %v", report.Equal, report.Compared, report.Conflicts)
	}
	ask(t, "GET", admin+"/compare?app=true&group=eng-*", "", "", &report)
	if report.Compared.Groups == 0 || report.Compared.Groups >= 20 {
		t.Errorf("limited to the application and a pattern, %d groups were compared", report.Compared.Groups)
	}
}

func TestAnEmptyOrganisationIsEqual(t *testing.T) {
	t.Parallel()
	s, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if report := s.Compare(compare.Options{GroupTypes: sandbox.OwnGroups()}); !report.Equal() {
		t.Errorf("nobody is there, and they differ: %s", report)
	}
}

func TestLatencyAndPublishedLimitsAreInForceFromTheStart(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{People: 5, Groups: 2, Uniform: true, Latency: 30 * time.Millisecond, PublishedLimits: true})
	began := time.Now()
	if status := ask(t, "GET", s.OktaURL()+"/api/v1/users", "SSWS "+s.OktaToken(), "", nil); status != 200 {
		t.Fatalf("status %d", status)
	}
	if took := time.Since(began); took < 30*time.Millisecond {
		t.Errorf("answered after %s", took)
	}
	if n := len(s.Engine.Limits()); n != len(oktasim.PublishedLimits()) {
		t.Errorf("%d limits in force", n)
	}
}

func TestASandboxIsStartedOnceAndClosedAsOftenAsOneLikes(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{People: 1, Groups: 1})
	if err := s.Start(); err == nil {
		t.Error("started twice")
	}
	taken := strings.TrimPrefix(s.OktaURL(), "http://")
	other, err := sandbox.New(sandbox.Options{AtlassianAddr: taken})
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err == nil {
		t.Error("listened on an address that is taken")
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		if err := other.Close(); err != nil {
			t.Errorf("close what never started: %v", err)
		}
	}
	if _, err := sandbox.New(sandbox.Options{People: -1}); err == nil {
		t.Error("fewer people than none")
	}
}

func TestTheProgramAnnouncesItselfAndServesUntilItIsTold(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := sandbox.Run(ctx, []string{"--people", "20", "--groups=4", "--memberships", "1", "--uniform", "--seed", "9"}, in, io.Discard)
		ended <- err
		_ = in.CloseWithError(io.EOF)
	}()
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var where sandbox.Announcement
	if err := json.Unmarshal(line, &where); err != nil {
		t.Fatalf("announced %s: %v", line, err)
	}
	var state oktasim.Snapshot
	ask(t, "GET", where.Okta+"/_sandbox/okta", "", "", &state)
	if len(state.Users) != 20 || len(state.Groups) != 5 || len(state.Groups[1].Members) != 5 {
		t.Errorf("%d users, %d groups", len(state.Users), len(state.Groups))
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("ended with %v", err)
	}
	for name, args := range map[string][]string{"an unknown flag": {"--persons", "3"}, "an argument": {"now"}} {
		if err := sandbox.Run(t.Context(), args, io.Discard, io.Discard); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}
