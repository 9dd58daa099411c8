package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCallsOfAPhaseAreThoseSinceItBegan(t *testing.T) {
	t.Parallel()
	before := map[string]int{"GET /api/v1/users": 5, "GET /api/v1/groups": 1}
	after := map[string]int{"GET /api/v1/users": 10, "GET /api/v1/groups": 1, "POST /v2/orgs/{orgId}/users/invite": 54}
	want := map[string]int{"GET /api/v1/users": 5, "POST /v2/orgs/{orgId}/users/invite": 54}
	if diff := cmp.Diff(want, since(before, after)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestSourceAndTargetAreToldByTheirPaths(t *testing.T) {
	t.Parallel()
	for endpoint, source := range map[string]bool{
		"GET /api/v1/groups/{groupId}/users": true,
		"GET /v1/orgs":                       false,
		"POST /v2/orgs/{orgId}/users/invite": false,
	} {
		if got := isSource(endpoint); got != source {
			t.Errorf("%s: source is %t, want %t", endpoint, got, source)
		}
	}
}

func TestSeveralRunsAreSummedUpByTheirMedian(t *testing.T) {
	t.Parallel()
	sample := func(seconds, peak float64, calls int, equal bool) phase {
		return phase{Seconds: seconds, PeakRSSMB: peak, SourceCalls: calls, Equal: equal}
	}
	for name, c := range map[string]struct {
		samples []phase
		want    phase
	}{
		"one is itself": {
			[]phase{sample(2, 50, 7, true)},
			phase{Seconds: 2, AllSeconds: []float64{2}, PeakRSSMB: 50, SourceCalls: 7, Equal: true},
		},
		"the calls are those of the run with the median time, the peak is the largest": {
			[]phase{sample(3, 50, 30, true), sample(1, 90, 10, true), sample(2, 60, 20, true)},
			phase{Seconds: 2, AllSeconds: []float64{3, 1, 2}, PeakRSSMB: 90, SourceCalls: 20, Equal: true},
		},
		"of an even number, the slower of the two in the middle": {
			[]phase{sample(4, 1, 0, true), sample(1, 1, 0, true), sample(2, 1, 0, true), sample(3, 1, 0, true)},
			phase{Seconds: 3, AllSeconds: []float64{4, 1, 2, 3}, PeakRSSMB: 1, Equal: true},
		},
		"one run that was not equal makes the phase unequal": {
			[]phase{sample(1, 1, 0, true), sample(2, 1, 0, true), {Seconds: 3, PeakRSSMB: 1, Differences: []string{"group-missing"}}},
			phase{Seconds: 2, AllSeconds: []float64{1, 2, 3}, PeakRSSMB: 1, Differences: []string{"group-missing"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, summary(c.samples)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestRatesAreBySecondAndByChangedPerson(t *testing.T) {
	t.Parallel()
	p := phase{Seconds: 2, Changes: 3000, HistoryEvents: 50}
	p.concern(1000)
	if p.ChangesPerSecond != 1500 || p.HistoryEventsPerPerson != 0.05 || p.ChangedPeople != 1000 {
		t.Errorf("got %+v", p)
	}
	p = phase{Seconds: 2, HistoryEvents: 50}
	p.concern(0)
	if p.ChangesPerSecond != 0 || p.HistoryEventsPerPerson != 0 {
		t.Errorf("where nothing changed, there is no rate: %+v", p)
	}
}

func TestPublishedLimitsAreCountedByBucketAndWindow(t *testing.T) {
	t.Parallel()
	// Okta lets half of 600 calls a minute to /users through for one token, and
	// half of 1,200 to what has no bucket of its own, as a group's members.
	const users, members = "GET /api/v1/users", "GET /api/v1/groups/{groupId}/users"
	for name, c := range map[string]struct {
		calls map[string]int
		want  time.Duration
	}{
		"what fits in one window takes no time":          {map[string]int{users: 300}, 0},
		"one more waits for the next window":             {map[string]int{users: 301}, time.Minute},
		"buckets do not wait for one another":            {map[string]int{users: 601, members: 601}, 2 * time.Minute},
		"the target's calls have no published limit":     {map[string]int{"POST /v2/orgs/{orgId}/users/invite": 1e6}, 0},
		"endpoints of one bucket count together":         {map[string]int{members: 400, "GET /api/v1/users/{id}/groups": 300}, time.Minute},
		"no call takes no time, and not a window before": {map[string]int{}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := publishedTime(c.calls); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
