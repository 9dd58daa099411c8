package rest

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/budget"
)

// CloudLimits reads the rate-limit headers of Atlassian Cloud: how many calls a
// window allows, how many are left, and when it ends, by the clock that now is
// of. It is false when the answer has none. The vendor's reset is an ISO-8601
// time on its own clock; the Date header takes the difference of the clocks
// out.
// https://developer.atlassian.com/cloud/admin/organization/rest/intro/#rate-limiting
// https://developer.atlassian.com/cloud/jira/platform/rate-limiting/
func CloudLimits(header http.Header, now time.Time) (budget.Limits, bool) {
	limit, remaining, ok := counts(header)
	if !ok {
		return budget.Limits{}, false
	}
	reset, found := resetTime(header, now)
	if !found {
		return budget.Limits{}, false
	}
	return budget.Limits{Limit: limit, Remaining: remaining, Reset: reset}, true
}

// DataCenterLimits reads the rate-limit headers of Jira and Confluence Data
// Center: a bucket that holds so many calls and is filled up by so many each
// interval. The window ends when the bucket would be full again.
// https://confluence.atlassian.com/adminjiraserver/adjusting-your-code-for-rate-limiting-987143384.html
func DataCenterLimits(header http.Header, now time.Time) (budget.Limits, bool) {
	limit, remaining, ok := counts(header)
	if !ok {
		return budget.Limits{}, false
	}
	interval, err := strconv.ParseFloat(strings.TrimSpace(header.Get("X-RateLimit-Interval-Seconds")), 64)
	if err != nil || interval <= 0 {
		return budget.Limits{}, false
	}
	fill, err := strconv.Atoi(strings.TrimSpace(header.Get("X-RateLimit-FillRate")))
	if err != nil || fill <= 0 {
		return budget.Limits{}, false
	}
	intervals := max(1, (limit-remaining+fill-1)/fill)
	return budget.Limits{
		Limit: limit, Remaining: remaining,
		Reset: now.Add(time.Duration(float64(intervals) * interval * float64(time.Second))),
	}, true
}

func counts(header http.Header) (limit, remaining int, ok bool) {
	limit, err := strconv.Atoi(strings.TrimSpace(header.Get("X-RateLimit-Limit")))
	if err != nil || limit <= 0 {
		return 0, 0, false
	}
	remaining, err = strconv.Atoi(strings.TrimSpace(header.Get("X-RateLimit-Remaining")))
	return limit, remaining, err == nil && remaining >= 0
}

// RetryAfter is how long an answer asks to wait: Retry-After in seconds or as
// a date, else until the window's end; zero if it says nothing.
func RetryAfter(header http.Header, now time.Time) time.Duration {
	asked := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.ParseFloat(asked, 64); err == nil {
		if !(seconds > 0) { // not a number either
			return 0
		}
		return time.Duration(min(seconds, mostSeconds) * float64(time.Second))
	}
	if date, err := http.ParseTime(asked); err == nil {
		return max(0, onOurClock(date, header, now).Sub(now))
	}
	if reset, found := resetTime(header, now); found {
		return max(0, reset.Sub(now))
	}
	return 0
}

// mostSeconds are about a year: whoever waits waits far less, and the number of
// nanoseconds of it is a number.
const mostSeconds = 365 * 24 * 3600

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
