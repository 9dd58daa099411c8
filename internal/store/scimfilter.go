package store

import (
	"strings"

	"github.com/rollcall-sync/rollcall/internal/scim"
)

// A filter becomes SQL in two forms. A test is a condition on one resource "r",
// which looks its values up by their key. A drive is a statement that gives the
// ids of all resources that match, from an index; the best drive of a filter
// begins the query and the tests do the rest, so that no filter reads the
// resources of a connection where an index knows better.

// sqlPart is a piece of SQL with its values.
type sqlPart struct {
	text string
	args []any
}

func part(text string, args ...any) sqlPart { return sqlPart{text, args} }

var (
	always = sqlPart{text: "1 = 1"}
	never  = sqlPart{text: "1 = 0"}
)

func (p sqlPart) and(q sqlPart) sqlPart {
	return sqlPart{text: p.text + " AND " + q.text, args: append(append([]any{}, p.args...), q.args...)}
}

func either(parts ...sqlPart) sqlPart {
	texts := make([]string, len(parts))
	var args []any
	for i, p := range parts {
		texts[i] = p.text
		args = append(args, p.args...)
	}
	if len(parts) == 0 {
		return never
	}
	return sqlPart{text: "(" + strings.Join(texts, " OR ") + ")", args: args}
}

func (p sqlPart) not() sqlPart { return sqlPart{text: "NOT (" + p.text + ")", args: p.args} }

// How many resources a drive is expected to give, from one to nearly all.
const (
	rankKey    = iota // a unique key
	rankEqual         // those with a value
	rankRange         // those with a value in a range
	rankSearch        // what a search through all values of a path finds
	rankMany          // those with a value at all, and with a boolean
)

// drive gives the ids of the resources that match.
type drive struct {
	sqlPart
	rank int
	// inline is a condition on r that an index serves, in place of a statement.
	inline bool
	// exact is whether it gives no others, so that its filter need not be tested.
	exact bool
}

// scimFilter compiles filters over one resource type.
type scimFilter struct {
	dialect      dialect
	connectionID int64
	t            *scim.ResourceType
}

// compile splits a filter into what begins the query, if anything does, and
// what remains to be tested.
func (c scimFilter) compile(f scim.Filter) (begin *drive, rest sqlPart, err error) {
	terms := conjuncts(f, nil)
	best := -1
	for i, term := range terms {
		d, ok, err := c.drive(term)
		if err != nil {
			return nil, sqlPart{}, err
		}
		if ok && (begin == nil || d.rank < begin.rank) {
			begin, best = &d, i
		}
	}
	rest = always
	for i, term := range terms {
		if i == best && begin.exact {
			continue
		}
		test, err := c.test(term)
		if err != nil {
			return nil, sqlPart{}, err
		}
		if rest.text == always.text {
			rest = test
		} else {
			rest = rest.and(test)
		}
	}
	return begin, rest, nil
}

// conjuncts takes nested ands apart.
func conjuncts(f scim.Filter, into []scim.Filter) []scim.Filter {
	if and, ok := f.(*scim.And); ok {
		return conjuncts(and.Right, conjuncts(and.Left, into))
	}
	return append(into, f)
}

// test is a condition on r.
func (c scimFilter) test(f scim.Filter) (sqlPart, error) {
	switch f := f.(type) {
	case *scim.And:
		return c.both(f.Left, f.Right, " AND ", c.test)
	case *scim.Or:
		return c.both(f.Left, f.Right, " OR ", c.test)
	case *scim.Not:
		inner, err := c.test(f.Filter)
		return inner.not(), err
	case *scim.Present:
		return c.present(f.Path), nil
	case *scim.Compare:
		return c.compare(f)
	case *scim.ValueFilter:
		return c.valueFilter(f)
	}
	return never, nil
}

func (c scimFilter) both(left, right scim.Filter, word string, test func(scim.Filter) (sqlPart, error)) (sqlPart, error) {
	l, err := test(left)
	if err != nil {
		return sqlPart{}, err
	}
	r, err := test(right)
	return part("("+l.text+word+r.text+")", append(append([]any{}, l.args...), r.args...)...), err
}

// present is the condition that an attribute has a value.
func (c scimFilter) present(path scim.AttributePath) sqlPart {
	a, ok := c.attribute(path)
	if !ok {
		return never
	}
	switch a.kind {
	case ofColumn:
		return part(a.column + " <> ''").guarded(a)
	case ofMeta, ofSchemas:
		return always
	case ofMembers, ofGroups:
		condition := always
		if a.found.Sub != nil {
			condition = part(c.memberColumn(a, a.found.Sub.Name) + " <> ''")
		}
		return c.existsMember(a, condition)
	}
	return part("EXISTS (SELECT 1 FROM scim_values v WHERE v.resource_id = r.id AND ").and2(a.paths("v")).and(part("v.value_key <> '')"))
}

// compare is the condition of one comparison.
func (c scimFilter) compare(f *scim.Compare) (sqlPart, error) {
	a, ok := c.attribute(f.Path)
	if !ok {
		return never, nil
	}
	if f.Value == nil {
		if present := c.present(f.Path); f.Operator == scim.Ne {
			return present, nil
		} else {
			return present.not(), nil
		}
	}
	if f.Operator == scim.Ne {
		equal, err := c.compare(&scim.Compare{Path: f.Path, Operator: scim.Eq, Value: f.Value})
		return equal.not(), err
	}
	switch a.kind {
	case ofMeta:
		return c.compareMeta(a, f)
	case ofSchemas:
		return c.compareSchemas(f), nil
	case ofMembers, ofGroups:
		condition, err := c.compareMember(a, a.found.Sub, f)
		if err != nil {
			return sqlPart{}, err
		}
		return c.existsMember(a, condition), nil
	}
	key, err := keyOfValue(a.found.Definition(), f.Value)
	if err != nil {
		return sqlPart{}, err
	}
	if a.kind == ofColumn {
		return c.holds(a.column, f.Operator, key).guarded(a), nil
	}
	return part("EXISTS (SELECT 1 FROM scim_values v WHERE v.resource_id = r.id AND v.path = ?", a.path).and(c.holds("v.value_key", f.Operator, key)).close(), nil
}

// valueFilter is the condition that one value of an attribute matches.
func (c scimFilter) valueFilter(f *scim.ValueFilter) (sqlPart, error) {
	a, ok := c.attribute(f.Path)
	if !ok {
		return never, nil
	}
	switch a.kind {
	case ofMembers, ofGroups:
		condition, err := c.elementTest(f.Filter, func(sub *scim.Attribute, compare *scim.Compare) (sqlPart, error) {
			if compare == nil {
				return part(c.memberColumn(a, sub.Name) + " <> ''"), nil
			}
			return c.compareMember(a, sub, compare)
		}, a.found.Attribute)
		if err != nil {
			return sqlPart{}, err
		}
		return c.existsMember(a, condition), nil
	case ofMeta, ofSchemas, ofColumn:
		return sqlPart{}, cannotFilter(f.Path.String() + "[…]")
	}
	condition, err := c.elementTest(f.Filter, func(sub *scim.Attribute, compare *scim.Compare) (sqlPart, error) {
		at := part("EXISTS (SELECT 1 FROM scim_values v WHERE v.resource_id = r.id AND v.path = ? AND v.element = e.element", a.sub(sub.Name))
		if compare == nil {
			return at.and(part("v.value_key <> ''")).close(), nil
		}
		key, err := keyOfValue(sub, compare.Value)
		if err != nil {
			return sqlPart{}, err
		}
		return at.and(c.holds("v.value_key", compare.Operator, key)).close(), nil
	}, a.found.Attribute)
	if err != nil {
		return sqlPart{}, err
	}
	return part("EXISTS (SELECT 1 FROM scim_values e WHERE e.resource_id = r.id AND ").and2(a.paths("e")).and(condition).close(), nil
}

// elementTest is the condition of a filter over the sub-attributes of one value.
// The function makes that of one comparison other than ne, or of presence.
func (c scimFilter) elementTest(f scim.Filter, leaf func(sub *scim.Attribute, compare *scim.Compare) (sqlPart, error), of *scim.Attribute) (sqlPart, error) {
	again := func(f scim.Filter) (sqlPart, error) { return c.elementTest(f, leaf, of) }
	switch f := f.(type) {
	case *scim.And:
		return c.both(f.Left, f.Right, " AND ", again)
	case *scim.Or:
		return c.both(f.Left, f.Right, " OR ", again)
	case *scim.Not:
		inner, err := again(f.Filter)
		return inner.not(), err
	case *scim.Present:
		if sub := subAttribute(of, f.Path.Name); sub != nil {
			return leaf(sub, nil)
		}
	case *scim.Compare:
		sub := subAttribute(of, f.Path.Name)
		if sub == nil {
			return never, nil
		}
		switch {
		case f.Value == nil:
			present, err := leaf(sub, nil)
			if f.Operator == scim.Ne {
				return present, err
			}
			return present.not(), err
		case f.Operator == scim.Ne:
			equal, err := leaf(sub, &scim.Compare{Path: f.Path, Operator: scim.Eq, Value: f.Value})
			return equal.not(), err
		}
		return leaf(sub, f)
	}
	return never, nil
}

func subAttribute(of *scim.Attribute, name string) *scim.Attribute {
	for i := range of.SubAttributes {
		if strings.EqualFold(of.SubAttributes[i].Name, name) {
			return &of.SubAttributes[i]
		}
	}
	return nil
}

// and2 joins without a word between, for a text that ends in one.
func (p sqlPart) and2(q sqlPart) sqlPart {
	return sqlPart{text: p.text + q.text, args: append(append([]any{}, p.args...), q.args...)}
}

func (p sqlPart) close() sqlPart { return sqlPart{text: p.text + ")", args: p.args} }

// guarded keeps what a column says of a resource without the attribute from
// being unknown rather than false, and lets a partial index serve.
func (p sqlPart) guarded(a attributeSQL) sqlPart {
	return sqlPart{text: "(" + a.guard + p.text + ")", args: p.args}
}

func cannotFilter(what string) error {
	return &scim.Error{Status: 400, ScimType: scim.InvalidFilter, Detail: what + " cannot be filtered by in this way"}
}
