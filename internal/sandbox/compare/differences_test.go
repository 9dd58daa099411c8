package compare_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/sandbox/compare"
)

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
