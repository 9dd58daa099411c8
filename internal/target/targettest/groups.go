package targettest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func testGroups(t *testing.T, fixture func(t *testing.T) Fixture) {
	t.Run("a group is created once, and is a ConflictError after that", func(t *testing.T) {
		t.Parallel()
		f := fixture(t)
		group, err := f.Target.CreateGroup(t.Context(), directory.NewGroup{Name: "Équipe d'été", Description: "for summer"})
		if err != nil {
			t.Fatalf("CreateGroup: %v: %s", err, directory.DetailOf(err))
		}
		if group.ID == "" || !foldEqual(group.Name, "Équipe d'été") || group.ReadOnly {
			t.Errorf("got %+v, want a group with an id and that name that can be written", group)
		}
		var conflict *directory.ConflictError
		if _, err := f.Target.CreateGroup(t.Context(), directory.NewGroup{Name: "Équipe d'été"}); !errors.As(err, &conflict) {
			t.Errorf("the second time: %v, want a *directory.ConflictError", err)
		}
		found, err := f.Target.FindGroups(t.Context(), []string{"Équipe d'été"})
		if diff := cmp.Diff([]directory.TargetGroup{group}, found); err != nil || diff != "" {
			t.Errorf("FindGroups: %v (-created +found)\n%s", err, diff)
		}
	})
	t.Run("groups created at the same time each get their own id", func(t *testing.T) {
		t.Parallel()
		f := fixture(t)
		names := numbered(20, "together %d")
		type result struct {
			name  string
			group directory.TargetGroup
			err   error
		}
		results := make(chan result)
		for _, name := range names {
			go func() {
				group, err := f.Target.CreateGroup(t.Context(), directory.NewGroup{Name: name})
				results <- result{name, group, err}
			}()
		}
		ids := make(map[string]string)
		for range names {
			got := <-results
			if got.err != nil || !foldEqual(got.group.Name, got.name) {
				t.Errorf("%s: got %+v, %v", got.name, got.group, got.err)
			}
			if other, taken := ids[got.group.ID]; taken {
				t.Errorf("%s and %s have one id", got.name, other)
			}
			ids[got.group.ID] = got.name
		}
	})
	t.Run("a name is found whole and whatever its case", func(t *testing.T) {
		t.Parallel()
		f := fixture(t)
		ids := f.SeedGroups(t, "Engineering", "Engineering Leads", "Sales")
		found, err := f.Target.FindGroups(t.Context(), []string{"ENGINEERING", "sales", "nothing of that name"})
		if err != nil {
			t.Fatalf("FindGroups: %v", err)
		}
		var got []string
		for _, group := range found {
			got = append(got, group.ID)
		}
		slices.Sort(got)
		want := slices.Sorted(slices.Values([]string{ids[0], ids[2]}))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("groups found (-want +got)\n%s", diff)
		}
		if found, err := f.Target.FindGroups(t.Context(), nil); err != nil || len(found) != 0 {
			t.Errorf("asked for none, found %+v, %v", found, err)
		}
	})
	t.Run("any number of names may be asked for, and all groups are listed once", func(t *testing.T) {
		t.Parallel()
		f := fixture(t)
		names := numbered(f.PageSize+3, "many groups %d")
		ids := f.SeedGroups(t, names...)
		asked := names[:min(len(names), askedAtMost)]
		found, err := f.Target.FindGroups(t.Context(), asked)
		if err != nil || len(found) != len(asked) {
			t.Errorf("found %d groups of %d, %v", len(found), len(asked), err)
		}
		byID := make(map[string]string)
		all := every(t, func(cursor string) ([]string, string, error) {
			page, err := f.Target.Groups(t.Context(), cursor)
			var got []string
			for _, group := range page.Groups {
				got = append(got, group.ID)
				byID[group.ID] = group.Name
			}
			return got, page.Next, err
		})
		if lacking := missing(ids, all); len(lacking) > 0 {
			t.Errorf("the list lacks %d of %d groups", len(lacking), len(ids))
		}
		for i, id := range ids {
			if !strings.EqualFold(byID[id], names[i]) {
				t.Errorf("group %s is called %q, want %q", id, byID[id], names[i])
			}
		}
	})
}

func testMembers(t *testing.T, fixture func(t *testing.T) Fixture) {
	t.Run("adding a member twice is adding one", func(t *testing.T) {
		t.Parallel()
		f := fixture(t)
		ids, groups := f.SeedAccounts(t, f.email("member"), f.email("bystander")), f.SeedGroups(t, "club")
		for range 2 {
			if err := f.Target.AddMember(t.Context(), groups[0], ids[0]); err != nil {
				t.Fatalf("AddMember: %v: %s", err, directory.DetailOf(err))
			}
		}
		if diff := cmp.Diff(ids[:1], f.MembersNow(t, groups[0])); diff != "" {
			t.Errorf("members (-want +got)\n%s", diff)
		}
	})
	t.Run("removing a member twice is removing one", func(t *testing.T) {
		t.Parallel()
		f := fixture(t)
		ids, groups := f.SeedAccounts(t, f.email("leaver"), f.email("stayer")), f.SeedGroups(t, "club")
		f.SeedMembers(t, groups[0], ids...)
		for range 2 {
			if err := f.Target.RemoveMember(t.Context(), groups[0], ids[0]); err != nil {
				t.Fatalf("RemoveMember: %v: %s", err, directory.DetailOf(err))
			}
		}
		if diff := cmp.Diff(ids[1:], f.MembersNow(t, groups[0])); diff != "" {
			t.Errorf("members (-want +got)\n%s", diff)
		}
	})
	t.Run("a group or account that is gone is a NotFoundError to add and nothing to remove", func(t *testing.T) {
		t.Parallel()
		f := fixture(t)
		ids, groups := f.SeedAccounts(t, f.email("present")), f.SeedGroups(t, "present")
		wantMissing(t, f.Target.AddMember(t.Context(), "no-group-has-this-id", ids[0]), "group")
		wantMissing(t, f.Target.AddMember(t.Context(), groups[0], "nobody-has-this-id"), "account")
		if err := f.Target.RemoveMember(t.Context(), "no-group-has-this-id", ids[0]); err != nil {
			t.Errorf("RemoveMember from a group that is gone: %v", err)
		}
		if err := f.Target.RemoveMember(t.Context(), groups[0], "nobody-has-this-id"); err != nil {
			t.Errorf("RemoveMember of an account that is gone: %v", err)
		}
	})
	t.Run("all members are listed once, over more than one page", func(t *testing.T) {
		t.Parallel()
		f := fixture(t)
		ids := f.SeedAccounts(t, numbered(f.PageSize+3, f.email("in.%d"))...)
		f.SeedAccounts(t, f.email("out"))
		groups := f.SeedGroups(t, "crowd", "nobody")
		f.SeedMembers(t, groups[0], ids...)
		members := func(group string) []string {
			return every(t, func(cursor string) ([]string, string, error) {
				page, err := f.Target.Members(t.Context(), group, cursor)
				return page.AccountIDs, page.Next, err
			})
		}
		got := members(groups[0])
		slices.Sort(got)
		slices.Sort(ids)
		if diff := cmp.Diff(ids, got); diff != "" {
			t.Errorf("members (-want +got)\n%s", diff)
		}
		if got := members(groups[1]); len(got) != 0 {
			t.Errorf("an empty group has %v", got)
		}
	})
	t.Run("the members of a group that is gone are a NotFoundError, not nobody", func(t *testing.T) {
		t.Parallel()
		f := fixture(t)
		_, err := f.Target.Members(t.Context(), "no-group-has-this-id", "")
		wantMissing(t, err, "group")
	})
}
