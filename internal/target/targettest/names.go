package targettest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func testRenaming(t *testing.T, fixture func(t *testing.T) Fixture) {
	able := func(t *testing.T) (Fixture, directory.GroupRenamer) {
		f := fixture(t)
		renamer, can := f.Target.(directory.GroupRenamer)
		if !can {
			t.Skip("this target does not rename groups")
		}
		return f, renamer
	}
	t.Run("a group keeps its id and its members when its name changes", func(t *testing.T) {
		t.Parallel()
		f, renamer := able(t)
		ids, groups := f.SeedAccounts(t, f.email("member")), f.SeedGroups(t, "old name", "bystander")
		f.SeedMembers(t, groups[0], ids...)
		for range 2 {
			if err := renamer.RenameGroup(t.Context(), groups[0], "New Name"); err != nil {
				t.Fatalf("RenameGroup: %v: %s", err, directory.DetailOf(err))
			}
		}
		found, err := f.Target.FindGroups(t.Context(), []string{"new name", "old name"})
		if diff := cmp.Diff([]directory.TargetGroup{{ID: groups[0], Name: "New Name"}}, found); err != nil || diff != "" {
			t.Errorf("FindGroups: %v (-want +got)\n%s", err, diff)
		}
		if diff := cmp.Diff(ids, f.MembersNow(t, groups[0])); diff != "" {
			t.Errorf("members (-want +got)\n%s", diff)
		}
	})
	t.Run("a name may change in case alone", func(t *testing.T) {
		t.Parallel()
		f, renamer := able(t)
		groups := f.SeedGroups(t, "sales")
		if err := renamer.RenameGroup(t.Context(), groups[0], "Sales"); err != nil {
			t.Fatalf("RenameGroup: %v: %s", err, directory.DetailOf(err))
		}
		found, err := f.Target.FindGroups(t.Context(), []string{"sales"})
		if err != nil || len(found) != 1 || found[0].Name != "Sales" {
			t.Errorf("found %+v, %v", found, err)
		}
	})
	t.Run("a name that another group has is a ConflictError", func(t *testing.T) {
		t.Parallel()
		f, renamer := able(t)
		groups := f.SeedGroups(t, "one", "taken")
		var conflict *directory.ConflictError
		if err := renamer.RenameGroup(t.Context(), groups[0], "Taken"); !errors.As(err, &conflict) {
			t.Errorf("got %v, want a *directory.ConflictError", err)
		}
	})
	t.Run("a group that does not exist is a NotFoundError", func(t *testing.T) {
		t.Parallel()
		_, renamer := able(t)
		wantMissing(t, renamer.RenameGroup(t.Context(), "no-group-has-this-id", "any"), "group")
	})
}

func testFinding(t *testing.T, fixture func(t *testing.T) Fixture) {
	able := func(t *testing.T) (Fixture, directory.AccountFinder, directory.AccountWriter) {
		f := fixture(t)
		finder, can := f.Target.(directory.AccountFinder)
		if !can || len(f.FindBy) == 0 {
			t.Skip("this target finds accounts by their address alone")
		}
		writer, _ := f.Target.(directory.AccountWriter)
		return f, finder, writer
	}
	t.Run("accounts are found by the user name that they were made with, whole and whatever its case", func(t *testing.T) {
		t.Parallel()
		f, finder, _ := able(t)
		if f.UserName == nil {
			t.Skip("user names are written to accounts of this product")
		}
		first, second := f.email("val.one"), f.email("odd.other")
		ids := f.SeedAccounts(t, first, f.email("val.one.more"), second)
		found, err := finder.FindAccountsBy(t.Context(), "user_name", []string{strings.ToUpper(f.UserName(first)), f.UserName(f.email("nobody")), f.UserName(second)})
		if err != nil {
			t.Fatalf("FindAccountsBy: %v: %s", err, directory.DetailOf(err))
		}
		var got []string
		for _, account := range found {
			got = append(got, account.ID)
		}
		slices.Sort(got)
		if diff := cmp.Diff(slices.Sorted(slices.Values([]string{ids[0], ids[2]})), got); diff != "" {
			t.Errorf("found (-want +got)\n%s", diff)
		}
		if found, err := finder.FindAccountsBy(t.Context(), "user_name", nil); err != nil || len(found) != 0 {
			t.Errorf("asked for none, found %+v, %v", found, err)
		}
	})
	t.Run("accounts are found by an attribute, whole and whatever its case", func(t *testing.T) {
		t.Parallel()
		f, finder, writer := able(t)
		if writer == nil {
			t.Skip("this target writes no attributes")
		}
		ids := f.SeedAccounts(t, f.email("first"), f.email("second"), f.email("third"))
		for _, attribute := range f.FindBy {
			if attribute == "user_name" && f.UserName != nil {
				continue // it cannot be written in every product
			}
			for i, value := range []string{"Value.One", "Value.One.More", "Other"} {
				if err := writer.UpdateAccount(t.Context(), ids[i], patchOf(attribute, value)); err != nil {
					t.Fatalf("write %s: %v: %s", attribute, err, directory.DetailOf(err))
				}
			}
			found, err := finder.FindAccountsBy(t.Context(), attribute, []string{"VALUE.one", "nobody's", "other"})
			if err != nil {
				t.Fatalf("FindAccountsBy %s: %v: %s", attribute, err, directory.DetailOf(err))
			}
			var got []string
			for _, account := range found {
				got = append(got, account.ID)
				if value := valueOf(account, attribute); !strings.EqualFold(value, "value.one") && !strings.EqualFold(value, "other") {
					t.Errorf("%s: found %s, whose value is %q", attribute, account.ID, value)
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(slices.Sorted(slices.Values([]string{ids[0], ids[2]})), got); diff != "" {
				t.Errorf("%s (-want +got)\n%s", attribute, diff)
			}
			if found, err := finder.FindAccountsBy(t.Context(), attribute, nil); err != nil || len(found) != 0 {
				t.Errorf("asked for none, found %+v, %v", found, err)
			}
		}
	})
}

func patchOf(attribute, value string) directory.AccountPatch {
	if attribute == "user_name" {
		return directory.AccountPatch{UserName: &value}
	}
	return directory.AccountPatch{Attributes: map[string]string{attribute: value}}
}

func valueOf(account directory.Account, attribute string) string {
	if attribute == "user_name" {
		return account.UserName
	}
	return account.Attributes[attribute]
}
