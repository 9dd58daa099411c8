package scim

// cloneValue copies a JSON value with all that is in it.
func cloneValue(value any) any {
	switch value := value.(type) {
	case map[string]any:
		object := make(map[string]any, len(value))
		for name, inner := range value {
			object[name] = cloneValue(inner)
		}
		return object
	case []any:
		list := make([]any, len(value))
		for i, element := range value {
			list[i] = cloneValue(element)
		}
		return list
	}
	return value
}

// equalValues compares JSON values; numbers by how they are written.
func equalValues(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && equalObjects(a, b)
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !equalValues(a[i], b[i]) {
				return false
			}
		}
		return true
	}
	switch b.(type) {
	case map[string]any, []any:
		return false
	}
	return a == b
}

func equalObjects(a, b map[string]any) bool {
	if len(a) != len(b) {
		return false
	}
	for name, value := range a {
		other, ok := b[name]
		if !ok || !equalValues(value, other) {
			return false
		}
	}
	return true
}

// indexOfSame finds the value that is the same as one that is to be added: equal,
// or with the same value and type, of which an attribute should have one only
// (RFC 7643, section 2.4). It is -1 when there is none.
func indexOfSame(values []any, added any) int {
	object, ok := added.(map[string]any)
	value, hasValue := object["value"]
	for i, there := range values {
		if !ok || !hasValue {
			if equalValues(there, added) {
				return i
			}
			continue
		}
		other, _ := there.(map[string]any)
		if equalValues(other["value"], value) && equalValues(other["type"], object["type"]) {
			return i
		}
	}
	return -1
}
