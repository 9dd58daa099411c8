package sweep

import (
	"context"
	"fmt"
	"math/rand"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
	"github.com/rollcall-sync/rollcall/standalone/scimpush"
)

// pushedUser and pushedGroup are what was answered 2xx last, which is what has
// to be in the target in the end.
type pushedUser struct {
	scimpush.User
	id      string
	deleted bool
	// joined is whether there was ever somebody to make an account for.
	profiles, suspends, restores int
}

type pushedGroup struct {
	name, id string
	members  map[*pushedUser]bool
	// added and removed are how often each was.
	added, removed map[*pushedUser]int
}

// pushes is a script of what an identity provider pushes, chosen by a seed,
// and what it has come to.
type pushes struct {
	rng    *rand.Rand
	users  []*pushedUser
	groups []*pushedGroup
	// answered counts what was answered 2xx.
	answered int
}

func newPushes(seed int64) *pushes { return &pushes{rng: rand.New(rand.NewSource(seed))} }

// push is one push: try makes the request, which may be made again when there
// was no answer, and done notes that it was answered 2xx.
type push struct {
	name string
	try  func(ctx context.Context, c *scimpush.Client, again bool) error
	done func()
}

// next chooses a push. Most are joiners and members, as in life; the first are
// so that there is something to change.
func (p *pushes) next() push {
	if len(p.groups) == 0 {
		return p.found()
	}
	present := p.present()
	if len(present) < 3 {
		return p.join()
	}
	someone := present[p.rng.Intn(len(present))]
	switch n := p.rng.Intn(100); {
	case n < 34:
		return p.join()
	case n < 38:
		return p.found()
	case n < 70:
		return p.move(p.groups[p.rng.Intn(len(p.groups))], present)
	case n < 82:
		return p.rename(someone)
	case n < 95:
		return p.switchOver(someone)
	}
	return p.remove(someone)
}

// present are the users who are not deleted.
func (p *pushes) present() []*pushedUser {
	return slices.DeleteFunc(slices.Clone(p.users), func(u *pushedUser) bool { return u.deleted })
}

func (p *pushes) join() push {
	n := len(p.users)
	email := fmt.Sprintf("pushed%d@%s", n, people.Domain)
	u := &pushedUser{User: scimpush.User{UserName: email, Email: email, GivenName: "Pushed", FamilyName: fmt.Sprintf("Number %d", n), ExternalID: fmt.Sprintf("00u%d", n), Active: true}, profiles: 1}
	return push{name: "join", try: func(ctx context.Context, c *scimpush.Client, again bool) (err error) {
		if again {
			// As an identity provider does before it creates anybody.
			if u.id, err = c.FindUser(ctx, u.UserName); err != nil || u.id != "" {
				return err
			}
		}
		u.id, err = c.CreateUser(ctx, u.User)
		return err
	}, done: func() { p.users = append(p.users, u) }}
}

func (p *pushes) found() push {
	g := &pushedGroup{name: fmt.Sprintf("pushed-group-%d", len(p.groups)), members: map[*pushedUser]bool{}, added: map[*pushedUser]int{}, removed: map[*pushedUser]int{}}
	return push{name: "found", try: func(ctx context.Context, c *scimpush.Client, again bool) (err error) {
		if again {
			if g.id, err = c.FindGroup(ctx, g.name); err != nil || g.id != "" {
				return err
			}
		}
		g.id, err = c.CreateGroup(ctx, g.name)
		return err
	}, done: func() { p.groups = append(p.groups, g) }}
}

// move takes some out of a group and puts others into it.
func (p *pushes) move(g *pushedGroup, present []*pushedUser) push {
	var add, remove []*pushedUser
	for range 1 + p.rng.Intn(3) {
		u := present[p.rng.Intn(len(present))]
		switch {
		case slices.Contains(add, u) || slices.Contains(remove, u):
		case g.members[u]:
			remove = append(remove, u)
		default:
			add = append(add, u)
		}
	}
	return push{name: "move", try: func(ctx context.Context, c *scimpush.Client, _ bool) error {
		return c.Members(ctx, g.id, idsOf(add), idsOf(remove))
	}, done: func() {
		for _, u := range add {
			g.members[u] = true
			g.added[u]++
		}
		for _, u := range remove {
			delete(g.members, u)
			g.removed[u]++
		}
	}}
}

func idsOf(users []*pushedUser) []string {
	var ids []string
	for _, u := range users {
		ids = append(ids, u.id)
	}
	return ids
}

func (p *pushes) rename(u *pushedUser) push {
	to := u.User
	to.FamilyName = fmt.Sprintf("Renamed %d", p.answered)
	return push{name: "rename", try: func(ctx context.Context, c *scimpush.Client, _ bool) error {
		return c.ReplaceUser(ctx, u.id, to)
	}, done: func() { u.User = to; u.profiles++ }}
}

// switchOver deactivates somebody or lets them return.
func (p *pushes) switchOver(u *pushedUser) push {
	to := !u.Active
	return push{name: "switch", try: func(ctx context.Context, c *scimpush.Client, _ bool) error {
		return c.SetActive(ctx, u.id, to)
	}, done: func() {
		u.Active = to
		if to {
			u.restores++
		} else {
			u.suspends++
		}
	}}
}

func (p *pushes) remove(u *pushedUser) push {
	return push{name: "delete", try: func(ctx context.Context, c *scimpush.Client, again bool) error {
		err := c.DeleteUser(ctx, u.id)
		if again && statusOf(err) == 404 {
			return nil // the request without an answer did it
		}
		return err
	}, done: func() {
		if u.Active {
			u.suspends++
		}
		u.deleted, u.Active = true, false
		for _, g := range p.groups {
			if g.members[u] {
				delete(g.members, u)
				g.removed[u]++
			}
		}
	}}
}
