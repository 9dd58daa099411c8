package activities

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// pagesPerActivity is how many pages one activity reads. One page each would
// cost six history events a page, and ten milliseconds of hand-over, which is
// most of the time that reading 100,000 users takes; with ten, a crash repeats
// at most ten requests.
const pagesPerActivity = 10

// groupsPerActivity is how many groups' members one activity reads, and
// groupsAtOnce how many of them side by side.
const (
	groupsPerActivity = 100
	groupsAtOnce      = 8
)

// ReadUsers reads up to ten pages of the source's users into the database.
func (a *Activities) ReadUsers(ctx context.Context, in workflows.ReadInput) (workflows.ReadResult, error) {
	result, err := a.readList(ctx, in, "users", func(ctx context.Context, c *Connection, page directory.PageRequest) (listPage, error) {
		got, err := steady(ctx, func() (directory.UserPage, error) { return c.Source.Users(ctx, page) })
		return listPage{next: got.Next, askedAt: got.AskedAt, count: len(got.Users), save: func(ctx context.Context) (store.PageSaved, error) {
			return a.Store.SaveUsers(ctx, claimOf(in.RunRef), got.Users, got.AskedAt)
		}}, err
	})
	return result, a.classify(ctx, err)
}

// ReadGroups reads up to ten pages of the source's groups into the database.
func (a *Activities) ReadGroups(ctx context.Context, in workflows.ReadInput) (workflows.ReadResult, error) {
	result, err := a.readList(ctx, in, "groups", func(ctx context.Context, c *Connection, page directory.PageRequest) (listPage, error) {
		got, err := steady(ctx, func() (directory.GroupPage, error) { return c.Source.Groups(ctx, page) })
		return listPage{next: got.Next, askedAt: got.AskedAt, count: len(got.Groups), save: func(ctx context.Context) (store.PageSaved, error) {
			if err := a.Store.MarkUnselected(ctx, claimOf(in.RunRef), got.Unselected); err != nil {
				return store.PageSaved{}, err
			}
			return a.Store.SaveGroups(ctx, claimOf(in.RunRef), got.Groups, got.AskedAt)
		}}, err
	})
	return result, a.classify(ctx, err)
}

// listPage is a page of users or of groups on its way into the database.
type listPage struct {
	next    string
	askedAt time.Time
	count   int
	save    func(ctx context.Context) (store.PageSaved, error)
}

// readList reads pages one after another, each asked for while the one before is stored.
func (a *Activities) readList(ctx context.Context, in workflows.ReadInput, collection string,
	read func(ctx context.Context, c *Connection, page directory.PageRequest) (listPage, error)) (workflows.ReadResult, error) {
	c, err := a.connection(in.Connection)
	if err != nil {
		return workflows.ReadResult{}, err
	}
	ctx, stop, err := a.alive(ctx, claimOf(in.RunRef), nil)
	if err != nil {
		return workflows.ReadResult{}, err
	}
	defer stop()
	if err := a.sameSource(ctx, c, claimOf(in.RunRef)); err != nil {
		return workflows.ReadResult{}, err
	}
	request := directory.PageRequest{Cursor: in.Cursor, Since: in.Since}
	if in.Full {
		request.Since = time.Time{}
	}
	result := workflows.ReadResult{}
	var seen []int64
	page, err := read(ctx, c, request)
	if err != nil {
		return result, a.noteRefusal(ctx, claimOf(in.RunRef), collection, err)
	}
	for n := 1; ; n++ {
		if result.AskedAt.IsZero() {
			result.AskedAt = page.askedAt
		}
		following := listPage{}
		goOn := page.next != "" && n < pagesPerActivity
		group, groupCtx := errgroup.WithContext(ctx)
		if goOn {
			group.Go(func() error {
				var err error
				following, err = read(groupCtx, c, directory.PageRequest{Cursor: page.next, Since: request.Since})
				return err
			})
		}
		group.Go(func() error {
			saved, err := page.save(groupCtx)
			seen = append(seen, saved.IDs...)
			result.New += int64(saved.New)
			return err
		})
		if err := group.Wait(); err != nil {
			return workflows.ReadResult{}, err
		}
		result.Count += int64(page.count)
		result.Cursor = page.next
		if !goOn {
			break
		}
		page = following
	}
	if in.Full {
		if err := a.Store.SaveSeen(ctx, claimOf(in.RunRef), collection, fmt.Sprint(in.Part), seen); err != nil {
			return workflows.ReadResult{}, err
		}
	}
	return result, nil
}
