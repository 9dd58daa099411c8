package atlassianguard_test

import (
	"net/http"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/guardsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/speccheck"
	"github.com/rollcall-sync/rollcall/internal/target/targettest"
)

func TestEveryCallIsWhatTheVendorsDescriptionsSay(t *testing.T) {
	t.Parallel()
	directories := speccheck.Load(t, speccheck.AtlassianSCIM)
	organisations := speccheck.Load(t, speccheck.AtlassianOrganizations)
	around := func(next http.Handler) http.Handler { return directories.Handler(organisations.Handler(next)) }
	// The suite has to be through before what it checked is counted.
	t.Run("in the suite", func(t *testing.T) {
		targettest.Run(t, func(t *testing.T) targettest.Fixture {
			f := newPlace(t, guardsim.Options{}, around, nil).fixture(true)
			f.Described = true
			return f
		})
	})
	p := newPlace(t, guardsim.Options{}, around, nil)
	report, err := p.target.Check(t.Context())
	if err != nil || len(report.Missing) > 0 {
		t.Errorf("Check: %+v, %v", report, err)
	}
	checked := directories.Checked()
	for _, operation := range []string{
		"GET /scim/directory/{directoryId}/Users 200", "POST /scim/directory/{directoryId}/Users 201",
		"POST /scim/directory/{directoryId}/Users 409", "GET /scim/directory/{directoryId}/Users/{userId} 200",
		"GET /scim/directory/{directoryId}/Users/{userId} 404", "PATCH /scim/directory/{directoryId}/Users/{userId} 200",
		"PATCH /scim/directory/{directoryId}/Users/{userId} 400", "GET /scim/directory/{directoryId}/Groups 200",
		"POST /scim/directory/{directoryId}/Groups 201", "GET /scim/directory/{directoryId}/Groups/{id} 200",
		"PATCH /scim/directory/{directoryId}/Groups/{id} 200", "PATCH /scim/directory/{directoryId}/Groups/{id} 404",
	} {
		if checked[operation] == 0 {
			t.Errorf("%s was not checked; these were: %v", operation, checked)
		}
	}
	if n := organisations.Checked()["POST /v2/orgs/{orgId}/directories/{directoryId}/groups/search 200"]; n == 0 {
		t.Error("no search for groups of the organisation was checked")
	}
}

func TestNothingIsReplacedAsAWhole(t *testing.T) {
	t.Parallel()
	p := newPlace(t, guardsim.Options{}, nil, nil)
	id := p.user(t, "whole@example.com")
	name, email := "Whole", "whole.new@example.com"
	err := p.target.UpdateAccount(t.Context(), id, directory.AccountPatch{DisplayName: &name, Email: &email, Attributes: map[string]string{"job_title": "Clerk"}})
	if err != nil {
		t.Fatal(err)
	}
	for route, n := range p.engine.Counts() {
		if n > 0 && route[:4] == "PUT " {
			t.Errorf("%s would clear what it does not name", route)
		}
	}
}

// TestASmallChangeTakesFewCalls is the arithmetic of docs/targets/atlassian-guard.md.
func TestASmallChangeTakesFewCalls(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		do   func(t *testing.T, p *place, id, first, second string)
		most int
	}{
		"a new person in two groups: looked for, created, added twice": {most: 4, do: func(t *testing.T, p *place, _, first, second string) {
			if found, err := p.target.FindAccounts(t.Context(), []string{"new@example.com"}); err != nil || len(found) > 0 {
				t.Fatalf("found %v, %v", found, err)
			}
			var made directory.AccountCreated
			err := p.target.CreateAccounts(t.Context(), []directory.NewAccount{{
				Ref: 1, Email: "new@example.com", DisplayName: "New", Attributes: everyAttribute(),
			}}, func(c directory.AccountCreated) { made = c })
			if err != nil || made.Err != nil || made.Account == nil || made.Account.Email != "new@example.com" {
				t.Fatalf("%v, %+v", err, made)
			}
			ok(t, p.target.AddMember(t.Context(), first, made.AccountID))
			ok(t, p.target.AddMember(t.Context(), second, made.AccountID))
		}},
		"a leaver: blocked": {most: 1, do: func(t *testing.T, p *place, id, _, _ string) {
			ok(t, p.target.DeactivateAccount(t.Context(), id))
		}},
		"a move from one group to another: removed and added": {most: 2, do: func(t *testing.T, p *place, id, first, second string) {
			ok(t, p.target.RemoveMember(t.Context(), first, id))
			ok(t, p.target.AddMember(t.Context(), second, id))
		}},
		"another name and title: one patch": {most: 1, do: func(t *testing.T, p *place, id, _, _ string) {
			name := "Other"
			ok(t, p.target.UpdateAccount(t.Context(), id, directory.AccountPatch{DisplayName: &name, Attributes: map[string]string{"job_title": "Lead"}}))
		}},
		"another address: the addresses are read and replaced": {most: 2, do: func(t *testing.T, p *place, id, _, _ string) {
			email := "other@example.com"
			ok(t, p.target.UpdateAccount(t.Context(), id, directory.AccountPatch{Email: &email}))
		}},
		"forty new people in a small directory: looked for by its list": {most: 1, do: func(t *testing.T, p *place, _, _, _ string) {
			if _, err := p.target.FindAccounts(t.Context(), numbered(40, "n%d@example.com")); err != nil {
				t.Fatal(err)
			}
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, guardsim.Options{}, nil, nil)
			id := p.user(t, "there@example.com")
			first, second := p.group(t, "first"), p.group(t, "second")
			if _, err := p.sim.Roster().Join(first, id); err != nil {
				t.Fatal(err)
			}
			p.engine.ResetCalls()
			test.do(t, p, id, first, second)
			if calls := len(p.engine.Calls()); calls > test.most {
				t.Errorf("%d calls, want at most %d: %v", calls, test.most, p.engine.Counts())
			}
		})
	}
}
