package scenario

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/cli"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/workflows"
)

func TestCommandLineSteersARunThatIsUnderWay(t *testing.T) {
	t.Parallel()
	s := newSlowRun(t)
	o := s.operator("")
	id := fmt.Sprint(s.id)
	o.rollcall("run", "pause", id, "--by", "Ada").want(t, cli.ExitDone, "pauses", "rollcall run resume "+id)
	o.rollcall("run", id).want(t, cli.ExitDone, "running", "paused (rollcall run resume "+id+")")
	o.rollcall("run", "slow", id, "--pace", "2").want(t, cli.ExitDone, "makes at most 2 changes a second")
	o.rollcall("run", "slow", id).want(t, cli.ExitUsage, "--pace: expected the most changes a second")
	o.rollcall("run", "skip", id, "nobody").want(t, cli.ExitFailed, `no person "nobody"`)
	o.rollcall("run", "slow", id, "--pace", "0").want(t, cli.ExitDone, "goes as fast as it may")
	o.rollcall("run", "resume", id).want(t, cli.ExitDone, "goes on")
	o.rollcall("run", "stop", id).want(t, cli.ExitDone, "stops")
	s.ends(workflows.OutcomeStopped)
	o.rollcall("run", id).want(t, cli.ExitDone, "stopped", "A person stopped the run")
	o.rollcall("run", "resume", id).want(t, cli.ExitFailed, "has ended (stopped)")
	o.rollcall("run", "pause", "999").want(t, cli.ExitFailed, "there is no run 999")
	o.rollcall("audit", s.Name, "--actions", "--run", id).want(t, cli.ExitDone, "Ada (unverified)", "pause", "slow", "resume", "stop")
}

func TestWhoFollowsARunIsToldThatItIsPaused(t *testing.T) {
	t.Parallel()
	s := newScenario(t, settings{People: 20, Groups: 2, Memberships: 1, Uniform: true}).start()
	o := s.operator("")
	o.rollcall("sync", s.Name, "--dry-run").want(t, cli.ExitDone)
	slow := s.Box.Engine.Add(fault.Rule{Kind: fault.Latency, Delay: fault.Duration(200 * time.Millisecond)})

	began, paused := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithTimeout(t.Context(), hung)
	defer cancel()
	stderr := &notices{waits: map[string]chan struct{}{"Run 2 has begun.": began, "Waiting: run 2 is paused. Let it go on with: rollcall run resume 2": paused}}
	ended := make(chan said, 1)
	go func() { ended <- o.rollcallTo(ctx, stderr, stderr.String, "sync", s.Name) }()
	stderr.await(t, began)
	o.rollcall("run", "pause", "2").want(t, cli.ExitDone)
	stderr.await(t, paused)
	s.Box.Engine.Remove(slow)
	o.rollcall("run", "resume", "2").want(t, cli.ExitDone)
	(<-ended).want(t, cli.ExitDone, "Run 2 of "+s.Name+": done")
	s.wantEqual()
}

func TestCommandLineUndoesARunAndItStaysUndone(t *testing.T) {
	t.Parallel()
	s := newScenario(t, settings{People: 20, Groups: 2, Memberships: 1, Uniform: true}).start()
	o := s.operator("")
	o.rollcall("sync", s.Name).want(t, cli.ExitDone)
	left, renamed := s.active()[0], s.active()[1]
	s.no(s.Box.Okta.DeactivateUser(left.ID))
	s.no(s.Box.Okta.UpdateProfile(renamed.ID, map[string]any{"lastName": "Newname"}))
	o.rollcall("sync", s.Name).want(t, cli.ExitDone, "account.suspend", "account.update")

	o.rollcall("undo", "2", "--dry-run").want(t, cli.ExitDone, left.Email+": account.restore", renamed.Email+": account.update", "Do it with: rollcall undo 2")
	o.rollcall("undo", "2").want(t, cli.ExitUsage, "add --yes")
	if s.account(left.Email).Status != "suspended" {
		t.Fatalf("a dry run undid it")
	}
	o.rollcall("undo", "2", "--user", left.Email, "--yes", "--by", "Ada").want(t, cli.ExitDone, "by undo, asked for by Ada (unverified), taking back run 2", "account.restore  applied  1")
	if got := s.account(left.Email).Status; got != "active" {
		t.Errorf("the account is %s; want it active again", got)
	}
	o.rollcall("audit", s.Name, "--actions", "--run", "2").want(t, cli.ExitDone, "undo", "Ada (unverified)")
	o.rollcall("explain", s.Name, left.ID).want(t, cli.ExitDone, "Undone    state by run 3, and stays so: active", "nothing to do")
	o.rollcall("sync", s.Name).want(t, cli.ExitDone, "Nothing to change.")
	o.rollcall("undo", "2", "--user", left.Email, "--yes").want(t, cli.ExitFailed, "changed-since", "nothing of run 2 can be taken back")

	o.rollcall("undo", "release", s.Name, "--user", left.Email).want(t, cli.ExitDone, "Released 1 value", "rollcall plan "+s.Name)
	o.rollcall("undo", "release", s.Name).want(t, cli.ExitDone, "Nothing that was undone stands there.")
	o.rollcall("audit", s.Name, "--actions").want(t, cli.ExitDone, "undo.release")
	o.rollcall("sync", s.Name).want(t, cli.ExitDone, "account.suspend  applied  1")
	if got := s.account(left.Email).Status; got != "suspended" {
		t.Errorf("once released the account is %s; want what the rules say", got)
	}
	o.rollcall("undo", "1000").want(t, cli.ExitFailed, "there is no run 1000")
	o.rollcall("undo", "2", "--csv").want(t, cli.ExitUsage, "needs --dry-run")
}
