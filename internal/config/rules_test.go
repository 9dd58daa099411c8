package config_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/directory"
)

func TestALadderIsReadStepByStep(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for text, want := range map[string]directory.Ladder{
		"suspend now":         {{Action: directory.SuspendAccount}},
		"keep":                {},
		"suspend after 1h30m": {{Action: directory.SuspendAccount, After: 90 * time.Minute}},
		"suspend now, remove groups after 7d, deactivate after 30d, delete after 90d": {
			{Action: directory.SuspendAccount}, {Action: directory.RemoveMember, After: 7 * day},
			{Action: directory.DeactivateAccount, After: 30 * day}, {Action: directory.DeleteAccount, After: 90 * day},
		},
		"remove groups now, suspend now": {{Action: directory.RemoveMember}, {Action: directory.SuspendAccount}},
	} {
		got, err := config.ParseLadder(text)
		if (err != nil) != (want == nil) {
			t.Errorf("%q: error %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
	for text, want := range map[string]string{
		"":                                      `"" is not a step; expected suspend, remove groups, deactivate or delete, each with now or after and a duration, or keep alone`,
		"fire now":                              `"fire now" is not a step; expected suspend`,
		"suspend":                               `"suspend" is not a step; expected "suspend now" or "suspend after 7d"`,
		"suspend in 7d":                         `expected "suspend now" or "suspend after 7d"`,
		"delete after soon":                     `expected a duration up to 3650d after "delete after"`,
		"delete after 4000d":                    `expected a duration up to 3650d`,
		"delete after -1d":                      `expected a duration`,
		"suspend now, suspend after 7d":         "suspend is there twice",
		"suspend after 7d, remove groups now":   "remove groups comes before suspend is due; expected the steps in the order in which they are due",
		"delete now, suspend now":               "suspend after delete does nothing",
		"deactivate now, suspend after 1d":      "suspend after deactivate does nothing",
		"keep, suspend now":                     `"keep" is not a step`,
		"suspend now,":                          `"" is not a step`,
		"suspend after 12h, remove groups now ": "in the order in which they are due",
	} {
		if _, err := config.ParseLadder(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v; want …%s…", text, err, want)
		}
	}
}

func TestATargetHasTheConnectionsRulesWhereItHasNoneOfItsOwn(t *testing.T) {
	t.Parallel()
	c := parsed(t, "rollcall.yaml", with{
		connection: "groups: {prefix: okta-, default: [all], mode: authoritative}\nleavers: {deactivated: keep, deleted: delete now}\n" +
			"guard: {removals_share: 10%, always_allowed: 3, kinds: {account.delete: {limit: 2}, membership.remove: {share: 50%}}}",
		target: "groups: {prefix: '', mode: additive}\nleavers: {deleted: suspend now}\nguard: {removals_limit: 9, kinds: {account.delete: {always: 0}}}",
	}.yaml()).Connections["staff"]
	cloud := c.Targets["cloud"]
	if cloud.Groups.Prefix != "" || cloud.Groups.Mode != "additive" || len(cloud.Groups.Default) != 1 {
		t.Errorf("groups %+v", cloud.Groups)
	}
	if len(cloud.Leavers.Deactivated) != 0 || len(cloud.Leavers.Deleted) != 1 || cloud.Leavers.Deleted[0].Action != directory.SuspendAccount || len(cloud.Leavers.OutOfScope) != 1 {
		t.Errorf("leavers %+v", cloud.Leavers)
	}
	type limit struct {
		Share       config.Share
		Limit, Once int
	}
	guard, got := c.Guard.For(cloud.Guard), map[directory.Kind]limit{}
	for kind, l := range guard.Kinds {
		got[kind] = limit{*l.Share, *l.Limit, *l.Always}
	}
	want := map[directory.Kind]limit{directory.DeleteAccount: {0.1, 2, 0}, directory.RemoveMember: {0.5, 9, 3}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("limits by kind (-want +got):\n%s", diff)
	}
	if guard.RemovalsShare != 0.1 || guard.RemovalsLimit != 9 || guard.AlwaysAllowed != 3 || c.Guard.RemovalsLimit != 100 {
		t.Errorf("limits %+v", guard)
	}
}

// The place is where the broken bar is, which is taken out.
func TestAMistakeInARuleIsFoundWhereItStands(t *testing.T) {
	t.Parallel()
	const users, undeclared = "connections.staff.scope.users: ", "undeclared reference to 'usr'"
	for name, c := range map[string]struct {
		with
		want string
	}{
		"in a plain rule":               {with{connection: `scope: {users: user¦.emial == ""}`}, users + `user has no "emial"; expected id, status`},
		"in a rule in single quotes":    {with{connection: `scope: {users: 'user.login == ''a'' || ¦usr.x'}`}, users + undeclared},
		"in a rule in double quotes":    {with{connection: `scope: {users: "user.login == \"\\\\\" || ¦usr.x"}`}, users + undeclared},
		"after letters of two bytes":    {with{connection: `scope: {users: "user.login == 'é' || ¦usr.x"}`}, users + undeclared},
		"in the second line of a block": {with{connection: "scope:\n  users: |\n    user.assigned\n      && ¦usr.x"}, users + undeclared},
		"in a folded block":             {with{connection: "scope:\n  users: >-\n    user.assigned\n    && ¦usr.x"}, users + undeclared},
		"in a plain rule of two lines":  {with{connection: "scope:\n  users: user.assigned\n    && ¦usr.x"}, users + undeclared},
		"at the end":                    {with{connection: "scope:\n  users: user.login ==¦"}, users + "Syntax error"},
		"in an escape that hides it":    {with{connection: `scope: {users: ¦"user.login == '\x61' || usr.x"}`}, users + "line 1, column 22 of the rule: " + undeclared},
		"in what an alias stands for":   {with{connection: "scope: {users: &r usr.x, groups: ¦*r}"}, "connections.staff.scope.groups: line 1, column 1 of the rule: " + undeclared},
		"in a target":                   {with{target: "attributes: {email: user.profile.mail + lower¦(1)}"}, "connections.staff.targets.cloud.attributes.email: found no matching overload for 'lower'"},
		"in a target's scope":           {with{target: "scope: ¦user.login"}, "connections.staff.targets.cloud.scope: makes a string; expected true or false"},
		"in a group's name":             {with{connection: "groups:\n  name: lower(¦usr.name)"}, "connections.staff.groups.name: " + undeclared},
		"in a pattern":                  {with{connection: "groups:\n  patterns:\n    - ¦{match: 'a(', to: b}"}, "connections.staff.groups.patterns[0]: is not a regular expression"},
		"in a pattern of user names":    {with{connection: "scope: {user_name: ¦'[a'}"}, "connections.staff.scope.user_name: is not a pattern"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			content, line, column := c.yaml(), 0, 0
			for i, one := range strings.Split(content, "\n") {
				if before, _, ok := strings.Cut(one, "¦"); ok {
					line, column = i+1, len([]rune(before))+1
				}
			}
			content = strings.ReplaceAll(content, "¦", "")
			want := fmt.Sprintf("r.yaml:%d:%d: %s", line, column, c.want)
			var got []string
			for _, p := range problemsOf(t, "r.yaml", content) {
				got = append(got, p.String())
			}
			if !slices.ContainsFunc(got, func(p string) bool { return strings.HasPrefix(p, want) }) {
				t.Errorf("got  %s\nwant %s…\nin\n%s", strings.Join(got, "\n     "), want, content)
			}
		})
	}
}
