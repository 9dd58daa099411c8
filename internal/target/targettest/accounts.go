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

func testReading(t *testing.T, fixture func(t *testing.T) Fixture) {
	t.Run("an e-mail address is found whole and whatever its case", func(t *testing.T) {
		t.Parallel()
		f := fixture(t)
		email := f.email("ana.o'neil+test")
		ids := f.SeedAccounts(t, email, f.email("ana.o'neil"), f.email("xana.o'neil+test"))
		for _, asked := range []string{email, strings.ToUpper(email), strings.ToUpper(email[:1]) + email[1:]} {
			found, err := f.Target.FindAccounts(t.Context(), []string{asked})
			if err != nil {
				t.Fatalf("FindAccounts: %v", err)
			}
			if len(found) != 1 || found[0].ID != ids[0] {
				t.Errorf("asked for %s, found %+v, want account %s alone", asked, found, ids[0])
			}
		}
	})
	t.Run("an address that nobody has is not among the results", func(t *testing.T) {
		t.Parallel()
		f := fixture(t)
		ids := f.SeedAccounts(t, f.email("known"))
		found, err := f.Target.FindAccounts(t.Context(), []string{f.email("unknown"), f.email("known"), f.email("unknown.too")})
		if err != nil || len(found) != 1 || found[0].ID != ids[0] {
			t.Errorf("found %+v, %v; want account %s alone", found, err, ids[0])
		}
		found, err = f.Target.FindAccounts(t.Context(), nil)
		if err != nil || len(found) != 0 {
			t.Errorf("asked for nobody, found %+v, %v", found, err)
		}
	})
	t.Run("any number of addresses may be asked for", func(t *testing.T) {
		t.Parallel()
		f := fixture(t)
		emails := numbered(f.PageSize*2+7, f.email("many.%d"))
		ids := f.SeedAccounts(t, emails...)
		found, err := f.Target.FindAccounts(t.Context(), emails)
		if err != nil {
			t.Fatalf("FindAccounts: %v", err)
		}
		var got []string
		for _, account := range found {
			got = append(got, account.ID)
		}
		if lacking := missing(ids, got); len(lacking) > 0 || len(got) != len(ids) {
			t.Errorf("found %d accounts of %d, without %v", len(got), len(ids), lacking)
		}
	})
	t.Run("all accounts are listed once, over more than one page", func(t *testing.T) {
		t.Parallel()
		f := fixture(t)
		ids := f.SeedAccounts(t, numbered(f.PageSize+3, f.email("listed.%d"))...)
		all := every(t, func(cursor string) ([]string, string, error) {
			page, err := f.Target.Accounts(t.Context(), cursor)
			var got []string
			for _, account := range page.Accounts {
				got = append(got, account.ID)
			}
			return got, page.Next, err
		})
		if lacking := missing(ids, all); len(lacking) > 0 {
			t.Errorf("the list lacks %d of %d accounts", len(lacking), len(ids))
		}
	})
	t.Run("an account is looked up by its id", func(t *testing.T) {
		t.Parallel()
		f := fixture(t)
		email := f.email("looked.up")
		ids := f.SeedAccounts(t, email)
		account, err := f.Target.Account(t.Context(), ids[0])
		if err != nil {
			t.Fatalf("Account: %v", err)
		}
		if account.ID != ids[0] || !foldEqual(account.Email, email) || account.Status != directory.AccountActive {
			t.Errorf("got %+v, want the active account %s of %s", account, ids[0], email)
		}
	})
	t.Run("an account that does not exist is a NotFoundError", func(t *testing.T) {
		t.Parallel()
		f := fixture(t)
		_, err := f.Target.Account(t.Context(), "nobody-has-this-id")
		wantMissing(t, err, "account")
	})
}

func wantMissing(t *testing.T, err error, what string) {
	t.Helper()
	var notFound *directory.NotFoundError
	if !errors.As(err, &notFound) {
		t.Fatalf("got %v, want a *directory.NotFoundError", err)
	}
	if notFound.What != what {
		t.Errorf("the error says that the %s is missing, want %s", notFound.What, what)
	}
}

func testCreating(t *testing.T, fixture func(t *testing.T) Fixture) {
	t.Run("who was created is there, and is found afterwards", func(t *testing.T) {
		t.Parallel()
		f := fixture(t)
		groups := f.SeedGroups(t, "first", "second")
		var batch []directory.NewAccount
		for i, email := range numbered(60, f.email("new.%d")) {
			batch = append(batch, directory.NewAccount{
				Ref: int64(i + 1), Email: email, DisplayName: fmt.Sprintf("New %d", i), GroupIDs: groups[:1+i%2],
			})
		}
		outcomes, err := create(t.Context(), t, f.Target, batch)
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
			for _, joined := range outcome.Joined {
				if !slices.Contains(wanted.GroupIDs, joined) || !slices.Contains(f.MembersNow(t, joined), outcome.AccountID) {
					t.Errorf("element %d is said to have joined %s: that was not asked for or is not so", wanted.Ref, joined)
				}
			}
			found, err := f.Target.FindAccounts(t.Context(), []string{wanted.Email})
			if err != nil || len(found) != 1 || found[0].ID != outcome.AccountID {
				t.Fatalf("found %+v, %v for %s; want %s", found, err, wanted.Email, outcome.AccountID)
			}
		}
	})
	t.Run("nobody is put in a group that was not asked for", func(t *testing.T) {
		t.Parallel()
		f := fixture(t)
		groups := f.SeedGroups(t, append(numbered(6, "some %d"), "everybody", "nobody")...)
		var batch []directory.NewAccount
		asked := make(map[string]map[string]bool)
		for i, email := range numbered(60, f.email("grouped.%d")) {
			// No two people ask for the same groups, and all share one.
			wanted := directory.NewAccount{Ref: int64(i + 1), Email: email, GroupIDs: []string{groups[6]}}
			for bit := range 6 {
				if i>>bit&1 == 1 {
					wanted.GroupIDs = append(wanted.GroupIDs, groups[bit])
				}
			}
			batch = append(batch, wanted)
		}
		outcomes, err := create(t.Context(), t, f.Target, batch)
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
		emails := numbered(30, f.email("most.%d"))
		f.Refuse(t, emails[11])
		var batch []directory.NewAccount
		for i, email := range emails {
			batch = append(batch, directory.NewAccount{Ref: int64(i + 1), Email: email})
		}
		outcomes, err := create(t.Context(), t, f.Target, batch)
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
		email := f.email("once")
		ids := f.SeedAccounts(t, email)
		outcomes, err := create(t.Context(), t, f.Target, []directory.NewAccount{{Ref: 1, Email: strings.ToUpper(email)}})
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
		emails := numbered(30, f.email("gated.%d"))
		var batch []directory.NewAccount
		for i, email := range emails {
			batch = append(batch, directory.NewAccount{Ref: int64(i + 1), Email: email})
		}
		why := errors.New("by hand")
		ctx := directory.WithGate(t.Context(), func(_ context.Context, ref int64) error {
			if ref%10 == 3 {
				return &directory.LeftOutError{Err: why}
			}
			return nil
		})
		outcomes, err := create(ctx, t, f.Target, batch)
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
		stop := errors.New("stopped")
		ctx := directory.WithGate(t.Context(), func(context.Context, int64) error { return stop })
		outcomes, err := create(ctx, t, f.Target, []directory.NewAccount{{Ref: 1, Email: f.email("never")}, {Ref: 2, Email: f.email("ever")}})
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
		if f.Fill == nil {
			t.Skip("this product has no licences to run out of")
		}
		f.Fill(t)
		outcomes, err := create(t.Context(), t, f.Target, []directory.NewAccount{
			{Ref: 1, Email: f.email("late.one")}, {Ref: 2, Email: f.email("late.two")}, {Ref: 3, Email: f.email("late.three")},
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

func testLifecycle(t *testing.T, fixture func(t *testing.T) Fixture) {
	steps := []struct {
		name string
		do   []string
		want directory.AccountStatus
	}{
		{"suspending takes access away", []string{"suspend"}, directory.AccountSuspended},
		{"suspending twice is suspending once", []string{"suspend", "suspend"}, directory.AccountSuspended},
		{"restoring gives access back", []string{"suspend", "restore"}, directory.AccountActive},
		{"restoring twice is restoring once", []string{"suspend", "restore", "restore"}, directory.AccountActive},
		{"restoring somebody active changes nothing", []string{"restore"}, directory.AccountActive},
	}
	for _, step := range steps {
		t.Run(step.name, func(t *testing.T) {
			t.Parallel()
			f := fixture(t)
			ids := f.SeedAccounts(t, f.email("one"), f.email("other"))
			for i, verb := range step.do {
				write := f.Target.SuspendAccount
				if verb == "restore" {
					write = f.Target.RestoreAccount
				}
				if err := write(t.Context(), ids[0]); err != nil {
					t.Fatalf("step %d, %s: %v: %s", i+1, verb, err, directory.DetailOf(err))
				}
			}
			if got := f.account(t, ids[0]).Status; got != step.want {
				t.Errorf("the product says %s, want %s", got, step.want)
			}
			if got := f.account(t, ids[1]).Status; got != directory.AccountActive {
				t.Errorf("somebody else is %s", got)
			}
			account, err := f.Target.Account(t.Context(), ids[0])
			if err != nil || account.Status != step.want {
				t.Errorf("Account says %s, %v; want %s", account.Status, err, step.want)
			}
		})
	}
	t.Run("a suspended account keeps its groups", func(t *testing.T) {
		t.Parallel()
		f := fixture(t)
		ids, groups := f.SeedAccounts(t, f.email("keeper")), f.SeedGroups(t, "kept")
		f.SeedMembers(t, groups[0], ids...)
		if err := f.Target.SuspendAccount(t.Context(), ids[0]); err != nil {
			t.Fatalf("SuspendAccount: %v", err)
		}
		if members := f.MembersNow(t, groups[0]); !slices.Contains(members, ids[0]) {
			t.Errorf("the group has %v", members)
		}
	})
	t.Run("an account that does not exist is a NotFoundError", func(t *testing.T) {
		t.Parallel()
		f := fixture(t)
		wantMissing(t, f.Target.SuspendAccount(t.Context(), "nobody-has-this-id"), "account")
		wantMissing(t, f.Target.RestoreAccount(t.Context(), "nobody-has-this-id"), "account")
	})
}
