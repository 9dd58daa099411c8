package atlassiansite

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"sync/atomic"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

const (
	// searchPage is how many people a search answers with; of those who match a
	// whole address there are hardly ever two.
	searchPage = 50
	// searchCap is how far a search goes, whatever is asked.
	// https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-user-search/#api-rest-api-3-user-search-get
	searchCap = 1000
	// addressesAPage is how many addresses make it worth reading one page of the
	// list of everybody, which costs one call as a search for one address does,
	// and is far slower.
	addressesAPage = 8
)

// Finder finds the people of a site by their addresses. It is safe for concurrent
// use.
type Finder struct {
	// Client asks Jira.
	Client *rest.Client
	// sighted is set once somebody was seen: whoever lacks the permission to browse
	// users finds nobody, and is not told why.
	sighted atomic.Bool
}

// Find returns the active people whose address equals one of those given,
// ignoring case. The vendor's search takes one address a call, so that for many
// the list of everybody is read as far as that is fewer calls. Somebody whose
// privacy settings hide the address is not found. Where the credential may see
// nobody at all it is a *directory.AuthError.
func (f *Finder) Find(ctx context.Context, emails []string) ([]directory.Account, error) {
	wanted := make(map[string]bool, len(emails))
	for _, email := range emails {
		if email != "" {
			wanted[Fold(email)] = true
		}
	}
	if len(wanted) == 0 {
		return nil, ctx.Err()
	}
	found, err := find(ctx, f.Client, wanted)
	switch {
	case err != nil:
		return nil, err
	case len(found) > 0:
		f.sighted.Store(true)
	case !f.sighted.Load():
		return nil, f.sight(ctx)
	}
	return found, nil
}

// sight fails where nobody may be seen, which a search answers with nobody and the
// list with a refusal.
//
// GET /rest/api/3/users/search
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-users/#api-rest-api-3-users-search-get
func (f *Finder) sight(ctx context.Context) error {
	call := rest.Call{
		Method: "GET", Template: "/rest/api/3/users/search", Query: url.Values{"startAt": {"0"}, "maxResults": {"1"}},
	}
	seen, err := people(ctx, f.Client, call)
	if err == nil && len(seen) == 0 {
		return Strange(call, 200, "the list of users is empty, and who asked is not in it")
	}
	if err == nil {
		f.sighted.Store(true)
	}
	return err
}

func find(ctx context.Context, client *rest.Client, wanted map[string]bool) ([]directory.Account, error) {
	found, left, err := findListed(ctx, client, wanted, len(wanted)/addressesAPage)
	if err != nil || len(left) == 0 {
		return found, err
	}
	searched, err := rest.Gather(ctx, left, func(ctx context.Context, email string) ([]directory.Account, error) {
		return search(ctx, client, email)
	})
	if err != nil {
		return nil, err
	}
	return append(found, searched...), nil
}

// findListed reads at most so many pages of the list. It returns whom it found
// and which addresses are to be searched for: none once the list has ended.
func findListed(ctx context.Context, client *rest.Client, wanted map[string]bool, pages int) ([]directory.Account, []string, error) {
	var found []directory.Account
	seen, left := make(map[string]bool), maps.Clone(wanted)
	cursor := ""
	progress := directory.NewProgress("list users", func(a directory.Account) string { return a.ID })
	for range pages {
		page, err := People(ctx, client, cursor)
		if err == nil {
			err = progress.Page(page.Accounts, page.Next == "")
		}
		if err != nil {
			return nil, nil, err
		}
		for _, account := range page.Accounts {
			if key := Fold(account.Email); wanted[key] && !seen[account.ID] {
				seen[account.ID] = true
				delete(left, key)
				found = append(found, account)
			}
		}
		if page.Next == "" || len(left) == 0 {
			return found, nil, nil
		}
		cursor = page.Next
	}
	return found, slices.Sorted(maps.Keys(left)), nil
}

// search looks for one address. The vendor compares beginnings, and of names
// too: what it returns is compared here whole. Should more than 1,000 people
// match, the rest is not to be had.
//
// GET /rest/api/3/user/search
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-user-search/#api-rest-api-3-user-search-get
func search(ctx context.Context, client *rest.Client, email string) ([]directory.Account, error) {
	progress := directory.NewProgress("search users", func(p Person) string { return p.AccountID })
	for start := 0; start < searchCap; {
		call := rest.Call{
			Method: "GET", Template: "/rest/api/3/user/search",
			Query: url.Values{"query": {email}, "startAt": {strconv.Itoa(start)}, "maxResults": {strconv.Itoa(searchPage)}},
		}
		found, err := people(ctx, client, call)
		if err == nil {
			err = progress.Page(found, len(found) == 0)
		}
		if err != nil {
			return nil, err
		}
		var same []directory.Account
		for _, person := range found {
			if person.Human() && person.Active() && Fold(person.Email) == email {
				same = append(same, person.Account())
			}
		}
		if len(same) > 0 || len(found) == 0 {
			return same, nil
		}
		start += len(found)
	}
	return nil, nil
}
