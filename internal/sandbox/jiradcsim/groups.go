package jiradcsim

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

func groupSelf(g roster.Group) string {
	return "http://jira.invalid/rest/api/2/group?groupname=" + url.QueryEscape(g.Name)
}

// pickGroups shows the first groups with a text in their name, in order, and
// how many there are. Who may not browse users sees none.
func (s *Sim) pickGroups(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	limit, ok := standin.Number(r, "maxResults", s.opts.PickerLimit)
	if !ok {
		problem(w, http.StatusBadRequest, "maxResults is not a number.")
		return
	}
	limit = min(limit, s.opts.PickerLimit)
	text := strings.ToLower(query.Get("query"))
	found := s.roster.Groups(func(g roster.Group) bool { return strings.Contains(strings.ToLower(g.Name), text) })
	if !s.has("USER_PICKER") {
		found = nil
	}
	slices.SortFunc(found, func(a, b roster.Group) int { return strings.Compare(a.ID, b.ID) })
	found = standin.Spoil(found, s.opts.Engine.ListEffect(r), limit, func(g roster.Group) bool { return s.fresh.Is("group:"+g.ID, s.opts.Now()) })
	excluded := map[string]bool{}
	if !s.opts.IgnoresExclude {
		for _, name := range query["exclude"] {
			excluded[name] = true
		}
	}
	groups := []any{}
	for _, g := range found {
		if len(groups) == limit {
			break
		}
		if excluded[g.Name] {
			continue
		}
		labels := []any{}
		if g.Administrator {
			labels = append(labels, map[string]string{"text": "Admin", "title": "Users of this group administer Jira", "type": "ADMIN"})
		}
		groups = append(groups, map[string]any{"name": g.Name, "html": html.EscapeString(g.Name), "labels": labels})
	}
	standin.Answer(w, http.StatusOK, map[string]any{
		"header": fmt.Sprintf("Showing %d of %d matching groups", len(groups), len(found)), "total": len(found), "groups": groups,
	})
}

func (s *Sim) createGroup(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Name string `json:"name"`
	}
	if err := standin.Decode(r, &body, true); err != nil {
		problem(w, http.StatusBadRequest, err.Error())
		return
	}
	if strings.TrimSpace(body.Name) == "" || len([]rune(body.Name)) > 255 {
		wrong(w, map[string]string{"name": "The group's name is empty or too long."})
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.NewGroup(strings.ToLower(body.Name))
	if err := s.roster.AddGroup(g); err != nil {
		wrong(w, map[string]string{"name": "A group or user with this name already exists."})
		return
	}
	s.fresh.Mark("group:"+g.ID, s.opts.Now())
	fault.Applied(r, "create-group:"+g.ID)
	standin.Answer(w, http.StatusCreated, map[string]any{"name": g.Name, "self": groupSelf(g)})
}

// asking is the group that a request is about. Without one it answers.
func (s *Sim) asking(w http.ResponseWriter, r *http.Request) (roster.Group, bool) {
	name := r.URL.Query().Get("groupname")
	if name == "" {
		problem(w, http.StatusBadRequest, "The group's name is empty.")
		return roster.Group{}, false
	}
	g, there := s.roster.GroupNamed(name)
	if !there {
		problem(w, http.StatusNotFound, "The group does not exist.")
	}
	return g, there
}

func (s *Sim) deleteGroup(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, there := s.asking(w, r)
	switch {
	case !there:
		return
	case g.External:
		problem(w, http.StatusForbidden, "The group's directory is read-only.")
		return
	case g.Administrator:
		problem(w, http.StatusBadRequest, "The last group of administrators cannot be deleted.")
		return
	}
	if err := s.roster.RemoveGroup(g.ID); err != nil {
		problem(w, http.StatusInternalServerError, err.Error())
		return
	}
	fault.Applied(r, "remove-group:"+g.ID)
	w.WriteHeader(http.StatusOK)
}

// membersPage is how many members Jira shows at most.
const membersPage = 50

// listMembers lists the members of a group and of the groups in it.
func (s *Sim) listMembers(w http.ResponseWriter, r *http.Request) {
	start, ok := standin.Number(r, "startAt", 0)
	limit, limited := standin.Number(r, "maxResults", membersPage)
	if !ok || !limited {
		problem(w, http.StatusBadRequest, "startAt or maxResults is not a number.")
		return
	}
	g, there := s.asking(w, r)
	if !there {
		return
	}
	limit = min(limit, membersPage)
	all := s.everybodyIn(g.ID)
	if r.URL.Query().Get("includeInactiveUsers") != "true" {
		all = slices.DeleteFunc(all, func(a roster.Account) bool { return !a.Active })
	}
	all = standin.Spoil(all, s.opts.Engine.ListEffect(r), limit, func(a roster.Account) bool { return s.fresh.Is(g.ID+":"+a.ID, s.opts.Now()) })
	values := []any{}
	for _, a := range standin.Page(all, start, limit) {
		values = append(values, s.short(a))
	}
	end := start + len(values)
	answer := map[string]any{
		"self": groupSelf(g), "values": values, "startAt": start, "maxResults": limit, "total": len(all), "isLast": end >= len(all),
	}
	if end < len(all) {
		answer["nextPage"] = groupSelf(g) + "&startAt=" + strconv.Itoa(end)
	}
	standin.Answer(w, http.StatusOK, answer)
}

// everybodyIn returns the members of a group and of the groups in it, each
// once.
func (s *Sim) everybodyIn(groupID string) []roster.Account {
	all := s.roster.Members(groupID)
	nested := s.roster.Subgroups(groupID)
	if len(nested) == 0 {
		return all
	}
	seen := map[string]bool{}
	for _, a := range all {
		seen[a.ID] = true
	}
	for _, child := range nested {
		for _, a := range s.everybodyIn(child) {
			if !seen[a.ID] {
				seen[a.ID] = true
				all = append(all, a)
			}
		}
	}
	return all
}

// groupsOf returns the groups that a user is in, directly or by another group.
func (s *Sim) groupsOf(accountID string) []roster.Group {
	groups := s.roster.GroupsOf(accountID)
	in := map[string]bool{}
	for _, g := range groups {
		in[g.ID] = true
	}
	for _, g := range s.roster.Groups(func(g roster.Group) bool { return !in[g.ID] }) {
		if len(s.roster.Subgroups(g.ID)) > 0 && slices.ContainsFunc(s.everybodyIn(g.ID), func(a roster.Account) bool { return a.ID == accountID }) {
			groups = append(groups, g)
		}
	}
	return groups
}

func (s *Sim) addMember(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Name string `json:"name"`
	}
	if err := standin.Decode(r, &body, true); err != nil {
		problem(w, http.StatusBadRequest, err.Error())
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, there := s.asking(w, r)
	if !there {
		return
	}
	a, there := s.roster.AccountNamed(body.Name)
	one, _ := s.role(DefaultApplication)
	switch {
	case !there:
		noUser(w)
		return
	case g.External:
		problem(w, http.StatusForbidden, "The group's directory is read-only.")
		return
	case s.roster.IsMember(g.ID, a.ID):
		problem(w, http.StatusBadRequest, "Cannot add user, the user is already a member of the group.")
		return
	case a.Active && slices.Contains(one.Groups, g.ID) && one.full():
		problem(w, http.StatusBadRequest, "There is no licence left.")
		return
	}
	s.join(r, g.ID, a.ID)
	standin.Answer(w, http.StatusCreated, map[string]any{"name": g.Name, "self": groupSelf(g)})
}

func (s *Sim) removeMember(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, there := s.asking(w, r)
	if !there {
		return
	}
	a, there := s.roster.AccountNamed(r.URL.Query().Get("username"))
	switch {
	case !there:
		noUser(w)
		return
	case g.External:
		problem(w, http.StatusForbidden, "The group's directory is read-only.")
		return
	}
	changed, err := s.roster.Leave(g.ID, a.ID)
	if err != nil || !changed {
		problem(w, http.StatusBadRequest, "Cannot remove user, the user is not a member of the group.")
		return
	}
	fault.Applied(r, "remove-member:"+g.ID+":"+a.ID)
	w.WriteHeader(http.StatusOK)
}
