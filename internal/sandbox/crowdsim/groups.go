package crowdsim

import (
	"net/http"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// groupEntity is Crowd's representation of a group, both ways.
type groupEntity struct {
	Expand      string `json:"expand,omitempty"`
	Link        *link  `json:"link,omitempty"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Type        string `json:"type,omitempty"`
	Active      bool   `json:"active"`
}

func groupOf(g roster.Group) groupEntity {
	return groupEntity{
		Expand: "attributes", Link: &link{Href: "group?groupname=" + g.Name, Rel: "self"},
		Name: g.Name, Description: g.Description, Type: "GROUP", Active: true,
	}
}

func (s *Sim) getGroup(w http.ResponseWriter, r *http.Request) {
	if g, ok := s.group(w, r, "groupname"); ok {
		standin.Answer(w, http.StatusOK, groupOf(g))
	}
}

func (s *Sim) createGroup(w http.ResponseWriter, r *http.Request) {
	var g groupEntity
	if !body(w, r, &g) {
		return
	}
	if g.Type != "GROUP" || g.Name == "" || strings.TrimSpace(g.Name) != g.Name || len([]rune(g.Name)) > 255 {
		refuse(w, http.StatusBadRequest, invalidGroup, "A group needs a name and the type GROUP")
		return
	}
	g.Name = s.named(g.Name)
	if err := s.roster.AddGroup(roster.Group{ID: g.Name, Name: g.Name, Description: g.Description}); err != nil {
		refuse(w, http.StatusBadRequest, invalidGroup, "Group already exists")
		return
	}
	s.fresh.Mark("group:"+g.Name, s.opts.Now())
	fault.Applied(r, "create-group:"+strings.ToLower(g.Name))
	w.Header().Set("Location", "group?groupname="+g.Name)
	w.WriteHeader(http.StatusCreated)
}

func (s *Sim) updateGroup(w http.ResponseWriter, r *http.Request) {
	g, ok := s.group(w, r, "groupname")
	var u groupEntity
	if !ok || !body(w, r, &u) || external(w, g.External) {
		return
	}
	if u.Name != g.Name {
		refuse(w, http.StatusBadRequest, illegalArgument, "The names in the address and in the body differ")
		return
	}
	if err := s.roster.ChangeGroup(g.ID, func(g *roster.Group) { g.Description = u.Description }); err != nil {
		refuse(w, http.StatusNotFound, groupNotFound, "Group does not exist")
		return
	}
	g.Description = u.Description
	standin.Answer(w, http.StatusOK, groupOf(g))
}

func (s *Sim) removeGroup(w http.ResponseWriter, r *http.Request) {
	g, ok := s.group(w, r, "groupname")
	if !ok || external(w, g.External) {
		return
	}
	if err := s.roster.RemoveGroup(g.ID); err != nil {
		refuse(w, http.StatusNotFound, groupNotFound, "Group does not exist")
		return
	}
	fault.Applied(r, "remove-group:"+g.ID)
	w.WriteHeader(http.StatusNoContent)
}
