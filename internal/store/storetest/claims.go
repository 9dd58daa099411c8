package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/store"
)

func claims(t *testing.T, open Open) {
	cases(t, open, map[string]func(w *world){
		"of runs that start together, one gets the connection": func(w *world) {
			w.ok(w.Store.Finish(w.ctx, w.claim, "done", "", true, w.now))
			const n = 8
			runs, errs := make([]store.StartedRun, n), make([]error, n)
			var wg sync.WaitGroup
			for i := range n {
				wg.Go(func() { runs[i], errs[i] = w.Store.BeginRun(w.ctx, w.request(fmt.Sprintf("race-%d", i)), w.now) })
			}
			wg.Wait()
			var winner int64
			for i, err := range errs {
				if err != nil {
					continue
				}
				if winner != 0 {
					w.Fatal("two runs hold the connection")
				}
				winner = runs[i].RunID
			}
			for _, err := range errs {
				var claimed *store.ClaimedError
				if err != nil && (!errors.As(err, &claimed) || claimed.RunID != winner) {
					w.Errorf("a loser hears %v, want that run %d is under way", err, winner)
				}
			}
			w.same("runs recorded", w.number(`SELECT COUNT(*) FROM runs WHERE workflow_id LIKE 'race-%'`), 1)
		},
		"the same workflow asking again gets the run that it began": func(w *world) {
			again, err := w.Store.BeginRun(w.ctx, w.request("sync/staff-1"), w.now.Add(time.Hour))
			w.ok(err)
			w.same("claim", again.Claim, w.claim)
			w.same("full", again.Full, true)
		},
		"a claim that was not renewed is taken over": func(w *world) {
			w.now = w.now.Add(3 * time.Minute)
			old := w.claim
			w.begin()
			if w.claim.Epoch <= old.Epoch {
				w.Errorf("epoch %d after %d", w.claim.Epoch, old.Epoch)
			}
			lost, err := w.Store.Run(w.ctx, old.RunID)
			w.ok(err)
			w.same("outcome of the old run", lost.Outcome, "lost")
			if err := w.Store.Renew(w.ctx, old, w.now); !errors.Is(err, store.ErrFenced) {
				w.Errorf("renewing the old claim: %v, want ErrFenced", err)
			}
		},
		"a claim that is renewed is not taken over": func(w *world) {
			w.ok(w.Store.Renew(w.ctx, w.claim, w.now.Add(90*time.Second)))
			_, err := w.Store.BeginRun(w.ctx, w.request("other"), w.now.Add(3*time.Minute))
			var claimed *store.ClaimedError
			if !errors.As(err, &claimed) {
				w.Errorf("another run: %v, want a ClaimedError", err)
			}
		},
		"a claim is written again only when half of it has passed": func(w *world) {
			if n := w.commitsOf(func() { w.ok(w.Store.Renew(w.ctx, w.claim, w.now.Add(30*time.Second))) }); n != 0 {
				w.Errorf("%d commits after 30 s, want none", n)
			}
			if n := w.commitsOf(func() { w.ok(w.Store.Renew(w.ctx, w.claim, w.now.Add(61*time.Second))) }); n != 1 {
				w.Errorf("%d commits after 61 s, want one", n)
			}
		},
		"a connection is claimed until its run ends": func(w *world) {
			for _, want := range []bool{true, false} {
				got, err := w.Store.Claimed(w.ctx, w.conn.ID, w.now)
				w.ok(err)
				w.same("claimed", got, want)
				w.ok(w.Store.Finish(w.ctx, w.claim, "done", "", true, w.now))
			}
		},
		"an unknown connection is not found": func(w *world) {
			r := w.request("x")
			r.ConnectionID = 4711
			if _, err := w.Store.BeginRun(w.ctx, r, w.now); !errors.Is(err, store.ErrNotFound) {
				w.Errorf("%v, want ErrNotFound", err)
			}
		},
	})
}

func (w *world) request(workflow string) store.RunRequest {
	return store.RunRequest{ConnectionID: w.conn.ID, WorkflowID: workflow, Trigger: "hand", FullEvery: 24 * time.Hour, Overlap: time.Minute}
}
