package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
)

// mostWork bounds an expression that goes through a list, in the units of
// cel.CostLimit, about a step each: somebody in 10,000 groups can be looked
// through several times, and it is over within some milliseconds. All others
// take no longer than their text is long.
const mostWork = 200_000

// expression is a compiled rule.
type expression struct {
	// rule is how it is named in what was decided.
	rule    string
	program cel.Program
	reads   reads
}

// reads is what expressions look at.
type reads struct {
	groups bool
	// attributes are those of the profile; all is set when that cannot be told.
	attributes map[string]bool
	all        bool
}

func (r *reads) add(other reads) {
	r.groups = r.groups || other.groups
	r.all = r.all || other.all
	for name := range other.attributes {
		if r.attributes == nil {
			r.attributes = map[string]bool{}
		}
		r.attributes[name] = true
	}
}

// language is what expressions about one variable are written in.
type language struct {
	env      *cel.Env
	name     string
	fields   []string
	patterns *patterns
}

func newLanguage[T any](v *variable[T]) (*language, error) {
	p := &patterns{byText: map[string]*regexp.Regexp{}}
	env, err := cel.NewEnv(append(v.options(), functions(p)...)...)
	if err != nil {
		return nil, fmt.Errorf("make the language of expressions: %w", err)
	}
	if env, err = env.Extend(cel.ASTValidators(cel.ValidateRegexLiterals(), cel.ValidateDurationLiterals(), cel.ValidateTimestampLiterals(),
		cel.ValidateComprehensionNestingLimit(2))); err != nil {
		return nil, fmt.Errorf("make the language of expressions: %w", err)
	}
	return &language{env: env, name: v.name, fields: v.names, patterns: p}, nil
}

// compile checks a rule that makes a value of some kind: a text, or true or false.
func (l *language) compile(e Expression, kind *types.Type) (*expression, []Problem) {
	parsed, issues := l.env.Parse(e.Text)
	if issues.Err() != nil {
		return nil, problemsOf(e, issues)
	}
	if found := l.unknownFields(e, parsed.NativeRep()); len(found) > 0 {
		return nil, found
	}
	checked, issues := l.env.Check(parsed)
	if issues.Err() != nil {
		return nil, problemsOf(e, issues)
	}
	if found := l.wrongKind(e, checked.OutputType(), kind); found != nil {
		return nil, []Problem{*found}
	}
	if found := l.addPatterns(e, checked.NativeRep()); len(found) > 0 {
		return nil, found
	}
	options := []cel.ProgramOption{cel.EvalOptions(cel.OptOptimize)}
	if goesThroughAList(checked.NativeRep()) {
		options = append(options, cel.CostLimit(mostWork))
	}
	program, err := l.env.Program(checked, options...)
	if err != nil {
		return nil, []Problem{{Path: e.Path, Line: 1, Column: 1, Message: err.Error()}}
	}
	return &expression{rule: short(e.Path), program: program, reads: readsOf(checked.NativeRep())}, nil
}

func problemsOf(e Expression, issues *cel.Issues) []Problem {
	var found []Problem
	for _, err := range issues.Errors() {
		found = append(found, Problem{Path: e.Path, Line: max(1, err.Location.Line()), Column: max(0, err.Location.Column()) + 1, Message: err.Message})
	}
	return found
}

func at(e Expression, a *ast.AST, id int64, format string, args ...any) Problem {
	where := a.SourceInfo().GetStartLocation(id)
	return Problem{Path: e.Path, Line: max(1, where.Line()), Column: max(0, where.Column()) + 1, Message: fmt.Sprintf(format, args...)}
}

// unknownFields finds fields that the variable lacks, so as to say which it has.
func (l *language) unknownFields(e Expression, a *ast.AST) []Problem {
	var found []Problem
	ast.PostOrderVisit(a.Expr(), ast.NewExprVisitor(func(one ast.Expr) {
		if one.Kind() != ast.SelectKind {
			return
		}
		of := one.AsSelect().Operand()
		if of.Kind() == ast.IdentKind && of.AsIdent() == l.name && !slices.Contains(l.fields, one.AsSelect().FieldName()) {
			found = append(found, at(e, a, one.ID(), "%s has no %q; expected %s", l.name, one.AsSelect().FieldName(), strings.Join(l.fields, ", ")))
		}
	}))
	return found
}

// wrongKind says that an expression makes something else than what is wanted.
// A text may be anything of the profile, which is looked at when it is known.
func (l *language) wrongKind(e Expression, is, wanted *types.Type) *Problem {
	if is.IsExactType(wanted) || wanted == types.StringType && is.IsExactType(types.DynType) {
		return nil
	}
	expected := "a text"
	if wanted == types.BoolType {
		expected = "true or false"
		if is.IsExactType(types.DynType) {
			return &Problem{Path: e.Path, Line: 1, Column: 1, Message: `makes whatever the profile holds; expected true or false, such as user.profile.contractor == true`}
		}
	}
	return &Problem{Path: e.Path, Line: 1, Column: 1, Message: fmt.Sprintf("makes a %s; expected %s", is, expected)}
}

// addPatterns compiles the patterns of replace, which must stand in the rule.
func (l *language) addPatterns(e Expression, a *ast.AST) []Problem {
	var found []Problem
	ast.PostOrderVisit(a.Expr(), ast.NewExprVisitor(func(one ast.Expr) {
		if one.Kind() != ast.CallKind || one.AsCall().IsMemberFunction() || one.AsCall().FunctionName() != replaceFunction {
			return
		}
		pattern := one.AsCall().Args()[1]
		text, ok := constant(pattern)
		if !ok {
			found = append(found, at(e, a, pattern.ID(), "the pattern of replace is not known before; expected one in quotes"))
			return
		}
		if err := l.patterns.add(text); err != nil {
			found = append(found, at(e, a, pattern.ID(), "%v", err))
		}
	}))
	return found
}

func constant(e ast.Expr) (string, bool) {
	if e.Kind() != ast.LiteralKind {
		return "", false
	}
	text, ok := e.AsLiteral().(types.String)
	return string(text), ok
}

func goesThroughAList(a *ast.AST) bool {
	found := false
	ast.PostOrderVisit(a.Expr(), ast.NewExprVisitor(func(one ast.Expr) { found = found || one.Kind() == ast.ComprehensionKind }))
	return found
}

// readsOf tells which parts of a user an expression looks at. What it cannot
// tell counts as everything.
func readsOf(a *ast.AST) reads {
	r := reads{attributes: map[string]bool{}}
	// Those user and user.profile that are a part of something that is understood.
	understood := map[int64]bool{}
	var users, profiles []ast.Expr
	ast.PreOrderVisit(a.Expr(), ast.NewExprVisitor(func(one ast.Expr) {
		switch one.Kind() {
		case ast.IdentKind:
			if one.AsIdent() == userVariable {
				users = append(users, one)
			}
		case ast.SelectKind:
			of := one.AsSelect().Operand()
			switch {
			case isProfile(one):
				profiles = append(profiles, one)
				understood[of.ID()] = true
			case isProfile(of):
				understood[of.ID()] = true
				r.attributes[one.AsSelect().FieldName()] = true
			case of.Kind() == ast.IdentKind && of.AsIdent() == userVariable:
				understood[of.ID()] = true
				r.groups = r.groups || one.AsSelect().FieldName() == groupsField
			}
		case ast.CallKind:
			args := one.AsCall().Args()
			switch {
			case one.AsCall().FunctionName() == operators.Index && isProfile(args[0]):
				if name, ok := constant(args[1]); ok {
					understood[args[0].ID()] = true
					r.attributes[name] = true
				}
			case one.AsCall().FunctionName() == operators.In && isProfile(args[1]):
				if name, ok := constant(args[0]); ok {
					understood[args[1].ID()] = true
					r.attributes[name] = true
				}
			}
		}
	}))
	for _, p := range profiles {
		r.all = r.all || !understood[p.ID()]
	}
	for _, u := range users {
		if !understood[u.ID()] {
			r.all, r.groups = true, true
		}
	}
	return r
}

// eval returns what an expression makes of its variable.
func (e *expression) eval(about cel.Activation) (ref.Val, error) {
	value, _, err := e.program.Eval(about)
	if err != nil {
		return nil, err
	}
	return value, nil
}

// holds is eval of an expression that is true or false.
func (e *expression) holds(about cel.Activation) (bool, error) {
	value, err := e.eval(about)
	if err != nil {
		return false, err
	}
	truth, ok := value.(types.Bool)
	if !ok {
		return false, fmt.Errorf("%s is not true or false", value.Type().TypeName())
	}
	return bool(truth), nil
}

// text is eval of an expression that makes a text, without the blanks around it.
func (e *expression) text(about cel.Activation) (string, error) {
	value, err := e.eval(about)
	if err != nil {
		return "", err
	}
	text, ok := textOf(value).(types.String)
	if !ok {
		return "", fmt.Errorf("%s is not a text", value.Type().TypeName())
	}
	return strings.TrimSpace(string(text)), nil
}
