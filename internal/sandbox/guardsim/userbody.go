package guardsim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// readUser reads the body of a POST or PUT. What is read-only is ignored, what
// the description does not have is refused.
func readUser(r *http.Request) (user, *refusal) {
	var body map[string]json.RawMessage
	if err := standin.Decode(r, &body, true, mediaSCIM, "application/json"); err != nil {
		return user{}, refuse(http.StatusBadRequest, "invalidSyntax", "%s", err)
	}
	var schemas []string
	if json.Unmarshal(body["schemas"], &schemas) != nil || !slices.Contains(schemas, schemaUser) {
		return user{}, refuse(http.StatusBadRequest, "invalidSyntax", "schemas is required and has %s", schemaUser)
	}
	u := user{active: true, texts: map[string]string{}}
	for name, value := range body {
		switch name {
		case "schemas", "id", "meta", "groups", schemaAtlassian:
			continue
		}
		if wrong := u.set(name, value); wrong != nil {
			return user{}, wrong
		}
	}
	return u, nil
}

// set writes one attribute, by its path (RFC 7644 section 3.10). A null clears.
func (u *user) set(path string, value json.RawMessage) *refusal {
	mistyped := func(want string) *refusal {
		return refuse(http.StatusBadRequest, "invalidValue", "%s must be %s", path, want)
	}
	name, known := attributeNamed(path)
	if !known {
		return refuse(http.StatusBadRequest, "invalidPath", "there is no attribute %s that can be written", path)
	}
	if string(value) == "null" {
		return u.clear(name)
	}
	switch name {
	case "userName", "displayName":
		var text string
		if json.Unmarshal(value, &text) != nil {
			return mistyped("a string")
		}
		if name == "userName" {
			u.userName = text
		} else {
			u.displayName = text
		}
	case "active":
		if json.Unmarshal(value, &u.active) != nil {
			return mistyped("true or false")
		}
	case "emails", "phoneNumbers":
		var list []contact
		if json.Unmarshal(value, &list) != nil {
			return mistyped("a list")
		}
		if name == "emails" {
			u.emails = list
		} else {
			u.phones = list
		}
	case "name", schemaEnterprise:
		var parts map[string]json.RawMessage
		if json.Unmarshal(value, &parts) != nil {
			return mistyped("an object")
		}
		for part, value := range parts {
			at := name + "." + part
			if name == schemaEnterprise {
				at = name + ":" + part
			}
			if wrong := u.set(at, value); wrong != nil {
				return wrong
			}
		}
	default:
		var text string
		if json.Unmarshal(value, &text) != nil {
			return mistyped("a string")
		}
		u.texts[name] = text
	}
	return nil
}

// clear removes one attribute.
func (u *user) clear(name string) *refusal {
	switch name {
	case "userName", "emails", "active":
		return refuse(http.StatusBadRequest, "mutability", "%s is required", name)
	case "displayName":
		u.displayName = ""
	case "phoneNumbers":
		u.phones = nil
	case "name":
		for _, key := range plain {
			if strings.HasPrefix(key, "name.") {
				delete(u.texts, key)
			}
		}
	case schemaEnterprise:
		delete(u.texts, "department")
		delete(u.texts, "organization")
	default:
		delete(u.texts, name)
	}
	return nil
}

// attributeNamed is the name under which an attribute is kept. Names are
// compared whatever their case (RFC 7643 section 2.1).
func attributeNamed(path string) (string, bool) {
	if rest, is := cutFold(path, schemaUser+":"); is {
		path = rest
	}
	if rest, is := cutFold(path, schemaEnterprise+":"); is {
		if !strings.EqualFold(rest, "department") && !strings.EqualFold(rest, "organization") {
			return "", false
		}
		path = rest
	}
	known := append([]string{"userName", "displayName", "active", "emails", "phoneNumbers", "name", schemaEnterprise}, plain...)
	i := slices.IndexFunc(known, func(name string) bool { return strings.EqualFold(name, path) })
	if i < 0 {
		return "", false
	}
	return known[i], true
}

func cutFold(text, prefix string) (string, bool) {
	if len(text) < len(prefix) || !strings.EqualFold(text[:len(prefix)], prefix) {
		return text, false
	}
	return text[len(prefix):], true
}
