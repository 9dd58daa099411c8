package atlassiansim

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/gorilla/mux"
)

const groupList = "groups"

// groupDocument is MultiDirectoryGroup.
type groupDocument struct {
	ID               string           `json:"id"`
	Name             string           `json:"name"`
	Description      string           `json:"description"`
	DirectoryID      string           `json:"directoryId"`
	ExternalSynced   bool             `json:"externalSynced"`
	ManagedBy        string           `json:"managedBy"`
	ManagementAccess managementAccess `json:"managementAccess"`
	Counts           *groupCounts     `json:"counts,omitempty"`
	Links            links            `json:"links"`
}

type managementAccess struct {
	Readable   bool `json:"readable"`
	Modifiable bool `json:"modifiable"`
	Deletable  bool `json:"deletable"`
}

type groupCounts struct {
	Resources *int `json:"resources,omitempty"`
	Users     *int `json:"users,omitempty"`
}

type groupPage struct {
	Data  []groupDocument `json:"data"`
	Links links           `json:"links"`
}

func (g *group) administers() bool {
	for grant := range g.grants {
		if administrative(grant.role) {
			return true
		}
	}
	return false
}

func (s *Sim) groupDocument(g *group, expand []string) groupDocument {
	d := groupDocument{
		ID: g.id, Name: g.name, Description: g.description, DirectoryID: s.opts.DirectoryID,
		ExternalSynced: g.external, ManagedBy: "admins", Links: links{Self: g.id},
		ManagementAccess: managementAccess{
			Readable:   true,
			Modifiable: !g.external && !g.fixed,
			Deletable:  !g.external && !g.fixed && len(g.productDefault) == 0 && !g.administers(),
		},
	}
	if g.external {
		d.ManagedBy = "external"
	}
	for _, field := range expand {
		if d.Counts == nil {
			d.Counts = &groupCounts{}
		}
		switch field {
		case "counts.resources":
			held := len(assignments(g))
			d.Counts.Resources = &held
		case "counts.users":
			members := len(g.members)
			d.Counts.Users = &members
		}
	}
	return d
}

// liveGroup finds a group that has not been deleted.
func (s *Sim) liveGroup(id string) *group {
	if g := s.groupByID[id]; g != nil && g.live() {
		return g
	}
	return nil
}

func (s *Sim) searchGroups(w http.ResponseWriter, r *http.Request) {
	var q groupQuery
	if err := decode(r, &q); err != nil && !errors.Is(err, errNoBody) {
		s.badRequest(w, r, err)
		return
	}
	s.serveGroups(w, r, &q)
}

// listGroups is the deprecated GET form of the search.
func (s *Sim) listGroups(w http.ResponseWriter, r *http.Request) {
	q, err := groupParams(r.URL.Query())
	if err != nil {
		s.badRequest(w, r, err)
		return
	}
	s.serveGroups(w, r, q)
}

func groupParams(v url.Values) (*groupQuery, error) {
	q := &groupQuery{
		AccountIDs: v["accountIds"], Cursor: v.Get("cursor"), DirectoryIDs: v["directoryIds"], GroupIDs: v["groupIds"],
		ResourceIDs: v["resourceIds"], ResourceOwners: v["resourceOwners"], RoleIDs: v["roleIds"],
		SearchTerm: v.Get("searchTerm"),
	}
	return q, limitParam(v, &q.Limit)
}

func (s *Sim) serveGroups(w http.ResponseWriter, r *http.Request, q *groupQuery) {
	var after int64
	if q.Cursor != "" {
		text := q.Cursor
		*q = groupQuery{}
		var err error
		if after, err = resume(groupList, text, q); err != nil {
			s.badRequest(w, r, err)
			return
		}
	}
	if err := q.check(); err != nil {
		s.badRequest(w, r, err)
		return
	}
	effect := s.opts.Engine.ListEffect(r)
	s.mu.RLock()
	items, last, more := paginate(s.foundGroups(q, effect), after, *q.Limit, effect)
	page := groupPage{Data: make([]groupDocument, 0, len(items))}
	for _, g := range items {
		page.Data = append(page.Data, s.groupDocument(g, q.Expand))
	}
	s.mu.RUnlock()
	following, err := next(groupList, q, last, more)
	if err != nil {
		s.badRequest(w, r, err)
		return
	}
	page.Links.Next = following
	write(w, http.StatusOK, page)
}

func (s *Sim) countGroups(w http.ResponseWriter, r *http.Request) {
	q, err := groupParams(r.URL.Query())
	if err == nil {
		err = q.check()
	}
	if err != nil {
		s.badRequest(w, r, err)
		return
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	total := count{}
	for range s.foundGroups(q, "")(0) {
		total.Count++
	}
	write(w, http.StatusOK, total)
}

type groupTotals struct {
	All     int `json:"all"`
	Managed int `json:"managed"`
	Synced  int `json:"synced"`
}

type groupTypeCount struct {
	Type  string `json:"type"`
	Count int    `json:"count"`
}

func (s *Sim) groupStats(w http.ResponseWriter, _ *http.Request) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var totals groupTotals
	for _, g := range s.groups {
		if !g.live() {
			continue
		}
		totals.All++
		if g.external {
			totals.Synced++
		} else {
			totals.Managed++
		}
	}
	write(w, http.StatusOK, struct {
		Totals groupTotals      `json:"totals"`
		Types  []groupTypeCount `json:"types"`
	}{totals, []groupTypeCount{{"GROUP", totals.All}}})
}

func (s *Sim) getGroup(w http.ResponseWriter, r *http.Request) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	g := s.liveGroup(mux.Vars(r)["groupId"])
	if g == nil {
		s.noGroup(w, r)
		return
	}
	write(w, http.StatusOK, struct {
		Data groupDocument `json:"data"`
	}{s.groupDocument(g, []string{"counts.resources", "counts.users"})})
}

func (s *Sim) noGroup(w http.ResponseWriter, r *http.Request) {
	s.fail(w, r, http.StatusNotFound, "ADMIN-404-10", "The group %s was not found.", mux.Vars(r)["groupId"])
}
