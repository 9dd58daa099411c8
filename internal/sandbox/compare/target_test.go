package compare_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/sandbox/compare"
)

// written makes every account of the world one that can be written, with the
// user name and the name of its person.
func (w *world) written() {
	for i := range w.target.Accounts {
		a := &w.target.Accounts[i]
		at := slices.IndexFunc(w.okta.Users, func(u compare.OktaUser) bool { return "a-"+u.ID == a.ID })
		if at < 0 {
			continue
		}
		u := &w.okta.Users[at]
		u.Login = u.ID + "@LOGIN.example.com"
		a.External, a.UserName = false, u.ID+"@login.example.com"
		if u.FirstName == "" {
			u.FirstName = a.DisplayName
		}
		if u.LastName == "" {
			a.DisplayName = u.FirstName
		} else {
			a.DisplayName = u.FirstName + " " + u.LastName
		}
	}
}

// each kind of target that is not as the zero value: what is equal there, and
// what is not.
func TestWhatAKindOfTargetCannotDoIsNotAskedOfItAndNothingElseIsLeftOut(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		target compare.Target
		// equal makes what only this kind may have, planted what it may not have
		// either.
		equal, planted func(w *world)
		want           []compare.Difference
		// zero are the differences that the equal world has for other kinds.
		zero []compare.Difference
	}{
		{
			name:   "addresses are never written",
			target: compare.Target{KeepsEmails: true},
			equal: func(w *world) {
				w.earlier()
				w.user("ann").Email = "ann.new@example.com"
			},
			zero:    []compare.Difference{{Kind: compare.AccountEmail, OktaUser: "ann", AccountID: "a-ann"}},
			planted: func(w *world) { w.account("a-ann").DisplayName = "Somebody Else" },
			want:    []compare.Difference{{Kind: compare.AccountName, OktaUser: "ann", AccountID: "a-ann"}},
		},
		{
			name:    "names are never written",
			target:  compare.Target{KeepsNames: true},
			equal:   func(w *world) { w.account("a-ann").DisplayName = "Somebody Else" },
			zero:    []compare.Difference{{Kind: compare.AccountName, OktaUser: "ann", AccountID: "a-ann"}},
			planted: func(w *world) { w.earlier(); w.user("ann").Email = "ann.new@example.com" },
			want:    []compare.Difference{{Kind: compare.AccountEmail, OktaUser: "ann", AccountID: "a-ann"}},
		},
		{
			name:    "accounts have the login as user name",
			target:  compare.Target{UserNames: true},
			equal:   func(*world) {},
			planted: func(w *world) { w.account("a-ann").UserName = "ann" },
			want:    []compare.Difference{{Kind: compare.AccountUserName, OktaUser: "ann", AccountID: "a-ann"}},
		},
		{
			name:    "accounts are known by the user name",
			target:  compare.Target{ByUserName: true, KeepsEmails: true},
			equal:   func(w *world) { w.account("a-ann").Email = "nobody@example.com" },
			zero:    []compare.Difference{{Kind: compare.AccountMissing, OktaUser: "ann"}, {Kind: compare.AccountExtra, AccountID: "a-ann"}, {Kind: compare.MemberExtra, OktaGroup: "eng", AccountID: "a-ann", TargetGroup: "g-eng"}, {Kind: compare.MemberExtra, OktaGroup: "ops", AccountID: "a-ann", TargetGroup: "g-ops"}},
			planted: func(w *world) { w.account("a-flo").UserName = "somebody.else" },
			want:    []compare.Difference{{Kind: compare.AccountMissing, OktaUser: "flo"}, {Kind: compare.AccountExtra, AccountID: "a-flo"}},
		},
		{
			name:    "the names of groups are kept in lower case",
			target:  compare.Target{FoldsNames: true},
			equal:   func(w *world) { w.group("g-eng").Name = "eng" },
			zero:    []compare.Difference{{Kind: compare.GroupName, OktaGroup: "eng", TargetGroup: "g-eng"}},
			planted: func(w *world) { w.group("g-eng").Name = "ENG" },
			want:    []compare.Difference{{Kind: compare.GroupName, OktaGroup: "eng", TargetGroup: "g-eng"}},
		},
		{
			name:    "accounts are not made",
			target:  compare.Target{NoAccounts: true},
			equal:   func(w *world) { w.removeAccount("a-ann") },
			zero:    []compare.Difference{{Kind: compare.AccountMissing, OktaUser: "ann"}},
			planted: func(w *world) { w.group("g-eng").Members = []string{"a-cy"} },
			want:    []compare.Difference{{Kind: compare.MemberMissing, OktaUser: "bob", OktaGroup: "eng", AccountID: "a-bob", TargetGroup: "g-eng"}},
		},
		{
			name:   "leavers lose their groups and keep the account",
			target: compare.Target{Leavers: compare.Stripped},
			equal: func(w *world) {
				w.account("a-cy").Active = true
				w.group("g-eng").Members = []string{"a-ann", "a-bob"}
			},
			zero:    []compare.Difference{{Kind: compare.AccountActive, OktaUser: "cy", AccountID: "a-cy"}},
			planted: func(w *world) { w.group("g-eng").Members = []string{"a-ann", "a-bob", "a-cy"} },
			want:    []compare.Difference{{Kind: compare.MemberExtra, OktaUser: "cy", OktaGroup: "eng", AccountID: "a-cy", TargetGroup: "g-eng"}},
		},
		{
			name:   "leavers are removed",
			target: compare.Target{Leavers: compare.Gone},
			equal:  func(w *world) { w.removeAccount("a-cy"); w.removeAccount("a-di") },
			planted: func(w *world) {
				w.addAccount(account("a-cy", "cy@example.com", "cy", false))
			},
			want: []compare.Difference{{Kind: compare.AccountLeft, OktaUser: "cy", AccountID: "a-cy"}},
		},
		{
			name:   "leavers are removed, and the suspended lose their groups",
			target: compare.Target{Leavers: compare.Gone, Suspended: compare.Stripped},
			equal: func(w *world) {
				w.account("a-cy").Active = true
				w.group("g-eng").Members = []string{"a-ann", "a-bob"}
				w.removeAccount("a-di")
			},
			zero: []compare.Difference{{Kind: compare.AccountActive, OktaUser: "cy", AccountID: "a-cy"}},
			planted: func(w *world) {
				w.addAccount(account("a-di", "di@example.com", "di", false))
				w.group("g-eng").Members = []string{"a-ann", "a-bob", "a-cy"}
			},
			want: []compare.Difference{
				{Kind: compare.AccountLeft, OktaUser: "di", AccountID: "a-di"},
				{Kind: compare.MemberExtra, OktaUser: "cy", OktaGroup: "eng", AccountID: "a-cy", TargetGroup: "g-eng"},
			},
		},
		{
			name:   "access hangs on a group",
			target: compare.Target{AccessGroups: []string{"Users"}},
			equal: func(w *world) {
				users := group("g-users", "users", "a-ann", "a-bob", "a-flo", "admin", "bystander")
				w.target.Groups = append(w.target.Groups, users)
				w.scope.Initial.Groups = append(w.scope.Initial.Groups, users)
				w.account("a-cy").Active, w.account("a-di").Active = true, true
			},
			zero: []compare.Difference{
				{Kind: compare.AccountActive, OktaUser: "cy", AccountID: "a-cy"}, {Kind: compare.AccountActive, OktaUser: "di", AccountID: "a-di"},
				{Kind: compare.MemberExtra, OktaUser: "cy", OktaGroup: "eng", AccountID: "a-cy", TargetGroup: "g-eng"},
			},
			planted: func(w *world) { w.account("a-di").Permissions = []string{"LICENSED_USER"} },
			want:    []compare.Difference{{Kind: compare.AccountActive, OktaUser: "di", AccountID: "a-di"}},
		},
		{
			name:    "the product puts people in a group of its own",
			target:  compare.Target{DefaultGroups: []string{"OLD"}},
			equal:   func(w *world) { w.group("g-old").Members = []string{"a-ann", "a-cy", "bystander"} },
			zero:    []compare.Difference{{Kind: compare.GroupChanged, TargetGroup: "g-old"}},
			planted: func(w *world) { w.group("g-old").Members = []string{"a-ann"} },
			want: []compare.Difference{
				{Kind: compare.AccountChanged, AccountID: "bystander"}, {Kind: compare.GroupChanged, TargetGroup: "g-old"},
			},
		},
		{
			name:    "the product puts people in a group, and not administrators",
			target:  compare.Target{DefaultGroups: []string{"old"}},
			equal:   func(w *world) { w.group("g-old").Members = []string{"a-ann", "bystander"} },
			zero:    []compare.Difference{{Kind: compare.GroupChanged, TargetGroup: "g-old"}},
			planted: func(w *world) { w.group("g-old").Members = []string{"a-ann", "bystander", "owner"} },
			want: []compare.Difference{
				{Kind: compare.AccountChanged, AccountID: "owner"}, {Kind: compare.GroupChanged, TargetGroup: "g-old"},
			},
		},
		{
			name: "groups hold permissions",
			target: compare.Target{Permissions: []compare.Permission{
				{Group: "ENG", Scope: "project CORE", Level: "write"}, {Group: "eng", Scope: "repository core", Level: "read"}, {Group: "nowhere", Scope: "x", Level: "y"},
			}},
			equal: func(w *world) {
				w.group("g-eng").Permissions = map[string]string{"project CORE": "write", "repository core": "read", "repository other": "admin"}
			},
			planted: func(w *world) {
				w.group("g-eng").Permissions = map[string]string{"project CORE": "read", "repository core": "read"}
			},
			want: []compare.Difference{{Kind: compare.PermissionMissing, OktaGroup: "eng", TargetGroup: "g-eng"}},
		},
		{
			name:    "a user name that the target refuses",
			target:  compare.Target{RefusesUserName: func(name string) bool { return name == "flo@login.example.com" }},
			equal:   func(w *world) { w.removeAccount("a-flo") },
			zero:    []compare.Difference{{Kind: compare.AccountMissing, OktaUser: "flo"}},
			planted: func(w *world) { w.removeAccount("a-bob") },
			want:    []compare.Difference{{Kind: compare.AccountMissing, OktaUser: "bob"}},
		},
		{
			name:    "a name that the target refuses",
			target:  compare.Target{RefusesName: func(name string) bool { return name == "empty" }},
			equal:   func(w *world) { w.removeGroup("g-empty") },
			zero:    []compare.Difference{{Kind: compare.GroupMissing, OktaGroup: "empty"}},
			planted: func(w *world) { w.removeGroup("g-ops") },
			want:    []compare.Difference{{Kind: compare.GroupMissing, OktaGroup: "ops"}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := equal()
			w.written()
			test.equal(w)
			if report := compare.Equal(w.okta, w.target, w.scope); !cmp.Equal(test.zero, report.Differences) && len(test.zero)+len(report.Differences) > 0 {
				t.Errorf("for a kind that can do everything (-want +got):\n%s", cmp.Diff(test.zero, report.Differences))
			}
			w.scope.Target = test.target
			if report := compare.Equal(w.okta, w.target, w.scope); !report.Equal() {
				t.Errorf("not equal: %s", report)
			}
			test.planted(w)
			if diff := cmp.Diff(test.want, compare.Equal(w.okta, w.target, w.scope).Differences); diff != "" {
				t.Errorf("planted (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAGroupWithinTheAdministratorsGroupProtectsItsMembers(t *testing.T) {
	t.Parallel()
	w := equal()
	inner := group("g-inner", "inner", "bystander")
	w.target.Groups = append(w.target.Groups, inner)
	w.scope.Initial.Groups = append(w.scope.Initial.Groups, inner)
	w.target.Groups[0].Subgroups = []string{"g-inner"}
	w.scope.Initial.Groups[0].Subgroups = []string{"g-inner"}
	w.user("di").Email = "by@example.com"
	report := compare.Equal(w.okta, w.target, w.scope)
	want := []compare.Conflict{{Reason: "protected-account", OktaUser: "di"}}
	if !report.Equal() || !cmp.Equal(want, report.Conflicts) {
		t.Errorf("%s, conflicts %v", report, report.Conflicts)
	}
	w.target.Groups[0].Subgroups = nil
	if diff := cmp.Diff([]compare.Difference{{Kind: compare.GroupChanged, TargetGroup: "g-admins"}}, compare.Equal(w.okta, w.target, w.scope).Differences); diff != "" {
		t.Errorf("a group taken out of the administrators' (-want +got):\n%s", diff)
	}
}
