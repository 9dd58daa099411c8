package oktasim

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
)

// The buckets in which Okta counts calls. Writes to one user have a bucket of
// their own; everything under /api/v1/apps but an application itself shares
// one; what no other bucket names is in the last.
const (
	BucketUsers     = "/api/v1/users"
	BucketUser      = "/api/v1/users/{id}"
	BucketUserWrite = "/api/v1/users/{id} write"
	BucketGroups    = "/api/v1/groups"
	BucketGroup     = "/api/v1/groups/{id}"
	BucketApps      = "/api/v1/apps"
	BucketApp       = "/api/v1/apps/{id}"
	BucketLogs      = "/api/v1/logs"
	BucketOther     = "/api/v1"
)

// PublishedLimits are the limits that Okta last published for a Workforce
// organisation (May 2025), halved, since a token may use half of a bucket
// unless its owner says otherwise: /users 600, /users/{id} 2000 (writes 600),
// /groups 500, /groups/{id} 1000, /apps 100, /apps/{id} 500, /logs 120, other
// 1200 a minute.
func PublishedLimits() map[string]fault.Limit {
	limits := map[string]fault.Limit{}
	for bucket, perMinute := range map[string]int{
		BucketUsers: 600, BucketUser: 2000, BucketUserWrite: 600, BucketGroups: 500, BucketGroup: 1000,
		BucketApps: 100, BucketApp: 500, BucketLogs: 120, BucketOther: 1200,
	} {
		limits[bucket] = fault.Limit{Requests: perMinute / 2, Window: time.Minute}
	}
	return limits
}

// BucketOf returns the bucket in which a call is counted.
func BucketOf(r *http.Request) string {
	parts := strings.Split(strings.Trim(strings.TrimPrefix(r.URL.Path, "/api/v1/"), "/"), "/")
	switch {
	case parts[0] == "users" && len(parts) == 1:
		return BucketUsers
	case parts[0] == "users" && len(parts) == 2 && r.Method == http.MethodGet:
		return BucketUser
	case parts[0] == "users" && len(parts) == 2:
		return BucketUserWrite
	case parts[0] == "groups" && len(parts) == 1:
		return BucketGroups
	case parts[0] == "groups" && len(parts) == 2:
		return BucketGroup
	case parts[0] == "apps" && len(parts) == 2:
		return BucketApp
	case parts[0] == "apps":
		return BucketApps
	case parts[0] == "logs":
		return BucketLogs
	}
	return BucketOther
}

// limited counts every call, refused ones too, and states the limit on every
// answer while there is one.
func (s *Sim) limited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limit, remaining, reset, ok, enabled := s.engine.Take(API, BucketOf(r), s.opts.Now())
		if enabled {
			stateLimit(w, limit, remaining, reset)
		}
		if !ok {
			writeStatus(w, r, http.StatusTooManyRequests)
			return
		}
		underway := s.underway.Add(1)
		defer s.underway.Add(-1)
		if most := int64(s.opts.Concurrency); most > 0 && underway > most {
			// The reset of a concurrency limit is only a suggestion of Okta's.
			stateLimit(w, s.opts.Concurrency, 0, s.opts.Now().Add(time.Second))
			writeStatus(w, r, http.StatusTooManyRequests)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// stateLimit writes the headers; the reset is in seconds since 1970, rounded
// up so that nothing is refused after it.
func stateLimit(w http.ResponseWriter, limit, remaining int, reset time.Time) {
	w.Header().Set("X-Rate-Limit-Limit", strconv.Itoa(limit))
	w.Header().Set("X-Rate-Limit-Remaining", strconv.Itoa(remaining))
	w.Header().Set("X-Rate-Limit-Reset", strconv.FormatInt(reset.Add(time.Second-1).Unix(), 10))
}

// faultBody answers a status that a fault asks for. A 429 with a Retry-After
// states the same time in Okta's own headers; one without has neither, as from
// a proxy in between.
func (s *Sim) faultBody(w http.ResponseWriter, r *http.Request, status int) {
	if seconds, err := strconv.Atoi(fault.RetryAfterOf(r)); err == nil && status == http.StatusTooManyRequests {
		stateLimit(w, 1, 0, s.opts.Now().Add(time.Duration(seconds)*time.Second))
	}
	writeStatus(w, r, status)
}
