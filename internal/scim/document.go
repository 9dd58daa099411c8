package scim

import (
	"encoding/json"
	"fmt"
	"strings"
)

// ParseResource reads a stored document, with numbers as json.Number. The error
// is for the log: a stored document that is no JSON object is a fault.
func ParseResource(document []byte) (Resource, error) {
	object, err := decodeObject(document)
	if err != nil {
		return nil, fmt.Errorf("read stored document: %w", err)
	}
	return object, nil
}

// Encode writes the document as JSON with its names in order, so that the same
// document is always the same bytes.
func (d Resource) Encode() ([]byte, error) {
	document, err := json.Marshal(map[string]any(d))
	if err != nil {
		return nil, fmt.Errorf("write document: %w", err)
	}
	return document, nil
}

// SchemasOf lists the schemas of a document: the type's own, and those of the
// extensions that it has attributes of.
func (t *ResourceType) SchemasOf(d Resource) []string {
	list := make([]string, 1, 1+len(t.Extensions))
	list[0] = t.Schema.ID
	for _, e := range t.Extensions {
		if attributes, ok := d[e.Schema.ID].(map[string]any); ok && len(attributes) > 0 {
			list = append(list, e.Schema.ID)
		}
	}
	return list
}

// UniqueValue is the key, as SortKey makes it, of the value that is unique
// within the type; false when the type or the document has none.
func (t *ResourceType) UniqueValue(d Resource) (string, bool) {
	if t.Unique == "" {
		return "", false
	}
	entry := t.lookups().find(t.Unique)
	if entry == nil {
		return "", false
	}
	value, ok := d[entry.attribute.Name].(string)
	if !ok {
		return "", false
	}
	key, err := SortKey(entry.attribute, value)
	return key, err == nil
}

// Display is what others show for the resource: its displayName, else the
// formatted or the put-together name, else the unique value as it was sent;
// empty when it has nothing of that.
func (t *ResourceType) Display(d Resource) string {
	if s, _ := d["displayName"].(string); s != "" {
		return s
	}
	if name, ok := d["name"].(map[string]any); ok {
		if s, _ := name["formatted"].(string); s != "" {
			return s
		}
		given, _ := name["givenName"].(string)
		family, _ := name["familyName"].(string)
		if s := strings.TrimSpace(given + " " + family); s != "" {
			return s
		}
	}
	if entry := t.lookups().find(t.Unique); entry != nil {
		s, _ := d[entry.attribute.Name].(string)
		return s
	}
	return ""
}

// Active is false for a user that the client says may not use the account; what
// says nothing is active.
func (t *ResourceType) Active(d Resource) bool {
	a := t.lookups().active
	if a == nil {
		return true
	}
	active, said := d[a.Name].(bool)
	return active || !said
}

// ExternalID is the client's own identifier of the resource, empty for none.
func ExternalID(d Resource) string {
	id, _ := d["externalId"].(string)
	return id
}
