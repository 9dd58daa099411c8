package guardsim

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// searchBody is what both searches take of what is used here; more is refused.
type searchBody struct {
	Cursor     string   `json:"cursor"`
	GroupIDs   []string `json:"groupIds"`
	GroupNames []string `json:"groupNames"`
	RoleIDs    []string `json:"roleIds"`
	Limit      *int     `json:"limit"`
}

// strange reports what the description does not allow.
func (b searchBody) strange() bool {
	beyond := func(list []string, most int) bool { return list != nil && (len(list) == 0 || len(list) > most) }
	return beyond(b.GroupIDs, 10) || beyond(b.RoleIDs, 10) || beyond(b.GroupNames, 100) || b.GroupIDs != nil && b.GroupNames != nil
}

// administers are the roles that a group of administrators has here.
var administers = []string{"atlassian/org-admin", "atlassian/site-admin", "atlassian/admin", "atlassian/user-access-admin"}

// searchPage reads a search and answers with the page of it that find gives, usual
// long where no length is asked for.
func searchPage[T any](w http.ResponseWriter, r *http.Request, usual int, find func(searchBody) []T) {
	var body searchBody
	if r.ContentLength != 0 {
		if err := standin.Decode(r, &body, true); err != nil {
			failOrganization(w, http.StatusBadRequest, "ADMIN-400-24", "Invalid request body")
			return
		}
	}
	limit, start := usual, 0
	if body.Limit != nil {
		limit = *body.Limit
	}
	var err error
	if body.Cursor != "" {
		start, err = strconv.Atoi(body.Cursor)
	}
	if err != nil || limit < 1 || limit > 100 || body.strange() {
		failOrganization(w, http.StatusBadRequest, "ADMIN-400-24", "Invalid request body")
		return
	}
	all := find(body)
	links := map[string]string{}
	if next := start + limit; next < len(all) {
		links["next"] = strconv.Itoa(next)
	}
	standin.Answer(w, http.StatusOK, map[string]any{"data": append([]T{}, standin.Page(all, start, limit)...), "links": links})
}

type searchedGroup struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	DirectoryID string `json:"directoryId"`
}

// searchGroups finds groups of the sites and those that the directory brought
// to the products.
func (s *Sim) searchGroups(w http.ResponseWriter, r *http.Request) {
	searchPage(w, r, 20, func(q searchBody) []searchedGroup {
		s.mu.Lock()
		defer s.mu.Unlock()
		wanted := func(id, name string, administrator bool) bool {
			return (len(q.GroupIDs) == 0 || slices.Contains(q.GroupIDs, id)) &&
				(len(q.GroupNames) == 0 || slices.ContainsFunc(q.GroupNames, func(n string) bool { return strings.EqualFold(n, name) })) &&
				(len(q.RoleIDs) == 0 || administrator && overlap(q.RoleIDs, administers))
		}
		var all []searchedGroup
		for _, site := range s.sites {
			if wanted(site.ID, site.Name, site.Administrator) {
				all = append(all, searchedGroup{ID: site.ID, Name: site.Name, DirectoryID: s.opts.Organization})
			}
		}
		for _, g := range s.roster.Groups(func(g roster.Group) bool { return wanted(g.ID, g.Name, g.Administrator) }) {
			if !slices.Contains(s.hidden, g.Name) {
				all = append(all, searchedGroup{ID: g.ID, Name: g.Name, DirectoryID: s.opts.Directory})
			}
		}
		slices.SortStableFunc(all, func(a, b searchedGroup) int { return cmp.Compare(a.Name, b.Name) })
		return all
	})
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(one string) bool { return slices.Contains(b, one) })
}

type searchedUser struct {
	AccountID string `json:"accountId"`
	Email     string `json:"email"`
	Name      string `json:"name"`
}

// searchUsers finds who administers, by a role of their own or by a group.
func (s *Sim) searchUsers(w http.ResponseWriter, r *http.Request) {
	searchPage(w, r, 50, func(q searchBody) []searchedUser {
		var all []searchedUser
		for _, a := range s.roster.Accounts(func(a roster.Account) bool { return !hiddenUser(a) }) {
			groups := s.roster.GroupsOf(a.ID)
			inGroup := slices.ContainsFunc(groups, func(g roster.Group) bool { return slices.Contains(q.GroupIDs, g.ID) })
			byRole := a.Administrator && overlap(q.RoleIDs, administers)
			if (len(q.GroupIDs) == 0 || inGroup) && (len(q.RoleIDs) == 0 || byRole) {
				all = append(all, searchedUser{AccountID: a.Attributes[attributeAccountID], Email: a.Email, Name: a.DisplayName})
			}
		}
		return all
	})
}
