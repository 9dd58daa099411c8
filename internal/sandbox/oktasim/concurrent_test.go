package oktasim_test

import (
	"math/rand"
	"net/http"
	"sync"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
)

func TestReadersAndWritersDoNotDisturbEachOther(t *testing.T) {
	t.Parallel()
	o := newOrg(t, people.People(300, 20, 1, people.Options{}))
	o.engine.Add(fault.Rule{Kind: fault.Stale, Probability: 0.2})
	group := o.groupID("All Staff")
	written := make(chan error, 1)
	joined := 0
	go func() {
		made, err := people.Change(rand.New(rand.NewSource(1)), 100, o.sim)
		for _, change := range made {
			if change.Kind == people.Join {
				joined++
			}
		}
		written <- err
	}()
	var readers sync.WaitGroup
	for _, path := range []string{"/api/v1/users?limit=50", "/api/v1/groups?expand=stats", "/api/v1/groups/" + group + "/users?limit=50", "/api/v1/logs"} {
		readers.Go(func() {
			for range 10 {
				a, err := o.do("GET", path, "")
				if err != nil || a.status != http.StatusOK {
					t.Errorf("%s: %d, %v", path, a.status, err)
				}
			}
		})
	}
	readers.Wait()
	if err := <-written; err != nil {
		t.Error(err)
	}
	if users := o.sim.State().Users; joined == 0 || len(users) != 300+joined {
		t.Errorf("%d users after %d joined 300", len(users), joined)
	}
}
