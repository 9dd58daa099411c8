package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

func apply(t *testing.T, open Open) {
	cases(t, open, map[string]func(w *world){
		"a stage is cut into batches of what is still to be done": func(w *world) {
			w.staff(10)
			w.plan()
			w.same("all", w.batches(-1, 4, 10), []store.Range{{From: 0, To: 3}, {From: 4, To: 7}, {From: 8, To: 9}})
			w.same("the first two", w.batches(-1, 4, 2), []store.Range{{From: 0, To: 3}, {From: 4, To: 7}})
			w.same("after the first", w.batches(3, 4, 10), []store.Range{{From: 4, To: 7}, {From: 8, To: 9}})
			due := w.batch(store.Range{From: 0, To: 3})
			w.record(done(due[1]), done(due[2]))
			w.same("without what is done", w.batches(-1, 4, 10), []store.Range{{From: 0, To: 5}, {From: 6, To: 9}})
			w.same("left of the first batch", len(w.batch(store.Range{From: 0, To: 3})), 2)
		},
		"what an attempt put off is still due, and can be asked for by itself": func(w *world) {
			w.staff(2)
			w.plan()
			due := w.batch(store.Range{To: 9})
			w.record(store.Outcome{ChangeID: due[0].ID, UserID: due[0].UserID, State: directory.Retry, Class: directory.ClassUnavailable, Detail: "the target's words"})
			again := w.batch(store.Range{To: 9})
			w.same("due", len(again), 2)
			w.same("attempts", again[0].Attempts, 1)
			one, err := w.Store.Due(w.ctx, due[0].ID)
			w.ok(err)
			w.same("one", one, again[0])
			w.ok(w.Store.EndRetry(w.ctx, w.claim, due[0].ID, w.now))
			w.same("ended", w.column(`SELECT state || ' ' || class || ' ' || detail FROM changes WHERE id = ?`, due[0].ID), []string{"failed unavailable the target's words"})
			if _, err := w.Store.Due(w.ctx, due[0].ID); !errors.Is(err, store.ErrNotFound) {
				w.Errorf("due after the end: %v, want ErrNotFound", err)
			}
		},
		"a due change carries what is desired and known at that moment": func(w *world) {
			w.saveUsers(person("ada"))
			w.saveGroups(team("eng"))
			w.saveMembers("eng", "ada")
			w.settle()
			w.saveUsers(with(person("ada"), func(u *directory.User) { u.DisplayName = "Ada B" }))
			w.plan()
			due := w.batch(store.Range{To: 1 << 40})
			if len(due) != 1 {
				w.Fatalf("due %+v", due)
			}
			due[0].ID = 0
			w.same("due", due[0], store.DueChange{Kind: "account.update", UserID: w.userID("ada"), DesiredState: "active", DesiredEmail: "ada@example.com", DesiredName: "Ada B",
				AccountID: w.accountID("ada"), AccountEmail: "ada@example.com", AccountName: "ada Example", AccountOrigin: "created", AccountStatus: "active", Managed: true})
		},
		"an intent is kept as first recorded": func(w *world) {
			w.staff(1)
			w.plan()
			due := w.batch(store.Range{To: 9})
			for range 2 {
				w.ok(w.Store.Intend(w.ctx, w.claim, []int64{due[0].ID}, w.now))
				w.now = w.now.Add(time.Minute)
			}
			w.same("intent", w.batch(store.Range{To: 9})[0].IntentAt, w.now.Add(-2*time.Minute).UnixMicro())
		},
		"an outcome recorded twice is one outcome": func(w *world) {
			w.team("eng", 2)
			w.plan()
			w.apply()
			before := w.tables()
			w.apply()
			for _, stage := range directory.Stages {
				all, err := w.Store.Batches(w.ctx, w.claim.RunID, w.target, stage, -1, 100, 100)
				w.ok(err)
				w.same("left in "+stage.String(), len(all), 0)
			}
			o := store.Outcome{ChangeID: int64(w.number(`SELECT id FROM changes WHERE kind = 'account.create' AND user_id = ?`, w.userID("eng0"))), UserID: w.userID("eng0"),
				State: directory.Applied, Origin: store.Created, Joined: []int64{w.groupID("eng")},
				Account: &directory.Account{ID: w.accountID("eng0"), Email: "eng0@example.com", DisplayName: "eng0 Example", Status: directory.AccountActive, Managed: true}}
			w.record(o, o)
			w.same("tables", w.tables(), before)
		},
		"what was applied stays so, whatever a late attempt says": func(w *world) {
			w.staff(1)
			w.plan()
			due := w.batch(store.Range{To: 9})
			w.record(done(due[0]))
			w.record(store.Outcome{ChangeID: due[0].ID, UserID: due[0].UserID, State: directory.Retry, Class: directory.ClassUnavailable})
			w.same("plan", w.changes(), []string{"account.create p0 applied"})
		},
		"memberships that a create carried along settle their changes": func(w *world) {
			w.team("eng", 2)
			w.saveGroups(team("ops"))
			w.saveMembers("ops", "eng0")
			w.plan()
			w.applyStage(directory.StageGroups)
			due := w.batch(store.Range{To: 9})
			wanted, err := w.Store.WantedMemberships(w.ctx, w.target, []int64{w.userID("eng0"), w.userID("eng1")})
			w.ok(err)
			w.same("wanted", len(wanted[w.userID("eng0")])+len(wanted[w.userID("eng1")]), 3)
			for _, d := range due {
				o := done(d)
				o.Joined = []int64{w.groupID("eng")}
				w.record(o)
			}
			w.same("left to add", w.column(`SELECT g.name FROM changes c JOIN groups g ON g.id = c.group_id WHERE c.kind = 'membership.add' AND c.state = 'planned'`), []string{"ops"})
			w.same("memberships", w.number(`SELECT COUNT(*) FROM target_memberships`), 2)
		},
		"an account has one subject, across connections": func(w *world) {
			w.small()
			other, err := w.Store.EnsureConnection(w.ctx, "other", "rules-1", "", []store.TargetSpec{{Name: "cloud", Kind: "atlassian-cloud", Identity: identity}})
			w.ok(err)
			r := w.request("sync/other-1")
			r.ConnectionID = other.ID
			run, err := w.Store.BeginRun(w.ctx, r, w.now)
			w.ok(err)
			w.conn, w.claim, w.target = other, run.Claim, other.Targets["cloud"]
			w.saveUsers(with(person("ada2"), func(u *directory.User) { u.Email = "ada@example.com" }))
			eng := team("eng2")
			eng.Name = "eng"
			w.saveGroups(eng)
			w.plan()
			linked, err := w.Store.LinkedAccounts(w.ctx, identity, []string{"acc-ada", "acc-unknown"})
			w.ok(err)
			w.same("linked", linked, map[string]int64{"acc-ada": w.userID("ada")})
			groups, err := w.Store.LinkedGroups(w.ctx, identity, []string{"grp-eng"})
			w.ok(err)
			w.same("linked groups", groups, map[string]int64{"grp-eng": w.groupID("eng")})
			for kind, link := range map[string]func(*store.Outcome){
				"account.create": func(o *store.Outcome) { o.Account = &directory.Account{ID: "acc-ada", Email: "stolen@example.com"} },
				"group.create":   func(o *store.Outcome) { o.Group = &directory.TargetGroup{ID: "grp-eng", Name: "stolen"} },
			} {
				o := store.Outcome{State: directory.Applied, Origin: store.Adopted, UserID: w.userID("ada2"), GroupID: w.groupID("eng2"), Joined: nil}
				o.ChangeID = int64(w.number(`SELECT id FROM changes WHERE kind = ? AND run_id = ?`, kind, w.claim.RunID))
				link(&o)
				w.record(o)
			}
			w.same("plan", w.changes(), []string{"group.create eng refused linked-elsewhere", "account.create ada refused linked-elsewhere"})
			w.same("stolen", w.number(`SELECT COUNT(*) FROM accounts WHERE email LIKE 'stolen%'`)+w.number(`SELECT COUNT(*) FROM target_groups WHERE name = 'stolen'`), 0)
			taken, err := w.Store.LinkAccounts(w.ctx, w.claim, w.target, identity, []store.Outcome{{UserID: w.userID("ada2"), Account: &directory.Account{ID: "acc-ada"}, Origin: store.Adopted}}, w.now)
			w.ok(err)
			w.same("taken", taken, map[int64]bool{w.userID("ada2"): true})
		},
		"a subject has one account in a target": func(w *world) {
			w.small()
			w.record(store.Outcome{UserID: w.userID("ada"), Account: &directory.Account{ID: "acc-second"}, Origin: store.Created},
				store.Outcome{GroupID: w.groupID("eng"), Group: &directory.TargetGroup{ID: "grp-second"}, Origin: store.Created})
			w.same("accounts", w.column(`SELECT remote_id FROM accounts`), []string{"acc-ada"})
			w.same("groups", w.column(`SELECT remote_id FROM target_groups`), []string{"grp-eng"})
		},
		"a link whose purpose failed is forgotten": func(w *world) {
			w.small()
			w.record(store.Outcome{UserID: w.userID("ada"), State: directory.Failed, Unlink: true})
			w.same("accounts", w.number(`SELECT COUNT(*) FROM accounts`), 0)
		},
		"what is left of a stage is failed, and nothing else": func(w *world) {
			w.team("eng", 1)
			w.plan()
			w.ok(w.Store.FailRest(w.ctx, w.claim, w.target, directory.StageAccounts, directory.ClassAuth, w.now))
			w.same("plan", w.changes(), []string{"group.create eng planned", "account.create eng0 failed credential-refused", "membership.add eng0 eng planned"})
		},
		"a thousand outcomes are one commit": func(w *world) {
			w.staff(1200)
			w.plan()
			due := w.batch(store.Range{To: 5000})
			outcomes := make([]store.Outcome, len(due))
			for i, d := range due {
				outcomes[i] = done(d)
			}
			w.same("commits", w.commitsOf(func() { w.record(outcomes...) }), int64(1))
			w.same("applied", w.number(`SELECT COUNT(*) FROM changes WHERE state = 'applied'`), 1200)
		},
	})
}

// batch reads a part of the stage of accounts.
func (w *world) batch(r store.Range) []store.DueChange {
	w.Helper()
	due, err := w.Store.DueBatch(w.ctx, w.claim.RunID, w.target, directory.StageAccounts, store.Range{From: r.From, To: max(r.To, r.From)})
	w.ok(err)
	return due
}

func (w *world) batches(after int64, size, limit int) []store.Range {
	w.Helper()
	ranges, err := w.Store.Batches(w.ctx, w.claim.RunID, w.target, directory.StageAccounts, after, size, limit)
	w.ok(err)
	return ranges
}

func (w *world) record(outcomes ...store.Outcome) {
	w.Helper()
	w.ok(w.Store.Record(w.ctx, w.claim, w.target, identity, outcomes, w.now))
}

func (w *world) applyStage(stage directory.Stage) {
	w.Helper()
	due, err := w.Store.DueBatch(w.ctx, w.claim.RunID, w.target, stage, store.Range{To: 1 << 40})
	w.ok(err)
	for _, d := range due {
		w.record(done(d))
	}
}

// tables is what the store holds of a target.
func (w *world) tables() map[string][]string {
	w.Helper()
	return map[string][]string{
		"accounts":    w.column(`SELECT remote_id || ' ' || user_id || ' ' || origin || ' ' || email || ' ' || display_name || ' ' || status FROM accounts`),
		"groups":      w.column(`SELECT remote_id || ' ' || group_id || ' ' || origin || ' ' || name FROM target_groups`),
		"memberships": w.column(`SELECT group_id || ' ' || user_id || ' ' || origin FROM target_memberships`),
		"changes":     w.column(`SELECT id || ' ' || kind || ' ' || state || ' ' || attempts FROM changes`),
	}
}
