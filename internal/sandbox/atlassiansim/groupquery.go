package atlassiansim

import (
	"iter"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
)

// groupQuery is MultiDirectoryGroupSearchRequest, and what the deprecated GET
// form and the count take.
type groupQuery struct {
	AccountIDs     []string  `json:"accountIds,omitempty"`
	Cursor         string    `json:"cursor,omitempty"`
	DirectoryIDs   []string  `json:"directoryIds,omitempty"`
	Expand         []string  `json:"expand,omitempty"`
	GroupIDs       []string  `json:"groupIds,omitempty"`
	GroupNames     []string  `json:"groupNames,omitempty"`
	Limit          *int      `json:"limit,omitempty"`
	ResourceIDs    []string  `json:"resourceIds,omitempty"`
	ResourceOwners []string  `json:"resourceOwners,omitempty"`
	RoleIDs        []string  `json:"roleIds,omitempty"`
	SearchTerm     string    `json:"searchTerm,omitempty"`
	SortBy         []sorting `json:"sortBy,omitempty"`
}

func (q *groupQuery) check() error {
	var c constraints
	for _, list := range []struct {
		name   string
		values []string
		most   int
	}{
		{"accountIds", q.AccountIDs, 10},
		{"directoryIds", q.DirectoryIDs, 10},
		{"groupIds", q.GroupIDs, 10},
		{"groupNames", q.GroupNames, 100},
		{"resourceIds", q.ResourceIDs, 20},
		{"resourceOwners", q.ResourceOwners, 10},
		{"roleIds", q.RoleIDs, 10},
	} {
		c.list(list.name, list.values, list.most)
		c.unique(list.name, list.values)
	}
	c.list("expand", q.Expand, 2, "counts.resources", "counts.users")
	c.unique("expand", q.Expand)
	if len(q.GroupNames) > 0 && (q.SearchTerm != "" || len(q.GroupIDs) > 0) {
		c.fail("groupNames and searchTerm or groupIds are mutually exclusive")
	}
	checkSorting(&c, q.SortBy, "name")
	limit := c.limit(q.Limit, 20, 100)
	q.Limit = &limit
	return c.first
}

// foundGroups yields the groups that a query finds. The caller holds the lock.
func (s *Sim) foundGroups(q *groupQuery, effect fault.Kind) matches[*group] {
	there := func(g *group) bool { return g.live() }
	if effect == fault.Stale {
		then := s.opts.Now().Add(-s.opts.Staleness)
		there = func(g *group) bool { return !g.created.After(then) && (g.live() || g.deleted.After(then)) }
	}
	names := map[string]struct{}{}
	for _, name := range q.GroupNames {
		names[fold(name)] = struct{}{}
	}
	candidates := s.groups
	if len(names) > 0 && effect != fault.Stale {
		candidates = nil
		for name := range names {
			if g := s.groupByName[name]; g != nil {
				candidates = append(candidates, g)
			}
		}
		slices.SortFunc(candidates, func(a, b *group) int { return int(a.seq - b.seq) })
	}
	keep := func(g *group) bool {
		if !there(g) {
			return false
		}
		if len(names) > 0 {
			if _, asked := names[fold(g.name)]; !asked {
				return false
			}
		}
		return s.groupMatches(q, g)
	}
	all := func(after int64) iter.Seq2[int64, *group] {
		return func(yield func(int64, *group) bool) {
			for _, g := range candidates {
				if g.seq > after && keep(g) && !yield(g.seq, g) {
					return
				}
			}
		}
	}
	if len(q.SortBy) == 0 {
		return all
	}
	var sorted []*group
	for _, g := range all(0) {
		sorted = append(sorted, g)
	}
	slices.SortStableFunc(sorted, func(a, b *group) int {
		order := strings.Compare(fold(a.name), fold(b.name))
		if q.SortBy[0].Direction == "desc" {
			return -order
		}
		return order
	})
	return numbered(sorted)
}

func (s *Sim) groupMatches(q *groupQuery, g *group) bool {
	if len(q.GroupIDs) > 0 && !slices.Contains(q.GroupIDs, g.id) {
		return false
	}
	if len(q.DirectoryIDs) > 0 && !slices.Contains(q.DirectoryIDs, s.opts.DirectoryID) {
		return false
	}
	if q.SearchTerm != "" && !strings.Contains(fold(g.name), fold(q.SearchTerm)) {
		return false
	}
	if len(q.AccountIDs) > 0 && !slices.ContainsFunc(q.AccountIDs, func(id string) bool {
		a := s.accountByID[id]
		if a == nil {
			return false
		}
		_, in := a.groups[g]
		return in
	}) {
		return false
	}
	if len(q.RoleIDs) == 0 && len(q.ResourceIDs) == 0 && len(q.ResourceOwners) == 0 {
		return true
	}
	for has := range g.grants {
		res, _ := s.resource(has.resource)
		if (len(q.RoleIDs) == 0 || slices.Contains(q.RoleIDs, has.role)) &&
			(len(q.ResourceIDs) == 0 || slices.Contains(q.ResourceIDs, has.resource)) &&
			(len(q.ResourceOwners) == 0 || slices.Contains(q.ResourceOwners, res.owner)) {
			return true
		}
	}
	return false
}
