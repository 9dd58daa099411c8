package scim

import (
	"encoding/json"
	"strings"
)

// jsonReader reads JSON (RFC 8259) into strings, bools, json.Number, nil, []any
// and map[string]any. encoding/json keeps the last of several equal names
// without a word, and its tokens, which would show them, take five times as
// long as this; its reading of escapes is used.
type jsonReader struct {
	body []byte
	at   int
}

func (r *jsonReader) space() {
	for r.at < len(r.body) {
		switch r.body[r.at] {
		case ' ', '\t', '\r', '\n':
			r.at++
		default:
			return
		}
	}
}

// next is the next byte that is no white space; 0 at the end.
func (r *jsonReader) next() byte {
	r.space()
	if r.at == len(r.body) {
		return 0
	}
	return r.body[r.at]
}

func (r *jsonReader) malformed() error {
	if r.at >= len(r.body) {
		return refusal(InvalidSyntax, "the JSON ends too early")
	}
	return refusal(InvalidSyntax, "the JSON is malformed at byte %d", r.at+1)
}

// value reads a value that is within depth arrays and objects.
func (r *jsonReader) value(depth int) (any, error) {
	switch c := r.next(); {
	case (c == '{' || c == '[') && depth == deepestJSON:
		return nil, refusal(InvalidSyntax, "the JSON nests deeper than %d", deepestJSON)
	case c == '{':
		return r.object(depth + 1)
	case c == '[':
		return r.array(depth + 1)
	case c == '"':
		return r.text()
	case c == '-' || isDigit(c):
		return r.number()
	case c == 't':
		return true, r.word("true")
	case c == 'f':
		return false, r.word("false")
	case c == 'n':
		return nil, r.word("null")
	}
	return nil, r.malformed()
}

func (r *jsonReader) word(word string) error {
	for i := range len(word) {
		if r.at == len(r.body) || r.body[r.at] != word[i] {
			return r.malformed()
		}
		r.at++
	}
	return nil
}

func (r *jsonReader) array(depth int) (any, error) {
	r.at++
	list := []any{}
	if r.next() == ']' {
		r.at++
		return list, nil
	}
	for {
		v, err := r.value(depth)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		switch r.next() {
		case ',':
			r.at++
		case ']':
			r.at++
			return list, nil
		default:
			return nil, r.malformed()
		}
	}
}

func (r *jsonReader) object(depth int) (any, error) {
	r.at++
	object := map[string]any{}
	if r.next() == '}' {
		r.at++
		return object, nil
	}
	var names nameSet
	for {
		if r.next() != '"' {
			return nil, r.malformed()
		}
		name, err := r.text()
		if err != nil {
			return nil, err
		}
		if !names.add(name) {
			return nil, namedTwice(name)
		}
		if r.next() != ':' {
			return nil, r.malformed()
		}
		r.at++
		if object[name], err = r.value(depth); err != nil {
			return nil, err
		}
		switch r.next() {
		case ',':
			r.at++
		case '}':
			r.at++
			return object, nil
		default:
			return nil, r.malformed()
		}
	}
}

// text reads a string, which begins here.
func (r *jsonReader) text() (string, error) {
	start := r.at
	escaped := false
	for r.at++; r.at < len(r.body); r.at++ {
		switch c := r.body[r.at]; {
		case c == '"':
			r.at++
			if !escaped {
				return string(r.body[start+1 : r.at-1]), nil
			}
			return r.unescape(start)
		case c == '\\':
			escaped = true
			r.at++
		case c < ' ':
			return "", r.malformed()
		}
	}
	r.at = len(r.body)
	return "", r.malformed()
}

func (r *jsonReader) unescape(start int) (string, error) {
	var s string
	if err := json.Unmarshal(r.body[start:r.at], &s); err != nil {
		r.at = start
		return "", r.malformed()
	}
	if strings.IndexByte(s, 0) >= 0 {
		return "", refusal(InvalidValue, "a string contains the character U+0000")
	}
	return s, nil
}

// number reads a number and keeps it as it is written.
func (r *jsonReader) number() (json.Number, error) {
	start := r.at
	if r.body[r.at] == '-' {
		r.at++
	}
	leading := r.at
	if !r.digits() {
		return "", r.malformed()
	}
	if r.body[leading] == '0' && r.at > leading+1 {
		r.at = leading + 1
		return "", r.malformed()
	}
	if r.at < len(r.body) && r.body[r.at] == '.' {
		r.at++
		if !r.digits() {
			return "", r.malformed()
		}
	}
	if r.at < len(r.body) && (r.body[r.at] == 'e' || r.body[r.at] == 'E') {
		r.at++
		if r.at < len(r.body) && (r.body[r.at] == '+' || r.body[r.at] == '-') {
			r.at++
		}
		if !r.digits() {
			return "", r.malformed()
		}
	}
	return json.Number(r.body[start:r.at]), nil
}

// digits passes over digits; false when there is none.
func (r *jsonReader) digits() bool {
	start := r.at
	for r.at < len(r.body) && isDigit(r.body[r.at]) {
		r.at++
	}
	return r.at > start
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// nameSet is the names of one object, ignoring case.
type nameSet struct {
	few    []string
	folded map[string]bool
}

// fewNames is how many names are compared one by one, which is quicker than a
// map for the objects of SCIM.
const fewNames = 16

// add is false for a name that is there.
func (s *nameSet) add(name string) bool {
	if s.folded == nil && len(s.few) < fewNames {
		for _, other := range s.few {
			if strings.EqualFold(other, name) {
				return false
			}
		}
		s.few = append(s.few, name)
		return true
	}
	if s.folded == nil {
		s.folded = make(map[string]bool, 4*fewNames)
		for _, other := range s.few {
			s.folded[Fold(other)] = true
		}
	}
	folded := Fold(name)
	if s.folded[folded] {
		return false
	}
	s.folded[folded] = true
	return true
}
