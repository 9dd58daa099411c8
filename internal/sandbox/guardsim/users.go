package guardsim

import (
	"errors"
	"net/http"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// hiddenUser is one that was deleted: the API knows it no longer.
func hiddenUser(a roster.Account) bool { return a.Attributes[attributeDeleted] != "" }

func (s *Sim) listUsers(w http.ResponseWriter, r *http.Request) {
	q, wrong := s.listQuery(r, "userName", "externalId")
	if wrong != nil {
		wrong.answer(w)
		return
	}
	matches := func(a roster.Account) bool {
		switch {
		case hiddenUser(a):
			return false
		case q.attribute == "userName":
			return strings.EqualFold(a.UserName, q.value)
		case q.attribute == "externalId":
			return a.Attributes["externalId"] == q.value // case matters (RFC 7643 section 3.1)
		}
		return true
	}
	effect := s.opts.Engine.ListEffect(r)
	var found []roster.Account
	total := 0
	switch {
	case effect != "":
		all := spoil(s, s.roster.Accounts(matches), effect, q.count, func(a roster.Account) string { return a.ID })
		total, found = len(all), standin.Page(all, q.start-1, q.count)
	case q.attribute == "userName":
		if a, there := s.roster.AccountNamed(q.value); there && matches(a) {
			total, found = 1, standin.Page([]roster.Account{a}, q.start-1, q.count)
		}
	default:
		// Only the page is copied out of the roster.
		found = s.roster.Accounts(func(a roster.Account) bool {
			if !matches(a) {
				return false
			}
			total++
			return total >= q.start && total < q.start+q.count
		})
	}
	resources := make([]map[string]any, 0, len(found))
	for _, a := range found {
		resources = append(resources, selected(s.document(a, shows(q.only, q.without, "groups")), q.only, q.without))
	}
	answerList(w, q, total, resources)
}

// shows says whether an attribute that takes time to make will be in an answer.
func shows(only, without []string, name string) bool {
	has := func(list []string) bool {
		for _, one := range list {
			if strings.EqualFold(one, name) {
				return true
			}
		}
		return false
	}
	return !has(without) && (len(only) == 0 || has(only))
}

// answerUser writes one user as it is now.
func (s *Sim) answerUser(w http.ResponseWriter, r *http.Request, status int, id string) {
	only, without, wrong := selection(r)
	a, there := s.roster.Account(id)
	switch {
	case wrong != nil:
		wrong.answer(w)
	case !there || hiddenUser(a):
		fail(w, http.StatusNotFound, "", "there is no such user")
	default:
		standin.AnswerAs(w, status, mediaSCIM, selected(s.document(a, shows(only, without, "groups")), only, without))
	}
}

func (s *Sim) getUser(w http.ResponseWriter, r *http.Request) {
	s.answerUser(w, r, http.StatusOK, standin.Var(r, "userId"))
}

func (s *Sim) createUser(w http.ResponseWriter, r *http.Request) {
	u, wrong := readUser(r)
	if wrong == nil {
		_, _, wrong = selection(r)
	}
	id := ""
	if wrong == nil {
		id, wrong = s.create(r, u)
	}
	if wrong != nil {
		wrong.answer(w)
		return
	}
	s.answerUser(w, r, http.StatusCreated, id)
}

func (s *Sim) create(r *http.Request, u user) (string, *refusal) {
	if wrong := u.check(s.opts.Domains); wrong != nil {
		return "", wrong
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if a, there := s.roster.AccountNamed(u.userName); there && hiddenUser(a) {
		// Who was deleted may come back, as another user of the same account.
		if err := s.roster.RemoveAccount(a.ID); err != nil {
			return "", refuse(http.StatusInternalServerError, "", "%s", err)
		}
	}
	if wrong := s.free(u, "", http.StatusConflict); wrong != nil {
		return "", wrong
	}
	if s.opts.SeatLimit > 0 && len(s.roster.Accounts(func(a roster.Account) bool { return !hiddenUser(a) })) >= s.opts.SeatLimit {
		return "", refuse(http.StatusBadRequest, "tooMany", "the directory takes no more users")
	}
	a := roster.Account{ID: s.roster.NewID(), Attributes: map[string]string{attributeAccountID: s.linked(u.primary())}}
	u.into(&a)
	if err := s.roster.AddAccount(a); err != nil {
		return "", refuse(http.StatusConflict, "uniqueness", "the user exists already")
	}
	s.touch(a.ID)
	fault.Applied(r, "create-account:"+strings.ToLower(a.Email))
	return a.ID, nil
}

// free refuses a user name or address that another user has.
func (s *Sim) free(u user, id string, status int) *refusal {
	if other, there := s.roster.AccountNamed(u.userName); there && other.ID != id {
		return refuse(status, "uniqueness", "a user with the userName %s exists already", u.userName)
	}
	email := u.primary()
	taken := false
	s.roster.Accounts(func(a roster.Account) bool {
		taken = taken || a.ID != id && len(a.Email) == len(email) && strings.EqualFold(a.Email, email) && !hiddenUser(a)
		return false
	})
	if taken {
		return refuse(status, "uniqueness", "the e-mail address %s is another user's", email)
	}
	return nil
}

func (s *Sim) putUser(w http.ResponseWriter, r *http.Request) {
	replacement, wrong := readUser(r)
	if wrong != nil {
		wrong.answer(w)
		return
	}
	s.changeUser(w, r, func(u *user) *refusal {
		*u = replacement
		return nil
	})
}

func (s *Sim) patchUser(w http.ResponseWriter, r *http.Request) {
	operations, wrong := readPatch(r)
	if wrong != nil {
		wrong.answer(w)
		return
	}
	s.changeUser(w, r, func(u *user) *refusal {
		for _, op := range operations {
			if wrong := u.apply(op); wrong != nil {
				return wrong
			}
		}
		return nil
	})
}

func (s *Sim) changeUser(w http.ResponseWriter, r *http.Request, change func(*user) *refusal) {
	id := standin.Var(r, "userId")
	if _, _, wrong := selection(r); wrong != nil {
		wrong.answer(w)
		return
	}
	if wrong := s.change(r, id, change); wrong != nil {
		wrong.answer(w)
		return
	}
	s.answerUser(w, r, http.StatusOK, id)
}

// change changes a user, and says what really changed.
func (s *Sim) change(r *http.Request, id string, change func(*user) *refusal) *refusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, there := s.roster.Account(id)
	if !there || hiddenUser(a) {
		return refuse(http.StatusNotFound, "", "there is no such user")
	}
	before := userOf(a)
	after := userOf(a)
	if wrong := change(&after); wrong != nil {
		return wrong
	}
	if before.same(after) {
		return nil
	}
	if wrong := after.check(s.opts.Domains); wrong != nil {
		return wrong
	}
	if wrong := s.free(after, id, http.StatusBadRequest); wrong != nil {
		return wrong
	}
	if err := s.roster.ChangeAccount(id, func(a *roster.Account) { after.into(a) }); err != nil {
		status := http.StatusInternalServerError
		if errors.Is(err, roster.ErrTaken) {
			status = http.StatusBadRequest
		}
		return refuse(status, "uniqueness", "%s", err)
	}
	s.touch(id)
	switch {
	case before.active && !after.active:
		fault.Applied(r, "deactivate-account:"+id)
	case !before.active && after.active:
		fault.Applied(r, "activate-account:"+id)
	}
	if after.active = before.active; !before.same(after) {
		fault.Applied(r, "update-account:"+id)
	}
	return nil
}

// deleteUser deactivates a user and hides it: "any future operation returns
// 404".
func (s *Sim) deleteUser(w http.ResponseWriter, r *http.Request) {
	id := standin.Var(r, "userId")
	s.mu.Lock()
	defer s.mu.Unlock()
	a, there := s.roster.Account(id)
	if !there || hiddenUser(a) {
		fail(w, http.StatusNotFound, "", "there is no such user")
		return
	}
	for _, g := range s.roster.GroupsOf(id) {
		if _, err := s.roster.Leave(g.ID, id); err != nil {
			fail(w, http.StatusInternalServerError, "", err.Error())
			return
		}
	}
	err := s.roster.ChangeAccount(id, func(a *roster.Account) {
		a.Active = false
		a.Attributes[attributeDeleted] = "true"
	})
	if err != nil {
		fail(w, http.StatusInternalServerError, "", err.Error())
		return
	}
	s.touch(id)
	fault.Applied(r, "deactivate-account:"+id)
	w.WriteHeader(http.StatusNoContent)
}
