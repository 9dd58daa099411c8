package rules_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/directory/rules"
)

// making is a set whose one target makes an attribute by a rule.
func making(attribute, text string) rules.Spec {
	return rules.Spec{Targets: map[string]rules.TargetSpec{"cloud": {
		Attributes: map[string]rules.Expression{attribute: {Path: "connections.staff.targets.cloud.attributes." + attribute, Text: text}},
		Can:        directory.Capabilities{Attributes: []string{"job_title"}},
	}}}
}

func TestWhatARuleMakesOfAUser(t *testing.T) {
	t.Parallel()
	zoe := ada(func(s *directory.Subject) {
		s.FirstName, s.LastName = " Zoë ", "Müller-Łukasz"
		s.Attributes["title"], s.Attributes["number"], s.Attributes["nobody"] = "Sr Engineer", 12345678.0, nil
	})
	for text, want := range map[string]string{
		`user.profile.department`:                                         "Engineering",
		`lower(user.profile.department)`:                                  "engineering",
		`upper("été")`:                                                    "ÉTÉ",
		`trim(user.first_name)`:                                           "Zoë",
		`user.first_name + user.last_name`:                                "Zoë Müller-Łukasz",
		`ascii(user.last_name)`:                                           "Muller-Lukasz",
		`ascii("Ærøskøbing þorn Đ ½ 東京 “x”")`:                             `AEroskobing thorn D 12  "x"`,
		`replace(user.login, "^a(.)a$", "$1-$1")`:                         "d-d",
		`replace(user.profile.title, "(?i)^sr\\.? ", "Senior ")`:          "Senior Engineer",
		`user.login.replace("a", "o")`:                                    "odo",
		`first(user.profile.nick, user.first_name)`:                       "Zoë",
		`first(user.profile.nick, " ", user.profile.teams, "x")`:          "Core",
		`first(user.profile.teams)`:                                       "Core",
		`first(user.profile.nick)`:                                        "",
		`first(user.profile.nobody, user.profile.number)`:                 "12345678",
		`user.profile.number`:                                             "12345678",
		`user.profile.nick`:                                               "",
		`""`:                                                              "",
		`user.profile.level > 2 ? "lead" : ""`:                            "lead",
		`user.groups.size() == 0 ? "none" : user.groups[0]`:               "none",
		`user.profile.teams.filter(t, t != "").join(", ")`:                "Core",
		`"department" in user.profile ? "has" : "has not"`:                "has",
		`has(user.profile.nick) || has(user.email) ? "x" : "y"`:           "x",
		`user.email.split("@")[1]`:                                        "example.com",
		`user.email.lowerAscii().substring(0, 3)`:                         "ada",
		`{"Engineering": "ENG", "Sales": "SAL"}[user.profile.department]`: "ENG",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			d := compiled(t, making("job_title", text)).Decide("cloud", zoe)
			if got, ok := d.Attributes["job_title"]; !ok || got != want {
				t.Errorf("made %q (%t); want %q", got, ok, want)
			}
		})
	}
}

func TestAnAttributeWhoseRuleFailsIsLeftAsItIs(t *testing.T) {
	t.Parallel()
	failing := `user.groups[7]`
	for attribute, want := range map[string]directory.DesiredAccount{
		"job_title":    {State: directory.DesireActive, Email: "Ada@example.com", DisplayName: "Ada Byron", Rule: "active", Evidence: directory.Explicit},
		"display_name": {State: directory.DesireActive, Email: "Ada@example.com", Rule: "active", Evidence: directory.Explicit},
		// Without an address nobody can be found, nor told from others.
		"email": {State: directory.DesireKept, DisplayName: "Ada Byron", Rule: "rule failed: targets.cloud.attributes.email", Evidence: directory.Explicit},
	} {
		t.Run(attribute, func(t *testing.T) {
			t.Parallel()
			set := compiled(t, making(attribute, failing))
			if diff := cmp.Diff(want, set.Decide("cloud", ada())); diff != "" {
				t.Errorf("decided (-want +got):\n%s", diff)
			}
			left := set.Decide("cloud", ada(func(s *directory.Subject) { s.Status = directory.StatusDeprovisioned }))
			if left.State != directory.DesireSuspended || left.Reason != directory.ReasonDeactivated {
				t.Errorf("a leaver is %s for %q; a rule about attributes keeps nobody in", left.State, left.Reason)
			}
		})
	}
}

func TestANewAccountIsNamedWithoutARule(t *testing.T) {
	t.Parallel()
	named := directory.Capabilities{Attributes: []string{"user_name"}}
	making := func(attribute, text string) map[string]rules.Expression {
		return map[string]rules.Expression{attribute: {Path: "p." + attribute, Text: text}}
	}
	email := making("email", `trim(user.login) + "@EXAMPLE.org"`)
	for name, c := range map[string]struct {
		spec       rules.TargetSpec
		want, rule string
	}{
		"by the login, in lower case":                 {rules.TargetSpec{Can: named, Attributes: email}, "ada.l", "the source's login in lower case"},
		"by the address that the rules make":          {rules.TargetSpec{Can: named, NamedByEmail: true, Attributes: email}, "ada.l@example.org", "the account's address in lower case"},
		"by nothing where the address cannot be made": {rules.TargetSpec{Can: named, NamedByEmail: true, Attributes: making("email", `user.groups[7]`)}, "", "the account's address in lower case"},
		"as a rule says":                              {rules.TargetSpec{Can: named, NamedByEmail: true, Attributes: making("user_name", `"U-" + trim(user.login)`)}, "U-Ada.L", "p.user_name"},
		"not at all where there are no user names":    {rules.TargetSpec{NamedByEmail: true}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := compiled(t, rules.Spec{Targets: map[string]rules.TargetSpec{"dc": c.spec}})
			somebody := ada(func(s *directory.Subject) { s.Login = " Ada.L " })
			if got := set.Decide("dc", somebody).UserName; got != c.want {
				t.Errorf("user name %q; want %q", got, c.want)
			}
			rule := ""
			for _, v := range set.Explain("dc", somebody).Values {
				if v.Attribute == "user_name" {
					rule = v.Rule
				}
			}
			if rule != c.rule {
				t.Errorf("explained by %q; want %q", rule, c.rule)
			}
		})
	}
}

func TestAMistakeInARuleIsReportedWithItsPlace(t *testing.T) {
	t.Parallel()
	const path = "connections.staff.targets.cloud.attributes.job_title"
	at := func(line, column int, message string) rules.Errors {
		return rules.Errors{{Path: path, Line: line, Column: column, Message: message}}
	}
	for text, want := range map[string]rules.Errors{
		`user.emial`:                         at(1, 5, `user has no "emial"; expected id, status, login, email, first_name, last_name, display_name, assigned, groups, profile`),
		"user.login +\n  usr":                at(2, 3, "undeclared reference to 'usr' (in container '')"),
		`user.assigned`:                      at(1, 1, "makes a bool; expected a text"),
		`user.groups`:                        at(1, 1, "makes a list(string); expected a text"),
		`lower(user.assigned)`:               at(1, 6, "found no matching overload for 'lower' applied to '(bool)'"),
		`replace(user.login, "(", "")`:       at(1, 21, "error parsing regexp: missing closing ): `(`"),
		`replace("x", user.login, "")`:       at(1, 18, "the pattern of replace is not known before; expected one in quotes"),
		`user.login.matches("[") ? "x" : ""`: at(1, 20, "invalid matches argument"),
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			_, err := rules.Compile(making("job_title", text))
			var got rules.Errors
			if !errors.As(err, &got) {
				t.Fatalf("error %v; want rules.Errors", err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAScopeIsTrueOrFalse(t *testing.T) {
	t.Parallel()
	_, err := rules.Compile(rules.Spec{Scope: rules.ScopeSpec{Users: rules.Expression{Path: "p", Text: "user.profile.staff"}, Groups: rules.Expression{Path: "g", Text: "group.name"}}})
	want := rules.Errors{
		{Path: "p", Line: 1, Column: 1, Message: "makes whatever the profile holds; expected true or false, such as user.profile.contractor == true"},
		{Path: "g", Line: 1, Column: 1, Message: "makes a string; expected true or false"},
	}
	if diff := cmp.Diff(error(want), err); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestWhatTheRulesReadIsKnown(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		Names  []string
		All    bool
		Groups bool
	}{
		`user.login`:                                  {},
		`user.profile.b + user.profile["a"]`:          {Names: []string{"a", "b"}},
		`has(user.profile.c) ? "x" : "y"`:             {Names: []string{"c"}},
		`"d" in user.profile ? "x" : "y"`:             {Names: []string{"d"}},
		`user.profile[user.login]`:                    {All: true},
		`user.profile.map(k, k).join()`:               {All: true},
		`user.login in user.profile ? "x" : "y"`:      {All: true},
		`[user].map(u, u.login)[0]`:                   {All: true, Groups: true},
		`user.groups.exists(g, g == "x") ? "x" : "y"`: {Groups: true},
		`first(user.profile.e.f, user.profile.g[0])`:  {Names: []string{"e", "g"}},
		`[1].map(x, user.profile.h)[0]`:               {Names: []string{"h"}},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			set := compiled(t, making("job_title", text))
			got := want
			got.Names, got.All = set.Attributes()
			got.Groups = set.NeedsGroups()
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("reads (-want +got):\n%s", diff)
			}
		})
	}
}

func TestARuleThatWouldTakeForeverFailsInstead(t *testing.T) {
	t.Parallel()
	many := ada(func(s *directory.Subject) {
		for range 3000 {
			s.Groups = append(s.Groups, "some group")
		}
	})
	set := compiled(t, making("job_title", `user.groups.exists(a, user.groups.exists(b, a == b + "x")) ? "y" : "z"`))
	if d := set.Decide("cloud", many); d.Attributes != nil || d.State != directory.DesireActive {
		t.Errorf("made %v, %s; want nothing made", d.Attributes, d.State)
	}
}
