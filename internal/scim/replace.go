package scim

import (
	"maps"
	"reflect"
)

// Replace makes of the stored document and that of a PUT the one to store (RFC
// 7644, section 3.5.1): what the PUT leaves out is gone, but immutable and
// readOnly values stay. The error is an *Error mutability when an immutable
// value would change, or invalidValue when what results lacks something
// required. Neither document is changed.
func (t *ResourceType) Replace(old, new Resource) (Resource, error) {
	next := Resource(maps.Clone(map[string]any(new)))
	if next == nil {
		next = Resource{}
	}
	for _, s := range t.lookups().ordered {
		if !s.extension {
			if err := keepFixed(s.schema.Attributes, old, next); err != nil {
				return nil, err
			}
			continue
		}
		before, _ := old[s.schema.ID].(map[string]any)
		if before == nil {
			continue // everything may be set for the first time
		}
		after, _ := next[s.schema.ID].(map[string]any)
		after = cloneOrMake(after)
		if err := keepFixed(s.schema.Attributes, before, after); err != nil {
			return nil, err
		}
		if len(after) > 0 {
			next[s.schema.ID] = after
		}
	}
	if err := t.validate(next); err != nil {
		return nil, err
	}
	return next, nil
}

// keepFixed carries values that may not change from before to after, and
// refuses others in their place.
func keepFixed(attributes []Attribute, before, after map[string]any) error {
	for i := range attributes {
		a := &attributes[i]
		old, had := before[a.Name]
		if !had {
			continue
		}
		value, has := after[a.Name]
		switch {
		case a.Mutability == ReadOnly:
			after[a.Name] = old
		case a.Mutability == Immutable && !has:
			after[a.Name] = old
		case a.Mutability == Immutable && !reflect.DeepEqual(old, value):
			return refusal(MutabilityViolated, "attribute %q cannot be changed once it has a value", a.Name)
		case a.Type == Complex && !a.MultiValued && fixedWithin(a):
			if err := a.keepFixedWithin(old, value, after); err != nil {
				return err
			}
		case a.Type == Complex && fixedWithin(a) && has:
			if err := a.keepFixedValues(old, value, after); err != nil {
				return err
			}
		}
	}
	return nil
}

// keepFixedWithin does it for the sub-attributes of a complex value.
func (a *Attribute) keepFixedWithin(old, value any, after map[string]any) error {
	was, _ := old.(map[string]any)
	is, _ := value.(map[string]any)
	is = cloneOrMake(is)
	if err := keepFixed(a.SubAttributes, was, is); err != nil {
		return within(a.Name, err)
	}
	if len(is) > 0 {
		after[a.Name] = is
	}
	return nil
}

// keepFixedValues does it for the values of a multi-valued attribute: two with
// the same "value" are the same one. A value may be removed as a whole.
func (a *Attribute) keepFixedValues(old, value any, after map[string]any) error {
	was, _ := old.([]any)
	is, _ := value.([]any)
	byValue := make(map[string]map[string]any, len(was))
	for _, element := range was {
		if object, ok := element.(map[string]any); ok {
			if v, ok := object["value"].(string); ok {
				byValue[v] = object
			}
		}
	}
	list := make([]any, len(is))
	for i, element := range is {
		list[i] = element
		object, _ := element.(map[string]any)
		v, ok := object["value"].(string)
		if !ok || byValue[v] == nil {
			continue
		}
		kept := cloneOrMake(object)
		if err := keepFixed(a.SubAttributes, byValue[v], kept); err != nil {
			return within(a.Name, err)
		}
		list[i] = kept
	}
	after[a.Name] = list
	return nil
}

// fixedWithin is whether a sub-attribute may not change.
func fixedWithin(a *Attribute) bool {
	for i := range a.SubAttributes {
		if m := a.SubAttributes[i].Mutability; m == Immutable || m == ReadOnly {
			return true
		}
	}
	return false
}

func cloneOrMake(m map[string]any) map[string]any {
	if m == nil {
		return map[string]any{}
	}
	return maps.Clone(m)
}
