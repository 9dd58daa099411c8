package confluencecloud

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/atlassiansite"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// pageSize is how many groups or members the vendor lists at once.
// https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-group/#api-wiki-rest-api-group-get
const pageSize = 200

// wireGroup is what is used of the vendor's Group.
type wireGroup struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// ManagedBy is "ADMINS" for a group whose members administrators decide.
	ManagedBy string `json:"managedBy"`
}

// group is a group of the site. One whose members are another system's, or
// their own, affair is read-only.
func (g wireGroup) group() directory.TargetGroup {
	return directory.TargetGroup{ID: g.ID, Name: g.Name, ReadOnly: g.ManagedBy != "" && !strings.EqualFold(g.ManagedBy, "ADMINS")}
}

// list reads one page and returns where the next one begins; 0 at the end. A
// page may be short for other reasons than that it is the last, and even empty:
// its links say whether another follows, and where. The description lets the links
// of a list of users be left out: such a list ends at an empty page.
func list[T any](ctx context.Context, t *Target, call rest.Call, start, limit int) ([]T, int, error) {
	call.Query.Set("start", strconv.Itoa(start))
	call.Query.Set("limit", strconv.Itoa(limit))
	var got struct {
		Results []T  `json:"results"`
		Start   *int `json:"start"`
		Links   *struct {
			Next string `json:"next"`
		} `json:"_links"`
	}
	if err := t.client.Get(ctx, call, &got); err != nil {
		return nil, 0, err
	}
	after := start + len(got.Results)
	switch {
	case got.Results == nil:
		return nil, 0, atlassiansite.Strange(call, 200, "the answer holds no page of a list")
	case got.Start != nil && *got.Start != start:
		return nil, 0, atlassiansite.Strange(call, 200, "the answer is another page than the one asked for")
	case got.Links == nil && len(got.Results) == 0, got.Links != nil && got.Links.Next == "":
		return got.Results, 0, nil
	case got.Links != nil:
		after = max(after, startOf(got.Links.Next))
	}
	if after == start {
		return nil, 0, atlassiansite.Strange(call, 200, "the list does not move on")
	}
	return got.Results, after, nil
}

// startOf is where the page that a link leads to begins; 0 where it does not say.
func startOf(link string) int {
	address, err := url.Parse(link)
	if err != nil {
		return 0
	}
	start, err := strconv.Atoi(address.Query().Get("start"))
	if err != nil {
		return 0
	}
	return start
}

// groups reads one page of the groups with a level of access; all without one.
//
// GET /wiki/rest/api/group
// https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-group/#api-wiki-rest-api-group-get
func (t *Target) groups(ctx context.Context, level string, start, limit int) ([]wireGroup, int, error) {
	call := rest.Call{Method: "GET", Template: "/wiki/rest/api/group", Query: url.Values{}}
	if level != "" {
		call.Query.Set("accessType", level)
	}
	found, next, err := list[wireGroup](ctx, t, call, start, limit)
	if err == nil && level == "" && start == 0 && len(found) == 0 {
		// Whoever asks has access, and access comes by a group.
		return nil, 0, atlassiansite.Strange(call, 200, "the list of all groups is empty")
	}
	for _, group := range found {
		if group.ID == "" {
			return nil, 0, atlassiansite.Strange(call, 200, "the list holds a group without an id")
		}
	}
	return found, next, err
}

// groupWithAccess returns the id of one group of those with a level of access,
// empty if there are fewer, and whether there are more.
func (t *Target) groupWithAccess(ctx context.Context, level string, place int) (id string, more bool, err error) {
	found, next, err := t.groups(ctx, level, place, 1)
	if err != nil || len(found) == 0 {
		return "", false, err
	}
	return found[0].ID, next > 0 || len(found) > 1, nil
}

// everyGroup calls take for each group with a level of access.
func (t *Target) everyGroup(ctx context.Context, level string, take func(wireGroup)) error {
	progress := directory.NewProgress("list groups", func(g wireGroup) string { return g.ID })
	for start := 0; ; {
		found, next, err := t.groups(ctx, level, start, pageSize)
		if err == nil {
			err = progress.Page(found, next == 0)
		}
		if err != nil {
			return err
		}
		for _, group := range found {
			take(group)
		}
		if next == 0 {
			return nil
		}
		start = next
	}
}

// Groups reads one page of 200 groups.
//
// GET /wiki/rest/api/group
// https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-group/#api-wiki-rest-api-group-get
func (t *Target) Groups(ctx context.Context, cursor string) (directory.TargetGroupPage, error) {
	start, err := atlassiansite.Offset(cursor)
	if err != nil {
		return directory.TargetGroupPage{}, err
	}
	found, next, err := t.groups(ctx, "", start, pageSize)
	if err != nil {
		return directory.TargetGroupPage{}, err
	}
	var page directory.TargetGroupPage
	for _, group := range found {
		page.Groups = append(page.Groups, group.group())
	}
	if next > 0 {
		page.Next = strconv.Itoa(next)
	}
	return page, nil
}

// FindGroups looks groups up by name. The vendor's own search takes parts of
// names, one a call, and does not say how it compares them; so the list of all
// groups is gone through, 200 a call.
//
// GET /wiki/rest/api/group
// https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-group/#api-wiki-rest-api-group-get
func (t *Target) FindGroups(ctx context.Context, names []string) ([]directory.TargetGroup, error) {
	left := make(map[string]bool, len(names))
	for _, name := range names {
		if name != "" {
			left[atlassiansite.Fold(name)] = true
		}
	}
	if len(left) == 0 {
		return nil, nil
	}
	var found []directory.TargetGroup
	err := t.everyGroup(ctx, "", func(group wireGroup) {
		if key := atlassiansite.Fold(group.Name); left[key] {
			delete(left, key)
			found = append(found, group.group())
		}
	})
	return found, err
}

// CreateGroup creates a group; its description is not kept by the vendor. The
// refusal of a name that is in use looks like any other, so that it is looked
// whether there is a group of that name.
//
// POST /wiki/rest/api/group
// https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-group/#api-wiki-rest-api-group-post
func (t *Target) CreateGroup(ctx context.Context, group directory.NewGroup) (directory.TargetGroup, error) {
	call := rest.Call{
		Method: "POST", Template: "/wiki/rest/api/group",
		Body: struct {
			Type string `json:"type"`
			Name string `json:"name"`
		}{"group", group.Name},
	}
	return atlassiansite.CreateGroup(ctx, t.client, call, group.Name, wireGroup.group, t.FindGroups)
}

// group looks one group up; one that is gone is a *directory.NotFoundError.
//
// GET /wiki/rest/api/group/by-id
// https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-group/#api-wiki-rest-api-group-by-id-get
func (t *Target) group(ctx context.Context, groupID string) error {
	call := rest.Call{Method: "GET", Template: "/wiki/rest/api/group/by-id", Object: "group", Query: url.Values{"id": {groupID}}}
	var got wireGroup
	if err := t.client.Get(ctx, call, &got); err != nil {
		return t.groupGone(ctx, call, groupID, err)
	}
	if got.ID != groupID {
		return atlassiansite.Strange(call, 200, "the answer is not about the group asked for")
	}
	return nil
}

// groupGone settles a 404 without a word about a group by the list of all groups.
// An err of another kind, and one that stays in doubt, is returned as it is.
func (t *Target) groupGone(ctx context.Context, call rest.Call, groupID string, err error) error {
	if !atlassiansite.Bare(err) {
		return err
	}
	there := false
	askErr := t.everyGroup(ctx, "", func(group wireGroup) { there = there || group.ID == groupID })
	if askErr != nil || there {
		return err
	}
	return &directory.NotFoundError{Call: call.Name(), What: "group"}
}
