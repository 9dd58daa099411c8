package confluencedcsim

import (
	"net/http"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

func groupBean(g roster.Group) map[string]any {
	return map[string]any{"type": "group", "name": g.Name, "_links": map[string]any{}, "_expandable": map[string]any{}}
}

func (s *Sim) freshGroup(g roster.Group) bool { return s.fresh.Is("group:"+g.ID, s.opts.Now()) }

func (s *Sim) listGroups(w http.ResponseWriter, r *http.Request) {
	answerList(s, w, r, s.roster.Groups(nil), 200, s.freshGroup, groupBean)
}

// group is the group of a path; where there is none it answers.
func (s *Sim) group(w http.ResponseWriter, r *http.Request) (roster.Group, bool) {
	g, there := s.roster.GroupNamed(standin.Var(r, "groupName"))
	if !there {
		problem(w, http.StatusNotFound, "No group found with this name")
	}
	return g, there
}

func (s *Sim) getGroup(w http.ResponseWriter, r *http.Request) {
	if g, there := s.group(w, r); there {
		standin.Answer(w, http.StatusOK, groupBean(g))
	}
}

func (s *Sim) createGroup(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Type string `json:"type"`
		Name string `json:"name"`
	}
	if err := standin.Decode(r, &body, true); err != nil {
		problem(w, http.StatusBadRequest, err.Error())
		return
	}
	if body.Type != "group" || strings.TrimSpace(body.Name) == "" || len([]rune(body.Name)) > 255 {
		problem(w, http.StatusBadRequest, "The type or the name is missing or too long.")
		return
	}
	g := s.NewGroup(strings.ToLower(body.Name))
	if err := s.roster.AddGroup(g); err != nil {
		problem(w, http.StatusConflict, "A group with this name already exists.")
		return
	}
	s.fresh.Mark("group:"+g.ID, s.opts.Now())
	fault.Applied(r, "create-group:"+g.ID)
	standin.Answer(w, http.StatusOK, groupBean(g))
}

func (s *Sim) deleteGroup(w http.ResponseWriter, r *http.Request) {
	g, there := s.group(w, r)
	switch {
	case !there:
		return
	case g.Administrator:
		problem(w, http.StatusBadRequest, "The last group of administrators cannot be deleted.")
		return
	case g.External:
		problem(w, http.StatusForbidden, "The group's directory is read-only.")
		return
	}
	if err := s.roster.RemoveGroup(g.ID); err != nil {
		problem(w, http.StatusInternalServerError, err.Error())
		return
	}
	fault.Applied(r, "remove-group:"+g.ID)
	w.WriteHeader(http.StatusNoContent)
}

// listMembers documents no 404, and gives it all the same.
func (s *Sim) listMembers(w http.ResponseWriter, r *http.Request) {
	g, there := s.group(w, r)
	if !there {
		return
	}
	fresh := func(a roster.Account) bool { return s.fresh.Is(g.ID+":"+a.ID, s.opts.Now()) }
	answerList(s, w, r, s.roster.Members(g.ID), 200, fresh, s.bean(r))
}

func (s *Sim) memberOf(w http.ResponseWriter, r *http.Request) {
	a, there := s.asked(r)
	if !there {
		problem(w, http.StatusForbidden, "No user found with this username or key")
		return
	}
	answerList(s, w, r, s.roster.GroupsOf(a.ID), 200, s.freshGroup, groupBean)
}

// membership is the user and the group of a path; where one is missing, or the
// group is a read-only directory's, it answers, without a body.
func (s *Sim) membership(w http.ResponseWriter, r *http.Request) (a roster.Account, g roster.Group, ok bool) {
	a, person := s.roster.AccountNamed(standin.Var(r, "username"))
	g, group := s.roster.GroupNamed(standin.Var(r, "groupName"))
	switch {
	case !person || !group:
		problem(w, http.StatusNotFound, "No user or group found with this name")
		return a, g, false
	case g.External:
		problem(w, http.StatusForbidden, "The group's directory is read-only.")
		return a, g, false
	}
	return a, g, true
}

func (s *Sim) addMember(w http.ResponseWriter, r *http.Request) {
	a, g, ok := s.membership(w, r)
	if !ok {
		return
	}
	if changed, err := s.roster.Join(g.ID, a.ID); err == nil && changed {
		s.fresh.Mark(g.ID+":"+a.ID, s.opts.Now())
		fault.Applied(r, "add-member:"+g.ID+":"+a.ID)
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Sim) removeMember(w http.ResponseWriter, r *http.Request) {
	a, g, ok := s.membership(w, r)
	if !ok {
		return
	}
	if changed, err := s.roster.Leave(g.ID, a.ID); err == nil && changed {
		fault.Applied(r, "remove-member:"+g.ID+":"+a.ID)
	}
	w.WriteHeader(http.StatusNoContent)
}
