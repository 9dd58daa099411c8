package oktasim

import (
	"net/http"

	"github.com/gorilla/mux"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
)

// userBody is the body of requests that create or change a user.
type userBody struct {
	Profile     map[string]any `json:"profile"`
	GroupIDs    []string       `json:"groupIds"`
	Credentials struct {
		Password *struct {
			Value string `json:"value"`
		} `json:"password"`
	} `json:"credentials"`
}

// postUser is POST /api/v1/users: STAGED with activate=false, else ACTIVE with
// a password and PROVISIONED without.
func (s *Sim) postUser(w http.ResponseWriter, r *http.Request) {
	var body userBody
	if err := readBody(r, &body, false); err != nil {
		fail(w, err)
		return
	}
	if err := checkProfile(body.Profile, true); err != nil {
		fail(w, err)
		return
	}
	now := s.now()
	rec := &userRecord{Status: people.Staged, Created: now, LastUpdated: now, StatusChanged: now}
	rec.set(body.Profile)
	rec.HasPassword = body.Credentials.Password != nil && body.Credentials.Password.Value != ""
	if activate := r.URL.Query().Get("activate"); activate != "false" {
		rec.Status, rec.Activated = people.Provisioned, now
		if rec.HasPassword {
			rec.Status = people.Active
		}
	}
	u, err := s.create(rec, body.GroupIDs)
	if err != nil {
		fail(w, err)
		return
	}
	fault.Applied(r, "create-user:"+u.id)
	writeBody(w, http.StatusOK, rec.encoded(u.id))
}

// updateUser is POST (some attributes) and PUT (all of them)
// /api/v1/users/{id}.
func (s *Sim) updateUser(replace bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var body userBody
		if err := readBody(r, &body, false); err != nil {
			fail(w, err)
			return
		}
		u, err := s.updateProfile(mux.Vars(r)["id"], body.Profile, replace)
		if err != nil {
			fail(w, err)
			return
		}
		fault.Applied(r, "update-user:"+u.id)
		s.mu.RLock()
		encoded := u.rec.encoded(u.id)
		s.mu.RUnlock()
		writeBody(w, http.StatusOK, encoded)
	}
}

// deleteUser is DELETE /api/v1/users/{id}: the first deactivates, the second
// erases.
func (s *Sim) deleteUser(w http.ResponseWriter, r *http.Request) {
	id := mux.Vars(r)["id"]
	erased, err := s.DeleteUser(id)
	key := "deactivate-user:" + id
	if erased {
		key = "erase-user:" + id
	}
	done(w, r, key, true, err)
}

// lifecycle is POST /api/v1/users/{id}/lifecycle/…; (re)activation answers with
// what the mail to the user would have had in it, the others with no body.
func (s *Sim) lifecycle(verb string, change func(idOrLogin string) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id := mux.Vars(r)["id"]
		if err := change(id); err != nil {
			fail(w, err)
			return
		}
		if verb != "reactivate" {
			fault.Applied(r, verb+"-user:"+id)
		}
		if verb != "activate" && verb != "reactivate" {
			w.WriteHeader(http.StatusOK)
			return
		}
		answer := map[string]any{}
		if r.URL.Query().Get("sendEmail") == "false" {
			answer["activationUrl"] = orgURL + "/welcome/sandbox"
			answer["activationToken"] = "sandbox"
		}
		writeBody(w, http.StatusOK, encode(answer))
	}
}
