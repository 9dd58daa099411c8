package oktasim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// filter is a parsed expression of Okta's filter language (a subset of
// SCIM's); developer.okta.com/docs/api/#filter.
type filter interface {
	// matches asks values for what an object has in an attribute: nothing when
	// it is not set, several when the attribute is a list.
	matches(values func(attribute string) []string) bool
}

type (
	both   struct{ left, right filter }
	either struct{ left, right filter }
	not    struct{ of filter }
)

func (f both) matches(v func(string) []string) bool   { return f.left.matches(v) && f.right.matches(v) }
func (f either) matches(v func(string) []string) bool { return f.left.matches(v) || f.right.matches(v) }
func (f not) matches(v func(string) []string) bool    { return !f.of.matches(v) }

// comparison is "attribute operator value".
type comparison struct {
	attribute, operator, value string
	// at is the value of a time attribute.
	at       time.Time
	isTime   bool
	foldCase bool
}

func (f comparison) matches(values func(string) []string) bool {
	have := values(f.attribute)
	if f.operator == "ne" {
		return !slices.ContainsFunc(have, f.equal)
	}
	return slices.ContainsFunc(have, func(value string) bool {
		switch f.operator {
		case "pr":
			return value != ""
		case "eq":
			return f.equal(value)
		}
		if f.isTime {
			return f.ordered(value)
		}
		want := f.value
		if f.foldCase {
			value, want = strings.ToLower(value), strings.ToLower(want)
		}
		switch f.operator {
		case "sw":
			return strings.HasPrefix(value, want)
		case "ew":
			return strings.HasSuffix(value, want)
		case "co":
			return strings.Contains(value, want)
		case "gt":
			return value > want
		case "ge":
			return value >= want
		case "lt":
			return value < want
		case "le":
			return value <= want
		}
		return false
	})
}

func (f comparison) equal(value string) bool {
	if f.isTime {
		at, err := time.Parse(timeLayout, value)
		return err == nil && at.Equal(f.at)
	}
	if f.foldCase {
		return strings.EqualFold(value, f.value)
	}
	return value == f.value
}

func (f comparison) ordered(value string) bool {
	at, err := time.Parse(timeLayout, value)
	if err != nil {
		return false
	}
	switch order := at.Compare(f.at); f.operator {
	case "gt":
		return order > 0
	case "ge":
		return order >= 0
	case "lt":
		return order < 0
	case "le":
		return order <= 0
	}
	return false
}

// dialect is what one parameter of one endpoint accepts.
type dialect struct {
	// operators returns those that an attribute accepts, nil for an attribute
	// that cannot be named.
	operators func(attribute string) []string
	// isTime says which attributes are compared as times.
	isTime func(attribute string) bool
	// foldCase: values are compared without regard to case.
	foldCase bool
	// not: the logical operator "not" is accepted.
	not bool
}

var (
	onlyEqual    = []string{"eq"}
	timeOrder    = []string{"eq", "gt", "ge", "lt", "le"}
	anyOperator  = []string{"eq", "ne", "sw", "ew", "co", "gt", "ge", "lt", "le", "pr"}
	userSearches = []string{"eq", "ne", "sw", "co", "gt", "ge", "lt", "le", "pr"}
)

// parser reads an expression; the first mistake ends it.
type parser struct {
	tokens  []token
	dialect dialect
}

type token struct {
	text   string
	quoted bool
}

// parseFilter returns a *Problem with E0000031 for what the dialect does not
// accept.
func parseFilter(expression string, d dialect) (filter, error) {
	tokens, err := scan(expression)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens, dialect: d}
	f, err := p.or()
	if err != nil {
		return nil, err
	}
	if len(p.tokens) > 0 {
		return nil, badFilter("unexpected " + p.tokens[0].text)
	}
	return f, nil
}

// scan cuts an expression into words, quoted values and parentheses.
func scan(text string) ([]token, error) {
	var tokens []token
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == ' ':
			i++
		case c == '(' || c == ')':
			tokens = append(tokens, token{text: string(c)})
			i++
		case c == '"':
			var value strings.Builder
			i++
			for ; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' && i+1 < len(text) {
					i++
				}
				value.WriteByte(text[i])
			}
			if i == len(text) {
				return nil, badFilter("a quotation mark is missing")
			}
			i++
			tokens = append(tokens, token{value.String(), true})
		default:
			end := i
			for end < len(text) && !strings.ContainsRune(" ()\"", rune(text[end])) {
				end++
			}
			tokens = append(tokens, token{text: text[i:end]})
			i = end
		}
	}
	return tokens, nil
}

// next takes the next token if it is the word given, ignoring case.
func (p *parser) next(word string) bool {
	if len(p.tokens) == 0 || p.tokens[0].quoted || !strings.EqualFold(p.tokens[0].text, word) {
		return false
	}
	p.tokens = p.tokens[1:]
	return true
}

func (p *parser) or() (filter, error) {
	left, err := p.and()
	for err == nil && p.next("or") {
		var right filter
		right, err = p.and()
		left = either{left, right}
	}
	return left, err
}

func (p *parser) and() (filter, error) {
	left, err := p.term()
	for err == nil && p.next("and") {
		var right filter
		right, err = p.term()
		left = both{left, right}
	}
	return left, err
}

func (p *parser) term() (filter, error) {
	if p.next("not") {
		if !p.dialect.not {
			return nil, badFilter("the operator not is not supported")
		}
		of, err := p.term()
		return not{of}, err
	}
	if p.next("(") {
		of, err := p.or()
		if err == nil && !p.next(")") {
			err = badFilter("a parenthesis is missing")
		}
		return of, err
	}
	return p.comparison()
}

func (p *parser) comparison() (filter, error) {
	if len(p.tokens) < 2 || p.tokens[0].quoted || p.tokens[1].quoted {
		return nil, badFilter("an attribute and an operator are expected")
	}
	f := comparison{
		attribute: p.tokens[0].text, operator: strings.ToLower(p.tokens[1].text), foldCase: p.dialect.foldCase,
	}
	p.tokens = p.tokens[2:]
	accepted := p.dialect.operators(f.attribute)
	if accepted == nil {
		return nil, badFilter(fmt.Sprintf("%s is not a supported property", f.attribute))
	}
	if !slices.Contains(accepted, f.operator) {
		return nil, badFilter(fmt.Sprintf("%s does not support the operator %s", f.attribute, f.operator))
	}
	if f.operator == "pr" {
		return f, nil
	}
	if len(p.tokens) == 0 || !p.tokens[0].quoted {
		return nil, badFilter("a value in quotation marks is expected")
	}
	f.value = p.tokens[0].text
	p.tokens = p.tokens[1:]
	if f.isTime = p.dialect.isTime(f.attribute); f.isTime {
		at, err := time.Parse(time.RFC3339Nano, f.value)
		if err != nil {
			return nil, badFilter(f.value + " is not a time")
		}
		f.at = at
	}
	return f, nil
}
