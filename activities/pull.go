package activities

import (
	"context"
	"fmt"
	"sync"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// The classes of what a push named and the source does not confirm.
const (
	classUnknownUser  directory.Class = "unknown-user"
	classUnknownGroup directory.Class = "unknown-group"
)

// unknownTries is how often the source is asked for somebody whom it does not
// know and a push says is there: over about half a minute, in which an
// identity provider's own copies agree.
const unknownTries = 5

// pull takes the objects of a pass over into what the rules look at.
func (d *drain) pull(ctx context.Context, items []store.InboxItem) (subjects, error) {
	ids := make([]int64, len(items))
	for i, item := range items {
		ids[i] = item.ResourceID
	}
	if d.c.pushedOnly() {
		pulled, err := d.Store.Pull(ctx, d.claim, ids, d.c.Mapping, d.Now())
		if err == nil && pulled.Moved {
			d.wakeOthers(ctx, d.c) // the people in a group that moved are in other shards
		}
		return subjects{userOf: pulled.Users, groupOf: pulled.Groups}, err
	}
	resources, err := d.Store.PushedResources(ctx, ids)
	if err != nil {
		return subjects{}, err
	}
	attempts := make(map[int64]int, len(items))
	for _, item := range items {
		attempts[item.ResourceID] = item.Attempts
	}
	c := &confirming{drain: d, attempts: attempts, subjects: subjects{groupOf: map[int64]int64{}, putOff: map[int64]fate{}, noted: map[int64]bool{}}}
	if err := eachAtOnce(ctx, lookUpsAtOnce, len(resources), func(ctx context.Context, i int) error { return c.confirm(ctx, resources[i]) }); err != nil {
		return subjects{}, err
	}
	if c.subjects.userOf, err = d.Store.PullFound(ctx, d.claim, c.found, d.Now()); err != nil {
		return subjects{}, err
	}
	return c.subjects, nil
}

// confirming asks the source about what was pushed: a push names, the source
// decides.
type confirming struct {
	*drain
	attempts map[int64]int

	mu       sync.Mutex
	subjects subjects
	found    []store.FoundUser
}

func (c *confirming) confirm(ctx context.Context, p store.Pushed) error {
	if p.Type == "Group" {
		return c.group(ctx, p)
	}
	return c.user(ctx, p)
}

func (c *confirming) user(ctx context.Context, p store.Pushed) error {
	id := p.ExternalID
	if id == "" {
		id = p.Name // the login, which is unique too
	}
	if id == "" {
		return nil // deleted, and never more than a name here
	}
	user, err := steady(ctx, func() (directory.User, error) { return c.c.Source.User(ctx, id) })
	if directory.ClassOf(err) == directory.ClassNotFound {
		return c.missing(ctx, p, id)
	}
	if err != nil {
		return c.unanswered(ctx, p, err)
	}
	groups, err := steady(ctx, func() ([]string, error) { return c.c.Source.UserGroups(ctx, user.SourceID) })
	if err != nil && directory.ClassOf(err) != directory.ClassNotFound {
		return c.unanswered(ctx, p, err)
	}
	if err := c.disagreement(ctx, p, user); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.found = append(c.found, store.FoundUser{ResourceID: p.ID, User: user, GroupIDs: groups})
	return nil
}

// disagreement notes where a push and the source differ about access.
func (c *confirming) disagreement(ctx context.Context, p store.Pushed, user directory.User) error {
	pushed := p.Active && !p.Deleted()
	if active := user.Status == directory.StatusActive; pushed == active || user.Status == directory.StatusPending {
		return nil
	}
	text := fmt.Sprintf("A push said inactive, the source says %s: kept as the source says.", user.Status)
	if pushed {
		text = fmt.Sprintf("A push said active, the source says %s: done as the source says.", user.Status)
	}
	return c.note(ctx, p, "push-disagrees", text)
}

// missing is about somebody whom the source does not know.
func (c *confirming) missing(ctx context.Context, p store.Pushed, id string) error {
	if p.Active && !p.Deleted() {
		if c.attempts[p.ID] < unknownTries {
			c.putOff(p, fate{class: classUnknownUser})
			return nil
		}
		return c.note(ctx, p, string(classUnknownUser), "A push said active, and the source does not know this user: nothing was done.")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.found = append(c.found, store.FoundUser{ResourceID: p.ID, User: directory.User{SourceID: id}, Gone: true})
	return nil
}

// group reads the members of the groups that the source has under the pushed
// name. Who is to be changed for it has objects of their own in the inbox.
func (c *confirming) group(ctx context.Context, p store.Pushed) error {
	known, err := c.Store.GroupsNamed(ctx, c.claim.ConnectionID, p.Display)
	if err != nil {
		return err
	}
	if len(known) == 0 {
		return c.note(ctx, p, string(classUnknownGroup), "A pushed group is not among the groups that are selected in the source; if it should be, the next run reads it.")
	}
	for _, g := range known {
		if err := c.Store.MarkMembersDue(ctx, c.claim, []int64{g.ID}); err != nil {
			return err
		}
		members, err := allMembers(ctx, c.c.Source, g.SourceID)
		if directory.ClassOf(err) == directory.ClassNotFound {
			continue // deleted there: the next full read tells
		}
		if err != nil {
			return c.unanswered(ctx, p, err)
		}
		if _, err := c.Store.SaveMembers(ctx, c.claim, g, members); err != nil {
			return err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.subjects.groupOf[p.ID] = known[0].ID
	return nil
}

// unanswered puts an object off about which the source could not be asked.
func (c *confirming) unanswered(ctx context.Context, p store.Pushed, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	c.putOff(p, fate{class: directory.ClassOf(err), after: retryAfter(err)})
	return nil
}

func (c *confirming) putOff(p store.Pushed, f fate) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.subjects.putOff[p.ID] = f
}

func (c *confirming) note(ctx context.Context, p store.Pushed, code, text string) error {
	c.mu.Lock()
	c.subjects.noted[p.ID] = true
	c.mu.Unlock()
	return c.Store.NotePushed(ctx, c.claim, store.Note{Code: code, Text: text}, p)
}
