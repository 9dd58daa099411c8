package atlassiancloud

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/budget"
)

func headers(pairs ...string) http.Header {
	header := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		header.Set(pairs[i], pairs[i+1])
	}
	return header
}

func TestLimitsAreReadFromTheVendorsHeaders(t *testing.T) {
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
			got, ok := ReadLimits(test.header, now)
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
		{"less than nothing", headers("Retry-After", "-3"), 0},
		{"nonsense", headers("Retry-After", "soon"), 0},
		{"nothing", headers(), 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := retryAfter(test.header, now); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestABucketIsAnEndpointWithoutItsIDs(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"POST /admin/v2/orgs/o/users/invite":                                "POST /v2/orgs/{orgId}/users/invite",
		"POST /admin/v2/orgs/o/workspaces":                                  "POST /v2/orgs/{orgId}/workspaces",
		"GET /admin/v2/orgs/o/directories?limit=100":                        "GET /v2/orgs/{orgId}/directories",
		"POST /admin/v2/orgs/o/directories/-/users/search":                  "POST /v2/orgs/{orgId}/directories/{directoryId}/users/search",
		"POST /admin/v2/orgs/o/directories/d/groups/search":                 "POST /v2/orgs/{orgId}/directories/{directoryId}/groups/search",
		"POST /admin/v2/orgs/o/directories/d/groups":                        "POST /v2/orgs/{orgId}/directories/{directoryId}/groups",
		"GET /admin/v2/orgs/o/directories/d/users/712020:a":                 "GET /v2/orgs/{orgId}/directories/{directoryId}/users/{accountId}",
		"POST /admin/v2/orgs/o/directories/d/users/712020:a/suspend":        "POST /v2/orgs/{orgId}/directories/{directoryId}/users/{accountId}/suspend",
		"POST /admin/v2/orgs/o/directories/d/groups/g/memberships":          "POST /v2/orgs/{orgId}/directories/{directoryId}/groups/{groupId}/memberships",
		"DELETE /admin/v2/orgs/o/directories/d/groups/g/memberships/712020": "DELETE /v2/orgs/{orgId}/directories/{directoryId}/groups/{groupId}/memberships/{accountId}",
		"PATCH /users/712020:a/manage/profile":                              "PATCH /users/{account_id}/manage/profile",
		"PUT /prefix/users/712020:a/manage/email":                           "PUT /users/{account_id}/manage/email",
		"POST /prefix/admin/v2/orgs/o/users/invite":                         "POST /v2/orgs/{orgId}/users/invite",
	}
	got := make(map[string]string)
	for call := range tests {
		method, address, _ := strings.Cut(call, " ")
		request, err := http.NewRequestWithContext(t.Context(), method, "https://api.example.com"+address, nil)
		if err != nil {
			t.Fatal(err)
		}
		got[call] = BucketOf(request)
	}
	if diff := cmp.Diff(tests, got); diff != "" {
		t.Errorf("buckets (-want +got)\n%s", diff)
	}
}
