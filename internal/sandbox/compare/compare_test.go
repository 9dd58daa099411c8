package compare_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/sandbox/compare"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
)

// world is an Okta organisation, a target that equals it, and what was there
// before.
type world struct {
	okta   compare.OktaState
	target roster.Snapshot
	scope  compare.Options
}

// account is one that cannot be written.
func account(id, email, name string, active bool) roster.Account {
	return roster.Account{ID: id, Email: email, DisplayName: name, Active: active, External: true}
}

func group(id, name string, members ...string) roster.GroupMembers {
	return roster.GroupMembers{Group: roster.Group{ID: id, Name: name}, Members: members}
}

// equal makes a world in which nothing differs: an administrator with her
// group, a bystander, and people of every status.
func equal() *world {
	admin := account("admin", "Root@example.com", "Root", true)
	bystander := account("bystander", "by@example.com", "By", true)
	owner := account("owner", "owner@example.com", "Owner", true)
	owner.Administrator = true
	admins := group("g-admins", "org-admins", "admin")
	admins.Administrator = true
	old := group("g-old", "old", "bystander")
	managed := account("a-ann", "ann@example.com", "Ann Ångström", true)
	managed.External = false
	w := &world{
		okta: compare.OktaState{
			Users: []compare.OktaUser{
				{ID: "ann", Email: "ANN@example.com", FirstName: "Ann", LastName: "Ångström", Status: "ACTIVE"},
				{ID: "bob", Email: "bob@example.com", FirstName: "Bob", LastName: "Hidden", Status: "LOCKED_OUT"},
				{ID: "cy", Email: "cy@example.com", Status: "SUSPENDED"},
				{ID: "di", Email: "di@example.com", Status: "DEPROVISIONED"},
				{ID: "ed", Email: "ed@example.com", Status: "STAGED"},
				{ID: "flo", Email: "flo@example.com", FirstName: "Flo", Status: "PASSWORD_EXPIRED"},
			},
			Groups: []compare.OktaGroup{
				{ID: "eng", Name: "Eng", Type: "OKTA_GROUP", Members: []string{"ann", "bob", "cy", "di", "ed"}},
				{ID: "ops", Name: "ops", Type: "OKTA_GROUP", Members: []string{"ann"}},
				{ID: "empty", Name: "empty", Type: "OKTA_GROUP"},
			},
		},
		target: roster.Snapshot{
			Accounts: []roster.Account{
				admin, bystander, owner, managed,
				account("a-bob", "bob@example.com", "bob", true),
				account("a-cy", "cy@example.com", "cy", false),
				account("a-di", "di@example.com", "di", false),
				account("a-flo", "flo@example.com", "flo", true),
			},
			Groups: []roster.GroupMembers{
				admins, old,
				group("g-eng", "Eng", "a-ann", "a-bob", "a-cy"),
				group("g-ops", "ops", "a-ann"),
				group("g-empty", "empty"),
			},
		},
	}
	w.scope.Initial = roster.Snapshot{
		Accounts: []roster.Account{admin, bystander, owner}, Groups: []roster.GroupMembers{admins, old},
	}
	return w
}

func (w *world) user(id string) *compare.OktaUser {
	return &w.okta.Users[slices.IndexFunc(w.okta.Users, func(u compare.OktaUser) bool { return u.ID == id })]
}

func (w *world) account(id string) *roster.Account {
	return &w.target.Accounts[slices.IndexFunc(w.target.Accounts, func(a roster.Account) bool { return a.ID == id })]
}

func (w *world) group(id string) *roster.GroupMembers {
	return &w.target.Groups[slices.IndexFunc(w.target.Groups, func(g roster.GroupMembers) bool { return g.ID == id })]
}

func (w *world) removeAccount(id string) {
	w.target.Accounts = slices.DeleteFunc(w.target.Accounts, func(a roster.Account) bool { return a.ID == id })
	for i := range w.target.Groups {
		g := &w.target.Groups[i]
		g.Members = slices.DeleteFunc(slices.Clone(g.Members), func(m string) bool { return m == id })
	}
}

func (w *world) addAccount(a roster.Account) {
	w.target.Accounts = append(w.target.Accounts, a)
}

func (w *world) removeGroup(id string) {
	w.target.Groups = slices.DeleteFunc(w.target.Groups, func(g roster.GroupMembers) bool { return g.ID == id })
}

// earlier keeps the present state of Okta as one that a run has seen.
func (w *world) earlier() {
	state := w.okta
	state.Users, state.Groups = slices.Clone(state.Users), slices.Clone(state.Groups)
	w.scope.Earlier = append(w.scope.Earlier, state)
}

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

func TestEveryPlantedDifferenceIsFound(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(w *world)
		want   []compare.Difference
	}{
		{
			name: "an account is missing", change: func(w *world) { w.removeAccount("a-flo") },
			want: []compare.Difference{{Kind: compare.AccountMissing, OktaUser: "flo"}},
		},
		{
			name: "somebody active is suspended", change: func(w *world) { w.account("a-flo").Active = false },
			want: []compare.Difference{{Kind: compare.AccountInactive, OktaUser: "flo", AccountID: "a-flo"}},
		},
		{
			name: "somebody suspended is active", change: func(w *world) { w.account("a-cy").Active = true },
			want: []compare.Difference{
				{Kind: compare.AccountActive, OktaUser: "cy", AccountID: "a-cy"},
				{Kind: compare.MemberExtra, OktaUser: "cy", OktaGroup: "eng", AccountID: "a-cy", TargetGroup: "g-eng"},
			},
		},
		{
			name: "a leaver is active", change: func(w *world) { w.account("a-di").Active = true },
			want: []compare.Difference{{Kind: compare.AccountActive, OktaUser: "di", AccountID: "a-di"}},
		},
		{
			name: "somebody of an unknown status is active", change: func(w *world) { w.user("flo").Status = "VANISHED" },
			want: []compare.Difference{{Kind: compare.AccountActive, OktaUser: "flo", AccountID: "a-flo"}},
		},
		{
			name: "somebody erased is active",
			change: func(w *world) {
				w.earlier()
				w.okta.Users = w.okta.Users[:5]
			},
			want: []compare.Difference{{Kind: compare.AccountActive, OktaUser: "flo", AccountID: "a-flo"}},
		},
		{
			name: "somebody erased of whom no earlier state is known is nobody's account",
			change: func(w *world) {
				w.okta.Users = w.okta.Users[:5]
			},
			want: []compare.Difference{{Kind: compare.AccountExtra, AccountID: "a-flo"}},
		},
		{
			name: "somebody outside the application is active",
			change: func(w *world) {
				w.okta.App = compare.OktaApp{Users: []string{"ann", "bob"}, Groups: []string{"eng", "ops", "empty"}}
				w.scope.App = true
			},
			want: []compare.Difference{{Kind: compare.AccountActive, OktaUser: "flo", AccountID: "a-flo"}},
		},
		{
			name: "somebody who is not there yet has an account",
			change: func(w *world) {
				w.addAccount(account("a-ed", "ed@example.com", "ed", true))
			},
			want: []compare.Difference{{Kind: compare.AccountEarly, OktaUser: "ed", AccountID: "a-ed"}},
		},
		{
			name:   "an account that is nobody's",
			change: func(w *world) { w.addAccount(account("x", "x@example.com", "x", true)) },
			want:   []compare.Difference{{Kind: compare.AccountExtra, AccountID: "x"}},
		},
		{
			name: "a managed account has its old address",
			change: func(w *world) {
				w.earlier()
				w.user("ann").Email = "ann.new@example.com"
			},
			want: []compare.Difference{{Kind: compare.AccountEmail, OktaUser: "ann", AccountID: "a-ann"}},
		},
		{
			name: "a managed account has its old name", change: func(w *world) { w.user("ann").LastName = "Berg" },
			want: []compare.Difference{{Kind: compare.AccountName, OktaUser: "ann", AccountID: "a-ann"}},
		},
		{
			name: "a group is missing", change: func(w *world) { w.removeGroup("g-empty") },
			want: []compare.Difference{{Kind: compare.GroupMissing, OktaGroup: "empty"}},
		},
		{
			name: "a group is nobody's",
			change: func(w *world) {
				w.target.Groups = append(w.target.Groups, group("g-x", "x"))
			},
			want: []compare.Difference{{Kind: compare.GroupExtra, TargetGroup: "g-x"}},
		},
		{
			name: "a membership is missing", change: func(w *world) { w.group("g-ops").Members = nil },
			want: []compare.Difference{{
				Kind: compare.MemberMissing, OktaUser: "ann", OktaGroup: "ops", AccountID: "a-ann", TargetGroup: "g-ops",
			}},
		},
		{
			name:   "a membership is too many",
			change: func(w *world) { w.group("g-ops").Members = []string{"a-ann", "a-flo"} },
			want: []compare.Difference{{
				Kind: compare.MemberExtra, OktaUser: "flo", OktaGroup: "ops", AccountID: "a-flo", TargetGroup: "g-ops",
			}},
		},
		{
			name: "both of two groups of one name are wrong",
			change: func(w *world) {
				w.okta.Groups = append(w.okta.Groups, compare.OktaGroup{ID: "eng2", Name: "ENG", Members: []string{"flo"}})
				w.group("g-eng").Members = []string{"a-ann"}
			},
			want: []compare.Difference{{
				Kind: compare.MemberMissing, OktaUser: "bob", OktaGroup: "eng", AccountID: "a-bob", TargetGroup: "g-eng",
			}},
		},
		{
			name:   "a bystander was put in a group",
			change: func(w *world) { w.group("g-ops").Members = []string{"a-ann", "bystander"} },
			want: []compare.Difference{
				{Kind: compare.MemberExtra, OktaGroup: "ops", AccountID: "bystander", TargetGroup: "g-ops"},
				{Kind: compare.AccountChanged, AccountID: "bystander"},
			},
		},
		{
			name: "a bystander was suspended", change: func(w *world) { w.account("bystander").Active = false },
			want: []compare.Difference{{Kind: compare.AccountChanged, AccountID: "bystander"}},
		},
		{
			name: "an administrator is gone", change: func(w *world) { w.removeAccount("admin") },
			want: []compare.Difference{
				{Kind: compare.AccountChanged, AccountID: "admin"}, {Kind: compare.GroupChanged, TargetGroup: "g-admins"},
			},
		},
		{
			name: "an administrator lost a right though Okta has the address",
			change: func(w *world) {
				w.user("flo").Email = "root@example.com"
				w.removeAccount("a-flo")
				w.group("g-admins").Members = nil
			},
			want: []compare.Difference{
				{Kind: compare.AccountChanged, AccountID: "admin"}, {Kind: compare.GroupChanged, TargetGroup: "g-admins"},
			},
		},
		{
			name: "the owner of the key gained a role",
			change: func(w *world) {
				w.account("owner").Permissions = []string{"jira atlassian/user"}
			},
			want: []compare.Difference{{Kind: compare.AccountChanged, AccountID: "owner"}},
		},
		{
			name:   "somebody joined the administrators",
			change: func(w *world) { w.group("g-admins").Members = []string{"a-bob", "admin"} },
			want:   []compare.Difference{{Kind: compare.GroupChanged, TargetGroup: "g-admins"}},
		},
		{
			name:   "a group that is not taken over changed",
			change: func(w *world) { w.group("g-old").Members = []string{} },
			want: []compare.Difference{
				{Kind: compare.AccountChanged, AccountID: "bystander"}, {Kind: compare.GroupChanged, TargetGroup: "g-old"},
			},
		},
		{
			name: "a group that is not taken over is gone", change: func(w *world) { w.removeGroup("g-old") },
			want: []compare.Difference{
				{Kind: compare.AccountChanged, AccountID: "bystander"}, {Kind: compare.GroupChanged, TargetGroup: "g-old"},
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := equal()
			test.change(w)
			report := compare.Equal(w.okta, w.target, w.scope)
			if diff := cmp.Diff(test.want, report.Differences); diff != "" {
				t.Errorf("differences (-want +got):\n%s", diff)
			}
			if report.Equal() {
				t.Error("the report says that they are equal")
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
