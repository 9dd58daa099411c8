package crowdsim

import (
	"net/http"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// maxResults is what a list holds when nobody says how many.
const maxResults = 1000

// window reads start-index and max-results.
func (s *Sim) window(w http.ResponseWriter, r *http.Request) (start, limit int, ok bool) {
	start, startOK := standin.Number(r, "start-index", 0)
	limit, limitOK := standin.Number(r, "max-results", maxResults)
	if !startOK || !limitOK {
		refuse(w, http.StatusBadRequest, illegalArgument, "start-index and max-results are whole numbers")
	}
	if s.opts.MaxResults > 0 {
		limit = min(limit, s.opts.MaxResults)
	}
	return start, limit, startOK && limitOK
}

// reference is a user or a group that is not expanded: a name and nothing else.
type reference struct {
	Link *link  `json:"link"`
	Name string `json:"name"`
}

// answerUsers answers with a page of users: whole where they are expanded, else
// their names.
func (s *Sim) answerUsers(w http.ResponseWriter, r *http.Request, all []roster.Account, fresh func(roster.Account) bool) {
	start, limit, ok := s.window(w, r)
	if !ok {
		return
	}
	all = standin.Spoil(all, s.opts.Engine.ListEffect(r), limit, fresh)
	page := struct {
		Expand string `json:"expand"`
		Users  []any  `json:"users"`
	}{"user", []any{}}
	whole, described := expands(r, "user"), expands(r, "attributes")
	for _, a := range standin.Page(all, start, limit) {
		if whole {
			page.Users = append(page.Users, entityOf(a, described))
			continue
		}
		page.Users = append(page.Users, reference{&link{Href: "user?username=" + a.UserName, Rel: "self"}, a.UserName})
	}
	standin.Answer(w, http.StatusOK, page)
}

func (s *Sim) answerGroups(w http.ResponseWriter, r *http.Request, all []roster.Group, fresh func(roster.Group) bool) {
	start, limit, ok := s.window(w, r)
	if !ok {
		return
	}
	all = standin.Spoil(all, s.opts.Engine.ListEffect(r), limit, fresh)
	page := struct {
		Expand string `json:"expand"`
		Groups []any  `json:"groups"`
	}{"group", []any{}}
	whole := expands(r, "group")
	for _, g := range standin.Page(all, start, limit) {
		if whole {
			page.Groups = append(page.Groups, groupOf(g))
			continue
		}
		page.Groups = append(page.Groups, reference{&link{Href: "group?groupname=" + g.Name, Rel: "self"}, g.Name})
	}
	standin.Answer(w, http.StatusOK, page)
}

func (s *Sim) freshGroup(g roster.Group) bool { return s.fresh.Is("group:"+g.ID, s.opts.Now()) }

// members lists the users in a group, or says whether one of them is the user
// of the query.
func (s *Sim) members(nested bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		g, there := s.roster.GroupNamed(r.URL.Query().Get("groupname"))
		if !there && r.URL.Query().Has("username") {
			refuse(w, http.StatusNotFound, membershipNotFound, "The user is not in the group")
			return
		}
		// A list of what is not there is empty, and no 404:
		// https://jira.atlassian.com/browse/CWD-4470
		all := s.roster.Members(g.ID)
		if nested {
			seen := map[string]bool{}
			all = slices.DeleteFunc(s.nested(g.ID), func(a roster.Account) bool {
				twice := seen[a.ID]
				seen[a.ID] = true
				return twice
			})
		}
		if r.URL.Query().Has("username") {
			a, ok := s.user(w, r)
			switch {
			case !ok:
			case !slices.ContainsFunc(all, func(other roster.Account) bool { return other.ID == a.ID }):
				refuse(w, http.StatusNotFound, membershipNotFound, "The user is not in the group")
			default:
				standin.Answer(w, http.StatusOK, entityOf(a, false))
			}
			return
		}
		s.answerUsers(w, r, all, func(a roster.Account) bool { return s.fresh.Is("member:"+g.ID+":"+a.ID, s.opts.Now()) })
	}
}

func (s *Sim) nested(groupID string) []roster.Account {
	all := s.roster.Members(groupID)
	for _, id := range s.roster.Subgroups(groupID) {
		all = append(all, s.nested(id)...)
	}
	return all
}

// children lists the groups in a group, or says whether one of them is the
// child group of the query.
func (s *Sim) children(nested bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		parent, there := s.roster.GroupNamed(r.URL.Query().Get("groupname"))
		if !there && r.URL.Query().Has("child-groupname") {
			refuse(w, http.StatusNotFound, membershipNotFound, "The group is not in the group")
			return
		}
		all := s.inside(parent.ID, nested)
		if r.URL.Query().Has("child-groupname") {
			child, ok := s.group(w, r, "child-groupname")
			switch {
			case !ok:
			case !slices.ContainsFunc(all, func(g roster.Group) bool { return g.ID == child.ID }):
				refuse(w, http.StatusNotFound, membershipNotFound, "The group is not in the group")
			default:
				standin.Answer(w, http.StatusOK, groupOf(child))
			}
			return
		}
		s.answerGroups(w, r, all, func(g roster.Group) bool { return s.fresh.Is("child:"+parent.ID+":"+g.ID, s.opts.Now()) })
	}
}

func (s *Sim) inside(groupID string, nested bool) []roster.Group {
	var all []roster.Group
	for _, id := range s.roster.Subgroups(groupID) {
		if g, there := s.roster.Group(id); there {
			all = append(all, g)
		}
		if nested {
			for _, g := range s.inside(id, true) {
				if !slices.ContainsFunc(all, func(other roster.Group) bool { return other.ID == g.ID }) {
					all = append(all, g)
				}
			}
		}
	}
	return all
}
