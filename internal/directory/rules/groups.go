package rules

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/google/cel-go/common/types"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// groups is what becomes of source groups in a target.
type groups struct {
	prefix, suffix string
	table          map[string]string
	rewrites       []rewrite
	name           *expression
	merge          *bool
	exclude        []exclusion
	defaults       []string
	wrong          func(name string) string
}

type rewrite struct {
	rule  string
	match *regexp.Regexp
	to    string
}

type exclusion struct {
	rule  string
	match *regexp.Regexp
}

func (c *compiler) groupRules(spec GroupsSpec, wrong func(string) string) groups {
	g := groups{prefix: spec.Prefix, suffix: spec.Suffix, merge: spec.Merge, wrong: wrong, table: make(map[string]string, len(spec.Table))}
	check := func(path, name string) {
		if wrong == nil {
			return
		}
		if message := wrong(name); message != "" {
			c.problem(path, "the target takes no such name: "+message)
		}
	}
	for _, e := range spec.Table {
		key := strings.ToLower(strings.TrimSpace(e.From))
		if _, twice := g.table[key]; twice {
			c.problem(e.Path, "the same group twice")
		}
		g.table[key] = strings.TrimSpace(e.To)
		check(e.Path, strings.TrimSpace(e.To))
	}
	for i, r := range spec.Rewrites {
		// By itself first: "a)(b" is one inside of parentheses only.
		_, err := regexp.Compile(r.Match)
		var match *regexp.Regexp
		if err == nil {
			match, err = regexp.Compile(`\A(?:` + r.Match + `)\z`)
		}
		if err != nil {
			c.problem(r.Path, "is not a regular expression (RE2): "+strings.TrimPrefix(err.Error(), "error parsing regexp: "))
			continue
		}
		g.rewrites = append(g.rewrites, rewrite{rule: fmt.Sprintf("pattern %d", i+1), match: match, to: r.To})
	}
	for _, p := range spec.Exclude {
		if match := c.glob(p); match != nil {
			g.exclude = append(g.exclude, exclusion{rule: "excluded by " + short(p.Path), match: match})
		}
	}
	for _, d := range spec.Default {
		check(d.Path, strings.TrimSpace(d.Text))
		g.defaults = append(g.defaults, strings.TrimSpace(d.Text))
	}
	g.name = c.groups(spec.Name, types.StringType)
	return g
}

// Selects says whether a source group is one of those that the connection
// takes. A rule that fails takes it, so that nobody loses a membership by it.
func (s *Set) Selects(g directory.Group) bool {
	if s.groups == nil {
		return true
	}
	holds, err := s.groups.holds(s.group.of(&g))
	return holds || err != nil
}

// Group says what becomes of a source group in a target.
func (s *Set) Group(target string, g directory.Group) directory.DesiredGroup {
	t, ok := s.targets[target]
	if !ok {
		return directory.DesiredGroup{Rule: "the rules do not know this target"}
	}
	if !s.Selects(g) {
		return directory.DesiredGroup{Rule: "not selected by " + s.groups.rule}
	}
	for _, x := range t.groups.exclude {
		if x.match.MatchString(g.Name) {
			return directory.DesiredGroup{Rule: x.rule}
		}
	}
	d := s.named(t, g)
	if t.groups.merge != nil {
		d.Merge = *t.groups.merge
	}
	if d.Name != "" && d.Problem == "" && t.groups.wrong != nil {
		if message := t.groups.wrong(d.Name); message != "" {
			d.Problem, d.Detail = directory.ClassBadName, message
		}
	}
	return d
}

// named is the name that a group has in a target.
func (s *Set) named(t *target, g directory.Group) directory.DesiredGroup {
	name := strings.TrimSpace(g.Name)
	if to, ok := t.groups.table[strings.ToLower(name)]; ok {
		return directory.DesiredGroup{Name: to, Rule: "table", Merge: true}
	}
	for _, r := range t.groups.rewrites {
		if m := r.match.FindStringSubmatchIndex(name); m != nil {
			return directory.DesiredGroup{Name: strings.TrimSpace(string(r.match.ExpandString(nil, r.to, name, m))), Rule: r.rule}
		}
	}
	if t.groups.name != nil {
		made, err := t.groups.name.text(s.group.of(&g))
		if err != nil {
			return directory.DesiredGroup{Name: name, Rule: "rule failed: " + t.groups.name.rule, Problem: directory.ClassBadName, Detail: err.Error()}
		}
		return directory.DesiredGroup{Name: made, Rule: t.groups.name.rule}
	}
	d := directory.DesiredGroup{Name: t.groups.prefix + name + t.groups.suffix, Rule: "same name"}
	switch {
	case t.groups.prefix != "" && t.groups.suffix != "":
		d.Rule = "prefix and suffix"
	case t.groups.prefix != "":
		d.Rule = "prefix"
	case t.groups.suffix != "":
		d.Rule = "suffix"
	}
	return d
}

// Defaults returns the names of the groups that everybody in scope of a target
// is in.
func (s *Set) Defaults(target string) []string {
	if t, ok := s.targets[target]; ok {
		return t.groups.defaults
	}
	return nil
}
