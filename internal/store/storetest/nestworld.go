package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/scim"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// nestWorld is a pushed connection whose target keeps groups in groups.
type nestWorld struct {
	*pushWorld
	settings store.TargetSpec
	// left are the names of groups that the rules do not take, merged those of
	// groups that share one; rules counts how often that was changed.
	left, merged []string
	// clashing are the names of groups that want one name, and do not share it.
	clashing []string
	// taken are the names that a group in the target has which is nobody's.
	taken []string
	// refusing are the nestings that the target refuses to make, "inner in outer",
	// silent those of which it makes nothing known.
	refusing, silent []string
	// full is whether runs plan everybody, whether or not they have changed.
	full  bool
	rules int
	claim store.Claim
	// applying is the claim of the run whose changes are being done.
	applying store.Claim
}

func nestCases(t *testing.T, open Open, table map[string]func(w *nestWorld)) {
	pushed := make(map[string]func(w *pushWorld), len(table))
	for name, test := range table {
		pushed[name] = func(w *pushWorld) { test(newNestWorld(w)) }
	}
	pushCases(t, open, pushed)
}

func newNestWorld(w *pushWorld) *nestWorld {
	w.Helper()
	n := &nestWorld{pushWorld: w, settings: cloud}
	n.settings.Nests = true
	n.configure()
	return n
}

// configure stores the target as it is configured, with other rules than before.
func (w *nestWorld) configure() {
	w.Helper()
	w.rules++
	_, err := w.Store.EnsureConnection(w.ctx, "staff", fmt.Sprintf("rules-%d", w.rules), "", []store.TargetSpec{w.settings})
	w.ok(err)
}

// leaveOut changes the rules so that groups are not taken.
func (w *nestWorld) leaveOut(names ...string) {
	w.Helper()
	w.left = names
	w.configure()
}

// share changes the rules so that groups share one, called "shared".
func (w *nestWorld) share(names ...string) {
	w.Helper()
	w.merged = names
	w.configure()
}

func (w *nestWorld) decider() store.TargetDecider {
	w.Helper()
	d := w.pushWorld.decider()
	d.Nests = w.settings.Nests
	same := d.Group
	d.Group = func(g directory.Group) directory.DesiredGroup {
		switch {
		case slices.Contains(w.left, g.Name):
			return directory.DesiredGroup{}
		case slices.Contains(w.merged, g.Name):
			return directory.DesiredGroup{Name: "shared", Rule: "table", Merge: true}
		case slices.Contains(w.clashing, g.Name):
			return directory.DesiredGroup{Name: "same", Rule: "patterns"}
		}
		return same(g)
	}
	return d
}

// planAll takes over all that was pushed, and decides and plans as a run of the
// whole does; it returns what is planned.
func (w *nestWorld) planAll() []string {
	w.Helper()
	w.pullAll()
	w.later(time.Second)
	w.claim = w.sync()
	return w.planRun()
}

// planRun decides and plans in the run that is under way.
func (w *nestWorld) planRun() []string {
	w.Helper()
	decider := w.decider()
	w.ok(w.Store.DecideGroups(w.ctx, w.claim, decider))
	subjects, err := w.Store.DirtyUsers(w.ctx, w.conn, 0, 1000, store.Want{})
	w.ok(err)
	made := make([]store.Decision, len(subjects))
	for i, s := range subjects {
		made[i] = store.Decision{UserID: s.ID, Pulled: s.Pulled}
		made[i].DesiredAccount, made[i].Ladder = decider.Account(s.Subject)
	}
	w.ok(w.Store.SaveDecisions(w.ctx, w.claim, w.target, made, w.now))
	_, err = w.Store.PlanTarget(w.ctx, w.claim, w.target, w.full)
	w.ok(err)
	return w.planned()
}

// planned are the changes of the run, "kind who in what state class".
func (w *nestWorld) planned() []string {
	w.Helper()
	var all []string
	for c, err := range w.Store.Changes(w.ctx, w.claim.RunID, store.ChangeFilter{}) {
		w.ok(err)
		words := []string{c.Kind}
		for _, word := range []string{strings.TrimSuffix(c.User, "@example.com"), c.Group, c.Outer, c.Scope, c.State, c.Class} {
			if word != "" {
				words = append(words, word)
			}
		}
		all = append(all, strings.Join(words, " "))
	}
	return all
}

// carryOut guards the plan, and does what is admitted: a direct look-up speaks
// against nothing.
func (w *nestWorld) carryOut(l store.Limits) store.Verdict {
	w.Helper()
	verdict, err := w.Store.Guard(w.ctx, w.claim, w.target, l, w.now)
	w.ok(err)
	verdict.Reasons = nil
	doubts, err := w.Store.Doubts(w.ctx, w.claim.RunID, w.target, 1000)
	w.ok(err)
	confirmed := make([]store.Settled, len(doubts))
	for i, d := range doubts {
		confirmed[i] = store.Settled{Doubt: d, Confirmed: true}
	}
	w.ok(w.Store.Settle(w.ctx, w.claim, confirmed, w.now))
	w.applying = w.claim
	for _, stage := range directory.Stages {
		due, err := w.Store.DueBatch(w.ctx, w.claim.RunID, w.target, stage, store.Range{To: 1 << 40})
		w.ok(err)
		outcomes := make([]store.Outcome, len(due))
		for i, d := range due {
			outcomes[i] = w.outcome(d)
		}
		w.ok(w.Store.Record(w.ctx, w.claim, w.target, identity, outcomes, w.now))
	}
	return verdict
}

// outcome is that of a change in a target that refuses the names which are taken
// and the nestings which it is said to, and nothing else.
func (w *nestWorld) outcome(d store.DueChange) store.Outcome {
	w.Helper()
	o := done(d)
	blocked := store.Outcome{ChangeID: d.ID, UserID: d.UserID, GroupID: d.GroupID, State: directory.Blocked, Class: directory.ClassNoLink}
	switch directory.Kind(d.Kind) {
	case directory.CreateGroup:
		if slices.Contains(w.taken, d.GroupName) {
			return store.Outcome{ChangeID: d.ID, GroupID: d.GroupID, State: directory.Refused, Class: directory.ClassNotAdopted}
		}
	case directory.AddMember:
		if d.TargetGroupID == "" {
			return blocked
		}
	case directory.AddNesting, directory.RemoveNesting:
		due, err := w.Store.DueNesting(w.ctx, d.ID)
		w.ok(err)
		needed, err := w.Store.NestingNeeded(w.ctx, w.target, d.GroupID, due.OuterID)
		w.ok(err)
		switch {
		case due.InnerGroupID == "" || due.OuterGroupID == "":
			o.State, o.Class = directory.Blocked, directory.ClassNoLink
		case !due.Wanted && needed:
			o.State, o.Class = directory.Blocked, directory.ClassNoNesting
		case due.Wanted:
			w.putIn(&o, due)
		default:
			o.Outside = due.OuterID
		}
	case directory.PermitGroup:
		due, err := w.Store.DuePermission(w.ctx, d.ID)
		w.ok(err)
		o.Permission = &directory.Permission{Scope: due.Scope, Level: due.Level}
	case directory.RemoveMember:
		if d.Nested {
			through, err := w.Store.ThroughAnother(w.ctx, w.target, d.UserID, d.GroupID)
			w.ok(err)
			if !through {
				blocked.Class = directory.ClassNoNesting
				return blocked
			}
		}
	}
	return o
}

// putIn makes an outcome that of a group that is put in another.
func (w *nestWorld) putIn(o *store.Outcome, due store.DueNesting) {
	w.Helper()
	w.ok(w.Store.IntendNesting(w.ctx, w.applying, w.target, o.GroupID, due.OuterID))
	switch what := due.InnerName + " in " + due.OuterName; {
	case slices.Contains(w.refusing, what):
		o.State, o.Class = directory.Refused, directory.ClassRefused
		if !due.Missing {
			o.NotInside = due.OuterID
		}
	case slices.Contains(w.silent, what):
		o.State, o.Class = directory.Retry, directory.ClassUnavailable
	default:
		o.Inside = due.OuterID
	}
}

// end ends the run.
func (w *nestWorld) end() {
	w.Helper()
	w.ok(w.Store.Finish(w.ctx, w.claim, "done", "", true, w.now))
}

// settle runs until nothing is planned.
func (w *nestWorld) settle() {
	w.Helper()
	for range 5 {
		planned := w.planAll()
		w.carryOut(roomy)
		w.end()
		if len(planned) == 0 {
			return
		}
	}
	w.Fatalf("there is always something to do: %q", w.planAll())
}

// roomy are limits that admit everything but the last of a kind.
var roomy = limits(func(l *store.Limits) { l.Always, l.Count, l.Share = 1000, 1000, 1 })

// members are who is in which group of the target by themselves.
func (w *nestWorld) membersThere() []string {
	w.Helper()
	return w.texts(`SELECT u.login || ' in ' || g.name FROM target_memberships m JOIN users u ON u.id = m.user_id JOIN groups g ON g.id = m.group_id`)
}

// nestingsThere are which groups are in which in the target, nestingsInDoubt which
// may or may not be.
func (w *nestWorld) nestingsThere() []string {
	w.Helper()
	return w.texts(`SELECT c.name || ' in ' || g.name FROM target_nestings n JOIN groups c ON c.id = n.child_id JOIN groups g ON g.id = n.group_id WHERE NOT n.missing`)
}

func (w *nestWorld) nestingsInDoubt() []string {
	w.Helper()
	return w.texts(`SELECT c.name || ' in ' || g.name FROM target_nestings n JOIN groups c ON c.id = n.child_id JOIN groups g ON g.id = n.group_id WHERE n.missing`)
}

// notes are the codes of the run's notes.
func (w *nestWorld) notesThere() []string {
	w.Helper()
	notes, err := w.Store.Notes(w.ctx, w.claim.RunID)
	w.ok(err)
	var codes []string
	for _, n := range notes {
		codes = append(codes, n.Code)
	}
	return codes
}

// into puts resources into a pushed group, outOf takes them out.
func (w *nestWorld) into(group string, values ...string) {
	w.Helper()
	w.later(time.Second)
	w.changeMembers(group, scim.MemberChange{Add: membersOf(values...)})
}

func (w *nestWorld) outOf(group string, values ...string) {
	w.Helper()
	w.later(time.Second)
	w.changeMembers(group, scim.MemberChange{Remove: membersOf(values...)})
}

// texts reads one column of text, sorted, without what addresses have in common.
func (w *nestWorld) texts(query string, args ...any) []string {
	w.Helper()
	all := w.column(query, args...)
	for i := range all {
		all[i] = strings.ReplaceAll(all[i], "@example.com", "")
	}
	slices.Sort(all)
	return all
}
