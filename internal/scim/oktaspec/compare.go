package oktaspec

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// holds says whether an assertion holds of the value that the answer has at
// its place; present is whether there is one. A comparison that is not known
// is an error: an assertion must not pass for not being understood.
func holds(comparison string, actual any, present bool, expected string) (bool, error) {
	switch comparison {
	case "equal_number":
		a, errA := strconv.ParseFloat(text(actual), 64)
		b, errB := strconv.ParseFloat(expected, 64)
		return present && errA == nil && errB == nil && a == b, nil
	case "equal":
		return present && text(actual) == expected, nil
	case "not_empty":
		return present && !empty(actual), nil
	case "has_value", "contains":
		if values, ok := actual.([]any); ok {
			return slices.ContainsFunc(values, func(v any) bool { return text(v) == expected }), nil
		}
		if comparison == "has_value" {
			return present && text(actual) == expected, nil
		}
		return present && strings.Contains(text(actual), expected), nil
	case "is_a_number":
		_, number := actual.(float64)
		return number, nil
	case "is_less_than":
		a, number := actual.(float64)
		b, err := strconv.ParseFloat(expected, 64)
		return number && err == nil && a < b, nil
	}
	return false, fmt.Errorf("the comparison %q is not known", comparison)
}

// text is a JSON value as JavaScript's String would write it, for scalars.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

// empty says whether a value is null, "" or a list or an object with nothing
// in it; false and 0 are values.
func empty(v any) bool {
	if v == nil {
		return true
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.String, reflect.Slice, reflect.Map:
		return r.Len() == 0
	default:
		return false
	}
}

// property follows a path such as Resources[0].name.familyName; "" is the
// whole document.
func property(document any, path string) (value any, present bool) {
	value, present = document, document != nil
	if path == "" {
		return value, present
	}
	for name := range strings.SplitSeq(strings.NewReplacer("[", ".", "]", "").Replace(path), ".") {
		switch v := value.(type) {
		case map[string]any:
			value, present = v[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(v) {
				return nil, false
			}
			value, present = v[i], true
		default:
			return nil, false
		}
		if !present {
			return nil, false
		}
	}
	return value, present
}
