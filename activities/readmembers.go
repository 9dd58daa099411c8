package activities

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// ReadMembers reads the members of up to a hundred groups into the database.
func (a *Activities) ReadMembers(ctx context.Context, in workflows.MembersInput) (workflows.MembersResult, error) {
	result, err := a.readMembers(ctx, in)
	return result, a.classify(ctx, err)
}

func (a *Activities) readMembers(ctx context.Context, in workflows.MembersInput) (workflows.MembersResult, error) {
	c, err := a.connection(in.Connection)
	if err != nil {
		return workflows.MembersResult{}, err
	}
	claim := claimOf(in.RunRef)
	if in.After == 0 && in.NewUsers {
		if err := a.Store.ForgetDigests(ctx, claim); err != nil {
			return workflows.MembersResult{}, err
		}
	}
	groups, err := a.Store.GroupsToRead(ctx, in.ConnectionID, in.Full, in.After, groupsPerActivity)
	if err != nil || len(groups) == 0 {
		return workflows.MembersResult{}, err
	}
	ctx, stop, err := a.alive(ctx, claim, nil)
	if err != nil {
		return workflows.MembersResult{}, err
	}
	defer stop()
	result := workflows.MembersResult{Groups: int64(len(groups))}
	var mu sync.Mutex
	work, workCtx := errgroup.WithContext(ctx)
	work.SetLimit(groupsAtOnce)
	for _, g := range groups {
		work.Go(func() error {
			members, err := allMembers(workCtx, c.Source, g.SourceID)
			if directory.ClassOf(err) == directory.ClassNotFound {
				// Deleted since the list was read: a later list will lack it, and then it counts.
				mu.Lock()
				result.Incomplete++
				mu.Unlock()
				return a.Store.Note(workCtx, claim, store.Note{Code: "group-vanished", GroupID: g.ID,
					Text: "The group was deleted in the source while it was being read; its members were left as they are."})
			}
			if err != nil {
				return err
			}
			if _, err := a.Store.SaveMembers(workCtx, claim, g, members); err != nil {
				return err
			}
			mu.Lock()
			result.Count += int64(len(members))
			mu.Unlock()
			return nil
		})
	}
	if err := work.Wait(); err != nil {
		return workflows.MembersResult{}, err
	}
	if len(groups) == groupsPerActivity {
		result.After = groups[len(groups)-1].ID
	}
	return result, nil
}

// allMembers reads all pages of a group's members: only a complete list counts.
func allMembers(ctx context.Context, source directory.Source, groupID string) ([]string, error) {
	return allPages(func(cursor string) ([]string, string, error) {
		page, err := steady(ctx, func() (directory.MemberPage, error) { return source.Members(ctx, groupID, cursor) })
		return page.UserIDs, page.Next, err
	})
}

// allPages reads pages of ids, each with the cursor of the next, to the last. A
// list that does not move on is an outage.
func allPages(read func(cursor string) (ids []string, next string, err error)) ([]string, error) {
	var all []string
	progress := directory.NewProgress("read a list", func(id string) string { return id })
	for cursor := ""; ; {
		ids, next, err := read(cursor)
		if err != nil {
			return nil, err
		}
		if err := progress.Page(ids, next == ""); err != nil {
			return nil, err
		}
		all = append(all, ids...)
		if next == "" {
			return all, nil
		}
		cursor = next
	}
}
