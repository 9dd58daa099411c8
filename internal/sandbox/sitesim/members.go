package sitesim

import (
	"net/http"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// provisioned is why nothing here may change what another system provisions.
// https://support.atlassian.com/provisioning-users/docs/understand-user-provisioning/
const provisioned = "This is managed by an identity provider and cannot be changed here."

// members answers GET /rest/api/3/group/member.
func (s *Sim) members(w http.ResponseWriter, r *http.Request) {
	start, size, ok := s.bounds(w, r, groupsMost, groupsMost)
	if !ok {
		return
	}
	group, status := s.groupOf(r)
	if status != 0 {
		s.fail(w, r, status, "The group does not exist or is not named.")
		return
	}
	all := distort(s, r, s.roster.Members(group.ID), size, accountID, aboutMembers(group.ID))
	if r.URL.Query().Get("includeInactiveUsers") != "true" {
		all = slices.DeleteFunc(all, func(a roster.Account) bool { return !a.Active })
	}
	users := make([]jiraUser, len(all))
	for i, a := range all {
		users[i] = jiraUserOf(a)
	}
	answerPage(w, users, start, size)
}

// addMember answers POST /rest/api/3/group/user. Somebody who is a member, and
// anybody where the group gives a product whose licence is full, is refused with
// the same status.
func (s *Sim) addMember(w http.ResponseWriter, r *http.Request) {
	group, status := s.groupOf(r)
	if status != 0 {
		s.fail(w, r, status, "The group does not exist or is not named.")
		return
	}
	var body struct {
		AccountID string `json:"accountId"`
	}
	if err := standin.Decode(r, &body, false); err != nil || body.AccountID == "" || len(body.AccountID) > idLength {
		s.fail(w, r, http.StatusBadRequest, "The accountId is missing.")
		return
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	a, there := s.roster.Account(body.AccountID)
	if !there {
		s.fail(w, r, http.StatusNotFound, "The user or the group does not exist.")
		return
	}
	if group.External {
		s.fail(w, r, http.StatusForbidden, provisioned)
		return
	}
	if s.fullBehind(group, a) {
		s.fail(w, r, http.StatusBadRequest, "The user could not be added.")
		return
	}
	changed, err := s.join(r, group, a)
	switch {
	case err != nil:
		s.fail(w, r, http.StatusNotFound, "The user or the group does not exist.")
	case !changed:
		s.fail(w, r, http.StatusBadRequest, "Cannot add user. User is already a member of '"+group.Name+"'")
	default:
		standin.Answer(w, http.StatusCreated, jiraName{group.ID, group.Name})
	}
}

// removeMember answers DELETE /rest/api/3/group/user.
func (s *Sim) removeMember(w http.ResponseWriter, r *http.Request) {
	group, status := s.groupOf(r)
	id := r.URL.Query().Get("accountId")
	if status == 0 && (id == "" || len(id) > idLength) {
		status = http.StatusBadRequest
	}
	if status != 0 {
		s.fail(w, r, status, "The group or the user does not exist or is not named.")
		return
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	a, there := s.roster.Account(id)
	if !there {
		s.fail(w, r, http.StatusNotFound, "The group or the user does not exist.")
		return
	}
	if group.External {
		s.fail(w, r, http.StatusForbidden, provisioned)
		return
	}
	changed, err := s.leave(r, group, a)
	switch {
	case err != nil:
		s.fail(w, r, http.StatusNotFound, "The group or the user does not exist.")
	case !changed:
		s.fail(w, r, http.StatusBadRequest, "Cannot remove user from the group: not a member.")
	default:
		w.WriteHeader(http.StatusOK)
	}
}
