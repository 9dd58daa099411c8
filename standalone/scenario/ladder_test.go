package scenario

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/api/serviceerror"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/oktasim"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/internal/temporal"
	"github.com/rollcall-sync/rollcall/workflows"
)

const day = 24 * time.Hour

// climbing is a scenario with a ladder, and a clock that can be set.
type climbing struct {
	*scenario
	ahead *atomic.Int64
	// left is who is leaving, groups the names of the groups they were in.
	left   oktasim.UserState
	groups []string
}

const longLadder = `leavers: { deactivated: "suspend now, remove groups after 7d, deactivate after 30d, delete after 90d" }`

func newClimbing(t *testing.T, connection string) *climbing {
	t.Helper()
	ahead := &atomic.Int64{}
	c := &climbing{ahead: ahead}
	c.scenario = newScenario(t, settings{People: 30, Groups: 6, Memberships: 120, Uniform: true, Connection: connection,
		Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }}).start()
	c.wantOutcome(c.sync(workflows.SyncInput{}), workflows.OutcomeDone)
	c.Box.Mark()
	for _, u := range c.active() {
		if a := c.account(u.Email); a.Managed && len(a.Groups) > 1 {
			c.left, c.groups = u, c.groupNames(u.Email)
			break
		}
	}
	if c.left.ID == "" {
		t.Fatal("nobody is in two groups and managed")
	}
	c.no(c.Box.Okta.DeactivateUser(c.left.ID))
	c.wantOutcome(c.sync(workflows.SyncInput{}), workflows.OutcomeDone)
	return c
}

// groupNames are the names of the groups of an account, sorted.
func (c *climbing) groupNames(email string) []string {
	var names []string
	for _, g := range c.Box.Atlassian.State().Groups {
		if slices.Contains(c.account(email).Groups, g.ID) {
			names = append(names, g.Name)
		}
	}
	slices.Sort(names)
	return names
}

// leaver is the leaver's row; its Step is 0 when there is none.
func (c *climbing) leaver() store.Leaver {
	c.Helper()
	for l, err := range c.Worker.Store.Leavers(c.Context(), store.LeaverFilter{Connection: c.Name}) {
		c.no(err)
		return l
	}
	return store.Leaver{}
}

// jump sets the clock so long after the beginning, and wakes who waits, as the
// sweep does of what is overdue.
func (c *climbing) jump(after time.Duration) {
	c.Helper()
	user := c.leaver().UserID
	c.ahead.Store(int64(after))
	c.wake(user)
}

// wake wakes a leaver's workflow. A signal is given seconds, which a busy
// machine may not have; the sweep would give it again, too.
func (c *climbing) wake(user int64) {
	c.Helper()
	entities := temporal.NewEntities(c.Worker.Client)
	c.eventually("the leaver's workflow is woken", func() (bool, any) {
		err := entities.Leaver(c.Context(), c.Name, user)
		return err == nil, err
	})
}

// climb lets a step become due and waits until it was taken.
func (c *climbing) climb(after time.Duration, what string, so func() bool) {
	c.Helper()
	c.jump(after)
	c.eventually(what, func() (bool, any) { return so(), c.account(c.left.Email) })
}

// steps are what is to be seen of each step of the long ladder.
func (c *climbing) steps() []func() {
	email := c.left.Email
	is := func(status string, groups bool) func() bool {
		return func() bool { a := c.account(email); return a.Status == status && (len(a.Groups) > 0) == groups }
	}
	return []func(){
		func() { c.climb(0, "the account is suspended, with its groups", is("suspended", true)) },
		func() { c.climb(8*day, "the account is in no group", is("suspended", false)) },
		func() { c.climb(31*day, "the account is deactivated", is("deactivated", false)) },
		func() {
			c.climb(91*day, "the account is out of the directory", func() bool { return !c.account(email).Member })
		},
	}
}

func TestWhoComesBackOnAStepOfTheLadderHasTheirAccessAndGroupsAgain(t *testing.T) {
	t.Parallel()
	for _, comes := range []struct {
		back, ladder string
		steps        []int
	}{
		{"suspended", longLadder, []int{0}},
		{"in no group", longLadder, []int{0, 1}},
		{"deactivated", longLadder, []int{0, 1, 2}},
		{"out of the directory", longLadder, []int{0, 1, 2, 3}},
		{"out of the directory without having been deactivated", `leavers: { deactivated: "suspend now, remove groups after 7d, delete after 90d" }`, []int{0, 1, 3}},
	} {
		t.Run(comes.back, func(t *testing.T) {
			t.Parallel()
			c := newClimbing(t, comes.ladder)
			for _, step := range comes.steps {
				c.steps()[step]()
			}
			c.no(c.Box.Okta.ActivateUser(c.left.ID))
			c.signIn(c.left.ID)
			result := c.sync(workflows.SyncInput{})
			c.explain(result)
			c.wantOutcome(result, workflows.OutcomeDone)
			if a := c.account(c.left.Email); a.Status != "active" {
				t.Errorf("the account is %s", a.Status)
			}
			if diff := cmp.Diff(c.groups, c.groupNames(c.left.Email)); diff != "" {
				t.Errorf("the groups (-before +now):\n%s", diff)
			}
			if l := c.leaver(); l.Step != 0 {
				t.Errorf("they are still leaving: %+v", l)
			}
			c.wantEqual()
			// Whatever timers there were do nothing any more.
			c.ahead.Store(int64(400 * day))
			c.eventually("the timers have ended", func() (bool, any) {
				open := c.executions(`WorkflowType = "Leaver" AND ExecutionStatus = "Running" AND RollcallConnection = "` + c.Name + `"`)
				for _, e := range open {
					err := c.Worker.Client.SignalWorkflow(t.Context(), e.GetExecution().GetWorkflowId(), "", workflows.WakeSignal, nil)
					var ended *serviceerror.NotFound
					if err != nil && !errors.As(err, &ended) {
						t.Fatal(err)
					}
				}
				return len(open) == 0, open
			})
			if again := c.sync(workflows.SyncInput{}); again.Applied > 0 {
				t.Errorf("the next run changed something: %+v", again)
			}
		})
	}
}

func TestAStepThatIsHeldByAPersonWaitsForThem(t *testing.T) {
	t.Parallel()
	c := newClimbing(t, longLadder)
	c.steps()[0]()
	l := c.leaver()
	c.no(c.Worker.Store.HoldLeaver(t.Context(), c.Name, l.UserID, l.Target, true, store.Who{Name: "an administrator"}, time.Now()))
	c.jump(200 * day)
	c.eventually("the timers have ended", func() (bool, any) {
		open := c.executions(`WorkflowType = "Leaver" AND ExecutionStatus = "Running" AND RollcallConnection = "` + c.Name + `"`)
		return len(open) == 0, open
	})
	c.sync(workflows.SyncInput{})
	if a := c.account(c.left.Email); a.Status != "suspended" || len(a.Groups) == 0 {
		t.Errorf("while held the account became %s with %d groups", a.Status, len(a.Groups))
	}
	c.no(c.Worker.Store.HoldLeaver(t.Context(), c.Name, l.UserID, l.Target, false, store.Who{Name: "an administrator"}, time.Now()))
	c.wake(l.UserID)
	c.eventually("the ladder has gone on to its end", func() (bool, any) { a := c.account(c.left.Email); return !a.Member, a })
}

func TestEachStepIsARunThatSaysWhy(t *testing.T) {
	t.Parallel()
	c := newClimbing(t, longLadder)
	for _, climb := range c.steps()[:3] {
		climb()
	}
	want := []string{string(directory.RemoveMember), string(directory.DeactivateAccount)}
	c.eventually("what the ladder's runs did is recorded", func() (bool, any) {
		kinds := c.ladderDid()
		return slices.Equal(kinds, want), kinds
	})
}

// ladderDid are the kinds of change that the runs of ladders have made, in order.
func (c *climbing) ladderDid() []string {
	c.Helper()
	runs, err := c.Worker.Store.Runs(c.Context(), c.Name, 10)
	c.no(err)
	var kinds []string
	for _, run := range slices.Backward(runs) {
		if run.Trigger != workflows.TriggerLeaver {
			continue
		}
		if !strings.Contains(run.AskedBy, "ladder") {
			c.Errorf("run %d was asked for by %q", run.ID, run.AskedBy)
		}
		for _, change := range c.changes(run.ID, store.ChangeFilter{States: []string{string(directory.Applied)}}) {
			if !slices.Contains(kinds, change.Kind) {
				kinds = append(kinds, change.Kind)
			}
		}
	}
	return kinds
}

func TestALadderGoesOnWhenTemporalsDatabaseIsLost(t *testing.T) {
	t.Parallel()
	c := newClimbing(t, longLadder)
	c.steps()[0]()
	c.Worker.Stop()
	// Another server, which knows nothing of what ran on the first.
	server, namespace := shared.lend(t)
	c.Config.Temporal.Address, c.Config.Temporal.Namespace = server.FrontendAddress(), namespace
	c.ahead.Store(int64(8 * day))
	c.start()
	c.eventually("the account is in no group", func() (bool, any) {
		a := c.account(c.left.Email)
		return a.Status == "suspended" && len(a.Groups) == 0, a
	})
	c.steps()[2]()
}
