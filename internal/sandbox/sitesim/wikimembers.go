package sitesim

import (
	"net/http"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// wikiMembers answers GET /wiki/rest/api/group/{groupId}/membersByGroupId. Who
// is suspended is left out. A group that does not exist is a 400: the
// description has no 404.
func (s *Sim) wikiMembers(w http.ResponseWriter, r *http.Request) {
	start, asked, ok := s.wikiBounds(w, r)
	if !ok {
		return
	}
	group, there := s.roster.Group(standin.Var(r, "groupId"))
	if !there || asked > wikiMost {
		s.fail(w, r, http.StatusBadRequest, "The groupId or the limit is not valid.")
		return
	}
	size := s.size(asked, wikiMost)
	all := distort(s, r, s.roster.Members(group.ID), size, accountID, aboutMembers(group.ID))
	all = slices.DeleteFunc(all, func(a roster.Account) bool { return !a.Active })
	users := make([]wikiUser, len(all))
	for i, a := range all {
		users[i] = wikiUserOf(a)
	}
	wikiAnswer(w, r, users, start, size)
}

// wikiAddMember answers POST /wiki/rest/api/group/userByGroupId. A member who is
// added again is answered like a new one; a full licence is an error of the
// vendor's own (https://jira.atlassian.com/browse/CONFCLOUD-84635).
func (s *Sim) wikiAddMember(w http.ResponseWriter, r *http.Request) {
	group, there := s.roster.Group(r.URL.Query().Get("groupId"))
	if !there {
		s.fail(w, r, http.StatusNotFound, "The group does not exist.")
		return
	}
	var body struct {
		AccountID string `json:"accountId"`
	}
	if err := standin.Decode(r, &body, false); err != nil || body.AccountID == "" {
		s.fail(w, r, http.StatusBadRequest, "The accountId is missing.")
		return
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	a, there := s.roster.Account(body.AccountID)
	if !there {
		s.fail(w, r, http.StatusBadRequest, "The accountId is not valid.")
		return
	}
	if group.External {
		s.fail(w, r, http.StatusForbidden, provisioned)
		return
	}
	if s.fullBehind(group, a) {
		s.fail(w, r, http.StatusInternalServerError, "AddUserToGroups failed and no fallback available.")
		return
	}
	if _, err := s.join(r, group, a); err != nil {
		s.fail(w, r, http.StatusNotFound, "The group does not exist.")
		return
	}
	w.WriteHeader(http.StatusCreated)
}

// wikiRemoveMember answers DELETE /wiki/rest/api/group/userByGroupId: 204 also
// for somebody who is no member.
func (s *Sim) wikiRemoveMember(w http.ResponseWriter, r *http.Request) {
	groupID, id := r.URL.Query().Get("groupId"), r.URL.Query().Get("accountId")
	if groupID == "" || id == "" {
		s.fail(w, r, http.StatusBadRequest, "The groupId or the accountId is missing.")
		return
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	group, there := s.roster.Group(groupID)
	a, also := s.roster.Account(id)
	if !there || !also {
		s.fail(w, r, http.StatusNotFound, "The group or the user does not exist.")
		return
	}
	if group.External {
		s.fail(w, r, http.StatusForbidden, provisioned)
		return
	}
	if _, err := s.leave(r, group, a); err != nil {
		s.fail(w, r, http.StatusNotFound, "The group or the user does not exist.")
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
