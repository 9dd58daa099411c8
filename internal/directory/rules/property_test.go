package rules_test

import (
	"errors"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/directory/rules"
)

// conditions and texts are rules of which some fail on some people.
func conditions() []string {
	return []string{
		"", "true", "false", `user.profile.a == "x"`, `user.profile.n > 1`, `"g1" in user.groups`, `user.groups[0] == "g1"`, `has(user.profile.b)`,
		`user.profile["a"].startsWith("x")`, `!user.profile.t`, `user.login == "ada" || user.profile.n == 2`, `user.profile.exists(k, k == "b")`,
		`user.profile.l.exists(v, v == "x")`, `user.status == "active" && user.assigned`, `lower(user.profile.a) in user.groups`,
	}
}

func texts() []string {
	return []string{
		`""`, `user.email`, `lower(user.profile.a)`, `first(user.profile.b, user.profile.l, user.first_name)`, `user.groups[0]`, `ascii(user.last_name)`,
		`replace(user.login, "a+", user.profile.a)`, `user.profile.n`, `user.profile[user.login]`, `user.groups.join(",")`,
	}
}

func anySpec(t *rapid.T) rules.Spec {
	expression := func(of []string, name string) rules.Expression {
		return rules.Expression{Path: "connections.staff." + name, Text: rapid.SampledFrom(of).Draw(t, name)}
	}
	people := rapid.SliceOfN(rapid.SampledFrom([]string{"ada", "ADA@example.com", "00u1", "bob", "x@y.z"}), 0, 2)
	attributes := map[string]rules.Expression{}
	for _, name := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"email", "display_name", "user_name", "job_title", "department"}), rapid.ID).Draw(t, "attributes") {
		attributes[name] = expression(texts(), "attributes."+name)
	}
	return rules.Spec{
		MembersOnly: rapid.Bool().Draw(t, "members only"),
		Scope: rules.ScopeSpec{
			Users: expression(conditions(), "scope.users"), Include: people.Draw(t, "include"), Exclude: people.Draw(t, "exclude"),
			UserName: rules.Pattern{Path: "p", Text: rapid.SampledFrom([]string{"", "a*", "?d[a-c]", "zz"}).Draw(t, "pattern")},
		},
		Targets: map[string]rules.TargetSpec{"cloud": {Scope: expression(conditions(), "targets.cloud.scope"), Attributes: attributes}},
	}
}

func anySubject(t *rapid.T) directory.Subject {
	value := rapid.OneOf(
		rapid.Just[any](nil), rapid.SampledFrom([]any{"x", "", "xy", 2.0, 0.5, true, false}),
		rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]string{"x", "", "z"}), 0, 2), func(l []string) any { return l }),
	)
	return directory.Subject{
		User: directory.User{
			SourceID: rapid.SampledFrom([]string{"00u1", "00u2"}).Draw(t, "id"), Login: rapid.SampledFrom([]string{"", "ada", "adz", "bob"}).Draw(t, "login"),
			Email:      rapid.SampledFrom([]string{"", "ada@example.com", " x@y.z"}).Draw(t, "email"),
			Status:     rapid.SampledFrom([]directory.Status{directory.StatusActive, directory.StatusActive, directory.StatusPending, directory.StatusSuspended, directory.StatusDeprovisioned}).Draw(t, "status"),
			Assigned:   rapid.Bool().Draw(t, "assigned"),
			Attributes: rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "n", "t", "l", "ada"}), value, 0, 6).Draw(t, "profile"),
		},
		Presence: rapid.SampledFrom([]directory.Presence{directory.Present, directory.Present, directory.Absent, directory.Gone}).Draw(t, "presence"),
		InGroup:  rapid.Bool().Draw(t, "in group"),
		Groups:   rapid.SliceOfN(rapid.SampledFrom([]string{"g1", "g2", "x"}), 0, 2).Draw(t, "groups"),
	}
}

func TestWhateverTheRulesAreNobodyIsTreatedByAccident(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		spec, u := anySpec(t), anySubject(t)
		set, err := rules.Compile(spec)
		if err != nil {
			t.Fatal(err)
		}
		d := set.Decide("cloud", u)
		if diff := cmp.Diff(d, set.Decide("cloud", u)); diff != "" {
			t.Errorf("decided anew (-first +second):\n%s", diff)
		}
		leaving := d.State == directory.DesireSuspended
		if leaving != (d.Reason != "") {
			t.Errorf("%s with the reason %q", d.State, d.Reason)
		}
		if strings.HasPrefix(d.Rule, "rule failed") && d.State != directory.DesireKept {
			t.Errorf("a rule that failed made the account %s", d.State)
		}
		gone := u.Presence != directory.Present || u.Status != directory.StatusActive || !u.Assigned
		if d.State == directory.DesireActive && (gone || spec.MembersOnly && !u.InGroup && d.Rule == "active") {
			t.Errorf("%+v is to have an account by %q", u, d.Rule)
		}
		if d.State == directory.DesireActive && slices.ContainsFunc(spec.Scope.Exclude, func(name string) bool {
			return name == u.SourceID || strings.EqualFold(name, u.Login) || strings.EqualFold(name, strings.TrimSpace(u.Email))
		}) {
			t.Errorf("somebody excluded is to have an account")
		}
		for name := range d.Attributes {
			if _, asked := spec.Targets["cloud"].Attributes[name]; !asked {
				t.Errorf("%s is made by no rule", name)
			}
		}
	})
}

// What is not among the attributes that the rules say they read is never
// fetched, so it must not matter.
func TestWhatTheRulesDoNotReadChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		set, err := rules.Compile(anySpec(t))
		if err != nil {
			t.Fatal(err)
		}
		u := anySubject(t)
		poorer := u
		if names, all := set.Attributes(); !all {
			poorer.Attributes = maps.Clone(u.Attributes)
			maps.DeleteFunc(poorer.Attributes, func(name string, _ any) bool { return !slices.Contains(names, name) })
		}
		if !set.NeedsGroups() {
			poorer.Groups = nil
		}
		if !set.NeedsInGroup() {
			poorer.InGroup = !u.InGroup
		}
		if diff := cmp.Diff(set.Decide("cloud", u), set.Decide("cloud", poorer)); diff != "" {
			t.Errorf("decided (-everything +what the rules read):\n%s", diff)
		}
	})
}

func FuzzARuleIsCompiledOrItsMistakeIsPlaced(f *testing.F) {
	for _, text := range slices.Concat(conditions(), texts(), []string{"(", "user.", "user.profile.", "first()", "has(user)", "has(user.profile)", "user.profile[1]", "é.a", "\"", "[1,2].map(x, x)"}) {
		f.Add(text)
	}
	u := somebody()
	f.Fuzz(func(t *testing.T, text string) {
		if text == "" {
			return
		}
		set, err := rules.Compile(making("job_title", text))
		var found rules.Errors
		switch {
		case err == nil:
			began := time.Now()
			set.Decide("cloud", u)
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("decided in %s", took)
			}
		case !errors.As(err, &found) || len(found) == 0:
			t.Errorf("error %v; want rules.Errors", err)
		default:
			for _, p := range found {
				if p.Line < 1 || p.Column < 1 || p.Message == "" {
					t.Errorf("problem %+v", p)
				}
			}
		}
	})
}

// throughCapitals finds ranges that have capital letters in them.
var throughCapitals = regexp.MustCompile(`[\x00-Z]-[A-\x7f]`)

// A pattern means what path.Match makes of it, but that a slash is a character
// like any other, and case does not matter.
func FuzzAPatternMatchesAsThePathsOfFilesDo(f *testing.F) {
	for _, seed := range [][2]string{{"a*", "abc"}, {"[a-c]?", "bz"}, {`\*`, "*"}, {"[^a]*", "zz"}, {`[\]]`, "]"}, {"", ""}, {"a.c", "abc"}, {"[a\\-c]", "-"}, {"*b*", "ab\nc"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, name string) {
		// Folding is not what is compared, nor what is no text: "[0-a]" has the capitals
		// in it, and so matches "b" where case does not count.
		if pattern == "" || throughCapitals.MatchString(pattern) || strings.ContainsAny(pattern+name, "/\ufffd") || strings.ContainsFunc(pattern+name, func(c rune) bool { return c > unicode.MaxASCII || unicode.IsLetter(c) && unicode.IsUpper(c) }) {
			return
		}
		want, bad := path.Match(pattern, name)
		set, err := rules.Compile(rules.Spec{
			Scope: rules.ScopeSpec{UserName: rules.Pattern{Path: "p", Text: pattern}}, Targets: map[string]rules.TargetSpec{"cloud": {}},
		})
		if err != nil {
			// A class that begins after its end matches nothing; it is a mistake here.
			if bad == nil && !strings.Contains(pattern, "[") {
				t.Errorf("%q: %v", pattern, err)
			}
			return
		}
		if bad != nil {
			// path.Match looks no further than it must.
			return
		}
		u := ada(func(s *directory.Subject) { s.Login = name })
		if got := set.Decide("cloud", u).State == directory.DesireActive; got != want {
			t.Errorf("%q matches %q: %t; want %t", pattern, name, got, want)
		}
	})
}
