package okta

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/budget"
)

// BucketOf names Okta's rate-limit bucket that a request counts in. Each has a
// limit of its own; developer.okta.com/docs/reference/rl-additional-limits.
func BucketOf(r *http.Request) string {
	rest, ok := strings.CutPrefix(r.URL.Path, "/api/v1/")
	if !ok {
		return "/api/v1"
	}
	parts := strings.Split(strings.TrimSuffix(rest, "/"), "/")
	switch parts[0] {
	case "users", "groups", "apps":
		switch {
		case len(parts) == 1:
			return "/api/v1/" + parts[0]
		case len(parts) == 2 && parts[0] == "users" && r.Method != http.MethodGet:
			return "/api/v1/users/{id} write"
		case len(parts) == 2:
			return "/api/v1/" + parts[0] + "/{id}"
		case parts[0] == "apps":
			return "/api/v1/apps"
		}
	case "logs":
		return "/api/v1/logs"
	}
	return "/api/v1"
}

// ReadLimits reads X-Rate-Limit-Limit, -Remaining and -Reset, the last in UTC
// epoch seconds of Okta's clock, which Date is compared with. It returns false
// when an answer has none.
func ReadLimits(h http.Header, now time.Time) (budget.Limits, bool) {
	limit, err := strconv.Atoi(h.Get("X-Rate-Limit-Limit"))
	if err != nil || limit <= 0 {
		return budget.Limits{}, false
	}
	remaining, err := strconv.Atoi(h.Get("X-Rate-Limit-Remaining"))
	if err != nil {
		return budget.Limits{}, false
	}
	left, ok := untilReset(h, now)
	if !ok {
		return budget.Limits{}, false
	}
	// Reset may be rounded up or down and Date is rounded down, so the truth is
	// between 2 s before and 1 s after.
	return budget.Limits{Limit: limit, Remaining: max(0, remaining), Reset: now.Add(left - time.Second/2)}, true
}

// untilReset is how long the window of an answer still lasts.
func untilReset(h http.Header, now time.Time) (time.Duration, bool) {
	seconds, err := strconv.ParseInt(h.Get("X-Rate-Limit-Reset"), 10, 64)
	if err != nil {
		return 0, false
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return time.Unix(seconds, 0).Sub(now), true
}

// retryAfter is how long to wait after a 429: what Retry-After says, or until
// the window ends. Both of its times are in whole seconds, hence the second
// more. Zero means that the answer says nothing.
func retryAfter(h http.Header, now time.Time) time.Duration {
	if d, ok := budget.RetryAfter(h, now); ok {
		return d
	}
	if d, ok := untilReset(h, now); ok {
		return max(0, d) + time.Second
	}
	return 0
}
