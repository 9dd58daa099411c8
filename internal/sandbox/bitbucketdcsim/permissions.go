package bitbucketdcsim

import (
	"net/http"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// ranks are the global permissions, each holding those before it.
func ranks() []string { return []string{LicensedUser, ProjectCreate, Admin, SysAdmin} }

// licensed reports whether somebody holds a global permission, of their own or
// by a group.
func (s *Sim) licensed(a roster.Account) bool { return s.holds(a, 0) }

// Licensed reports whether an account holds a global permission, of its own or
// by a group: what makes it one that can be used.
func (s *Sim) Licensed(accountID string) bool {
	a, there := s.roster.Account(accountID)
	return there && s.licensed(a)
}

// holds reports whether somebody holds a permission of a rank or a higher one.
func (s *Sim) holds(a roster.Account, rank int) bool {
	enough := func(permission string) bool { return slices.Index(ranks(), permission) >= rank }
	return slices.ContainsFunc(a.Permissions, enough) ||
		slices.ContainsFunc(s.roster.GroupsOf(a.ID), func(g roster.Group) bool { return enough(g.Permissions[""]) })
}

// holders are the ids of all who hold a permission of a rank or a higher one.
func (s *Sim) holders(rank int) map[string]bool {
	enough := func(permission string) bool { return slices.Index(ranks(), permission) >= rank }
	ids := map[string]bool{}
	for _, g := range s.roster.Groups(func(g roster.Group) bool { return enough(g.Permissions[""]) }) {
		s.roster.EachMember(g.ID, func(a roster.Account) { ids[a.ID] = true })
	}
	for _, a := range s.roster.Accounts(func(a roster.Account) bool { return slices.ContainsFunc(a.Permissions, enough) }) {
		ids[a.ID] = true
	}
	return ids
}

// room reports whether the licence is for so many users more. The caller holds
// writing.
func (s *Sim) room(more int) bool { return s.seats == 0 || len(s.holders(0))+more <= s.seats }

// searchUsers lists users by a part of their names, a group, and permissions.
// Only global permissions are known here.
func (s *Sim) searchUsers(w http.ResponseWriter, r *http.Request) {
	found := s.matching(r)
	if name := r.URL.Query().Get("group"); name != "" {
		g, there := s.roster.GroupNamed(name)
		found = slices.DeleteFunc(found, func(a roster.Account) bool { return !there || !s.roster.IsMember(g.ID, a.ID) })
	}
	if permission := r.URL.Query().Get("permission"); permission != "" {
		rank := slices.Index(ranks(), permission)
		if rank < 0 {
			refuse(w, http.StatusBadRequest, badArgument, "The permission is not a global one")
			return
		}
		keep := func(a roster.Account) bool { return s.holds(a, rank) }
		if len(found) > 20 {
			all := s.holders(rank)
			keep = func(a roster.Account) bool { return all[a.ID] }
		}
		found = slices.DeleteFunc(found, func(a roster.Account) bool { return !keep(a) })
	}
	pageOf(s, w, r, found, s.freshUser, userOf)
}

// permittedUser and permittedGroup are elements of the lists of permissions.
type permittedUser struct {
	User       userEntity `json:"user"`
	Permission string     `json:"permission"`
}

type groupName struct {
	Name string `json:"name"`
}

type permittedGroup struct {
	Group      groupName `json:"group"`
	Permission string    `json:"permission"`
}

func (s *Sim) permittedUsers(w http.ResponseWriter, r *http.Request) {
	found := slices.DeleteFunc(s.matching(r), func(a roster.Account) bool { return len(a.Permissions) == 0 })
	pageOf(s, w, r, found, never, func(a roster.Account) permittedUser { return permittedUser{userOf(a), highest(a.Permissions)} })
}

func highest(permissions []string) string {
	best := ""
	for _, permission := range permissions {
		if slices.Index(ranks(), permission) > slices.Index(ranks(), best) {
			best = permission
		}
	}
	return best
}

func (s *Sim) permittedGroups(w http.ResponseWriter, r *http.Request) {
	found := slices.DeleteFunc(s.matchingGroups(r), func(g roster.Group) bool { return g.Permissions[""] == "" })
	pageOf(s, w, r, found, never, func(g roster.Group) permittedGroup {
		return permittedGroup{groupName{g.Name}, g.Permissions[""]}
	})
}

// global reads the permission that is to be given.
func global(w http.ResponseWriter, r *http.Request) (string, bool) {
	permission := r.URL.Query().Get("permission")
	if !slices.Contains(ranks(), permission) {
		refuse(w, http.StatusBadRequest, badArgument, "The permission is not a global one")
		return "", false
	}
	return permission, true
}

func (s *Sim) permitUser(w http.ResponseWriter, r *http.Request) {
	permission, ok := global(w, r)
	if !ok {
		return
	}
	a, ok := s.user(w, r.URL.Query().Get("name"))
	if !ok {
		return
	}
	if s.above(w, slices.Index(ranks(), permission), http.StatusUnauthorized) || s.above(w, s.level(a), http.StatusConflict) {
		return
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	if !s.licensed(a) && !s.room(1) {
		refuse(w, http.StatusForbidden, licenceExceeded, "The licence limit would be exceeded")
		return
	}
	s.setPermissions(w, r, a, []string{permission})
}

func (s *Sim) forbidUser(w http.ResponseWriter, r *http.Request) {
	a, ok := s.user(w, r.URL.Query().Get("name"))
	switch {
	case !ok:
	case a.ID == s.opts.User:
		refuse(w, http.StatusConflict, forbidden, "This would take your own permissions away")
	case s.above(w, s.level(a), http.StatusConflict):
	default:
		s.setPermissions(w, r, a, nil)
	}
}

func (s *Sim) setPermissions(w http.ResponseWriter, r *http.Request, a roster.Account, permissions []string) {
	if err := s.roster.ChangeAccount(a.ID, func(a *roster.Account) { a.Permissions = permissions }); err != nil {
		refuse(w, http.StatusNotFound, noSuchUser, err.Error())
		return
	}
	if !slices.Equal(a.Permissions, permissions) {
		fault.Applied(r, "permit-account:"+a.ID+":"+strings.Join(permissions, ","))
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Sim) permitGroup(w http.ResponseWriter, r *http.Request) {
	if permission, ok := global(w, r); ok {
		s.setGroupPermission(w, r, permission)
	}
}

func (s *Sim) forbidGroup(w http.ResponseWriter, r *http.Request) { s.setGroupPermission(w, r, "") }

func (s *Sim) setGroupPermission(w http.ResponseWriter, r *http.Request, permission string) {
	g, ok := s.group(w, r.URL.Query().Get("name"))
	if !ok || s.above(w, slices.Index(ranks(), permission), http.StatusUnauthorized) || s.above(w, groupLevel(g), http.StatusConflict) {
		return
	}
	err := s.roster.ChangeGroup(g.ID, func(g *roster.Group) {
		if g.Permissions == nil {
			g.Permissions = map[string]string{}
		}
		g.Permissions[""] = permission
		if permission == "" {
			delete(g.Permissions, "")
		}
	})
	if err != nil {
		refuse(w, http.StatusNotFound, noSuchGroup, err.Error())
		return
	}
	if g.Permissions[""] != permission {
		fault.Applied(r, "permit:"+g.ID+":")
	}
	w.WriteHeader(http.StatusNoContent)
}

type userDirectory struct {
	Active      bool   `json:"active"`
	Description string `json:"description"`
	Name        string `json:"name"`
	Type        string `json:"type"`
}

func (s *Sim) directories(w http.ResponseWriter, r *http.Request) {
	all := []userDirectory{{true, "", directoryOwn, "INTERNAL"}}
	if s.opts.ReadOnly {
		all = []userDirectory{{true, "", directoryOther, "LDAP"}, {true, "", directoryOwn, "INTERNAL"}}
	}
	pageOf(s, w, r, all, never, func(d userDirectory) userDirectory { return d })
}

func (s *Sim) properties(w http.ResponseWriter, _ *http.Request) {
	standin.AnswerAs(w, http.StatusOK, "application/json;charset=UTF-8", struct {
		Version     string `json:"version"`
		BuildNumber string `json:"buildNumber"`
		BuildDate   string `json:"buildDate"`
		DisplayName string `json:"displayName"`
	}{s.opts.Version, "9005001", "1735689600000", "Bitbucket"})
}
