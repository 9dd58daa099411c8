package scim

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// coerce makes of a JSON value what is stored for the attribute: an array of
// values when it is multi-valued, else one value. It is nil, without an error,
// when the value means "absent": null, [], an object without values. Names of
// sub-attributes are respelt as the schema has them; unknown and readOnly
// sub-attributes are left out. A writeOnly value, which is a password, is checked
// and then absent too: it is not kept. The error is an *Error invalidValue.
//
// Tolerated are a single value where an array is due (OneLogin sends emails as
// an object), booleans as strings in any case (Microsoft Entra ID), and a string
// in place of a complex value that has a sub-attribute "value" (manager, in
// Entra's older mappings). Whether one primary is enough and whether required
// sub-attributes are there is not checked here: see ResourceType.validate.
func (a *Attribute) coerce(v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	list, isList := v.([]any)
	if !a.MultiValued {
		if !isList {
			return a.coerceKept(v)
		}
		if len(list) == 0 {
			return nil, nil
		}
		return nil, refusal(InvalidValue, "attribute %q takes one value, not an array", a.Name)
	}
	if !isList {
		list = []any{v}
	}
	values := make([]any, 0, len(list))
	for _, element := range list {
		value, err := a.coerceKept(element)
		if err != nil {
			return nil, err
		}
		if value != nil {
			values = append(values, value)
		}
	}
	if len(values) == 0 {
		return nil, nil
	}
	return withoutRepeats(values), nil
}

// withoutRepeats makes one of values that repeat each other: the same simple
// value, or a complex one with the same value and type, of which the later says
// the rest. The same type and value should not be returned twice (RFC 7643,
// section 2.4).
func withoutRepeats(values []any) []any {
	type identity struct{ kind, value any }
	if len(values) == 1 {
		return values
	}
	at := make(map[identity]int, len(values))
	kept := values[:0]
	for _, v := range values {
		id := identity{value: v}
		if complex, ok := v.(map[string]any); ok {
			if complex["value"] == nil {
				kept = append(kept, v) // an address: nothing tells it from another
				continue
			}
			id = identity{complex["type"], complex["value"]}
		}
		if i, repeated := at[id]; repeated && !(isPrimary(kept[i]) && isPrimary(v)) { // two that are primary are refused later
			kept[i] = v
			continue
		}
		at[id] = len(kept)
		kept = append(kept, v)
	}
	return kept
}

// coerceKept is coerceOne for a value that is kept; nil for one that is not.
func (a *Attribute) coerceKept(v any) (any, error) {
	value, err := a.coerceOne(v)
	if err != nil || a.Mutability != WriteOnly {
		return value, err
	}
	if value == "" {
		return nil, refusal(InvalidValue, "attribute %q takes a string that is not empty", a.Name)
	}
	return nil, nil
}

// coerceOne does the same for one value of an attribute, be it multi-valued or not.
func (a *Attribute) coerceOne(v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	if a.Type == Complex {
		return a.coerceComplex(v)
	}
	switch a.Type {
	case Boolean:
		return a.coerceBoolean(v)
	case Integer, Decimal:
		return a.coerceNumber(v)
	}
	s, ok := v.(string)
	if !ok {
		return nil, a.unfit(v, "a string")
	}
	switch a.Type {
	case DateTime:
		if _, err := parseDateTime(s); err != nil {
			return nil, refusal(InvalidValue, "attribute %q takes a date and time such as 2026-01-31T09:00:00Z", a.Name)
		}
	case Binary:
		if !isBase64(s) {
			return nil, refusal(InvalidValue, "attribute %q takes base64", a.Name)
		}
	case Reference:
		if _, err := url.Parse(s); err != nil {
			return nil, refusal(InvalidValue, "attribute %q takes a URI", a.Name)
		}
	}
	return s, nil
}

func (a *Attribute) coerceBoolean(v any) (any, error) {
	switch b := v.(type) {
	case bool:
		return b, nil
	case string:
		if strings.EqualFold(b, "true") {
			return true, nil
		}
		if strings.EqualFold(b, "false") {
			return false, nil
		}
	}
	return nil, a.unfit(v, "true or false")
}

func (a *Attribute) coerceNumber(v any) (any, error) {
	n, ok := v.(json.Number)
	if !ok {
		return nil, a.unfit(v, "a number")
	}
	if a.Type == Integer {
		// No fraction and no exponent, RFC 7643, section 2.3.4.
		if _, err := strconv.ParseInt(n.String(), 10, 64); err != nil {
			return nil, refusal(InvalidValue, "attribute %q takes an integer of at most 64 bits", a.Name)
		}
		return n, nil
	}
	// What no float holds would make every list that has it unreadable for
	// clients whose numbers are floats.
	if _, err := n.Float64(); err != nil {
		return nil, refusal(InvalidValue, "attribute %q takes a decimal number of a reasonable size", a.Name)
	}
	if _, err := numberKey(n.String()); err != nil {
		return nil, refusal(InvalidValue, "attribute %q takes a decimal number of a reasonable size", a.Name)
	}
	return n, nil
}

func (a *Attribute) coerceComplex(v any) (any, error) {
	object, ok := v.(map[string]any)
	if !ok {
		simple, isString := v.(string)
		if !isString || a.sub("value") == nil {
			return nil, a.unfit(v, "an object")
		}
		if simple == "" {
			return nil, nil
		}
		object = map[string]any{"value": simple}
	}
	value := make(map[string]any, len(object))
	for name, inner := range object {
		sub := a.sub(name)
		if sub == nil || sub.Mutability == ReadOnly {
			continue
		}
		coerced, err := sub.coerce(inner)
		if err != nil {
			return nil, within(a.Name, err)
		}
		if coerced != nil {
			value[sub.Name] = coerced
		}
	}
	if len(value) == 0 {
		return nil, nil
	}
	return value, nil
}

// sub finds a sub-attribute by its name in any case; nil when there is none.
func (a *Attribute) sub(name string) *Attribute {
	return findAttribute(a.SubAttributes, name)
}

// findAttribute finds an attribute by its name in any case; nil when there is none.
func findAttribute(among []Attribute, name string) *Attribute {
	for i := range among {
		if among[i].Name == name {
			return &among[i]
		}
	}
	for i := range among {
		if strings.EqualFold(among[i].Name, name) {
			return &among[i]
		}
	}
	return nil
}

// unfit refuses a value by its JSON type, without repeating the value.
func (a *Attribute) unfit(v any, want string) *Error {
	return refusal(InvalidValue, "attribute %q takes %s, not %s", a.Name, want, jsonType(v))
}

// within says in which attribute a refusal of a sub-attribute is.
func within(name string, err error) error {
	if e, ok := err.(*Error); ok {
		return &Error{Status: e.Status, ScimType: e.ScimType, Detail: "in " + strconv.Quote(name) + ": " + e.Detail}
	}
	return err
}

// jsonType names the JSON type of a value for messages.
func jsonType(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case string:
		return "a string"
	case json.Number:
		return "a number"
	case []any:
		return "an array"
	case map[string]any:
		return "an object"
	}
	return "a value of another kind"
}

// parseDateTime reads an xsd:dateTime (RFC 7643, section 2.3.5). One without a
// zone, which XML Schema allows, is taken as UTC.
func parseDateTime(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err == nil {
		return t, nil
	}
	return time.Parse("2006-01-02T15:04:05.999999999", s)
}

// isBase64 accepts both alphabets of RFC 4648, with padding and without, and the
// white space that XML and PEM put in between.
func isBase64(s string) bool {
	digits, padding := 0, 0
	for _, c := range []byte(s) {
		switch {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
		case c == '=':
			padding++
		case padding > 0:
			return false
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '+', c == '/', c == '-', c == '_':
			digits++
		default:
			return false
		}
	}
	if padding > 0 {
		return padding <= 2 && (digits+padding)%4 == 0
	}
	return digits%4 != 1
}
