package scim

import (
	"cmp"
	"strings"
)

// Matches evaluates a filter that [ResourceType.CheckFilter] has passed on one
// document. The attributes that a [Resource] does not have (id, meta, members,
// groups) are seen when the caller has put them in under their names; schemas
// come from the document's attributes.
//
// A comparison holds when any value of the attribute matches; ne holds when
// none equals, and so where there is no value. With null, eq means "not present"
// and ne "present". All other comparisons with a missing value are false. Strings
// compare by [Fold] unless the attribute is case exact. Within brackets all
// this is said of one value of the attribute.
func Matches(f Filter, d Resource, t *ResourceType) bool {
	switch f := f.(type) {
	case *And:
		return Matches(f.Left, d, t) && Matches(f.Right, d, t)
	case *Or:
		return Matches(f.Left, d, t) || Matches(f.Right, d, t)
	case *Not:
		return !Matches(f.Filter, d, t)
	case *Present:
		values, _ := t.valuesAt(d, f.Path)
		return isPresent(values)
	case *Compare:
		values, definition := t.valuesAt(d, f.Path)
		return definition != nil && holds(f, definition, values)
	case *ValueFilter:
		found, err := t.Lookup(f.Path)
		if err != nil {
			return false
		}
		for _, element := range t.elementsAt(d, found) {
			if elementMatches(f.Filter, element, found.Attribute) {
				return true
			}
		}
	}
	return false
}

// MatchesMember evaluates the filter of a [MemberChange] on one member with
// its sub-attributes value, type, display and $ref. Ids and references compare
// exactly, the others whatever their case.
func MatchesMember(f Filter, member map[string]any) bool {
	attribute := Attribute{Name: "members", Type: Complex, MultiValued: true, SubAttributes: []Attribute{
		{Name: "value", Type: String, CaseExact: true},
		{Name: "$ref", Type: Reference, CaseExact: true},
		{Name: "type", Type: String},
		{Name: "display", Type: String},
	}}
	return elementMatches(f, member, &attribute)
}

// elementMatches evaluates a filter over the sub-attributes of one value.
func elementMatches(f Filter, element any, of *Attribute) bool {
	switch f := f.(type) {
	case *And:
		return elementMatches(f.Left, element, of) && elementMatches(f.Right, element, of)
	case *Or:
		return elementMatches(f.Left, element, of) || elementMatches(f.Right, element, of)
	case *Not:
		return !elementMatches(f.Filter, element, of)
	case *Present:
		value, _ := elementValue(element, f.Path.Name, of)
		return isPresent(value)
	case *Compare:
		value, definition := elementValue(element, f.Path.Name, of)
		return definition != nil && holds(f, definition, valueList(value))
	}
	return false
}

// elementValue is a sub-attribute of a value, or a simple value itself.
func elementValue(element any, name string, of *Attribute) (any, *Attribute) {
	definition := of.elementSub(name)
	if definition == nil {
		return nil, nil
	}
	if of.Type != Complex {
		return element, definition
	}
	object, ok := element.(map[string]any)
	if !ok {
		return nil, definition
	}
	return object[definition.Name], definition
}

// valuesAt are the values that a path leads to, with their definition; nil for
// a path that the type does not know.
func (t *ResourceType) valuesAt(d Resource, path AttributePath) ([]any, *Attribute) {
	found, err := t.Lookup(path)
	if err != nil {
		return nil, nil
	}
	elements := t.elementsAt(d, found)
	if found.Sub == nil {
		return elements, found.Attribute
	}
	values := make([]any, 0, len(elements))
	for _, element := range elements {
		if object, ok := element.(map[string]any); ok {
			values = append(values, valueList(object[found.Sub.Name])...)
		}
	}
	return values, found.Sub
}

// elementsAt are the values of the attribute without its sub-attribute.
func (t *ResourceType) elementsAt(d Resource, found Found) []any {
	if found.Path.URN != "" {
		extension, _ := d[found.Path.URN].(map[string]any)
		return valueList(extension[found.Attribute.Name])
	}
	value, ok := d[found.Attribute.Name]
	if !ok && found.Attribute.Name == "schemas" {
		schemas := t.SchemasOf(d)
		values := make([]any, len(schemas))
		for i, urn := range schemas {
			values[i] = urn
		}
		return values
	}
	return valueList(value)
}

// valueList makes a list of a value: of nothing, one, or many.
func valueList(value any) []any {
	switch value := value.(type) {
	case nil:
		return nil
	case []any:
		return value
	}
	return []any{value}
}

// isPresent is what "pr" asks: a value that is not null and not empty.
func isPresent(value any) bool {
	switch value := value.(type) {
	case nil:
		return false
	case string:
		return value != ""
	case []any:
		for _, element := range value {
			if isPresent(element) {
				return true
			}
		}
		return false
	case map[string]any:
		for _, sub := range value {
			if isPresent(sub) {
				return true
			}
		}
		return false
	}
	return true
}

// holds evaluates a comparison over all values of an attribute.
func holds(f *Compare, definition *Attribute, values []any) bool {
	if f.Value == nil {
		return isPresent(values) == (f.Operator == Ne)
	}
	operator := f.Operator
	if operator == Ne {
		operator = Eq
	}
	for _, value := range values {
		if compares(operator, definition, value, f.Value) {
			return f.Operator != Ne
		}
	}
	return f.Operator == Ne
}

// compares evaluates an operator other than ne on one value. Values that do
// not fit the definition do not match.
func compares(operator Operator, definition *Attribute, have, want any) bool {
	left, right, ok := comparableText(definition, have, want)
	if !ok {
		return false
	}
	switch operator {
	case Co:
		return strings.Contains(left, right)
	case Sw:
		return strings.HasPrefix(left, right)
	case Ew:
		return strings.HasSuffix(left, right)
	}
	order := cmp.Compare(left, right)
	switch operator {
	case Eq:
		return order == 0
	case Gt:
		return order > 0
	case Ge:
		return order >= 0
	case Lt:
		return order < 0
	case Le:
		return order <= 0
	}
	return false
}

// comparableText gives two values a form whose bytes compare as they do. Strings
// are whole here, where [SortKey] cuts long ones.
func comparableText(definition *Attribute, have, want any) (left, right string, ok bool) {
	left, leftIs := have.(string)
	right, rightIs := want.(string)
	switch definition.Type {
	case Boolean, Integer, Decimal, DateTime:
		var leftErr, rightErr error
		left, leftErr = SortKey(definition, have)
		right, rightErr = SortKey(definition, want)
		return left, right, leftErr == nil && rightErr == nil
	case Complex:
		return "", "", false
	}
	if !definition.CaseExact && definition.Type != Binary {
		left, right = Fold(left), Fold(right)
	}
	return left, right, leftIs && rightIs
}
