package jiradcsim

import (
	"net/http"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// role is an application with its groups and licence.
type role struct {
	Key, Name string
	Groups    []string
	// Seats is how many people may have it; 0 is any number.
	Seats int
	// Used is how many active people have it. It is counted only where there is
	// a limit, or somebody asks.
	Used int
}

func (r role) full() bool { return r.Seats > 0 && r.Used >= r.Seats }

// role returns an application by its key.
func (s *Sim) role(key string) (role, bool) {
	if !strings.EqualFold(key, DefaultApplication) {
		return role{}, false
	}
	found := role{Key: DefaultApplication, Name: "Jira Software", Groups: []string{DefaultGroup}, Seats: int(s.seats.Load())}
	if found.Seats > 0 {
		found.Used = s.used(found)
	}
	return found, true
}

func (s *Sim) used(one role) int {
	used := 0
	for _, name := range one.Groups {
		for _, a := range s.everybodyIn(strings.ToLower(name)) {
			if a.Active {
				used++
			}
		}
	}
	return used
}

// rolesIn returns the applications that a user's groups give, rolesOf those
// that an active user has.
func (s *Sim) rolesIn(accountID string) []role {
	one, known := s.role(DefaultApplication)
	gives := func(g roster.Group) bool { return slices.Contains(one.Groups, g.ID) }
	if !known || !slices.ContainsFunc(s.groupsOf(accountID), gives) {
		return nil
	}
	return []role{one}
}

func (s *Sim) rolesOf(accountID string) []role {
	if a, there := s.roster.Account(accountID); !there || !a.Active {
		return nil
	}
	return s.rolesIn(accountID)
}

func (r role) bean() map[string]any {
	bean := map[string]any{
		"key": r.Key, "name": r.Name, "groups": r.Groups, "defaultGroups": r.Groups, "selectedByDefault": true,
		"defined": true, "platform": false, "userCount": r.Used, "userCountDescription": "developers",
		"hasUnlimitedSeats": r.Seats == 0, "numberOfSeats": r.Seats, "remainingSeats": max(0, r.Seats-r.Used),
	}
	if r.Seats == 0 {
		bean["numberOfSeats"], bean["remainingSeats"] = -1, -1
	}
	return bean
}

func (s *Sim) listRoles(w http.ResponseWriter, _ *http.Request) {
	one, _ := s.role(DefaultApplication)
	one.Used = s.used(one)
	standin.Answer(w, http.StatusOK, []any{one.bean()})
}

func (s *Sim) getRole(w http.ResponseWriter, r *http.Request) {
	one, known := s.role(standin.Var(r, "key"))
	if !known {
		problem(w, http.StatusNotFound, "There is no such application.")
		return
	}
	one.Used = s.used(one)
	standin.Answer(w, http.StatusOK, one.bean())
}

// grantApplication puts a user in the groups of an application.
func (s *Sim) grantApplication(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, there := s.roster.AccountNamed(r.URL.Query().Get("username"))
	one, known := s.role(r.URL.Query().Get("applicationKey"))
	switch {
	case !there || !known:
		problem(w, http.StatusBadRequest, "The user or the application does not exist.")
		return
	case slices.ContainsFunc(s.rolesIn(a.ID), func(has role) bool { return has.Key == one.Key }):
		problem(w, http.StatusBadRequest, "The user has access to the application already.")
		return
	case a.Active && one.full():
		problem(w, http.StatusBadRequest, "There is no licence left.")
		return
	}
	for _, name := range one.Groups {
		s.join(r, strings.ToLower(name), a.ID)
	}
	w.WriteHeader(http.StatusOK)
}

func (s *Sim) revokeApplication(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, there := s.roster.AccountNamed(r.URL.Query().Get("username"))
	one, known := s.role(r.URL.Query().Get("applicationKey"))
	if !there || !known {
		problem(w, http.StatusBadRequest, "The user or the application does not exist.")
		return
	}
	for _, name := range one.Groups {
		group := strings.ToLower(name)
		if changed, err := s.roster.Leave(group, a.ID); err == nil && changed {
			fault.Applied(r, "remove-member:"+group+":"+a.ID)
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

// join puts a user in a group and notes it.
func (s *Sim) join(r *http.Request, groupID, accountID string) {
	if changed, err := s.roster.Join(groupID, accountID); err == nil && changed {
		s.fresh.Mark(groupID+":"+accountID, s.opts.Now())
		fault.Applied(r, "add-member:"+groupID+":"+accountID)
	}
}
