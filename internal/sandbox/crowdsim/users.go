package crowdsim

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// Where a roster keeps a user's first and last name: among the attributes.
const (
	firstName = "first-name"
	lastName  = "last-name"
)

// Attributes are a user's own, as /user/attribute has them.
func Attributes(a roster.Account) map[string]string {
	own := maps.Clone(a.Attributes)
	maps.DeleteFunc(own, func(name, _ string) bool { return name == firstName || name == lastName })
	return own
}

type link struct {
	Href string `json:"href"`
	Rel  string `json:"rel"`
}

type password struct {
	Value string `json:"value,omitempty"`
	Link  *link  `json:"link,omitempty"`
}

type attribute struct {
	Name   string   `json:"name"`
	Values []string `json:"values"`
}

type attributeList struct {
	Attributes []attribute `json:"attributes"`
}

// userEntity is Crowd's representation of a user, both ways.
type userEntity struct {
	Expand      string         `json:"expand,omitempty"`
	Link        *link          `json:"link,omitempty"`
	Name        string         `json:"name"`
	Password    *password      `json:"password,omitempty"`
	FirstName   string         `json:"first-name"`
	LastName    string         `json:"last-name"`
	DisplayName string         `json:"display-name"`
	Email       string         `json:"email"`
	Active      bool           `json:"active"`
	Attributes  *attributeList `json:"attributes,omitempty"`
}

func entityOf(a roster.Account, withAttributes bool) userEntity {
	u := userEntity{
		Expand: "attributes", Link: &link{Href: "user?username=" + a.UserName, Rel: "self"},
		Password: &password{Link: &link{Href: "user/password?username=" + a.UserName, Rel: "edit"}},
		Name:     a.UserName, FirstName: a.Attributes[firstName], LastName: a.Attributes[lastName],
		DisplayName: a.DisplayName, Email: a.Email, Active: a.Active,
	}
	// What is not expanded is an empty list and not absent.
	u.Attributes = &attributeList{Attributes: []attribute{}}
	if withAttributes {
		u.Attributes = attributesOf(a)
	}
	return u
}

func attributesOf(a roster.Account) *attributeList {
	list := &attributeList{Attributes: []attribute{}}
	own := Attributes(a)
	for _, name := range slices.Sorted(maps.Keys(own)) {
		list.Attributes = append(list.Attributes, attribute{Name: name, Values: []string{own[name]}})
	}
	return list
}

func (s *Sim) getUser(w http.ResponseWriter, r *http.Request) {
	if a, ok := s.user(w, r); ok {
		standin.Answer(w, http.StatusOK, entityOf(a, expands(r, "attributes")))
	}
}

func expands(r *http.Request, what string) bool {
	return slices.Contains(strings.Split(r.URL.Query().Get("expand"), ","), what)
}

// valid refuses a user that no directory takes.
func valid(w http.ResponseWriter, u userEntity) bool {
	switch {
	case u.Name == "" || strings.TrimSpace(u.Name) != u.Name:
		refuse(w, http.StatusBadRequest, invalidUser, "User name must not be blank or begin or end with a blank")
	case strings.ContainsAny(u.Email, " \t\r\n"):
		refuse(w, http.StatusBadRequest, invalidEmail, "The e-mail address is invalid")
	default:
		return true
	}
	return false
}

func (s *Sim) createUser(w http.ResponseWriter, r *http.Request) {
	var u userEntity
	if !body(w, r, &u) || !valid(w, u) {
		return
	}
	if u.Password == nil || u.Password.Value == "" {
		refuse(w, http.StatusBadRequest, "INVALID_CREDENTIAL", "The password is missing")
		return
	}
	u.Name = s.named(u.Name)
	a := roster.Account{ID: u.Name, UserName: u.Name, Attributes: map[string]string{}}
	write(&a, u)
	// The attributes of a new user are not written along.
	if err := s.roster.AddAccount(a); err != nil {
		refuse(w, http.StatusBadRequest, invalidUser, "User already exists")
		return
	}
	s.fresh.Mark("user:"+a.ID, s.opts.Now())
	key := a.Email
	if key == "" {
		key = a.UserName
	}
	fault.Applied(r, "create-account:"+strings.ToLower(key))
	w.Header().Set("Location", "user?username="+a.UserName)
	w.WriteHeader(http.StatusCreated)
}

// write makes an account what an entity says, all of it.
func write(a *roster.Account, u userEntity) {
	a.Attributes = maps.Clone(a.Attributes)
	a.Attributes[firstName], a.Attributes[lastName] = u.FirstName, u.LastName
	a.DisplayName, a.Email, a.Active = u.DisplayName, u.Email, u.Active
}

func (s *Sim) updateUser(w http.ResponseWriter, r *http.Request) {
	before, ok := s.user(w, r)
	var u userEntity
	if !ok || !body(w, r, &u) {
		return
	}
	if u.Name != before.UserName {
		refuse(w, http.StatusBadRequest, illegalArgument, "The names in the address and in the body differ")
		return
	}
	if external(w, before.External) || !valid(w, u) {
		return
	}
	if err := s.roster.ChangeAccount(before.ID, func(a *roster.Account) {
		if a.Attributes == nil {
			a.Attributes = map[string]string{}
		}
		write(a, u)
	}); err != nil {
		refuse(w, http.StatusNotFound, userNotFound, "User does not exist")
		return
	}
	after, _ := s.roster.Account(before.ID)
	switch {
	case before.Active && !after.Active:
		fault.Applied(r, "deactivate-account:"+before.ID)
	case !before.Active && after.Active:
		fault.Applied(r, "activate-account:"+before.ID)
	}
	if before.DisplayName != after.DisplayName || before.Email != after.Email ||
		before.Attributes[firstName] != after.Attributes[firstName] || before.Attributes[lastName] != after.Attributes[lastName] {
		fault.Applied(r, "update-account:"+before.ID)
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Sim) removeUser(w http.ResponseWriter, r *http.Request) {
	a, ok := s.user(w, r)
	if !ok || external(w, a.External) {
		return
	}
	if err := s.roster.RemoveAccount(a.ID); err != nil {
		refuse(w, http.StatusNotFound, userNotFound, "User does not exist")
		return
	}
	fault.Applied(r, "remove-account:"+a.ID)
	w.WriteHeader(http.StatusNoContent)
}

// renameUser gives a user another name, and with it another id: to everybody
// who keeps names this is somebody else.
func (s *Sim) renameUser(w http.ResponseWriter, r *http.Request) {
	before, ok := s.user(w, r)
	var to struct {
		Name string `json:"new-name"`
	}
	if !ok || !body(w, r, &to) || external(w, before.External) {
		return
	}
	if _, taken := s.roster.AccountNamed(to.Name); taken || to.Name == "" {
		refuse(w, http.StatusBadRequest, invalidUser, "The new name is taken")
		return
	}
	groups := s.roster.GroupsOf(before.ID)
	after := before
	after.ID, after.UserName = to.Name, to.Name
	err := errors.Join(s.roster.RemoveAccount(before.ID), s.roster.AddAccount(after))
	for _, g := range groups {
		_, joinErr := s.roster.Join(g.ID, after.ID)
		err = errors.Join(err, joinErr)
	}
	if err != nil {
		refuse(w, http.StatusInternalServerError, operationFailed, err.Error())
		return
	}
	fault.Applied(r, "update-account:"+before.ID)
	standin.Answer(w, http.StatusOK, entityOf(after, false))
}
