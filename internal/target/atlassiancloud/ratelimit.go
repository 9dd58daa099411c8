package atlassiancloud

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/budget"
)

// ReadLimits reads the vendor's rate-limit headers: how many calls a window
// allows for this endpoint, how many are left, and when the window ends, by
// the clock that now is of. It is false when the answer has none. The vendor's
// reset is an ISO-8601 time on its own clock; the Date header takes the
// difference of the clocks out.
// https://developer.atlassian.com/cloud/admin/organization/rest/intro/#rate-limiting
func ReadLimits(header http.Header, now time.Time) (budget.Limits, bool) {
	limit, err := strconv.Atoi(strings.TrimSpace(header.Get("X-RateLimit-Limit")))
	if err != nil || limit <= 0 {
		return budget.Limits{}, false
	}
	remaining, err := strconv.Atoi(strings.TrimSpace(header.Get("X-RateLimit-Remaining")))
	if err != nil || remaining < 0 {
		return budget.Limits{}, false
	}
	reset, found := resetTime(header, now)
	if !found {
		return budget.Limits{}, false
	}
	return budget.Limits{Limit: limit, Remaining: remaining, Reset: reset}, true
}

// retryAfter is how long an answer asks to wait: Retry-After in seconds or as
// a date, else until the window's end; zero if it says nothing.
func retryAfter(header http.Header, now time.Time) time.Duration {
	asked := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.ParseFloat(asked, 64); err == nil {
		return max(0, time.Duration(seconds*float64(time.Second)))
	}
	if date, err := http.ParseTime(asked); err == nil {
		return max(0, onOurClock(date, header, now).Sub(now))
	}
	if reset, found := resetTime(header, now); found {
		return max(0, reset.Sub(now))
	}
	return 0
}

func resetTime(header http.Header, now time.Time) (time.Time, bool) {
	stated := strings.TrimSpace(header.Get("X-RateLimit-Reset"))
	// The vendor leaves the seconds out on some endpoints.
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z0700"} {
		if reset, err := time.Parse(layout, stated); err == nil {
			return onOurClock(reset, header, now), true
		}
	}
	return time.Time{}, false
}

func onOurClock(t time.Time, header http.Header, now time.Time) time.Time {
	theirs, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return t
	}
	return now.Add(t.Sub(theirs))
}

// BucketOf names the vendor's bucket that a request counts in: limits are "for
// each endpoint", so it is the method and the path with its ids taken out,
// such as "POST /v2/orgs/{orgId}/users/invite".
func BucketOf(request *http.Request) string {
	path := request.URL.Path
	if _, below, found := strings.Cut(path, "/admin/v"); found {
		path = "/v" + below
	} else if at := strings.Index(path, "/users/"); at >= 0 {
		path = path[at:]
	}
	segments := strings.Split(path, "/")
	manage := len(segments) > 1 && segments[1] == "users"
	for i := 1; i < len(segments); i++ {
		switch previous, segment := segments[i-1], segments[i]; {
		case previous == "orgs":
			segments[i] = "{orgId}"
		case previous == "directories":
			segments[i] = "{directoryId}"
		case previous == "groups" && segment != "search" && segment != "count" && segment != "stats":
			segments[i] = "{groupId}"
		case previous == "memberships", previous == "users" && !manage &&
			segment != "search" && segment != "count" && segment != "stats" && segment != "invite":
			segments[i] = "{accountId}"
		case previous == "users" && manage && i == 2:
			segments[i] = "{account_id}"
		}
	}
	return request.Method + " " + strings.Join(segments, "/")
}
