package config

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/directory/rules"
)

// validateRules gives each target the connection's settings where it has none
// of its own, and checks all rules against what the targets can do.
func (r *reader) validateRules(c Connection) {
	at := "connections." + c.Name
	from := map[string]string{}
	for _, name := range c.TargetNames() {
		t := c.Targets[name]
		path := at + ".targets." + name
		r.inherit(valueOf(&t.Groups), valueOf(&c.Groups), path+".groups", at+".groups", from)
		r.inherit(valueOf(&t.Leavers), valueOf(&c.Leavers), path+".leavers", at+".leavers", from)
		r.defaultLadders(&t.Leavers, r.can(t.Kind), path+".leavers", at+".leavers")
		c.Targets[name] = t
		r.validateCapabilities(path, t, from)
	}
	r.unique(at+".scope.include", c.Scope.Include)
	r.unique(at+".scope.exclude", c.Scope.Exclude)
	var found rules.Errors
	if _, err := rules.Compile(c.Rules(r.can)); errors.As(err, &found) {
		for _, p := range found {
			p.Path = inherited(p.Path, from)
			r.ruleProblem(p)
		}
	} else if err != nil {
		r.problem(at, "%v", err)
	}
}

// inherit fills in a target's settings that the file does not have, and notes
// where they come from.
func (r *reader) inherit(own, connection reflect.Value, path, of string, from map[string]string) {
	for _, field := range settings(own.Type()) {
		name := field.Tag.Get("yaml")
		if r.nodes[join(path, name)] != nil {
			continue
		}
		own.FieldByIndex(field.Index).Set(connection.FieldByIndex(field.Index))
		from[join(path, name)] = join(of, name)
	}
}

// defaultLadders gives a target the ladders of what it can do, where neither
// it nor its connection has one in the file.
func (r *reader) defaultLadders(own *Leavers, can directory.Capabilities, path, of string) {
	if len(can.Steps) == 0 {
		return // an unknown kind
	}
	v := valueOf(own)
	for _, field := range settings(v.Type()) {
		name := field.Tag.Get("yaml")
		if r.nodes[join(path, name)] == nil && r.nodes[join(of, name)] == nil {
			v.FieldByIndex(field.Index).Set(reflect.ValueOf(firstStep(can)))
		}
	}
}

// inherited is where a target's setting stands in the file.
func inherited(path string, from map[string]string) string {
	for own, of := range from {
		if rest, ok := strings.CutPrefix(path, own); ok && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return of + rest
		}
	}
	return path
}

// inheritedAt finds where a setting of a target is reported. What it inherits may
// be right for the connection's other targets: elsewhere names the target's own
// setting, which can say otherwise. It is not ok where that has been reported.
func (r *reader) inheritedAt(target, setting string, from map[string]string) (path, elsewhere string, ok bool) {
	own := target + setting
	at := inherited(own, from)
	if r.failed[own] {
		return "", "", false
	}
	if at == own {
		return own, "", true
	}
	r.failed[own] = true
	delete(r.failed, at) // another target may have been reported there
	return at, ", in " + own, true
}

// validateCapabilities refuses what a kind of target cannot do.
func (r *reader) validateCapabilities(path string, t Target, from map[string]string) {
	if t.Kind == "" || r.failed[path+".kind"] {
		return
	}
	can := r.can(t.Kind)
	known := append([]string{"email", "display_name"}, can.Attributes...)
	for _, name := range slices.Sorted(maps.Keys(t.Attributes)) {
		if !slices.Contains(known, name) {
			r.problem(path+".attributes."+name, "%s has no such attribute%s; expected %s", t.Kind, didYouMean(name, known), listed(known))
		}
	}
	for reason, ladder := range t.Leavers.byReason() {
		var cannot []string
		for _, step := range ladder {
			if !slices.Contains(can.Steps, step.Action) {
				cannot = append(cannot, stepName(step.Action))
			}
		}
		if len(cannot) == 0 {
			continue
		}
		if at, elsewhere, ok := r.inheritedAt(path, ".leavers."+string(reason), from); ok {
			r.problem(at, "%s cannot %s; expected %s", t.Kind, listed(cannot), listed(steps(can))+elsewhere)
		}
	}
	r.validateAccessEnds(path, t, from)
	for i, name := range t.LinkBy {
		if !slices.Contains(can.LinkBy, name) {
			r.problem(indexed(path+".link_by", i), "%s finds no account by %q; expected %s", t.Kind, name, listed(can.LinkBy))
		}
	}
	if len(t.LinkBy) == 0 {
		r.problem(path+".link_by", "is empty; expected %s", listed(can.LinkBy))
	}
	r.unique(path+".link_by", t.LinkBy)
	if t.Groups.Renames == RenamesRecreate && can.Renames {
		if at, elsewhere, ok := r.inheritedAt(path, ".groups.renames", from); ok {
			r.problem(at, "%s renames groups; expected %s", t.Kind, RenamesKeep+elsewhere)
		}
	}
	if t.Groups.Nested == NestedKeep && !can.Nests {
		if at, elsewhere, ok := r.inheritedAt(path, ".groups.nested", from); ok {
			r.problem(at, "%s has no groups in groups; expected %s", t.Kind, NestedFlatten+elsewhere)
		}
	}
	r.unique(inherited(path+".groups.default", from), t.Groups.Default)
}

func steps(can directory.Capabilities) []string {
	var words []string
	for _, kind := range can.Steps {
		words = append(words, stepName(kind))
	}
	return words
}

// ruleProblem reports a mistake in a rule at its place in the file, or says
// where in the rule it is when that cannot be told.
func (r *reader) ruleProblem(p rules.Problem) {
	if p.Line == 0 || r.failed[p.Path] {
		r.problem(p.Path, "%s", p.Message)
		return
	}
	r.failed[p.Path] = true
	found := r.finding(p.Path, "%s", p.Message)
	if line, column, ok := r.inside(r.nodes[p.Path], p.Line, p.Column); ok {
		found.Line, found.Column = line, column
	} else {
		found.Message = fmt.Sprintf("line %d, column %d of the rule: %s", p.Line, p.Column, p.Message)
	}
	r.problems = append(r.problems, found)
}
