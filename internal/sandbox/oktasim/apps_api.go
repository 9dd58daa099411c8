package oktasim

import (
	"net/http"
	"strings"

	"github.com/gorilla/mux"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
)

// getApp is GET /api/v1/apps/{appId}.
func (s *Sim) getApp(w http.ResponseWriter, _ *http.Request) {
	writeBody(w, http.StatusOK, encode(s.app.object()))
}

// listAppUsers is GET /api/v1/apps/{appId}/users.
func (s *Sim) listAppUsers(w http.ResponseWriter, r *http.Request) {
	limit, err := appUserLimits.of(r)
	if err != nil {
		fail(w, err)
		return
	}
	behind, err := after(r, "appusers")
	if err != nil {
		fail(w, err)
		return
	}
	query := r.URL.Query()
	prefix, expand := strings.ToLower(query.Get("q")), query.Get("expand") == "user"
	effect := s.engine.ListEffect(r)
	s.mu.RLock()
	all := s.users
	if effect == fault.Stale {
		all = nil
		for _, u := range s.staleUsers() {
			all = append(all, u.of)
		}
	}
	page, next := paginate(all, userID, func(u *user) bool {
		if s.scope(u) == "" {
			return false
		}
		for _, text := range []string{u.rec.Login, u.rec.FirstName, u.rec.LastName, u.rec.Email} {
			if strings.HasPrefix(strings.ToLower(text), prefix) {
				return true
			}
		}
		return false
	}, behind, limit, effect)
	bodies := make([][]byte, 0, len(page))
	for _, u := range page {
		bodies = append(bodies, encode(s.appUser(u, s.scope(u), expand)))
	}
	s.mu.RUnlock()
	if next != "" {
		next = cursor("appusers", next)
	}
	pageLinks(w, r, next)
	writeList(w, bodies)
}

// getAppUser is GET /api/v1/apps/{appId}/users/{userId}; 404 also for somebody
// who exists and does not have the application.
func (s *Sim) getAppUser(w http.ResponseWriter, r *http.Request) {
	id := mux.Vars(r)["userId"]
	s.mu.RLock()
	var body []byte
	if u := s.byID[id]; u != nil {
		if scope := s.scope(u); scope != "" {
			body = encode(s.appUser(u, scope, r.URL.Query().Get("expand") == "user"))
		}
	}
	s.mu.RUnlock()
	if body == nil {
		fail(w, notFound("AppUser", id))
		return
	}
	writeBody(w, http.StatusOK, body)
}

// postAppUser is POST /api/v1/apps/{appId}/users.
func (s *Sim) postAppUser(w http.ResponseWriter, r *http.Request) {
	var body struct {
		ID    string `json:"id"`
		Scope string `json:"scope"`
	}
	if err := readBody(r, &body, false); err != nil {
		fail(w, err)
		return
	}
	if body.ID == "" {
		fail(w, invalid("id", "id: The field cannot be left blank"))
		return
	}
	if body.Scope != "" && body.Scope != "USER" {
		fail(w, invalid("scope", "scope: a user is assigned with the scope USER"))
		return
	}
	changed, err := s.setAssigned(body.ID, true)
	if err != nil {
		fail(w, err)
		return
	}
	if changed {
		fault.Applied(r, "assign-user:"+body.ID)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	u, err := s.findUser(body.ID)
	if err != nil {
		fail(w, err)
		return
	}
	writeBody(w, http.StatusOK, encode(s.appUser(u, "USER", false)))
}

// deleteAppUser is DELETE /api/v1/apps/{appId}/users/{userId}.
func (s *Sim) deleteAppUser(w http.ResponseWriter, r *http.Request) {
	id := mux.Vars(r)["userId"]
	changed, err := s.setAssigned(id, false)
	done(w, r, "unassign-user:"+id, changed, err)
}

// listAppGroups is GET /api/v1/apps/{appId}/groups.
func (s *Sim) listAppGroups(w http.ResponseWriter, r *http.Request) {
	limit, err := appGroupLimits.of(r)
	if err != nil {
		fail(w, err)
		return
	}
	behind, err := after(r, "appgroups")
	if err != nil {
		fail(w, err)
		return
	}
	query := r.URL.Query()
	prefix, expand := strings.ToLower(query.Get("q")), query.Get("expand") == "group"
	effect := s.engine.ListEffect(r)
	s.mu.RLock()
	page, next := paginate(s.app.groups, func(a *assignedGroup) string { return a.group.id }, func(a *assignedGroup) bool {
		return strings.HasPrefix(strings.ToLower(a.group.rec.Name), prefix)
	}, behind, limit, effect)
	bodies := make([][]byte, 0, len(page))
	for _, a := range page {
		bodies = append(bodies, encode(s.appGroup(a, expand)))
	}
	s.mu.RUnlock()
	if next != "" {
		next = cursor("appgroups", next)
	}
	pageLinks(w, r, next)
	writeList(w, bodies)
}

// getAppGroup is GET /api/v1/apps/{appId}/groups/{groupId}.
func (s *Sim) getAppGroup(w http.ResponseWriter, r *http.Request) {
	id := mux.Vars(r)["groupId"]
	s.mu.RLock()
	var body []byte
	if g := s.groupID[id]; g != nil {
		if a := s.app.assignment(g); a != nil {
			body = encode(s.appGroup(a, r.URL.Query().Get("expand") == "group"))
		}
	}
	s.mu.RUnlock()
	if body == nil {
		fail(w, notFound("ApplicationGroupAssignment", id))
		return
	}
	writeBody(w, http.StatusOK, body)
}

// putAppGroup is PUT /api/v1/apps/{appId}/groups/{groupId}.
func (s *Sim) putAppGroup(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Priority *int           `json:"priority"`
		Profile  map[string]any `json:"profile"`
	}
	if err := readBody(r, &body, true); err != nil {
		fail(w, err)
		return
	}
	id := mux.Vars(r)["groupId"]
	changed, err := s.setGroupAssigned(id, true)
	if err != nil {
		fail(w, err)
		return
	}
	if changed {
		fault.Applied(r, "assign-group:"+id)
	}
	s.getAppGroup(w, r)
}

// deleteAppGroup is DELETE /api/v1/apps/{appId}/groups/{groupId}.
func (s *Sim) deleteAppGroup(w http.ResponseWriter, r *http.Request) {
	id := mux.Vars(r)["groupId"]
	changed, err := s.setGroupAssigned(id, false)
	done(w, r, "unassign-group:"+id, changed, err)
}
