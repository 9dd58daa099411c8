package sandbox

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"net/http"
	"time"

	"github.com/gorilla/mux"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
)

// adminRoutes is the admin endpoint. It has no credential: the sandbox holds
// nothing but invented people.
//
//	GET, POST, DELETE /_sandbox/faults    rules in force; add one; remove all
//	DELETE            /_sandbox/faults/id remove one
//	GET, DELETE       /_sandbox/calls     the log of calls; empty it
//	GET               /_sandbox/counts    calls by route
//	GET               /_sandbox/applied   how often each change was made, by key
//	GET               /_sandbox/breaches  calls beyond a limit, by bucket
//	GET, PUT          /_sandbox/limits    rate limits in force; set some
//	PUT               /_sandbox/logging   {"on": false}: counts only
//	GET               /_sandbox/okta      the whole state
//	GET               /_sandbox/atlassian the whole state
//	GET               /_sandbox/target/kind  the whole state of a target
//	GET               /_sandbox/target/kind/applied  how often each change was made in it
//	POST              /_sandbox/okta/change  {"n": 20, "seed": 1, "kinds": ["join"]}
//	POST              /_sandbox/okta/mark    remember the state (see Server.Mark)
//	GET               /_sandbox/compare   Okta and a target, object by object
func (s *Server) adminRoutes() http.Handler {
	router := mux.NewRouter()
	admin := router.PathPrefix("/_sandbox").Subrouter()
	admin.HandleFunc("/faults", func(w http.ResponseWriter, _ *http.Request) { answer(w, s.Engine.Rules()) }).Methods("GET")
	admin.HandleFunc("/faults", s.addFault).Methods("POST")
	admin.HandleFunc("/faults", func(w http.ResponseWriter, _ *http.Request) {
		s.Engine.Clear()
		w.WriteHeader(http.StatusNoContent)
	}).Methods("DELETE")
	admin.HandleFunc("/faults/{id}", func(w http.ResponseWriter, r *http.Request) {
		s.Engine.Remove(mux.Vars(r)["id"])
		w.WriteHeader(http.StatusNoContent)
	}).Methods("DELETE")
	admin.HandleFunc("/calls", func(w http.ResponseWriter, _ *http.Request) { answer(w, s.Engine.Calls()) }).Methods("GET")
	admin.HandleFunc("/calls", func(w http.ResponseWriter, _ *http.Request) {
		s.Engine.ResetCalls()
		w.WriteHeader(http.StatusNoContent)
	}).Methods("DELETE")
	admin.HandleFunc("/counts", func(w http.ResponseWriter, _ *http.Request) { answer(w, s.Engine.Counts()) }).Methods("GET")
	admin.HandleFunc("/applied", func(w http.ResponseWriter, _ *http.Request) { answer(w, s.Engine.AppliedKeys()) }).Methods("GET")
	admin.HandleFunc("/breaches", func(w http.ResponseWriter, _ *http.Request) { answer(w, s.Engine.Breaches()) }).Methods("GET")
	admin.HandleFunc("/limits", func(w http.ResponseWriter, _ *http.Request) { answer(w, s.Engine.Limits()) }).Methods("GET")
	admin.HandleFunc("/limits", s.setLimits).Methods("PUT")
	admin.HandleFunc("/logging", s.setLogging).Methods("PUT")
	admin.HandleFunc("/okta", func(w http.ResponseWriter, _ *http.Request) { answer(w, s.Okta.State()) }).Methods("GET")
	for _, t := range s.targets {
		show := func(w http.ResponseWriter, _ *http.Request) { answer(w, t.shown()) }
		admin.HandleFunc("/target/"+t.kind, show).Methods("GET")
		admin.HandleFunc("/target/"+t.kind+"/applied", func(w http.ResponseWriter, _ *http.Request) { answer(w, s.Applied(t.kind)) }).Methods("GET")
		if t.kind == AtlassianCloud {
			admin.HandleFunc("/atlassian", show).Methods("GET")
		}
	}
	admin.HandleFunc("/okta/change", s.change).Methods("POST")
	admin.HandleFunc("/okta/mark", func(w http.ResponseWriter, _ *http.Request) {
		s.Mark()
		w.WriteHeader(http.StatusNoContent)
	}).Methods("POST")
	admin.HandleFunc("/compare", s.compareStates).Methods("GET")
	return router
}

func answer(w http.ResponseWriter, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	// The caller may have gone away; there is nobody left to tell.
	_, _ = w.Write(body)
}

// read decodes a body strictly, and answers 400 and returns false if it is not
// what was expected.
func read(w http.ResponseWriter, r *http.Request, into any) bool {
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return false
	}
	return true
}

func (s *Server) addFault(w http.ResponseWriter, r *http.Request) {
	var rule fault.Rule
	if !read(w, r, &rule) {
		return
	}
	if err := rule.Validate(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	answer(w, map[string]string{"id": s.Engine.Add(rule)})
}

func (s *Server) setLimits(w http.ResponseWriter, r *http.Request) {
	var limits []fault.BucketLimit
	if !read(w, r, &limits) {
		return
	}
	for _, l := range limits {
		if l.Requests > 0 && l.Window <= 0 {
			http.Error(w, "a limit needs a window", http.StatusBadRequest)
			return
		}
	}
	for _, l := range limits {
		s.Engine.SetLimit(l.API, l.Bucket, fault.Limit{Requests: l.Requests, Window: time.Duration(l.Window)})
	}
	answer(w, s.Engine.Limits())
}

func (s *Server) setLogging(w http.ResponseWriter, r *http.Request) {
	var logging struct {
		On bool `json:"on"`
	}
	if !read(w, r, &logging) {
		return
	}
	s.Engine.SetLogging(logging.On)
	w.WriteHeader(http.StatusNoContent)
}

// change marks the state, makes realistic changes among the people and groups
// in Okta, and answers with what they were.
func (s *Server) change(w http.ResponseWriter, r *http.Request) {
	var ask struct {
		N     int                 `json:"n"`
		Seed  int64               `json:"seed"`
		Kinds []people.ChangeKind `json:"kinds"`
	}
	if !read(w, r, &ask) {
		return
	}
	made, err := s.Change(ask.Seed, ask.N, ask.Kinds...)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	answer(w, made)
}

// Change marks the state and makes n changes in Okta, as people.Change does.
// Whoever joined gets an account in the targets where people get theirs by
// other means.
func (s *Server) Change(seed int64, n int, kinds ...people.ChangeKind) ([]people.Changed, error) {
	s.Mark()
	made, err := people.Change(rand.New(rand.NewSource(seed)), n, s.Okta, kinds...)
	if err != nil {
		return made, fmt.Errorf("sandbox: %w", err)
	}
	return made, s.seedAccounts()
}
