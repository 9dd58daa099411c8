package rules

import (
	"fmt"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// Spec is the rules of a connection as its configuration has them. One that
// says nothing takes everybody the source gives, with the source's own address
// and name, into groups of the same names, and suspends who leaves.
type Spec struct {
	// MembersOnly takes only the members of selected groups.
	MembersOnly bool
	// Missing is why somebody is leaving who is missing from a complete list of
	// the source; empty is directory.ReasonDeactivated.
	Missing directory.Reason
	Scope   ScopeSpec
	Targets map[string]TargetSpec
}

// Expression is a rule in CEL.
type Expression struct {
	// Path is where it stands in the configuration, such as
	// "connections.staff.scope.users".
	Path string
	// Text is the rule; empty is no rule.
	Text string
}

// Pattern is a text with * ? or [a-z] in it, ignoring case.
type Pattern struct{ Path, Text string }

// ScopeSpec says whom a connection takes.
type ScopeSpec struct {
	// Users is true of those who are in scope, Groups of the groups that are
	// selected.
	Users, Groups Expression
	// Include and Exclude list people by e-mail address, login or the source's
	// id. Exclude goes before Include, and Include before everything else here.
	Include, Exclude []string
	// UserName is what the login must look like.
	UserName Pattern
}

// TargetSpec is the rules of one target.
type TargetSpec struct {
	// Scope is true of those who get an account here; it narrows the
	// connection's scope.
	Scope Expression
	// Attributes make an account's attributes, by the target's names: email,
	// display_name, user_name and those of Can.Attributes.
	Attributes map[string]Expression
	Groups     GroupsSpec
	// Leavers are the ladders by reason; a reason that is missing suspends.
	Leavers map[directory.Reason]directory.Ladder
	// NamedByEmail is whether an account's user name is its address where no rule
	// makes it, and not the source's login.
	NamedByEmail bool
	// Can is what the target is able to do.
	Can directory.Capabilities `json:"-"`
}

// GroupsSpec says what becomes of source groups in a target.
type GroupsSpec struct {
	// Prefix and Suffix are put around the names that neither Table, Rewrites
	// nor Name make.
	Prefix, Suffix string
	// Table gives groups other names, ignoring case; it goes before Rewrites,
	// and those before Name.
	Table    []TableEntry
	Rewrites []Rewrite
	// Name makes a group's name; one that is empty leaves the group out.
	Name Expression
	// Merge is whether source groups with one name share one target group; nil
	// is for those that Table names.
	Merge *bool
	// Exclude leaves groups out by their name in the source.
	Exclude []Pattern
	// Default are the names of target groups that everybody in scope is in.
	Default []GroupName
}

// TableEntry names a source group's counterpart.
type TableEntry struct{ Path, From, To string }

// Rewrite makes a name out of one that Match (RE2) matches as a whole; $1 in To
// is what the first pair of parentheses matched.
type Rewrite struct{ Path, Match, To string }

// GroupName is the name of a target group.
type GroupName struct{ Path, Text string }

// Problem is a mistake in a rule.
type Problem struct {
	// Path is where the rule stands in the configuration.
	Path string
	// Line and Column are inside an expression, from 1; 0 when the mistake is no
	// part of one.
	Line, Column int
	Message      string
}

// String returns "path: message", with the place in the expression if known.
func (p Problem) String() string {
	if p.Line == 0 {
		return p.Path + ": " + p.Message
	}
	return fmt.Sprintf("%s (line %d, column %d): %s", p.Path, p.Line, p.Column, p.Message)
}

// Errors is the error of Compile: all that is wrong with the rules.
type Errors []Problem

// Error returns one problem a line.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, p := range e {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// short is a path as somebody who knows the connection reads it.
func short(path string) string {
	if parts := strings.SplitN(path, ".", 3); len(parts) == 3 && parts[0] == "connections" {
		return parts[2]
	}
	return path
}
