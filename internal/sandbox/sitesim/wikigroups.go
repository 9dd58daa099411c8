package sitesim

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// wikiMost is how many groups or members Confluence lists at once.
const wikiMost = 200

// wikiGroup is Confluence's Group.
type wikiGroup struct {
	Type      string            `json:"type"`
	Name      string            `json:"name"`
	ID        string            `json:"id"`
	Usage     string            `json:"usageType"`
	ManagedBy string            `json:"managedBy"`
	Links     map[string]string `json:"_links"`
}

func wikiGroupOf(g roster.Group) wikiGroup {
	group := wikiGroup{
		Type: "group", Name: g.Name, ID: g.ID, Usage: "USERBASE_GROUP", ManagedBy: "ADMINS",
		Links: map[string]string{"self": "https://example.atlassian.net/wiki/rest/api/group/by-id?id=" + url.QueryEscape(g.ID)},
	}
	if g.External {
		group.ManagedBy = "EXTERNAL"
	}
	return group
}

// wikiPage is Confluence's array with links.
type wikiPage[T any] struct {
	Results []T               `json:"results"`
	Start   int               `json:"start"`
	Limit   int               `json:"limit"`
	Size    int               `json:"size"`
	Links   map[string]string `json:"_links"`
}

func wikiAnswer[T any](w http.ResponseWriter, r *http.Request, all []T, start, size int) {
	results := standin.Page(all, start, size)
	if results == nil {
		results = []T{}
	}
	page := wikiPage[T]{
		Results: results, Start: start, Limit: size, Size: len(results),
		Links: map[string]string{"base": "https://example.atlassian.net/wiki", "context": "/wiki"},
	}
	if start+size < len(all) {
		query := r.URL.Query()
		query.Set("start", strconv.Itoa(start+size))
		query.Set("limit", strconv.Itoa(size))
		page.Links["next"] = strings.TrimPrefix(r.URL.EscapedPath(), "/wiki") + "?" + query.Encode()
	}
	standin.Answer(w, http.StatusOK, page)
}

// wikiBounds reads start and limit.
func (s *Sim) wikiBounds(w http.ResponseWriter, r *http.Request) (start, asked int, ok bool) {
	start, fine := standin.Number(r, "start", 0)
	asked, also := standin.Number(r, "limit", wikiMost)
	if !fine || !also || asked == 0 {
		s.fail(w, r, http.StatusBadRequest, "start and limit must be numbers.")
		return 0, 0, false
	}
	return start, asked, true
}

func byName(groups []roster.Group) []roster.Group {
	slices.SortStableFunc(groups, func(a, b roster.Group) int { return strings.Compare(fold(a.Name), fold(b.Name)) })
	return groups
}

// wikiListGroups answers GET /wiki/rest/api/group, in order of names.
func (s *Sim) wikiListGroups(w http.ResponseWriter, r *http.Request) {
	start, asked, ok := s.wikiBounds(w, r)
	if !ok {
		return
	}
	level := r.URL.Query().Get("accessType")
	if level != "" && !slices.Contains([]string{levelSiteAdmin, levelAdmin, levelUser}, level) {
		s.fail(w, r, http.StatusBadRequest, "The accessType is not valid.")
		return
	}
	size := s.size(asked, wikiMost)
	found := s.roster.Groups(func(g roster.Group) bool { return level == "" || accessLevel(g) == level })
	// What a stale list still has goes to its place again.
	found = byName(distort(s, r, byName(found), size, groupID, aboutGroup))
	s.answerWikiGroups(w, r, found, start, size)
}

func (s *Sim) answerWikiGroups(w http.ResponseWriter, r *http.Request, found []roster.Group, start, size int) {
	groups := make([]wikiGroup, len(found))
	for i, g := range found {
		groups[i] = wikiGroupOf(g)
	}
	wikiAnswer(w, r, groups, start, size)
}

// wikiPickGroups answers GET /wiki/rest/api/group/picker.
func (s *Sim) wikiPickGroups(w http.ResponseWriter, r *http.Request) {
	start, asked, ok := s.wikiBounds(w, r)
	if !ok {
		return
	}
	part := fold(r.URL.Query().Get("query"))
	found := byName(s.roster.Groups(func(g roster.Group) bool { return strings.Contains(fold(g.Name), part) }))
	s.answerWikiGroups(w, r, found, start, s.size(asked, wikiMost))
}

// wikiGetGroup answers GET /wiki/rest/api/group/by-id.
func (s *Sim) wikiGetGroup(w http.ResponseWriter, r *http.Request) {
	group, there := s.roster.Group(r.URL.Query().Get("id"))
	if !there {
		s.fail(w, r, http.StatusNotFound, "The group does not exist.")
		return
	}
	standin.Answer(w, http.StatusOK, wikiGroupOf(group))
}

// wikiCreateGroup answers POST /wiki/rest/api/group.
func (s *Sim) wikiCreateGroup(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Type string `json:"type"`
		Name string `json:"name"`
	}
	if err := standin.Decode(r, &body, false); err != nil || badName(body.Name) || body.Type != "" && body.Type != "group" {
		s.fail(w, r, http.StatusBadRequest, "The group's name is missing or not valid.")
		return
	}
	group, err := s.makeGroup(r, body.Name)
	if err != nil {
		s.fail(w, r, http.StatusBadRequest, "The group could not be created.")
		return
	}
	standin.Answer(w, http.StatusCreated, wikiGroupOf(group))
}

// wikiDeleteGroup answers DELETE /wiki/rest/api/group/by-id.
func (s *Sim) wikiDeleteGroup(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("id")
	group, _ := s.roster.Group(id)
	switch {
	case id == "":
		s.fail(w, r, http.StatusBadRequest, "The id is missing.")
	case group.External:
		s.fail(w, r, http.StatusForbidden, provisioned)
	case !s.takeGroup(r, id):
		s.fail(w, r, http.StatusNotFound, "The group does not exist.")
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}
