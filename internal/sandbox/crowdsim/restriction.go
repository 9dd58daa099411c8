package crowdsim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A restriction is a search in the Crowd query language: comparisons such as
// email = "ana@example.com", joined by and, or and parentheses. Values are
// compared ignoring case; "*" at either end stands for anything.
// https://developer.atlassian.com/server/crowd/crowd-query-language/

// fits reports whether something, given by its properties, meets a restriction.
type fits func(property func(string) string) bool

// parse reads a restriction about some properties; an empty one fits all.
func parse(restriction string, properties []string) (fits, error) {
	tokens, err := tokenise(restriction)
	if err != nil {
		return nil, err
	}
	if len(tokens) == 0 {
		return func(func(string) string) bool { return true }, nil
	}
	p := &parser{tokens: tokens, properties: properties}
	whole, err := p.either()
	if err == nil && len(p.tokens) > 0 {
		err = fmt.Errorf("unexpected %q", p.tokens[0].text)
	}
	if err != nil {
		return nil, err
	}
	return whole.fits(), nil
}

// condition is a part of a restriction. Whole values of one property, any of
// which will do, are kept as a set: a look-up of twenty people among ten
// thousand is then one comparison for each.
type condition struct {
	property string
	values   map[string]bool
	test     fits
}

func (c condition) fits() fits {
	if c.values == nil {
		return c.test
	}
	return func(of func(string) string) bool { return c.values[strings.ToLower(of(c.property))] }
}

// or is a condition that meets one of two.
func (c condition) or(other condition) condition {
	if c.values != nil && other.values != nil && c.property == other.property {
		maps.Copy(c.values, other.values)
		return c
	}
	first, second := c.fits(), other.fits()
	return condition{test: func(of func(string) string) bool { return first(of) || second(of) }}
}

// and is a condition that meets both.
func (c condition) and(other condition) condition {
	first, second := c.fits(), other.fits()
	return condition{test: func(of func(string) string) bool { return first(of) && second(of) }}
}

type token struct {
	text   string
	quoted bool
}

func tokenise(text string) ([]token, error) {
	var tokens []token
	for len(text) > 0 {
		switch c := text[0]; {
		case c == ' ':
			text = text[1:]
		case strings.ContainsRune("()=<>", rune(c)):
			tokens, text = append(tokens, token{text: text[:1]}), text[1:]
		case c == '"':
			value, rest, err := quoted(text[1:])
			if err != nil {
				return nil, err
			}
			tokens, text = append(tokens, token{value, true}), rest
		default:
			end := strings.IndexAny(text, ` ()=<>"`)
			if end < 0 {
				end = len(text)
			}
			tokens, text = append(tokens, token{text: text[:end]}), text[end:]
		}
	}
	return tokens, nil
}

// quoted reads a string to its closing quote; a backslash takes the next
// character as it is.
func quoted(text string) (value, rest string, err error) {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			if i++; i == len(text) {
				return "", "", fmt.Errorf("a string does not end")
			}
			out.WriteByte(text[i])
		case '"':
			return out.String(), text[i+1:], nil
		default:
			out.WriteByte(text[i])
		}
	}
	return "", "", fmt.Errorf("a string does not end")
}

type parser struct {
	tokens     []token
	properties []string
}

func (p *parser) word(word string) bool {
	if len(p.tokens) > 0 && !p.tokens[0].quoted && strings.EqualFold(p.tokens[0].text, word) {
		p.tokens = p.tokens[1:]
		return true
	}
	return false
}

func (p *parser) either() (condition, error) {
	whole, err := p.both()
	for err == nil && p.word("or") {
		var more condition
		if more, err = p.both(); err == nil {
			whole = whole.or(more)
		}
	}
	return whole, err
}

func (p *parser) both() (condition, error) {
	whole, err := p.term()
	for err == nil && p.word("and") {
		var more condition
		if more, err = p.term(); err == nil {
			whole = whole.and(more)
		}
	}
	return whole, err
}

func (p *parser) term() (condition, error) {
	if p.word("(") {
		inner, err := p.either()
		if err == nil && !p.word(")") {
			err = fmt.Errorf("a parenthesis does not end")
		}
		return inner, err
	}
	if len(p.tokens) < 3 || p.tokens[0].quoted || p.tokens[1].quoted {
		return condition{}, fmt.Errorf("a comparison is expected")
	}
	property, operator, value := p.tokens[0].text, p.tokens[1].text, p.tokens[2].text
	p.tokens = p.tokens[3:]
	if !slices.Contains(p.properties, property) {
		return condition{}, fmt.Errorf("there is no property %q", property)
	}
	if operator != "=" {
		return condition{}, fmt.Errorf("%q cannot be compared by %q", property, operator)
	}
	if !strings.HasPrefix(value, "*") && !strings.HasSuffix(value, "*") {
		return condition{property: property, values: map[string]bool{strings.ToLower(value): true}}, nil
	}
	matches := pattern(value)
	return condition{test: func(of func(string) string) bool { return matches(strings.ToLower(of(property))) }}, nil
}

// pattern compares folded texts with a value that begins or ends with "*".
func pattern(value string) func(string) bool {
	open, openEnd := strings.HasPrefix(value, "*"), strings.HasSuffix(value, "*")
	bare := strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(value, "*"), "*"))
	return func(s string) bool {
		switch {
		case open && openEnd:
			return strings.Contains(s, bare)
		case open:
			return strings.HasSuffix(s, bare)
		}
		return strings.HasPrefix(s, bare)
	}
}
