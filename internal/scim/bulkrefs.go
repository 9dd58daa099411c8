package scim

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// ResolveBulkIDs puts ids in place of the references to bulkIds in an
// operation's data and path (RFC 7644, section 3.7.2): a string that is
// "bulkId:x", the end of a $ref, and in a PATCH the quoted value of a filter.
// References to what is in leaveOut are taken out of the data, with the value of
// a multi-valued or complex attribute that they are in. The error is an *Error
// invalidValue for a bulkId that is in neither, whether no operation makes it or
// the one that should have failed.
func ResolveBulkIDs(data json.RawMessage, path string, ids map[string]string, leaveOut []string) (json.RawMessage, string, error) {
	r := bulkResolver{ids: ids, leaveOut: leaveOut}
	if endpoint, reference, ok := cutReference(path); ok {
		id, found := ids[reference]
		if !found {
			return nil, "", unknownBulkID()
		}
		path = endpoint + id
	}
	if len(data) == 0 {
		return data, path, nil
	}
	v, err := decodeJSON(data)
	if err != nil {
		return nil, "", err
	}
	v, _, err = r.value("", v)
	if err != nil {
		return nil, "", err
	}
	if !r.changed {
		return data, path, nil
	}
	resolved, err := json.Marshal(v)
	if err != nil {
		return nil, "", refusal(InvalidSyntax, "data cannot be read")
	}
	return resolved, path, nil
}

func unknownBulkID() *Error {
	return refusal(InvalidValue, "a bulkId is referred to that no operation of this request made")
}

// references are the bulkIds that an operation's path and data refer to, each
// once and in order.
func (o BulkOperation) references() ([]string, error) {
	seen := map[string]bool{}
	if o.Method != "POST" {
		if _, reference, ok := cutReference(o.Path); ok {
			seen[reference] = true
		}
	}
	if len(o.Data) > 0 {
		v, err := decodeJSON(o.Data)
		if err != nil {
			return nil, err
		}
		r := bulkResolver{seen: seen}
		if _, _, err := r.value("", v); err != nil {
			return nil, err
		}
	}
	return slices.Sorted(maps.Keys(seen)), nil
}

// cutReference takes a reference at the end of a path or URI off:
// /Groups/bulkId:x.
func cutReference(path string) (before, id string, ok bool) {
	slash := strings.LastIndexByte(path, '/') + 1
	id, ok = reference(path[slash:])
	return path[:slash], id, ok
}

// reference is the bulkId in "bulkId:x".
func reference(s string) (id string, ok bool) {
	if len(s) <= len(bulkPrefix) || !strings.EqualFold(s[:len(bulkPrefix)], bulkPrefix) {
		return "", false
	}
	return s[len(bulkPrefix):], true
}

// bulkResolver walks an operation's data. With seen it only takes notes of the
// references that it meets.
type bulkResolver struct {
	ids      map[string]string
	leaveOut []string
	seen     map[string]bool
	changed  bool
}

// value resolves what is in a value that is found under a name. drop says that
// the value has to be left out.
func (r *bulkResolver) value(name string, v any) (resolved any, drop bool, err error) {
	switch v := v.(type) {
	case string:
		return r.text(name, v)
	case []any:
		kept := make([]any, 0, len(v))
		for _, element := range v {
			element, drop, err := r.value(name, element)
			if err != nil {
				return nil, false, err
			}
			if !drop {
				kept = append(kept, element)
			}
		}
		return kept, false, nil
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			inner, drop, err := r.value(name, v[name])
			if err != nil {
				return nil, false, err
			}
			if !drop {
				v[name] = inner
				continue
			}
			if n := foldName(name); n == "value" || n == "$ref" {
				return nil, true, nil // the reference is what the object is there for
			}
			delete(v, name)
		}
		return v, false, nil
	}
	return v, false, nil
}

// text resolves the references in a string.
func (r *bulkResolver) text(name, s string) (resolved any, drop bool, err error) {
	if id, ok := reference(s); ok {
		return r.id("", id)
	}
	switch foldName(name) {
	case "$ref":
		if before, id, ok := cutReference(s); ok {
			return r.id(before, id)
		}
	case "path":
		return r.filter(s)
	}
	return s, false, nil
}

// id is what a reference resolves to, after what precedes it.
func (r *bulkResolver) id(before, reference string) (any, bool, error) {
	if r.seen != nil {
		r.seen[reference] = true
		return before, false, nil
	}
	if id, ok := r.ids[reference]; ok {
		r.changed = true
		return before + id, false, nil
	}
	if slices.Contains(r.leaveOut, reference) {
		r.changed = true
		return nil, true, nil
	}
	return nil, false, unknownBulkID()
}

// filter resolves the quoted references in the path of a PATCH operation:
// members[value eq "bulkId:x"].
func (r *bulkResolver) filter(path string) (any, bool, error) {
	var resolved strings.Builder
	for {
		before, rest, ok := strings.Cut(path, `"`)
		resolved.WriteString(before)
		if !ok {
			return resolved.String(), false, nil
		}
		quoted, after, closed := strings.Cut(rest, `"`)
		resolved.WriteByte('"')
		if id, ok := reference(quoted); ok && closed {
			v, drop, err := r.id("", id)
			if err != nil || drop {
				return nil, drop, err
			}
			quoted, _ = v.(string)
		}
		resolved.WriteString(quoted)
		if !closed {
			return resolved.String(), false, nil
		}
		resolved.WriteByte('"')
		path = after
	}
}
