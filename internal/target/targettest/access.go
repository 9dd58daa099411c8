package targettest

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// kindOf is the first word of what a target names: "project" of "project KEY".
func kindOf(what string) string {
	kind, _, _ := strings.Cut(what, " ")
	return kind
}

func testAccessGroups(t *testing.T, fixture func(t *testing.T) Fixture) {
	f := fixture(t)
	taker, can := f.Target.(directory.AccessTaker)
	if !can {
		t.Skip("access hangs on no groups in this target")
	}
	suspender, can := f.Target.(directory.Suspender)
	if !can {
		t.Fatal("an AccessTaker must be a Suspender")
	}
	access, err := taker.AccessGroups(t.Context())
	if err != nil || len(access) == 0 {
		t.Fatalf("AccessGroups: %v, %v", access, err)
	}
	ids, groups := f.SeedAccounts(t, f.email("leaver"), f.email("stayer")), f.SeedGroups(t, "ordinary")
	for _, id := range append(slices.Clone(access), groups...) {
		f.SeedMembers(t, id, ids...)
	}
	for range 2 {
		if err := suspender.SuspendAccount(t.Context(), ids[0]); err != nil {
			t.Fatalf("SuspendAccount: %v: %s", err, directory.DetailOf(err))
		}
	}
	for _, id := range access {
		members := f.MembersNow(t, id)
		if slices.Contains(members, ids[0]) || !slices.Contains(members, ids[1]) {
			t.Errorf("the access group %s has %v: %s must be out of it and %s in it", id, members, ids[0], ids[1])
		}
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(ids)), slices.Sorted(slices.Values(f.MembersNow(t, groups[0])))); diff != "" {
		t.Errorf("another group (-want +got)\n%s", diff)
	}
	if err := suspender.RestoreAccount(t.Context(), ids[0]); err != nil {
		t.Fatalf("RestoreAccount: %v: %s", err, directory.DetailOf(err))
	}
	if got := f.account(t, ids[0]).Status; got != directory.AccountActive {
		t.Errorf("restored, the account is %s", got)
	}
}

func testHandingOver(t *testing.T, fixture func(t *testing.T) Fixture) {
	able := func(t *testing.T) (Fixture, directory.LeadKeeper) {
		f := fixture(t)
		keeper, can := f.Target.(directory.LeadKeeper)
		if !can {
			t.Skip("nobody leads anything in this target")
		}
		return f, keeper
	}
	t.Run("all that an account leads is handed over, once, and nothing of anybody else's", func(t *testing.T) {
		t.Parallel()
		f, keeper := able(t)
		ids := f.SeedAccounts(t, f.email("leading"), f.email("other.leader"))
		leads, others := f.Lead(t, ids[0]), f.Lead(t, ids[1])
		if len(leads) == 0 || len(others) == 0 {
			t.Fatal("Fixture.Lead makes nobody lead anything")
		}
		sorted := cmpopts.SortSlices(func(a, b string) bool { return a < b })
		got, err := keeper.HandOver(t.Context(), ids[0])
		if diff := cmp.Diff(leads, got, sorted); err != nil || diff != "" {
			t.Errorf("HandOver: %v: %s (-want +got)\n%s", err, directory.DetailOf(err), diff)
		}
		for _, what := range leads {
			if by := f.LedBy(t, what); by == ids[0] || by == "" {
				t.Errorf("%s is led by %q", what, by)
			}
		}
		for _, what := range others {
			if by := f.LedBy(t, what); by != ids[1] {
				t.Errorf("%s is led by %q, want %s still", what, by, ids[1])
			}
		}
		got, err = keeper.HandOver(t.Context(), ids[0])
		if diff := cmp.Diff([]string{}, got, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Errorf("the second time: %v (-want +got)\n%s", err, diff)
		}
		if err := f.block(t.Context(), ids[0]); err != nil {
			t.Errorf("an account that leads nothing any more is not blocked: %v: %s", err, directory.DetailOf(err))
		}
	})
	t.Run("somebody who leads nothing has nothing to hand over", func(t *testing.T) {
		t.Parallel()
		f, keeper := able(t)
		ids := f.SeedAccounts(t, f.email("ordinary"))
		got, err := keeper.HandOver(t.Context(), ids[0])
		if err != nil || len(got) != 0 {
			t.Errorf("got %v, %v", got, err)
		}
	})
}
