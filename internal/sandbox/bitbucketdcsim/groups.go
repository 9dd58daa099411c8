package bitbucketdcsim

import (
	"net/http"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// groupEntity is RestDetailedGroup.
type groupEntity struct {
	Name      string `json:"name"`
	Deletable bool   `json:"deletable"`
}

func groupOf(g roster.Group) groupEntity { return groupEntity{g.Name, !g.External} }

func (s *Sim) freshGroup(g roster.Group) bool { return s.fresh.Is("group:"+g.ID, s.opts.Now()) }

// matchingGroups returns the groups whose name holds the filter of the query.
func (s *Sim) matchingGroups(r *http.Request) []roster.Group {
	lower := strings.ToLower(r.URL.Query().Get("filter"))
	return s.roster.Groups(func(g roster.Group) bool { return contains(lower, g.Name) })
}

func (s *Sim) listGroups(w http.ResponseWriter, r *http.Request) {
	pageOf(s, w, r, s.matchingGroups(r), s.freshGroup, groupOf)
}

func (s *Sim) groupNames(w http.ResponseWriter, r *http.Request) {
	pageOf(s, w, r, s.matchingGroups(r), s.freshGroup, func(g roster.Group) string { return g.Name })
}

func (s *Sim) createGroup(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Query().Get("name")
	if name == "" || strings.TrimSpace(name) != name || len([]rune(name)) > 255 {
		refuse(w, http.StatusBadRequest, badArgument, "The group's name is not valid")
		return
	}
	g := roster.Group{ID: name, Name: name}
	if err := s.roster.AddGroup(g); err != nil {
		refuse(w, http.StatusConflict, integrity, "A group of that name exists already")
		return
	}
	s.fresh.Mark("group:"+name, s.opts.Now())
	fault.Applied(r, "create-group:"+strings.ToLower(name))
	standin.AnswerAs(w, http.StatusOK, "application/json;charset=UTF-8", groupOf(g))
}

func (s *Sim) removeGroup(w http.ResponseWriter, r *http.Request) {
	g, ok := s.group(w, r.URL.Query().Get("name"))
	if !ok {
		return
	}
	if g.External {
		refuse(w, http.StatusForbidden, forbidden, "The group is in a read-only directory")
		return
	}
	if s.above(w, groupLevel(g), http.StatusForbidden) {
		return
	}
	if err := s.roster.RemoveGroup(g.ID); err != nil {
		refuse(w, http.StatusNotFound, noSuchGroup, err.Error())
		return
	}
	fault.Applied(r, "remove-group:"+g.ID)
	standin.AnswerAs(w, http.StatusOK, "application/json;charset=UTF-8", groupOf(g))
}
