package sitesim

import (
	"net/http"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// wikiUser is Confluence's first User.
type wikiUser struct {
	Type        string            `json:"type"`
	AccountID   string            `json:"accountId"`
	AccountType string            `json:"accountType"`
	Email       string            `json:"email"`
	PublicName  string            `json:"publicName"`
	DisplayName string            `json:"displayName"`
	Guest       bool              `json:"isGuest"`
	Picture     wikiIcon          `json:"profilePicture"`
	Expandable  map[string]string `json:"_expandable"`
	Links       map[string]string `json:"_links"`
}

type wikiIcon struct {
	Path      string `json:"path"`
	Width     int    `json:"width"`
	Height    int    `json:"height"`
	IsDefault bool   `json:"isDefault"`
}

func wikiUserOf(a roster.Account) wikiUser {
	user := wikiUser{
		Type: "known", AccountID: a.ID, AccountType: typeOf(a), Email: visibleEmail(a), PublicName: a.DisplayName, DisplayName: a.DisplayName,
		Picture:    wikiIcon{Path: "/wiki/aa-avatar/default", Width: 48, Height: 48, IsDefault: true},
		Expandable: map[string]string{"operations": "", "personalSpace": ""}, Links: map[string]string{},
	}
	// The description has no name for a customer's account.
	if user.AccountType != "atlassian" && user.AccountType != "app" {
		user.AccountType = ""
	}
	return user
}

// wikiGetUser answers GET /wiki/rest/api/user.
func (s *Sim) wikiGetUser(w http.ResponseWriter, r *http.Request) {
	a, there := s.roster.Account(r.URL.Query().Get("accountId"))
	if !there {
		s.fail(w, r, http.StatusNotFound, "No user found.")
		return
	}
	standin.Answer(w, http.StatusOK, wikiUserOf(a))
}

// wikiCurrentUser answers GET /wiki/rest/api/user/current.
func (s *Sim) wikiCurrentUser(w http.ResponseWriter, r *http.Request) {
	a, there := s.roster.Account(s.owner)
	if !there {
		s.fail(w, r, http.StatusForbidden, "You may not use Confluence.")
		return
	}
	standin.Answer(w, http.StatusOK, wikiUserOf(a))
}

// wikiMemberOf answers GET /wiki/rest/api/user/memberof.
func (s *Sim) wikiMemberOf(w http.ResponseWriter, r *http.Request) {
	start, asked, ok := s.wikiBounds(w, r)
	if !ok {
		return
	}
	s.answerWikiGroups(w, r, s.roster.GroupsOf(r.URL.Query().Get("accountId")), start, s.size(asked, wikiMost))
}

// wikiBulkUsers answers GET /wiki/rest/api/user/bulk: the first 100 of those
// asked for.
func (s *Sim) wikiBulkUsers(w http.ResponseWriter, r *http.Request) {
	var users []wikiUser
	for _, id := range strings.Split(r.URL.Query().Get("accountId"), ",") {
		if a, there := s.roster.Account(id); there && len(users) < 100 {
			users = append(users, wikiUserOf(a))
		}
	}
	wikiAnswer(w, r, users, 0, 100)
}

// secondUser is the User of Confluence's second API.
type secondUser struct {
	AccountID   string `json:"accountId"`
	AccountType string `json:"accountType"`
	Status      string `json:"accountStatus"`
	Email       string `json:"email"`
	DisplayName string `json:"displayName"`
	PublicName  string `json:"publicName"`
}

// wikiUsersBulk answers POST /wiki/api/v2/users-bulk.
func (s *Sim) wikiUsersBulk(w http.ResponseWriter, r *http.Request) {
	var body struct {
		AccountIDs []string `json:"accountIds"`
	}
	if err := standin.Decode(r, &body, false); err != nil || len(body.AccountIDs) == 0 || len(body.AccountIDs) > 250 {
		s.fail(w, r, http.StatusBadRequest, "Between 1 and 250 accountIds are needed.")
		return
	}
	users := []secondUser{}
	for _, id := range body.AccountIDs {
		a, there := s.roster.Account(id)
		if !there {
			continue
		}
		status := "active"
		if !a.Active {
			status = "inactive"
		}
		users = append(users, secondUser{a.ID, typeOf(a), status, visibleEmail(a), a.DisplayName, a.DisplayName})
	}
	standin.Answer(w, http.StatusOK, struct {
		Results []secondUser      `json:"results"`
		Links   map[string]string `json:"_links"`
	}{users, map[string]string{"base": "https://example.atlassian.net/wiki"}})
}

// wikiCheckAccess answers POST /wiki/api/v2/user/access/check-access-by-email:
// who of those asked for lacks access, and not who the others are.
func (s *Sim) wikiCheckAccess(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Emails []string `json:"emails"`
	}
	if err := standin.Decode(r, &body, false); err != nil || len(body.Emails) == 0 || len(body.Emails) > 100 {
		s.fail(w, r, http.StatusBadRequest, "Between 1 and 100 emails are needed.")
		return
	}
	without, invalid := []string{}, []string{}
	for _, email := range body.Emails {
		a, there := s.withEmail(email)
		switch {
		case !strings.Contains(email, "@"):
			invalid = append(invalid, email)
		case !there || !a.Active || !s.has(a.ID, ProductConfluence):
			without = append(without, email)
		}
	}
	standin.Answer(w, http.StatusOK, struct {
		Without []string `json:"emailsWithoutAccess"`
		Invalid []string `json:"invalidEmails"`
	}{without, invalid})
}
