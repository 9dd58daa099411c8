package confluencecloud

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/atlassiansite"
)

// Cursors say which of the two lists of people they are a place in.
const (
	listedByJira   = "jira:"
	listedByGroups = "groups:"
)

// withoutJira reports whether an answer says that the site's Jira is not for
// this token: there is none, or its owner may not use it.
func withoutJira(err error) bool {
	var auth *directory.AuthError
	return errors.As(err, &auth)
}

// Accounts reads one page of the site's people: from Jira of the same site, or,
// without that, the members of the groups that have access to Confluence. That
// list has somebody once for each group, lacks who is suspended, and tells
// addresses as privacy settings allow.
//
// GET /rest/api/3/users/search
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-users/#api-rest-api-3-users-search-get
func (t *Target) Accounts(ctx context.Context, cursor string) (directory.AccountPage, error) {
	if place, ok := strings.CutPrefix(cursor, listedByGroups); ok {
		page, _, err := t.accountsOfGroups(ctx, place)
		return page, err
	}
	page, err := atlassiansite.People(ctx, t.client, strings.TrimPrefix(cursor, listedByJira))
	// Once begun, a list is not gone on with another one.
	if cursor == "" && withoutJira(err) {
		page, _, err := t.accountsOfGroups(ctx, "")
		return page, err
	}
	if page.Next != "" {
		page.Next = listedByJira + page.Next
	}
	return page, err
}

// FindAccounts looks active people up by e-mail address (see Accounts and
// atlassiansite.Find). Somebody whose privacy settings hide the address is not
// found.
//
// GET /rest/api/3/user/search, GET /rest/api/3/users/search
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-user-search/#api-rest-api-3-user-search-get
func (t *Target) FindAccounts(ctx context.Context, emails []string) ([]directory.Account, error) {
	found, err := t.people.Find(ctx, emails)
	if !withoutJira(err) {
		return found, err
	}
	left := make(map[string]bool, len(emails))
	for _, email := range emails {
		if email != "" {
			left[atlassiansite.Fold(email)] = true
		}
	}
	found = nil
	progress := directory.NewProgress("list members of groups with access", func(held string) string { return held }).Overlapping()
	for place := ""; len(left) > 0; {
		page, held, err := t.accountsOfGroups(ctx, place)
		if err == nil {
			err = progress.Page(held, page.Next == "")
		}
		if err != nil {
			return nil, err
		}
		for _, account := range page.Accounts {
			if key := atlassiansite.Fold(account.Email); left[key] {
				delete(left, key)
				found = append(found, account)
			}
		}
		if page.Next == "" {
			break
		}
		place = strings.TrimPrefix(page.Next, listedByGroups)
	}
	return found, nil
}

// accessLevels are the levels of access that a group can have to the site's
// products. Everybody who may use Confluence is in a group of one of them.
func accessLevels() []string { return []string{"user", "admin", "site-admin"} }

// place is where the list of people by groups stands: a level of access, a group
// among those of it, and the next member there.
type place struct{ level, group, member int }

func (p place) String() string {
	return listedByGroups + strconv.Itoa(p.level) + "/" + strconv.Itoa(p.group) + "/" + strconv.Itoa(p.member)
}

func placeOf(text string) (place, error) {
	if text == "" {
		return place{}, nil
	}
	var numbers [3]int
	parts := strings.Split(text, "/")
	for i := range numbers {
		n, err := 0, errors.New("too short")
		if len(parts) == len(numbers) {
			n, err = strconv.Atoi(parts[i])
		}
		if err != nil || n < 0 {
			return place{}, &directory.RefusedError{Call: "list accounts", Code: "bad-cursor", Detail: "the cursor is not this target's"}
		}
		numbers[i] = n
	}
	return place{numbers[0], numbers[1], numbers[2]}, nil
}

// accountsOfGroups reads one page of the members of one group with access. held
// tells the pages apart, whose accounts may be in many groups.
func (t *Target) accountsOfGroups(ctx context.Context, cursor string) (page directory.AccountPage, held []string, err error) {
	at, err := placeOf(cursor)
	if err != nil {
		return directory.AccountPage{}, nil, err
	}
	if at.level >= len(accessLevels()) {
		return directory.AccountPage{}, nil, nil
	}
	group, more, err := t.groupWithAccess(ctx, accessLevels()[at.level], at.group)
	if err != nil {
		return directory.AccountPage{}, nil, err
	}
	page.Overlaps = true
	whose := strconv.Itoa(at.level) + "/" + group
	if at.member == 0 {
		held = append(held, whose)
	}
	next := 0
	if group != "" {
		members, following, err := t.members(ctx, group, at.member)
		if err != nil && directory.ClassOf(err) != directory.ClassNotFound {
			return directory.AccountPage{}, nil, err
		}
		for _, member := range members {
			held = append(held, whose+"/"+member.AccountID)
			if member.Type == "" || member.Type == "atlassian" {
				page.Accounts = append(page.Accounts, directory.Account{
					ID: member.AccountID, Email: member.Email, DisplayName: member.DisplayName, Status: directory.AccountActive,
				})
			}
		}
		next = following
	}
	switch {
	case next > 0:
		at.member = next
	case more:
		at.group, at.member = at.group+1, 0
	default:
		at = place{level: at.level + 1}
	}
	if at.level < len(accessLevels()) {
		page.Next = at.String()
	}
	return page, held, nil
}
