package atlassiansim

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gorilla/mux"
)

const userList = "users"

func (s *Sim) searchUsers(w http.ResponseWriter, r *http.Request) {
	var q userQuery
	// An empty body asks for the first page of everybody.
	if err := decode(r, &q); err != nil && !errors.Is(err, errNoBody) {
		s.badRequest(w, r, err)
		return
	}
	s.serveUsers(w, r, &q, 50)
}

// listUsers is the deprecated GET form of the search.
func (s *Sim) listUsers(w http.ResponseWriter, r *http.Request) {
	q, err := userParams(r.URL.Query())
	if err != nil {
		s.badRequest(w, r, err)
		return
	}
	s.serveUsers(w, r, q, 20)
}

func (s *Sim) serveUsers(w http.ResponseWriter, r *http.Request, q *userQuery, standard int) {
	var after int64
	if q.Cursor != "" {
		text := q.Cursor
		*q = userQuery{}
		var err error
		if after, err = resume(userList, text, q); err != nil {
			s.badRequest(w, r, err)
			return
		}
	}
	if err := q.check(standard); err != nil {
		s.badRequest(w, r, err)
		return
	}
	effect := s.opts.Engine.ListEffect(r)
	s.mu.RLock()
	items, last, more := paginate(s.users(q, mux.Vars(r)["directoryId"], effect), after, *q.Limit, effect)
	page := userPage{Data: make([]userDocument, 0, len(items))}
	for _, f := range items {
		page.Data = append(page.Data, s.document(f.account, f.record, q.Expand))
	}
	s.mu.RUnlock()
	following, err := next(userList, q, last, more)
	if err != nil {
		s.badRequest(w, r, err)
		return
	}
	page.Links.Next = following
	write(w, http.StatusOK, page)
}

// userParams reads the query parameters of the GET form and of the count.
func userParams(v url.Values) (*userQuery, error) {
	q := &userQuery{
		AccountIDs: v["accountIds"], AccountStatus: v["accountStatus"], ClaimStatus: v.Get("claimStatus"),
		Cursor: v.Get("cursor"), DirectoryIDs: v["directoryIds"], EmailDomains: v["emailDomains"],
		GroupIDs: v["groupIds"], MembershipStatus: v["membershipStatus"], ResourceIDs: v["resourceIds"],
		RoleIDs: v["roleIds"], SearchTerm: v.Get("searchTerm"), Status: v["status"],
	}
	if err := limitParam(v, &q.Limit); err != nil {
		return nil, err
	}
	if v.Has("mfaEnabled") {
		enabled, err := strconv.ParseBool(v.Get("mfaEnabled"))
		if err != nil {
			return nil, errors.New("mfaEnabled must be true or false")
		}
		q.MFAEnabled = &enabled
	}
	return q, nil
}

func limitParam(v url.Values, into **int) error {
	if !v.Has("limit") {
		return nil
	}
	limit, err := strconv.Atoi(v.Get("limit"))
	if err != nil {
		return errors.New("limit must be a number")
	}
	*into = &limit
	return nil
}

type count struct {
	Count int `json:"count"`
}

// countUsers counts, by default, those in the directory and all managed
// accounts, as its description says.
func (s *Sim) countUsers(w http.ResponseWriter, r *http.Request) {
	q, err := userParams(r.URL.Query())
	if err == nil {
		err = q.check(20)
	}
	if err != nil {
		s.badRequest(w, r, err)
		return
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	keep := s.filter(q, len(q.DirectoryIDs) == 0 && mux.Vars(r)["directoryId"] == "-")
	total := count{}
	for _, a := range s.candidates(q) {
		if keep(a, &a.record) {
			total.Count++
		}
	}
	write(w, http.StatusOK, total)
}

type statusCount struct {
	Status string `json:"status"`
	Count  int    `json:"count"`
}

type roleCount struct {
	RoleID string `json:"roleId"`
	Count  int    `json:"count"`
}

func (s *Sim) userStats(w http.ResponseWriter, _ *http.Request) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	statuses, roles := map[string]int{}, map[string]int{}
	for _, a := range s.accounts {
		if a.membership == memberNone {
			continue
		}
		statuses[a.lifecycle]++
		held := map[string]struct{}{}
		for g := range a.effective() {
			held[g.role] = struct{}{}
		}
		for role := range held {
			roles[role]++
		}
	}
	stats := struct {
		AccountStatus []statusCount `json:"accountStatus"`
		Roles         []roleCount   `json:"roles"`
	}{AccountStatus: []statusCount{}, Roles: []roleCount{}}
	for _, status := range []string{lifecycleActive, lifecycleInactive, lifecycleClosed} {
		stats.AccountStatus = append(stats.AccountStatus, statusCount{status, statuses[status]})
	}
	for _, role := range allRoles {
		if roles[role] > 0 {
			stats.Roles = append(stats.Roles, roleCount{role, roles[role]})
		}
	}
	write(w, http.StatusOK, stats)
}

// member finds an account of the directory; nil if it is not there. Reads
// over all directories ("-") also find managed accounts that are in none. The
// caller holds the lock.
func (s *Sim) member(r *http.Request, id string) *account {
	a := s.accountByID[id]
	if a == nil {
		return nil
	}
	if a.membership == memberNone && (!a.managed || mux.Vars(r)["directoryId"] != "-") {
		return nil
	}
	return a
}

func (s *Sim) getUser(w http.ResponseWriter, r *http.Request) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	a := s.member(r, mux.Vars(r)["accountId"])
	if a == nil {
		s.noUser(w, r)
		return
	}
	d := s.document(a, &a.record, []string{"platformRoles", "counts.resources"})
	d.Links = nil
	if a.lifecycle != lifecycleActive && len(a.past) > 0 {
		d.DeactivatedOn = formatTime(a.past[len(a.past)-1].until)
	}
	write(w, http.StatusOK, struct {
		Data userDocument `json:"data"`
	}{d})
}

func (s *Sim) noUser(w http.ResponseWriter, r *http.Request) {
	s.fail(w, r, http.StatusNotFound, "ADMIN-404-8", "The user %s was not found.", mux.Vars(r)["accountId"])
}
