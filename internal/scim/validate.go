package scim

import "strings"

// validate checks a whole document against what no single value shows: required
// attributes and sub-attributes, required extensions, and that at most one
// value of an attribute is primary. The error is an *Error invalidValue.
func (t *ResourceType) validate(d Resource) error {
	for _, s := range t.lookups().ordered {
		attributes := map[string]any(d)
		if s.extension {
			attributes, _ = d[s.schema.ID].(map[string]any)
			if attributes == nil {
				if s.required {
					return refusal(InvalidValue, "the extension %q is required", s.schema.ID)
				}
				continue
			}
		}
		for _, entry := range s.ordered {
			if t.Members && entry.attribute.Name == "members" {
				continue // kept apart from the document
			}
			if err := entry.attribute.validate(attributes[entry.attribute.Name]); err != nil {
				return err
			}
		}
	}
	return nil
}

// validate checks the value of one attribute, nil for none.
func (a *Attribute) validate(v any) error {
	switch value := v.(type) {
	case nil:
		if a.Required {
			return refusal(InvalidValue, "attribute %q is required", a.Name)
		}
	case string:
		if a.Required && strings.TrimSpace(value) == "" {
			return refusal(InvalidValue, "attribute %q is required and must not be empty", a.Name)
		}
	case map[string]any:
		for i := range a.SubAttributes {
			if err := a.SubAttributes[i].validate(value[a.SubAttributes[i].Name]); err != nil {
				return within(a.Name, err)
			}
		}
	case []any:
		primaries := 0
		for _, element := range value {
			if object, ok := element.(map[string]any); ok && object["primary"] == true {
				primaries++
			}
			if err := a.validate(element); err != nil {
				return err
			}
		}
		if primaries > 1 {
			return refusal(InvalidValue, "attribute %q has %d primary values; one is allowed (RFC 7643, section 2.4)", a.Name, primaries)
		}
	}
	return nil
}
