package storetest

import (
	"testing"

	"github.com/rollcall-sync/rollcall/internal/store"
)

// deed is something that a person does.
type deed struct {
	what string
	do   func(who store.Who) error
	// run and user are what it is recorded about; 0 is none.
	run, user int64
}

// deeds are all that a person can do to a connection, in an order in which each
// can be done.
func (w *world) deeds() []deed {
	w.Helper()
	w.climbs(slowly)
	h := w.held()
	made := w.number(`SELECT MIN(id) FROM runs`)
	w.begin()
	run := w.claim.RunID
	decide := func(reject bool, users ...int64) func(store.Who) error {
		return func(who store.Who) error {
			plan, err := w.Store.Held(w.ctx, h.ID)
			if err != nil {
				return err
			}
			outcome, err := w.Store.DecideHeld(w.ctx, store.HeldDecision{PlanID: h.ID, Digest: plan.Digest, Reject: reject, Users: users, Who: who}, alone, w.now)
			w.same("refused", string(outcome.Refused), "")
			return err
		}
	}
	steer := func(verb string, pace, user int64) func(store.Who) error {
		return func(who store.Who) error { return w.Store.Steer(w.ctx, run, verb, pace, user, who, w.now) }
	}
	hold := func(held bool) func(store.Who) error {
		return func(who store.Who) error {
			return w.Store.HoldLeaver(w.ctx, "staff", w.userID("p1"), "cloud", held, who, w.now)
		}
	}
	link := func(set bool) func(store.Who) error {
		remoteID := w.accountID("p31")
		return func(who store.Who) error {
			change := store.LinkChange{Connection: "staff", Target: "cloud", UserID: w.userID("p31"), RemoteID: remoteID, Who: who}
			if set {
				return w.Store.SetLink(w.ctx, change, w.now)
			}
			return w.Store.RemoveLink(w.ctx, change, w.now)
		}
	}
	undo := func(who store.Who) error {
		claim, _, err := w.Store.BeginSubjects(w.ctx, store.SubjectsRequest{ConnectionID: w.conn.ID, WorkflowID: "subjects/staff/undo", Execution: "e", Trigger: "undo", Undoes: int64(made), Who: who}, w.now)
		if err != nil {
			return err
		}
		if _, _, err := w.Store.BeginUndo(w.ctx, claim, int64(made), []int64{w.userID("p30")}, w.now); err != nil {
			return err
		}
		return w.Store.FinishPush(w.ctx, claim, "done", "", w.now)
	}
	return []deed{
		{"approve", decide(false, w.userID("p0")), h.RunID, 0},
		{"reject", decide(true), h.RunID, 0},
		{"pause", steer(store.VerbPause, 0, 0), run, 0},
		{"slow", steer(store.VerbSlow, 3, 0), run, 0},
		{"resume", steer(store.VerbResume, 0, 0), run, 0},
		{"skip", steer(store.VerbSkip, 0, w.userID("p20")), run, w.userID("p20")},
		{"stop", func(who store.Who) error {
			if err := steer(store.VerbStop, 0, 0)(who); err != nil {
				return err
			}
			return w.Store.Finish(w.ctx, w.claim, "stopped", "", false, w.now)
		}, run, 0},
		{"undo", undo, int64(made), 0},
		{"undo.release", func(who store.Who) error {
			_, err := w.Store.ReleaseOverrides(w.ctx, store.OverrideFilter{Connection: "staff", UserID: w.userID("p30")}, who, w.now)
			return err
		}, 0, w.userID("p30")},
		{"leaver.hold", hold(true), 0, w.userID("p1")},
		{"leaver.release", hold(false), 0, w.userID("p1")},
		{"link.remove", link(false), 0, w.userID("p31")},
		{"link.set", link(true), 0, w.userID("p31")},
		{"source.accept", func(who store.Who) error { return w.Store.AcceptSource(w.ctx, w.conn.ID, "b.okta.com", who, w.now) }, 0, 0},
		{"quarantine.release", func(who store.Who) error {
			w.set(`UPDATE connections SET quarantined_at = 1 WHERE id = ?`, w.conn.ID)
			_, err := w.Store.ReleaseQuarantine(w.ctx, w.conn.ID, who, w.now)
			return err
		}, 0, 0},
		{"erase", func(who store.Who) error {
			w.set(`UPDATE users SET presence = 'gone', dirty = FALSE WHERE id = ?`, w.userID("p32"))
			_, err := w.Store.Erase(w.ctx, "staff", w.userID("p32"), who, w.now)
			return err
		}, 0, w.userID("p32")},
	}
}

func deedsOfPersons(t *testing.T, open Open) {
	cases(t, open, map[string]func(w *world){
		"whatever a person does is recorded once, with who did it and about what": func(w *world) {
			type record struct {
				What, Who string
				Verified  bool
				Run, User int64
			}
			var want []record
			for i, d := range w.deeds() {
				who := store.Who{Name: "the one who does " + d.what, Verified: i%2 == 0}
				if err := d.do(who); err != nil {
					w.Fatalf("%s: %v", d.what, err)
				}
				want = append(want, record{d.what, who.Name, who.Verified, d.run, d.user})
			}
			var got []record
			for a, err := range w.Store.Actions(w.ctx, store.ActionFilter{Connection: "staff"}) {
				w.ok(err)
				w.same("at", a.At.Equal(w.now), true)
				got = append(got, record{a.What, a.Name, a.Verified, a.RunID, a.UserID})
			}
			w.same("record", got, want)
		},
	})
}
