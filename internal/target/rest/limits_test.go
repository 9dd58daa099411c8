package rest

import (
	"net/http"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/budget"
)

func headers(pairs ...string) http.Header {
	header := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		header.Set(pairs[i], pairs[i+1])
	}
	return header
}

func TestCloudLimitsAreReadFromTheHeaders(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		name   string
		header http.Header
		want   budget.Limits
		ok     bool
	}{
		{"as documented", headers("X-RateLimit-Limit", "100", "X-RateLimit-Remaining", "42", "X-RateLimit-Reset", "2026-03-01T12:00:30Z"),
			budget.Limits{Limit: 100, Remaining: 42, Reset: now.Add(30 * time.Second)}, true},
		{"a time without seconds", headers("X-RateLimit-Limit", "100", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "2026-03-01T12:01Z"),
			budget.Limits{Limit: 100, Reset: now.Add(time.Minute)}, true},
		{"a time with fractions and a zone", headers("X-RateLimit-Limit", "5", "X-RateLimit-Remaining", "1", "X-RateLimit-Reset", "2026-03-01T14:00:00.500+0200"),
			budget.Limits{Limit: 5, Remaining: 1, Reset: now.Add(500 * time.Millisecond)}, true},
		{"a vendor whose clock is ten minutes ahead", headers("X-RateLimit-Limit", "5", "X-RateLimit-Remaining", "1",
			"X-RateLimit-Reset", "2026-03-01T12:10:30Z", "Date", "Sun, 01 Mar 2026 12:10:00 GMT"),
			budget.Limits{Limit: 5, Remaining: 1, Reset: now.Add(30 * time.Second)}, true},
		{"none", headers(), budget.Limits{}, false},
		{"no reset", headers("X-RateLimit-Limit", "5", "X-RateLimit-Remaining", "1"), budget.Limits{}, false},
		{"no number", headers("X-RateLimit-Limit", "many", "X-RateLimit-Remaining", "1", "X-RateLimit-Reset", "2026-03-01T12:01Z"), budget.Limits{}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, ok := CloudLimits(test.header, now)
			if ok != test.ok || got.Limit != test.want.Limit || got.Remaining != test.want.Remaining || !got.Reset.Equal(test.want.Reset) {
				t.Errorf("got %+v, %t; want %+v, %t", got, ok, test.want, test.ok)
			}
		})
	}
}

func TestHowLongToWaitIsReadFromWhatIsThere(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		name   string
		header http.Header
		want   time.Duration
	}{
		{"seconds", headers("Retry-After", "7"), 7 * time.Second},
		{"a date", headers("Retry-After", "Sun, 01 Mar 2026 12:00:20 GMT"), 20 * time.Second},
		{"a date on a clock that is ahead", headers("Retry-After", "Sun, 01 Mar 2026 13:00:20 GMT", "Date", "Sun, 01 Mar 2026 13:00:00 GMT"), 20 * time.Second},
		{"a date gone by", headers("Retry-After", "Sun, 01 Mar 2026 11:00:00 GMT"), 0},
		{"the window's end", headers("X-RateLimit-Reset", "2026-03-01T12:00:45Z"), 45 * time.Second},
		{"both", headers("Retry-After", "3", "X-RateLimit-Reset", "2026-03-01T12:00:45Z"), 3 * time.Second},
		{"longer than a duration can be", headers("Retry-After", "1e300"), 365 * 24 * time.Hour},
		{"no number", headers("Retry-After", "NaN"), 0},
		{"for ever", headers("Retry-After", "Inf"), 365 * 24 * time.Hour},
		{"less than nothing", headers("Retry-After", "-3"), 0},
		{"nonsense", headers("Retry-After", "soon"), 0},
		{"nothing", headers(), 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := RetryAfter(test.header, now); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestDataCenterLimitsAreReadFromTheHeaders(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	bucket := func(limit, remaining, interval, fill string) http.Header {
		return headers("X-RateLimit-Limit", limit, "X-RateLimit-Remaining", remaining,
			"X-RateLimit-Interval-Seconds", interval, "X-RateLimit-FillRate", fill, "Retry-After", "0")
	}
	tests := []struct {
		name   string
		header http.Header
		want   budget.Limits
		ok     bool
	}{
		{"a full bucket", bucket("60", "60", "1", "5"), budget.Limits{Limit: 60, Remaining: 60, Reset: now.Add(time.Second)}, true},
		{"a bucket that takes a while to fill", bucket("60", "9", "2", "5"), budget.Limits{Limit: 60, Remaining: 9, Reset: now.Add(22 * time.Second)}, true},
		{"an empty one", bucket("60", "0", "1", "60"), budget.Limits{Limit: 60, Reset: now.Add(time.Second)}, true},
		{"one that is never filled", bucket("60", "1", "1", "0"), budget.Limits{}, false},
		{"no interval", bucket("60", "1", "", "5"), budget.Limits{}, false},
		{"none", headers(), budget.Limits{}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, ok := DataCenterLimits(test.header, now)
			if ok != test.ok || got != test.want {
				t.Errorf("got %+v, %t; want %+v, %t", got, ok, test.want, test.ok)
			}
		})
	}
}
