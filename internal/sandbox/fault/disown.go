package fault

import (
	"io"
	"maps"
	"net/http"
	"strings"
)

// disown performs a call and answers it as Disown says.
func (e *Engine) disown(rule Rule, w http.ResponseWriter, r *http.Request, call *Call, next http.Handler, errorBody func(http.ResponseWriter, *http.Request, int)) {
	kept := &pending{ResponseWriter: &discard{header: http.Header{}, log: &e.log, call: call}}
	next.ServeHTTP(kept, r)
	switch changed := e.log.changed(call); {
	case changed:
		e.noteDisowned(rule.ID)
		errorBody(w, r, rule.Status)
	case !e.disowned(rule.ID):
		maps.Copy(w.Header(), kept.Header())
		kept.ResponseWriter = w
		kept.leave()
	case rule.Then.Body == "":
		errorBody(w, r, rule.Then.Status)
	default:
		kind := "application/json"
		if strings.HasPrefix(rule.Then.Body, "<") {
			kind = "text/html; charset=utf-8"
		}
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(rule.Then.Status)
		_, _ = io.WriteString(w, rule.Then.Body) // that the caller went away is the caller's affair
	}
}

func (e *Engine) noteDisowned(id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, c := range e.rules {
		if c.ID == id {
			c.disowned = true
		}
	}
}

func (e *Engine) disowned(id string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, c := range e.rules {
		if c.ID == id {
			return c.disowned
		}
	}
	return false
}
