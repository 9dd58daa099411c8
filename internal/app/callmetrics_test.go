package app

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestCallsAreCountedByNameAndStatusClass(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewPedanticRegistry()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	m, err := newCallMetrics(registry, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	status := 0
	base := roundTripper(func(*http.Request) (*http.Response, error) {
		now = now.Add(200 * time.Millisecond)
		if status == 0 {
			return nil, errors.New("cut off")
		}
		return &http.Response{StatusCode: status, Body: http.NoBody}, nil
	})
	counted := m.around(base, "staff", "jira", func(r *http.Request) string { return r.Method + " /user/{id}" })
	for _, status = range []int{200, 204, 302, 404, 429, 503, 0} {
		response, err := counted.RoundTrip(httptest.NewRequest(http.MethodGet, "https://example.com/user/ada", nil))
		if (err == nil) != (status != 0) || err == nil && response.StatusCode != status {
			t.Errorf("%d became %v, %v", status, response, err)
		}
	}
	want := `
# HELP rollcall_calls_total Calls to sources and targets, by connection, part (source, or the target's name), call and status class (429 is one of its own, none is a call without an answer).
# TYPE rollcall_calls_total counter
rollcall_calls_total{call="GET /user/{id}",connection="staff",part="jira",status="2xx"} 2
rollcall_calls_total{call="GET /user/{id}",connection="staff",part="jira",status="3xx"} 1
rollcall_calls_total{call="GET /user/{id}",connection="staff",part="jira",status="429"} 1
rollcall_calls_total{call="GET /user/{id}",connection="staff",part="jira",status="4xx"} 1
rollcall_calls_total{call="GET /user/{id}",connection="staff",part="jira",status="5xx"} 1
rollcall_calls_total{call="GET /user/{id}",connection="staff",part="jira",status="none"} 1
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "rollcall_calls_total"); err != nil {
		t.Error(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != "rollcall_call_seconds" {
			continue
		}
		h := family.GetMetric()[0].GetHistogram()
		if h.GetSampleCount() != 7 || h.GetSampleSum() < 1.39 || h.GetSampleSum() > 1.41 {
			t.Errorf("%d calls of %v s in all; want 7 of 0.2 s each", h.GetSampleCount(), h.GetSampleSum())
		}
	}
	if _, err := newCallMetrics(registry, time.Now); err == nil {
		t.Error("the metrics were registered twice")
	}
}

// What is counted is named by templates: the ids and addresses in a request's
// path and query are in no label.
func TestTheCallsOfConnectionsAreCountedWithoutNamingAnybody(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }))
	t.Cleanup(server.Close)
	registry := prometheus.NewPedanticRegistry()
	m, err := newCallMetrics(registry, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(withoutSharedGroups(oneOfEach(server.URL)), "https://example.okta.com", server.URL, 1)
	all, err := connections(parsed(t, text), nil, m)
	if err != nil {
		t.Fatal(err)
	}
	const person = "ada-7f3"
	called := map[string]bool{"source": true}
	if _, err := all["staff"].Source.User(t.Context(), person); err == nil {
		t.Error("a user is read from a server that has none")
	}
	for _, one := range all["staff"].Targets {
		called[one.Name] = true
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		_, _ = one.Account(ctx, person)                                 // what it makes of a 404 is no matter here
		_, _ = one.FindAccounts(ctx, []string{person + "@example.com"}) // nor here
		_ = one.AddMember(ctx, "group-"+person, person)                 // nor here
		if c, ok := one.Target.(directory.AccountCreator); ok {
			_ = c.CreateAccounts(ctx, []directory.NewAccount{{UserName: person, Email: person + "@example.com", DisplayName: person}}, func(directory.AccountCreated) {})
		}
		cancel()
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counted := map[string]bool{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				if strings.Contains(label.GetValue(), person) || strings.Contains(label.GetValue(), "127.0.0.1") {
					t.Errorf("%s has the label %s=%q", family.GetName(), label.GetName(), label.GetValue())
				}
				if label.GetName() == "call" && label.GetValue() == "other" {
					t.Errorf("a call of %v has no name", metric.GetLabel())
				}
				if label.GetName() == "part" {
					counted[label.GetValue()] = true
				}
			}
		}
	}
	if diff := cmp.Diff(called, counted); diff != "" {
		t.Errorf("counted parts (-called +counted):\n%s", diff)
	}
}
