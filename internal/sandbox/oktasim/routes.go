package oktasim

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"

	"github.com/gorilla/mux"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
)

// routes wires the endpoints: faults first, as they happen to a connection,
// then the limits, then the credential.
func (s *Sim) routes() http.Handler {
	router := mux.NewRouter()
	gate := func(next http.Handler) http.Handler { return s.limited(s.authenticated(next)) }
	router.Use(gate)
	router.NotFoundHandler = gate(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fail(w, notFound("Endpoint", r.URL.Path))
	}))
	router.MethodNotAllowedHandler = gate(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		writeStatus(w, r, http.StatusMethodNotAllowed)
	}))
	for _, route := range []struct {
		method, path string
		handler      http.HandlerFunc
	}{
		{"GET", "/api/v1/users", s.listUsers},
		{"POST", "/api/v1/users", s.postUser},
		{"GET", "/api/v1/users/{id}", s.getUser},
		{"POST", "/api/v1/users/{id}", s.updateUser(false)},
		{"PUT", "/api/v1/users/{id}", s.updateUser(true)},
		{"DELETE", "/api/v1/users/{id}", s.deleteUser},
		{"GET", "/api/v1/users/{id}/groups", s.listUserGroups},
		{"POST", "/api/v1/users/{id}/lifecycle/activate", s.lifecycle("activate", s.ActivateUser)},
		{"POST", "/api/v1/users/{id}/lifecycle/reactivate", s.lifecycle("reactivate", s.ReactivateUser)},
		{"POST", "/api/v1/users/{id}/lifecycle/suspend", s.lifecycle("suspend", s.SuspendUser)},
		{"POST", "/api/v1/users/{id}/lifecycle/unsuspend", s.lifecycle("unsuspend", s.UnsuspendUser)},
		{"POST", "/api/v1/users/{id}/lifecycle/deactivate", s.lifecycle("deactivate", s.DeactivateUser)},
		{"POST", "/api/v1/users/{id}/lifecycle/unlock", s.lifecycle("unlock", s.UnlockUser)},
		{"GET", "/api/v1/groups", s.listGroups},
		{"POST", "/api/v1/groups", s.postGroup},
		{"GET", "/api/v1/groups/{groupId}", s.getGroup},
		{"PUT", "/api/v1/groups/{groupId}", s.putGroupProfile},
		{"DELETE", "/api/v1/groups/{groupId}", s.deleteGroup},
		{"GET", "/api/v1/groups/{groupId}/users", s.listMembers},
		{"PUT", "/api/v1/groups/{groupId}/users/{userId}", s.member(true)},
		{"DELETE", "/api/v1/groups/{groupId}/users/{userId}", s.member(false)},
		{"GET", "/api/v1/apps/{appId}", s.inApp(s.getApp)},
		{"GET", "/api/v1/apps/{appId}/users", s.inApp(s.listAppUsers)},
		{"POST", "/api/v1/apps/{appId}/users", s.inApp(s.postAppUser)},
		{"GET", "/api/v1/apps/{appId}/users/{userId}", s.inApp(s.getAppUser)},
		{"DELETE", "/api/v1/apps/{appId}/users/{userId}", s.inApp(s.deleteAppUser)},
		{"GET", "/api/v1/apps/{appId}/groups", s.inApp(s.listAppGroups)},
		{"GET", "/api/v1/apps/{appId}/groups/{groupId}", s.inApp(s.getAppGroup)},
		{"PUT", "/api/v1/apps/{appId}/groups/{groupId}", s.inApp(s.putAppGroup)},
		{"DELETE", "/api/v1/apps/{appId}/groups/{groupId}", s.inApp(s.deleteAppGroup)},
		{"GET", "/api/v1/logs", s.listLogs},
	} {
		router.Handle(route.path, route.handler).Methods(route.method)
	}
	return s.engine.Wrap(API, router, s.faultBody)
}

func (s *Sim) authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "SSWS "+s.opts.Token {
			writeStatus(w, r, http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// inApp answers 404 for any application but the one there is.
func (s *Sim) inApp(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if id := mux.Vars(r)["appId"]; id != s.app.id {
			fail(w, notFound("AppInstance", id))
			return
		}
		next(w, r)
	}
}

// maxBody is more than any documented request needs.
const maxBody = 1 << 20

// readBody decodes a JSON body; one that is empty is malformed unless optional.
func readBody(r *http.Request, into any, optional bool) error {
	text, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return malformed()
	}
	if len(text) == 0 && optional {
		return nil
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return wrongContentType()
	}
	if json.Unmarshal(text, into) != nil {
		return malformed()
	}
	return nil
}

// done answers a change: nothing was changed unless changed says so.
func done(w http.ResponseWriter, r *http.Request, key string, changed bool, err error) {
	if err != nil {
		fail(w, err)
		return
	}
	if changed {
		fault.Applied(r, key)
	}
	w.WriteHeader(http.StatusNoContent)
}
