package targettest

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func testNesting(t *testing.T, fixture func(t *testing.T) Fixture) {
	able := func(t *testing.T) (Fixture, directory.Nester) {
		f := fixture(t)
		nester, can := f.Target.(directory.Nester)
		if !can {
			t.Skip("this target has no groups in groups")
		}
		return f, nester
	}
	t.Run("putting a group in another twice is putting it there once", func(t *testing.T) {
		t.Parallel()
		f, nester := able(t)
		ids, groups := f.SeedAccounts(t, f.email("in.inner")), f.SeedGroups(t, "outermost", "innermost", "bystander")
		f.SeedMembers(t, groups[1], ids...)
		for range 2 {
			if err := nester.AddSubgroup(t.Context(), groups[0], groups[1]); err != nil {
				t.Fatalf("AddSubgroup: %v: %s", err, directory.DetailOf(err))
			}
		}
		if diff := cmp.Diff(groups[1:2], f.SubgroupsNow(t, groups[0])); diff != "" {
			t.Errorf("groups in it (-want +got)\n%s", diff)
		}
		members, err := f.Target.Members(t.Context(), groups[0], "")
		if diff := cmp.Diff([]string{}, members.AccountIDs, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Errorf("only those directly in a group are its members: %v (-want +got)\n%s", err, diff)
		}
	})
	t.Run("taking a group out of another twice is taking it out once", func(t *testing.T) {
		t.Parallel()
		f, nester := able(t)
		groups := f.SeedGroups(t, "outermost", "innermost", "staying")
		f.SeedSubgroups(t, groups[0], groups[1:]...)
		for range 2 {
			if err := nester.RemoveSubgroup(t.Context(), groups[0], groups[1]); err != nil {
				t.Fatalf("RemoveSubgroup: %v: %s", err, directory.DetailOf(err))
			}
		}
		if diff := cmp.Diff(groups[2:], f.SubgroupsNow(t, groups[0])); diff != "" {
			t.Errorf("groups in it (-want +got)\n%s", diff)
		}
	})
	t.Run("a circle is a RefusedError", func(t *testing.T) {
		t.Parallel()
		f, nester := able(t)
		groups := f.SeedGroups(t, "outermost", "middle", "innermost")
		f.SeedSubgroups(t, groups[0], groups[1])
		f.SeedSubgroups(t, groups[1], groups[2])
		for what, child := range map[string]string{"at one remove": groups[1], "at two": groups[0], "in itself": groups[2]} {
			var refused *directory.RefusedError
			if err := nester.AddSubgroup(t.Context(), groups[2], child); !errors.As(err, &refused) {
				t.Errorf("%s: got %v: %s, want a *directory.RefusedError", what, err, directory.DetailOf(err))
			}
		}
		if inside := f.SubgroupsNow(t, groups[2]); len(inside) != 0 {
			t.Errorf("the innermost group has %v in it", inside)
		}
	})
	t.Run("a group that is gone is a NotFoundError to add and nothing to remove", func(t *testing.T) {
		t.Parallel()
		f, nester := able(t)
		groups := f.SeedGroups(t, "present")
		wantMissing(t, nester.AddSubgroup(t.Context(), "no-group-has-this-id", groups[0]), "group")
		wantMissing(t, nester.AddSubgroup(t.Context(), groups[0], "no-group-has-this-id"), "group")
		if err := nester.RemoveSubgroup(t.Context(), "no-group-has-this-id", groups[0]); err != nil {
			t.Errorf("RemoveSubgroup from a group that is gone: %v: %s", err, directory.DetailOf(err))
		}
		if err := nester.RemoveSubgroup(t.Context(), groups[0], "no-group-has-this-id"); err != nil {
			t.Errorf("RemoveSubgroup of a group that is gone: %v: %s", err, directory.DetailOf(err))
		}
		_, err := nester.Subgroups(t.Context(), "no-group-has-this-id", "")
		wantMissing(t, err, "group")
	})
	t.Run("all groups directly in a group are listed once, over more than one page", func(t *testing.T) {
		t.Parallel()
		f, nester := able(t)
		groups := f.SeedGroups(t, append(numbered(f.PageSize+3, "inside %d"), "outermost", "further in")...)
		n := f.PageSize + 3
		outer := groups[n]
		f.SeedSubgroups(t, outer, groups[:n]...)
		f.SeedSubgroups(t, groups[0], groups[n+1])
		list := func(group string) []string {
			return every(t, func(cursor string) ([]string, string, error) {
				page, err := nester.Subgroups(t.Context(), group, cursor)
				return page.GroupIDs, page.Next, err
			})
		}
		got := list(outer)
		slices.Sort(got)
		if diff := cmp.Diff(slices.Sorted(slices.Values(groups[:n])), got); diff != "" {
			t.Errorf("groups in it (-want +got)\n%s", diff)
		}
		if got := list(groups[1]); len(got) != 0 {
			t.Errorf("a group with none in it has %v", got)
		}
	})
}
