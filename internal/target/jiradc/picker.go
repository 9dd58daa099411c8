package jiradc

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

const (
	// groupsAsked is how many groups the picker is asked for. What it gives is
	// bounded by the system property jira.ajax.autocomplete.limit, 20 by default.
	groupsAsked = 1000
	// pickerCalls bounds how many questions one reading of all groups may take.
	pickerCalls = 1000
	// excludedBytes bounds the names that a question leaves out: a request has
	// 8 kB of head in Tomcat's default, and a byte of a name takes up to three.
	excludedBytes = 1500
)

// pickedGroup is a group as the picker shows it.
type pickedGroup struct {
	id, name string
	// admin is a group whose members administer Jira.
	admin bool
}

// pick asks the picker for the groups with a text in their name, but for
// those excluded. total is how many there are, with those that were left out
// for want of room.
//
// GET /rest/api/2/groups/picker
// https://developer.atlassian.com/server/jira/platform/rest/v10003/api-group-groups/#api-api-2-groups-picker-get
func (t *Target) pick(ctx context.Context, text string, excluded []string) (found []pickedGroup, total int, err error) {
	call := rest.Call{Method: http.MethodGet, Template: "/rest/api/2/groups/picker", Query: url.Values{
		"query": {text}, "maxResults": {strconv.Itoa(groupsAsked)},
	}}
	if len(excluded) > 0 {
		call.Query["exclude"] = excluded
	}
	var got struct {
		Groups *[]struct {
			Name   string `json:"name"`
			Labels []struct {
				Type string `json:"type"`
			} `json:"labels"`
		} `json:"groups"`
		Total *int `json:"total"`
	}
	if err := t.client.Get(ctx, call, &got); err != nil {
		return nil, 0, err
	}
	if got.Groups == nil || got.Total == nil {
		return nil, 0, incomplete(call, "groups without how many there are")
	}
	for _, group := range *got.Groups {
		if group.Name == "" {
			return nil, 0, incomplete(call, "a group without its name")
		}
		one := pickedGroup{id: groupID(group.Name), name: group.Name}
		for _, label := range group.Labels {
			one.admin = one.admin || label.Type == "ADMIN"
		}
		found = append(found, one)
	}
	return found, *got.Total, nil
}

// catalogue is a reading of all groups in the making.
type catalogue struct {
	target *Target
	calls  int
	seen   map[string]pickedGroup
	// leavesOut is whether leaving out what is known has brought more so far.
	leavesOut bool
}

// allGroups reads all groups, by name. Where the picker gives fewer than there
// are, what is known is left out of the next question, and where that brings
// nothing the question is narrowed, one character after the other, by the
// characters that names there have. The picker's own count says when all are
// known; a reading that ends short of it is an *directory.UnavailableError and
// never a short list.
func (t *Target) allGroups(ctx context.Context) ([]pickedGroup, error) {
	if err := t.canSearch(ctx); err != nil {
		return nil, err
	}
	c := &catalogue{target: t, seen: make(map[string]pickedGroup), leavesOut: true}
	total, err := c.ask(ctx, "", nil)
	if err != nil {
		return nil, err
	}
	if err := c.narrow(ctx, total); err != nil {
		return nil, err
	}
	if len(c.seen) < total {
		return nil, tooManyGroups("the group picker names " + strconv.Itoa(len(c.seen)) + " of " + strconv.Itoa(total) + " groups")
	}
	groups := make([]pickedGroup, 0, len(c.seen))
	for _, group := range c.seen {
		groups = append(groups, group)
	}
	slices.SortFunc(groups, func(a, b pickedGroup) int { return strings.Compare(a.id, b.id) })
	return groups, nil
}

// narrow asks for ever longer parts of names until as many groups are known as
// there are, breadth first: the fewer characters, the more an answer brings. A
// group whose whole name is in so many others' that it is never shown is asked
// for by that name.
func (c *catalogue) narrow(ctx context.Context, total int) error {
	var capped []string
	for queue := []string{""}; len(queue) > 0 && len(c.seen) < total; queue = queue[1:] {
		whole, err := c.exhaust(ctx, queue[0], total)
		if err != nil {
			return err
		}
		if whole || len(c.seen) >= total {
			continue
		}
		capped = append(capped, queue[0])
		for _, next := range c.alphabet() {
			queue = append(queue, queue[0]+string(next))
		}
	}
	for _, name := range capped {
		if _, known := c.seen[name]; known || strings.TrimSpace(name) != name || name == "" {
			continue
		}
		if len(c.seen) >= total {
			return nil
		}
		if err := c.count(); err != nil {
			return err
		}
		there, err := c.target.groupExists(ctx, name)
		if err != nil {
			return err
		}
		if there {
			// Whether it administers is not known, and so it counts as one that does.
			c.seen[name] = pickedGroup{id: name, name: name, admin: true}
		}
	}
	return nil
}

// count counts a question and refuses one too many.
func (c *catalogue) count() error {
	if c.calls++; c.calls > pickerCalls {
		return tooManyGroups("the group picker shows too few groups at once")
	}
	return nil
}

func tooManyGroups(what string) error {
	return &directory.UnavailableError{
		Call: "GET /rest/api/2/groups/picker", Status: http.StatusOK,
		Detail: what + ": raise jira.ajax.autocomplete.limit above the number of groups, in Jira's advanced settings",
	}
}

// ask puts one question and keeps what it brings.
func (c *catalogue) ask(ctx context.Context, text string, excluded []string) (total int, err error) {
	if err := c.count(); err != nil {
		return 0, err
	}
	found, total, err := c.target.pick(ctx, text, excluded)
	for _, group := range found {
		c.seen[group.id] = group
	}
	return total, err
}

// exhaust asks for a text until all groups with it are known (true) or more of
// them cannot be had.
func (c *catalogue) exhaust(ctx context.Context, text string, everything int) (bool, error) {
	total := everything
	if text != "" {
		var err error
		if total, err = c.ask(ctx, text, nil); err != nil {
			return false, err
		}
	}
	for {
		known := c.known(text)
		switch {
		case len(known) >= total:
			return true, nil
		case !c.leavesOut, len(strings.Join(known, "")) > excludedBytes:
			return false, nil
		}
		if _, err := c.ask(ctx, text, known); err != nil {
			return false, err
		}
		if len(c.known(text)) == len(known) {
			c.leavesOut = false
		}
	}
}

// known returns the names of known groups with a text in them.
func (c *catalogue) known(text string) []string {
	var names []string
	for id, group := range c.seen {
		if strings.Contains(id, strings.ToLower(text)) {
			names = append(names, group.name)
		}
	}
	slices.Sort(names)
	return names
}

// alphabet returns the characters that group names are made of: those of the
// names that are known, the most frequent first, and the letters and digits.
func (c *catalogue) alphabet() []rune {
	count := make(map[rune]int)
	for _, r := range "abcdefghijklmnopqrstuvwxyz0123456789-_. " {
		count[r] = 1
	}
	for id := range c.seen {
		for _, r := range id {
			count[r]++
		}
	}
	runes := make([]rune, 0, len(count))
	for r := range count {
		runes = append(runes, r)
	}
	slices.SortFunc(runes, func(a, b rune) int {
		if count[a] != count[b] {
			return count[b] - count[a]
		}
		return int(a - b)
	})
	return runes
}
