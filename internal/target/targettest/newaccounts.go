package targettest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func testCreating(t *testing.T, fixture func(t *testing.T) Fixture) {
	t.Run("who was created is there, and is found afterwards", func(t *testing.T) {
		t.Parallel()
		f := fixture(t)
		creator := f.creator(t)
		groups := f.SeedGroups(t, "first", "second")
		var batch []directory.NewAccount
		for i, email := range numbered(60, f.email("new.%d")) {
			wanted := f.wanted(int64(i+1), email)
			wanted.DisplayName, wanted.GroupIDs = fmt.Sprintf("New %d", i), groups[:1+i%2]
			batch = append(batch, wanted)
		}
		outcomes, err := create(t.Context(), t, creator, batch)
		if err != nil {
			t.Fatalf("CreateAccounts: %v", err)
		}
		for _, wanted := range batch {
			outcome := outcomes[wanted.Ref]
			if outcome.Err != nil {
				t.Fatalf("element %d: %v: %s", wanted.Ref, outcome.Err, directory.DetailOf(outcome.Err))
			}
			if got := f.account(t, outcome.AccountID).Email; !foldEqual(got, wanted.Email) {
				t.Errorf("element %d is %s, and its id %s belongs to %s", wanted.Ref, wanted.Email, outcome.AccountID, got)
			}
			if told := outcome.Account; told != nil {
				if told.ID != outcome.AccountID || told.Status != directory.AccountActive || !f.tells(*told, wanted.Email) {
					t.Errorf("element %d is told as %+v, want the active account %s of %s", wanted.Ref, *told, outcome.AccountID, wanted.Email)
				}
			}
			for _, joined := range outcome.Joined {
				if !slices.Contains(wanted.GroupIDs, joined) || !slices.Contains(f.MembersNow(t, joined), outcome.AccountID) {
					t.Errorf("element %d is said to have joined %s: that was not asked for or is not so", wanted.Ref, joined)
				}
			}
			found, err := f.find(t.Context(), asIs, wanted.Email)
			if err != nil || len(found) != 1 || found[0].ID != outcome.AccountID {
				t.Fatalf("found %+v, %v for %s; want %s", found, err, wanted.Email, outcome.AccountID)
			}
		}
	})
	t.Run("nobody is put in a group that was not asked for", func(t *testing.T) {
		t.Parallel()
		f := fixture(t)
		creator := f.creator(t)
		groups := f.SeedGroups(t, append(numbered(6, "some %d"), "everybody", "nobody")...)
		var batch []directory.NewAccount
		asked := make(map[string]map[string]bool)
		for i, email := range numbered(60, f.email("grouped.%d")) {
			// No two people ask for the same groups, and all share one.
			wanted := f.wanted(int64(i+1), email)
			wanted.GroupIDs = []string{groups[6]}
			for bit := range 6 {
				if i>>bit&1 == 1 {
					wanted.GroupIDs = append(wanted.GroupIDs, groups[bit])
				}
			}
			batch = append(batch, wanted)
		}
		outcomes, err := create(t.Context(), t, creator, batch)
		if err != nil {
			t.Fatalf("CreateAccounts: %v", err)
		}
		for _, wanted := range batch {
			for _, group := range wanted.GroupIDs {
				if asked[group] == nil {
					asked[group] = make(map[string]bool)
				}
				asked[group][outcomes[wanted.Ref].AccountID] = true
			}
		}
		for _, group := range groups {
			for _, member := range f.MembersNow(t, group) {
				if !asked[group][member] {
					t.Errorf("%s is in group %s, which nobody asked for", member, group)
				}
			}
		}
	})
	t.Run("one person who is refused does not keep the others out", func(t *testing.T) {
		t.Parallel()
		f := fixture(t)
		creator := f.creator(t)
		emails := numbered(30, f.email("most.%d"))
		f.Refuse(t, emails[11])
		var batch []directory.NewAccount
		for i, email := range emails {
			batch = append(batch, f.wanted(int64(i+1), email))
		}
		outcomes, err := create(t.Context(), t, creator, batch)
		if err != nil {
			t.Fatalf("CreateAccounts: %v: %s", err, directory.DetailOf(err))
		}
		for i, email := range emails {
			outcome := outcomes[int64(i+1)]
			var refused *directory.RefusedError
			switch {
			case i != 11 && outcome.Err != nil:
				t.Errorf("%s: %v, and only %s is refused", email, outcome.Err, emails[11])
			case i == 11 && !errors.As(outcome.Err, &refused):
				t.Errorf("%s is refused, and its outcome is %+v", email, outcome)
			case i == 11:
				wantDiscreet(t, f, outcome.Err, email)
			}
		}
	})
	t.Run("creating somebody who is there makes no second account", func(t *testing.T) {
		t.Parallel()
		f := fixture(t)
		creator := f.creator(t)
		email := f.email("once")
		ids := f.SeedAccounts(t, email)
		outcomes, err := create(t.Context(), t, creator, []directory.NewAccount{f.wanted(1, strings.ToUpper(email))})
		if err != nil {
			t.Fatalf("CreateAccounts: %v", err)
		}
		var conflict *directory.ConflictError
		if outcome := outcomes[1]; outcome.AccountID != ids[0] && !errors.As(outcome.Err, &conflict) {
			t.Errorf("got %+v, want the account that is there or a *directory.ConflictError", outcome)
		}
		if n := f.withEmail(t, email); n != 1 {
			t.Errorf("the product holds %d accounts of that address", n)
		}
	})
	t.Run("whom the gate leaves out is not created, and the others are", func(t *testing.T) {
		t.Parallel()
		f := fixture(t)
		creator := f.creator(t)
		emails := numbered(30, f.email("gated.%d"))
		var batch []directory.NewAccount
		for i, email := range emails {
			batch = append(batch, f.wanted(int64(i+1), email))
		}
		why := errors.New("by hand")
		ctx := directory.WithGate(t.Context(), func(_ context.Context, ref int64) error {
			if ref%10 == 3 {
				return &directory.LeftOutError{Err: why}
			}
			return nil
		})
		outcomes, err := create(ctx, t, creator, batch)
		if err != nil {
			t.Fatalf("CreateAccounts: %v", err)
		}
		for i, email := range emails {
			outcome, left := outcomes[int64(i+1)], (i+1)%10 == 3
			if errors.Is(outcome.Err, why) != left || left == (f.withEmail(t, email) != 0) {
				t.Errorf("%s: %+v, %d accounts; left out: %t", email, outcome, f.withEmail(t, email), left)
			}
		}
	})
	t.Run("a gate that ends the batch ends it before the next call", func(t *testing.T) {
		t.Parallel()
		f := fixture(t)
		creator := f.creator(t)
		stop := errors.New("stopped")
		ctx := directory.WithGate(t.Context(), func(context.Context, int64) error { return stop })
		outcomes, err := create(ctx, t, creator, []directory.NewAccount{f.wanted(1, f.email("never")), f.wanted(2, f.email("ever"))})
		if !errors.Is(err, stop) || len(outcomes) != 0 {
			t.Errorf("got %v and %v, want the gate's error and nobody's outcome", err, outcomes)
		}
		if n := f.withEmail(t, f.email("never")) + f.withEmail(t, f.email("ever")); n != 0 {
			t.Errorf("%d accounts were made", n)
		}
	})
	t.Run("without a free licence everybody gets a SeatError", func(t *testing.T) {
		t.Parallel()
		f := fixture(t)
		f.creator(t)
		if f.Fill == nil {
			t.Skip("this product has no licences to run out of")
		}
		f.Fill(t)
		outcomes, err := create(t.Context(), t, f.creator(t), []directory.NewAccount{
			f.wanted(1, f.email("late.one")), f.wanted(2, f.email("late.two")), f.wanted(3, f.email("late.three")),
		})
		if err != nil {
			t.Fatalf("CreateAccounts: %v", err)
		}
		for ref, outcome := range outcomes {
			if directory.ClassOf(outcome.Err) != directory.ClassSeat {
				t.Errorf("element %d: %v, want a *directory.SeatError", ref, outcome.Err)
			}
		}
	})
}
