package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/store"
)

func leases(t *testing.T, open Open) {
	pushCases(t, open, map[string]func(w *pushWorld){
		"of two runs that ask for a subject one gets it": func(w *pushWorld) {
			sync, push := w.sync(), w.begin(1)
			first := w.lease(sync, 1, 2)
			w.same("first", first, []int64{1, 2})
			w.same("second", w.lease(push, 2, 3), []int64{3})
			w.ok(w.Store.Release(w.ctx, sync, w.target, store.Leased{Users: map[int64]bool{1: true, 2: true}}))
			w.same("after the release", w.lease(push, 2), []int64{2})
		},
		"a subject that two batches of a run hold is free after both": func(w *pushWorld) {
			sync, push := w.sync(), w.begin(1)
			for range 2 {
				w.same("held", w.lease(sync, 1), []int64{1})
			}
			one := store.Leased{Users: map[int64]bool{1: true}}
			w.ok(w.Store.Release(w.ctx, sync, w.target, one))
			w.same("after one", w.lease(push, 1), nil)
			w.ok(w.Store.Release(w.ctx, sync, w.target, one))
			w.same("after both", w.lease(push, 1), []int64{1})
		},
		"a lease that is not renewed is taken over, one that is renewed is not": func(w *pushWorld) {
			sync, push := w.sync(), w.begin(1)
			w.lease(sync, 1)
			w.later(90 * time.Second)
			w.ok(w.Store.Renew(w.ctx, sync, w.now))
			w.later(90 * time.Second)
			w.same("renewed", w.lease(push, 1), nil)
			w.later(2 * time.Minute)
			w.same("not renewed", w.lease(push, 1), []int64{1})
		},
		"the end of a run lets go of its leases": func(w *pushWorld) {
			sync, push := w.sync(), w.begin(1)
			w.lease(sync, 1)
			w.lease(push, 2)
			w.ok(w.Store.Finish(w.ctx, sync, "done", "", true, w.now))
			w.same("of a run", w.lease(push, 1), []int64{1})
			w.ok(w.Store.FinishPush(w.ctx, push, "done", "", w.now))
			w.same("of pushes", w.lease(w.sync(), 1, 2), []int64{1, 2})
		},
	})
}

func (w *pushWorld) lease(c store.Claim, users ...int64) []int64 {
	w.Helper()
	got, err := w.Store.Lease(w.ctx, c, w.target, users, nil, w.now)
	w.ok(err)
	var ids []int64
	for id := range got.Users {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
