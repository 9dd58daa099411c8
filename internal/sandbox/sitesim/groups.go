package sitesim

import (
	"net/http"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

const (
	// groupsMost is how many groups or members Jira lists at once.
	groupsMost = 50
	// pickerMost is how many groups a picker offers.
	pickerMost = 20
)

// jiraName is Jira's GroupName.
type jiraName struct {
	ID   string `json:"groupId"`
	Name string `json:"name"`
}

func jiraNames(groups []roster.Group) []jiraName {
	names := make([]jiraName, len(groups))
	for i, g := range groups {
		names[i] = jiraName{g.ID, g.Name}
	}
	return names
}

// pageBean is Jira's PageBean.
type pageBean[T any] struct {
	StartAt    int  `json:"startAt"`
	MaxResults int  `json:"maxResults"`
	Total      int  `json:"total"`
	IsLast     bool `json:"isLast"`
	Values     []T  `json:"values"`
}

func answerPage[T any](w http.ResponseWriter, all []T, start, size int) {
	values := standin.Page(all, start, size)
	if values == nil {
		values = []T{}
	}
	standin.Answer(w, http.StatusOK, pageBean[T]{
		StartAt: start, MaxResults: size, Total: len(all), IsLast: start+size >= len(all), Values: values,
	})
}

// accessLevel is the most that a group may do.
func accessLevel(g roster.Group) string {
	if g.Permissions[scopeSite] == levelSiteAdmin {
		return levelSiteAdmin
	}
	level := ""
	for _, of := range g.Permissions {
		if of == levelAdmin {
			return levelAdmin
		}
		level = of
	}
	return level
}

// listGroups answers GET /rest/api/3/group/bulk. Names are compared as they are
// written.
func (s *Sim) listGroups(w http.ResponseWriter, r *http.Request) {
	start, size, ok := s.bounds(w, r, groupsMost, groupsMost)
	if !ok {
		return
	}
	query := r.URL.Query()
	ids, names, level := query["groupId"], query["groupName"], query.Get("accessType")
	if level != "" && !slices.Contains([]string{levelSiteAdmin, levelAdmin, levelUser}, level) {
		s.fail(w, r, http.StatusBadRequest, "The accessType is not valid.")
		return
	}
	named := make(map[string]bool, len(names))
	for _, name := range names {
		named[name] = true
	}
	found := s.roster.Groups(func(g roster.Group) bool {
		return (len(ids) == 0 || slices.Contains(ids, g.ID)) && (len(names) == 0 || named[g.Name]) &&
			(level == "" || accessLevel(g) == level)
	})
	found = distort(s, r, found, size, groupID, aboutGroup)
	answerPage(w, jiraNames(found), start, size)
}

// pickGroups answers GET /rest/api/3/groups/picker, which offers a few.
func (s *Sim) pickGroups(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	asked, ok := standin.Number(r, "maxResults", pickerMost)
	if !ok {
		asked = pickerMost
	}
	part, folds := query.Get("query"), query.Get("caseInsensitive") == "true"
	found := s.roster.Groups(func(g roster.Group) bool {
		return strings.Contains(g.Name, part) || folds && strings.Contains(fold(g.Name), fold(part))
	})
	slices.SortFunc(found, func(a, b roster.Group) int { return strings.Compare(fold(a.Name), fold(b.Name)) })
	type label struct {
		ID   string `json:"groupId"`
		Name string `json:"name"`
		HTML string `json:"html"`
	}
	offered := make([]label, 0, pickerMost)
	for _, g := range standin.Page(found, 0, min(max(asked, 1), pickerMost)) {
		offered = append(offered, label{g.ID, g.Name, g.Name})
	}
	standin.Answer(w, http.StatusOK, struct {
		Header string  `json:"header"`
		Total  int     `json:"total"`
		Groups []label `json:"groups"`
	}{"Showing matching groups", len(found), offered})
}

// makeGroup adds a group. A name that is in use, whatever its case, is refused.
func (s *Sim) makeGroup(r *http.Request, name string) (roster.Group, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	group := s.NewGroup(name)
	if err := s.roster.AddGroup(group); err != nil {
		return roster.Group{}, err
	}
	s.wrote(write{added: true, group: group})
	fault.Applied(r, "create-group:"+fold(name))
	return group, nil
}

// takeGroup removes a group with its memberships.
func (s *Sim) takeGroup(r *http.Request, id string) bool {
	s.writing.Lock()
	defer s.writing.Unlock()
	group, there := s.roster.Group(id)
	if !there || s.roster.RemoveGroup(id) != nil {
		return false
	}
	s.wrote(write{group: group})
	fault.Applied(r, "remove-group:"+id)
	return true
}

func badName(name string) bool {
	return name == "" || name != strings.TrimSpace(name) || len([]rune(name)) > 255
}

// createGroup answers POST /rest/api/3/group.
func (s *Sim) createGroup(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Name string `json:"name"`
	}
	if err := standin.Decode(r, &body, false); err != nil || badName(body.Name) {
		s.fail(w, r, http.StatusBadRequest, "The group's name is missing or not valid.")
		return
	}
	group, err := s.makeGroup(r, body.Name)
	if err != nil {
		s.fail(w, r, http.StatusBadRequest, "A group or user with this name already exists.")
		return
	}
	standin.Answer(w, http.StatusCreated, jiraName{group.ID, group.Name})
}

// deleteGroup answers DELETE /rest/api/3/group.
func (s *Sim) deleteGroup(w http.ResponseWriter, r *http.Request) {
	group, status := s.groupOf(r)
	if status == 0 && group.External {
		s.fail(w, r, http.StatusForbidden, provisioned)
		return
	}
	if status == 0 && !s.takeGroup(r, group.ID) {
		status = http.StatusNotFound
	}
	if status != 0 {
		s.fail(w, r, status, "The group was not found, or not named.")
		return
	}
	w.WriteHeader(http.StatusOK)
}

// groupOf reads which group a request is about, by id or by name and not both;
// status is 0 if there is one.
func (s *Sim) groupOf(r *http.Request) (group roster.Group, status int) {
	id, name := r.URL.Query().Get("groupId"), r.URL.Query().Get("groupname")
	if (id == "") == (name == "") {
		return roster.Group{}, http.StatusBadRequest
	}
	group, there := s.roster.Group(id)
	if id == "" {
		group, there = s.roster.GroupNamed(name)
	}
	if !there {
		return roster.Group{}, http.StatusNotFound
	}
	return group, 0
}
