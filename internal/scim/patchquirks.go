package scim

import "strings"

// The values of operations as clients really send them, each made what the
// standard would have. What is done here is done to no other request.

// objectsOf takes the value of an operation without a path: an object, or, from
// clients that wrap every value, an array of objects.
func objectsOf(value any) ([]map[string]any, bool) {
	if object, ok := value.(map[string]any); ok {
		return []map[string]any{object}, true
	}
	list, ok := value.([]any)
	if !ok || len(list) == 0 {
		return nil, false
	}
	objects := make([]map[string]any, len(list))
	for i, element := range list {
		if objects[i], ok = element.(map[string]any); !ok {
			return nil, false
		}
	}
	return objects, true
}

// single unwraps a value that is due alone: from an array of one, and, where no
// object is due, from an object with the key "value". Microsoft Entra ID sent
// "value": [{"$ref": null, "value": "x"}] for simple attributes before its flag
// aadOptscim062020.
func single(definition *Attribute, value any) any {
	if list, ok := value.([]any); ok && len(list) == 1 {
		value = list[0]
	}
	if object, ok := value.(map[string]any); ok && definition.Type != Complex {
		if inner := member(object, "value"); inner != nil {
			return inner
		}
	}
	return value
}

// isUnassigned tells the values that unassign: null and [] by RFC 7643, section 2.5, and the empty
// string, by which Microsoft Entra ID clears an attribute.
func isUnassigned(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case string:
		return value == ""
	case []any:
		return len(value) == 0
	}
	return false
}

// withoutBlanks leaves out what unassigns from an object: keys whose value is
// null, "" or [].
func withoutBlanks(value any) any {
	object, ok := value.(map[string]any)
	if !ok {
		return value
	}
	kept := make(map[string]any, len(object))
	for name, inner := range object {
		if !isUnassigned(inner) {
			kept[name] = inner
		}
	}
	return kept
}

// take checks the value of a step against its target and keeps it in the
// attribute's form.
func (s *patchStep) take(value any) (err error) {
	attribute, definition := s.target.attribute, s.target.definition()
	many := attribute.MultiValued && s.target.sub == nil && s.target.filter == nil
	if s.verb == removeVerb {
		if many && value != nil {
			return s.takeMany(attribute, value)
		}
		return nil
	}
	if isUnassigned(value) {
		return nil
	}
	if many {
		return s.takeMany(attribute, value)
	}
	if !definition.MultiValued || s.target.filter != nil && s.target.sub == nil {
		if value = single(definition, value); isUnassigned(value) {
			return nil
		}
	}
	if definition.Type == Complex {
		return s.takeComplex(definition, value)
	}
	if s.target.sub == nil {
		s.value, err = definition.coerceOne(value)
	} else {
		s.value, err = definition.coerce(value)
	}
	return s.within(err)
}

// drop checks a value that is writeOnly, such as a password, which is kept
// nowhere.
func (s *patchStep) drop(value any) error {
	definition := s.target.definition()
	if s.verb == removeVerb {
		return nil
	}
	if !definition.MultiValued {
		value = single(definition, value)
	}
	if value == "" {
		return refusal(InvalidValue, "%s takes a string that is not empty", s.target)
	}
	_, err := definition.coerce(value)
	return s.within(err)
}

// takeMany takes the values of a multi-valued attribute. An empty list stays
// one, as a list of values to remove that is empty removes none.
func (s *patchStep) takeMany(attribute *Attribute, value any) error {
	list := valueList(value)
	cleaned := make([]any, 0, len(list))
	for _, element := range list {
		if attribute.Type != Complex {
			element = single(attribute, element)
		}
		if element = withoutBlanks(element); !isUnassigned(element) {
			cleaned = append(cleaned, element)
		}
	}
	coerced, err := attribute.coerce(cleaned)
	if err != nil {
		return s.within(err)
	}
	switch {
	case coerced != nil:
		s.value = coerced
	case s.verb == removeVerb:
		s.value = []any{}
	}
	return nil
}

// takeComplex takes one complex value. Sub-attributes that it sets to null or ""
// are unassigned; those that it does not have stay.
func (s *patchStep) takeComplex(attribute *Attribute, value any) error {
	if object, ok := value.(map[string]any); ok {
		for name, inner := range object {
			sub := attribute.sub(name)
			if sub != nil && isUnassigned(inner) && sub.Mutability != ReadOnly && s.verb == replaceVerb {
				s.cleared = append(s.cleared, sub)
			}
		}
	}
	coerced, err := attribute.coerceOne(withoutBlanks(value))
	if err != nil {
		return s.within(err)
	}
	if coerced == nil {
		// An object without anything that is known changes nothing.
		coerced = map[string]any{}
	}
	s.value = coerced
	return nil
}

// within names the target in a refusal of its value.
func (s *patchStep) within(err error) error {
	refused, ok := err.(*Error)
	if !ok || strings.Contains(refused.Detail, s.target.String()) {
		return err
	}
	return &Error{Status: refused.Status, ScimType: refused.ScimType, Detail: s.target.String() + ": " + refused.Detail}
}
