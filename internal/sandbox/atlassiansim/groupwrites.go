package atlassiansim

import (
	"net/http"

	"github.com/gorilla/mux"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
)

// groupNameLimit is the longest name of a group, in characters.
const groupNameLimit = 255

// createGroup answers 201 without a body: the id has to be looked up.
func (s *Sim) createGroup(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Name        *string `json:"name"`
		Description string  `json:"description"`
	}
	if err := decode(r, &body); err != nil {
		s.badRequest(w, r, err)
		return
	}
	var c constraints
	if body.Name == nil || *body.Name == "" {
		c.fail("name is missing")
	} else if control(*body.Name) || len([]rune(*body.Name)) > groupNameLimit {
		c.fail("name is too long or has control characters")
	}
	if c.first != nil {
		s.badRequest(w, r, c.first)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.groupByName[fold(*body.Name)]; taken {
		s.fail(w, r, http.StatusConflict, "ADMIN-409-28", "A group named %s already exists.", *body.Name)
		return
	}
	s.newGroup(*body.Name, body.Description)
	fault.Applied(r, "create-group:"+*body.Name)
	w.WriteHeader(http.StatusCreated)
}

func (s *Sim) deleteGroup(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.writableGroup(w, r)
	if g == nil {
		return
	}
	switch {
	case len(g.productDefault) > 0:
		s.fail(w, r, http.StatusForbidden, "ADMIN-403-6", "%s is a product's default group.", g.name)
		return
	case g.administers():
		s.fail(w, r, http.StatusForbidden, "ADMIN-403-7", "%s grants administration.", g.name)
		return
	}
	for len(g.members) > 0 {
		s.leave(g.members[len(g.members)-1], g)
	}
	g.deleted = s.opts.Now()
	delete(s.groupByName, fold(g.name))
	fault.Applied(r, "delete-group:"+g.id)
	w.WriteHeader(http.StatusNoContent)
}

// writableGroup finds the group of a write. Those that an identity provider
// owns, and the organisation administrators', cannot be written by this API.
// Where it returns nil it has answered. The caller holds the lock.
func (s *Sim) writableGroup(w http.ResponseWriter, r *http.Request) *group {
	g := s.liveGroup(mux.Vars(r)["groupId"])
	switch {
	case g == nil:
		s.noGroup(w, r)
		return nil
	case g.external:
		s.fail(w, r, http.StatusForbidden, "ADMIN-403-5", "%s is synced from an identity provider.", g.name)
		return nil
	case g.fixed:
		s.fail(w, r, http.StatusForbidden, "ADMIN-403-5", "%s cannot be changed through this API.", g.name)
		return nil
	}
	return g
}

// addMember answers 409 for two things: the member is there already, or a
// seat is missing.
func (s *Sim) addMember(w http.ResponseWriter, r *http.Request) {
	var body struct {
		AccountID string `json:"accountId"`
	}
	if err := decode(r, &body); err != nil {
		s.badRequest(w, r, err)
		return
	}
	if body.AccountID == "" {
		s.fail(w, r, http.StatusBadRequest, "ADMIN-400-24", "accountId is missing")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.writableGroup(w, r)
	if g == nil {
		return
	}
	a := s.member(r, body.AccountID)
	if a == nil {
		s.fail(w, r, http.StatusNotFound, "ADMIN-404-8", "The user %s was not found in the directory.", body.AccountID)
		return
	}
	if _, in := a.groups[g]; in {
		s.fail(w, r, http.StatusConflict, "ADMIN-409-28", "%s is already a member of %s.", a.email, g.name)
		return
	}
	if s.full(a, g.grants) {
		s.fail(w, r, http.StatusConflict, "ADMIN-409-3", "No license is free for %s in %s.", a.email, g.name)
		return
	}
	s.join(a, g)
	fault.Applied(r, "add-member:"+g.id+":"+a.id)
	w.WriteHeader(http.StatusNoContent)
}

func (s *Sim) removeMember(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.writableGroup(w, r)
	if g == nil {
		return
	}
	a := s.accountByID[mux.Vars(r)["accountId"]]
	if a == nil {
		s.noUser(w, r)
		return
	}
	if _, in := a.groups[g]; !in {
		s.fail(w, r, http.StatusNotFound, "ADMIN-404-8", "%s is not a member of %s.", a.email, g.name)
		return
	}
	s.leave(a, g)
	fault.Applied(r, "remove-member:"+g.id+":"+a.id)
	w.WriteHeader(http.StatusNoContent)
}
