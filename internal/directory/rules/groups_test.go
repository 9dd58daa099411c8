package rules_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/directory/rules"
)

func TestWhatBecomesOfAGroup(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	path := "connections.staff.groups."
	table := []rules.TableEntry{{Path: path + "map[0]", From: "Engineering", To: "engineers"}}
	patterns := []rules.Rewrite{{Path: path + "patterns[0]", Match: "dept-(.*)-(.*)", To: "${2}s of $1"}, {Path: path + "patterns[1]", Match: "dept-.*", To: "dept"}}
	name := rules.Expression{Path: path + "name", Text: `lower(ascii(group.name))`}
	refusing := func(name string) string {
		if strings.Contains(name, "/") {
			return "the name holds a slash"
		}
		return ""
	}
	for title, c := range map[string]struct {
		groups rules.GroupsSpec
		scope  string
		group  directory.Group
		want   directory.DesiredGroup
	}{
		"without a rule the name is the same": {group: directory.Group{Name: " Eng "}, want: directory.DesiredGroup{Name: "Eng", Rule: "same name"}},
		"a prefix":                            {rules.GroupsSpec{Prefix: "okta-"}, "", directory.Group{Name: "Eng"}, directory.DesiredGroup{Name: "okta-Eng", Rule: "prefix"}},
		"a suffix":                            {rules.GroupsSpec{Suffix: " (Okta)"}, "", directory.Group{Name: "Eng"}, directory.DesiredGroup{Name: "Eng (Okta)", Rule: "suffix"}},
		"both":                                {rules.GroupsSpec{Prefix: "a", Suffix: "b"}, "", directory.Group{Name: "Eng"}, directory.DesiredGroup{Name: "aEngb", Rule: "prefix and suffix"}},
		"the table goes before all, ignores case and merges": {rules.GroupsSpec{Prefix: "a", Table: table, Rewrites: patterns, Name: name}, "",
			directory.Group{Name: "ENGINEERING"}, directory.DesiredGroup{Name: "engineers", Rule: "table", Merge: true}},
		"the table does not merge where that is off": {rules.GroupsSpec{Table: table, Merge: &no}, "",
			directory.Group{Name: "engineering"}, directory.DesiredGroup{Name: "engineers", Rule: "table"}},
		"the first pattern that matches makes the name": {rules.GroupsSpec{Rewrites: patterns, Name: name}, "",
			directory.Group{Name: "dept-sales-lead"}, directory.DesiredGroup{Name: "leads of sales", Rule: "pattern 1"}},
		"a pattern matches the whole name": {rules.GroupsSpec{Rewrites: patterns}, "",
			directory.Group{Name: "my dept-x"}, directory.DesiredGroup{Name: "my dept-x", Rule: "same name"}},
		"the second pattern is looked at next": {rules.GroupsSpec{Rewrites: patterns, Merge: &yes}, "",
			directory.Group{Name: "dept-x"}, directory.DesiredGroup{Name: "dept", Rule: "pattern 2", Merge: true}},
		"a rule makes the name":                {rules.GroupsSpec{Prefix: "a", Name: name}, "", directory.Group{Name: "Été"}, directory.DesiredGroup{Name: "ete", Rule: "groups.name"}},
		"a rule that makes nothing leaves out": {rules.GroupsSpec{Name: name}, "", directory.Group{Name: "東京"}, directory.DesiredGroup{Rule: "groups.name"}},
		"a rule that fails is a problem, and the name stays": {rules.GroupsSpec{Name: rules.Expression{Path: path + "name", Text: `group.name.split("-")[1]`}}, "",
			directory.Group{Name: "eng"}, directory.DesiredGroup{Name: "eng", Rule: "rule failed: groups.name", Problem: directory.ClassBadName, Detail: "index out of bounds: 1"}},
		"what is excluded is left out": {rules.GroupsSpec{Table: table, Exclude: []rules.Pattern{{Path: path + "exclude[0]", Text: "eng*"}}}, "",
			directory.Group{Name: "Engineering"}, directory.DesiredGroup{Rule: "excluded by groups.exclude[0]"}},
		"what the scope does not select is left out": {rules.GroupsSpec{}, `group.type == "APP_GROUP" || group.description.contains("jira")`,
			directory.Group{Name: "eng", Type: "OKTA_GROUP"}, directory.DesiredGroup{Rule: "not selected by scope.groups"}},
		"what it selects stays": {rules.GroupsSpec{}, `group.id == "00g1" && group.description.contains("jira")`,
			directory.Group{Name: "eng", SourceID: "00g1", Description: "for jira"}, directory.DesiredGroup{Name: "eng", Rule: "same name"}},
		"a selection that fails leaves nothing out": {rules.GroupsSpec{}, `group.name.split("-")[1] == "x"`,
			directory.Group{Name: "eng"}, directory.DesiredGroup{Name: "eng", Rule: "same name"}},
		"a name that the target refuses is said": {rules.GroupsSpec{}, "",
			directory.Group{Name: "a/b"}, directory.DesiredGroup{Name: "a/b", Rule: "same name", Problem: directory.ClassBadName, Detail: "the name holds a slash"}},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			set := compiled(t, rules.Spec{
				Scope:   rules.ScopeSpec{Groups: rules.Expression{Path: "connections.staff.scope.groups", Text: c.scope}},
				Targets: map[string]rules.TargetSpec{"cloud": {Groups: c.groups, Can: directory.Capabilities{GroupName: refusing}}},
			})
			if diff := cmp.Diff(c.want, set.Group("cloud", c.group)); diff != "" {
				t.Errorf("group (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGroupRulesThatCannotWorkAreReported(t *testing.T) {
	t.Parallel()
	_, err := rules.Compile(rules.Spec{Targets: map[string]rules.TargetSpec{"cloud": {
		Groups: rules.GroupsSpec{
			Table:    []rules.TableEntry{{"t0", "Eng", "a"}, {"t1", "eng", "b"}, {"t2", "x", "/"}},
			Rewrites: []rules.Rewrite{{"p0", "a(", "b"}, {"p1", "a)(b", "c"}},
			Exclude:  []rules.Pattern{{"x0", "[a"}},
			Default:  []rules.GroupName{{"d0", "/"}},
		},
		Can: directory.Capabilities{GroupName: func(name string) string { return strings.Trim(name, "ab") }},
	}}})
	want := rules.Errors{
		{Path: "t1", Message: "the same group twice"},
		{Path: "t2", Message: "the target takes no such name: /"},
		{Path: "p0", Message: "is not a regular expression (RE2): missing closing ): `a(`"},
		{Path: "p1", Message: "is not a regular expression (RE2): unexpected ): `a)(b`"},
		{Path: "x0", Message: `is not a pattern; expected text with * ? or [a-z], and \ before a character that stands for itself`},
		{Path: "d0", Message: "the target takes no such name: /"},
	}
	var got rules.Errors
	if !errors.As(err, &got) {
		t.Fatalf("error %v; want rules.Errors", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestWhatHappensAndWhyIsExplained(t *testing.T) {
	t.Parallel()
	spec := typical()
	cloud := spec.Targets["cloud"]
	cloud.Groups = rules.GroupsSpec{Prefix: "okta-", Default: []rules.GroupName{{Text: "everybody"}}}
	cloud.Leavers = map[directory.Reason]directory.Ladder{directory.ReasonDeactivated: {}}
	spec.Targets["cloud"] = cloud
	set := compiled(t, spec)
	got := set.Explain("cloud", somebody(), directory.Group{Name: "jira-users"})
	want := rules.Explanation{
		Account: set.Decide("cloud", somebody()),
		InScope: true,
		Values: []rules.Value{
			{Attribute: "department", Value: "Ingenierie", Rule: "targets.cloud.attributes.department"},
			{Attribute: "display_name", Value: "Ada Byron", Rule: "targets.cloud.attributes.display_name"},
			{Attribute: "email", Value: "ada@example.com", Rule: "targets.cloud.attributes.email"},
			{Attribute: "job_title", Value: "Senior Engineer", Rule: "targets.cloud.attributes.job_title"},
		},
		Groups: []rules.GroupReason{
			{Source: "jira-users", DesiredGroup: directory.DesiredGroup{Name: "okta-jira-users", Rule: "prefix"}},
			{DesiredGroup: directory.DesiredGroup{Name: "everybody", Rule: "default group"}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("explanation (-want +got):\n%s", diff)
	}
	left := somebody()
	left.Status = directory.StatusDeprovisioned
	if e := set.Explain("cloud", left); e.InScope || e.Account.Reason != directory.ReasonDeactivated || e.Ladder == nil || len(e.Ladder) != 0 || len(e.Groups) != 0 {
		t.Errorf("a leaver: %+v", e)
	}
	failing := compiled(t, rules.Spec{Scope: rules.ScopeSpec{Users: rules.Expression{Path: "connections.staff.scope.users", Text: `user.profile.teams[9] == ""`}}})
	if e := failing.Explain("cloud", ada()); e.Problem != "index out of bounds: 9" || e.InScope {
		t.Errorf("a rule that fails: %+v", e)
	}
	if e := failing.Explain("elsewhere", ada()); e.InScope || e.Account.State != directory.DesireKept {
		t.Errorf("a target that no rule is about: %+v", e)
	}
}

func TestTheDigestChangesWithTheRules(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for name, change := range map[string]func(*rules.Spec){
		"none":         func(*rules.Spec) {},
		"members only": func(s *rules.Spec) { s.MembersOnly = true },
		"a scope":      func(s *rules.Spec) { s.Scope.Users.Text = "true" },
		"an exclusion": func(s *rules.Spec) { s.Scope.Exclude = []string{"a"} },
		"an inclusion": func(s *rules.Spec) { s.Scope.Include = []string{"a"} },
		"a target":     func(s *rules.Spec) { s.Targets["other"] = rules.TargetSpec{} },
		"a ladder": func(s *rules.Spec) {
			s.Targets["cloud"] = rules.TargetSpec{Leavers: map[directory.Reason]directory.Ladder{directory.ReasonDeleted: directory.Suspend()}}
		},
		"an attribute": func(s *rules.Spec) { s.Targets = making("email", "user.login").Targets },
		"a prefix":     func(s *rules.Spec) { s.Targets["cloud"] = rules.TargetSpec{Groups: rules.GroupsSpec{Prefix: "a"}} },
		"a default": func(s *rules.Spec) {
			s.Targets["cloud"] = rules.TargetSpec{Groups: rules.GroupsSpec{Default: []rules.GroupName{{Text: "a"}}}}
		},
		"user names that are addresses": func(s *rules.Spec) { s.Targets["cloud"] = rules.TargetSpec{NamedByEmail: true} },
		"user names": func(s *rules.Spec) {
			s.Targets["cloud"] = rules.TargetSpec{Can: directory.Capabilities{Attributes: []string{"user_name"}}}
		},
	} {
		spec := rules.Spec{Targets: map[string]rules.TargetSpec{"cloud": {}}}
		change(&spec)
		digest := compiled(t, spec).Digest()
		if other, taken := seen[digest]; taken || digest == "" {
			t.Errorf("%s and %s have the digest %q", name, other, digest)
		}
		seen[digest] = name
		spec = rules.Spec{Targets: map[string]rules.TargetSpec{"cloud": {}}}
		change(&spec)
		if again := compiled(t, spec).Digest(); again != digest {
			t.Errorf("%s has two digests", name)
		}
	}
}
