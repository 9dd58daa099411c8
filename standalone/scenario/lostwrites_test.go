package scenario

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/workflows"
)

// taking is when the source takes back what the run did: what happens before,
// and after.
type taking struct {
	name          string
	before, after func(l *losing)
}

func takings() []taking {
	nothing := func(*losing) {}
	return []taking{
		{"before the next run", nothing, nothing},
		{"after a good run", (*losing).comesRight, nothing},
		{"after a run that is refused", (*losing).isRefused, nothing},
		{"before a run that is refused", nothing, (*losing).isRefused},
	}
}

// isRefused plays two runs whose credentials are refused from the first call on:
// one that makes its plan before, and one that reads the targets first.
func (l *losing) isRefused() {
	l.Helper()
	for _, kind := range l.kinds() {
		l.Box.Engine.Add(fault.Rule{API: l.Box.API(kind), Kind: fault.Status, Status: http.StatusUnauthorized})
	}
	l.sync(workflows.SyncInput{AllowRemovals: true})
	l.wantOutcome(l.sync(workflows.SyncInput{Full: true, Drift: true, AllowRemovals: true}), workflows.OutcomeFailed)
	l.Box.Engine.Clear()
}

// Every answer of a write is lost once, in all kinds at once, and the run never
// hears what it did; ROLLCALL_SWEEP=1 plays it with all writes and some endings,
// ROLLCALL_SWEEP=all with everything, which takes half an hour.
func TestWhatARunDidWithoutHearingOfItIsTakenBackWhenTheSourceDoes(t *testing.T) {
	t.Parallel()
	sweep := os.Getenv("ROLLCALL_SWEEP")
	for i, d := range deeds() {
		if sweep == "" && !d.always {
			continue
		}
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			want := beside(t, func(t *testing.T) course { return undisturbed(t, d) })
			most := slices.Max(slices.Collect(maps.Values(want.writes)))
			for _, nth := range d.writes() {
				if nth > most {
					continue // no kind makes as many of it
				}
				for j, e := range endings {
					for k, taken := range takings() {
						if !played(sweep, i, nth, j, k) || e.status == 0 && nth > 1 { // the last ending is of the first write
							continue
						}
						t.Run(fmt.Sprintf("write %d, %s, taken back %s", nth, e.name, taken.name), func(t *testing.T) {
							t.Parallel()
							playLost(t, d, nth, e, taken, want, databases[(i+j+k+nth)%2].address(t))
						})
					}
				}
			}
		})
	}
}

// played is whether a sweep plays a deed's nth write with an ending and a taking, by
// their places: each deed with every other ending, and each of these with one of the
// takings, by turns.
func played(sweep string, deed, nth, ending, taking int) bool {
	byTurns := taking == (deed+ending)%len(takings())
	switch {
	case sweep == "all":
		return true
	case sweep == "":
		return nth == 1 && ending == deed%len(endings) && byTurns
	case nth > 1:
		return ending == (deed+1)%len(endings) && byTurns
	}
	return byTurns && ending%2 == deed%2
}

// A run of one person's is as little heard of.
func TestWhatARunOfOnePersonDidWithoutHearingOfItIsTakenBackWhenTheSourceDoes(t *testing.T) {
	t.Parallel()
	sweep := os.Getenv("ROLLCALL_SWEEP")
	if sweep == "" {
		t.Skip("only with ROLLCALL_SWEEP=1")
	}
	for i, d := range deeds() {
		if d.of == nil {
			continue
		}
		d.alone = true
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			want := beside(t, func(t *testing.T) course { return undisturbed(t, d) })
			for j, e := range endings {
				for k, taken := range takings() {
					// The first, a refused credential, goes on being tried for two minutes.
					if sweep != "all" && (j != 1+i%(len(endings)-1) || k != (i+j)%len(takings())) {
						continue
					}
					t.Run(e.name+", taken back "+taken.name, func(t *testing.T) {
						t.Parallel()
						playLost(t, d, 1, e, taken, want, databases[(i+j+k)%2].address(t))
					})
				}
			}
		})
	}
}

// beside plays what goes well as a test of its own, which has given back what it
// was lent before those begin that are compared with it.
func beside[T any](t *testing.T, play func(t *testing.T) T) T {
	t.Helper()
	var found T
	played := false
	t.Run("undisturbed", func(t *testing.T) {
		found = play(t)
		played = true
	})
	if !played {
		t.Skip("what goes well was not played: there is nothing to compare with")
	}
	return found
}

// course is what becomes of a deed when every answer arrives, by kind.
type course struct {
	// writes are how many calls of the run that did it changed the target.
	writes map[string]int
	// after is what each target holds once it was taken back.
	after map[string]holdings
	// times is how often one and the same thing was done at most, by what it is.
	times map[string]int
}

func undisturbed(t *testing.T, d deed) course {
	t.Helper()
	c := course{after: map[string]holdings{}, times: map[string]int{}}
	l := newLosing(t, d, "")
	l.no(l.begins().Get(t.Context(), nil))
	c.writes = l.writesOf(d.counts)
	for _, kind := range l.kinds() {
		if (c.writes[kind] == 0) != slices.Contains(d.lacking, kind) {
			t.Errorf("%s: %d calls did something, and it is said to lack it: %v", kind, c.writes[kind], slices.Contains(d.lacking, kind))
		}
	}
	l.meddle()
	l.takeBack()
	l.comesRight()
	for _, kind := range l.kinds() {
		c.after[kind] = holdingsOf(l.Box.TargetState(kind))
		for key, times := range l.Box.Applied(kind) {
			c.times[verbOf(key)] = max(c.times[verbOf(key)], times)
		}
	}
	return c
}

func verbOf(key string) string {
	verb, _, _ := strings.Cut(key, ":")
	return verb
}

func (l *losing) takeBack() {
	l.Helper()
	if l.undoes != nil {
		l.undoes(l)
		l.Box.Mark()
	}
}

func playLost(t *testing.T, d deed, nth int, e ending, taken taking, want course, database string) {
	l := newLosing(t, d, database)
	writes := maps.Clone(want.writes)
	if e.status == 0 {
		maps.DeleteFunc(writes, func(kind string, _ int) bool { return slices.Contains(d.believing, kind) })
	}
	l.loses(e, d.counts, nth, writes)
	e.end(&l.unheard, l.begins())
	if nth == 1 {
		for kind, n := range writes {
			if n > 0 && !l.loser.lost(l.Box.API(kind)) {
				t.Errorf("%s: no answer was lost", kind)
			}
		}
	}
	l.loser.rest()
	l.Box.Engine.Clear()
	l.meddle()
	taken.before(l)
	l.takeBack()
	taken.after(l)
	l.comesRight()
	for _, kind := range l.kinds() {
		for _, over := range beyond(holdingsOf(l.Box.TargetState(kind)), want.after[kind]) {
			t.Errorf("%s: is left over: %s", kind, over)
		}
		hand := l.byHand[kind]
		if hand.AccountID != "" && !isMember(l.Box.TargetState(kind), hand.TargetGroup, hand.AccountID) {
			t.Errorf("%s: who was put in a group by hand was taken out", kind)
		}
		for key, times := range l.Box.Applied(kind) {
			if times > max(1, want.times[verbOf(key)]) {
				t.Errorf("%s: done %d times: %s", kind, times, key)
			}
		}
	}
}
