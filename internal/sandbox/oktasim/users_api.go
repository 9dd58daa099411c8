package oktasim

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
)

// expression parses the one of "filter" and "search" that is given, nil for
// neither. Giving both is refused: which of them counted would be a guess.
func expression(r *http.Request, filtered, searched dialect) (filter, error) {
	query := r.URL.Query()
	switch {
	case query.Has("filter") && query.Has("search"):
		return nil, badFilter("filter and search cannot be combined")
	case query.Has("filter"):
		return parseFilter(query.Get("filter"), filtered)
	case query.Has("search"):
		return parseFilter(query.Get("search"), searched)
	}
	return nil, nil
}

// listUsers is GET /api/v1/users. Without filter or search it leaves out
// those who are DEPROVISIONED.
func (s *Sim) listUsers(w http.ResponseWriter, r *http.Request) {
	limit, err := userLimits.of(r)
	if err != nil {
		fail(w, err)
		return
	}
	behind, err := after(r, "users")
	if err != nil {
		fail(w, err)
		return
	}
	where, err := expression(r, userFilter, userSearch)
	if err != nil {
		fail(w, err)
		return
	}
	keep := func(id string, rec *userRecord) bool {
		if where == nil {
			return rec.Status != people.Deprovisioned
		}
		return where.matches(func(name string) []string { return rec.attribute(id, name) })
	}
	query := r.URL.Query()
	if prefix := strings.ToLower(query.Get("q")); prefix != "" {
		s.findUsers(w, r, prefix)
		return
	}
	sortBy := ""
	if query.Has("search") {
		sortBy = query.Get("sortBy")
	}
	if sortBy != "" && userSearch.operators(sortBy) == nil {
		fail(w, badFilter(sortBy+" is not a property to sort by"))
		return
	}
	effect := s.engine.ListEffect(r)
	s.mu.RLock()
	var (
		bodies [][]byte
		next   string
	)
	if effect == fault.Stale || sortBy != "" {
		all := s.usersAt(effect)
		all = slices.DeleteFunc(all, func(u listedUser) bool { return !keep(u.of.id, u.rec) })
		if sortBy != "" {
			sortUsers(all, sortBy, strings.EqualFold(query.Get("sortOrder"), "desc"))
		}
		page, n := paginate(all, func(u listedUser) string { return u.id }, func(listedUser) bool { return true }, behind, limit, effect)
		for _, u := range page {
			bodies = append(bodies, u.rec.encoded(u.of.id))
		}
		next = n
	} else {
		page, n := paginate(s.users, userID, func(u *user) bool { return keep(u.id, u.rec) }, behind, limit, effect)
		bodies, next = encodedUsers(page), n
	}
	s.mu.RUnlock()
	if next != "" {
		next = cursor("users", next)
	}
	pageLinks(w, r, next)
	writeList(w, bodies)
}

func userID(u *user) string { return u.id }

func encodedUsers(users []*user) [][]byte {
	bodies := make([][]byte, 0, len(users))
	for _, u := range users {
		bodies = append(bodies, u.rec.encoded(u.id))
	}
	return bodies
}

// usersAt is everybody, now or as it was. The caller holds the lock.
func (s *Sim) usersAt(effect fault.Kind) []listedUser {
	if effect == fault.Stale {
		return s.staleUsers()
	}
	all := make([]listedUser, 0, len(s.users))
	for _, u := range s.users {
		all = append(all, listedUser{u.id, u, u.rec})
	}
	return all
}

// sortUsers orders by an attribute, then by id, and gives each the number of
// its place as the id that paging goes by.
func sortUsers(all []listedUser, attribute string, descending bool) {
	value := func(u listedUser) string {
		return strings.ToLower(strings.Join(u.rec.attribute(u.of.id, attribute), " "))
	}
	slices.SortStableFunc(all, func(a, b listedUser) int {
		order := strings.Compare(value(a), value(b))
		if descending {
			order = -order
		}
		return order
	})
	for i := range all {
		all[i].id = place(i)
	}
}

// findUsers answers "q": the start of a first name, surname or e-mail. There
// are no further pages, and ten users unless limit says otherwise.
func (s *Sim) findUsers(w http.ResponseWriter, r *http.Request, prefix string) {
	of := userLimits
	of.standard = 10
	limit, err := of.of(r)
	if err != nil {
		fail(w, err)
		return
	}
	effect := s.engine.ListEffect(r)
	s.mu.RLock()
	page, _ := paginate(s.users, userID, func(u *user) bool {
		if u.rec.Status == people.Deprovisioned {
			return false
		}
		return slices.ContainsFunc([]string{u.rec.FirstName, u.rec.LastName, u.rec.Email}, func(text string) bool {
			return strings.HasPrefix(strings.ToLower(text), prefix)
		})
	}, "", limit, effect)
	bodies := encodedUsers(page)
	s.mu.RUnlock()
	pageLinks(w, r, "")
	writeList(w, bodies)
}

// getUser is GET /api/v1/users/{id or login}: always what is true now.
func (s *Sim) getUser(w http.ResponseWriter, r *http.Request) {
	s.mu.RLock()
	u, err := s.findUser(mux.Vars(r)["id"])
	var body []byte
	if err == nil {
		body = u.rec.encoded(u.id)
	}
	s.mu.RUnlock()
	if err != nil {
		fail(w, err)
		return
	}
	writeBody(w, http.StatusOK, body)
}

// listUserGroups is GET /api/v1/users/{id}/groups: a look-up, so that faults
// of lists do not concern it. Everyone is among the groups.
func (s *Sim) listUserGroups(w http.ResponseWriter, r *http.Request) {
	s.mu.RLock()
	u, err := s.findUser(mux.Vars(r)["id"])
	var bodies [][]byte
	if err == nil {
		in := append([]*group{s.everyone}, u.groups...)
		slices.SortFunc(in, func(a, b *group) int { return compareIDs(a.id, b.id) })
		for _, g := range in {
			bodies = append(bodies, encode(g.rec.object(g.id)))
		}
	}
	s.mu.RUnlock()
	if err != nil {
		fail(w, err)
		return
	}
	pageLinks(w, r, "")
	writeList(w, bodies)
}
