package scim

import (
	"encoding/json"
	"slices"
)

// CheckFilter checks a filter against the type's schemas and gives it with
// canonical paths, the URN of the core schema left out, and with values of the
// attributes' types: booleans for boolean attributes even if they came as
// strings, text for a number that a string attribute is compared with.
//
// An unknown attribute, an operator that does not fit the type (gt on a
// boolean), a complex attribute without a sub-attribute, a value that does not
// fit and an attribute that is never returned are an *Error with invalidFilter.
// A multi-valued complex attribute with a sub-attribute "value" may be compared
// as it is: emails co "x" means emails.value co "x". A filter over passwords is
// refused with 403 sensitive. Binary attributes can only be asked for by a PATCH,
// as their values are not indexed.
func (t *ResourceType) CheckFilter(f Filter) (Filter, error) {
	switch f := f.(type) {
	case *And:
		left, right, err := checkBoth(f.Left, f.Right, t.CheckFilter)
		return &And{left, right}, err
	case *Or:
		left, right, err := checkBoth(f.Left, f.Right, t.CheckFilter)
		return &Or{left, right}, err
	case *Not:
		inner, err := t.CheckFilter(f.Filter)
		return &Not{inner}, err
	case *Present:
		found, err := t.filterable(f.Path)
		if err != nil {
			return nil, err
		}
		if isBinary(found.Definition()) {
			return nil, unindexed(found.Path)
		}
		return &Present{found.Path}, nil
	case *Compare:
		found, err := t.filterable(f.Path)
		if err != nil {
			return nil, err
		}
		return checkFound(found, f)
	case *ValueFilter:
		return t.checkValueFilter(f)
	}
	return nil, refusal(InvalidFilter, "there is no filter")
}

// checkBoth checks two sides.
func checkBoth(left, right Filter, check func(Filter) (Filter, error)) (l, r Filter, err error) {
	if l, err = check(left); err != nil {
		return nil, nil, err
	}
	r, err = check(right)
	return l, r, err
}

// checkFound checks a comparison of an attribute of the resource.
func checkFound(found Found, f *Compare) (Filter, error) {
	path, definition := found.Path, found.Definition()
	if definition.Type == Complex {
		definition = definition.sub("value")
		if definition == nil || !found.Attribute.MultiValued {
			return nil, refusal(InvalidFilter, "%s is complex: compare one of its sub-attributes, such as %s.%s", path, path, anySub(found.Attribute))
		}
		path.Sub = definition.Name
	}
	if definition.Type == Binary {
		return nil, unindexed(path)
	}
	return checkCompare(&Compare{Path: path, Operator: f.Operator, Value: f.Value}, definition)
}

// checkValueFilter checks attribute[…]. One over the values of a simple
// attribute, schemas[value eq "x"], becomes a comparison of the attribute.
func (t *ResourceType) checkValueFilter(f *ValueFilter) (Filter, error) {
	found, err := t.filterable(f.Path)
	if err != nil {
		return nil, err
	}
	if found.Sub != nil {
		return nil, refusal(InvalidFilter, `"[" can follow an attribute, but no sub-attribute`)
	}
	inner, err := checkElement(found.Attribute, f.Filter, false)
	if err != nil {
		return nil, err
	}
	if found.Attribute.Type == Complex {
		return &ValueFilter{Path: found.Path, Filter: inner}, nil
	}
	switch inner := inner.(type) {
	case *Compare:
		inner.Path = found.Path
		return inner, nil
	case *Present:
		inner.Path = found.Path
		return inner, nil
	}
	return nil, refusal(InvalidFilter, "%s has simple values: between its brackets there may be one comparison", found.Path)
}

// checkElement checks a filter over the sub-attributes of one value of an
// attribute; a simple value is called "value". Binaries may be compared in the
// path of a PATCH.
func checkElement(of *Attribute, f Filter, binaries bool) (Filter, error) {
	check := func(f Filter) (Filter, error) { return checkElement(of, f, binaries) }
	switch f := f.(type) {
	case *And:
		left, right, err := checkBoth(f.Left, f.Right, check)
		return &And{left, right}, err
	case *Or:
		left, right, err := checkBoth(f.Left, f.Right, check)
		return &Or{left, right}, err
	case *Not:
		inner, err := check(f.Filter)
		return &Not{inner}, err
	case *Present:
		path, _, err := elementAttribute(of, f.Path, binaries)
		if err != nil {
			return nil, err
		}
		return &Present{path}, nil
	case *Compare:
		path, definition, err := elementAttribute(of, f.Path, binaries)
		if err != nil {
			return nil, err
		}
		return checkCompare(&Compare{Path: path, Operator: f.Operator, Value: f.Value}, definition)
	}
	return nil, refusal(InvalidFilter, `%s: "[" cannot stand within "[…]"`, of.Name)
}

// elementAttribute finds a sub-attribute that is named within brackets.
func elementAttribute(of *Attribute, path AttributePath, binaries bool) (AttributePath, *Attribute, error) {
	if path.URN != "" || path.Sub != "" {
		return path, nil, refusal(InvalidFilter, "within the brackets of %s there may only be the names of its sub-attributes", of.Name)
	}
	definition := of.elementSub(path.Name)
	if definition == nil {
		return path, nil, refusal(InvalidFilter, "%s has no sub-attribute %q", of.Name, path.Name)
	}
	path.Name = definition.Name
	if of.Type != Complex {
		path.Name = "value"
	}
	if definition.Returned == ReturnedNever {
		return path, nil, refusal(InvalidFilter, "%s.%s is never returned and cannot be filtered by", of.Name, path.Name)
	}
	if definition.Type == Binary && !binaries {
		return path, nil, unindexed(path)
	}
	return path, definition, nil
}

// elementSub finds what a name within brackets means: a sub-attribute, or the
// simple value itself.
func (a *Attribute) elementSub(name string) *Attribute {
	if a.Type == Complex {
		return a.sub(name)
	}
	if foldName(name) == "value" {
		return a
	}
	return nil
}

// filterable finds an attribute and refuses those that a filter may not name.
func (t *ResourceType) filterable(path AttributePath) (Found, error) {
	found, err := t.Lookup(path)
	if err != nil || found.Path.Name == "" {
		return Found{}, refusal(InvalidFilter, "%s has no attribute %s", t.Name, path)
	}
	if found.Definition().Returned != ReturnedNever && found.Attribute.Returned != ReturnedNever {
		return found, nil
	}
	if found.Attribute.Name == "password" {
		return Found{}, &Error{Status: 403, ScimType: Sensitive, Detail: "passwords cannot be filtered by"}
	}
	return Found{}, refusal(InvalidFilter, "%s is never returned and cannot be filtered by", found.Path)
}

// checkCompare checks that operator and value fit the attribute.
func checkCompare(f *Compare, definition *Attribute) (Filter, error) {
	if f.Value == nil {
		if f.Operator != Eq && f.Operator != Ne {
			return nil, refusal(InvalidFilter, "%s can be compared with null by eq and ne only", f.Path)
		}
		return f, nil
	}
	if !slices.Contains(operatorsOf(definition.Type), f.Operator) {
		return nil, refusal(InvalidFilter, "%s is of type %s: the operator %s does not fit", f.Path, definition.Type, f.Operator)
	}
	switch definition.Type {
	case Boolean:
		value, err := definition.coerceBoolean(f.Value)
		if err != nil {
			return nil, unfitting(f.Path, "true or false")
		}
		f.Value = value
		return f, nil
	case Integer, Decimal:
		if _, err := SortKey(definition, f.Value); err != nil {
			return nil, unfitting(f.Path, "a number")
		}
		return f, nil
	case DateTime:
		if _, err := SortKey(definition, f.Value); err != nil {
			return nil, unfitting(f.Path, "a date and time such as 2026-01-31T09:00:00Z")
		}
		return f, nil
	}
	switch value := f.Value.(type) {
	case string:
		return f, nil
	case json.Number:
		f.Value = value.String()
		return f, nil
	}
	return nil, unfitting(f.Path, "a string")
}

// operatorsOf is what a type can be compared by. Parts of a text are only asked
// for in texts; booleans and binaries have no order (RFC 7644, table 3).
func operatorsOf(t Type) []Operator {
	switch t {
	case Boolean, Binary:
		return []Operator{Eq, Ne}
	case Integer, Decimal, DateTime:
		return []Operator{Eq, Ne, Gt, Ge, Lt, Le}
	}
	return operators[:]
}

// anySub names a sub-attribute for a message.
func anySub(a *Attribute) string {
	if len(a.SubAttributes) == 0 {
		return "value"
	}
	return a.SubAttributes[0].Name
}

func unfitting(path AttributePath, want string) *Error {
	return refusal(InvalidFilter, "%s is compared with %s", path, want)
}

// isBinary is whether nothing but binaries says that the attribute is there.
func isBinary(a *Attribute) bool {
	if a.Type != Complex {
		return a.Type == Binary
	}
	value := a.sub("value")
	return value != nil && value.Type == Binary
}

func unindexed(path AttributePath) *Error {
	return refusal(InvalidFilter, "%s is binary and cannot be filtered by", path)
}
