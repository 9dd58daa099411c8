package crowdsim

import (
	"errors"
	"net/http"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// named is a user or a group in the body of a membership.
type named struct {
	Name string `json:"name"`
}

// joinGroup puts the user of the query in the group of the body: a missing
// group is the body's fault.
func (s *Sim) joinGroup(w http.ResponseWriter, r *http.Request) {
	a, ok := s.user(w, r)
	var to named
	if !ok || !body(w, r, &to) {
		return
	}
	g, there := s.roster.GroupNamed(to.Name)
	if !there {
		refuse(w, http.StatusBadRequest, groupNotFound, "Group <"+to.Name+"> does not exist")
		return
	}
	s.join(w, r, g, a)
}

// addUser puts the user of the body in the group of the query.
func (s *Sim) addUser(w http.ResponseWriter, r *http.Request) {
	g, ok := s.group(w, r, "groupname")
	var who named
	if !ok || !body(w, r, &who) {
		return
	}
	a, there := s.roster.AccountNamed(who.Name)
	if !there {
		refuse(w, http.StatusBadRequest, userNotFound, "User <"+who.Name+"> does not exist")
		return
	}
	s.join(w, r, g, a)
}

func (s *Sim) join(w http.ResponseWriter, r *http.Request, g roster.Group, a roster.Account) {
	if external(w, g.External) {
		return
	}
	changed, err := s.roster.Join(g.ID, a.ID)
	switch {
	case errors.Is(err, roster.ErrNoGroup):
		refuse(w, http.StatusNotFound, groupNotFound, "Group does not exist")
	case err != nil:
		refuse(w, http.StatusNotFound, userNotFound, "User does not exist")
	case !changed:
		refuse(w, http.StatusConflict, membershipExists, "Membership already exists")
	default:
		s.fresh.Mark("member:"+g.ID+":"+a.ID, s.opts.Now())
		fault.Applied(r, "add-member:"+g.ID+":"+a.ID)
		w.WriteHeader(http.StatusCreated)
	}
}

// leaveGroup takes a user out of a group, by either resource.
func (s *Sim) leaveGroup(w http.ResponseWriter, r *http.Request) {
	a, ok := s.user(w, r)
	if !ok {
		return
	}
	g, ok := s.group(w, r, "groupname")
	if !ok || external(w, g.External) {
		return
	}
	switch changed, err := s.roster.Leave(g.ID, a.ID); {
	case err != nil || !changed:
		refuse(w, http.StatusNotFound, membershipNotFound, "The user is not in the group")
	default:
		fault.Applied(r, "remove-member:"+g.ID+":"+a.ID)
		w.WriteHeader(http.StatusNoContent)
	}
}

// groupsOfUser lists the groups that a user is directly in, or says whether
// one of them is the group of the query.
func (s *Sim) groupsOfUser(w http.ResponseWriter, r *http.Request) {
	a, there := s.roster.AccountNamed(r.URL.Query().Get("username"))
	if r.URL.Query().Has("groupname") {
		g, known := s.roster.GroupNamed(r.URL.Query().Get("groupname"))
		switch {
		case !there || !known || !s.roster.IsMember(g.ID, a.ID):
			refuse(w, http.StatusNotFound, membershipNotFound, "The user is not in the group")
		default:
			standin.Answer(w, http.StatusOK, groupOf(g))
		}
		return
	}
	s.answerGroups(w, r, s.roster.GroupsOf(a.ID), s.freshGroup)
}

func (s *Sim) addChild(w http.ResponseWriter, r *http.Request) {
	parent, ok := s.group(w, r, "groupname")
	var to named
	if !ok || !body(w, r, &to) {
		return
	}
	child, there := s.roster.GroupNamed(to.Name)
	switch {
	case !there:
		refuse(w, http.StatusBadRequest, groupNotFound, "Group <"+to.Name+"> does not exist")
		return
	case s.opts.FlatGroups:
		refuse(w, http.StatusBadRequest, noNestedGroups, "The directory does not support nested groups")
		return
	case external(w, parent.External):
		return
	}
	changed, err := s.roster.Nest(parent.ID, child.ID)
	switch {
	case errors.Is(err, roster.ErrCircle):
		refuse(w, http.StatusBadRequest, invalidMembership, "Cannot add a circular group membership")
	case err != nil:
		refuse(w, http.StatusNotFound, groupNotFound, "Group does not exist")
	case !changed:
		refuse(w, http.StatusConflict, membershipExists, "Membership already exists")
	default:
		s.fresh.Mark("child:"+parent.ID+":"+child.ID, s.opts.Now())
		fault.Applied(r, "add-subgroup:"+parent.ID+":"+child.ID)
		w.WriteHeader(http.StatusCreated)
	}
}

func (s *Sim) removeChild(w http.ResponseWriter, r *http.Request) {
	parent, ok := s.group(w, r, "groupname")
	if !ok {
		return
	}
	child, ok := s.group(w, r, "child-groupname")
	if !ok || external(w, parent.External) {
		return
	}
	switch changed, err := s.roster.Unnest(parent.ID, child.ID); {
	case err != nil || !changed:
		refuse(w, http.StatusNotFound, membershipNotFound, "The group is not in the group")
	default:
		fault.Applied(r, "remove-subgroup:"+parent.ID+":"+child.ID)
		w.WriteHeader(http.StatusNoContent)
	}
}
