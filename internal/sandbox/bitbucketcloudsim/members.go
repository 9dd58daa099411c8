package bitbucketcloudsim

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// emailsAtOnce is how many addresses a filter may have.
// https://developer.atlassian.com/cloud/bitbucket/rest/api-group-workspaces/#api-workspaces-workspace-members-get
const emailsAtOnce = 90

func (s *Sim) workspace() map[string]any {
	return map[string]any{"type": "workspace", "uuid": s.uuid, "slug": s.opts.Workspace, "name": s.opts.Workspace, "is_private": true}
}

func userDocument(a roster.Account, withEmail bool) map[string]any {
	status := "active"
	if !a.Active {
		status = "inactive"
	}
	d := map[string]any{
		"type": "user", "uuid": a.ID, "account_id": a.Attributes["account_id"], "display_name": a.DisplayName,
		"nickname": a.Attributes["nickname"], "account_status": status,
	}
	if withEmail {
		d["email"] = a.Email
	}
	return d
}

func (s *Sim) membership(a roster.Account, withEmail bool) map[string]any {
	return map[string]any{"type": "workspace_membership", "user": userDocument(a, withEmail), "workspace": s.workspace()}
}

func (s *Sim) getWorkspace(w http.ResponseWriter, _ *http.Request) {
	standin.Answer(w, http.StatusOK, s.workspace())
}

// currentUser is the credential's; an access token is nobody's.
func (s *Sim) currentUser(w http.ResponseWriter, r *http.Request) {
	a, there := s.roster.Account(s.owner)
	if !there || standin.Bearer(s.opts.AccessToken)(r) {
		fail(w, r, http.StatusForbidden, "This resource is not available to this token.")
		return
	}
	standin.Answer(w, http.StatusOK, userDocument(a, false))
}

var byEmail = regexp.MustCompile(`^\s*user\.email\s+(?i:IN)\s*\((.*)\)\s*$`)

func (s *Sim) listMembers(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	asked, message := emailsOf(query.Get("q"))
	switch {
	case message != "":
		fail(w, r, http.StatusBadRequest, message)
		return
	case asked != nil && s.opts.NotAdministrator:
		fail(w, r, http.StatusBadRequest, "Filtering by email is for workspace administrators.")
		return
	}
	fields, message := fieldsOf(query.Get("fields"))
	if message != "" {
		fail(w, r, http.StatusBadRequest, message)
		return
	}
	found := s.roster.Accounts(func(a roster.Account) bool {
		return asked == nil || slices.ContainsFunc(asked, func(email string) bool { return len(email) == len(a.Email) && strings.EqualFold(email, a.Email) })
	})
	// Only addresses that were asked for are shown.
	withEmail := asked != nil && slices.Contains(fields, "+values.user.email")
	now := s.opts.Now()
	answerPage(s, w, r, found, func(a roster.Account) bool { return s.fresh.Is(a.ID, now) }, func(a roster.Account) map[string]any {
		return s.membership(a, withEmail)
	})
}

// emailsOf reads the only filter that members have; nil is none.
func emailsOf(q string) ([]string, string) {
	if q == "" {
		return nil, ""
	}
	match := byEmail.FindStringSubmatch(q)
	if match == nil {
		return nil, "Invalid or unsupported query"
	}
	var emails []string
	if err := json.Unmarshal([]byte("["+match[1]+"]"), &emails); err != nil || len(emails) == 0 {
		return nil, "Invalid query: expected a list of strings"
	}
	if len(emails) > emailsAtOnce {
		return nil, "You can query up to 90 email addresses at a time."
	}
	return emails, ""
}

// fieldsOf reads a selection of fields; only additions are known here.
func fieldsOf(text string) ([]string, string) {
	if text == "" {
		return nil, ""
	}
	fields := strings.Split(text, ",")
	for _, field := range fields {
		if field != "+values.user.email" {
			return nil, "Unsupported field " + field
		}
	}
	return fields, ""
}

func (s *Sim) getMember(w http.ResponseWriter, r *http.Request) {
	a, there := s.member(standin.Var(r, "member"))
	if !there {
		fail(w, r, http.StatusNotFound, "The user is not a member of the workspace.")
		return
	}
	standin.Answer(w, http.StatusOK, s.membership(a, false))
}

// member finds somebody by uuid or Atlassian account id.
func (s *Sim) member(id string) (roster.Account, bool) {
	if a, there := s.roster.Account(id); there {
		return a, true
	}
	found := s.roster.Accounts(func(a roster.Account) bool { return id != "" && a.Attributes["account_id"] == id })
	if len(found) == 0 {
		return roster.Account{}, false
	}
	return found[0], true
}

var byPermission = regexp.MustCompile(`^\s*permission\s*=\s*"(owner|collaborator|member)"\s*$`)

func (s *Sim) listPermissions(w http.ResponseWriter, r *http.Request) {
	wanted := ""
	if q := r.URL.Query().Get("q"); q != "" {
		match := byPermission.FindStringSubmatch(q)
		if match == nil {
			fail(w, r, http.StatusBadRequest, "Invalid or unsupported query")
			return
		}
		wanted = match[1]
	}
	found := s.roster.Accounts(nil)
	found = slices.DeleteFunc(found, func(a roster.Account) bool { return wanted != "" && s.permission(a) != wanted })
	answerPage(s, w, r, found, func(roster.Account) bool { return false }, func(a roster.Account) map[string]any {
		d := s.membership(a, false)
		d["permission"] = s.permission(a)
		return d
	})
}

// permission is somebody's in the workspace: an owner is whoever is in a group
// that administers.
func (s *Sim) permission(a roster.Account) string {
	administers := func(g roster.Group) bool { return g.Administrator }
	if a.Administrator || slices.ContainsFunc(s.roster.GroupsOf(a.ID), administers) {
		return "owner"
	}
	return "member"
}
