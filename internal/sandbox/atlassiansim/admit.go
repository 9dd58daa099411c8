package atlassiansim

import (
	"crypto/subtle"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"
)

// resetFormat is ISO-8601, as the vendor writes X-RateLimit-Reset; the
// thousandths let tests use short windows.
const resetFormat = "2006-01-02T15:04:05.000Z"

// admit checks the key, then counts the call against its endpoint's limit and
// says so in the headers.
func (s *Sim) admit(route string, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare([]byte(token), []byte(s.opts.APIKey)) != 1 {
			s.renderFault(w, r, http.StatusUnauthorized)
			return
		}
		now := s.opts.Now()
		limit, remaining, reset, ok, enabled := s.opts.Engine.Take(API, route, now)
		if !enabled {
			limit, remaining, reset, ok, enabled = s.opts.Engine.Take(API, BucketAll, now)
		}
		if enabled {
			w.Header().Set("X-RateLimit-Limit", strconv.Itoa(limit))
			w.Header().Set("X-RateLimit-Remaining", strconv.Itoa(remaining))
			// Rounded up: at that moment the window is over.
			w.Header().Set("X-RateLimit-Reset", reset.UTC().Add(time.Millisecond).Format(resetFormat))
		}
		if !ok {
			s.renderFault(w, r, http.StatusTooManyRequests)
			return
		}
		next(w, r)
	}
}

// managed finds the account of a user management call. Accounts that are not
// managed are forbidden, unknown ones not found; so are those that have
// nothing to do with the organisation.
func (s *Sim) managed(next func(w http.ResponseWriter, r *http.Request, a *account)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.RLock()
		a := s.accountByID[mux.Vars(r)["account_id"]]
		known := a != nil && (a.managed || a.membership != memberNone)
		isManaged := known && a.managed
		s.mu.RUnlock()
		switch {
		case !known:
			write(w, http.StatusNotFound, keyed{Key: "accountNotFound"})
		case !isManaged:
			write(w, http.StatusForbidden, keyed{Key: "forbidden"})
		default:
			next(w, r, a)
		}
	}
}
