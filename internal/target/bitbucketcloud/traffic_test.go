package bitbucketcloud_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/bitbucketcloudsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/speccheck"
	"github.com/rollcall-sync/rollcall/internal/target/targettest"
)

// TestEveryCallIsWhatTheVendorsDescriptionSays is about the calls of 2.0: there
// is no description of 1.0, whose paths pass unchecked.
func TestEveryCallIsWhatTheVendorsDescriptionSays(t *testing.T) {
	t.Parallel()
	checker := speccheck.Load(t, speccheck.BitbucketCloud)
	t.Run("in the suite", func(t *testing.T) {
		targettest.Run(t, func(t *testing.T) targettest.Fixture {
			f := newPlace(t, bitbucketcloudsim.Options{}, checker.Handler, nil).fixture()
			f.Described = true
			return f
		})
	})
	report, err := newPlace(t, bitbucketcloudsim.Options{}, checker.Handler, nil).target.Check(t.Context())
	if err != nil || len(report.Missing) > 0 {
		t.Errorf("Check: %+v, %v", report, err)
	}
	checked := checker.Checked()
	const (
		project    = "/workspaces/{workspace}/projects/{project_key}/permissions-config/groups"
		repository = "/repositories/{workspace}/{repo_slug}/permissions-config/groups"
	)
	for _, operation := range []string{
		"GET /user 200", "GET /workspaces/{workspace} 200", "GET /workspaces/{workspace}/members 200",
		"GET /workspaces/{workspace}/members/{member} 200", "GET /workspaces/{workspace}/members/{member} 404",
		"GET /workspaces/{workspace}/permissions 200", "GET " + project + "/{group_slug} 200", "PUT " + project + "/{group_slug} 200",
		"GET " + repository + "/{group_slug} 200", "PUT " + repository + "/{group_slug} 200", "PUT " + repository + "/{group_slug} 404",
		"GET " + repository + " 404",
	} {
		if checked[operation] == 0 {
			t.Errorf("%s was not checked; these were: %v", operation, checked)
		}
	}
}

// TestASmallChangeTakesFewCalls is the arithmetic of docs/targets/bitbucket-cloud.md.
func TestASmallChangeTakesFewCalls(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		do   func(t *testing.T, p *place, id, first, second string)
		most int
	}{
		"two hundred newcomers: looked for ninety at a time": {most: 3, do: func(t *testing.T, p *place, _, _, _ string) {
			emails := make([]string, 200)
			for i := range emails {
				emails[i] = fmt.Sprintf("n%d@example.com", i)
			}
			if _, err := p.target.FindAccounts(t.Context(), emails); err != nil {
				t.Fatal(err)
			}
		}},
		"a newcomer in two groups: looked for and added": {most: 3, do: func(t *testing.T, p *place, id, first, second string) {
			found, err := p.target.FindAccounts(t.Context(), []string{"THERE@example.com"})
			if err != nil || len(found) != 1 || found[0].ID != id {
				t.Fatalf("found %+v, %v", found, err)
			}
			ok(t, p.target.AddMember(t.Context(), first, id))
			ok(t, p.target.AddMember(t.Context(), second, id))
		}},
		"a leaver of one group: removed": {most: 1, do: func(t *testing.T, p *place, id, first, _ string) {
			if _, err := p.sim.Roster().Join(first, id); err != nil {
				t.Fatal(err)
			}
			ok(t, p.target.RemoveMember(t.Context(), first, id))
		}},
		"all groups and all their members: one list": {most: 1, do: func(t *testing.T, p *place, id, first, second string) {
			if _, err := p.sim.Roster().Join(first, id); err != nil {
				t.Fatal(err)
			}
			page, err := p.target.Groups(t.Context(), "")
			if err != nil || len(page.Groups) != 3 {
				t.Fatalf("%+v, %v", page, err)
			}
			for group, want := range map[string]int{first: 1, second: 0} {
				if members, err := p.target.Members(t.Context(), group, ""); err != nil || len(members.AccountIDs) != want {
					t.Errorf("%s has %+v, %v", group, members, err)
				}
			}
		}},
		"a permission: looked at and given": {most: 2, do: func(t *testing.T, p *place, _, first, _ string) {
			wanted := directory.Permission{Scope: "project " + bitbucketcloudsim.DefaultProject, Level: "write"}
			if held, err := p.target.Permissions(t.Context(), first, []string{wanted.Scope}); err != nil || len(held) > 0 {
				t.Fatalf("held %v, %v", held, err)
			}
			ok(t, p.target.Permit(t.Context(), first, wanted))
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, bitbucketcloudsim.Options{}, nil, nil)
			id, first, second := p.member(t, "there@example.com"), p.group(t, "First"), p.group(t, "Second")
			p.engine.ResetCalls()
			test.do(t, p, id, first, second)
			if calls := len(p.engine.Calls()); calls > test.most {
				t.Errorf("%d calls, want at most %d: %v", calls, test.most, p.engine.Counts())
			}
		})
	}
}

func TestMembersThatCameWithTheListAreUsedOnceAndNotAfterAWrite(t *testing.T) {
	t.Parallel()
	p := newPlace(t, bitbucketcloudsim.Options{}, nil, nil)
	ana, ben, club := p.member(t, "ana@example.com"), p.member(t, "ben@example.com"), p.group(t, "Club")
	members := func() int {
		t.Helper()
		page, err := p.target.Members(t.Context(), club, "")
		ok(t, err)
		return len(page.AccountIDs)
	}
	list := func() {
		t.Helper()
		_, err := p.target.Groups(t.Context(), "")
		ok(t, err)
	}
	list()
	ok(t, p.target.AddMember(t.Context(), club, ana))
	if n := members(); n != 1 {
		t.Errorf("after a member was added there are %d", n)
	}
	list()
	if _, err := p.sim.Roster().Join(club, ben); err != nil {
		t.Fatal(err)
	}
	if first, second := members(), members(); first != 1 || second != 2 {
		t.Errorf("the list's %d and then what is there, %d; want 1 and 2", first, second)
	}
	list()
	ok(t, p.target.RemoveMember(t.Context(), club, ana))
	if n := members(); n != 1 {
		t.Errorf("after a member was removed there are %d", n)
	}
	for route, n := range p.engine.Counts() {
		if route == http.MethodGet+" /1.0/groups/{workspace}/{group_slug}/members" && n != 3 {
			t.Errorf("the members were read %d times, want 3", n)
		}
	}
}
