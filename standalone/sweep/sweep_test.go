package sweep

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/workflows"
)

// extent is how much is tried on each database.
type extent struct{ lanes, cycles int }

func extentOf() extent {
	if os.Getenv("ROLLCALL_SWEEP") != "" {
		return extent{lanes: 26, cycles: cyclesAtMost} // 208 points
	}
	return extent{lanes: 2, cycles: 3}
}

func seedOf(t *testing.T) int64 {
	t.Helper()
	text := os.Getenv("ROLLCALL_SWEEP_SEED")
	if text == "" {
		return 1
	}
	seed, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatalf("ROLLCALL_SWEEP_SEED: %v", err)
	}
	return seed
}

func TestARunWhoseWorkerIsKilledFinishesAsIfNothingHadHappened(t *testing.T) {
	t.Parallel()
	for database := range databases {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			e := extentOf()
			runs := undisturbed(t, database, e.cycles)
			choose := newChooser(seedOf(t), runs)
			reached := &coverage{activities: map[string]int{}, calls: map[string]int{}}
			t.Run("lanes", func(t *testing.T) {
				for n := range e.lanes {
					points := make([]point, e.cycles)
					for cycle := range points {
						points[cycle] = choose.choose(cycle)
					}
					t.Run(fmt.Sprintf("%02d", n), func(t *testing.T) {
						t.Parallel()
						sweep(t, database, points, runs, reached)
					})
				}
			})
			reached.check(t, e)
		})
	}
}

// undisturbed makes the cycles' runs without a crash, twice: what differs
// between the two is left to chance, and no point is chosen by it.
func undisturbed(t *testing.T, database string, cycles int) []made {
	t.Helper()
	runs := make([][]made, 2)
	t.Run("without a crash", func(t *testing.T) {
		for try := range runs {
			t.Run(fmt.Sprint(try), func(t *testing.T) {
				t.Parallel()
				l := newLane(t, database)
				for cycle := range cycles {
					m := l.undisturbed(cycle)
					l.verify(m, m)
					if m.Result.Outcome != workflows.OutcomeDone {
						l.Fatalf("cycle %d: %+v", cycle, m.Result)
					}
					runs[try] = append(runs[try], m)
				}
			})
		}
	})
	if t.Failed() {
		t.FailNow()
	}
	for cycle := range runs[0] {
		one, other := &runs[0][cycle], runs[1][cycle]
		if diff := cmp.Diff(one.Effects, other.Effects) + cmp.Diff(one.Left, other.Left); diff != "" {
			t.Fatalf("cycle %d is not the same each time:\n%s", cycle, diff)
		}
		one.Commits, one.Tail = min(one.Commits, other.Commits), min(one.Tail, other.Tail)
		for route := range one.Calls {
			if one.Calls[route] = min(one.Calls[route], other.Calls[route]); one.Calls[route] == 0 {
				delete(one.Calls, route)
			}
		}
		t.Logf("cycle %d without a crash: %+v, %d commits, %d of them at the end, calls %v", cycle, one.Result, one.Commits, one.Tail, one.Calls)
	}
	return runs[0]
}

// sweep makes a lane's runs, each with a crash.
func sweep(t *testing.T, database string, points []point, runs []made, reached *coverage) {
	l := newLane(t, database)
	for cycle, p := range points {
		began := time.Now()
		got, underWay := l.disturbed(cycle, p)
		t.Logf("cycle %d, killed %s: %v under way; %s", cycle, p, underWay, time.Since(began).Round(time.Millisecond))
		l.verify(got, runs[cycle])
		if t.Failed() {
			t.Fatalf("cycle %d, killed %s: see above", cycle, p)
		}
		reached.add(p, underWay)
	}
}

// verify checks everything that must hold once a run is over.
func (l *lane) verify(got, want made) {
	l.Helper()
	for _, wrong := range l.wrong(got, want) {
		l.Error(wrong)
	}
}

// wrong is what does not hold of a run and of what it left behind.
func (l *lane) wrong(got, want made) []string {
	l.Helper()
	var wrong []string
	if report := l.compare(); !report.Equal() {
		wrong = append(wrong, fmt.Sprintf("the target differs from the source:\n%s", report))
	}
	wrong = append(wrong, judge(got.Effects, want.Effects)...)
	wrong = append(wrong, wrongOrigins(l.links(), l.adopted)...)
	if got.Result.Outcome != want.Result.Outcome {
		wrong = append(wrong, fmt.Sprintf("the run ended as %q, without a crash as %q", got.Result.Outcome, want.Result.Outcome))
	}
	if diff := cmp.Diff(want.Left, got.Left); diff != "" {
		wrong = append(wrong, "what is in the database is not what a run without a crash leaves (-without +with):\n"+diff)
	}
	if diff := cmp.Diff(l.outcomes, l.outcomesThere()); diff != "" {
		wrong = append(wrong, "the runs in the database (-expected +there):\n"+diff)
	}
	wrong = append(wrong, l.misremembered()...)
	return wrong
}

// coverage is where runs were cut off.
type coverage struct {
	mu         sync.Mutex
	points     int
	activities map[string]int
	calls      map[string]int
}

func (c *coverage) add(p point, underWay []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.points++
	for _, name := range underWay {
		c.activities[name]++
	}
	if p.Route != "" && p.Commit == 0 {
		c.calls[p.Phase+" "+p.Route]++
	}
}

// check wants, of a large sweep, that runs were cut off in every activity that
// writes, and before and after every kind of remote write.
func (c *coverage) check(t *testing.T, e extent) {
	t.Helper()
	t.Logf("killed at %d points; under way were %v; calls %v", c.points, c.activities, c.calls)
	if t.Failed() || e.lanes < 20 {
		return
	}
	if c.points < 200 {
		t.Errorf("%d points", c.points)
	}
	for _, name := range []string{
		workflows.ActivityBegin, workflows.ActivityReadUsers, workflows.ActivityReadGroups, workflows.ActivityReadMembers,
		workflows.ActivityFinishRead, workflows.ActivityReadTarget, workflows.ActivityDecide, workflows.ActivityPlan, workflows.ActivityGuard,
		workflows.ActivityLookUp, workflows.ActivityApplyBatch, workflows.ActivityFinish,
	} {
		if c.activities[name] == 0 {
			t.Errorf("no run was cut off in %s", name)
		}
	}
	for _, route := range writes {
		for _, phase := range []string{before, after} {
			if c.calls[phase+" "+route] == 0 {
				t.Errorf("no run was cut off %s %s", phase, route)
			}
		}
	}
	if t.Failed() {
		t.Log(slices.Sorted(maps.Keys(c.calls)))
	}
}
