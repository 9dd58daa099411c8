package atlassiansim

import (
	"errors"
	"net/http"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
)

// lifecycleConflict is the answer when an account's state does not allow it.
func lifecycleConflict(w http.ResponseWriter, a *account, code string) {
	write(w, http.StatusConflict, keyed{Key: "conflict.lifecycleErrors", Context: map[string]any{
		"message": "The account is not eligible for the action.", "accountId": a.id,
		"errorCodes": []map[string]string{{"code": code}},
	}})
}

// disable deactivates an account. Its body is required by the description,
// though the message in it is not.
func (s *Sim) disable(w http.ResponseWriter, r *http.Request, a *account) {
	var body struct {
		Message string `json:"message"`
	}
	if err := decode(r, &body); err != nil {
		write(w, http.StatusBadRequest, keyed{Key: "bodyParseFailure"})
		return
	}
	s.setLifecycle(w, r, a, lifecycleInactive, "disable:")
}

func (s *Sim) enable(w http.ResponseWriter, r *http.Request, a *account) {
	s.setLifecycle(w, r, a, lifecycleActive, "enable:")
}

// setLifecycle refuses accounts on their way to deletion: that has to be
// cancelled first.
func (s *Sim) setLifecycle(w http.ResponseWriter, r *http.Request, a *account, lifecycle, key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if restriction := s.lifecycleRestriction(a); restriction != "" {
		s.forbidden(w, restriction)
		return
	}
	if a.deleting || a.lifecycle == lifecycleClosed {
		lifecycleConflict(w, a, "deletionPending")
		return
	}
	if a.lifecycle != lifecycle {
		s.change(a, func() { a.lifecycle = lifecycle })
		fault.Applied(r, key+a.id)
	}
	w.WriteHeader(http.StatusNoContent)
}

type message struct {
	Message string `json:"message"`
}

// scheduleDelete starts the grace period of 14 days, in which the account is
// deactivated.
func (s *Sim) scheduleDelete(w http.ResponseWriter, r *http.Request, a *account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if restriction := s.lifecycleRestriction(a); restriction != "" {
		s.forbidden(w, restriction)
		return
	}
	if a.deleting {
		lifecycleConflict(w, a, "deletionPending")
		return
	}
	s.change(a, func() { a.deleting, a.lifecycle = true, lifecycleInactive })
	fault.Applied(r, "delete:"+a.id)
	write(w, http.StatusOK, message{"The account will be deleted in 14 days."})
}

// cancelDelete activates the account again. Where no deletion is scheduled
// there is nothing to find.
func (s *Sim) cancelDelete(w http.ResponseWriter, r *http.Request, a *account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if restriction := s.lifecycleRestriction(a); restriction != "" {
		s.forbidden(w, restriction)
		return
	}
	if !a.deleting {
		write(w, http.StatusNotFound, keyed{Key: "notFound"})
		return
	}
	s.change(a, func() { a.deleting, a.lifecycle = false, lifecycleActive })
	fault.Applied(r, "cancel-delete:"+a.id)
	write(w, http.StatusOK, message{"The deletion was cancelled."})
}

// EraseAccount ends the grace period of an account at once: the vendor's
// deletion is complete and the account is closed for good.
func (s *Sim) EraseAccount(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accountByID[id]
	if a == nil {
		return errors.New("erase account: there is no such account")
	}
	for _, g := range groupsOf(&a.record) {
		s.leave(a, g)
	}
	s.change(a, func() {
		a.lifecycle, a.deleting, a.membership = lifecycleClosed, false, memberNone
		clear(a.grants)
		delete(s.accountByEmail, fold(a.email))
		a.email = ""
	})
	return nil
}
