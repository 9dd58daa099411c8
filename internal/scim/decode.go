package scim

import (
	"maps"
	"slices"
	"strings"
)

// Input is what the body of a POST or PUT came to.
type Input struct {
	// Document is what is stored, names spelt as in the schemas.
	Document Resource
	// Members are a group's, each value once.
	Members []Member
	// HasMembers is whether the body said anything about members, if only null
	// or [].
	HasMembers bool
	// Ignored are the names of attributes that the type does not have, at most
	// fifty, those of extensions after their URN. They are for the log.
	Ignored []string
}

// mostIgnored bounds Input.Ignored, and longestIgnored a name in it in bytes.
const (
	mostIgnored    = 50
	longestIgnored = 200
)

// Decode reads the body of a POST or PUT as clients send it: names ignoring
// case; readOnly attributes, unknown ones and the list of schemas ignored; null
// and [] as absent; booleans as strings; an object where an array of objects is
// due; a manager as a string. A user without "active" is active. Passwords are
// checked and dropped. Refused, as an *Error, are JSON that is malformed or
// ambiguous, values that do not fit, a required attribute that is missing and a
// second primary value.
func (t *ResourceType) Decode(body []byte) (Input, error) {
	object, err := decodeObject(body)
	if err != nil {
		return Input{}, err
	}
	x := t.lookups()
	in := Input{Document: make(Resource, len(object)+1)}
	// In order, so that the same body is always refused for the same reason.
	for _, name := range slices.Sorted(maps.Keys(object)) {
		v := object[name]
		entry := x.find(name)
		switch {
		case entry == nil:
			err = in.takeExtension(x, name, v)
		case t.Members && entry.attribute.Name == "members":
			in.HasMembers = true
			in.Members, err = entry.attribute.members(v)
		case entry.attribute.Mutability != ReadOnly:
			err = take(entry.attribute, v, in.Document)
		}
		if err != nil {
			return Input{}, err
		}
	}
	if x.active != nil {
		if _, said := in.Document[x.active.Name]; !said {
			in.Document[x.active.Name] = true
		}
	}
	if err := t.validate(in.Document); err != nil {
		return Input{}, err
	}
	return in, nil
}

// take puts an attribute's value where it belongs, if it has one.
func take(a *Attribute, v any, into map[string]any) error {
	value, err := a.coerce(v)
	if err == nil && value != nil {
		into[a.Name] = value
	}
	return err
}

// takeExtension takes the attributes of an extension, which are in an object
// under its URN; anything else with that name is unknown to the type.
func (in *Input) takeExtension(x *typeIndex, name string, v any) error {
	s := x.schemas[foldName(name)]
	if s == nil || !s.extension {
		in.ignore(name)
		return nil
	}
	object, ok := v.(map[string]any)
	if list, isList := v.([]any); v == nil || isList && len(list) == 0 {
		return nil
	}
	if !ok {
		return s.whole.unfit(v, "an object")
	}
	document := make(map[string]any, len(object))
	for _, name := range slices.Sorted(maps.Keys(object)) {
		entry := findEntry(s.attributes, name)
		if entry == nil {
			in.ignore(s.schema.ID + ":" + name)
			continue
		}
		if entry.attribute.Mutability == ReadOnly {
			continue
		}
		if err := take(entry.attribute, object[name], document); err != nil {
			return err
		}
	}
	if len(document) > 0 {
		in.Document[s.schema.ID] = document
	}
	return nil
}

func (in *Input) ignore(name string) {
	if len(in.Ignored) == mostIgnored {
		return
	}
	if len(name) > longestIgnored {
		name = strings.ToValidUTF8(name[:longestIgnored], "") + "…"
	}
	in.Ignored = append(in.Ignored, name)
}

// members reads the values of a group's members, each once. A member that gives
// only a $ref is known by the end of it.
func (a *Attribute) members(v any) ([]Member, error) {
	list, isList := v.([]any)
	if !isList && v != nil {
		list = []any{v}
	}
	if len(list) == 0 {
		return nil, nil
	}
	members := make([]Member, 0, len(list))
	seen := make(map[string]bool, len(list))
	for _, element := range list {
		if element == nil {
			continue
		}
		value, err := a.coerceOne(element)
		if err != nil {
			return nil, err
		}
		m, err := readMember(value)
		if err != nil {
			return nil, err
		}
		if !seen[m.Value] {
			seen[m.Value] = true
			members = append(members, m)
		}
	}
	return members, nil
}

// readMember reads one coerced value of members. The error is an *Error
// invalidValue when nothing in it says who it is.
func readMember(element any) (Member, error) {
	object, _ := element.(map[string]any)
	value, _ := object["value"].(string)
	kind, _ := object["type"].(string)
	ref, _ := object["$ref"].(string)
	segments := strings.Split(strings.TrimRight(ref, "/"), "/")
	if value == "" {
		value = segments[len(segments)-1]
	}
	if value == "" {
		return Member{}, refusal(InvalidValue, "a member has no value: it takes the id of a user or group")
	}
	if kind == "" && len(segments) > 1 {
		switch foldName(segments[len(segments)-2]) {
		case "users":
			kind = "User"
		case "groups":
			kind = "Group"
		}
	}
	switch foldName(kind) {
	case "user":
		kind = "User"
	case "group":
		kind = "Group"
	default:
		kind = "" // what else a client calls it does not matter
	}
	return Member{Value: value, Type: kind}, nil
}
