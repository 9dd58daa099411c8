package propertytest

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	targetmemory "github.com/rollcall-sync/rollcall/internal/target/targettest/memory"
)

// shortsighted says, for as long as it is said to, that there is no group in another.
type shortsighted struct {
	*targetmemory.Target
	forgets *atomic.Bool
}

func (f shortsighted) Subgroups(ctx context.Context, groupID, cursor string) (directory.GroupIDPage, error) {
	if f.forgets.Load() {
		return directory.GroupIDPage{}, nil
	}
	return f.Target.Subgroups(ctx, groupID, cursor)
}

// inner is one group in another, of a person each.
func inner() hierarchy {
	return hierarchy{people: 3, groups: 2, mode: directory.Additive, members: [][]int{{0}, {1}}, inner: [][]int{{}, {0}}}
}

// nestedEngine is the engine of a hierarchy.
func nestedEngine(t *testing.T, h hierarchy, between wrap) *hierarchical {
	t.Helper()
	e, err := newHierarchical(t.Context(), t.TempDir(), h, between)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return e
}

// must does steps, each of which has to succeed.
func (e *hierarchical) must(t *testing.T, steps ...func() error) {
	t.Helper()
	for i, step := range steps {
		if err := step(); err != nil {
			t.Fatalf("step %d: %v\n%s", i, err, &e.log)
		}
	}
}

// runs is a run of everything, whatever becomes of its changes.
func (e *hierarchical) runs() error {
	_, err := e.sync(false)
	return err
}

// moves is a move that happens.
func (e *hierarchical) moves(what string, a, b int) func() error {
	return func() error { return e.happen(move{what, a, b}) }
}

func TestANestingThatOneListLackedIsTakenOutWhenTheSourceTakesItOut(t *testing.T) {
	t.Parallel()
	forgets := new(atomic.Bool)
	e := nestedEngine(t, inner(), func(target *targetmemory.Target) directory.Target { return shortsighted{target, forgets} })
	e.must(t, e.settled, e.differs, e.moves("unnest", 1, 0))
	forgets.Store(true)
	e.must(t, e.runs, e.differs)
	forgets.Store(false)
	e.must(t, e.settled, e.differs)
}

// cutOff loses the answer to the next call of a name, which is done, and refuses
// the credential from then on.
func (e *hierarchical) cutOff(name string) func() error {
	return func() error {
		cut := new(atomic.Bool)
		e.target.Fail(func(call string, _ bool) targetmemory.Failure {
			switch {
			case cut.Load():
				return targetmemory.Failure{Before: &directory.AuthError{Call: call, Status: 401}}
			case call == name:
				cut.Store(true)
				return targetmemory.Failure{After: &directory.UnavailableError{Call: call, Ambiguous: true}}
			}
			return targetmemory.Failure{}
		})
		return nil
	}
}

func TestANestingOfWhichNothingWasHeardIsTakenOutWhenTheSourceTakesItOut(t *testing.T) {
	t.Parallel()
	h := inner()
	h.inner[1] = nil
	blind := new(atomic.Bool)
	e := nestedEngine(t, h, func(target *targetmemory.Target) directory.Target { return shortsighted{target, blind} })
	e.must(t, e.settled, e.moves("nest", 1, 0), e.cutOff("AddSubgroup"), e.runs)
	e.target.Fail(nil)
	// No list of the runs that follow shows it, either.
	blind.Store(true)
	e.must(t, e.moves("unnest", 1, 0), e.runs, e.differs)
}

func TestANestingThatWasTakenOutUnheardIsMadeAgainWhenItIsPushedAgain(t *testing.T) {
	t.Parallel()
	e := nestedEngine(t, inner(), direct)
	e.must(t, e.settled, e.differs, e.moves("unnest", 1, 0), e.cutOff("RemoveSubgroup"), e.runs)
	e.target.Fail(nil)
	e.must(t, e.moves("nest", 1, 0), e.provision, e.differs)
}

func TestANestingThatWasNotMadeAndThatSomebodyMakesByHandIsTheirs(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		refusal error
		fails   bool
	}{
		"the credential was refused": {&directory.AuthError{Call: "AddSubgroup", Status: 401}, true},
		"it was refused":             {&directory.RefusedError{Call: "AddSubgroup", Status: 400, Code: "no"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := inner()
			h.inner[1] = nil
			e := nestedEngine(t, h, direct)
			e.must(t, e.settled, e.moves("nest", 1, 0))
			e.target.Fail(func(call string, _ bool) targetmemory.Failure {
				if call == "AddSubgroup" {
					return targetmemory.Failure{Before: test.refusal}
				}
				return targetmemory.Failure{}
			})
			if err := e.runs(); (err != nil) != test.fails {
				t.Fatalf("the run ended with %v", err)
			}
			e.target.Fail(nil)
			ids := map[string]string{}
			for _, g := range e.target.State().Groups {
				ids[g.Name] = g.ID
			}
			e.target.SeedSubgroup(ids["Group 1"], ids["Group 0"])
			e.must(t, e.moves("unnest", 1, 0), e.runs)
			for _, g := range e.target.State().Groups {
				if g.Name == "Group 1" && len(g.Subgroups) != 1 {
					t.Errorf("the outer group holds %v, want the one that somebody put in it", g.Subgroups)
				}
			}
		})
	}
}

// refusing makes the target refuse to put groups in others from now on, and
// counts how often it was asked to.
func (e *hierarchical) refusing() *atomic.Int64 {
	asked := new(atomic.Int64)
	e.target.Fail(func(call string, _ bool) targetmemory.Failure {
		if call != "AddSubgroup" {
			return targetmemory.Failure{}
		}
		asked.Add(1)
		return targetmemory.Failure{Before: &directory.RefusedError{Call: call, Status: 400, Code: "no"}}
	})
	return asked
}

func TestWhereAGroupIsNotPutInAnotherNobodyLosesByIt(t *testing.T) {
	t.Parallel()
	for _, asPushed := range []bool{false, true} {
		h := inner()
		if asPushed {
			h.inner[1] = nil
		}
		e := nestedEngine(t, h, direct)
		direct := func(want int) func() error {
			return func() error {
				for _, g := range e.target.State().Groups {
					if g.Name == "Group 1" && len(g.Members) != want {
						t.Errorf("%d are in the outer group by themselves, want %d", len(g.Members), want)
					}
				}
				return nil
			}
		}
		if asPushed {
			e.must(t, e.provision, e.settled, e.moves("nest", 1, 0))
		}
		asked := e.refusing()
		if asPushed {
			e.must(t, e.provision)
		}
		e.must(t, e.runs, e.runs, e.differs, direct(2), e.moves("join", 0, 2))
		if asPushed {
			e.must(t, e.provision, e.differs)
		}
		e.must(t, e.runs, e.differs, direct(3))
		before, writes := asked.Load(), len(e.target.Writes())
		e.must(t, e.runs, e.differs)
		if got := asked.Load() - before; got != 1 {
			t.Errorf("a run asked %d times to put the group in, want once", got)
		}
		if got := len(e.target.Writes()) - writes; got > 1 {
			t.Errorf("a run in which nothing changed made %d calls that write", got)
		}
		e.target.Fail(nil)
		e.must(t, e.runs, e.settled, e.differs, direct(1))
	}
}
