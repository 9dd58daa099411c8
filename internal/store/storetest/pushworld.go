package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/directory/rules"
	"github.com/rollcall-sync/rollcall/internal/source/pushed"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// pushWorld is a connection that is pushed to, with one target.
type pushWorld struct {
	*scimWorld
	target int64
	spec   rules.TargetSpec
	runs   int
}

func pushCases(t *testing.T, open Open, table map[string]func(w *pushWorld)) {
	for name, test := range table {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(newPushWorld(t, open))
		})
	}
}

func newPushWorld(t testing.TB, open Open) *pushWorld {
	t.Helper()
	w := &pushWorld{scimWorld: newScimWorld(t, open)}
	c, err := w.Store.EnsureConnection(w.ctx, "staff", "rules-1", "", []store.TargetSpec{cloud})
	w.ok(err)
	w.target = c.Targets["cloud"]
	return w
}

// begin makes a run of what was pushed, of a shard's next execution.
func (w *pushWorld) begin(shard int) store.Claim {
	w.Helper()
	w.runs++
	c, _, err := w.Store.BeginPush(w.ctx, store.PushRequest{ConnectionID: w.conn, WorkflowID: fmt.Sprintf("provision/staff/%d", shard), Execution: fmt.Sprintf("execution-%d", w.runs)}, w.now)
	w.ok(err)
	return c
}

// sync begins a run that holds the connection.
func (w *pushWorld) sync() store.Claim {
	w.Helper()
	run, err := w.Store.BeginRun(w.ctx, store.RunRequest{ConnectionID: w.conn, WorkflowID: "sync/staff", Trigger: "hand", Full: true}, w.now)
	w.ok(err)
	return run.Claim
}

// due are the objects of a resource's shard that are due now.
func (w *pushWorld) due(scimID string) []store.InboxItem {
	w.Helper()
	due, err := w.Store.DueInbox(w.ctx, w.conn, store.ScimShard(scimID), 100, w.now)
	w.ok(err)
	return due
}

// item is the row of a resource in the inbox, whatever it waits for.
func (w *pushWorld) item(scimID string) store.InboxItem {
	w.Helper()
	id := w.resource(scimID)
	items, err := w.Store.PendingInbox(w.ctx, w.conn, id-1, 1)
	w.ok(err)
	if len(items) != 1 || items[0].ResourceID != id {
		w.Fatalf("resource %d is not in the inbox", id)
	}
	return items[0]
}

func (w *pushWorld) resource(scimID string) int64 {
	w.Helper()
	var id int64
	w.ok(w.SQL.GetContext(w.ctx, &id, w.SQL.Rebind(`SELECT id FROM scim_resources WHERE scim_id = ?`), scimID))
	return id
}

// pull takes resources over and returns their users and groups.
func (w *pushWorld) pull(c store.Claim, scimIDs ...string) (users, groups []int64) {
	w.Helper()
	ids := make([]int64, len(scimIDs))
	for i, id := range scimIDs {
		ids[i] = w.resource(id)
	}
	pulled, err := w.Store.Pull(w.ctx, c, ids, pushed.Mapping(pushed.Attributes{}), w.now)
	w.ok(err)
	for _, id := range ids {
		if user, ok := pulled.Users[id]; ok {
			users = append(users, user)
		}
		if group, ok := pulled.Groups[id]; ok {
			groups = append(groups, group)
		}
	}
	return users, groups
}

// decider is what the world's rules say.
func (w *pushWorld) decider() store.TargetDecider {
	w.Helper()
	return deciderOf(w, w.target, rules.Spec{Targets: map[string]rules.TargetSpec{"cloud": w.spec}})
}

func (w *pushWorld) decide(c store.Claim, users, groups []int64) {
	w.Helper()
	w.ok(w.Store.DecideSubjects(w.ctx, c, []store.TargetDecider{w.decider()}, users, groups, store.Want{}, w.now))
}

func (w *pushWorld) plan(c store.Claim, users, groups []int64) store.SubjectPlan {
	w.Helper()
	plan, err := w.Store.PlanSubjects(w.ctx, c, w.target, users, groups)
	w.ok(err)
	return plan
}

// apply makes what is planned of subjects come true, as a target that refuses
// nothing would; what waits for a link is blocked.
func (w *pushWorld) apply(c store.Claim, users, groups []int64) {
	w.Helper()
	for _, stage := range directory.Stages {
		due, err := w.Store.DueSubjects(w.ctx, c.RunID, w.target, stage, users, groups)
		w.ok(err)
		outcomes := make([]store.Outcome, len(due))
		for i, d := range due {
			outcomes[i] = done(d)
			if stage >= directory.StageJoins && d.TargetGroupID == "" {
				outcomes[i] = store.Outcome{ChangeID: d.ID, UserID: d.UserID, GroupID: d.GroupID, State: directory.Blocked, Class: directory.ClassNoLink}
			}
		}
		w.ok(w.Store.Record(w.ctx, c, w.target, identity, outcomes, w.now))
	}
}

// provision does all of it for resources and returns their users.
func (w *pushWorld) provision(c store.Claim, scimIDs ...string) []int64 {
	w.Helper()
	users, groups := w.pull(c, scimIDs...)
	w.decide(c, users, groups)
	w.plan(c, users, groups)
	w.apply(c, users, groups)
	return users
}

// changes lists the changes of a run: kind, state and class.
func (w *pushWorld) changes(runID int64) []string {
	w.Helper()
	var all []string
	for c, err := range w.Store.Changes(w.ctx, runID, store.ChangeFilter{}) {
		w.ok(err)
		text := c.Kind + " " + c.State
		if c.Class != "" {
			text += " " + c.Class
		}
		all = append(all, text)
	}
	slices.Sort(all)
	return all
}

func (w *pushWorld) column(query string, args ...any) []string {
	w.Helper()
	var all []string
	w.ok(w.SQL.SelectContext(w.ctx, &all, w.SQL.Rebind(query), args...))
	return all
}

func (w *pushWorld) later(d time.Duration) { w.now = w.now.Add(d) }
