package scim

import (
	"encoding/json"
	"unicode/utf8"
)

// What a filter may be at most. The standard names no limits; these are far
// above what clients send (the longest that was seen is an "or" over a hundred
// ids) and keep parsing and evaluating within microseconds.
const (
	// maxFilterLength is in bytes.
	maxFilterLength = 8192
	// maxFilterDepth counts brackets inside brackets.
	maxFilterDepth = 32
	// maxFilterTerms counts comparisons.
	maxFilterTerms = 256
)

// tokenKind is what a piece of a filter is.
type tokenKind int

const (
	endToken tokenKind = iota
	wordToken
	stringToken
	openToken
	closeToken
	openValueToken
	closeValueToken
)

// token is a piece of a filter. Text is what was written; a string's text keeps
// its quotation marks and escapes.
type token struct {
	kind tokenKind
	text string
	// at is the offset in bytes.
	at int
}

// lexer cuts a filter or a path into tokens. A word is whatever stands between
// blanks, brackets and quotation marks: names, operators, numbers, literals.
type lexer struct {
	text string
	at   int
}

// next gives the next token; at the end of the text always endToken. The error
// is a string that does not end.
func (l *lexer) next() (token, error) {
	for l.at < len(l.text) && isBlank(l.text[l.at]) {
		l.at++
	}
	start := l.at
	if start == len(l.text) {
		return token{kind: endToken, at: start}, nil
	}
	kind := wordToken
	switch l.text[start] {
	case '(':
		kind = openToken
	case ')':
		kind = closeToken
	case '[':
		kind = openValueToken
	case ']':
		kind = closeValueToken
	case '"':
		return l.quoted(start)
	}
	l.at++
	if kind == wordToken {
		for l.at < len(l.text) && !endsWord(l.text[l.at]) {
			l.at++
		}
	}
	return token{kind: kind, text: l.text[start:l.at], at: start}, nil
}

// quoted reads a JSON string from its opening quotation mark.
func (l *lexer) quoted(start int) (token, error) {
	for i := start + 1; i < len(l.text); i++ {
		switch l.text[i] {
		case '\\':
			i++
		case '"':
			l.at = i + 1
			return token{kind: stringToken, text: l.text[start:l.at], at: start}, nil
		}
	}
	return token{}, syntaxAt(l.text, start, `the string that begins here to end with a quotation mark`)
}

// isBlank tells the blanks between tokens.
func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// endsWord tells what a word cannot contain.
func endsWord(c byte) bool {
	return isBlank(c) || c == '(' || c == ')' || c == '[' || c == ']' || c == '"'
}

// unquote gives the value of a string token.
func unquote(text string, t token) (string, error) {
	var value string
	if err := json.Unmarshal([]byte(t.text), &value); err != nil {
		return "", syntaxAt(text, t.at, `a string as JSON writes it: control characters, quotation marks and \ escaped`)
	}
	return value, nil
}

// syntaxAt is the refusal of a filter: where it went wrong, and what should
// have been there. What was there is not repeated, as it may be personal data.
func syntaxAt(text string, at int, expected string) *Error {
	if at == len(text) {
		return refusal(InvalidFilter, "the filter ends too early, after %d characters: expected %s", utf8.RuneCountInString(text), expected)
	}
	return refusal(InvalidFilter, "the filter cannot be read at character %d: expected %s", utf8.RuneCountInString(text[:at])+1, expected)
}
