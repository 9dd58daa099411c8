package scim

// Value is a simple value of a resource as filters and sorting find it.
type Value struct {
	// Path is the attribute in lower case: name.familyname, emails.value,
	// urn:…:user:department. A core attribute has no URN.
	Path string
	// Element is which value of a multi-valued attribute it belongs to, from 0.
	Element int
	// Key is what SortKey makes of the value.
	Key string
	// Unique is whether no other resource of the type may have it.
	Unique bool
}

// Values lists a document's simple values in the order of the schemas. It
// leaves out externalId and the type's unique attribute, which are kept apart,
// binary values, and what is never returned.
func (t *ResourceType) Values(d Resource) []Value {
	values := make([]Value, 0, 2*len(d)+4)
	for _, s := range t.lookups().ordered {
		attributes := map[string]any(d)
		if s.extension {
			attributes, _ = d[s.schema.ID].(map[string]any)
		}
		if len(attributes) == 0 {
			continue
		}
		for _, entry := range s.ordered {
			v, has := attributes[entry.attribute.Name]
			if !has || !s.extension && entry.attribute.Name == t.Unique {
				continue
			}
			values = entry.appendValues(values, v)
		}
	}
	return values
}

func (e *attributeEntry) appendValues(values []Value, v any) []Value {
	if e.attribute.Type != Complex {
		return appendSimple(values, e.attribute, e.valuePath, 0, v)
	}
	if e.attribute.Returned == ReturnedNever {
		return values
	}
	list, isList := v.([]any)
	if !isList {
		return e.appendSubs(values, 0, v)
	}
	for i, element := range list {
		values = e.appendSubs(values, i, element)
	}
	return values
}

func (e *attributeEntry) appendSubs(values []Value, element int, v any) []Value {
	object, ok := v.(map[string]any)
	if !ok {
		return values
	}
	for _, sub := range e.subs {
		if v, has := object[sub.attribute.Name]; has {
			values = appendSimple(values, sub.attribute, sub.valuePath, element, v)
		}
	}
	return values
}

// appendSimple appends a simple value, or each of several. A stored value that
// no longer fits, because the configuration changed the attribute's type,
// cannot be found by a filter until it is written again.
func appendSimple(values []Value, a *Attribute, path string, element int, v any) []Value {
	if a.Type == Binary || a.Returned == ReturnedNever || a.Mutability == WriteOnly {
		return values
	}
	if list, ok := v.([]any); ok {
		for i, one := range list {
			values = appendSimple(values, a, path, element+i, one)
		}
		return values
	}
	key, err := SortKey(a, v)
	if err != nil {
		return values
	}
	unique := a.Uniqueness == UniqueServer || a.Uniqueness == UniqueGlobal
	return append(values, Value{Path: path, Element: element, Key: key, Unique: unique})
}
