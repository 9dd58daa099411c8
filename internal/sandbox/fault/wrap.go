package fault

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/gorilla/mux"
)

// RetryAfterOf is the Retry-After that the fault in force wants for this
// answer, "" for none. Vendors that say it in a header of their own use it
// when they render their error body.
func RetryAfterOf(r *http.Request) string {
	if state := stateOf(r); state != nil {
		return state.retryAfter
	}
	return ""
}

// callState travels with a request, so that handlers can say what they did.
type callState struct {
	engine     *Engine
	call       *Call
	body       []byte
	retryAfter string
}

type callStateKey struct{}

func stateOf(r *http.Request) *callState {
	state, _ := r.Context().Value(callStateKey{}).(*callState)
	return state
}

// Wrap applies the faults that concern whole calls (Latency, Status,
// CutBefore, CutAfter, Disown) and logs each call. If next is a *mux.Router, or Wrap
// is used inside one, the log has the route's template, else the path.
// errorBody writes status and the vendor's own body.
func (e *Engine) Wrap(api string, next http.Handler, errorBody func(w http.ResponseWriter, r *http.Request, status int)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		call := e.log.begin(api, r, routeOf(next, r))
		state := &callState{engine: e, call: call}
		r = r.WithContext(context.WithValue(r.Context(), callStateKey{}, state))
		if e.wantsBody(api, r) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				// The caller went away in the middle of its own request.
				panic(http.ErrAbortHandler)
			}
			state.body = body
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		rules := e.take(callKinds, api, r, state.body)
		// Latency first: a cut or refused call is as slow as any other.
		for _, rule := range rules {
			if rule.Kind == Latency && !wait(r.Context(), time.Duration(rule.Delay)) {
				panic(http.ErrAbortHandler)
			}
		}
		e.log.hook("before", call)
		answer := &pending{ResponseWriter: w}
		if e.log.hooked() {
			w = answer
		}
		w = &recorder{ResponseWriter: w, log: &e.log, call: call}
		for _, rule := range rules {
			switch rule.Kind {
			case Status:
				state.retryAfter = rule.RetryAfter
				if rule.RetryAfter != "" {
					w.Header().Set("Retry-After", rule.RetryAfter)
				}
				errorBody(w, r, rule.Status)
				e.log.hook("after", call)
				answer.leave()
				return
			case CutBefore:
				e.log.hook("after", call)
				panic(http.ErrAbortHandler)
			case CutAfter:
				next.ServeHTTP(&discard{header: http.Header{}, log: &e.log, call: call}, r)
				e.log.hook("after", call)
				panic(http.ErrAbortHandler)
			case Disown:
				e.disown(rule, w, r, call, next, errorBody)
				e.log.hook("after", call)
				answer.leave()
				return
			}
		}
		next.ServeHTTP(w, r)
		e.log.hook("after", call)
		answer.leave()
	})
}

// pending keeps an answer until the hooks have run: one that is longer than the
// server's buffer would have left whole by then, and the connection that a hook
// holds would be given to the caller's next call.
type pending struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (w *pending) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *pending) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}

// leave sends what there is of the answer. That the caller went away meanwhile
// is the caller's affair.
func (w *pending) leave() {
	if w.status == 0 {
		return
	}
	w.ResponseWriter.WriteHeader(w.status)
	_, _ = w.body.WriteTo(w.ResponseWriter)
}

// wait returns false if the caller went away before the delay was over.
func wait(ctx context.Context, delay time.Duration) bool {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// routeOf finds the template of the route that will serve the request, the
// path itself when nothing tells.
func routeOf(next http.Handler, r *http.Request) string {
	route := mux.CurrentRoute(r)
	if router, ok := next.(*mux.Router); ok && route == nil {
		var match mux.RouteMatch
		if router.Match(r, &match) {
			route = match.Route
		}
	}
	if route != nil {
		if template, err := route.GetPathTemplate(); err == nil {
			return r.Method + " " + template
		}
	}
	return r.Method + " " + r.URL.Path
}

// recorder notes the status of an answer as it is written, so that a caller
// that has its answer finds the call complete in the log.
type recorder struct {
	http.ResponseWriter
	log  *callLog
	call *Call
	done bool
}

func (w *recorder) WriteHeader(status int) {
	if !w.done {
		w.done = true
		w.log.status(w.call, status)
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if !w.done {
		w.WriteHeader(http.StatusOK)
	}
	n, err := w.ResponseWriter.Write(b)
	if err != nil {
		return n, fmt.Errorf("write answer: %w", err)
	}
	return n, nil
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// discard takes the answer of a call whose connection will be cut.
type discard struct {
	header http.Header
	log    *callLog
	call   *Call
	done   bool
}

func (w *discard) Header() http.Header { return w.header }

func (w *discard) WriteHeader(status int) {
	if !w.done {
		w.done = true
		w.log.status(w.call, status)
	}
}

func (w *discard) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return len(b), nil
}
