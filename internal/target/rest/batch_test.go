package rest_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// people is a batch of n elements, numbered from 1.
func people(n int) []directory.NewAccount {
	batch := make([]directory.NewAccount, n)
	for i := range batch {
		batch[i].Ref = int64(i + 1)
	}
	return batch
}

func made(context.Context, directory.NewAccount) directory.AccountCreated {
	return directory.AccountCreated{AccountID: "made"}
}

func TestEveryElementOfABatchHasOneOutcomeAndSomeAreOutAtOnce(t *testing.T) {
	t.Parallel()
	var out atomic.Int64
	all := make(chan struct{})
	var once sync.Once
	refs := map[int64]int{} // unguarded on purpose: calls of done that overlap are a data race
	err := rest.CreateEach(t.Context(), people(50), func(c directory.AccountCreated) { refs[c.Ref]++ },
		func(context.Context, directory.NewAccount) directory.AccountCreated {
			// The first ones wait for each other: they are out together or never.
			if out.Add(1) == rest.SideBySide {
				once.Do(func() { close(all) })
			}
			<-all
			return directory.AccountCreated{AccountID: "x"}
		})
	if err != nil || len(refs) != 50 {
		t.Errorf("%d elements have an outcome, %v", len(refs), err)
	}
	for ref, n := range refs {
		if n != 1 {
			t.Errorf("element %d has %d outcomes", ref, n)
		}
	}
}

func TestWhatEndsABatch(t *testing.T) {
	t.Parallel()
	ambiguous := &directory.UnavailableError{Ambiguous: true}
	for _, test := range []struct {
		name string
		err  error
		// ends is whether the batch ends, told whether the element has an outcome.
		ends, told bool
	}{
		{"a refusal is the element's own", &directory.RefusedError{}, false, true},
		{"a conflict is the element's own", &directory.ConflictError{}, false, true},
		{"a missing licence is the element's own", &directory.SeatError{}, false, true},
		{"one outage after which a write may have been done is the element's own", ambiguous, false, true},
		{"a limit ends the batch", &directory.RateLimitError{}, true, false},
		{"a refused credential ends the batch", &directory.AuthError{}, true, false},
		{"an outage before anything was done ends the batch", &directory.UnavailableError{}, true, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			outcomes := map[int64]error{}
			err := rest.CreateEach(t.Context(), people(1), func(c directory.AccountCreated) { outcomes[c.Ref] = c.Err },
				func(context.Context, directory.NewAccount) directory.AccountCreated {
					return directory.AccountCreated{Err: test.err}
				})
			if ended := err != nil; ended != test.ends || ended && !errors.Is(err, test.err) {
				t.Errorf("the batch ended with %v, want %t", err, test.ends)
			}
			if got, told := outcomes[1]; told != test.told || told && !errors.Is(got, test.err) {
				t.Errorf("the outcome is %v, %t", got, told)
			}
		})
	}
}

func TestOutagesInARowEndABatch(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	told := 0
	err := rest.CreateEach(t.Context(), people(200), func(directory.AccountCreated) { told++ },
		func(context.Context, directory.NewAccount) directory.AccountCreated {
			calls.Add(1)
			return directory.AccountCreated{Err: &directory.UnavailableError{Ambiguous: true}}
		})
	if directory.ClassOf(err) != directory.ClassUnavailable {
		t.Errorf("got %v", err)
	}
	// Three in a row, and those that were out meanwhile.
	if n := int(calls.Load()); n > 3+2*rest.SideBySide || told != n {
		t.Errorf("%d calls were made and %d outcomes told", n, told)
	}

	told = 0
	err = rest.CreateEach(t.Context(), people(200), func(directory.AccountCreated) { told++ },
		func(_ context.Context, wanted directory.NewAccount) directory.AccountCreated {
			if wanted.Ref == 77 {
				return directory.AccountCreated{Err: &directory.UnavailableError{Ambiguous: true}}
			}
			return made(t.Context(), wanted)
		})
	if err != nil || told != 200 {
		t.Errorf("one hiccup: %v, %d outcomes", err, told)
	}
}

func TestTheGateIsAskedBeforeEachElement(t *testing.T) {
	t.Parallel()
	stop, why := errors.New("stop"), errors.New("by hand")
	var created sync.Map
	create := func(ctx context.Context, wanted directory.NewAccount) directory.AccountCreated {
		created.Store(wanted.Ref, true)
		return made(ctx, wanted)
	}
	ctx := directory.WithGate(t.Context(), func(_ context.Context, ref int64) error {
		if ref%2 == 0 {
			return &directory.LeftOutError{Err: why}
		}
		return nil
	})
	var left []int64
	err := rest.CreateEach(ctx, people(10), func(c directory.AccountCreated) {
		if errors.Is(c.Err, why) {
			left = append(left, c.Ref)
		}
	}, create)
	slices.Sort(left)
	if diff := cmp.Diff([]int64{2, 4, 6, 8, 10}, left); err != nil || diff != "" {
		t.Errorf("%v; left out (-want +got)\n%s", err, diff)
	}
	for _, ref := range left {
		if _, was := created.Load(ref); was {
			t.Errorf("element %d was left out and made", ref)
		}
	}

	created.Clear()
	told := 0
	ctx = directory.WithGate(t.Context(), func(context.Context, int64) error { return stop })
	err = rest.CreateEach(ctx, people(10), func(directory.AccountCreated) { told++ }, create)
	created.Range(func(ref, _ any) bool {
		t.Errorf("element %v was made", ref)
		return true
	})
	if !errors.Is(err, stop) || told != 0 {
		t.Errorf("got %v and %d outcomes", err, told)
	}
}

func TestACallerWhoGoesAwayEndsABatch(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	told := 0
	err := rest.CreateEach(ctx, people(100), func(directory.AccountCreated) { told++ },
		func(ctx context.Context, _ directory.NewAccount) directory.AccountCreated {
			cancel()
			return directory.AccountCreated{Err: ctx.Err()}
		})
	if !errors.Is(err, context.Canceled) || told != 0 {
		t.Errorf("got %v and %d outcomes", err, told)
	}
}

func TestGatherKeepsTheOrderAndEndsWithTheFirstError(t *testing.T) {
	t.Parallel()
	var asked []int
	for i := range 40 {
		asked = append(asked, i)
	}
	got, err := rest.Gather(t.Context(), asked, func(_ context.Context, n int) ([]int, error) { return []int{n, -n}, nil })
	var want []int
	for _, n := range asked {
		want = append(want, n, -n)
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	wrong := errors.New("wrong")
	got, err = rest.Gather(t.Context(), asked, func(_ context.Context, n int) ([]int, error) {
		if n == 17 {
			return nil, wrong
		}
		return []int{n}, nil
	})
	if !errors.Is(err, wrong) || got != nil {
		t.Errorf("got %v, %v; a part is not the whole", got, err)
	}
}

func TestNoTwoPasswordsAreAlike(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		password := rest.NewPassword()
		if seen[password] || len(password) < 20 || len(password) > 72 { // more than 72 bytes are lost on bcrypt
			t.Fatalf("password of %d characters, or one twice", len(password))
		}
		seen[password] = true
	}
}
