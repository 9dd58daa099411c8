package config

import (
	"maps"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/directory/rules"
)

// What happens to a group whose source group is renamed, where the target
// cannot rename.
const (
	// RenamesKeep leaves the old name and reports it.
	RenamesKeep = "keep"
	// RenamesRecreate makes a new group, once approved; the old one stays.
	RenamesRecreate = "recreate"
)

// What becomes of groups in groups.
const (
	// NestedFlatten puts the members of the inner into the outer group.
	NestedFlatten = "flatten"
	// NestedKeep nests them in the target too.
	NestedKeep = "keep"
)

// Scope is who of a source's people is taken, and which of its groups.
type Scope struct {
	// Users is a rule that is true of those who are in scope.
	Users string `yaml:"users"`
	// Include and Exclude list people by e-mail address, login or the source's id.
	Include []string `yaml:"include"`
	Exclude []string `yaml:"exclude"`
	// UserName is a pattern of logins.
	UserName string `yaml:"user_name"`
	// Groups is a rule that is true of the groups that are taken.
	Groups string `yaml:"groups"`
}

// Groups says what becomes of source groups in a target.
type Groups struct {
	// Mode is directory.Additive or directory.Authoritative.
	Mode   string `yaml:"mode" oneof:"additive,authoritative"`
	Prefix string `yaml:"prefix"`
	Suffix string `yaml:"suffix"`
	// Map gives single groups other names.
	Map []GroupMapping `yaml:"map"`
	// Patterns make names out of names, the first that matches.
	Patterns []GroupPattern `yaml:"patterns"`
	// Name is a rule that makes a group's name.
	Name string `yaml:"name"`
	// Merge is whether source groups that come to one name share one target
	// group; nil is for those of Map.
	Merge *bool `yaml:"merge"`
	// Default are groups that everybody in scope is in.
	Default []string `yaml:"default"`
	// Renames is RenamesKeep or RenamesRecreate.
	Renames string `yaml:"renames" oneof:"keep,recreate"`
	// Nested is NestedFlatten or NestedKeep.
	Nested string `yaml:"nested" oneof:"flatten,keep"`
	// Exclude are patterns of names in the source that are left out here.
	Exclude []string `yaml:"exclude"`
}

// GroupMapping names a source group's counterpart.
type GroupMapping struct {
	From string `yaml:"from" rule:"required"`
	To   string `yaml:"to" rule:"required"`
}

// GroupPattern makes a name of one that a regular expression (RE2) matches as
// a whole.
type GroupPattern struct {
	Match string `yaml:"match" rule:"required"`
	// To may have $1 and so on in it.
	To string `yaml:"to" rule:"required"`
}

// Leavers are the ladders of those who leave, by the reason.
type Leavers struct {
	Deactivated Ladder `yaml:"deactivated"`
	OutOfScope  Ladder `yaml:"out_of_scope"`
	Deleted     Ladder `yaml:"deleted"`
	Suspended   Ladder `yaml:"suspended"`
}

// byReason returns the ladders by reason, and the setting of each.
func (l Leavers) byReason() map[directory.Reason]Ladder {
	return map[directory.Reason]Ladder{
		directory.ReasonDeactivated: l.Deactivated, directory.ReasonOutOfScope: l.OutOfScope,
		directory.ReasonDeleted: l.Deleted, directory.ReasonSuspended: l.Suspended,
	}
}

// Ladder is what happens to a leaver, step by step; an empty one keeps the
// account as it is.
type Ladder directory.Ladder

// Expressions are rules in CEL, by what they make.
type Expressions map[string]string

// Rules are a connection's rules, ready to be compiled. can says what a kind
// of target is able to do.
func (c Connection) Rules(can func(kind string) directory.Capabilities) rules.Spec {
	at := "connections." + c.Name
	spec := rules.Spec{
		MembersOnly: c.Source.Users == UsersGroupMembers,
		Scope: rules.ScopeSpec{
			Users:   rules.Expression{Path: at + ".scope.users", Text: c.Scope.Users},
			Groups:  rules.Expression{Path: at + ".scope.groups", Text: c.Scope.Groups},
			Include: c.Scope.Include, Exclude: c.Scope.Exclude,
			UserName: rules.Pattern{Path: at + ".scope.user_name", Text: c.Scope.UserName},
		},
		Targets: make(map[string]rules.TargetSpec, len(c.Targets)),
	}
	if c.Source.AppID != "" {
		// The list is of those who are assigned: who is missing need not have left the company.
		spec.Missing = directory.ReasonOutOfScope
	}
	for name, t := range c.Targets {
		spec.Targets[name] = t.rules(at+".targets."+name, can(t.Kind))
	}
	return spec
}

func (t Target) rules(at string, can directory.Capabilities) rules.TargetSpec {
	spec := rules.TargetSpec{
		Scope: rules.Expression{Path: at + ".scope", Text: t.Scope}, Attributes: make(map[string]rules.Expression, len(t.Attributes)),
		Groups: t.Groups.rules(at + ".groups"), Leavers: make(map[directory.Reason]directory.Ladder), Can: can,
	}
	kind, _ := kindNamed(t.Kind)
	spec.NamedByEmail = kind.namedByEmail
	for _, name := range slices.Sorted(maps.Keys(t.Attributes)) {
		spec.Attributes[name] = rules.Expression{Path: at + ".attributes." + name, Text: t.Attributes[name]}
	}
	for reason, ladder := range t.Leavers.byReason() {
		spec.Leavers[reason] = directory.Ladder(ladder)
	}
	return spec
}

func (g Groups) rules(at string) rules.GroupsSpec {
	spec := rules.GroupsSpec{Prefix: g.Prefix, Suffix: g.Suffix, Merge: g.Merge, Name: rules.Expression{Path: at + ".name", Text: g.Name}}
	for i, m := range g.Map {
		spec.Table = append(spec.Table, rules.TableEntry{Path: indexed(at+".map", i), From: m.From, To: m.To})
	}
	for i, p := range g.Patterns {
		spec.Rewrites = append(spec.Rewrites, rules.Rewrite{Path: indexed(at+".patterns", i), Match: p.Match, To: p.To})
	}
	for i, pattern := range g.Exclude {
		spec.Exclude = append(spec.Exclude, rules.Pattern{Path: indexed(at+".exclude", i), Text: pattern})
	}
	for i, name := range g.Default {
		spec.Default = append(spec.Default, rules.GroupName{Path: indexed(at+".default", i), Text: name})
	}
	return spec
}
