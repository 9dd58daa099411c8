package storetest

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// fenced is each method that writes for a run, called so that there is something to write.
var fenced = map[string]func(w *world, c store.Claim) error{
	"SaveUsers": func(w *world, c store.Claim) error {
		_, err := w.Store.SaveUsers(w.ctx, c, []directory.User{person("new")}, w.now)
		return err
	},
	"SaveGroups": func(w *world, c store.Claim) error {
		_, err := w.Store.SaveGroups(w.ctx, c, []directory.Group{team("new")}, w.now)
		return err
	},
	"SaveMembers": func(w *world, c store.Claim) error {
		_, err := w.Store.SaveMembers(w.ctx, c, store.GroupRef{ID: w.groupID("eng")}, []string{"00u-bob"})
		return err
	},
	"SaveSeen": func(w *world, c store.Claim) error { return w.Store.SaveSeen(w.ctx, c, "users", "0", []int64{1}) },
	"MarkAbsentUsers": func(w *world, c store.Claim) error {
		_, err := w.Store.MarkAbsentUsers(w.ctx, c)
		return err
	},
	"MarkAbsentGroups": func(w *world, c store.Claim) error {
		_, err := w.Store.MarkAbsentGroups(w.ctx, c)
		return err
	},
	"MarkUnselected": func(w *world, c store.Claim) error { return w.Store.MarkUnselected(w.ctx, c, []string{"00g-eng"}) },
	"ForgetDigests":  func(w *world, c store.Claim) error { return w.Store.ForgetDigests(w.ctx, c) },
	"SaveDecisions": func(w *world, c store.Claim) error {
		return w.Store.SaveDecisions(w.ctx, c, w.target, []store.Decision{{UserID: w.userID("ada"), DesiredAccount: directory.DesiredAccount{State: directory.DesireSuspended}}}, w.now)
	},
	"DecideGroups": func(w *world, c store.Claim) error { return w.Store.DecideGroups(w.ctx, c, w.decider()) },
	"PlanTarget": func(w *world, c store.Claim) error {
		_, err := w.Store.PlanTarget(w.ctx, c, w.target, true)
		return err
	},
	"Guard": func(w *world, c store.Claim) error {
		_, err := w.Store.Guard(w.ctx, c, w.target, standard, w.now)
		return err
	},
	"SetProtected": func(w *world, c store.Claim) error {
		return w.Store.SetProtected(w.ctx, c, w.target, []string{"acc-1"}, nil)
	},
	"Settle": func(w *world, c store.Claim) error {
		return w.Store.Settle(w.ctx, c, []store.Settled{{Confirmed: true}}, w.now)
	},
	"Intend": func(w *world, c store.Claim) error { return w.Store.Intend(w.ctx, c, []int64{1}, w.now) },
	"IntendMembers": func(w *world, c store.Claim) error {
		_, err := w.Store.IntendMembers(w.ctx, c, w.target, []store.Wanted{{UserID: w.userID("ada"), GroupID: w.groupID("eng")}})
		return err
	},
	"CallOff": func(w *world, c store.Claim) error { return w.Store.CallOff(w.ctx, c, w.target, []int64{1}, nil) },
	"Record": func(w *world, c store.Claim) error {
		return w.Store.Record(w.ctx, c, w.target, identity, []store.Outcome{{ChangeID: 1, State: directory.Applied}}, w.now)
	},
	"LinkAccounts": func(w *world, c store.Claim) error {
		_, err := w.Store.LinkAccounts(w.ctx, c, w.target, identity, []store.Outcome{{UserID: w.userID("bob"), Account: &directory.Account{ID: "acc-9"}, Origin: store.Adopted}}, w.now)
		return err
	},
	"ObserveAccounts": func(w *world, c store.Claim) error {
		_, err := w.Store.ObserveAccounts(w.ctx, c, w.target, []directory.Account{{ID: "acc-ada", Email: "other@example.com"}}, w.now)
		return err
	},
	"ObserveGroups": func(w *world, c store.Claim) error {
		_, err := w.Store.ObserveGroups(w.ctx, c, w.target, []directory.TargetGroup{{ID: "grp-eng", Name: "other"}}, w.now)
		return err
	},
	"ObserveMembers": func(w *world, c store.Claim) error {
		return w.Store.ObserveMembers(w.ctx, c, w.target, w.groupID("eng"), nil)
	},
	"DropAccountLink": func(w *world, c store.Claim) error {
		return w.Store.DropAccountLink(w.ctx, c, w.target, store.Link{Subject: w.userID("ada")})
	},
	"DropGroupLink": func(w *world, c store.Claim) error {
		return w.Store.DropGroupLink(w.ctx, c, w.target, store.Link{Subject: w.groupID("eng")}, w.now)
	},
	"SaveProgress": func(w *world, c store.Claim) error {
		return w.Store.SaveProgress(w.ctx, c, store.Progress{Stage: "plan"})
	},
	"Note":           func(w *world, c store.Claim) error { return w.Store.Note(w.ctx, c, store.Note{Code: "x", Text: "x"}) },
	"ReadDone":       func(w *world, c store.Claim) error { return w.Store.ReadDone(w.ctx, c, true, w.now, w.now, false) },
	"TargetReadDone": func(w *world, c store.Claim) error { return w.Store.TargetReadDone(w.ctx, c, w.target, w.now) },
	"SeekAgain":      func(w *world, c store.Claim) error { return w.Store.SeekAgain(w.ctx, c, w.target, w.now) },
	"Finish":         func(w *world, c store.Claim) error { return w.Store.Finish(w.ctx, c, "done", "", true, w.now) },
	"FailRest": func(w *world, c store.Claim) error {
		return w.Store.FailRest(w.ctx, c, w.target, directory.StageGroups, directory.ClassAuth, w.now)
	},
	"Lease": func(w *world, c store.Claim) error {
		_, err := w.Store.Lease(w.ctx, c, w.target, []int64{w.userID("ada")}, nil, w.now)
		return err
	},
	"DecideSubjects": func(w *world, c store.Claim) error {
		return w.Store.DecideSubjects(w.ctx, c, []store.TargetDecider{w.decider()}, []int64{w.userID("ada")}, nil, store.Want{}, w.now)
	},
	"BeginUndo": func(w *world, c store.Claim) error {
		_, _, err := w.Store.BeginUndo(w.ctx, c, c.RunID, nil, w.now)
		return err
	},
	"PlanSubjects": func(w *world, c store.Claim) error {
		_, err := w.Store.PlanSubjects(w.ctx, c, w.target, []int64{w.userID("ada")}, nil)
		return err
	},
	"Pull": func(w *world, c store.Claim) error {
		_, err := w.Store.Pull(w.ctx, c, []int64{1}, store.Mapping{}, w.now)
		return err
	},
	"PullFound": func(w *world, c store.Claim) error {
		_, err := w.Store.PullFound(w.ctx, c, []store.FoundUser{{User: person("new")}}, w.now)
		return err
	},
	"MarkMembersDue": func(w *world, c store.Claim) error {
		return w.Store.MarkMembersDue(w.ctx, c, []int64{w.groupID("eng")})
	},
	"NotePushed": func(w *world, c store.Claim) error {
		return w.Store.NotePushed(w.ctx, c, store.Note{Code: "x", Text: "x"}, store.Pushed{})
	},
	"ObserveSubgroups": func(w *world, c store.Claim) error {
		return w.Store.ObserveSubgroups(w.ctx, c, w.target, w.groupID("eng"), nil)
	},
	"IntendNesting": func(w *world, c store.Claim) error {
		return w.Store.IntendNesting(w.ctx, c, w.target, w.groupID("eng"), w.groupID("eng"))
	},
	"ObservePermissions": func(w *world, c store.Claim) error {
		return w.Store.ObservePermissions(w.ctx, c, w.target, w.groupID("eng"), []string{"project ABC"}, []directory.Permission{{Scope: "project ABC", Level: "read"}})
	},
	"SettleInbox": func(w *world, c store.Claim) error {
		return w.Store.SettleInbox(w.ctx, c, store.Settlement{}, nil, w.now)
	},
	"DropStale": func(w *world, c store.Claim) error {
		_, err := w.Store.DropStale(w.ctx, c, w.target, 1)
		return err
	},
	"FailApproved": func(w *world, c store.Claim) error {
		_, err := w.Store.FailApproved(w.ctx, c, w.target, 1, "not-configured")
		return err
	},
	"EndRetry": func(w *world, c store.Claim) error { return w.Store.EndRetry(w.ctx, c, 1, w.now) },
	"Renew":    func(w *world, c store.Claim) error { return w.Store.Renew(w.ctx, c, w.now) },
}

// readers take a claim and write nothing, or nothing that another run could
// have a different opinion about: a run gives back its own leases alone, and
// closes itself once.
var readers = map[string]bool{"UnseenAccounts": true, "UnseenGroups": true, "Release": true, "ReleaseAll": true,
	"FinishPush": true, "SourceBelow": true}

func fencing(t *testing.T, open Open) {
	t.Run("every method that takes a claim is tried", func(t *testing.T) {
		t.Parallel()
		s := reflect.TypeFor[*store.Store]()
		for i := range s.NumMethod() {
			m := s.Method(i)
			for in := range m.Type.NumIn() {
				if m.Type.In(in) == reflect.TypeFor[store.Claim]() && fenced[m.Name] == nil && !readers[m.Name] {
					t.Errorf("%s is missing", m.Name)
				}
			}
		}
	})
	cases(t, open, map[string]func(w *world){
		"a run that has lost its connection writes nothing": func(w *world) {
			w.small()
			w.nested()
			old := w.claim
			w.now = w.now.Add(3 * time.Minute)
			w.begin()
			w.watch()
			for name, call := range fenced {
				if err := call(w, old); !errors.Is(err, store.ErrFenced) {
					w.Errorf("%s: %v, want ErrFenced", name, err)
				}
			}
			w.same("rows written", w.written(), map[string]int{})
		},
		"a run that has ended writes nothing": func(w *world) {
			w.small()
			w.nested()
			old := w.claim
			w.ok(w.Store.Finish(w.ctx, w.claim, "done", "", false, w.now))
			w.watch()
			for name, call := range fenced {
				if name == "Finish" {
					continue // an answer that was lost is not held against it
				}
				if err := call(w, old); !errors.Is(err, store.ErrFenced) {
					w.Errorf("%s: %v, want ErrFenced", name, err)
				}
			}
			w.same("rows written", w.written(), map[string]int{})
		},
	})
}

// small makes ada, who has an account in the group eng, and bob, who has nothing.
func (w *world) small() {
	w.Helper()
	w.saveUsers(person("ada"), person("bob"))
	w.saveGroups(team("eng"))
	w.saveMembers("eng", "ada", "stranger")
	outcomes := []store.Outcome{
		{UserID: w.userID("ada"), Account: &directory.Account{ID: "acc-ada", Email: "ada@example.com", Status: directory.AccountActive, Managed: true}, Origin: store.Adopted},
		{GroupID: w.groupID("eng"), Group: &directory.TargetGroup{ID: "grp-eng", Name: "eng"}, Origin: store.Created},
		{UserID: w.userID("ada"), Joined: []int64{w.groupID("eng")}},
	}
	w.ok(w.Store.Record(w.ctx, w.claim, w.target, identity, outcomes, w.now))
}

// nested puts a group ops into eng, and makes bob somebody who was looked for in
// vain.
func (w *world) nested() {
	w.Helper()
	w.set(`INSERT INTO desired_accounts (target_id, user_id, state, strip, email, email_key, display_name, rule, evidence, sought_at)
		SELECT t.id, u.id, 'active', FALSE, '', '', '', '', '', 1 FROM targets t CROSS JOIN users u WHERE u.id = ? ON CONFLICT (target_id, user_id) DO UPDATE SET sought_at = 1`, w.userID("bob"))
	w.saveGroups(team("ops"))
	w.record(store.Outcome{GroupID: w.groupID("ops"), Inside: w.groupID("eng")})
}
