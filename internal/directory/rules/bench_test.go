package rules_test

import (
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/directory/rules"
)

// typical are rules as a company has them.
func typical() rules.Spec {
	expression := func(path, text string) rules.Expression {
		return rules.Expression{Path: "connections.staff." + path, Text: text}
	}
	return rules.Spec{
		Scope: rules.ScopeSpec{
			Users:   expression("scope.users", `user.profile.userType != "Contractor" && !user.login.startsWith("svc-")`),
			Exclude: []string{"payroll-bot@example.com"},
		},
		Targets: map[string]rules.TargetSpec{"cloud": {
			Scope: expression("targets.cloud.scope", `user.groups.exists(g, g.startsWith("jira-")) || user.profile.department in ["Engineering", "Product"]`),
			Attributes: map[string]rules.Expression{
				"email":        expression("targets.cloud.attributes.email", `lower(user.email)`),
				"display_name": expression("targets.cloud.attributes.display_name", `first(user.profile.nickName, user.first_name) + " " + user.last_name`),
				"job_title":    expression("targets.cloud.attributes.job_title", `replace(trim(user.profile.title), "(?i)sr\\.?", "Senior")`),
				"department":   expression("targets.cloud.attributes.department", `ascii(user.profile.department)`),
			},
		}},
	}
}

func somebody() directory.Subject {
	return ada(func(s *directory.Subject) {
		s.Login = "ada@example.com"
		s.Attributes = map[string]any{"userType": "Employee", "department": "Ingénierie", "title": " Sr. Engineer "}
		s.Groups = []string{"all", "eng-core", "jira-users", "london"}
	})
}

func BenchmarkDecide(b *testing.B) {
	for name, spec := range map[string]rules.Spec{"nothing": {}, "typical": typical()} {
		b.Run(name, func(b *testing.B) {
			set, u := compiled(b, spec), somebody()
			b.ReportAllocs()
			for b.Loop() {
				if set.Decide("cloud", u).State != directory.DesireActive {
					b.Fatal("not in scope")
				}
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		compiled(b, typical())
	}
}

// A run decides about everybody when the rules have changed: 100,000 people take
// about a second on one core (BenchmarkDecide), most of it for what is
// allocated, which unlike time is the same on every machine.
func TestDecidingAboutSomebodyAllocatesLittle(t *testing.T) {
	set, u := compiled(t, typical()), somebody()
	if got := testing.AllocsPerRun(1000, func() { set.Decide("cloud", u) }); got > 130 {
		t.Errorf("%.0f allocations to decide about one person; want at most 130", got)
	}
}
