package pushed

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Attributes are those of a pushed user that are wanted beside login, address
// and names: by their names in the schema, as "title", "userType" or, of an
// extension, "department", "costCenter"; with a dot for a part of a complex one,
// as "addresses.locality". Of several values the primary one counts, else the
// first. Case does not matter.
type Attributes struct {
	Names []string
	// All wants them all.
	All bool
}

// of returns what is wanted of a document; nil when there is none of it.
func (a Attributes) of(document []byte) (map[string]any, error) {
	if !a.All && len(a.Names) == 0 {
		return nil, nil
	}
	var every map[string]any
	if err := json.Unmarshal(document, &every); err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	parts := partsOf(every)
	names := a.Names
	if a.All {
		names = namesOf(parts)
	}
	kept := make(map[string]any, len(names))
	for _, name := range names {
		if value := plainValue(find(parts, name)); value != nil {
			kept[name] = value
		}
	}
	if len(kept) == 0 {
		return nil, nil
	}
	return kept, nil
}

// partsOf is a resource without its extensions, and then each of those, in
// which a name is looked for in that order.
func partsOf(resource map[string]any) []map[string]any {
	own := make(map[string]any, len(resource))
	parts := []map[string]any{own}
	for _, name := range slices.Sorted(maps.Keys(resource)) {
		extension, ok := resource[name].(map[string]any)
		switch {
		case !strings.HasPrefix(strings.ToLower(name), "urn:"):
			own[name] = resource[name]
		case ok:
			parts = append(parts, extension)
		}
	}
	return parts
}

// namesOf lists what is in a resource, each name once.
func namesOf(parts []map[string]any) []string {
	var names []string
	for _, part := range parts {
		for _, name := range slices.Sorted(maps.Keys(part)) {
			if !slices.ContainsFunc(names, func(other string) bool { return strings.EqualFold(other, name) }) {
				names = append(names, name)
			}
		}
	}
	return names
}

// find returns the value of an attribute, or of a part of one.
func find(parts []map[string]any, name string) any {
	for _, part := range parts {
		if value, ok := folded(part, name); ok {
			return value
		}
	}
	outer, inner, ok := strings.Cut(name, ".")
	if !ok {
		return nil
	}
	value := find(parts, outer)
	if list, ok := value.([]any); ok {
		value = primary(list)
	}
	if object, ok := value.(map[string]any); ok {
		value, _ = folded(object, inner)
		return value
	}
	return nil
}

// folded looks a name up without regard to case (RFC 7643, section 2.1).
func folded(in map[string]any, name string) (any, bool) {
	if value, ok := in[name]; ok {
		return value, true
	}
	for _, key := range slices.Sorted(maps.Keys(in)) {
		if strings.EqualFold(key, name) {
			return in[key], true
		}
	}
	return nil, false
}

func primary(list []any) any {
	for _, one := range list {
		if object, ok := one.(map[string]any); ok && object["primary"] == true {
			return object
		}
	}
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

// plainValue is what directory.User.Attributes can hold of a value: of a
// complex one what it shows as, else its value (RFC 7643, section 2.4); nil is
// nothing.
func plainValue(value any) any {
	switch value := value.(type) {
	case string, bool, float64:
		return value
	case map[string]any:
		for _, part := range []string{"displayName", "display", "value"} {
			if text, ok := value[part].(string); ok && text != "" {
				return text
			}
		}
	case []any:
		texts := make([]string, 0, len(value))
		for _, one := range value {
			switch one := plainValue(one).(type) {
			case nil, []string:
			case string:
				texts = append(texts, one)
			default:
				texts = append(texts, fmt.Sprint(one))
			}
		}
		return texts
	}
	return nil
}
