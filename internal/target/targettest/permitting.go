package targettest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func testPermitting(t *testing.T, fixture func(t *testing.T) Fixture) {
	able := func(t *testing.T) (Fixture, directory.GroupPermitter) {
		f := fixture(t)
		permitter, can := f.Target.(directory.GroupPermitter)
		if !can {
			t.Skip("this target gives groups no permissions")
		}
		if len(f.Permissions) < 3 || f.Permissions[0].Scope != f.Permissions[1].Scope || f.NoScope.Scope == "" {
			t.Fatal("Fixture.Permissions needs two of one scope and one of another, and NoScope one that does not exist")
		}
		return f, permitter
	}
	sorted := cmpopts.SortSlices(func(a, b directory.Permission) bool { return a.Scope < b.Scope })
	last := func(f Fixture) directory.Permission { return f.Permissions[len(f.Permissions)-1] }
	t.Run("a group is given a permission, once or twice, and nobody else is", func(t *testing.T) {
		t.Parallel()
		f, permitter := able(t)
		groups := f.SeedGroups(t, "makers", "bystanders")
		want := []directory.Permission{f.Permissions[0], last(f)}
		for range 2 {
			for _, p := range want {
				if err := permitter.Permit(t.Context(), groups[0], p); err != nil {
					t.Fatalf("Permit %+v: %v: %s", p, err, directory.DetailOf(err))
				}
			}
		}
		if diff := cmp.Diff(want, f.PermissionsNow(t, groups[0]), sorted); diff != "" {
			t.Errorf("the product (-want +got)\n%s", diff)
		}
		if diff := cmp.Diff([]directory.Permission{}, f.PermissionsNow(t, groups[1]), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("another group (-want +got)\n%s", diff)
		}
	})
	t.Run("a permission takes the place of the one that stood there, greater or lesser", func(t *testing.T) {
		t.Parallel()
		f, permitter := able(t)
		groups := f.SeedGroups(t, "makers")
		for _, i := range []int{0, 1, 0} {
			if err := permitter.Permit(t.Context(), groups[0], f.Permissions[i]); err != nil {
				t.Fatalf("Permit %+v: %v: %s", f.Permissions[i], err, directory.DetailOf(err))
			}
			if diff := cmp.Diff(f.Permissions[i:i+1], f.PermissionsNow(t, groups[0])); diff != "" {
				t.Fatalf("the product (-want +got)\n%s", diff)
			}
		}
	})
	t.Run("only the scopes asked for are told, and only those in which the group holds something", func(t *testing.T) {
		t.Parallel()
		f, permitter := able(t)
		groups := f.SeedGroups(t, "makers", "others")
		one, another := f.Permissions[1], last(f)
		for _, p := range []directory.Permission{one, another} {
			if err := permitter.Permit(t.Context(), groups[0], p); err != nil {
				t.Fatalf("Permit %+v: %v: %s", p, err, directory.DetailOf(err))
			}
		}
		asked := []struct {
			group  string
			scopes []string
			want   []directory.Permission
		}{
			{groups[0], []string{one.Scope, another.Scope}, []directory.Permission{one, another}},
			{groups[0], []string{another.Scope}, []directory.Permission{another}},
			{groups[0], nil, nil},
			{groups[1], []string{one.Scope, another.Scope}, nil},
		}
		for _, ask := range asked {
			got, err := permitter.Permissions(t.Context(), ask.group, ask.scopes)
			if diff := cmp.Diff(ask.want, got, sorted, cmpopts.EquateEmpty()); err != nil || diff != "" {
				t.Errorf("%v: %v: %s (-want +got)\n%s", ask.scopes, err, directory.DetailOf(err), diff)
			}
		}
	})
	t.Run("what does not exist is a NotFoundError that says what", func(t *testing.T) {
		t.Parallel()
		f, permitter := able(t)
		groups := f.SeedGroups(t, "makers")
		wantMissing(t, permitter.Permit(t.Context(), "no-group-has-this-id", f.Permissions[0]), "group")
		wantMissing(t, permitter.Permit(t.Context(), groups[0], f.NoScope), kindOf(f.NoScope.Scope))
		_, err := permitter.Permissions(t.Context(), groups[0], []string{f.Permissions[0].Scope, f.NoScope.Scope})
		wantMissing(t, err, kindOf(f.NoScope.Scope))
	})
}
