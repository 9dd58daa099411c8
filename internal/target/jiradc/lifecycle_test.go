package jiradc_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/jiradcsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/target/jiradc"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/vendortest"
)

func TestANewAccountHasTheConfiguredApplicationsAndNoPasswordOfOurs(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		applications []string
		want         []string
	}{
		"the configured one": {[]string{jiradcsim.DefaultApplication}, []string{jiradcsim.DefaultGroup}},
		"none at all":        {nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sent string
			v := newVendor(t, jiradcsim.Options{}, func(c *jiradc.Config) { c.Applications = test.applications }, func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.Method == http.MethodPost {
						body, err := io.ReadAll(r.Body)
						if err != nil {
							t.Error(err)
						}
						sent = string(body)
						r.Body = io.NopCloser(strings.NewReader(sent))
					}
					next.ServeHTTP(w, r)
				})
			})
			made := vendortest.Create(t, v.target, directory.NewAccount{Ref: 1, UserName: "ana", Email: "ana@example.com"})
			if made.Err != nil {
				t.Fatalf("%v: %s", made.Err, directory.DetailOf(made.Err))
			}
			var groups []string
			for _, g := range v.Sim.Roster().GroupsOf(made.AccountID) {
				groups = append(groups, g.Name)
			}
			if diff := cmp.Diff(test.want, groups); diff != "" {
				t.Errorf("groups (-want +got)\n%s", diff)
			}
			if strings.Contains(sent, "password") || !strings.Contains(sent, `"notification":"false"`) {
				t.Errorf("sent %s", sent)
			}
		})
	}
}

func TestAUserNameOfSomebodyElseIsAConflict(t *testing.T) {
	t.Parallel()
	v := newVendor(t, jiradcsim.Options{}, nil, nil)
	v.Seed(t, "ana@elsewhere.example")
	other := v.Seed(t, "bo@example.com")
	made := vendortest.Create(t, v.target, directory.NewAccount{Ref: 1, UserName: "Ana", Email: "ana@example.com"})
	vendortest.WantClass(t, made.Err, directory.ClassConflict)
	taken, same := "ANA", "bo"
	vendortest.WantClass(t, v.target.UpdateAccount(t.Context(), other.ID, directory.AccountPatch{UserName: &taken}), directory.ClassConflict)
	if err := v.target.UpdateAccount(t.Context(), other.ID, directory.AccountPatch{UserName: &same}); err != nil {
		t.Errorf("the name that it has: %v", err)
	}
}

func TestAnAdoptedAccountGetsTheApplicationsThatItLacks(t *testing.T) {
	t.Parallel()
	v := newVendor(t, jiradcsim.Options{}, nil, nil)
	has, lacks := v.Seed(t, "has@example.com"), v.Seed(t, "lacks@example.com")
	if _, err := v.Sim.Roster().Join(jiradcsim.DefaultGroup, has.ID); err != nil {
		t.Fatal(err)
	}
	outcomes := map[int64]directory.AccountCreated{}
	err := v.target.GrantAccess(t.Context(), []directory.NewAccount{
		{Ref: 1, UserName: "has", Email: "has@example.com"},
		// Who was linked by the address has a user name of their own.
		{Ref: 2, UserName: "another", Email: "LACKS@example.com"},
		{Ref: 3, UserName: "nobody", Email: "nobody@example.com"},
	}, func(o directory.AccountCreated) { outcomes[o.Ref] = o })
	if err != nil {
		t.Fatal(err)
	}
	if outcomes[1].AccountID != has.ID || outcomes[2].AccountID != lacks.ID {
		t.Errorf("the outcomes are %+v", outcomes)
	}
	vendortest.WantClass(t, outcomes[3].Err, directory.ClassNotFound)
	for _, a := range []roster.Account{has, lacks} {
		if !v.Sim.Roster().IsMember(jiradcsim.DefaultGroup, a.ID) {
			t.Errorf("%s has no access", a.UserName)
		}
	}
	if keys := v.Engine.AppliedKeys(); len(keys) != 1 {
		t.Errorf("more was changed than was lacking: %v", keys)
	}
	if n := v.Calls()["POST /rest/api/2/user/application"]; n != 1 {
		t.Errorf("access was given %d times", n)
	}
}

func TestAJiraThatCannotDeactivateSaysWhatToDo(t *testing.T) {
	t.Parallel()
	for version, can := range map[string]bool{"8.2.6": false, "7.13.0": false, "8.3.0": true, "8.13.1": true, "10.3.24": true} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, jiradcsim.Options{Version: version}, func(c *jiradc.Config) {
				c.Credential = rest.Basic(jiradcsim.DefaultUser, jiradcsim.DefaultPassword) // tokens came later
			}, nil)
			a := v.Seed(t, "ana@example.com")
			err := v.target.DeactivateAccount(t.Context(), a.ID)
			report, checkErr := v.target.Check(t.Context())
			if checkErr != nil || report.Version != version {
				t.Fatalf("Check: %+v, %v", report, checkErr)
			}
			if can {
				if err != nil || len(report.Missing) > 0 {
					t.Errorf("%v, and check says %v", err, report.Missing)
				}
				return
			}
			vendortest.WantClass(t, err, directory.ClassRefused)
			if !strings.Contains(directory.DetailOf(err), "crowd") || len(report.Missing) != 1 {
				t.Errorf("%s, and check says %v", directory.DetailOf(err), report.Missing)
			}
		})
	}
}

func TestWhoLeadsSomethingIsBlockedOnceItIsHandedOver(t *testing.T) {
	t.Parallel()
	v := newVendor(t, jiradcsim.Options{}, nil, nil)
	a := v.Seed(t, "ana@example.com")
	if err := v.Sim.SeedProject("ABC", "Alphabet", a.ID); err != nil {
		t.Fatal(err)
	}
	vendortest.WantClass(t, v.target.DeactivateAccount(t.Context(), a.ID), directory.ClassRefused)
	vendortest.WantClass(t, v.target.DeleteAccount(t.Context(), a.ID), directory.ClassRefused)
	handed, err := v.target.HandOver(t.Context(), a.ID)
	if diff := cmp.Diff([]string{"project ABC"}, handed); err != nil || diff != "" {
		t.Fatalf("%v (-want +got)\n%s", err, diff)
	}
	if err := v.target.DeactivateAccount(t.Context(), a.ID); err != nil {
		t.Errorf("%v: %s", err, directory.DetailOf(err))
	}
}

func TestWhoHasIssuesIsNotDeletedAndTheAdviceIsToDeactivate(t *testing.T) {
	t.Parallel()
	v := newVendor(t, jiradcsim.Options{}, nil, nil)
	a := v.Seed(t, "ana@example.com")
	if err := v.Sim.SeedIssues(a.ID); err != nil {
		t.Fatal(err)
	}
	err := v.target.DeleteAccount(t.Context(), a.ID)
	vendortest.WantClass(t, err, directory.ClassRefused)
	if !strings.Contains(directory.DetailOf(err), "deactivate") {
		t.Errorf("the detail has no advice: %s", directory.DetailOf(err))
	}
}

func TestARefusalIsTheDirectorysForAnAdministratorAndElseTheCredentials(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		lacks []string
		want  directory.Class
	}{
		"an administrator":    {nil, directory.ClassUnmanaged},
		"no administrator":    {[]string{"ADMINISTER"}, directory.ClassAuth},
		"neither of the both": {[]string{"ADMINISTER", "SYSTEM_ADMIN"}, directory.ClassAuth},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, jiradcsim.Options{Lacks: test.lacks}, nil, nil)
			a, member := v.Sim.NewAccount("ana", "ana@example.com", "Ana"), v.Seed(t, "bo@example.com")
			a.External = true
			if err := v.Sim.Roster().AddAccount(a); err != nil {
				t.Fatal(err)
			}
			g := v.Sim.NewGroup("ldap-staff")
			g.External = true
			if err := v.Sim.Roster().AddGroup(g); err != nil {
				t.Fatal(err)
			}
			if _, err := v.Sim.Roster().Join(g.ID, member.ID); err != nil {
				t.Fatal(err)
			}
			changed := "Changed"
			for what, err := range map[string]error{
				"update":     v.target.UpdateAccount(t.Context(), a.ID, directory.AccountPatch{DisplayName: &changed}),
				"deactivate": v.target.DeactivateAccount(t.Context(), a.ID),
				"delete":     v.target.DeleteAccount(t.Context(), a.ID),
				"add":        v.target.AddMember(t.Context(), g.ID, a.ID),
				"remove":     v.target.RemoveMember(t.Context(), g.ID, member.ID),
			} {
				if got := directory.ClassOf(err); err == nil || got != test.want {
					t.Errorf("%s: %v, want %s", what, err, test.want)
				}
			}
		})
	}
}

func TestALicenceWithoutRoomIsTold(t *testing.T) {
	t.Parallel()
	v := newVendor(t, jiradcsim.Options{}, nil, nil)
	a, off := v.Seed(t, "ana@example.com"), v.Seed(t, "off@example.com")
	plain := v.SeedGroup(t, "plain")
	if _, err := v.Sim.Roster().Join(jiradcsim.DefaultGroup, off.ID); err != nil {
		t.Fatal(err)
	}
	if err := v.target.DeactivateAccount(t.Context(), off.ID); err != nil {
		t.Fatal(err)
	}
	v.Fill(t, jiradcsim.DefaultGroup)
	vendortest.WantClass(t, vendortest.Create(t, v.target, directory.NewAccount{Ref: 1, UserName: "new", Email: "new@example.com"}).Err, directory.ClassSeat)
	vendortest.WantClass(t, v.target.AddMember(t.Context(), jiradcsim.DefaultGroup, a.ID), directory.ClassSeat)
	vendortest.WantClass(t, v.target.RestoreAccount(t.Context(), off.ID), directory.ClassSeat)
	var granted directory.AccountCreated
	err := v.target.GrantAccess(t.Context(), []directory.NewAccount{{Ref: 1, UserName: "ana", Email: "ana@example.com"}},
		func(o directory.AccountCreated) { granted = o })
	if err != nil {
		t.Fatal(err)
	}
	vendortest.WantClass(t, granted.Err, directory.ClassSeat)
	if err := v.target.AddMember(t.Context(), plain.ID, a.ID); err != nil {
		t.Errorf("a group without a licence: %v", err)
	}
	report, err := v.target.Check(t.Context())
	if diff := cmp.Diff([]directory.Licence{{Product: jiradcsim.DefaultApplication, Known: true}}, report.Licences); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

func TestARefusalWithRoomInTheLicenceIsARefusal(t *testing.T) {
	t.Parallel()
	v := newVendor(t, jiradcsim.Options{SeatLimit: 5}, nil, nil)
	vendortest.WantClass(t, vendortest.Create(t, v.target, directory.NewAccount{Ref: 1, UserName: "bad<name", Email: "a@example.com"}).Err, directory.ClassRefused)
	for _, wanted := range []directory.NewAccount{{Ref: 1, Email: "a@example.com"}, {Ref: 1, UserName: "a"}} {
		v.Calls()
		vendortest.WantClass(t, vendortest.Create(t, v.target, wanted).Err, directory.ClassRefused)
		if calls := v.Calls(); len(calls) != 0 {
			t.Errorf("Jira was asked: %v", calls)
		}
	}
}

func TestAnAccountThatWasRenamedMeanwhileIsPutInItsGroupByItsNewName(t *testing.T) {
	t.Parallel()
	v := newVendor(t, jiradcsim.Options{}, nil, nil)
	a, g := v.Seed(t, "ana@example.com"), v.SeedGroup(t, "staff")
	if _, err := v.target.Account(t.Context(), a.ID); err != nil {
		t.Fatal(err)
	}
	rename := func(name string) {
		t.Helper()
		if err := v.Sim.Roster().ChangeAccount(a.ID, func(a *roster.Account) { a.UserName = name }); err != nil {
			t.Fatal(err)
		}
	}
	rename("ana.new")
	if err := v.target.AddMember(t.Context(), g.ID, a.ID); err != nil {
		t.Fatalf("AddMember: %v: %s", err, directory.DetailOf(err))
	}
	rename("ana.newer")
	if err := v.target.RemoveMember(t.Context(), g.ID, a.ID); err != nil {
		t.Fatalf("RemoveMember: %v: %s", err, directory.DetailOf(err))
	}
	want := map[string]int{"add-member:staff:" + a.ID: 1, "remove-member:staff:" + a.ID: 1}
	if diff := cmp.Diff(want, v.Engine.AppliedKeys()); diff != "" {
		t.Errorf("what was done (-want +got)\n%s", diff)
	}
}

func TestWhoIsInAGroupByAnotherGroupIsListedAndNotTakenOut(t *testing.T) {
	t.Parallel()
	v := newVendor(t, jiradcsim.Options{}, nil, nil)
	a := v.Seed(t, "ana@example.com")
	outer, inner := v.SeedGroup(t, "outer"), v.SeedGroup(t, "inner", a)
	if _, err := v.Sim.Roster().Nest(outer.ID, inner.ID); err != nil {
		t.Fatal(err)
	}
	page, err := v.target.Members(t.Context(), outer.ID, "")
	if diff := cmp.Diff([]string{a.ID}, page.AccountIDs); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	vendortest.WantClass(t, v.target.RemoveMember(t.Context(), outer.ID, a.ID), directory.ClassRefused)
	if !v.Sim.Roster().IsMember(inner.ID, a.ID) {
		t.Error("the account is out of the inner group")
	}
}

func TestAnAmbiguousAnswerIsNoCreation(t *testing.T) {
	t.Parallel()
	v := newVendor(t, jiradcsim.Options{}, nil, nil)
	id := v.Engine.Add(fault.Rule{API: jiradcsim.API, Method: http.MethodPost, Path: "/user$", Kind: fault.CutAfter, Times: 1})
	made := vendortest.Create(t, v.target, directory.NewAccount{Ref: 1, UserName: "ana", Email: "ana@example.com"})
	vendortest.WantClass(t, made.Err, directory.ClassUnavailable)
	if v.Engine.Hits(id) != 1 {
		t.Error("the fault did not happen")
	}
	found, err := v.target.FindAccounts(t.Context(), []string{"ana@example.com"})
	if err != nil || len(found) != 1 {
		t.Errorf("found %+v, %v; want the account that was made", found, err)
	}
}
