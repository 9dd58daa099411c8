package oktasim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
)

// place is a number as an id that sorts.
func place(i int) string { return fmt.Sprintf("%010d", i) }

// listGroups is GET /api/v1/groups.
func (s *Sim) listGroups(w http.ResponseWriter, r *http.Request) {
	limit, err := groupLimits.of(r)
	if err != nil {
		fail(w, err)
		return
	}
	behind, err := after(r, "groups")
	if err != nil {
		fail(w, err)
		return
	}
	where, err := expression(r, groupFilter, groupSearch)
	if err != nil {
		fail(w, err)
		return
	}
	query := r.URL.Query()
	prefix := strings.ToLower(query.Get("q"))
	sortBy := ""
	if query.Has("search") {
		sortBy = query.Get("sortBy")
	}
	if sortBy != "" && groupSearch.operators(sortBy) == nil {
		fail(w, badFilter(sortBy+" is not a property to sort by"))
		return
	}
	keep := func(g listedGroup) bool {
		return strings.HasPrefix(strings.ToLower(g.rec.Name), prefix) && (where == nil ||
			where.matches(func(name string) []string { return g.rec.attribute(g.of.id, name) }))
	}
	stats := slices.Contains(strings.Split(query.Get("expand"), ","), "stats")
	effect := s.engine.ListEffect(r)
	s.mu.RLock()
	all := s.groupsAt(effect)
	if sortBy != "" {
		sortGroups(all, sortBy, strings.EqualFold(query.Get("sortOrder"), "desc"))
	}
	page, next := paginate(all, func(g listedGroup) string { return g.id }, keep, behind, limit, effect)
	bodies := make([][]byte, 0, len(page))
	for _, g := range page {
		bodies = append(bodies, encode(s.groupObject(g.of, g.rec, stats)))
	}
	s.mu.RUnlock()
	// A query by name is for pickers; it has one page.
	if prefix != "" {
		next = ""
	}
	if next != "" {
		next = cursor("groups", next)
	}
	pageLinks(w, r, next)
	writeList(w, bodies)
}

// groupsAt is all groups, now or as it was. The caller holds the lock.
func (s *Sim) groupsAt(effect fault.Kind) []listedGroup {
	if effect == fault.Stale {
		return s.staleGroups()
	}
	all := make([]listedGroup, 0, len(s.groups))
	for _, g := range s.groups {
		all = append(all, listedGroup{g.id, g, g.rec})
	}
	return all
}

func sortGroups(all []listedGroup, attribute string, descending bool) {
	value := func(g listedGroup) string {
		return strings.ToLower(strings.Join(g.rec.attribute(g.of.id, attribute), " "))
	}
	slices.SortStableFunc(all, func(a, b listedGroup) int {
		order := strings.Compare(value(a), value(b))
		if descending {
			order = -order
		}
		return order
	})
	for i := range all {
		all[i].id = place(i)
	}
}

// groupObject is a group as the API shows it, with the count of its members
// if asked for. The caller holds the lock.
func (s *Sim) groupObject(g *group, rec *groupRecord, stats bool) map[string]any {
	object := rec.object(g.id)
	if stats {
		apps := 0
		if s.app.assignment(g) != nil {
			apps = 1
		}
		object["_embedded"] = map[string]any{"stats": map[string]any{
			"usersCount": len(s.members(g)), "appsCount": apps, "groupPushMappingsCount": 0, "hasAdminPrivlege": false,
		}}
	}
	return object
}

// members is a group's members in order of id. The caller holds the lock.
func (s *Sim) members(g *group) []*user {
	if g == s.everyone {
		return s.users
	}
	return g.members
}

// getGroup is GET /api/v1/groups/{groupId}.
func (s *Sim) getGroup(w http.ResponseWriter, r *http.Request) {
	s.mu.RLock()
	g, err := s.findGroup(mux.Vars(r)["groupId"])
	var body []byte
	if err == nil {
		body = encode(s.groupObject(g, g.rec, r.URL.Query().Get("expand") == "stats"))
	}
	s.mu.RUnlock()
	if err != nil {
		fail(w, err)
		return
	}
	writeBody(w, http.StatusOK, body)
}

// listMembers is GET /api/v1/groups/{groupId}/users: whatever their status.
func (s *Sim) listMembers(w http.ResponseWriter, r *http.Request) {
	limit, err := memberLimits.of(r)
	if err != nil {
		fail(w, err)
		return
	}
	behind, err := after(r, "members")
	if err != nil {
		fail(w, err)
		return
	}
	s.mu.RLock()
	g, err := s.findGroup(mux.Vars(r)["groupId"])
	if err != nil {
		s.mu.RUnlock()
		fail(w, err)
		return
	}
	effect := s.engine.ListEffect(r)
	all := s.members(g)
	if effect == fault.Stale {
		all = s.staleMembers(g)
	}
	page, next := paginate(all, userID, func(*user) bool { return true }, behind, limit, effect)
	bodies := encodedUsers(page)
	s.mu.RUnlock()
	if next != "" {
		next = cursor("members", next)
	}
	pageLinks(w, r, next)
	writeList(w, bodies)
}

// groupBody is the body of requests that create or change a group.
type groupBody struct {
	Profile struct {
		Name        string `json:"name"`
		Description string `json:"description"`
	} `json:"profile"`
}

// postGroup is POST /api/v1/groups.
func (s *Sim) postGroup(w http.ResponseWriter, r *http.Request) {
	var body groupBody
	if err := readBody(r, &body, false); err != nil {
		fail(w, err)
		return
	}
	g, err := s.createGroup(people.Group{Name: body.Profile.Name, Description: body.Profile.Description})
	if err != nil {
		fail(w, err)
		return
	}
	fault.Applied(r, "create-group:"+g.id)
	s.mu.RLock()
	encoded := encode(g.rec.object(g.id))
	s.mu.RUnlock()
	writeBody(w, http.StatusOK, encoded)
}

// putGroupProfile is PUT /api/v1/groups/{groupId}.
func (s *Sim) putGroupProfile(w http.ResponseWriter, r *http.Request) {
	var body groupBody
	if err := readBody(r, &body, false); err != nil {
		fail(w, err)
		return
	}
	id := mux.Vars(r)["groupId"]
	if err := s.RenameGroup(id, body.Profile.Name, body.Profile.Description); err != nil {
		fail(w, err)
		return
	}
	fault.Applied(r, "update-group:"+id)
	s.getGroup(w, r)
}

// deleteGroup is DELETE /api/v1/groups/{groupId}.
func (s *Sim) deleteGroup(w http.ResponseWriter, r *http.Request) {
	id := mux.Vars(r)["groupId"]
	done(w, r, "delete-group:"+id, true, s.DeleteGroup(id))
}

// member is PUT and DELETE /api/v1/groups/{groupId}/users/{userId}.
func (s *Sim) member(in bool) http.HandlerFunc {
	verb := "remove-member"
	if in {
		verb = "add-member"
	}
	return func(w http.ResponseWriter, r *http.Request) {
		groupID, userID := mux.Vars(r)["groupId"], mux.Vars(r)["userId"]
		changed, err := s.setMember(groupID, userID, in)
		done(w, r, verb+":"+groupID+":"+userID, changed, err)
	}
}
