package bitbucketdcsim

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// The exceptions that Bitbucket names in its errors.
const (
	noSuchUser       = "com.atlassian.bitbucket.user.NoSuchUserException"
	noSuchGroup      = "com.atlassian.bitbucket.user.NoSuchGroupException"
	integrity        = "com.atlassian.bitbucket.IntegrityException"
	badArgument      = "com.atlassian.bitbucket.rest.exception.BadRequestException"
	forbidden        = "com.atlassian.bitbucket.ForbiddenException"
	licenceExceeded  = "com.atlassian.bitbucket.license.LicenseLimitException"
	notAuthenticated = "com.atlassian.bitbucket.auth.IncorrectPasswordAuthenticationException"
	notAuthorised    = "com.atlassian.bitbucket.AuthorisationException"
	serverFailed     = "com.atlassian.bitbucket.server.ServerException"
)

type oneError struct {
	Context   *string `json:"context,omitempty"`
	Message   string  `json:"message"`
	Exception string  `json:"exceptionName"`
}

// refuse answers with Bitbucket's error body.
func refuse(w http.ResponseWriter, status int, exception, message string) {
	standin.Answer(w, status, struct {
		Errors []oneError `json:"errors"`
	}{[]oneError{{Message: message, Exception: exception}}})
}

// problem answers faults, a wrong credential, a spent limit and what is not
// there. A path that is not there is a page of Tomcat's.
func (s *Sim) problem(w http.ResponseWriter, _ *http.Request, status int) {
	switch status {
	case http.StatusUnauthorized:
		refuse(w, status, notAuthenticated, "Authentication failed. Please check your credentials and try again.")
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		w.Header().Set("Content-Type", "text/html;charset=UTF-8")
		w.WriteHeader(status)
		_, _ = w.Write([]byte("<html><title>" + http.StatusText(status) + "</title></html>")) // a caller that has gone away is its own affair
	default:
		refuse(w, status, serverFailed, http.StatusText(status))
	}
}

// limits says what is left of the token bucket.
// https://confluence.atlassian.com/bitbucketserver/improving-instance-stability-with-rate-limiting-976171954.html
func limits(header http.Header, limit, remaining int, reset, now time.Time) {
	header.Set("X-RateLimit-Limit", strconv.Itoa(limit))
	header.Set("X-RateLimit-Remaining", strconv.Itoa(remaining))
	header.Set("X-RateLimit-FillRate", strconv.Itoa(limit))
	seconds := max(1, int(reset.Sub(now).Seconds()+0.999))
	header.Set("X-RateLimit-Interval-Seconds", strconv.Itoa(seconds))
	if remaining <= 0 {
		header.Set("Retry-After", strconv.Itoa(seconds))
	}
}

// guarded refuses writes that a browser could have been tricked into, and says
// who asks.
func (s *Sim) guarded(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-AUSERNAME", s.opts.User)
		if standin.Forgeable(r) {
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte("XSRF check failed"))
			return
		}
		next(w, r)
	}
}

// body reads a JSON body; it answers and returns false where it does not fit.
func body(w http.ResponseWriter, r *http.Request, into any) bool {
	if err := standin.Decode(r, into, true); err != nil {
		refuse(w, http.StatusBadRequest, badArgument, err.Error())
		return false
	}
	return true
}

// done answers a write that has no result.
func done(w http.ResponseWriter) { w.WriteHeader(http.StatusOK) }

// user and group find by name.
func (s *Sim) user(w http.ResponseWriter, name string) (roster.Account, bool) {
	a, there := s.roster.AccountNamed(name)
	if !there {
		refuse(w, http.StatusNotFound, noSuchUser, "No such user: "+name)
	}
	return a, there
}

func (s *Sim) group(w http.ResponseWriter, name string) (roster.Group, bool) {
	g, there := s.roster.GroupNamed(name)
	if !there {
		refuse(w, http.StatusNotFound, noSuchGroup, "No such group: "+name)
	}
	return g, there
}

// pageOf answers with one page of a list.
func pageOf[T, R any](s *Sim, w http.ResponseWriter, r *http.Request, all []T, fresh func(T) bool, shown func(T) R) {
	start, startOK := standin.Number(r, "start", 0)
	limit, limitOK := standin.Number(r, "limit", 25)
	if !startOK || !limitOK || limit == 0 {
		refuse(w, http.StatusBadRequest, badArgument, "start and limit are whole numbers, and limit is above zero")
		return
	}
	limit = min(limit, s.opts.MaxPage)
	all = standin.Spoil(all, s.opts.Engine.ListEffect(r), limit, fresh)
	values := []R{}
	for _, one := range standin.Page(all, start, limit) {
		values = append(values, shown(one))
	}
	last := start+len(values) >= len(all)
	var next *int
	if !last {
		after := start + len(values)
		next = &after
	}
	standin.AnswerAs(w, http.StatusOK, "application/json;charset=UTF-8", struct {
		Values        []R  `json:"values"`
		Size          int  `json:"size"`
		Limit         int  `json:"limit"`
		Start         int  `json:"start"`
		IsLastPage    bool `json:"isLastPage"`
		NextPageStart *int `json:"nextPageStart"`
	}{values, len(values), limit, start, last, next})
}

func never[T any](T) bool { return false }

// contains reports whether one of the texts holds another, whatever its case.
func contains(lower string, texts ...string) bool {
	for _, text := range texts {
		if strings.Contains(strings.ToLower(text), lower) {
			return true
		}
	}
	return false
}
