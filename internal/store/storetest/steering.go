package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

func (w *world) steer(verb string, pace, userID int64) error {
	return w.Store.Steer(w.ctx, w.claim.RunID, verb, pace, userID, ada, w.now)
}

func (w *world) control() store.Control {
	w.Helper()
	c, err := w.Store.Control(w.ctx, w.claim.RunID)
	w.ok(err)
	return c
}

func steering(t *testing.T, open Open) {
	cases(t, open, map[string]func(w *world){
		"a run is paused, slowed, resumed and stopped": func(w *world) {
			w.same("at first", w.control(), store.Control{})
			w.ok(w.steer(store.VerbPause, 0, 0))
			w.ok(w.steer(store.VerbSlow, 3, 0))
			w.same("paused and slowed", w.control(), store.Control{Verb: "pause", Pace: 3})
			w.ok(w.steer(store.VerbResume, 0, 0))
			w.ok(w.steer(store.VerbSlow, 0, 0))
			w.same("as at first", w.control(), store.Control{})
			w.ok(w.steer(store.VerbStop, 0, 0))
			w.ok(w.steer(store.VerbStop, 0, 0))
			var stopped *store.RunStoppedError
			if err := w.steer(store.VerbResume, 0, 0); !errors.As(err, &stopped) {
				w.Errorf("resuming what was stopped: %v", err)
			}
			w.same("stopped", w.control(), store.Control{Verb: "stop"})
			w.same("record", w.column(`SELECT what || ' ' || who || ' ' || text FROM actions`),
				[]string{"pause ada ", "resume ada ", "slow ada 3 changes a second", "slow ada no limit", "stop ada "})
		},
		"what cannot be steered says why": func(w *world) {
			var ended *store.RunEndedError
			if err := w.steer("faster", 0, 0); err == nil {
				w.Error("a verb that there is not was taken")
			}
			if err := w.steer(store.VerbSlow, -1, 0); err == nil {
				w.Error("a pace below none was taken")
			}
			if err := w.Store.Steer(w.ctx, 999, store.VerbPause, 0, 0, ada, w.now); !errors.Is(err, store.ErrNotFound) {
				w.Errorf("a run that is not there: %v", err)
			}
			w.ok(w.Store.Finish(w.ctx, w.claim, "done", "", true, w.now))
			if err := w.steer(store.VerbPause, 0, 0); !errors.As(err, &ended) || ended.Outcome != "done" {
				w.Errorf("a run that has ended: %v", err)
			}
			w.same("record", w.number(`SELECT COUNT(*) FROM actions`), 0)
		},
		"whoever is skipped is left out of the run and stays to be looked at": func(w *world) {
			w.staff(2)
			w.plan()
			w.ok(w.steer(store.VerbSkip, 0, w.userID("p0")))
			w.same("changes", w.changes(), []string{"account.create p0 skipped skipped-by-hand", "account.create p1 planned"})
			w.same("control", w.control(), store.Control{Skips: 1})
			skips, err := w.Store.Skips(w.ctx, w.claim.RunID)
			w.ok(err)
			w.same("skips", skips, map[int64]bool{w.userID("p0"): true})
			w.apply()
			w.next()
			w.same("to be looked at", w.dirty(), []string{"p0"})
			if err := w.steer(store.VerbSkip, 0, 999); !errors.Is(err, store.ErrNotFound) {
				w.Errorf("somebody who is not there: %v", err)
			}
		},
	})
}

func requests(t *testing.T, open Open) {
	cases(t, open, map[string]func(w *world){
		"a request is kept until it has ended, and then names nobody": func(w *world) {
			asked := store.Request{ConnectionID: w.conn.ID, Kind: store.RequestUser, Name: "p0@example.com", Users: []int64{3, 4}, Groups: []int64{5},
				Kinds: []directory.Kind{directory.AddMember, directory.SuspendAccount}, Subject: 9, DryRun: true, Who: bob}
			id, err := w.Store.AddRequest(w.ctx, asked, w.now)
			w.ok(err)
			got, err := w.Store.Request(w.ctx, id)
			w.ok(err)
			asked.ID, asked.Connection, asked.CreatedAt = id, "staff", w.now
			w.same("request", got, asked)

			sooner, err := w.Store.OpenRequests(w.ctx, w.now)
			w.ok(err)
			w.same("open from before", len(sooner), 0)
			open, err := w.Store.OpenRequests(w.ctx, w.now.Add(time.Second))
			w.ok(err)
			w.same("open", open, []store.Request{asked})

			w.ok(w.Store.EndRequest(w.ctx, id, 12, w.now))
			w.ok(w.Store.EndRequest(w.ctx, id, 13, w.now.Add(time.Hour)))
			got, err = w.Store.Request(w.ctx, id)
			w.ok(err)
			asked.Name, asked.RunID, asked.EndedAt = "", 12, w.now
			w.same("ended", got, asked)
			open, err = w.Store.OpenRequests(w.ctx, w.now.Add(time.Hour))
			w.ok(err)
			w.same("open", len(open), 0)
			if _, err := w.Store.Request(w.ctx, id+1); !errors.Is(err, store.ErrNotFound) {
				w.Errorf("one that is not there: %v", err)
			}
		},
		"a yes or no to a held plan takes no effect by itself": func(w *world) {
			for _, kind := range []store.RequestKind{store.RequestApprove, store.RequestReject} {
				_, err := w.Store.AddRequest(w.ctx, store.Request{ConnectionID: w.conn.ID, Kind: kind, Subject: 1}, w.now)
				w.ok(err)
			}
			open, err := w.Store.OpenRequests(w.ctx, w.now.Add(time.Hour))
			w.ok(err)
			w.same("open", len(open), 0)
		},
		"the run of a request says who asked, and is one however often it is begun": func(w *world) {
			id, err := w.Store.AddRequest(w.ctx, store.Request{ConnectionID: w.conn.ID, Kind: store.RequestUsers, Users: []int64{1}, Who: bob}, w.now)
			w.ok(err)
			begin := store.SubjectsRequest{ConnectionID: w.conn.ID, WorkflowID: "subjects/staff/1", Execution: "e1", RequestID: id, Trigger: "approval", Who: bob, Approval: 7, Undoes: 3, RulesDigest: "rules-1"}
			claim, overtook, err := w.Store.BeginSubjects(w.ctx, begin, w.now)
			w.ok(err)
			w.same("overtook", overtook, false)
			again, overtook, err := w.Store.BeginSubjects(w.ctx, begin, w.now)
			w.ok(err)
			w.same("the same run", again.RunID, claim.RunID)
			w.same("overtook itself", overtook, true)
			run, err := w.Store.Run(w.ctx, claim.RunID)
			w.ok(err)
			w.same("run", []any{run.Trigger, run.AskedBy, run.Verified, run.RequestID, run.ApprovalID, run.Undoes, run.RulesDigest}, []any{"approval", "bob", true, id, int64(7), int64(3), "rules-1"})
			request, err := w.Store.Request(w.ctx, id)
			w.ok(err)
			w.same("the request's run", request.RunID, claim.RunID)
			// The earlier attempt writes nothing beside the later one.
			if err := w.Store.Note(w.ctx, claim, store.Note{Code: "held"}); !errors.Is(err, store.ErrFenced) {
				w.Errorf("an earlier attempt wrote: %v", err)
			}
			w.ok(w.Store.FinishPush(w.ctx, again, "done", "", w.now))
			if _, _, err := w.Store.BeginSubjects(w.ctx, store.SubjectsRequest{ConnectionID: w.conn.ID, WorkflowID: "subjects/staff/1", Execution: "e1", RunID: claim.RunID}, w.now); !errors.Is(err, store.ErrFenced) {
				w.Errorf("a run that has ended went on: %v", err)
			}
		},
	})
}
