package activities

import (
	"context"
	"fmt"
	"net/http"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/workflows"
)

// ReadTarget reads a part of what a target holds: ten pages of its accounts
// or groups, or the members of a hundred linked groups. At the end of a list,
// linked objects that it lacked are looked up directly.
func (a *Activities) ReadTarget(ctx context.Context, in workflows.TargetReadInput) (workflows.ReadResult, error) {
	result, err := a.readTarget(ctx, in)
	return result, a.classify(ctx, err)
}

func (a *Activities) readTarget(ctx context.Context, in workflows.TargetReadInput) (workflows.ReadResult, error) {
	t, err := a.targetOf(ctx, in.Connection, in.Target)
	if err != nil {
		return workflows.ReadResult{}, err
	}
	ctx, stop, err := a.alive(ctx, claimOf(in.RunRef), nil)
	if err != nil {
		return workflows.ReadResult{}, err
	}
	defer stop()
	switch in.List {
	case "accounts":
		return a.observeList(ctx, in, t, a.accountsPage)
	case "groups":
		return a.observeList(ctx, in, t, a.groupsPage)
	}
	return a.observeMembers(ctx, in, t)
}

// observedPage is a page of a target's list as the store has seen it.
type observedPage struct {
	next  string
	count int
	// first is the target's id of what the page begins with, empty where it holds
	// nothing.
	first string
	// overlaps is whether the next page may hold the same and be another.
	overlaps bool
	seen     []int64
}

func (a *Activities) observeList(ctx context.Context, in workflows.TargetReadInput, t *Target,
	page func(ctx context.Context, in workflows.TargetReadInput, t *Target, cursor string) (observedPage, error)) (workflows.ReadResult, error) {
	result := workflows.ReadResult{Cursor: in.Cursor}
	var (
		seen   []int64
		before observedPage
	)
	for n := 0; n < pagesPerActivity; n++ {
		got, err := page(ctx, in, t, result.Cursor)
		if err != nil {
			return workflows.ReadResult{}, err
		}
		if got.first != "" && !got.overlaps && got.first == before.first && got.count == before.count {
			return workflows.ReadResult{}, errSamePage
		}
		before = got
		seen = append(seen, got.seen...)
		result.Count += int64(got.count)
		result.Cursor = got.next
		if result.Cursor == "" {
			break
		}
	}
	claim := claimOf(in.RunRef)
	if err := a.Store.SaveSeen(ctx, claim, fmt.Sprintf("%s/%d", in.List, in.Target.ID), fmt.Sprint(in.Part), seen); err != nil {
		return workflows.ReadResult{}, err
	}
	if result.Cursor != "" {
		return result, nil
	}
	if in.List == "accounts" {
		return result, a.confirmLostAccounts(ctx, claim, in.Target.ID, t)
	}
	return result, a.confirmLostGroups(ctx, claim, in.Target.ID, t)
}

// errSamePage is a list that does not move on, such as one out of a cache that
// leaves the query of an address out: it would be read for ever.
var errSamePage error = &directory.UnavailableError{Call: "read a list", Status: http.StatusOK, Detail: "a page holds what the page before it held"}

func (a *Activities) accountsPage(ctx context.Context, in workflows.TargetReadInput, t *Target, cursor string) (observedPage, error) {
	page, err := steady(ctx, func() (directory.AccountPage, error) { return t.Accounts(ctx, cursor) })
	if err != nil {
		return observedPage{}, err
	}
	seen, err := a.Store.ObserveAccounts(ctx, claimOf(in.RunRef), in.Target.ID, page.Accounts, a.Now())
	got := observedPage{next: page.Next, count: len(page.Accounts), overlaps: page.Overlaps, seen: seen}
	if got.count > 0 {
		got.first = page.Accounts[0].ID
	}
	return got, err
}

func (a *Activities) groupsPage(ctx context.Context, in workflows.TargetReadInput, t *Target, cursor string) (observedPage, error) {
	page, err := steady(ctx, func() (directory.TargetGroupPage, error) { return t.Groups(ctx, cursor) })
	if err != nil {
		return observedPage{}, err
	}
	seen, err := a.Store.ObserveGroups(ctx, claimOf(in.RunRef), in.Target.ID, page.Groups, a.Now())
	got := observedPage{next: page.Next, count: len(page.Groups), seen: seen}
	if got.count > 0 {
		got.first = page.Groups[0].ID
	}
	return got, err
}

func (a *Activities) observeMembers(ctx context.Context, in workflows.TargetReadInput, t *Target) (workflows.ReadResult, error) {
	var after int64
	if in.Cursor != "" {
		if _, err := fmt.Sscan(in.Cursor, &after); err != nil {
			return workflows.ReadResult{}, fmt.Errorf("read cursor: %w", err)
		}
	}
	links, err := a.Store.LinkedGroupsAfter(ctx, in.Target.ID, after, groupsPerActivity)
	if err != nil {
		return workflows.ReadResult{}, err
	}
	claim := claimOf(in.RunRef)
	scopes, err := a.permittedScopes(ctx, in.Target.ID, t, links)
	if err != nil {
		return workflows.ReadResult{}, err
	}
	result := workflows.ReadResult{}
	counts := make([]int, len(links))
	err = eachAtOnce(ctx, groupsAtOnce, len(links), func(ctx context.Context, i int) error {
		members, err := allTargetMembers(ctx, t, links[i].RemoteID)
		if directory.ClassOf(err) == directory.ClassNotFound {
			return nil // gone since the list of groups was read; the next read of that list tells
		}
		if err != nil {
			return err
		}
		counts[i] = len(members)
		if err := a.Store.ObserveMembers(ctx, claim, in.Target.ID, links[i].Subject, members); err != nil {
			return err
		}
		if err := a.observeSubgroups(ctx, claim, in.Target.ID, t, links[i]); err != nil && directory.ClassOf(err) != directory.ClassNotFound {
			return err
		}
		return a.observePermissions(ctx, claim, in.Target.ID, t, links[i], scopes[links[i].Subject])
	})
	if err != nil {
		return workflows.ReadResult{}, err
	}
	for _, n := range counts {
		result.Count += int64(n)
	}
	if len(links) == groupsPerActivity {
		result.Cursor = fmt.Sprint(links[len(links)-1].ID)
		return result, nil
	}
	if err := a.Store.SeekAgain(ctx, claim, in.Target.ID, a.Now()); err != nil {
		return workflows.ReadResult{}, err
	}
	return result, a.Store.TargetReadDone(ctx, claim, in.Target.ID, a.Now())
}

func allTargetMembers(ctx context.Context, t *Target, groupID string) ([]string, error) {
	return allPages(func(cursor string) ([]string, string, error) {
		page, err := steady(ctx, func() (directory.AccountIDPage, error) { return t.Members(ctx, groupID, cursor) })
		return page.AccountIDs, page.Next, err
	})
}
