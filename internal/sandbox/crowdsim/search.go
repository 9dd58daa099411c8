package crowdsim

import (
	"net/http"
	"strconv"

	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
)

// search lists the users or groups that a restriction fits.
func (s *Sim) search(w http.ResponseWriter, r *http.Request) {
	restriction := r.URL.Query().Get("restriction")
	switch r.URL.Query().Get("entity-type") {
	case "user":
		fits, err := parse(restriction, userProperties())
		if err != nil {
			refuse(w, http.StatusBadRequest, illegalArgument, err.Error())
			return
		}
		all := s.roster.Accounts(func(a roster.Account) bool {
			return fits(func(property string) string { return userProperty(a, property) })
		})
		s.answerUsers(w, r, all, func(a roster.Account) bool { return s.fresh.Is("user:"+a.ID, s.opts.Now()) })
	case "group":
		fits, err := parse(restriction, groupProperties())
		if err != nil {
			refuse(w, http.StatusBadRequest, illegalArgument, err.Error())
			return
		}
		all := s.roster.Groups(func(g roster.Group) bool {
			return fits(func(property string) string { return groupProperty(g, property) })
		})
		s.answerGroups(w, r, all, s.freshGroup)
	default:
		refuse(w, http.StatusBadRequest, illegalArgument, "entity-type is user or group")
	}
}

// userProperties and groupProperties are what a restriction may be about.
// https://developer.atlassian.com/server/crowd/crowd-query-language/
func userProperties() []string {
	return []string{"name", "email", "firstName", "lastName", "displayName", "active"}
}

func groupProperties() []string { return []string{"name", "description", "active"} }

func userProperty(a roster.Account, property string) string {
	switch property {
	case "name":
		return a.UserName
	case "email":
		return a.Email
	case "firstName":
		return a.Attributes[firstName]
	case "lastName":
		return a.Attributes[lastName]
	case "displayName":
		return a.DisplayName
	}
	return strconv.FormatBool(a.Active)
}

func groupProperty(g roster.Group, property string) string {
	switch property {
	case "name":
		return g.Name
	case "description":
		return g.Description
	}
	return "true"
}
