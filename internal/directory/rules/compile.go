package rules

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/google/cel-go/common/types"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// The attributes that have a field of their own in directory.DesiredAccount.
const (
	attributeEmail       = "email"
	attributeDisplayName = "display_name"
	attributeUserName    = "user_name"
)

// Set is the compiled rules of a connection. It is safe for concurrent use.
type Set struct {
	membersOnly bool
	missing     directory.Reason
	scope       scope
	user        *variable[*person]
	group       *variable[*directory.Group]
	groups      *expression
	targets     map[string]*target
	reads       reads
	digest      string
}

// scope is who is in it.
type scope struct {
	users            *expression
	include, exclude people
	userName         *regexp.Regexp
	userNameRule     string
}

// people are named by e-mail address, login or the source's id.
type people struct{ exact, folded map[string]bool }

func newPeople(names []string) people {
	p := people{exact: make(map[string]bool, len(names)), folded: make(map[string]bool, len(names))}
	for _, name := range names {
		p.exact[name] = true
		p.folded[strings.ToLower(name)] = true
	}
	return p
}

func (p people) has(u *directory.User) bool {
	return len(p.exact) > 0 && (p.exact[u.SourceID] || u.Login != "" && p.folded[strings.ToLower(u.Login)] || p.named(u.Email))
}

func (p people) named(email string) bool {
	email = strings.TrimSpace(email)
	return email != "" && p.folded[strings.ToLower(email)]
}

// target is the rules of one target.
type target struct {
	scope      *expression
	attributes []attribute
	userName   bool // whether the target takes one
	// namedByEmail is whether the address is the default user name.
	namedByEmail bool
	groups       groups
	leavers      map[directory.Reason]directory.Ladder
}

// attribute is one that an expression makes.
type attribute struct {
	name string
	expression
}

// Compile checks rules and makes them ready. The error is Errors.
func Compile(spec Spec) (*Set, error) {
	c := &compiler{}
	s := &Set{
		membersOnly: spec.MembersOnly, missing: spec.Missing, targets: make(map[string]*target, len(spec.Targets)), digest: digestOf(spec),
		scope: scope{include: newPeople(spec.Scope.Include), exclude: newPeople(spec.Scope.Exclude)},
	}
	if s.missing == "" {
		s.missing = directory.ReasonDeactivated
	}
	s.scope.users = c.users(spec.Scope.Users, types.BoolType)
	s.groups = c.groups(spec.Scope.Groups, types.BoolType)
	if p := spec.Scope.UserName; p.Text != "" {
		s.scope.userName, s.scope.userNameRule = c.glob(p), short(p.Path)
	}
	for _, name := range slices.Sorted(maps.Keys(spec.Targets)) {
		s.targets[name] = c.target(spec.Targets[name])
	}
	if c.failed != nil {
		return nil, c.failed
	}
	if len(c.problems) > 0 {
		return nil, c.problems
	}
	s.user, s.group, s.reads = c.user, c.group, c.reads
	return s, nil
}

// compiler collects what is wrong.
type compiler struct {
	user     *variable[*person]
	group    *variable[*directory.Group]
	ofUser   *language
	ofGroup  *language
	reads    reads
	problems Errors
	// failed is an error that no rule is to blame for.
	failed error
}

func (c *compiler) problem(path, message string) {
	c.problems = append(c.problems, Problem{Path: path, Message: message})
}

// users compiles an expression about a user; nil when there is none.
func (c *compiler) users(e Expression, kind *types.Type) *expression {
	if e.Text == "" {
		return nil
	}
	if c.ofUser == nil {
		var err error
		if c.user, err = newVariable(userVariable, userFields()); err == nil {
			c.ofUser, err = newLanguage(c.user)
		}
		if err != nil {
			c.failed = errors.Join(c.failed, err)
			return nil
		}
	}
	compiled, found := c.ofUser.compile(e, kind)
	c.problems = append(c.problems, found...)
	if compiled != nil {
		c.reads.add(compiled.reads)
	}
	return compiled
}

// groups compiles an expression about a group; nil when there is none.
func (c *compiler) groups(e Expression, kind *types.Type) *expression {
	if e.Text == "" {
		return nil
	}
	if c.ofGroup == nil {
		var err error
		if c.group, err = newVariable(groupVariable, groupFields()); err == nil {
			c.ofGroup, err = newLanguage(c.group)
		}
		if err != nil {
			c.failed = errors.Join(c.failed, err)
			return nil
		}
	}
	compiled, found := c.ofGroup.compile(e, kind)
	c.problems = append(c.problems, found...)
	return compiled
}

func (c *compiler) glob(p Pattern) *regexp.Regexp {
	compiled, err := glob(p.Text)
	if err != nil {
		c.problem(p.Path, `is not a pattern; expected text with * ? or [a-z], and \ before a character that stands for itself`)
	}
	return compiled
}

func (c *compiler) target(spec TargetSpec) *target {
	t := &target{scope: c.users(spec.Scope, types.BoolType), leavers: spec.Leavers, userName: slices.Contains(spec.Can.Attributes, attributeUserName), namedByEmail: spec.NamedByEmail}
	for _, name := range slices.Sorted(maps.Keys(spec.Attributes)) {
		if compiled := c.users(spec.Attributes[name], types.StringType); compiled != nil {
			t.attributes = append(t.attributes, attribute{name, *compiled})
		}
	}
	t.groups = c.groupRules(spec.Groups, spec.Can.GroupName)
	return t
}

// Attributes returns the names of the source's attributes that the rules read,
// sorted, or that all of them are wanted.
func (s *Set) Attributes() (names []string, all bool) {
	if s.reads.all {
		return nil, true
	}
	return slices.Sorted(maps.Keys(s.reads.attributes)), false
}

// NeedsGroups is whether directory.Subject.Groups is to be filled in.
func (s *Set) NeedsGroups() bool { return s.reads.groups }

// NeedsInGroup is whether directory.Subject.InGroup is to be filled in.
func (s *Set) NeedsInGroup() bool { return s.membersOnly }

// Digest changes whenever what the rules decide may change.
func (s *Set) Digest() string { return s.digest }
