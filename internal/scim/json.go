package scim

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// deepestJSON is how deep arrays and objects may nest. SCIM needs seven: a bulk
// request with a PATCH of a complex value.
const deepestJSON = 64

// decodeObject reads a JSON object with numbers as json.Number. Refused, as
// *Error invalidSyntax, are what is not one JSON object, invalid UTF-8, nesting
// beyond deepestJSON, and names that are twice in an object when their case is
// ignored, of which no reading is safe. A U+0000 in a string is an *Error
// invalidValue: databases do not store it.
func decodeObject(body []byte) (map[string]any, error) {
	v, err := decodeJSON(body)
	if err != nil {
		return nil, err
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, refusal(InvalidSyntax, "the body is %s where a JSON object is due", jsonType(v))
	}
	return object, nil
}

// decodeJSON reads one JSON value with the same care.
func decodeJSON(body []byte) (any, error) {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")) // a byte order mark may be ignored: RFC 8259, section 8.1
	if !utf8.Valid(body) {
		return nil, refusal(InvalidSyntax, "the body is not valid UTF-8")
	}
	r := jsonReader{body: body}
	v, err := r.value(0)
	if err != nil {
		return nil, err
	}
	r.space()
	if r.at < len(body) {
		return nil, refusal(InvalidSyntax, "there is more after the end of the JSON value")
	}
	return v, nil
}

func namedTwice(name string) *Error {
	const longest = 200
	if len(name) > longest {
		name = strings.ToValidUTF8(name[:longest], "") + "…"
	}
	return refusal(InvalidSyntax, "the name %q is twice in one object; case makes no difference", name)
}
