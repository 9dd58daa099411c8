package activities

import (
	"context"
	"sync"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// groupLookUps asks the source once for each user's groups, however many
// memberships of that user are in doubt.
type groupLookUps struct {
	source directory.Source
	mu     sync.Mutex
	users  map[string]*groupLookUp
}

type groupLookUp struct {
	once   sync.Once
	groups map[string]bool
	err    error
}

func newGroupLookUps(source directory.Source) *groupLookUps {
	return &groupLookUps{source: source, users: map[string]*groupLookUp{}}
}

// of returns the source ids of a user's groups; none for a user who is gone.
func (l *groupLookUps) of(ctx context.Context, userID string) (map[string]bool, error) {
	l.mu.Lock()
	look, ok := l.users[userID]
	if !ok {
		look = &groupLookUp{}
		l.users[userID] = look
	}
	l.mu.Unlock()
	look.once.Do(func() {
		ids, err := steady(ctx, func() ([]string, error) { return l.source.UserGroups(ctx, userID) })
		if directory.ClassOf(err) == directory.ClassNotFound {
			err = nil
		}
		look.err = err
		look.groups = make(map[string]bool, len(ids))
		for _, id := range ids {
			look.groups[id] = true
		}
	})
	return look.groups, look.err
}
