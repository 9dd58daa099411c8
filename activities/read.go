package activities

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
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

// allPages reads pages of ids, each with the cursor of the next, to the last.
func allPages(read func(cursor string) (ids []string, next string, err error)) ([]string, error) {
	var all []string
	for cursor := ""; ; {
		ids, next, err := read(cursor)
		if err != nil {
			return nil, err
		}
		all = append(all, ids...)
		if next == "" {
			return all, nil
		}
		cursor = next
	}
}

// FinishRead compares complete lists with what was known, and moves the watermark.
func (a *Activities) FinishRead(ctx context.Context, in workflows.FinishReadInput) (workflows.FinishReadResult, error) {
	result, err := a.finishRead(ctx, in)
	return result, a.classify(ctx, err)
}

func (a *Activities) finishRead(ctx context.Context, in workflows.FinishReadInput) (workflows.FinishReadResult, error) {
	claim := claimOf(in.RunRef)
	ctx, stop, err := a.alive(ctx, claim, nil)
	if err != nil {
		return workflows.FinishReadResult{}, err
	}
	defer stop()
	c, err := a.connection(in.Connection)
	if err != nil {
		return workflows.FinishReadResult{}, err
	}
	progress := store.Progress{Stage: "plan", UsersRead: in.Users, GroupsRead: in.Groups, MembersRead: in.Members}
	if !in.Full {
		if err := a.noteClock(ctx, claim, in); err != nil {
			return workflows.FinishReadResult{}, err
		}
		return workflows.FinishReadResult{}, a.readDone(ctx, claim, in, progress, false)
	}
	short, err := a.sourceShort(ctx, c, claim, in)
	if err != nil {
		return workflows.FinishReadResult{}, err
	}
	if short {
		// Nothing is missing from a list that is not believed.
		return workflows.FinishReadResult{}, a.readDone(ctx, claim, in, progress, true)
	}
	result, err := a.markAbsent(ctx, claim)
	if err != nil {
		return result, err
	}
	progress.Complete = true
	return result, a.readDone(ctx, claim, in, progress, result.AbsentUsers+result.AbsentGroups > 0)
}

// readDone records what was read. After what is doubtful, the next run reads
// everything again.
func (a *Activities) readDone(ctx context.Context, claim store.Claim, in workflows.FinishReadInput, progress store.Progress, doubtful bool) error {
	if err := a.Store.SaveProgress(ctx, claim, progress); err != nil {
		return err
	}
	return a.Store.ReadDone(ctx, claim, progress.Complete, in.ReadFrom, a.Now(), doubtful)
}

// markAbsent marks what complete lists lacked, and says how much.
func (a *Activities) markAbsent(ctx context.Context, claim store.Claim) (workflows.FinishReadResult, error) {
	var result workflows.FinishReadResult
	var err error
	if result.AbsentUsers, err = a.Store.MarkAbsentUsers(ctx, claim); err != nil {
		return result, err
	}
	if result.AbsentGroups, err = a.Store.MarkAbsentGroups(ctx, claim); err != nil {
		return result, err
	}
	for _, n := range []struct {
		code, text string
		count      int
	}{
		{"users-missing", "The source's list of users, read to its last page, lacked %d that it had before. Each is looked up before anything is taken away.", result.AbsentUsers},
		{"groups-missing", "The source's list of groups, read to its last page, lacked %d that it had before. Nothing is taken away on that alone.", result.AbsentGroups},
	} {
		if n.count == 0 {
			continue
		}
		if err := a.Store.Note(ctx, claim, store.Note{Code: n.code, Text: fmt.Sprintf(n.text, n.count)}); err != nil {
			return result, err
		}
	}
	return result, nil
}

// PollChanges asks the source's event log whether something happened.
func (a *Activities) PollChanges(ctx context.Context, in workflows.WatchInput) (workflows.PollResult, error) {
	defer a.beat(ctx)()
	result, err := a.pollChanges(ctx, in)
	return result, a.classify(ctx, err)
}

func (a *Activities) pollChanges(ctx context.Context, in workflows.WatchInput) (workflows.PollResult, error) {
	c, err := a.connection(in.Connection)
	if err != nil {
		return workflows.PollResult{}, err
	}
	log, ok := c.Source.(directory.ChangeLog)
	if !ok {
		return workflows.PollResult{}, final(classUnknown)
	}
	id, err := a.Store.ConnectionID(ctx, in.Connection)
	if errors.Is(err, store.ErrNotFound) {
		return workflows.PollResult{}, nil // no run yet: the first reads everything
	}
	if err != nil {
		return workflows.PollResult{}, err
	}
	busy, err := a.Store.Claimed(ctx, id, a.Now())
	if err != nil || busy {
		// What happened meanwhile is seen at the next poll: the cursor stays.
		return workflows.PollResult{}, err
	}
	cursor, err := a.Store.LogCursor(ctx, id)
	if err != nil {
		return workflows.PollResult{}, err
	}
	changes, err := steady(ctx, func() (directory.Changes, error) { return log.Changes(ctx, cursor) })
	if err != nil {
		return workflows.PollResult{}, err
	}
	activity.GetLogger(ctx).Debug("polled the event log", "connection", in.Connection, "events", changes.Events)
	if changes.Next == cursor {
		return workflows.PollResult{Events: changes.Events}, nil
	}
	return workflows.PollResult{Events: changes.Events}, a.Store.SaveLogCursor(ctx, id, changes.Next, changes.Full)
}
