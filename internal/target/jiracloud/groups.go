package jiracloud

import (
	"context"
	"net/url"
	"strconv"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/atlassiansite"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

const (
	// groupPage is how many groups, and how many members, the vendor lists at
	// once.
	// https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-groups/#api-rest-api-3-group-member-get
	groupPage = 50
	// namesLength bounds the names of one question, escaped: an address of 8,000
	// characters is what servers take without further agreement.
	namesLength = 6000
)

// wireGroup is what is used of the vendor's GroupDetails and GroupName.
type wireGroup struct {
	ID   string `json:"groupId"`
	Name string `json:"name"`
}

// page is the vendor's PageBean.
type page[T any] struct {
	Values []T   `json:"values"`
	Start  *int  `json:"startAt"`
	IsLast *bool `json:"isLast"`
	Total  *int  `json:"total"`
}

// last reports whether this is the last page, which begins at start; known is
// whether it says so.
func (p page[T]) last(start int) (last, known bool) {
	switch {
	case p.IsLast != nil:
		return *p.IsLast, true
	case p.Total != nil:
		return start+len(p.Values) >= *p.Total, true
	}
	return false, false
}

// list reads one page of a PageBean and returns the place where the next one
// begins; "" at the end.
func list[T any](ctx context.Context, t *Target, call rest.Call, start int) ([]T, string, error) {
	call.Query.Set("startAt", strconv.Itoa(start))
	call.Query.Set("maxResults", strconv.Itoa(groupPage))
	var got page[T]
	if err := t.client.Get(ctx, call, &got); err != nil {
		return nil, "", err
	}
	last, known := got.last(start)
	switch {
	case got.Values == nil || !known:
		return nil, "", atlassiansite.Strange(call, 200, "the answer holds no page of a list")
	case got.Start != nil && *got.Start != start:
		return nil, "", atlassiansite.Strange(call, 200, "the answer is another page than the one asked for")
	case last:
		return got.Values, "", nil
	case len(got.Values) == 0:
		return nil, "", atlassiansite.Strange(call, 200, "the list does not move on")
	}
	return got.Values, strconv.Itoa(start + len(got.Values)), nil
}

// groups reads one page of the groups that a question is about.
//
// GET /rest/api/3/group/bulk
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-groups/#api-rest-api-3-group-bulk-get
func (t *Target) groups(ctx context.Context, about url.Values, cursor string) ([]wireGroup, string, error) {
	start, err := atlassiansite.Offset(cursor)
	if err != nil {
		return nil, "", err
	}
	query := url.Values{}
	for name, values := range about {
		query[name] = values
	}
	call := rest.Call{Method: "GET", Template: "/rest/api/3/group/bulk", Query: query}
	found, next, err := list[wireGroup](ctx, t, call, start)
	if err == nil && about == nil && start == 0 && len(found) == 0 {
		// Whoever asks has access, and access comes by a group.
		return nil, "", atlassiansite.Strange(call, 200, "the list of all groups is empty")
	}
	for _, group := range found {
		// The vendor's description lets the id be null.
		if group.ID == "" {
			return nil, "", atlassiansite.Strange(call, 200, "the list holds a group without an id")
		}
	}
	return found, next, err
}

// everyGroup calls take for each group that a question is about.
func (t *Target) everyGroup(ctx context.Context, about url.Values, take func(wireGroup)) error {
	progress := directory.NewProgress("list groups", func(g wireGroup) string { return g.ID })
	for cursor := ""; ; {
		found, next, err := t.groups(ctx, about, cursor)
		if err == nil {
			err = progress.Page(found, next == "")
		}
		if err != nil {
			return err
		}
		for _, group := range found {
			take(group)
		}
		if next == "" {
			return nil
		}
		cursor = next
	}
}

// Groups reads one page of 50 groups.
//
// GET /rest/api/3/group/bulk
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-groups/#api-rest-api-3-group-bulk-get
func (t *Target) Groups(ctx context.Context, cursor string) (directory.TargetGroupPage, error) {
	found, next, err := t.groups(ctx, nil, cursor)
	if err != nil {
		return directory.TargetGroupPage{}, err
	}
	page := directory.TargetGroupPage{Next: next}
	for _, group := range found {
		page.Groups = append(page.Groups, group.group())
	}
	return page, nil
}

func (g wireGroup) group() directory.TargetGroup {
	return directory.TargetGroup{ID: g.ID, Name: g.Name}
}

// FindGroups looks groups up by name, many a call. Whether the vendor minds case
// there is not said: names that are not found so are looked for in the list of
// all groups.
//
// GET /rest/api/3/group/bulk with groupName
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-groups/#api-rest-api-3-group-bulk-get
func (t *Target) FindGroups(ctx context.Context, names []string) ([]directory.TargetGroup, error) {
	left := make(map[string]bool, len(names))
	var asked []string
	for _, name := range names {
		if name != "" && !left[atlassiansite.Fold(name)] {
			left[atlassiansite.Fold(name)] = true
			asked = append(asked, name)
		}
	}
	var found []directory.TargetGroup
	take := func(group wireGroup) {
		if key := atlassiansite.Fold(group.Name); left[key] {
			delete(left, key)
			found = append(found, group.group())
		}
	}
	for _, some := range questions(asked) {
		if err := t.everyGroup(ctx, url.Values{"groupName": some}, take); err != nil {
			return nil, err
		}
	}
	if len(left) == 0 {
		return found, nil
	}
	return found, t.everyGroup(ctx, nil, take)
}

// questions divides names so that each part fits one page and one address.
func questions(names []string) [][]string {
	var parts [][]string
	length := 0
	for _, name := range names {
		size := len("&groupName=") + len(url.QueryEscape(name))
		if last := len(parts) - 1; last < 0 || len(parts[last]) == groupPage || length+size > namesLength {
			parts, length = append(parts, nil), 0
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], name)
		length += size
	}
	return parts
}

// CreateGroup creates a group; its description is not kept by the vendor. The
// refusal of a name that is in use looks like any other, so that it is looked
// whether there is a group of that name.
//
// POST /rest/api/3/group
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-groups/#api-rest-api-3-group-post
func (t *Target) CreateGroup(ctx context.Context, group directory.NewGroup) (directory.TargetGroup, error) {
	call := rest.Call{
		Method: "POST", Template: "/rest/api/3/group",
		Body: struct {
			Name string `json:"name"`
		}{group.Name},
	}
	return atlassiansite.CreateGroup(ctx, t.client, call, group.Name, wireGroup.group, t.FindGroups)
}
