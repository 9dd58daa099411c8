package atlassiansim

import (
	"errors"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/gorilla/mux"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
)

type groupRoleAssignment struct {
	ResourceID    string   `json:"resourceId"`
	ResourceOwner string   `json:"resourceOwner"`
	Roles         []string `json:"roles"`
	DefaultRole   *string  `json:"defaultRole"`
}

type userRoleAssignment struct {
	DirectoryID         *string          `json:"directoryId"`
	ResourceID          string           `json:"resourceId"`
	ResourceOwner       string           `json:"resourceOwner"`
	Roles               []string         `json:"roles"`
	RoleAssignments     []roleAssignment `json:"roleAssignments"`
	UserDirectoryStatus string           `json:"userDirectoryStatus"`
}

type roleAssignment struct {
	Role    string   `json:"role"`
	Methods []string `json:"roleAssignmentMethods"`
}

// assignments groups a group's roles by resource.
func assignments(g *group) map[string][]string {
	return byResource(maps.Keys(g.grants))
}

func byResource(grants iter.Seq[grant]) map[string][]string {
	roles := map[string][]string{}
	for g := range grants {
		if !slices.Contains(roles[g.resource], g.role) {
			roles[g.resource] = append(roles[g.resource], g.role)
		}
	}
	for _, list := range roles {
		slices.Sort(list)
	}
	return roles
}

// roleQuery is what both lists of role assignments take.
type roleQuery struct {
	Limit          *int     `json:"limit"`
	ResourceIDs    []string `json:"resourceIds,omitempty"`
	ResourceOwners []string `json:"resourceOwners,omitempty"`
	RoleIDs        []string `json:"roleIds,omitempty"`
	DirectoryIDs   []string `json:"directoryIds,omitempty"`
}

func roleParams(list string, v url.Values) (q roleQuery, after int64, err error) {
	if v.Has("cursor") {
		after, err = resume(list, v.Get("cursor"), &q)
		return q, after, err
	}
	q = roleQuery{
		ResourceIDs: v["resourceIds"], ResourceOwners: v["resourceOwners"], RoleIDs: v["roleIds"],
		DirectoryIDs: v["directoryIds"],
	}
	if err := limitParam(v, &q.Limit); err != nil {
		return q, 0, err
	}
	var c constraints
	c.list("resourceIds", q.ResourceIDs, 20)
	c.list("resourceOwners", q.ResourceOwners, 10)
	c.list("roleIds", q.RoleIDs, 10, allRoles...)
	c.list("directoryIds", q.DirectoryIDs, 10)
	limit := c.limit(q.Limit, 20, 100)
	q.Limit = &limit
	return q, 0, c.first
}

func (q roleQuery) keeps(res resource, roles []string) bool {
	return (len(q.ResourceIDs) == 0 || slices.Contains(q.ResourceIDs, res.ari)) &&
		(len(q.ResourceOwners) == 0 || slices.Contains(q.ResourceOwners, res.owner)) &&
		(len(q.RoleIDs) == 0 || slices.ContainsFunc(roles, func(role string) bool { return slices.Contains(q.RoleIDs, role) }))
}

func (s *Sim) groupRoles(w http.ResponseWriter, r *http.Request) {
	list := "group-roles:" + mux.Vars(r)["groupId"]
	q, after, err := roleParams(list, r.URL.Query())
	if err != nil {
		s.badRequest(w, r, err)
		return
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	g := s.liveGroup(mux.Vars(r)["groupId"])
	if g == nil {
		s.noGroup(w, r)
		return
	}
	byRes := assignments(g)
	var all []groupRoleAssignment
	for _, ari := range slices.Sorted(maps.Keys(byRes)) {
		res, _ := s.resource(ari)
		if !q.keeps(res, byRes[ari]) {
			continue
		}
		a := groupRoleAssignment{ResourceID: ari, ResourceOwner: res.owner, Roles: byRes[ari]}
		if role := g.productDefault[ari]; role != "" {
			a.DefaultRole = &role
		}
		all = append(all, a)
	}
	serveRoles(s, w, r, list, q, after, all)
}

// userRoles may lag behind, as roles do: the fault "stale" shows those of a
// few seconds ago.
func (s *Sim) userRoles(w http.ResponseWriter, r *http.Request) {
	list := "user-roles:" + mux.Vars(r)["accountId"]
	q, after, err := roleParams(list, r.URL.Query())
	if err != nil {
		s.badRequest(w, r, err)
		return
	}
	effect := s.opts.Engine.ListEffect(r)
	s.mu.RLock()
	defer s.mu.RUnlock()
	a := s.member(r, mux.Vars(r)["accountId"])
	if a == nil {
		s.noUser(w, r)
		return
	}
	rec := &a.record
	if effect == fault.Stale {
		if rec = a.at(s.opts.Now().Add(-s.opts.Staleness)); rec == nil {
			rec = &record{membership: memberNone}
		}
	}
	byRes := byResource(rec.effective())
	var all []userRoleAssignment
	for _, ari := range slices.Sorted(maps.Keys(byRes)) {
		res, _ := s.resource(ari)
		if !q.keeps(res, byRes[ari]) {
			continue
		}
		assigned := userRoleAssignment{
			DirectoryID: &s.opts.DirectoryID, ResourceID: ari, ResourceOwner: res.owner, Roles: byRes[ari],
			UserDirectoryStatus: rec.membership,
		}
		for _, role := range byRes[ari] {
			assigned.RoleAssignments = append(assigned.RoleAssignments, roleAssignment{role, methods(rec, grant{ari, role})})
		}
		all = append(all, assigned)
	}
	serveRoles(s, w, r, list, q, after, all)
}

func methods(r *record, has grant) []string {
	var ways []string
	if _, direct := r.grants[has]; direct {
		ways = append(ways, "direct")
	}
	for g := range r.groups {
		if _, by := g.grants[has]; by {
			return append(ways, "group_direct")
		}
	}
	return ways
}

func serveRoles[T any](s *Sim, w http.ResponseWriter, r *http.Request, list string, q roleQuery, after int64, all []T) {
	items, last, more := paginate(numbered(all), after, *q.Limit, "")
	following, err := next(list, q, last, more)
	if err != nil {
		s.badRequest(w, r, err)
		return
	}
	write(w, http.StatusOK, struct {
		Data  []T   `json:"data"`
		Links links `json:"links"`
	}{items, links{Next: following}})
}

// groupRole reads the body of assign and revoke. Where ok is false it has
// answered.
func (s *Sim) groupRole(w http.ResponseWriter, r *http.Request) (role grant, ok bool) {
	var body struct {
		ResourceID string `json:"resourceId"`
		RoleID     string `json:"roleId"`
	}
	err := decode(r, &body)
	if err == nil && (body.ResourceID == "" || body.RoleID == "") {
		err = errors.New("resourceId and roleId are required")
	}
	if err != nil {
		s.badRequest(w, r, err)
		return grant{}, false
	}
	return grant{body.ResourceID, body.RoleID}, true
}

// roleGroup finds the group that a role is for, if it may be changed and the
// role is one. Where it returns nil it has answered. The caller holds the
// lock.
func (s *Sim) roleGroup(w http.ResponseWriter, r *http.Request, role grant) *group {
	g := s.writableGroup(w, r)
	if g == nil {
		return nil
	}
	res, known := s.resource(role.resource)
	if !known {
		s.fail(w, r, http.StatusNotFound, "ADMIN-404-1", "The resource was not found.")
		return nil
	}
	if !res.takes(role.role) {
		s.fail(w, r, http.StatusBadRequest, "ADMIN-UAM-400-3", "%s is no role on this resource.", role.role)
		return nil
	}
	return g
}

func (s *Sim) assignGroupRole(w http.ResponseWriter, r *http.Request) {
	role, ok := s.groupRole(w, r)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.roleGroup(w, r, role)
	if g == nil {
		return
	}
	if _, has := g.grants[role]; !has {
		if s.grantExceeds(g, role) {
			s.fail(w, r, http.StatusConflict, "ADMIN-409-3", "There are not enough licenses for %s.", g.name)
			return
		}
		s.regrant(g, func() { g.grants[role] = struct{}{} })
		fault.Applied(r, "assign-group-role:"+g.id+":"+role.resource+":"+role.role)
	}
	w.WriteHeader(http.StatusOK)
}

func (s *Sim) revokeGroupRole(w http.ResponseWriter, r *http.Request) {
	role, ok := s.groupRole(w, r)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.roleGroup(w, r, role)
	if g == nil {
		return
	}
	if _, has := g.grants[role]; has {
		s.regrant(g, func() { delete(g.grants, role) })
		fault.Applied(r, "revoke-group-role:"+g.id+":"+role.resource+":"+role.role)
	}
	w.WriteHeader(http.StatusNoContent)
}

// regrant changes a group's roles and counts its members' seats again.
func (s *Sim) regrant(g *group, apply func()) {
	before := make([][]string, len(g.members))
	for i, a := range g.members {
		before[i] = s.seats(&a.record)
	}
	apply()
	for i, a := range g.members {
		s.count(before[i], s.seats(&a.record))
	}
}

func (s *Sim) grantExceeds(g *group, role grant) bool {
	if s.seatLimit <= 0 || !s.billable(role) {
		return false
	}
	more := 0
	for _, a := range g.members {
		if a.membership == memberActive && a.lifecycle == lifecycleActive && !slices.Contains(s.seats(&a.record), role.resource) {
			more++
		}
	}
	return s.taken[role.resource]+more > s.seatLimit
}
