package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

func pushRuns(t *testing.T, open Open) {
	pushCases(t, open, map[string]func(w *pushWorld){
		"an execution finds the run that it began": func(w *pushWorld) {
			first := w.begin(1)
			again, overtook, err := w.Store.BeginPush(w.ctx, store.PushRequest{ConnectionID: w.conn, WorkflowID: "provision/staff/1", Execution: "execution-1"}, w.now)
			w.ok(err)
			w.same("run", again.RunID, first.RunID)
			w.same("an earlier attempt was overtaken", overtook, true)
			w.ok(w.Store.Note(w.ctx, again, store.Note{Code: "x"}))
			if err := w.Store.Note(w.ctx, first, store.Note{Code: "y"}); !errors.Is(err, store.ErrFenced) {
				w.Errorf("the earlier attempt writes: %v, want ErrFenced", err)
			}
			if err := w.Store.Renew(w.ctx, first, w.now); !errors.Is(err, store.ErrFenced) {
				w.Errorf("the earlier attempt goes on: %v, want ErrFenced", err)
			}
			run, err := w.Store.Run(w.ctx, first.RunID)
			w.ok(err)
			w.same("trigger", run.Trigger, "scim")
			w.same("outcome", run.Outcome, "")
		},
		"the next execution closes the run before it": func(w *pushWorld) {
			old := w.begin(1)
			other := w.begin(2)
			_, err := w.Store.Lease(w.ctx, old, w.target, []int64{1}, nil, w.now)
			w.ok(err)
			now := w.begin(1)
			if now.RunID == old.RunID {
				w.Fatal("the run is another execution's")
			}
			run, err := w.Store.Run(w.ctx, old.RunID)
			w.ok(err)
			w.same("outcome", run.Outcome, "lost")
			if err := w.Store.Note(w.ctx, old, store.Note{Code: "x"}); !errors.Is(err, store.ErrFenced) {
				w.Errorf("the old run writes: %v, want ErrFenced", err)
			}
			if _, _, err := w.Store.BeginPush(w.ctx, store.PushRequest{ConnectionID: w.conn, WorkflowID: "provision/staff/1", RunID: old.RunID}, w.now); !errors.Is(err, store.ErrFenced) {
				w.Errorf("the old run goes on: %v, want ErrFenced", err)
			}
			w.ok(w.Store.Note(w.ctx, other, store.Note{Code: "x"}))
			got, err := w.Store.Lease(w.ctx, now, w.target, []int64{1}, nil, w.now)
			w.ok(err)
			w.same("leases of the old run are free", len(got.Users), 1)
		},
		"a run and pushes write side by side": func(w *pushWorld) {
			sync, push := w.sync(), w.begin(1)
			w.ok(w.Store.Note(w.ctx, sync, store.Note{Code: "x"}))
			w.ok(w.Store.Note(w.ctx, push, store.Note{Code: "x"}))
			w.ok(w.Store.Renew(w.ctx, push, w.now))
			w.ok(w.Store.FinishPush(w.ctx, push, "done", "", w.now))
			w.ok(w.Store.FinishPush(w.ctx, push, "failed", "", w.now))
			run, err := w.Store.Run(w.ctx, push.RunID)
			w.ok(err)
			w.same("outcome", run.Outcome, "done")
			w.ok(w.Store.Note(w.ctx, sync, store.Note{Code: "y"}))
		},
		"who is held by a push stays to be decided when a run ends": func(w *pushWorld) {
			ada, bob := w.joins("ada"), w.joins("bob")
			push := w.begin(1)
			w.provision(push, ada, bob)
			w.ok(w.Store.FinishPush(w.ctx, push, "done", "", w.now))
			w.later(time.Second)
			sync := w.sync()
			w.change(ada, map[string]any{"active": false})
			held := w.begin(1)
			users, _ := w.pull(held, ada)
			w.decide(held, users, nil)
			w.plan(held, users, nil)
			_, err := w.Store.Guard(w.ctx, held, w.target, store.Limits{Window: time.Hour, HeldFor: time.Hour}, w.now)
			w.ok(err)
			w.same("changes", w.changes(held.RunID), []string{"account.suspend held over-limit"})
			w.ok(w.Store.Finish(w.ctx, sync, "done", "", true, w.now))
			w.same("to be decided", w.column(`SELECT login FROM users WHERE dirty`), []string{"ada"})
		},
	})
}

func inbox(t *testing.T, open Open) {
	pushCases(t, open, map[string]func(w *pushWorld){
		"somebody who is to lose access goes alone": func(w *pushWorld) {
			ada := w.joins("ada")
			w.settleAll()
			// One more in the same shard, pushed earlier.
			var other string
			for n := 0; other == ""; n++ {
				if id := w.joins(string(rune('a'+n%26)) + "-other" + string(rune('a'+n/26))); store.ScimShard(id) == store.ScimShard(ada) {
					other = id
				}
			}
			w.change(ada, map[string]any{"active": false})
			due := w.due(ada)
			if len(due) != 1 || due[0].ResourceID != w.resource(ada) || !due[0].Urgent {
				w.Errorf("due: %+v, want the leaver alone", due)
			}
		},
		"a newer push is not acknowledged with an older one": func(w *pushWorld) {
			ada := w.joins("ada")
			c := w.begin(store.ScimShard(ada))
			seen := w.item(ada)
			w.change(ada, map[string]any{"title": "Countess"})
			w.ok(w.Store.SettleInbox(w.ctx, c, store.Settlement{Ack: []store.Disposal{{InboxItem: seen, RunID: c.RunID}}}, nil, w.now))
			now := w.item(ada)
			if now.Version <= seen.Version {
				w.Errorf("version %d after %d", now.Version, seen.Version)
			}
			w.same("acknowledged", len(w.column(`SELECT 'x' FROM scim_acks`)), 0)
			w.ok(w.Store.SettleInbox(w.ctx, c, store.Settlement{Ack: []store.Disposal{{InboxItem: now, RunID: c.RunID}}}, nil, w.now))
			w.same("inbox", w.inbox(), nil)
			w.same("acknowledged", len(w.column(`SELECT 'x' FROM scim_acks WHERE version = ? AND run_id = ?`, now.Version, c.RunID)), 1)
		},
		"what fails is put off twice as long each time, up to a minute": func(w *pushWorld) {
			ada := w.joins("ada")
			c := w.begin(store.ScimShard(ada))
			var waits []time.Duration
			for range 8 {
				w.ok(w.Store.SettleInbox(w.ctx, c, store.Settlement{PutOff: []store.Disposal{{InboxItem: w.item(ada), Class: directory.ClassUnavailable}}}, nil, w.now))
				next, left, err := w.Store.NextDue(w.ctx, w.conn, store.ScimShard(ada))
				w.ok(err)
				w.same("left", left, int64(1))
				w.same("due before", len(w.due(ada)), 0)
				waits = append(waits, next.Sub(w.now))
				w.now = next
				w.same("due then", len(w.due(ada)), 1)
			}
			w.same("waits", waits, []time.Duration{1e9, 2e9, 4e9, 8e9, 16e9, 32e9, 60e9, 60e9})
			w.same("attempts", w.item(ada).Attempts, 8)
			w.ok(w.Store.SettleInbox(w.ctx, c, store.Settlement{PutOff: []store.Disposal{{InboxItem: w.item(ada), Class: "busy", After: 150 * time.Millisecond}}}, nil, w.now))
			w.same("attempts of somebody busy", w.item(ada).Attempts, 8)
		},
		"a shard is pending while something is due in it": func(w *pushWorld) {
			ada := w.joins("ada")
			pending, err := w.Store.PendingShards(w.ctx, w.now)
			w.ok(err)
			w.same("pending", pending, []store.PendingShard{{Connection: "staff", Shard: store.ScimShard(ada)}})
			shards, err := w.Store.DueShards(w.ctx, w.conn, w.now)
			w.ok(err)
			w.same("due", shards, []int{store.ScimShard(ada)})
			before, err := w.Store.PendingShards(w.ctx, w.now.Add(-time.Minute))
			w.ok(err)
			w.same("before the push", len(before), 0)
			w.settleAll()
			pending, err = w.Store.PendingShards(w.ctx, w.now)
			w.ok(err)
			w.same("pending at last", len(pending), 0)
		},
		"a member waits for the group's link, and is woken by it": func(w *pushWorld) {
			ada := w.joins("ada")
			group := w.team("birds", ada)
			c := w.begin(1)
			users := w.provision(c, ada)
			w.same("changes", w.changes(c.RunID), []string{"account.create applied", "membership.add blocked waits-for-link"})
			w.ok(w.Store.SettleInbox(w.ctx, c, store.Settlement{Wait: []store.Disposal{{InboxItem: w.item(ada), UserID: users[0]}}}, nil, w.now))
			w.same("due while it waits", w.dueNames(ada), nil)
			w.provision(w.begin(2), group)
			w.same("due once the group is linked", w.dueNames(ada), []string{"ada"})
			w.provision(c, ada)
			w.same("changes then", w.changes(c.RunID), []string{"account.create applied", "membership.add applied"})
		},
		"a group that was linked before its member came to wait is not waited for": func(w *pushWorld) {
			ada := w.joins("ada")
			group := w.team("birds", ada)
			c := w.begin(1)
			users := w.provision(c, ada)
			w.provision(w.begin(2), group)
			w.ok(w.Store.SettleInbox(w.ctx, c, store.Settlement{Wait: []store.Disposal{{InboxItem: w.item(ada), UserID: users[0]}}}, nil, w.now))
			w.same("due", w.dueNames(ada), []string{"ada"})
		},
	})
}

// settleAll acknowledges everything.
func (w *pushWorld) settleAll() {
	w.Helper()
	c := w.begin(7)
	items, err := w.Store.PendingInbox(w.ctx, w.conn, 0, 1000)
	w.ok(err)
	var s store.Settlement
	for _, item := range items {
		s.Ack = append(s.Ack, store.Disposal{InboxItem: item})
	}
	w.ok(w.Store.SettleInbox(w.ctx, c, s, nil, w.now))
}

// dueNames are the users of a resource's shard that are due.
func (w *pushWorld) dueNames(scimID string) []string {
	w.Helper()
	var names []string
	for _, item := range w.due(scimID) {
		if item.Type == "User" {
			names = append(names, w.column(`SELECT name_key FROM scim_resources WHERE id = ?`, item.ResourceID)...)
		}
	}
	return names
}
