package standin

import (
	"crypto/subtle"
	"mime"
	"net/http"
	"time"

	"github.com/gorilla/mux"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
)

// BucketAll is the rate-limit bucket of a stand-in that counts all its calls
// together. It is asked when a call's own bucket, its route, has no limit.
const BucketAll = "*"

// Frame is what all endpoints of a stand-in have in common.
type Frame struct {
	// API is the name under which calls appear in the fault engine.
	API    string
	Engine *fault.Engine
	// Now is the clock.
	Now func() time.Time
	// Authorized reports whether a request has the right credential (Bearer,
	// Basic).
	Authorized func(r *http.Request) bool
	// Problem answers with a status and the vendor's own error body: for faults,
	// for a wrong credential (401), for a limit (429), and for a path (404) or a
	// method (405) that is not there.
	Problem func(w http.ResponseWriter, r *http.Request, status int)
	// Limits says in the vendor's headers what is left of a limit; nil says
	// nothing. It is called only while a limit is in force.
	Limits func(header http.Header, limit, remaining int, reset, now time.Time)
}

// Endpoint is one operation. Public ones ask for no credential.
type Endpoint struct {
	Method, Template string
	Serve            http.HandlerFunc
	Public           bool
}

// Handler serves endpoints. Templates may have variables, which mux.Vars
// returns unescaped; the log of calls has "METHOD template".
func (f Frame) Handler(endpoints []Endpoint) http.Handler {
	router := mux.NewRouter()
	// A group's name may hold an escaped slash.
	router.UseEncodedPath()
	for _, e := range endpoints {
		router.Handle(e.Template, f.wrap(e.Method+" "+e.Template, e.Public, e.Serve)).Methods(e.Method)
	}
	router.NotFoundHandler = f.wrap("unknown", false, func(w http.ResponseWriter, r *http.Request) {
		f.Problem(w, r, http.StatusNotFound)
	})
	router.MethodNotAllowedHandler = f.wrap("unknown", false, func(w http.ResponseWriter, r *http.Request) {
		f.Problem(w, r, http.StatusMethodNotAllowed)
	})
	return router
}

func (f Frame) wrap(route string, public bool, serve http.HandlerFunc) http.Handler {
	return readFirst(f.Engine.Wrap(f.API, f.admit(route, public, serve), f.Problem))
}

// admit checks the credential, then counts the call against its limit and says
// so in the headers.
func (f Frame) admit(route string, public bool, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !public && !f.Authorized(r) {
			f.Problem(w, r, http.StatusUnauthorized)
			return
		}
		now := f.Now()
		limit, remaining, reset, ok, enabled := f.Engine.Take(f.API, route, now)
		if !enabled {
			limit, remaining, reset, ok, enabled = f.Engine.Take(f.API, BucketAll, now)
		}
		if enabled && f.Limits != nil {
			f.Limits(w.Header(), limit, remaining, reset, now)
		}
		if !ok {
			f.Problem(w, r, http.StatusTooManyRequests)
			return
		}
		next(w, r)
	}
}

// Forgeable reports whether a browser could have been tricked into a request: a
// write that has neither a JSON body nor the header by which the Atlassian
// products let such writes through.
// https://confluence.atlassian.com/kb/rest-api-calls-with-a-browser-user-agent-header-may-fail-csrf-checks-802591455.html
func Forgeable(r *http.Request) bool {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")) // one that cannot be read is none
	return r.Method != http.MethodGet && kind != "application/json" && r.Header.Get("X-Atlassian-Token") != "no-check"
}

// Bearer returns what accepts one token.
func Bearer(token string) func(r *http.Request) bool {
	return func(r *http.Request) bool {
		return same(r.Header.Get("Authorization"), "Bearer "+token)
	}
}

// Basic returns what accepts one name and password.
func Basic(user, password string) func(r *http.Request) bool {
	return func(r *http.Request) bool {
		name, secret, ok := r.BasicAuth()
		return ok && same(name, user) && same(secret, password)
	}
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
