package sitesim

import (
	"net/http"
	"net/mail"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// newUser is Jira's NewUserDetails. The name, the key and the password that it
// still has are no longer looked at.
type newUser struct {
	Email    string    `json:"emailAddress"`
	Products *[]string `json:"products"`
}

// createUser answers POST /rest/api/3/user. Only an organisation administrator
// may. Somebody who has access to Jira is answered like somebody new; somebody
// who exists without, and anybody once a licence is full, is refused with the
// same status.
func (s *Sim) createUser(w http.ResponseWriter, r *http.Request) {
	if !s.ownerIn(groupOrgAdmins) {
		s.fail(w, r, http.StatusForbidden, "The caller must be an organization admin.")
		return
	}
	var body newUser
	if err := standin.Decode(r, &body, false); err != nil {
		s.fail(w, r, http.StatusBadRequest, err.Error())
		return
	}
	address, err := mail.ParseAddress(body.Email)
	if err != nil || address.Address != body.Email {
		s.fail(w, r, http.StatusBadRequest, "The email address is not valid.")
		return
	}
	if body.Products == nil {
		s.fail(w, r, http.StatusBadRequest, "You must specify the products that user can access.")
		return
	}
	for i, product := range *body.Products {
		if product == ProductConfluence || !slices.Contains(s.opts.Products, product) || slices.Contains((*body.Products)[:i], product) {
			s.fail(w, r, http.StatusBadRequest, "The product "+product+" is not valid.")
			return
		}
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	if a, there := s.withEmail(body.Email); there {
		if !a.Active || len(s.rolesOf(a.ID)) == 0 {
			s.fail(w, r, http.StatusBadRequest, "User could not be created.")
			return
		}
		standin.Answer(w, http.StatusCreated, s.expanded(a, r))
		return
	}
	for _, product := range *body.Products {
		if s.full(product) {
			s.fail(w, r, http.StatusBadRequest, "User could not be created.")
			return
		}
	}
	a := s.returned(body.Email)
	if err := s.roster.AddAccount(a); err != nil {
		s.fail(w, r, http.StatusBadRequest, "User could not be created.")
		return
	}
	s.wrote(write{added: true, account: a})
	fault.Applied(r, "create-account:"+fold(body.Email))
	for _, product := range *body.Products {
		if groups := s.granting(product); len(groups) > 0 {
			s.join(r, groups[0], a)
		}
	}
	standin.Answer(w, http.StatusCreated, s.expanded(a, r))
}

// returned is the account for an address: the one that was removed, as it was,
// or a new one.
func (s *Sim) returned(email string) roster.Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, a := range s.removed {
		if fold(a.Email) == fold(email) {
			delete(s.removed, id)
			a.Active = true
			return a
		}
	}
	return s.NewAccount(email)
}

// join puts an account in a group and says whether that changed anything. The
// caller holds the lock of writers.
func (s *Sim) join(r *http.Request, group roster.Group, a roster.Account) (bool, error) {
	changed, err := s.roster.Join(group.ID, a.ID)
	if changed {
		s.wrote(write{added: true, group: group, account: a})
		fault.Applied(r, "add-member:"+group.ID+":"+a.ID)
	}
	return changed, err
}

// leave takes an account out of a group and says whether that changed anything.
// The caller holds the lock of writers.
func (s *Sim) leave(r *http.Request, group roster.Group, a roster.Account) (bool, error) {
	changed, err := s.roster.Leave(group.ID, a.ID)
	if changed {
		s.wrote(write{group: group, account: a})
		fault.Applied(r, "remove-member:"+group.ID+":"+a.ID)
	}
	return changed, err
}

// deleteUser answers DELETE /rest/api/3/user: the person is no longer on the
// site, and the vendor goes on knowing the account as inactive.
func (s *Sim) deleteUser(w http.ResponseWriter, r *http.Request) {
	s.writing.Lock()
	defer s.writing.Unlock()
	id := r.URL.Query().Get("accountId")
	a, there := s.roster.Account(id)
	switch {
	case id == "" || len(id) > idLength:
		s.fail(w, r, http.StatusBadRequest, "The accountId is missing.")
		return
	case !there:
		s.fail(w, r, http.StatusNotFound, "Specified user does not exist or you do not have required permissions")
		return
	case a.External:
		s.fail(w, r, http.StatusBadRequest, provisioned)
		return
	case id == s.owner:
		s.fail(w, r, http.StatusBadRequest, "You cannot delete yourself.")
		return
	}
	if err := s.roster.RemoveAccount(id); err != nil {
		s.fail(w, r, http.StatusNotFound, err.Error())
		return
	}
	s.mu.Lock()
	s.removed[id] = a
	s.mu.Unlock()
	s.wrote(write{account: a})
	fault.Applied(r, "remove-account:"+id)
	w.WriteHeader(http.StatusNoContent)
}
