package bitbucketdcsim

import (
	"net/http"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
)

// administrative reports whether an operation is an administrator's. A licensed
// user may list users and groups.
func administrative(method, template string) bool {
	return method != http.MethodGet || strings.HasPrefix(template, "/admin/permissions/") || template == "/admin/user-directories"
}

// administrator refuses, as if the credential were wrong, a call of somebody who
// does not administer.
func (s *Sim) administrator(serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s.ownLevel() < slices.Index(ranks(), Admin) {
			notPermitted(w)
			return
		}
		serve(w, r)
	}
}

func notPermitted(w http.ResponseWriter) {
	refuse(w, http.StatusUnauthorized, notAuthorised, "You are not permitted to access this resource")
}

// ownLevel is the rank of the highest permission that the credential's user
// holds; -1 is none.
func (s *Sim) ownLevel() int {
	own, _ := s.roster.AccountNamed(s.opts.User)
	return s.level(own)
}

// level is the rank of the highest permission that somebody holds, of their own or
// by a group.
func (s *Sim) level(a roster.Account) int {
	highest := -1
	for _, permission := range a.Permissions {
		highest = max(highest, slices.Index(ranks(), permission))
	}
	for _, g := range s.roster.GroupsOf(a.ID) {
		highest = max(highest, groupLevel(g))
	}
	return highest
}

func groupLevel(g roster.Group) int { return slices.Index(ranks(), g.Permissions[""]) }

// above refuses, with the status that an operation has for it, to touch what
// holds more than the credential's user does.
func (s *Sim) above(w http.ResponseWriter, level, status int) bool {
	if level <= s.ownLevel() {
		return false
	}
	if status == http.StatusUnauthorized {
		notPermitted(w)
		return true
	}
	refuse(w, status, forbidden, "This would touch a permission that is higher than your own")
	return true
}
