package bitbucketdcsim

import (
	"errors"
	"hash/fnv"
	"net/http"
	"net/mail"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// userEntity is RestApplicationUser; detailedUser is RestDetailedUser.
type userEntity struct {
	Name         string `json:"name"`
	EmailAddress string `json:"emailAddress"`
	Active       bool   `json:"active"`
	DisplayName  string `json:"displayName"`
	ID           int32  `json:"id"`
	Slug         string `json:"slug"`
	Type         string `json:"type"`
}

type detailedUser struct {
	userEntity
	DirectoryName  string `json:"directoryName"`
	Deletable      bool   `json:"deletable"`
	MutableDetails bool   `json:"mutableDetails"`
	MutableGroups  bool   `json:"mutableGroups"`
}

func userOf(a roster.Account) userEntity {
	h := fnv.New32a()
	_, _ = h.Write([]byte(strings.ToLower(a.ID))) // a hash takes everything
	return userEntity{
		Name: a.UserName, EmailAddress: a.Email, Active: a.Active, DisplayName: a.DisplayName,
		ID: int32(h.Sum32() >> 1), Slug: slug(a.UserName), Type: "NORMAL",
	}
}

func detailsOf(a roster.Account) detailedUser {
	d := detailedUser{
		userEntity: userOf(a), DirectoryName: directoryOwn,
		Deletable: !a.External, MutableDetails: !a.External, MutableGroups: !a.External,
	}
	if a.External {
		d.DirectoryName = directoryOther
	}
	return d
}

// slug is a user's name as paths have it.
func slug(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' || r == '-' || r == '_' {
			return r
		}
		return '_'
	}, strings.ToLower(name))
}

// matching returns the users whose user name, name or address holds the
// filter of the query.
func (s *Sim) matching(r *http.Request) []roster.Account {
	return s.roster.Matching(r.URL.Query().Get("filter"))
}

func (s *Sim) freshUser(a roster.Account) bool { return s.fresh.Is("user:"+a.ID, s.opts.Now()) }

func (s *Sim) listUsers(w http.ResponseWriter, r *http.Request) {
	pageOf(s, w, r, s.matching(r), s.freshUser, detailsOf)
}

func (s *Sim) getUser(w http.ResponseWriter, r *http.Request) {
	wanted := standin.Var(r, "userSlug")
	found := s.roster.Accounts(func(a roster.Account) bool { return slug(a.UserName) == wanted })
	if len(found) == 0 {
		refuse(w, http.StatusNotFound, noSuchUser, "No such user: "+wanted)
		return
	}
	standin.AnswerAs(w, http.StatusOK, "application/json;charset=UTF-8", userOf(found[0]))
}

// addressTaken reports whether somebody other than one has an address.
func (s *Sim) addressTaken(email, but string) bool {
	return slices.ContainsFunc(s.roster.Matching(email), func(a roster.Account) bool { return a.ID != but && strings.EqualFold(a.Email, email) })
}

// valid says what is wrong with a new user; nothing is an empty answer.
func valid(name, displayName, email string) string {
	switch _, err := mail.ParseAddress(email); {
	case name == "" || strings.TrimSpace(name) != name || len(name) > 255:
		return "The username is not valid"
	case strings.TrimSpace(displayName) == "":
		return "The display name must not be blank"
	case err != nil:
		return "The e-mail address is not valid"
	}
	return ""
}

func (s *Sim) createUser(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	name, displayName, email := q.Get("name"), q.Get("displayName"), q.Get("emailAddress")
	notify := q.Has("notify") && q.Get("notify") != "false"
	problem := valid(name, displayName, email)
	if problem == "" && q.Get("password") == "" && !notify {
		problem = "The password must not be blank"
	}
	if problem != "" {
		refuse(w, http.StatusBadRequest, badArgument, problem)
		return
	}
	byDefault := !q.Has("addToDefaultGroup") || q.Get("addToDefaultGroup") == "true"
	s.writing.Lock()
	defer s.writing.Unlock()
	if _, there := s.roster.AccountNamed(name); there || s.addressTaken(email, "") {
		refuse(w, http.StatusConflict, integrity, "A user with that username or e-mail address exists already")
		return
	}
	if byDefault && !s.room(1) {
		refuse(w, http.StatusForbidden, licenceExceeded, "The user would exceed the licence limit")
		return
	}
	if err := s.roster.AddAccount(roster.Account{ID: name, UserName: name, Email: email, DisplayName: displayName, Active: true}); err != nil {
		refuse(w, http.StatusConflict, integrity, err.Error())
		return
	}
	s.fresh.Mark("user:"+name, s.opts.Now())
	fault.Applied(r, "create-account:"+strings.ToLower(email))
	if byDefault {
		if _, err := s.roster.Join(UsersGroup, name); err == nil {
			fault.Applied(r, "add-member:"+UsersGroup+":"+name)
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Sim) updateUser(w http.ResponseWriter, r *http.Request) {
	// No active: the vendor refuses the field as unknown.
	var to struct {
		Name        string `json:"name"`
		DisplayName string `json:"displayName"`
		Email       string `json:"email"`
	}
	if !body(w, r, &to) {
		return
	}
	before, ok := s.user(w, to.Name)
	if !ok {
		return
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	switch problem := valid(to.Name, to.DisplayName, to.Email); {
	case s.above(w, s.level(before), http.StatusUnauthorized):
		return
	case problem != "":
		refuse(w, http.StatusBadRequest, badArgument, problem)
		return
	case before.External:
		refuse(w, http.StatusBadRequest, badArgument, "The user is in a read-only directory")
		return
	case s.addressTaken(to.Email, before.ID):
		refuse(w, http.StatusBadRequest, badArgument, "The e-mail address is used by another user")
		return
	}
	if err := s.roster.ChangeAccount(before.ID, func(a *roster.Account) { a.DisplayName, a.Email = to.DisplayName, to.Email }); err != nil {
		refuse(w, http.StatusNotFound, noSuchUser, err.Error())
		return
	}
	if before.DisplayName != to.DisplayName || before.Email != to.Email {
		fault.Applied(r, "update-account:"+before.ID)
	}
	before.DisplayName, before.Email = to.DisplayName, to.Email
	standin.AnswerAs(w, http.StatusOK, "application/json;charset=UTF-8", detailsOf(before))
}

// renameUser gives a user another name, by which everything knows them then.
func (s *Sim) renameUser(w http.ResponseWriter, r *http.Request) {
	var to struct {
		Name    string `json:"name"`
		NewName string `json:"newName"`
	}
	if !body(w, r, &to) {
		return
	}
	before, ok := s.user(w, to.Name)
	if !ok || s.above(w, s.level(before), http.StatusUnauthorized) {
		return
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	if _, taken := s.roster.AccountNamed(to.NewName); taken || to.NewName == "" || before.External {
		refuse(w, http.StatusBadRequest, badArgument, "The user cannot have that name")
		return
	}
	groups := s.roster.GroupsOf(before.ID)
	after := before
	after.ID, after.UserName = to.NewName, to.NewName
	err := errors.Join(s.roster.RemoveAccount(before.ID), s.roster.AddAccount(after))
	for _, g := range groups {
		_, joinErr := s.roster.Join(g.ID, after.ID)
		err = errors.Join(err, joinErr)
	}
	if err != nil {
		refuse(w, http.StatusInternalServerError, serverFailed, err.Error())
		return
	}
	fault.Applied(r, "update-account:"+before.ID)
	standin.AnswerAs(w, http.StatusOK, "application/json;charset=UTF-8", detailsOf(after))
}

func (s *Sim) removeUser(w http.ResponseWriter, r *http.Request) {
	a, ok := s.user(w, r.URL.Query().Get("name"))
	switch {
	case !ok:
		return
	case a.ID == s.opts.User:
		refuse(w, http.StatusConflict, forbidden, "A user may not delete themselves")
		return
	case a.External:
		refuse(w, http.StatusForbidden, forbidden, "The user is in a read-only directory")
		return
	case s.above(w, s.level(a), http.StatusForbidden):
		return
	}
	if err := s.roster.RemoveAccount(a.ID); err != nil {
		refuse(w, http.StatusNotFound, noSuchUser, err.Error())
		return
	}
	fault.Applied(r, "remove-account:"+a.ID)
	standin.AnswerAs(w, http.StatusOK, "application/json;charset=UTF-8", detailsOf(a))
}
