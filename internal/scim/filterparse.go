package scim

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// operators are the words that compare, in lower case.
var operators = [...]Operator{Eq, Ne, Co, Sw, Ew, Gt, Ge, Lt, Le}

const (
	expectedOperator = "an operator: eq, ne, co, sw, ew, gt, ge, lt, le or pr"
	expectedTerm     = `an attribute, "not (" or "("`
	expectedValue    = `a value: a string in quotation marks, a number, true, false or null`
)

// ParseFilter reads a filter (RFC 7644, section 3.4.2.2, figure 1). Keywords,
// operators and literals are understood in any case. "not" binds tighter than
// "and", and "and" tighter than "or". The error is an *Error with invalidFilter
// that says at which character it went wrong and what was expected; filters
// longer than 8,192 bytes, with more than 256 comparisons or more than 32
// brackets inside one another are refused.
func ParseFilter(text string) (Filter, error) { return parseFilter(text, false) }

// parseFilter reads a whole filter.
func parseFilter(text string, lenient bool) (Filter, error) {
	p, err := newFilterParser(text, lenient)
	if err != nil {
		return nil, err
	}
	f, err := p.either(0)
	if err != nil {
		return nil, err
	}
	if p.token.kind != endToken {
		return nil, p.expected(`"and", "or" or the end`)
	}
	return f, nil
}

// filterParser reads a filter by recursive descent, a token ahead.
type filterParser struct {
	lexer
	token   token
	terms   int
	lenient bool
	// inValue is set between "[" and "]", where attributes are
	// sub-attributes and no further "[" may come.
	inValue bool
}

// newFilterParser stands at the first token.
func newFilterParser(text string, lenient bool) (*filterParser, error) {
	if len(text) > maxFilterLength {
		return nil, refusal(InvalidFilter, "the filter is longer than %d bytes", maxFilterLength)
	}
	if !utf8.ValidString(text) {
		return nil, refusal(InvalidFilter, "the filter is not valid UTF-8")
	}
	p := &filterParser{lexer: lexer{text: text}, lenient: lenient}
	return p, p.advance()
}

// advance takes the next token.
func (p *filterParser) advance() (err error) {
	p.token, err = p.next()
	return err
}

// expected is the refusal of the token that it stands at.
func (p *filterParser) expected(what string) *Error { return syntaxAt(p.text, p.token.at, what) }

// atWord is whether it stands at a keyword.
func (p *filterParser) atWord(word string) bool {
	return p.token.kind == wordToken && strings.EqualFold(p.token.text, word)
}

// either reads terms with "or" between them.
func (p *filterParser) either(depth int) (Filter, error) {
	left, err := p.both(depth)
	for err == nil && p.atWord("or") {
		if err = p.advance(); err != nil {
			break
		}
		var right Filter
		right, err = p.both(depth)
		left = &Or{left, right}
	}
	if err != nil {
		return nil, err
	}
	return left, nil
}

// both reads terms with "and" between them.
func (p *filterParser) both(depth int) (Filter, error) {
	left, err := p.term(depth)
	for err == nil && p.atWord("and") {
		if err = p.advance(); err != nil {
			break
		}
		var right Filter
		right, err = p.term(depth)
		left = &And{left, right}
	}
	if err != nil {
		return nil, err
	}
	return left, nil
}

// term reads "(…)", "not (…)", a value path or a comparison.
func (p *filterParser) term(depth int) (Filter, error) {
	if p.token.kind == openToken {
		return p.group(depth)
	}
	if p.token.kind != wordToken {
		return nil, p.expected(expectedTerm)
	}
	word := p.token
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.token.kind == openToken {
		if !strings.EqualFold(word.text, "not") {
			return nil, p.expected(expectedOperator)
		}
		f, err := p.group(depth)
		if err != nil {
			return nil, err
		}
		return &Not{f}, nil
	}
	path, ok := splitAttributePath(word.text)
	if !ok {
		return nil, syntaxAt(p.text, word.at, "the name of an attribute, such as userName or name.familyName")
	}
	if p.token.kind == openValueToken {
		return p.valuePath(path, depth)
	}
	return p.comparison(path)
}

// group reads from "(" to ")".
func (p *filterParser) group(depth int) (Filter, error) {
	return p.bracketed(depth, closeToken, `"and", "or" or ")"`)
}

// bracketed reads a filter from an opening bracket over the closing one.
func (p *filterParser) bracketed(depth int, closing tokenKind, missing string) (Filter, error) {
	if depth == maxFilterDepth {
		return nil, refusal(InvalidFilter, "the filter has more than %d brackets inside one another", maxFilterDepth)
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	f, err := p.either(depth + 1)
	if err != nil {
		return nil, err
	}
	if p.token.kind != closing {
		return nil, p.expected(missing)
	}
	return f, p.advance()
}

// valuePath reads from "[" on.
func (p *filterParser) valuePath(path AttributePath, depth int) (Filter, error) {
	if p.inValue {
		return nil, p.expected(expectedOperator + `; "[" cannot stand within "[…]"`)
	}
	if path.Sub != "" {
		return nil, p.expected(`an operator: "[" can follow an attribute, but no sub-attribute`)
	}
	p.inValue = true
	if p.lenient {
		depth++ // the comparison that may follow puts a further bracket around what stands between these
	}
	inner, err := p.bracketed(min(depth, maxFilterDepth), closeValueToken, `"and", "or" or "]"`)
	p.inValue = false
	if err != nil {
		return nil, err
	}
	if p.lenient && p.token.kind == wordToken && strings.HasPrefix(p.token.text, ".") {
		return p.comparisonAfterValuePath(path, inner)
	}
	return &ValueFilter{Path: path, Filter: inner}, nil
}

// comparison reads the operator and the value after an attribute.
func (p *filterParser) comparison(path AttributePath) (Filter, error) {
	if p.terms++; p.terms > maxFilterTerms {
		return nil, refusal(InvalidFilter, "the filter has more than %d comparisons", maxFilterTerms)
	}
	if p.atWord("pr") {
		return &Present{Path: path}, p.advance()
	}
	if p.token.kind == wordToken {
		for _, operator := range operators {
			if !strings.EqualFold(p.token.text, string(operator)) {
				continue
			}
			if err := p.advance(); err != nil {
				return nil, err
			}
			value, err := p.value()
			if err != nil {
				return nil, err
			}
			return &Compare{Path: path, Operator: operator, Value: value}, nil
		}
	}
	return nil, p.expected(expectedOperator)
}

// value reads what an attribute is compared with.
func (p *filterParser) value() (any, error) {
	t := p.token
	switch t.kind {
	case stringToken:
		value, err := unquote(p.text, t)
		if err != nil {
			return nil, err
		}
		return value, p.advance()
	case wordToken:
		if value, ok := literal(t.text); ok {
			return value, p.advance()
		}
		if p.lenient {
			return t.text, p.advance()
		}
	}
	return nil, p.expected(expectedValue)
}

// literal reads true, false, null or a number.
func literal(word string) (value any, ok bool) {
	switch {
	case strings.EqualFold(word, "true"):
		return true, true
	case strings.EqualFold(word, "false"):
		return false, true
	case strings.EqualFold(word, "null"):
		return nil, true
	case (word[0] == '-' || word[0] >= '0' && word[0] <= '9') && json.Valid([]byte(word)):
		return json.Number(word), true
	}
	return nil, false
}
