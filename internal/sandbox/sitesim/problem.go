package sitesim

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// jiraProblem is Jira's ErrorCollection: words, and no code.
type jiraProblem struct {
	Messages []string          `json:"errorMessages"`
	Errors   map[string]string `json:"errors"`
}

type wikiProblem struct {
	Status  int    `json:"statusCode"`
	Message string `json:"message"`
}

type wikiProblems struct {
	Errors []wikiError `json:"errors"`
}

type wikiError struct {
	Status int     `json:"status"`
	Code   string  `json:"code"`
	Title  string  `json:"title"`
	Detail *string `json:"detail"`
}

// fail answers with an error in the form of the API that was asked.
func (s *Sim) fail(w http.ResponseWriter, r *http.Request, status int, text string) {
	switch {
	case strings.HasPrefix(r.URL.Path, "/wiki/api/v2/"):
		code := strings.ToUpper(strings.ReplaceAll(http.StatusText(status), " ", "_"))
		standin.Answer(w, status, wikiProblems{Errors: []wikiError{{Status: status, Code: code, Title: text}}})
	case strings.HasPrefix(r.URL.Path, "/wiki/"):
		standin.Answer(w, status, wikiProblem{Status: status, Message: text})
	default:
		standin.Answer(w, status, jiraProblem{Messages: []string{text}, Errors: map[string]string{}})
	}
}

// problem answers for faults, limits, and what is not there. With a limit comes
// the reason in a header.
// https://developer.atlassian.com/cloud/jira/platform/rate-limiting/
func (s *Sim) problem(w http.ResponseWriter, r *http.Request, status int) {
	if status == http.StatusTooManyRequests {
		w.Header().Set("RateLimit-Reason", "jira-burst-based")
		reset, err := time.Parse(resetLayout, w.Header().Get("X-RateLimit-Reset"))
		if err == nil && fault.RetryAfterOf(r) == "" {
			wait := max(1, int(reset.Sub(s.opts.Now()).Seconds()+0.999))
			w.Header().Set("Retry-After", strconv.Itoa(wait))
		}
	}
	s.fail(w, r, status, http.StatusText(status))
}

const resetLayout = "2006-01-02T15:04:05Z07:00"

// limits says in the vendor's headers what is left of a limit.
func limits(header http.Header, limit, remaining int, reset, _ time.Time) {
	header.Set("X-RateLimit-Limit", strconv.Itoa(limit))
	header.Set("X-RateLimit-Remaining", strconv.Itoa(remaining))
	// Whole seconds are all that the form has: never before the window ends.
	header.Set("X-RateLimit-Reset", reset.UTC().Add(time.Second-time.Nanosecond).Truncate(time.Second).Format(resetLayout))
	if remaining*5 < limit {
		header.Set("X-RateLimit-NearLimit", "true")
	}
}
