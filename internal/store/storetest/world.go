package storetest

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/directory/rules"
	"github.com/rollcall-sync/rollcall/internal/store"
)

const identity = "org-1/dir-1"

// cloud is the target of every world.
var cloud = store.TargetSpec{Name: "cloud", Kind: "atlassian-cloud", Identity: identity, Additive: true, RenamesAccounts: true, UndoBy: directory.SuspendAccount}

// world is a connection with one target and a run under way. Its clock stands
// still unless a test moves it.
type world struct {
	testing.TB
	Database
	counter
	ctx    context.Context
	conn   store.Connection
	target int64
	claim  store.Claim
	now    time.Time
	scope  struct{ MembersOnly bool }
	// spec are the target's rules, want what they look at.
	spec rules.TargetSpec
	want store.Want
	runs int
}

func newWorld(t testing.TB, open Open) *world {
	t.Helper()
	w := &world{TB: t, ctx: t.Context(), now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	w.Database = open(t, store.WithHooks(w.hooks()))
	var err error
	w.conn, err = w.Store.EnsureConnection(w.ctx, "staff", "rules-1", "", []store.TargetSpec{cloud})
	w.ok(err)
	w.target = w.conn.Targets["cloud"]
	w.begin()
	return w
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// same compares what is with what should be.
func (w *world) same(what string, got, want any) {
	w.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		w.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// begin starts the next run.
func (w *world) begin() store.StartedRun {
	w.Helper()
	w.runs++
	run, err := w.Store.BeginRun(w.ctx, store.RunRequest{ConnectionID: w.conn.ID, WorkflowID: fmt.Sprintf("sync/staff-%d", w.runs), Trigger: "hand",
		FullEvery: 24 * time.Hour, Overlap: time.Minute}, w.now)
	w.ok(err)
	w.claim = run.Claim
	return run
}

// next ends the run, well, and starts another.
func (w *world) next() {
	w.Helper()
	w.ok(w.Store.Finish(w.ctx, w.claim, "done", "", true, w.now))
	w.begin()
}

func person(name string) directory.User {
	return directory.User{SourceID: "00u-" + name, Status: directory.StatusActive, Assigned: true, Login: name + "@example.com",
		Email: name + "@example.com", FirstName: name, LastName: "Example", DisplayName: name + " Example"}
}

func with(u directory.User, change func(*directory.User)) directory.User {
	change(&u)
	return u
}

func team(name string) directory.Group {
	return directory.Group{SourceID: "00g-" + name, Name: name, Type: "OKTA_GROUP", Assigned: true}
}

// saveUsers stores a page as of now and returns its surrogate ids in order of name.
func (w *world) saveUsers(users ...directory.User) store.PageSaved {
	w.Helper()
	saved, err := w.Store.SaveUsers(w.ctx, w.claim, users, w.now)
	w.ok(err)
	return saved
}

func (w *world) saveGroups(groups ...directory.Group) store.PageSaved {
	w.Helper()
	saved, err := w.Store.SaveGroups(w.ctx, w.claim, groups, w.now)
	w.ok(err)
	return saved
}

// saveMembers stores the members of a group by people's names.
func (w *world) saveMembers(group string, names ...string) store.MembersSaved {
	w.Helper()
	refs, err := w.Store.GroupsToRead(w.ctx, w.conn.ID, true, 0, 1000)
	w.ok(err)
	ids := make([]string, len(names))
	for i, name := range names {
		ids[i] = "00u-" + name
	}
	for _, ref := range refs {
		if ref.SourceID == "00g-"+group {
			saved, err := w.Store.SaveMembers(w.ctx, w.claim, ref, ids)
			w.ok(err)
			return saved
		}
	}
	w.Fatalf("there is no group %s to read", group)
	return store.MembersSaved{}
}

// staff stores n people called p0, p1, …
func (w *world) staff(n int) []string {
	w.Helper()
	names := make([]string, n)
	people := make([]directory.User, n)
	for i := range names {
		names[i] = fmt.Sprintf("p%d", i)
		people[i] = person(names[i])
	}
	w.saveUsers(people...)
	return names
}

// plan decides and plans what is dirty.
func (w *world) plan() store.PlanCounts {
	w.Helper()
	w.decide()
	counts, err := w.Store.PlanTarget(w.ctx, w.claim, w.target, false)
	w.ok(err)
	return counts
}

// apply makes what is planned come true, as a target that refuses nothing would.
func (w *world) apply() {
	w.Helper()
	for _, stage := range directory.Stages {
		due, err := w.Store.DueBatch(w.ctx, w.claim.RunID, w.target, stage, store.Range{To: 1 << 40})
		w.ok(err)
		outcomes := make([]store.Outcome, len(due))
		for i, d := range due {
			outcomes[i] = done(d)
		}
		w.ok(w.Store.Record(w.ctx, w.claim, w.target, identity, outcomes, w.now))
	}
}

// done is the outcome of a change that succeeded.
func done(d store.DueChange) store.Outcome {
	o := store.Outcome{ChangeID: d.ID, UserID: d.UserID, GroupID: d.GroupID, State: directory.Applied, Origin: store.Created}
	account := directory.Account{ID: d.AccountID, Email: d.DesiredEmail, DisplayName: d.DesiredName, Status: directory.AccountActive, Managed: true}
	switch directory.Kind(d.Kind) {
	case directory.CreateAccount:
		account.ID = fmt.Sprintf("acc-%d", d.UserID)
		o.Account = &account
	case directory.UpdateAccount, directory.RestoreAccount:
		o.Account = &account
	case directory.SuspendAccount:
		account.Status = directory.AccountSuspended
		o.Account = &account
	case directory.DeactivateAccount:
		account.Status = directory.AccountDeactivated
		o.Account = &account
	case directory.CreateGroup:
		o.Group = &directory.TargetGroup{ID: fmt.Sprintf("grp-%d", d.GroupID), Name: d.GroupName}
	case directory.AddMember:
		o.Joined = []int64{d.GroupID}
	case directory.RemoveMember:
		o.Left = []int64{d.GroupID}
	}
	return o
}

// settle plans, applies without a guard what needs none, and begins the next run.
func (w *world) settle() {
	w.Helper()
	w.plan()
	w.apply()
	w.next()
}

// changes lists the changes of the run: kind, subject, state and class.
func (w *world) changes() []string {
	w.Helper()
	var all []string
	for c, err := range w.Store.Changes(w.ctx, w.claim.RunID, store.ChangeFilter{}) {
		w.ok(err)
		words := []string{c.Kind}
		for _, word := range []string{strings.TrimSuffix(c.User, "@example.com"), c.Group, c.State, c.Class} {
			if word != "" {
				words = append(words, word)
			}
		}
		all = append(all, strings.Join(words, " "))
	}
	return all
}

// column reads one column of text.
func (w *world) column(query string, args ...any) []string {
	w.Helper()
	var all []string
	w.ok(w.SQL.SelectContext(w.ctx, &all, w.SQL.Rebind(query), args...))
	sort.Strings(all)
	return all
}

func (w *world) number(query string, args ...any) int {
	w.Helper()
	var n int
	w.ok(w.SQL.GetContext(w.ctx, &n, w.SQL.Rebind(query), args...))
	return n
}

func (w *world) userID(name string) int64 {
	w.Helper()
	var id int64
	w.ok(w.SQL.GetContext(w.ctx, &id, w.SQL.Rebind(`SELECT id FROM users WHERE source_id = ?`), "00u-"+name))
	return id
}

func (w *world) groupID(name string) int64 {
	w.Helper()
	var id int64
	w.ok(w.SQL.GetContext(w.ctx, &id, w.SQL.Rebind(`SELECT id FROM groups WHERE source_id = ?`), "00g-"+name))
	return id
}

// dirty lists the people that are to be decided.
func (w *world) dirty() []string {
	w.Helper()
	names := w.column(`SELECT source_id FROM users WHERE dirty`)
	for i := range names {
		names[i] = strings.TrimPrefix(names[i], "00u-")
	}
	return names
}

// commitsOf counts the commits of what do does.
func (w *world) commitsOf(do func()) int64 {
	before := w.commits.Load()
	do()
	return w.commits.Load() - before
}

// set writes to the database what no call of the store is there for.
func (w *world) set(statement string, args ...any) {
	w.Helper()
	_, err := w.SQL.ExecContext(w.ctx, w.SQL.Rebind(statement), args...)
	w.ok(err)
}

// desire makes something else desired of somebody's account.
func (w *world) desire(name, assignments string) {
	w.Helper()
	w.set(`UPDATE desired_accounts SET `+assignments+` WHERE target_id = ? AND user_id = ?`, w.target, w.userID(name))
}

// planAll plans everything that is stored as desired, and nothing else.
func (w *world) planAll() []string {
	w.Helper()
	_, err := w.Store.PlanTarget(w.ctx, w.claim, w.target, true)
	w.ok(err)
	return w.changes()
}

// allow admits all removals.
func (w *world) allow() {
	w.Helper()
	w.guard(limits(func(l *store.Limits) { l.Override = true }))
}
