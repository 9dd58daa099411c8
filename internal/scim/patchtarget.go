package scim

import "strings"

// patchTarget is what a path of a PATCH means in a resource type.
type patchTarget struct {
	// urn is the extension, as its key in a document; empty for the type's own.
	urn string
	// whole is set when the path is an extension's URN alone.
	whole     bool
	attribute *Attribute
	// sub is nil without a sub-attribute, be it after a name or after brackets.
	sub *Attribute
	// filter selects values; nil for all. It is checked against the attribute.
	filter Filter
	// terms is how many comparisons the filter has.
	terms int
}

// definition is what a value must fit.
func (p patchTarget) definition() *Attribute {
	if p.sub != nil {
		return p.sub
	}
	return p.attribute
}

// String names the target for messages: without its filter, which may hold
// personal data.
func (p patchTarget) String() string {
	if p.whole {
		return p.urn
	}
	path := AttributePath{URN: p.urn, Name: p.attribute.Name}.String()
	if p.filter != nil {
		path += "[…]"
	}
	if p.sub != nil {
		path += "." + p.sub.Name
	}
	return path
}

// patchTarget finds what a path means. It looks for the type's schemas at the
// beginning of the path first, because a URN may end in what the grammar cannot
// tell from an attribute (urn:example:hr:2.0), and clients write a "." after it.
func (t *ResourceType) patchTarget(text string) (patchTarget, error) {
	path, err := t.splitPath(text)
	if err != nil {
		return patchTarget{}, err
	}
	found, err := t.Lookup(path.Attribute)
	if err != nil {
		return patchTarget{}, err
	}
	target := patchTarget{urn: found.Path.URN, attribute: found.Attribute, sub: found.Sub, whole: found.Path.Name == ""}
	if path.Filter == nil {
		return target, nil
	}
	if target.whole || !found.Attribute.MultiValued {
		return patchTarget{}, refusal(InvalidPath, "%s has one value: its path cannot have brackets", target)
	}
	if target.filter, err = checkElement(found.Attribute, path.Filter, true); err != nil {
		return patchTarget{}, err
	}
	target.terms = countTerms(target.filter)
	if path.Sub != "" {
		if target.sub = found.Attribute.sub(path.Sub); target.sub == nil {
			return patchTarget{}, refusal(InvalidPath, "%s has no sub-attribute %q", found.Path, path.Sub)
		}
	}
	return target, nil
}

// splitPath is ParsePath with the type's schemas known.
func (t *ResourceType) splitPath(text string) (Path, error) {
	urn := t.schemaPrefix(text)
	if urn == "" {
		return ParsePath(text)
	}
	rest := text[len(urn):]
	if rest == "" {
		return Path{Attribute: AttributePath{URN: urn}}, nil
	}
	path, err := ParsePath(rest[1:])
	if err != nil {
		return Path{}, err
	}
	if path.Attribute.URN != "" {
		return Path{}, refusal(InvalidPath, "after %s there may only be the name of an attribute", urn)
	}
	path.Attribute.URN = urn
	return path, nil
}

// schemaPrefix is the longest URN of the type's schemas that the path is, or
// begins with.
func (t *ResourceType) schemaPrefix(text string) string {
	longest := ""
	if !strings.Contains(text, ":") {
		return longest
	}
	for _, schema := range t.schemas() {
		urn := schema.ID
		if len(urn) <= len(longest) || len(text) < len(urn) || !strings.EqualFold(text[:len(urn)], urn) {
			continue
		}
		if len(text) == len(urn) || text[len(urn)] == ':' || text[len(urn)] == '.' {
			longest = urn
		}
	}
	return longest
}

// countTerms is how many comparisons a filter has.
func countTerms(f Filter) int {
	switch f := f.(type) {
	case *And:
		return countTerms(f.Left) + countTerms(f.Right)
	case *Or:
		return countTerms(f.Left) + countTerms(f.Right)
	case *Not:
		return countTerms(f.Filter)
	case *ValueFilter:
		return countTerms(f.Filter)
	}
	return 1
}
