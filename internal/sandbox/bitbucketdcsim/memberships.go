package bitbucketdcsim

import (
	"net/http"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
)

// groupsOfUser lists the groups that a user is in, or is not in. A user who is
// not there has none: the description has no 404 here.
func (s *Sim) groupsOfUser(in bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a, there := s.roster.AccountNamed(r.URL.Query().Get("context"))
		lower := strings.ToLower(r.URL.Query().Get("filter"))
		var groups []roster.Group
		switch {
		case !there:
		case in:
			for _, g := range s.roster.GroupsOf(a.ID) {
				if contains(lower, g.Name) {
					groups = append(groups, g)
				}
			}
		default:
			for _, g := range s.matchingGroups(r) {
				if !s.roster.IsMember(g.ID, a.ID) {
					groups = append(groups, g)
				}
			}
		}
		pageOf(s, w, r, groups, func(g roster.Group) bool { return in && s.fresh.Is("member:"+g.ID+":"+a.ID, s.opts.Now()) }, groupOf)
	}
}

// membersOfGroup lists the users in a group, or not in it.
func (s *Sim) membersOfGroup(in bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		g, there := s.roster.GroupNamed(r.URL.Query().Get("context"))
		lower := strings.ToLower(r.URL.Query().Get("filter"))
		var users []roster.Account
		switch {
		case !there:
		case in:
			for _, a := range s.roster.Members(g.ID) {
				if contains(lower, a.UserName, a.Email, a.DisplayName) {
					users = append(users, a)
				}
			}
		default:
			for _, a := range s.matching(r) {
				if !s.roster.IsMember(g.ID, a.ID) {
					users = append(users, a)
				}
			}
		}
		pageOf(s, w, r, users, func(a roster.Account) bool { return in && s.fresh.Is("member:"+g.ID+":"+a.ID, s.opts.Now()) }, detailsOf)
	}
}

// addUsers puts several users in a group, addGroups a user in several groups:
// all or none.
func (s *Sim) addUsers(w http.ResponseWriter, r *http.Request) {
	var to struct {
		Group string   `json:"group"`
		Users []string `json:"users"`
	}
	if body(w, r, &to) {
		s.join(w, r, []string{to.Group}, to.Users)
	}
}

func (s *Sim) addGroups(w http.ResponseWriter, r *http.Request) {
	var to struct {
		User   string   `json:"user"`
		Groups []string `json:"groups"`
	}
	if body(w, r, &to) {
		s.join(w, r, to.Groups, []string{to.User})
	}
}

func (s *Sim) join(w http.ResponseWriter, r *http.Request, groupNames, userNames []string) {
	s.writing.Lock()
	defer s.writing.Unlock()
	var groups []roster.Group
	for _, name := range groupNames {
		g, ok := s.group(w, name)
		if !ok {
			return
		}
		if s.above(w, groupLevel(g), http.StatusForbidden) {
			return
		}
		groups = append(groups, g)
	}
	var users []roster.Account
	for _, name := range userNames {
		a, ok := s.user(w, name)
		if !ok {
			return
		}
		users = append(users, a)
	}
	newcomers := 0
	for _, a := range users {
		gives := false
		for _, g := range groups {
			if a.External || g.External {
				refuse(w, http.StatusForbidden, forbidden, "The directory is read-only")
				return
			}
			gives = gives || g.Permissions[""] != ""
		}
		if gives && !s.licensed(a) {
			newcomers++
		}
	}
	if newcomers > 0 && !s.room(newcomers) {
		refuse(w, http.StatusForbidden, licenceExceeded, "The licence limit would be exceeded")
		return
	}
	for _, a := range users {
		for _, g := range groups {
			if changed, err := s.roster.Join(g.ID, a.ID); err == nil && changed {
				s.fresh.Mark("member:"+g.ID+":"+a.ID, s.opts.Now())
				fault.Applied(r, "add-member:"+g.ID+":"+a.ID)
			}
		}
	}
	done(w)
}

// removeGroupOfUser takes a user (context) out of a group (itemName). Somebody
// who was not in it is no matter.
func (s *Sim) removeGroupOfUser(w http.ResponseWriter, r *http.Request) {
	var from struct {
		Context  string `json:"context"`
		ItemName string `json:"itemName"`
	}
	if !body(w, r, &from) {
		return
	}
	a, ok := s.user(w, from.Context)
	if !ok {
		return
	}
	g, ok := s.group(w, from.ItemName)
	if !ok {
		return
	}
	if a.External || g.External {
		refuse(w, http.StatusForbidden, forbidden, "The directory is read-only")
		return
	}
	if s.above(w, groupLevel(g), http.StatusForbidden) {
		return
	}
	if changed, err := s.roster.Leave(g.ID, a.ID); err == nil && changed {
		fault.Applied(r, "remove-member:"+g.ID+":"+a.ID)
	}
	done(w)
}
