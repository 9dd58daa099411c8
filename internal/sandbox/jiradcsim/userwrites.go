package jiradcsim

import (
	"net/http"
	"net/mail"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// userWrite is the body of a creation and of an update.
type userWrite struct {
	Self         string    `json:"self"`
	Key          string    `json:"key"`
	Name         *string   `json:"name"`
	EmailAddress *string   `json:"emailAddress"`
	DisplayName  *string   `json:"displayName"`
	Password     *string   `json:"password"`
	Notification string    `json:"notification"`
	Applications *[]string `json:"applicationKeys"`
	Active       *bool     `json:"active"`
}

// fold puts a user name in lower case, as Jira keeps them.
func (u *userWrite) fold() {
	if u.Name != nil {
		folded := strings.ToLower(*u.Name)
		u.Name = &folded
	}
}

// checked returns what is wrong with the fields that are there.
func (u userWrite) checked() map[string]string {
	fields := map[string]string{}
	if u.Name != nil && (strings.TrimSpace(*u.Name) == "" || strings.TrimSpace(*u.Name) != *u.Name || strings.ContainsAny(*u.Name, "<>&")) {
		fields["username"] = "The username is missing or holds a character that it must not have."
	}
	if u.DisplayName != nil && (strings.TrimSpace(*u.DisplayName) == "" || len([]rune(*u.DisplayName)) > 255) {
		fields["displayName"] = "You must specify a full name of at most 255 characters."
	}
	if u.EmailAddress != nil {
		if parsed, err := mail.ParseAddress(*u.EmailAddress); err != nil || parsed.Address != *u.EmailAddress {
			fields["email"] = "You must specify a valid email address."
		}
	}
	return fields
}

func (s *Sim) createUser(w http.ResponseWriter, r *http.Request) {
	var body userWrite
	if err := standin.Decode(r, &body, true); err != nil {
		problem(w, http.StatusBadRequest, err.Error())
		return
	}
	empty := ""
	for _, field := range []**string{&body.Name, &body.EmailAddress, &body.DisplayName} {
		if *field == nil {
			*field = &empty
		}
	}
	body.fold()
	fields := body.checked()
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.roster.AccountNamed(*body.Name); taken {
		fields["username"] = "A user with that username already exists."
	}
	var groups []string
	applications := []string{DefaultApplication}
	if body.Applications != nil {
		applications = *body.Applications
	}
	for _, key := range applications {
		role, known := s.role(key)
		switch {
		case !known:
			fields["applicationKeys"] = "There is no application " + key + "."
		case role.full():
			fields["applicationKeys"] = "There is no licence left for " + key + "."
		}
		groups = append(groups, role.Groups...)
	}
	if len(fields) > 0 {
		wrong(w, fields)
		return
	}
	a := roster.Account{ID: s.newKey(), UserName: *body.Name, Email: *body.EmailAddress, DisplayName: *body.DisplayName, Active: true}
	if err := s.roster.AddAccount(a); err != nil {
		problem(w, http.StatusInternalServerError, err.Error())
		return
	}
	for _, name := range groups {
		if _, err := s.roster.Join(strings.ToLower(name), a.ID); err != nil {
			problem(w, http.StatusInternalServerError, err.Error())
			return
		}
	}
	s.fresh.Mark(a.ID, s.opts.Now())
	fault.Applied(r, "create-account:"+strings.ToLower(a.Email))
	standin.Answer(w, http.StatusCreated, s.bean(a, ""))
}

func (s *Sim) updateUser(w http.ResponseWriter, r *http.Request) {
	var body userWrite
	if err := standin.Decode(r, &body, true); err != nil {
		problem(w, http.StatusBadRequest, err.Error())
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, there := s.asked(r)
	switch {
	case !there:
		noUser(w)
		return
	case a.External:
		problem(w, http.StatusForbidden, "Cannot edit user, the user's directory is read-only.")
		return
	}
	body.fold()
	if !s.atLeast(8, 3) {
		body.Active = nil
	}
	if fields := body.checked(); len(fields) > 0 {
		wrong(w, fields)
		return
	}
	next := a
	set(&next.UserName, body.Name)
	set(&next.Email, body.EmailAddress)
	set(&next.DisplayName, body.DisplayName)
	set(&next.Active, body.Active)
	switched := next.Active != a.Active
	if next.UserName == a.UserName && next.Email == a.Email && next.DisplayName == a.DisplayName && !switched {
		problem(w, http.StatusBadRequest, "No value found to be changed.")
		return
	}
	if switched && !next.Active {
		if why := s.whyNotBlock(a); why != "" {
			wrong(w, map[string]string{"active": why})
			return
		}
	}
	if switched && next.Active && slices.ContainsFunc(s.rolesIn(a.ID), role.full) {
		wrong(w, map[string]string{"active": "There is no licence left."})
		return
	}
	err := s.roster.ChangeAccount(a.ID, func(stored *roster.Account) { *stored = next })
	if err != nil {
		wrong(w, map[string]string{"username": "A user with that username already exists."})
		return
	}
	if next.UserName != a.UserName || next.Email != a.Email || next.DisplayName != a.DisplayName {
		fault.Applied(r, "update-account:"+a.ID)
	}
	switch {
	case switched && next.Active:
		fault.Applied(r, "activate-account:"+a.ID)
	case switched:
		fault.Applied(r, "deactivate-account:"+a.ID)
	}
	standin.Answer(w, http.StatusOK, s.bean(next, ""))
}

func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

// whyNotBlock says why a user can be neither deactivated nor deleted.
func (s *Sim) whyNotBlock(a roster.Account) string {
	if a.ID == s.owner {
		return "You cannot do this to yourself."
	}
	if led := s.ledBy(a.ID); len(led) > 0 {
		return "The user is the lead of " + strings.Join(led, ", ") + "."
	}
	return ""
}

// issuesAttribute is where the number of an account's issues is kept.
const issuesAttribute = "issues"

// SeedIssues gives an account issues, so that it cannot be deleted.
func (s *Sim) SeedIssues(accountID string) error {
	return s.roster.ChangeAccount(accountID, func(a *roster.Account) {
		if a.Attributes == nil {
			a.Attributes = map[string]string{}
		}
		a.Attributes[issuesAttribute] = "3"
	})
}

func (s *Sim) deleteUser(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, there := s.asked(r)
	switch {
	case !there:
		noUser(w)
		return
	case a.External:
		problem(w, http.StatusForbidden, "Cannot delete user, the user's directory is read-only.")
		return
	case a.Attributes[issuesAttribute] != "":
		problem(w, http.StatusBadRequest, "The user cannot be deleted: there are issues that the user reported.")
		return
	}
	if why := s.whyNotBlock(a); why != "" {
		problem(w, http.StatusBadRequest, why)
		return
	}
	if err := s.roster.RemoveAccount(a.ID); err != nil {
		problem(w, http.StatusInternalServerError, err.Error())
		return
	}
	fault.Applied(r, "remove-account:"+a.ID)
	w.WriteHeader(http.StatusNoContent)
}
