package atlassiancloud

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// held is a search that waits, once it was started, until it is released.
type held struct {
	started, release chan struct{}
	mu               sync.Mutex
	asked            [][]string
}

func (h *held) search(ctx context.Context, names []string) ([]directory.TargetGroup, error) {
	h.mu.Lock()
	h.asked = append(h.asked, names)
	h.mu.Unlock()
	h.started <- struct{}{}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-h.release:
	}
	var groups []directory.TargetGroup
	for _, name := range names {
		groups = append(groups, directory.TargetGroup{ID: "id of " + name, Name: name})
	}
	return groups, nil
}

// joined waits until n names are gathered for the next search.
func joined(l *groupLookup, n int) {
	for {
		l.mu.Lock()
		gathered := l.gathering != nil && len(l.gathering.names) == n
		l.mu.Unlock()
		if gathered {
			return
		}
		runtime.Gosched()
	}
}

func TestNamesThatArriveDuringASearchGoTogetherInTheNext(t *testing.T) {
	t.Parallel()
	h := &held{started: make(chan struct{}), release: make(chan struct{})}
	lookup := newGroupLookup(h.search)
	var wait sync.WaitGroup
	find := func(name string) {
		wait.Go(func() {
			group, there, err := lookup.find(t.Context(), name)
			if err != nil || !there || group.ID != "id of "+name {
				t.Errorf("%s: got %+v, %t, %v", name, group, there, err)
			}
		})
	}
	find("first")
	<-h.started
	for i := range 20 {
		find(fmt.Sprintf("name %d", i))
	}
	joined(lookup, 20)
	h.release <- struct{}{}
	<-h.started
	h.release <- struct{}{}
	wait.Wait()
	if len(h.asked) != 2 || len(h.asked[1]) != 20 {
		t.Errorf("searches: %v, want one name and then twenty", h.asked)
	}
}

func TestWhoSearchesForOthersMayBeCancelledWithoutHarmToThem(t *testing.T) {
	t.Parallel()
	h := &held{started: make(chan struct{}), release: make(chan struct{})}
	lookup := newGroupLookup(h.search)
	var wait sync.WaitGroup
	wait.Go(func() {
		if _, _, err := lookup.find(t.Context(), "busy"); err != nil {
			t.Errorf("the search that is out: %v", err)
		}
	})
	<-h.started
	leading, cancel := context.WithCancel(t.Context())
	wait.Go(func() {
		if _, _, err := lookup.find(leading, "leader"); !errors.Is(err, context.Canceled) {
			t.Errorf("the leader: %v, want its context's error", err)
		}
	})
	joined(lookup, 1)
	wait.Go(func() {
		group, there, err := lookup.find(t.Context(), "follower")
		if err != nil || !there || group.ID != "id of follower" {
			t.Errorf("the follower: %+v, %t, %v", group, there, err)
		}
	})
	joined(lookup, 2)
	cancel()
	joined(lookup, 1)
	h.release <- struct{}{}
	<-h.started
	h.release <- struct{}{}
	wait.Wait()
}
