package sweep

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/client"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/sandbox"
	"github.com/rollcall-sync/rollcall/internal/temporal"
	"github.com/rollcall-sync/rollcall/workflows"
)

// ladderOf is the ladder of these lanes: its steps are far enough apart to be
// told from each other, and near enough not to be waited for.
const ladderOf = "suspend now, remove groups after 4s, deactivate after 7s, delete after 10s"

// leaversAtOnce is how many people climb down it together.
const leaversAtOnce = 3

// blow is how a program is killed while people climb down the ladder.
type blow struct {
	program string
	phase   string
	// call is the call to the target, counted from the beginning of the ladder,
	// that it is killed at.
	call int
	// lost is whether Temporal's database is lost with it.
	lost bool
}

func (b blow) String() string {
	text := fmt.Sprintf("%s killed %s call %d", b.program, b.phase, b.call)
	if b.lost {
		text += " and its database lost"
	}
	return text
}

// blows are those that are tried: a few, or with ROLLCALL_SWEEP many.
func blows() []blow {
	if os.Getenv("ROLLCALL_SWEEP") == "" {
		return []blow{
			{workerProgram, before, 2, false}, {workerProgram, after, 7, false}, {workerProgram, after, 12, false},
			{temporalProgram, before, 5, false}, {temporalProgram, after, 9, true},
		}
	}
	// The worker before the odd calls and after the even ones, Temporal before
	// every other: a lane takes as long as its ladder does.
	var all []blow
	for call := 1; call <= 14; call++ {
		if call%2 == 1 {
			all = append(all, blow{workerProgram, before, call, false})
			continue
		}
		all = append(all, blow{workerProgram, after, call, false}, blow{temporalProgram, before, call, call%4 == 0})
	}
	return all
}

// ladderLane is a connection whose worker and Temporal are processes of their own.
type ladderLane struct {
	*testing.T
	box                        *sandbox.Server
	calls                      callCount
	settings, log, temporalDir string
	secrets                    []string
	db                         *sql.DB
	toTemporal                 *proxy
	temporal, worker           *child
	client                     client.Client
	leavers                    []string // addresses
	// steps is all that the ladder may do to them.
	steps effects
	runs  int
}

func newLadderLane(t *testing.T, database string) *ladderLane {
	t.Helper()
	box := newBox(t)
	l := &ladderLane{T: t, box: box, log: filepath.Join(t.TempDir(), "programs.log"), temporalDir: filepath.Join(t.TempDir(), "temporal"), toTemporal: newProxy(t)}
	box.Engine.OnCall(l.calls.pass)
	address, driver, dsn := databases[database](t)
	a := box.Announcement()
	l.secrets = []string{"OKTA_TOKEN=" + a.OktaToken, "ATLASSIAN_API_KEY=" + a.AtlassianKey}
	l.settings = writeSettings(t, box, "people", fmt.Sprintf("temporal: { address: %q, heartbeat_timeout: 1s }\ndatabase: %q", l.toTemporal.address(), address))
	l.appendSettings("    leavers: { deactivated: " + ladderOf + " }\n")
	var err error
	if l.db, err = sql.Open(driver, dsn); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.end)
	l.start(temporalProgram)
	l.start(workerProgram)
	l.client, err = temporal.Dial(t.Context(), temporal.Options{
		Temporal: config.Temporal{Address: l.toTemporal.address(), Namespace: "default"}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.client.Close)
	return l
}

func (l *ladderLane) appendSettings(lines string) {
	l.Helper()
	text, err := os.ReadFile(l.settings)
	if err == nil {
		lines = strings.Replace(lines, ladderOf, `"`+ladderOf+`"`, 1)
		err = os.WriteFile(l.settings, append(text, lines...), 0o600)
	}
	if err != nil {
		l.Fatal(err)
	}
}

// start starts a program, in place of one that was killed.
func (l *ladderLane) start(program string) {
	l.Helper()
	var err error
	if program == temporalProgram {
		if err = os.MkdirAll(l.temporalDir, 0o700); err == nil {
			l.temporal, err = startChild(envTemporal, l.temporalDir, l.log, nil)
		}
		if err == nil {
			l.toTemporal.forward(l.temporal.address)
		}
	} else {
		l.worker, err = startChild(envWorker, l.settings, l.log, l.secrets)
	}
	if err != nil {
		l.Fatalf("start the %s: %v", program, err)
	}
}

func (l *ladderLane) end() {
	for _, c := range []*child{l.worker, l.temporal} {
		if c != nil {
			c.kill()
		}
	}
	said, err := os.ReadFile(l.log)
	if err := errors.Join(err, l.db.Close()); err != nil {
		l.Error(err)
	}
	if strings.Contains(string(said), "DATA RACE") {
		l.Error("a program has a data race")
	}
	if l.Failed() {
		l.Logf("the programs said:\n%s", said[max(0, len(said)-12000):])
	}
}

func (l *ladderLane) sync() {
	l.Helper()
	ctx, cancel := context.WithTimeout(l.Context(), runTimeout)
	defer cancel()
	l.runs++
	run, err := l.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: fmt.Sprintf("sync/people/%d", l.runs), TaskQueue: temporal.WorkflowQueue},
		workflows.SyncName, workflows.SyncInput{Connection: "people", Trigger: "hand"})
	var result workflows.SyncResult
	if err == nil {
		err = run.Get(ctx, &result)
	}
	if err != nil || result.Outcome != workflows.OutcomeDone {
		l.Fatalf("run %d came to %+v, %v", l.runs, result, err)
	}
}

// climb lets some people leave, kills a program meanwhile, and waits until all
// are out of the directory. Then it judges what was done to the target.
func (l *ladderLane) climb(b blow) {
	l.Helper()
	l.sync()
	l.steps = effects{}
	l.box.Engine.ResetCalls()
	known, _ := l.box.Okta.Known()
	for _, k := range known {
		a := accountOf(l.box, k.Email)
		if len(l.leavers) < leaversAtOnce && a.Managed && a.Status == "active" && len(a.Groups) > 1 {
			l.leavers = append(l.leavers, k.Email)
			l.note(k.Email)
			if err := l.box.Okta.DeactivateUser(k.ID); err != nil {
				l.Fatal(err)
			}
		}
	}
	l.sync()
	struck := b.program == "" || l.strike(b)
	l.eventually("everybody is out of the directory", func() (bool, any) {
		return l.over(), l.leavers
	})
	l.eventually("no run is open, and no step is due", func() (bool, any) {
		var open, due int
		err := l.db.QueryRowContext(l.Context(), `SELECT (SELECT COUNT(*) FROM runs WHERE outcome = ''), (SELECT COUNT(*) FROM leavers WHERE due_at <> 0)`).Scan(&open, &due)
		return err == nil && open+due == 0, []any{open, due, err}
	})
	got := effectsOf(l.box.Engine.Calls(), l.box.Atlassian.State())
	l.Logf("%d of %d steps: %v", len(got), len(l.steps), got)
	for _, wrong := range judgeLadder(got, l.steps) {
		l.Error(wrong)
	}
	if !struck && len(got) >= len(l.steps) {
		l.Errorf("%s: the call was not made, though no step was left out", b)
	}
}

// note adds what the ladder may do to somebody: which steps it takes depends on
// how fast the machine is.
func (l *ladderLane) note(email string) {
	for _, kind := range []string{"suspend", "disable", lastStep} {
		l.steps[kind+":"+email] = 1
	}
	held := accountOf(l.box, email).Groups
	for _, g := range l.box.Atlassian.State().Groups {
		if slices.Contains(held, g.ID) {
			l.steps["remove-member:"+g.Name+":"+email] = 1
		}
	}
}

// over is whether everybody is out of the directory.
func (l *ladderLane) over() bool {
	return !slices.ContainsFunc(l.leavers, func(email string) bool { return accountOf(l.box, email).Member })
}

// strike kills a program at a call, and starts it again. It says whether it
// did: a slow machine leaves steps out, and then there are fewer calls.
func (l *ladderLane) strike(b blow) bool {
	l.Helper()
	doomed := map[string]*child{workerProgram: l.worker, temporalProgram: l.temporal}[b.program]
	l.calls.set(b.phase, b.call, b.program == workerProgram && b.phase == before, doomed.kill)
	l.eventually(b.String()+", or everybody is out before that", func() (bool, any) {
		select {
		case <-doomed.ended:
			return true, nil
		default:
			return l.over(), nil
		}
	})
	if l.calls.withdraw() {
		return false
	}
	<-doomed.ended
	if b.lost {
		if err := os.RemoveAll(l.temporalDir); err != nil {
			l.Fatal(err)
		}
	}
	l.start(b.program)
	return true
}

// withdraw takes back what set asked for, and says whether it had not acted yet.
func (c *callCount) withdraw() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	waiting := c.left > 0
	c.left = 0
	return waiting
}

func (l *ladderLane) eventually(what string, so func() (bool, any)) {
	l.Helper()
	deadline := time.NewTimer(2 * patience)
	defer deadline.Stop()
	again := time.NewTicker(lookAgain)
	defer again.Stop()
	for {
		ok, found := so()
		if ok {
			return
		}
		select {
		case <-again.C:
		case <-deadline.C:
			l.Fatalf("%s: still %v", what, found)
		}
	}
}

func TestALadderGoesOnWhateverIsKilled(t *testing.T) {
	t.Parallel()
	for database := range databases {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			t.Run("nothing", func(t *testing.T) { newLadderLane(t, database).climb(blow{}) })
			for i, b := range blows() {
				if database != "SQLite" && i%2 == 1 && os.Getenv("ROLLCALL_SWEEP") == "" {
					continue // on each database some of them
				}
				t.Run(b.String(), func(t *testing.T) {
					t.Parallel()
					newLadderLane(t, database).climb(b)
				})
			}
		})
	}
}

// lastStep is the kind of effect that a ladder ends with.
const lastStep = "remove-account"

// judgeLadder compares what a ladder did with all its steps. One whose time was
// over, for the programs were down or the machine is slow, may be left out for a
// later one that contains it; the last is made for everybody, nothing is done
// twice, and nothing else is done.
func judgeLadder(got, want effects) []string {
	var wrong []string
	for effect, times := range got {
		switch {
		case want[effect] == 0:
			wrong = append(wrong, effect+" is no step of the ladder")
		case times > 1:
			wrong = append(wrong, fmt.Sprintf("%s was done %d times", effect, times))
		}
	}
	for effect := range want {
		if strings.HasPrefix(effect, lastStep+":") && got[effect] == 0 {
			wrong = append(wrong, effect+" was not done")
		}
	}
	slices.Sort(wrong)
	return wrong
}

func TestTheLadderSweepNoticesAStepThatIsMissingOrDoneTwice(t *testing.T) {
	t.Parallel()
	want := effects{"remove-member:g:a": 1, "disable:a": 1, "remove-account:a": 1}
	for name, got := range map[string]effects{
		"the last step left out":     {"remove-member:g:a": 1, "disable:a": 1},
		"a step that was done twice": {"remove-member:g:a": 1, "disable:a": 2, "remove-account:a": 1},
		"a step too many":            {"remove-member:g:a": 1, "disable:a": 1, "remove-account:a": 1, "suspend:b": 1},
	} {
		if len(judgeLadder(got, want)) == 0 {
			t.Errorf("%s was not noticed", name)
		}
	}
	for name, got := range map[string]effects{"all steps": want, "a step that a later one contains": {"remove-member:g:a": 1, "remove-account:a": 1}} {
		if diff := cmp.Diff([]string(nil), judgeLadder(got, want)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
