package sitesim

import (
	"net/http"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

const (
	// usersMost is how many people a list or a search holds at once, and how far
	// a search goes.
	usersMost = 1000
	// idLength is the longest account id that is taken.
	idLength = 128
)

// jiraUser is Jira's User. Hidden addresses are left out.
type jiraUser struct {
	AccountID   string          `json:"accountId"`
	AccountType string          `json:"accountType"`
	Email       string          `json:"emailAddress,omitempty"`
	DisplayName string          `json:"displayName"`
	Active      bool            `json:"active"`
	Groups      *list[jiraName] `json:"groups,omitempty"`
	Roles       *list[jiraRole] `json:"applicationRoles,omitempty"`
	Expand      string          `json:"expand,omitempty"`
}

// list is Jira's SimpleListWrapper.
type list[T any] struct {
	Size  int `json:"size"`
	Items []T `json:"items"`
}

func listOf[T any](items []T) *list[T] { return &list[T]{Size: len(items), Items: items} }

func typeOf(a roster.Account) string {
	if kind := a.Attributes[AttributeType]; kind != "" {
		return kind
	}
	return "atlassian"
}

func visibleEmail(a roster.Account) string {
	if a.Attributes[AttributeEmailHidden] != "" {
		return ""
	}
	return a.Email
}

func jiraUserOf(a roster.Account) jiraUser {
	return jiraUser{AccountID: a.ID, AccountType: typeOf(a), Email: visibleEmail(a), DisplayName: a.DisplayName, Active: a.Active}
}

// former is how the vendor goes on knowing somebody who was removed.
func former(a roster.Account) roster.Account {
	return roster.Account{ID: a.ID, DisplayName: "Former user"}
}

// formers are all who were removed, by id.
func (s *Sim) formers() []roster.Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]roster.Account, 0, len(s.removed))
	for _, a := range s.removed {
		all = append(all, former(a))
	}
	slices.SortFunc(all, func(a, b roster.Account) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// known finds an account of the site or one that was removed from it.
func (s *Sim) known(id string) (roster.Account, bool) {
	if a, there := s.roster.Account(id); there {
		return a, true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, was := s.removed[id]
	return former(a), was
}

// listUsers answers GET /rest/api/3/users/search: everybody, also who is
// inactive or was removed.
func (s *Sim) listUsers(w http.ResponseWriter, r *http.Request) {
	start, size, ok := s.bounds(w, r, 50, usersMost)
	if !ok {
		return
	}
	all := append(s.roster.Accounts(nil), s.formers()...)
	all = distort(s, r, all, size, accountID, aboutAccount)
	s.answerUsers(w, standin.Page(all, start, size))
}

func (s *Sim) answerUsers(w http.ResponseWriter, accounts []roster.Account) {
	users := make([]jiraUser, len(accounts))
	for i, a := range accounts {
		users[i] = jiraUserOf(a)
	}
	standin.Answer(w, http.StatusOK, users)
}

// bounds reads startAt and maxResults.
func (s *Sim) bounds(w http.ResponseWriter, r *http.Request, usual, most int) (start, size int, ok bool) {
	start, fine := standin.Number(r, "startAt", 0)
	asked, also := standin.Number(r, "maxResults", usual)
	if !fine || !also || asked == 0 {
		s.fail(w, r, http.StatusBadRequest, "startAt and maxResults must be numbers.")
		return 0, 0, false
	}
	return start, s.size(asked, most), true
}

// searchUsers answers GET /rest/api/3/user/search: active people of whom the
// name or the visible address begins with the query, up to the thousandth. Who may
// not browse users finds nobody, and no refusal.
func (s *Sim) searchUsers(w http.ResponseWriter, r *http.Request) {
	start, size, ok := s.bounds(w, r, 50, usersMost)
	if !ok {
		return
	}
	query, id := r.URL.Query().Get("query"), r.URL.Query().Get("accountId")
	if (query == "") == (id == "") || len(id) > idLength {
		s.fail(w, r, http.StatusBadRequest, "Exactly one of query and accountId is needed.")
		return
	}
	var found []roster.Account
	if id != "" {
		if a, there := s.roster.Account(id); there {
			found = append(found, a)
		}
	} else {
		found = slices.DeleteFunc(s.roster.Matching(query), func(a roster.Account) bool {
			return !begins(visibleEmail(a), query) && !begins(a.DisplayName, query)
		})
	}
	found = slices.DeleteFunc(found, func(a roster.Account) bool { return !a.Active })
	found = distort(s, r, found, size, accountID, func(w write) (roster.Account, bool) {
		return w.account, w.added && w.group.ID == "" // nobody comes back into a search
	})
	if s.opts.NotBrowsing {
		found = nil
	}
	found = found[:min(len(found), usersMost)]
	s.answerUsers(w, standin.Page(found, start, size))
}

func begins(text, query string) bool {
	return len(text) >= len(query) && strings.EqualFold(text[:len(query)], query)
}

// getUser answers GET /rest/api/3/user.
func (s *Sim) getUser(w http.ResponseWriter, r *http.Request) {
	a, there := s.known(r.URL.Query().Get("accountId"))
	if !there {
		s.fail(w, r, http.StatusNotFound, "Specified user does not exist or you do not have required permissions")
		return
	}
	standin.Answer(w, http.StatusOK, s.expanded(a, r))
}

func (s *Sim) expanded(a roster.Account, r *http.Request) jiraUser {
	user := jiraUserOf(a)
	user.Expand = "groups,applicationRoles"
	for _, name := range strings.Split(r.URL.Query().Get("expand"), ",") {
		switch name {
		case "groups":
			user.Groups = listOf(jiraNames(s.roster.GroupsOf(a.ID)))
		case "applicationRoles":
			user.Roles = listOf(s.rolesOf(a.ID))
		}
	}
	return user
}

// myself answers GET /rest/api/3/myself.
func (s *Sim) myself(w http.ResponseWriter, r *http.Request) {
	a, there := s.roster.Account(s.owner)
	if !there {
		s.fail(w, r, http.StatusUnauthorized, "Client must be authenticated to access this resource.")
		return
	}
	standin.Answer(w, http.StatusOK, s.expanded(a, r))
}

// bulkUsers answers GET /rest/api/3/user/bulk.
func (s *Sim) bulkUsers(w http.ResponseWriter, r *http.Request) {
	start, size, ok := s.bounds(w, r, 10, 200)
	if !ok {
		return
	}
	ids := r.URL.Query()["accountId"]
	if len(ids) == 0 || len(ids) > idLength {
		s.fail(w, r, http.StatusBadRequest, "Between 1 and 128 accountId are needed.")
		return
	}
	var users []jiraUser
	for _, id := range ids {
		if a, there := s.known(id); there {
			users = append(users, jiraUserOf(a))
		}
	}
	answerPage(w, users, start, size)
}

// groupsOfUser answers GET /rest/api/3/user/groups.
func (s *Sim) groupsOfUser(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("accountId")
	if _, there := s.known(id); !there {
		s.fail(w, r, http.StatusNotFound, "Specified user does not exist or you do not have required permissions")
		return
	}
	standin.Answer(w, http.StatusOK, jiraNames(s.roster.GroupsOf(id)))
}
