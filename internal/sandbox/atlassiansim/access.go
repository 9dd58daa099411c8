package atlassiansim

import (
	"net/http"
	"slices"

	"github.com/gorilla/mux"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
)

// suspend takes access away in the directory. Doing it twice is no error: the
// description has none for it.
func (s *Sim) suspend(w http.ResponseWriter, r *http.Request) {
	s.setMembership(w, r, memberSuspended, "suspend:")
}

// restore gives access back. Where no seat is free for one that the account
// had, this stand-in answers ADMIN-400-32; the description gives the code
// without saying where it is used.
func (s *Sim) restore(w http.ResponseWriter, r *http.Request) {
	s.setMembership(w, r, memberActive, "restore:")
}

func (s *Sim) setMembership(w http.ResponseWriter, r *http.Request, membership, key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.member(r, mux.Vars(r)["accountId"])
	switch {
	case a == nil:
		s.noUser(w, r)
		return
	case a.synced != "":
		s.fail(w, r, http.StatusForbidden, "ADMIN-403-3", "%s is synced from an identity provider.", a.email)
		return
	case a.lifecycle != lifecycleActive:
		s.fail(w, r, http.StatusBadRequest, "ADMIN-UAM-400-2", "%s is not active.", a.email)
		return
	}
	if a.membership != membership {
		if membership == memberActive && s.restoreExceeds(a) {
			s.fail(w, r, http.StatusBadRequest, "ADMIN-400-32", "No license is free for %s.", a.email)
			return
		}
		s.change(a, func() { a.membership = membership })
		fault.Applied(r, key+a.id)
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Sim) restoreExceeds(a *account) bool {
	if s.seatLimit <= 0 {
		return false
	}
	restored := a.record
	restored.membership = memberActive
	return slices.ContainsFunc(s.seats(&restored), func(res string) bool { return s.taken[res] >= s.seatLimit })
}

// removeUser takes an account out of the directory, with its groups and
// roles. It can come back by an invitation alone.
func (s *Sim) removeUser(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.member(r, mux.Vars(r)["accountId"])
	switch {
	case a == nil:
		s.noUser(w, r)
		return
	case a.synced != "":
		s.fail(w, r, http.StatusForbidden, "ADMIN-403-3", "%s is synced from an identity provider.", a.email)
		return
	}
	for _, g := range groupsOf(&a.record) {
		s.leave(a, g)
	}
	s.change(a, func() {
		a.membership = memberNone
		clear(a.grants)
	})
	fault.Applied(r, "remove-account:"+a.id)
	w.WriteHeader(http.StatusNoContent)
}
