package jiradcsim

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// listSince is the first major version that is taken to have the list of all
// users.
const listSince = 10

const (
	// searchPage is how many users a search shows when it is not asked for a
	// number, searchMost how many it shows at most.
	searchPage = 50
	searchMost = 1000
)

// address is an e-mail address as this Jira shows it.
func (s *Sim) address(a roster.Account) string {
	switch s.opts.Addresses {
	case AddressesHidden:
		return ""
	case AddressesMasked:
		return strings.NewReplacer("@", " at ", ".", " dot ").Replace(a.Email)
	}
	return a.Email
}

// bean is a user as Jira writes one.
func (s *Sim) bean(a roster.Account, expand string) map[string]any {
	bean := map[string]any{
		"self": "http://jira.invalid/rest/api/2/user?username=" + url.QueryEscape(a.UserName),
		"key":  a.ID, "name": a.UserName, "displayName": a.DisplayName, "active": a.Active,
		"deleted": false, "timeZone": "Etc/UTC", "locale": "en_GB",
		"groups":           map[string]any{"size": len(s.groupsOf(a.ID)), "items": []any{}},
		"applicationRoles": map[string]any{"size": len(s.rolesOf(a.ID)), "items": []any{}},
		"expand":           "groups,applicationRoles",
	}
	if shown := s.address(a); shown != "" {
		bean["emailAddress"] = shown
	}
	for _, part := range strings.Split(expand, ",") {
		switch part {
		case "groups":
			items := []any{}
			for _, g := range s.groupsOf(a.ID) {
				items = append(items, map[string]any{"name": g.Name, "self": groupSelf(g)})
			}
			bean["groups"] = map[string]any{"size": len(items), "items": items}
		case "applicationRoles":
			items := []any{}
			for _, role := range s.rolesOf(a.ID) {
				items = append(items, map[string]any{"key": role.Key, "name": role.Name})
			}
			bean["applicationRoles"] = map[string]any{"size": len(items), "items": items}
		}
	}
	return bean
}

// short is a user within a list.
func (s *Sim) short(a roster.Account) map[string]any {
	bean := map[string]any{
		"self": "http://jira.invalid/rest/api/2/user?username=" + url.QueryEscape(a.UserName),
		"key":  a.ID, "name": a.UserName, "displayName": a.DisplayName, "active": a.Active, "timeZone": "Etc/UTC",
	}
	if shown := s.address(a); shown != "" {
		bean["emailAddress"] = shown
	}
	return bean
}

// asked is the user whom a request is about, by key or by user name.
func (s *Sim) asked(r *http.Request) (roster.Account, bool) {
	query := r.URL.Query()
	if key := query.Get("key"); key != "" {
		return s.roster.Account(key)
	}
	if name := query.Get("username"); name != "" {
		return s.roster.AccountNamed(name)
	}
	return roster.Account{}, false
}

func noUser(w http.ResponseWriter) {
	problem(w, http.StatusNotFound, "The user does not exist.")
}

func (s *Sim) getUser(w http.ResponseWriter, r *http.Request) {
	a, there := s.asked(r)
	if !there {
		noUser(w)
		return
	}
	standin.Answer(w, http.StatusOK, s.bean(a, r.URL.Query().Get("expand")))
}

func (s *Sim) myself(w http.ResponseWriter, _ *http.Request) {
	a, there := s.roster.Account(s.owner)
	if !there {
		problem(w, http.StatusUnauthorized, "You are not logged in.")
		return
	}
	standin.Answer(w, http.StatusOK, s.bean(a, ""))
}

// isFresh says what a list that is behind does not have yet.
func (s *Sim) isFresh(a roster.Account) bool { return s.fresh.Is(a.ID, s.opts.Now()) }

// searchUsers finds users by a piece of user name, name or address; "." stands
// for everybody. Who may not browse users finds nobody.
func (s *Sim) searchUsers(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	start, ok := standin.Number(r, "startAt", 0)
	limit, limited := standin.Number(r, "maxResults", searchPage)
	text := query.Get("username")
	if !ok || !limited || text == "" {
		problem(w, http.StatusBadRequest, "The username query parameter was not provided.")
		return
	}
	limit = min(limit, searchMost)
	found := []roster.Account{}
	switch {
	case !s.has("USER_PICKER"):
	case text == ".":
		found = s.roster.Accounts(nil)
	default:
		found = s.roster.Matching(text)
	}
	active, inactive := query.Get("includeActive") != "false", query.Get("includeInactive") == "true"
	hidden := s.opts.Addresses == AddressesHidden && text != "."
	found = slices.DeleteFunc(found, func(a roster.Account) bool {
		byName := strings.Contains(strings.ToLower(a.UserName+"\x00"+a.DisplayName), strings.ToLower(text))
		return a.Active && !active || !a.Active && !inactive || hidden && !byName
	})
	if s.opts.SearchEnd > 0 {
		found = found[:min(len(found), s.opts.SearchEnd)]
	}
	found = standin.Spoil(found, s.opts.Engine.ListEffect(r), limit, s.isFresh)
	answer := []any{}
	for _, a := range standin.Page(found, start, limit) {
		answer = append(answer, s.short(a))
	}
	standin.Answer(w, http.StatusOK, answer)
}

// listUsers streams all users; its cursors are places in it.
func (s *Sim) listUsers(w http.ResponseWriter, r *http.Request) {
	start, ok := standin.Number(r, "cursor", 0)
	limit, limited := standin.Number(r, "maxResults", s.opts.ListLimit)
	if !ok || !limited || limit == 0 {
		problem(w, http.StatusBadRequest, "The cursor or the number of results is wrong.")
		return
	}
	limit = min(limit, s.opts.ListLimit)
	all := standin.Spoil(s.roster.Accounts(nil), s.opts.Engine.ListEffect(r), limit, s.isFresh)
	values := []any{}
	for _, a := range standin.Page(all, start, limit) {
		values = append(values, s.short(a))
	}
	end := start + len(values)
	answer := map[string]any{
		"self": "http://jira.invalid/rest/api/2/user/list", "values": values, "maxResults": limit, "isLast": end >= len(all),
	}
	if end < len(all) {
		answer["nextCursor"] = end
		answer["nextPage"] = "http://jira.invalid/rest/api/2/user/list?cursor=" + strconv.Itoa(end)
	}
	standin.Answer(w, http.StatusOK, answer)
}
