package confluencedcsim

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/mail"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// userKey is an account's key: it never changes, as its user name cannot.
func userKey(a roster.Account) string {
	sum := sha256.Sum256([]byte(a.ID))
	return hex.EncodeToString(sum[:16])
}

// bean is a user as Confluence writes one: without an e-mail address, and with
// the status where that is asked for.
func (s *Sim) bean(r *http.Request) func(roster.Account) map[string]any {
	expanded := strings.Contains(r.URL.Query().Get("expand"), "status") && !s.opts.NoStatus
	return func(a roster.Account) map[string]any {
		bean := map[string]any{
			"type": "known", "username": a.UserName, "userKey": userKey(a), "displayName": a.DisplayName,
			"profilePicture": map[string]any{"path": "/images/icons/profilepics/default.svg", "width": 48, "height": 48, "isDefault": true},
			"_links":         map[string]any{}, "_expandable": map[string]any{"status": ""},
		}
		if expanded {
			bean["status"] = "current"
			if !a.Active {
				bean["status"] = "deactivated"
			}
		}
		return bean
	}
}

func (s *Sim) isFresh(a roster.Account) bool { return s.fresh.Is(a.ID, s.opts.Now()) }

func (s *Sim) listUsers(w http.ResponseWriter, r *http.Request) {
	answerList(s, w, r, s.roster.Accounts(nil), 100, s.isFresh, s.bean(r))
}

func (s *Sim) listActive(w http.ResponseWriter, r *http.Request) {
	active := s.roster.Accounts(func(a roster.Account) bool { return a.Active })
	answerList(s, w, r, active, 100, s.isFresh, s.bean(r))
}

// asked is the user whom a query is about, by user name or by key.
func (s *Sim) asked(r *http.Request) (roster.Account, bool) {
	query := r.URL.Query()
	if name := query.Get("username"); name != "" {
		return s.roster.AccountNamed(name)
	}
	found := s.roster.Accounts(func(a roster.Account) bool { return userKey(a) == query.Get("key") })
	if len(found) == 0 {
		return roster.Account{}, false
	}
	return found[0], true
}

func (s *Sim) getUser(w http.ResponseWriter, r *http.Request) {
	a, there := s.asked(r)
	if !there {
		problem(w, http.StatusNotFound, "No user found with this username or key")
		return
	}
	standin.Answer(w, http.StatusOK, s.bean(r)(a))
}

func (s *Sim) current(w http.ResponseWriter, r *http.Request) {
	a, there := s.roster.AccountNamed(s.opts.User)
	if !there {
		problem(w, http.StatusForbidden, "You are not permitted to use Confluence")
		return
	}
	standin.Answer(w, http.StatusOK, s.bean(r)(a))
}

// newUser is the body of a creation.
type newUser struct {
	UserName string `json:"userName"`
	FullName string `json:"fullName"`
	Email    string `json:"email"`
	Password string `json:"password"`
	Notify   bool   `json:"notifyViaEmail"`
}

// wrong says what is wrong with a new user.
func (u newUser) wrong() string {
	switch {
	case strings.TrimSpace(u.UserName) == "" || strings.EqualFold(u.UserName, "anonymous"):
		return "The username is blank or reserved."
	case strings.ContainsAny(u.UserName, "\\,+<>'\""):
		return "The username holds a character that it must not have."
	case strings.ContainsAny(u.UserName, " \t\r\n"):
		return "The username holds a blank."
	case strings.ToLower(u.UserName) != u.UserName:
		return "The username holds an upper case character."
	case u.Notify && u.Password != "":
		return "With notifyViaEmail there is no password."
	case !u.Notify && strings.TrimSpace(u.Password) == "":
		return "The password is blank."
	}
	return wrongProfile(u.FullName, u.Email)
}

// wrongProfile says what is wrong with a name and an address.
func wrongProfile(fullName, email string) string {
	switch parsed, err := mail.ParseAddress(email); {
	case strings.TrimSpace(fullName) == "" || strings.EqualFold(fullName, "anonymous"):
		return "The full name is blank or reserved."
	case strings.ContainsAny(fullName, "<>"):
		return "The full name holds a character that it must not have."
	case err != nil || parsed.Address != email:
		return "The email address is not valid."
	}
	return ""
}

func (s *Sim) createUser(w http.ResponseWriter, r *http.Request) {
	var body newUser
	if err := standin.Decode(r, &body, true); err != nil {
		problem(w, http.StatusBadRequest, err.Error())
		return
	}
	if why := body.wrong(); why != "" {
		problem(w, http.StatusBadRequest, why)
		return
	}
	if _, taken := s.roster.AccountNamed(body.UserName); taken {
		problem(w, http.StatusConflict, "A user with this username already exists.")
		return
	}
	if s.full() {
		problem(w, http.StatusPaymentRequired, "There is no licence left.")
		return
	}
	a := s.NewAccount(body.UserName, body.Email, body.FullName)
	if err := s.roster.AddAccount(a); err != nil {
		problem(w, http.StatusInternalServerError, err.Error())
		return
	}
	if _, err := s.roster.Join(UsersGroup, a.ID); err != nil {
		problem(w, http.StatusInternalServerError, err.Error())
		return
	}
	s.fresh.Mark(a.ID, s.opts.Now())
	fault.Applied(r, "create-account:"+strings.ToLower(a.Email))
	standin.Answer(w, http.StatusCreated, map[string]string{"userKey": userKey(a)})
}

// full reports whether the licence has no room.
func (s *Sim) full() bool {
	limit := int(s.seats.Load())
	if limit == 0 {
		return false
	}
	used := 0
	for _, a := range s.roster.Members(UsersGroup) {
		if a.Active {
			used++
		}
	}
	return used >= limit
}

// about is the user whom a write is about; where there is none, or a read-only
// directory has them, it answers.
func (s *Sim) about(w http.ResponseWriter, r *http.Request) (roster.Account, bool) {
	a, there := s.roster.AccountNamed(standin.Var(r, "username"))
	switch {
	case !there:
		problem(w, http.StatusNotFound, "No user found with this username")
		return a, false
	case a.External:
		problem(w, http.StatusForbidden, "The user's directory is read-only.")
		return a, false
	}
	return a, true
}

// updateUser writes name and address. It documents no 404: a user who is not
// there is a 400.
func (s *Sim) updateUser(w http.ResponseWriter, r *http.Request) {
	var body struct {
		FullName string `json:"fullName"`
		Email    string `json:"email"`
	}
	if err := standin.Decode(r, &body, true); err != nil {
		problem(w, http.StatusBadRequest, err.Error())
		return
	}
	if _, there := s.roster.AccountNamed(standin.Var(r, "username")); !there {
		problem(w, http.StatusBadRequest, "No user found with this username")
		return
	}
	if why := wrongProfile(body.FullName, body.Email); why != "" {
		problem(w, http.StatusBadRequest, why)
		return
	}
	a, ok := s.about(w, r)
	if !ok {
		return
	}
	if a.Email != body.Email || a.DisplayName != body.FullName {
		err := s.roster.ChangeAccount(a.ID, func(a *roster.Account) { a.Email, a.DisplayName = body.Email, body.FullName })
		if err != nil {
			problem(w, http.StatusInternalServerError, err.Error())
			return
		}
		fault.Applied(r, "update-account:"+a.ID)
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Sim) disable(w http.ResponseWriter, r *http.Request) {
	if s.opts.DisableDoesNothing {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	s.turn(w, r, false, "deactivate-account:")
}

func (s *Sim) enable(w http.ResponseWriter, r *http.Request) {
	s.turn(w, r, true, "activate-account:")
}

// turn enables or disables; who is so already stays so.
func (s *Sim) turn(w http.ResponseWriter, r *http.Request, active bool, key string) {
	a, ok := s.about(w, r)
	if !ok {
		return
	}
	if !active && a.UserName == s.opts.User {
		problem(w, http.StatusForbidden, "You cannot disable yourself.")
		return
	}
	if a.Active != active {
		if err := s.roster.ChangeAccount(a.ID, func(a *roster.Account) { a.Active = active }); err != nil {
			problem(w, http.StatusInternalServerError, err.Error())
			return
		}
		fault.Applied(r, key+a.ID)
	}
	w.WriteHeader(http.StatusNoContent)
}
