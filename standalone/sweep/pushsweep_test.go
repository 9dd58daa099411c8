package sweep

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"testing"
	"time"
)

// pushExtent is how much is tried on each database.
type pushExtent struct{ lanes, segments, points, pushes int }

// inSegment is how many pushes go with one point.
const inSegment = 5

func pushExtentOf() pushExtent {
	if os.Getenv("ROLLCALL_SWEEP") != "" {
		// Some points are not reached: a worker may have less to do than expected.
		return pushExtent{lanes: 4, segments: 54, points: 200, pushes: 1000}
	}
	return pushExtent{lanes: 1, segments: len(killings), points: len(killings) - 2, pushes: inSegment * len(killings)}
}

// killing is a point at which a program is killed.
type killing struct {
	program string
	// where is "commit", "call" or "push": what is counted up to the point.
	where string
	most  int
}

// killings are taken in turn. A segment's five pushes are five commits of the
// gateway at least, and some calls and commits of the worker's.
var killings = []killing{
	{gatewayProgram, "commit", inSegment},
	{workerProgram, "commit", 8},
	{workerProgram, "call", 6},
	{temporalProgram, "push", inSegment},
	{gatewayProgram, "commit", inSegment},
	{workerProgram, "commit", 3},
	{temporalProgram, "call", 6},
	{gatewayProgram, "push", inSegment},
}

func TestWhatWasAnsweredIsInTheTargetWhateverIsKilled(t *testing.T) {
	t.Parallel()
	for database := range databases {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			e := pushExtentOf()
			reached := &killed{at: map[string]int{}}
			t.Run("lanes", func(t *testing.T) {
				for n := range e.lanes {
					t.Run(fmt.Sprintf("%02d", n), func(t *testing.T) {
						t.Parallel()
						sweepPushes(t, database, seedOf(t)*100+int64(n), e, reached)
					})
				}
			})
			reached.check(t, e)
		})
	}
}

// sweepPushes pushes, with a crash every few pushes, and checks what came of it.
func sweepPushes(t *testing.T, database string, seed int64, e pushExtent, reached *killed) {
	l := newPushLane(t, database, seed)
	for n := range e.segments {
		k := killings[n%len(killings)]
		began := time.Now()
		point, died := l.segment(k)
		t.Logf("%s: %t, %s", point, died, time.Since(began).Round(time.Millisecond))
		if died {
			reached.add(k)
		}
	}
	reached.pushed(l.answered)
	began := time.Now()
	if wrong := l.settle(patience); len(wrong) > 0 {
		for _, one := range wrong {
			t.Error(one)
		}
		l.tell(wrong)
	}
	t.Logf("%d pushes to %d users and %d groups; settled in %s", l.answered, len(l.users), len(l.groups), time.Since(began).Round(time.Millisecond))
}

// segment makes some pushes with a crash among them. It returns when the
// program that was killed runs again, or when everything is done and it was
// not killed.
func (l *pushLane) segment(k killing) (point string, died bool) {
	l.Helper()
	doomed := l.running(k.program)
	phase, n := []string{before, after}[l.rng.Intn(2)], 1+l.rng.Intn(k.most)
	switch k.where {
	case "commit":
		if err := doomed.arm(phase, n); err != nil {
			l.Fatal(err)
		}
	case "call":
		// A call whose worker is killed before it is not performed; one that
		// is made while Temporal is killed is.
		l.calls.set(phase, n, k.program == workerProgram, doomed.kill)
	}
	stop := make(chan struct{})
	restarted := l.whenKilled(k.program, stop)
	for i := range inSegment {
		if k.where == "push" && i+1 == n {
			// At no point in particular: the last push is under way behind the gateway.
			doomed.kill()
		}
		l.answer(l.next())
	}
	return fmt.Sprintf("%s killed %s %s %d", k.program, phase, k.where, n), l.outcome(k.program, doomed, stop, restarted)
}

// outcome waits until the program was started again, or has nothing left to do.
func (l *pushLane) outcome(program string, doomed *child, stop chan<- struct{}, restarted <-chan error) (died bool) {
	l.Helper()
	again := time.NewTicker(lookAgain)
	defer again.Stop()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		select {
		case err, died := <-restarted:
			if err != nil {
				l.Fatal(err)
			}
			return died
		case <-deadline.C:
			l.Fatalf("nothing was killed, and not everything is done: %v", l.missing(l.box.Atlassian.State()))
		case <-again.C:
		}
		if _, due := l.pending(); due > 0 || stop == nil {
			continue
		}
		l.calls.set(before, 0, false, nil)
		if program != temporalProgram {
			// An error means that it was killed just now.
			_ = doomed.arm(before, 0)
		}
		close(stop)
		stop = nil
	}
}

// killed is what was killed, and how much was pushed.
type killed struct {
	mu      sync.Mutex
	at      map[string]int
	answers int
}

func (r *killed) add(k killing) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at[k.program+" at a "+k.where]++
}

func (r *killed) pushed(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers += n
}

// check wants that as much was tried as was to be.
func (r *killed) check(t *testing.T, e pushExtent) {
	t.Helper()
	total := 0
	for _, name := range slices.Sorted(maps.Keys(r.at)) {
		t.Logf("%4d × %s", r.at[name], name)
		total += r.at[name]
	}
	if t.Failed() {
		return
	}
	if total < e.points || r.answers < e.pushes {
		t.Errorf("killed at %d points, want %d; %d pushes, want %d", total, e.points, r.answers, e.pushes)
	}
	for _, k := range killings {
		if r.at[k.program+" at a "+k.where] == 0 {
			t.Errorf("%s was never killed at a %s", k.program, k.where)
		}
	}
}
