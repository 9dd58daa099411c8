package compare_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/sandbox/compare"
)

func TestOrganisationsThatAreEqual(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		change    func(w *world)
		conflicts []compare.Conflict
	}{
		{name: "everybody is as they should be", change: func(*world) {}},
		{
			name:   "the name of an unmanaged account is left out",
			change: func(w *world) { w.account("a-bob").DisplayName = "Somebody Else" },
		},
		{
			name: "the name of a managed account is left out when asked",
			change: func(w *world) {
				w.account("a-ann").DisplayName = "Somebody Else"
				w.scope.IgnoreNames = true
			},
		},
		{
			name:   "a leaver without any account",
			change: func(w *world) { w.removeAccount("a-di") },
		},
		{
			name: "the memberships of suspended people may stay or go",
			change: func(w *world) {
				w.group("g-eng").Members = []string{"a-ann", "a-bob", "a-di"}
			},
		},
		{
			name: "an unmanaged account keeps the address that it was made with",
			change: func(w *world) {
				w.earlier()
				w.user("bob").Email = "robert@example.com"
			},
		},
		{
			name: "a renamed group keeps its name where it cannot be renamed",
			change: func(w *world) {
				w.earlier()
				w.okta.Groups[0].Name = "Engineering"
			},
		},
		{
			name: "a group that is gone from Okta may stay",
			change: func(w *world) {
				w.earlier()
				w.okta.Groups = w.okta.Groups[:2]
			},
		},
		{
			name: "somebody erased whose account is off",
			change: func(w *world) {
				w.earlier()
				w.okta.Users = w.okta.Users[1:]
				w.account("a-ann").Active = false
			},
		},
		{
			name: "two people of one address are a conflict, whoever has it",
			change: func(w *world) {
				w.okta.Users = append(w.okta.Users, compare.OktaUser{ID: "bob2", Email: "Bob@example.com", Status: "ACTIVE"})
			},
			conflicts: []compare.Conflict{{Reason: "same-address", OktaUser: "bob"}, {Reason: "same-address", OktaUser: "bob2"}},
		},
		{
			name: "somebody who came back under another id has the address",
			change: func(w *world) {
				w.okta.Users = append(w.okta.Users, compare.OktaUser{ID: "bob0", Email: "bob@example.com", Status: "DEPROVISIONED"})
			},
		},
		{
			name: "an address that became an administrator's moves nothing",
			change: func(w *world) {
				w.earlier()
				w.user("flo").Email = "root@example.com"
			},
			conflicts: []compare.Conflict{{Reason: "protected-account", OktaUser: "flo"}},
		},
		{
			name: "a group named like the administrators' moves nobody",
			change: func(w *world) {
				w.okta.Groups = append(w.okta.Groups, compare.OktaGroup{ID: "fake", Name: "Org-Admins", Members: []string{"bob"}})
				w.scope.AdoptGroups = true
			},
			conflicts: []compare.Conflict{{Reason: "existing-group", OktaGroup: "fake"}},
		},
		{
			name: "a group that was there before is not taken over unasked",
			change: func(w *world) {
				w.okta.Groups = append(w.okta.Groups, compare.OktaGroup{ID: "old", Name: "old", Members: []string{"bob"}})
			},
			conflicts: []compare.Conflict{{Reason: "existing-group", OktaGroup: "old"}},
		},
		{
			name: "a group that was there before is taken over when asked",
			change: func(w *world) {
				w.okta.Groups = append(w.okta.Groups, compare.OktaGroup{ID: "old", Name: "OLD", Members: []string{"bob"}})
				w.scope.AdoptedGroups = []string{"Old"}
				w.group("g-old").Members = []string{"a-bob", "bystander"}
			},
		},
		{
			name: "of two groups whose names differ in case only one is there",
			change: func(w *world) {
				w.okta.Groups = append(w.okta.Groups, compare.OktaGroup{ID: "eng2", Name: "ENG", Members: []string{"flo"}})
			},
			conflicts: []compare.Conflict{{Reason: "same-name", OktaGroup: "eng2"}},
		},
		{
			name: "of two such groups it may be the other",
			change: func(w *world) {
				w.okta.Groups = append(w.okta.Groups, compare.OktaGroup{ID: "eng2", Name: "ENG", Members: []string{"flo"}})
				w.group("g-eng").Members = []string{"a-flo"}
			},
			conflicts: []compare.Conflict{{Reason: "same-name", OktaGroup: "eng"}},
		},
		{
			name: "groups that are not selected are not asked for",
			change: func(w *world) {
				w.removeGroup("g-ops")
				w.removeGroup("g-empty")
				w.scope.Groups = []string{"Eng*"}
			},
		},
		{
			name: "types of groups that are not selected are not asked for",
			change: func(w *world) {
				w.okta.Groups = append(w.okta.Groups, compare.OktaGroup{ID: "all", Name: "Everyone", Type: "BUILT_IN"})
				w.scope.GroupTypes = []string{"OKTA_GROUP"}
			},
		},
		{
			name: "people and groups outside the application are not asked for",
			change: func(w *world) {
				w.okta.App = compare.OktaApp{Users: []string{"ann", "bob"}, Groups: []string{"eng"}}
				w.scope.App = true
				w.removeAccount("a-flo")
				w.removeGroup("g-ops")
				w.removeGroup("g-empty")
			},
		},
		{
			name: "somebody who is not there yet and had an account before is left alone",
			change: func(w *world) {
				ed := account("a-ed", "ed@example.com", "ed", true)
				w.addAccount(ed)
				w.scope.Initial.Accounts = append(w.scope.Initial.Accounts, ed)
				w.group("g-eng").Members = append(w.group("g-eng").Members, "a-ed")
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := equal()
			test.change(w)
			report := compare.Equal(w.okta, w.target, w.scope)
			if !report.Equal() {
				t.Errorf("not equal: %s", report)
			}
			want := test.conflicts
			if want == nil {
				want = []compare.Conflict{}
			}
			if diff := cmp.Diff(want, report.Conflicts); diff != "" {
				t.Errorf("conflicts (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAReportSaysHowMuchWasComparedAndNamesNobody(t *testing.T) {
	t.Parallel()
	w := equal()
	w.removeAccount("a-flo")
	report := compare.Equal(w.okta, w.target, w.scope)
	want := compare.Counts{Users: 6, Accounts: 4, Groups: 3, Memberships: 3, Untouched: 5}
	if diff := cmp.Diff(want, report.Compared); diff != "" {
		t.Errorf("compared (-want +got):\n%s", diff)
	}
	text, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	for _, printed := range []string{report.String(), string(text)} {
		if strings.Contains(printed, "example.com") || strings.Contains(printed, "Ångström") {
			t.Errorf("a name or an address is in %s", printed)
		}
	}
	if !strings.Contains(report.String(), "account-missing user flo") {
		t.Errorf("the difference is not in %q", report.String())
	}
}
