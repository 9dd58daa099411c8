package propertytest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
	targetmemory "github.com/rollcall-sync/rollcall/internal/target/targettest/memory"
	"github.com/rollcall-sync/rollcall/workflows"
)

func TestGroupsInGroupsHoldWhoTheSourceSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		h := hierarchies().Draw(rt, "hierarchy")
		if err := nests(t, h, direct, false); err != nil {
			rt.Fatal(err)
		}
	})
}

func TestGroupsInGroupsHoldWhoTheSourceSaysAsItIsPushed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		h := hierarchies().Draw(rt, "hierarchy")
		if err := nests(t, h, direct, true); err != nil {
			rt.Fatal(err)
		}
	})
}

// nests runs, lets everything happen, and runs again after each: then nothing
// is left to do, and each group of the target holds whom the source says, by
// themselves or through a group in it. When it is applied as it is pushed, a run
// after that finds nothing that another would not have found.
func nests(t testing.TB, h hierarchy, between wrap, asPushed bool) error {
	e, err := newHierarchical(t.Context(), t.TempDir(), h, between)
	if err != nil {
		return err
	}
	defer func() {
		if err := e.close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	for i := -1; i < len(h.moves); i++ {
		if i >= 0 {
			if err := e.happen(h.moves[i]); err != nil {
				return fmt.Errorf("move %d: %w", i, err)
			}
		}
		if asPushed {
			if err := e.provision(); err != nil {
				return fmt.Errorf("as it is pushed, after move %d: %w\n%s", i, err, &e.log)
			}
		}
		if err := e.settled(); err != nil {
			return fmt.Errorf("after move %d: %w\n%s", i, err, &e.log)
		}
		if err := e.differs(); err != nil {
			return fmt.Errorf("after move %d: %w\n%s", i, err, &e.log)
		}
	}
	return nil
}

// pyramid is a hierarchy of three, one in the other.
func pyramid() hierarchy {
	return hierarchy{people: 2, groups: 3, mode: directory.Additive, members: [][]int{{0}, {1}, {}}, inner: [][]int{{}, {0}, {1}}, permits: []int{2},
		moves: []move{{"unnest", 2, 1}, {"nest", 2, 0}}}
}

// loose says that it has put a group in another and has not.
type loose struct{ *targetmemory.Target }

func (loose) AddSubgroup(context.Context, string, string) error { return nil }

// mean says that it has given a permission and has not.
type mean struct{ *targetmemory.Target }

func (mean) Permit(context.Context, string, directory.Permission) error { return nil }

func TestANestingOrPermissionThatWasNotMadeIsNoticed(t *testing.T) {
	t.Parallel()
	if err := nests(t, pyramid(), direct, false); err != nil {
		t.Fatalf("without a violation: %v", err)
	}
	for what, between := range map[string]wrap{
		"a nesting":    func(target *targetmemory.Target) directory.Target { return loose{target} },
		"a permission": func(target *targetmemory.Target) directory.Target { return mean{target} },
	} {
		if err := nests(t, pyramid(), between, false); err == nil {
			t.Errorf("%s that was not made was not noticed", what)
		}
	}
}

func TestAfterTroubleGroupsHoldWhoTheSourceSays(t *testing.T) {
	t.Parallel()
	for _, call := range []string{"CreateGroup", "AddSubgroup", "RemoveSubgroup", "Subgroups", "Permit", "Permissions"} {
		for _, done := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s fails, done: %t", call, done), func(t *testing.T) {
				t.Parallel()
				h := pyramid()
				e, err := newHierarchical(t.Context(), t.TempDir(), h, direct)
				if err != nil {
					t.Fatal(err)
				}
				defer func() {
					if err := e.close(); err != nil {
						t.Errorf("close: %v", err)
					}
				}()
				for i := -1; i < len(h.moves); i++ {
					if i >= 0 {
						if err := e.happen(h.moves[i]); err != nil {
							t.Fatal(err)
						}
					}
					e.trouble(call, done, 2)
					var result workflows.SyncResult
					e.ran++
					if err := e.play(workflows.SyncName, fmt.Sprintf("sync/trouble-%d", e.ran), workflows.Sync,
						workflows.SyncInput{Connection: connection, Trigger: "hand", AllowRemovals: true, Full: true, Drift: true}, &result); err != nil {
						t.Fatal(err)
					}
					if result.Failed+result.Planned > 0 {
						t.Errorf("a failure that passes was not outlasted: %+v", result)
					}
					e.target.Fail(nil)
					if err := errors.Join(e.settled(), e.differs()); err != nil {
						t.Fatalf("after move %d: %v\n%s", i, err, &e.log)
					}
				}
			})
		}
	}
}

// trouble makes the next calls of a name fail, with everything done or nothing.
func (e *hierarchical) trouble(name string, done bool, times int) {
	var mu sync.Mutex
	e.target.Fail(func(call string, write bool) targetmemory.Failure {
		mu.Lock()
		defer mu.Unlock()
		if call != name || times == 0 {
			return targetmemory.Failure{}
		}
		times--
		err := &directory.UnavailableError{Call: call, Status: 503, Ambiguous: write}
		if done {
			return targetmemory.Failure{After: err}
		}
		return targetmemory.Failure{Before: err}
	})
}

// narrow are limits that admit the removal of one person a day.
func narrow() store.Limits {
	return store.Limits{Window: 24 * time.Hour, HeldFor: 72 * time.Hour, Share: 1, Count: 1, Always: 1}
}

func TestTheGuardHoldsGroupsThatAreTakenOutOfOthersAtOnce(t *testing.T) {
	t.Parallel()
	h := hierarchy{people: 4, groups: 5, mode: directory.Additive, members: [][]int{{0}, {1}, {2}, {3}, {}}, inner: [][]int{{}, {}, {}, {}, {0, 1, 2, 3}}}
	for name, c := range map[string]struct {
		out  int
		want int
	}{
		"one of four is taken out":         {1, 3},
		"two of four are held":             {2, 4},
		"all of them are held":             {4, 4},
		"nothing happens where none leave": {0, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := newHierarchical(t.Context(), t.TempDir(), h, direct)
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := e.close(); err != nil {
					t.Errorf("close: %v", err)
				}
			}()
			if err := e.settled(); err != nil {
				t.Fatal(err)
			}
			e.on.Guard = narrow()
			for g := range c.out {
				if err := e.member(4, e.groups[g], false); err != nil {
					t.Fatal(err)
				}
			}
			var result workflows.SyncResult
			if err := e.play(workflows.SyncName, "sync/guarded", workflows.Sync, workflows.SyncInput{Connection: connection, Trigger: "schedule", Full: true}, &result); err != nil {
				t.Fatal(err)
			}
			for _, g := range e.target.State().Groups {
				if g.Name == "Group 4" && len(g.Subgroups) != c.want {
					t.Errorf("%d groups are in it, want %d (%+v)", len(g.Subgroups), c.want, result)
				}
			}
			if held := result.Outcome == workflows.OutcomeHeld; held != (c.out > 0 && c.want == 4) {
				t.Errorf("outcome %q", result.Outcome)
			}
			if err := e.approve(); err != nil {
				t.Fatal(err)
			}
			for _, g := range e.target.State().Groups {
				if g.Name == "Group 4" && len(g.Subgroups) != 4-c.out {
					t.Errorf("%d groups are in it once it was approved, want %d", len(g.Subgroups), 4-c.out)
				}
			}
		})
	}
}

func TestNobodyLeavesAGroupForOneInItThatIsNotThereYet(t *testing.T) {
	t.Parallel()
	h := hierarchy{people: 1, groups: 2, mode: directory.Additive, members: [][]int{{0}, {}}, inner: [][]int{{}, {0}}}
	e, err := newHierarchical(t.Context(), t.TempDir(), h, direct)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := e.close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	members := func(name string) int {
		for _, g := range e.target.State().Groups {
			if g.Name == name {
				return len(g.Members)
			}
		}
		return 0
	}
	steps := []struct {
		what    string
		nests   bool
		refuses bool
		want    int
	}{
		{"one by one", false, false, 1},
		{"while the group cannot be put in", true, true, 1},
		{"once it is in", true, false, 1},
		{"with the next run", true, false, 0},
	}
	for _, step := range steps {
		e.on.Nests = step.nests
		e.target.Fail(func(call string, _ bool) targetmemory.Failure {
			if call == "AddSubgroup" && step.refuses {
				return targetmemory.Failure{Before: &directory.RefusedError{Call: call, Status: 400, Code: "no"}}
			}
			return targetmemory.Failure{}
		})
		if _, err := e.sync(false); err != nil {
			t.Fatalf("%s: %v", step.what, err)
		}
		if got := members("Group 1"); got != step.want {
			t.Errorf("%s: %d are in the outer group by themselves, want %d", step.what, got, step.want)
		}
	}
	if err := errors.Join(e.settled(), e.differs()); err != nil {
		t.Error(err)
	}
}
