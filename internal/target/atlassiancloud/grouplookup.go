package atlassiancloud

import (
	"context"
	"sync"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// groupLookup gathers look-ups by name: one goes out at once, and those that
// arrive while it is out go together in the next. Fifty groups created in
// parallel cost a few searches and not fifty.
type groupLookup struct {
	search func(context.Context, []string) ([]directory.TargetGroup, error)
	// turn is held by the one search that is out.
	turn chan struct{}

	mu sync.Mutex
	// gathering is what the next search will ask for; nil when nobody waits.
	gathering *lookupBatch
}

type lookupBatch struct {
	names []string
	// done is closed once the fields below are final.
	done   chan struct{}
	groups map[string]directory.TargetGroup
	err    error
}

func newGroupLookup(search func(context.Context, []string) ([]directory.TargetGroup, error)) *groupLookup {
	return &groupLookup{search: search, turn: make(chan struct{}, 1)}
}

// find returns the group of that name, ignoring case, and whether there is one.
func (l *groupLookup) find(ctx context.Context, name string) (directory.TargetGroup, bool, error) {
	for {
		batch, first := l.join(name)
		if first {
			l.run(ctx, batch)
		}
		select {
		case <-ctx.Done():
			return directory.TargetGroup{}, false, ctx.Err()
		case <-batch.done:
		}
		// Whoever runs the search may have been cancelled; that is no answer
		// for the others.
		if batch.err != nil && directory.ClassOf(batch.err) == directory.ClassCanceled && ctx.Err() == nil {
			continue
		}
		group, there := batch.groups[foldKey(name)]
		return group, there, batch.err
	}
}

func (l *groupLookup) join(name string) (batch *lookupBatch, first bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gathering == nil {
		l.gathering = &lookupBatch{done: make(chan struct{})}
		first = true
	}
	l.gathering.names = append(l.gathering.names, name)
	return l.gathering, first
}

// run waits for its turn, while others may still join, and searches.
func (l *groupLookup) run(ctx context.Context, batch *lookupBatch) {
	defer close(batch.done)
	select {
	case <-ctx.Done():
		l.seal()
		batch.err = ctx.Err()
		return
	case l.turn <- struct{}{}:
	}
	defer func() { <-l.turn }()
	l.seal()
	groups, err := l.search(ctx, batch.names)
	batch.err = err
	batch.groups = make(map[string]directory.TargetGroup, len(groups))
	for _, group := range groups {
		batch.groups[foldKey(group.Name)] = group
	}
}

// seal ends the gathering: who comes now is in the next batch.
func (l *groupLookup) seal() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gathering = nil
}
