package atlassiansim

import (
	"net/http"

	"github.com/gorilla/mux"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
)

// roleRequest is RoleApiRequest.
type roleRequest struct {
	Resource string `json:"resource"`
	Role     string `json:"role"`
}

// roleOf checks the body of a role call. The organisation's own role ignores
// whatever resource is sent with it. Where ok is false it has answered.
func (s *Sim) roleOf(w http.ResponseWriter, r *http.Request) (role grant, ok bool) {
	var body roleRequest
	if err := decode(r, &body); err != nil {
		s.badRequest(w, r, err)
		return grant{}, false
	}
	if body.Role == roleOrgAdmin {
		return grant{s.resources[0].ari, roleOrgAdmin}, true
	}
	var c constraints
	if body.Role == "" || body.Resource == "" {
		c.fail("role and resource are required")
	}
	if c.first != nil {
		s.badRequest(w, r, c.first)
		return grant{}, false
	}
	res, known := s.resource(body.Resource)
	if !known {
		s.fail(w, r, http.StatusNotFound, "ADMIN-UAM-404-1", "The resource was not found.")
		return grant{}, false
	}
	if !res.takes(body.Role) {
		s.fail(w, r, http.StatusBadRequest, "ADMIN-UAM-400-3", "%s is no role on this resource.", body.Role)
		return grant{}, false
	}
	return grant{body.Resource, body.Role}, true
}

// roleHolder finds the account of a role call. Where it returns nil it has
// answered. The caller holds the lock.
func (s *Sim) roleHolder(w http.ResponseWriter, r *http.Request) *account {
	a := s.accountByID[mux.Vars(r)["userId"]]
	if a == nil || a.membership == memberNone {
		s.fail(w, r, http.StatusNotFound, "ADMIN-UAM-404-3", "The user was not found.")
		return nil
	}
	if a.lifecycle != lifecycleActive {
		s.fail(w, r, http.StatusBadRequest, "ADMIN-UAM-400-2", "%s is not active.", a.email)
		return nil
	}
	return a
}

func (s *Sim) assignUserRole(w http.ResponseWriter, r *http.Request) {
	role, ok := s.roleOf(w, r)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.roleHolder(w, r)
	if a == nil {
		return
	}
	if _, has := a.grants[role]; !has {
		if s.full(a, map[grant]struct{}{role: {}}) {
			s.fail(w, r, http.StatusConflict, "ADMIN-UAM-409-3", "No license is free for %s.", a.email)
			return
		}
		s.change(a, func() { a.grants[role] = struct{}{} })
		fault.Applied(r, "assign-role:"+a.id+":"+role.resource+":"+role.role)
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Sim) revokeUserRole(w http.ResponseWriter, r *http.Request) {
	role, ok := s.roleOf(w, r)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.roleHolder(w, r)
	if a == nil {
		return
	}
	if _, has := a.grants[role]; has {
		s.change(a, func() { delete(a.grants, role) })
		fault.Applied(r, "revoke-role:"+a.id+":"+role.resource+":"+role.role)
	}
	w.WriteHeader(http.StatusNoContent)
}
