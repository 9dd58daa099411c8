package rules

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"github.com/google/cel-go/ext"
	"github.com/google/cel-go/parser"
)

// replaceFunction is the one whose pattern is looked at when the rules are compiled.
const replaceFunction = "replace"

// functions are CEL's standard ones with its library of texts, and ours.
func functions(patterns *patterns) []cel.EnvOption {
	text := func(name string, of func(string) string) cel.EnvOption {
		return cel.Function(name, cel.Overload(name+"_text", []*cel.Type{cel.StringType}, cel.StringType,
			cel.UnaryBinding(func(v ref.Val) ref.Val {
				s, ok := v.(types.String)
				if !ok {
					return types.MaybeNoSuchOverloadErr(v)
				}
				return types.String(of(string(s)))
			})))
	}
	return []cel.EnvOption{
		ext.Strings(),
		text("lower", strings.ToLower),
		text("upper", strings.ToUpper),
		text("trim", strings.TrimSpace),
		text("ascii", transliterate),
		cel.Function(replaceFunction, cel.Overload("replace_pattern", []*cel.Type{cel.StringType, cel.StringType, cel.StringType}, cel.StringType,
			cel.FunctionBinding(patterns.replace))),
		cel.Function("first", cel.Overload("first_of", []*cel.Type{cel.DynType}, cel.StringType, cel.UnaryBinding(first))),
		cel.ClearMacros(),
		cel.Macros(append(macros(), cel.GlobalVarArgMacro("first", firstOf), cel.GlobalMacro(operators.Has, 1, has))...),
		cel.CrossTypeNumericComparisons(true),
		// Far more than a person writes, and few enough to be checked in no time.
		cel.ParserExpressionSizeLimit(10_000),
		cel.ParserRecursionLimit(50),
	}
}

// macros are the standard ones but has, which knows that a profile answers for
// what it does not hold.
func macros() []cel.Macro {
	var all []cel.Macro
	for _, m := range cel.StandardMacros {
		if m.Function() != operators.Has {
			all = append(all, m)
		}
	}
	return all
}

// firstOf turns first(a, b, c) into first([a, b, c]).
func firstOf(f cel.MacroExprFactory, _ ast.Expr, args []ast.Expr) (ast.Expr, *cel.Error) {
	if len(args) < 2 {
		return nil, nil
	}
	return f.NewCall("first", f.NewList(args...)), nil
}

// has turns has(user.profile.x) into "x" in user.profile.
func has(f cel.MacroExprFactory, target ast.Expr, args []ast.Expr) (ast.Expr, *cel.Error) {
	if args[0].Kind() == ast.SelectKind && isProfile(args[0].AsSelect().Operand()) {
		return f.NewCall(operators.In, f.NewLiteral(types.String(args[0].AsSelect().FieldName())), args[0].AsSelect().Operand()), nil
	}
	return parser.MakeHas(f, target, args)
}

// isProfile says whether an expression is user.profile.
func isProfile(e ast.Expr) bool {
	if e.Kind() != ast.SelectKind || e.AsSelect().FieldName() != profileField {
		return false
	}
	of := e.AsSelect().Operand()
	return of.Kind() == ast.IdentKind && of.AsIdent() == userVariable
}

// first returns the first text that is not blank, of a value or a list.
func first(v ref.Val) ref.Val {
	list, ok := v.(traits.Lister)
	if !ok {
		return textOf(v)
	}
	for it := list.Iterator(); it.HasNext() == types.True; {
		value := it.Next()
		if _, ok := value.(traits.Lister); ok {
			value = first(value)
		} else {
			value = textOf(value)
		}
		if text, ok := value.(types.String); !ok || strings.TrimSpace(string(text)) != "" {
			return value
		}
	}
	return types.String("")
}

// textOf writes a plain value as a text: numbers in full, nothing as empty.
func textOf(v ref.Val) ref.Val {
	switch v := v.(type) {
	case types.String:
		return v
	case types.Null:
		return types.String("")
	case types.Int:
		return types.String(strconv.FormatInt(int64(v), 10))
	case types.Uint:
		return types.String(strconv.FormatUint(uint64(v), 10))
	case types.Double:
		return types.String(strconv.FormatFloat(float64(v), 'f', -1, 64))
	}
	return types.MaybeNoSuchOverloadErr(v)
}

// patterns are the compiled patterns of replace, by their text. They are made
// while rules are compiled and only read afterwards.
type patterns struct{ byText map[string]*regexp.Regexp }

func (p *patterns) add(text string) error {
	compiled, err := regexp.Compile(text)
	if err != nil {
		return err
	}
	p.byText[text] = compiled
	return nil
}

// replace puts a text in place of whatever a pattern matches; $1 in it is what
// the first pair of parentheses matched.
func (p *patterns) replace(args ...ref.Val) ref.Val {
	var texts [3]string
	for i, arg := range args {
		text, ok := arg.(types.String)
		if !ok {
			return types.MaybeNoSuchOverloadErr(arg)
		}
		texts[i] = string(text)
	}
	compiled, ok := p.byText[texts[1]]
	if !ok {
		return types.NewErr("replace: the pattern is not known")
	}
	return types.String(compiled.ReplaceAllString(texts[0], texts[2]))
}
