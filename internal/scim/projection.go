package scim

import "strings"

// Projection is which attributes a client wants to see (RFC 7644, section 3.9).
// A nil one stands for no wish.
type Projection struct {
	// only is whether chosen is all that is wanted, besides what is always
	// returned; else chosen is what is not wanted.
	only bool
	// chosen is nil when nothing was asked for.
	chosen *selection
	plain  bool
}

// selection is a part of a resource: everything below a node, or some names of it.
type selection struct {
	whole bool
	names map[string]*selection
}

// ParseProjection reads the parameters attributes and excludedAttributes, each a
// list of attribute paths that may have commas in them too. Names that the type
// does not have are ignored. Both at once are an *Error invalidValue: section
// 3.9 says that they exclude each other.
func (t *ResourceType) ParseProjection(attributes, excluded []string) (*Projection, error) {
	p := &Projection{plain: t.lookups().plain}
	wanted, unwanted := splitNames(attributes), splitNames(excluded)
	if len(wanted) > 0 && len(unwanted) > 0 {
		return nil, refusal(InvalidValue, "attributes and excludedAttributes exclude each other: give one of them")
	}
	names := unwanted
	if len(wanted) > 0 {
		p.only, names = true, wanted
	}
	if len(names) == 0 {
		return p, nil
	}
	p.chosen = &selection{}
	for _, name := range names {
		if f, ok := t.lookupText(name); ok {
			p.chosen.add(f.Path)
		}
	}
	return p, nil
}

// splitNames takes lists with commas apart.
func splitNames(lists []string) []string {
	var names []string
	for _, list := range lists {
		for name := range strings.SplitSeq(list, ",") {
			if name = strings.TrimSpace(name); name != "" {
				names = append(names, name)
			}
		}
	}
	return names
}

// lookupText finds an attribute by its path as text. The URN of an extension may
// end in a version, such as …:2.0, and is then no attribute path by its grammar.
func (t *ResourceType) lookupText(text string) (Found, bool) {
	if t.lookups().schemas[foldName(text)] != nil {
		f, err := t.Lookup(AttributePath{URN: text})
		return f, err == nil
	}
	p, err := ParseAttributePath(text)
	if err != nil {
		return Found{}, false
	}
	f, err := t.Lookup(p)
	return f, err == nil
}

func (s *selection) add(p AttributePath) {
	node := s
	for _, name := range []string{p.URN, p.Name, p.Sub} {
		if name == "" {
			continue
		}
		if node.names == nil {
			node.names = map[string]*selection{}
		}
		if node.names[name] == nil {
			node.names[name] = &selection{}
		}
		node = node.names[name]
	}
	node.whole = true
}

// under is the part of a selection below a name; nil for nothing.
func (s *selection) under(name string) *selection {
	if s == nil {
		return nil
	}
	if s.whole {
		return s
	}
	return s.names[name]
}

// All is whether the stored document may be shown as it is: nothing was asked
// for, and nothing in the type's documents is returned on request only or never.
func (p *Projection) All() bool {
	return p == nil || p.chosen == nil && p.plain
}

// Wants is whether a core attribute with the default of being returned, such as
// members or groups, is to be shown, if only in part. When it is not, it need
// not be read.
func (p *Projection) Wants(attribute string) bool {
	if p == nil || p.chosen == nil {
		return true
	}
	chosen := p.chosen.under(attribute)
	if p.only {
		return chosen != nil
	}
	return chosen == nil || !chosen.whole
}

// Apply makes of a whole resource, with schemas, id, meta and whatever else it
// has, what is shown of it. Neither the resource nor its values are changed, and
// the result may share values with it.
func (p *Projection) Apply(t *ResourceType, full map[string]any) map[string]any {
	if p.All() {
		return full
	}
	x := t.lookups()
	shown := make(map[string]any, len(full))
	for name, v := range full {
		chosen := p.chosen.under(name)
		if entry := x.find(name); entry != nil {
			if v, ok := p.show(entry.attribute, v, chosen); ok {
				shown[name] = v
			}
			continue
		}
		s := x.schemas[foldName(name)]
		if s == nil {
			continue // an extension that the configuration has no longer
		}
		if object, ok := v.(map[string]any); ok {
			if object = p.showAll(s.schema.Attributes, object, chosen); len(object) > 0 {
				shown[name] = object
			}
		}
	}
	return shown
}

// show is what is shown of an attribute's value.
func (p *Projection) show(a *Attribute, v any, chosen *selection) (any, bool) {
	switch {
	case a.Returned == ReturnedNever:
		return nil, false
	case a.Returned == ReturnedAlways:
	case p.only && chosen == nil:
		// An attribute with a part that is always returned is shown for the sake
		// of that part only when it is asked for itself.
		return nil, false
	case !p.only && (a.Returned == ReturnedRequest || chosen != nil && chosen.whole):
		return nil, false
	}
	if a.Type != Complex {
		return v, true
	}
	if list, ok := v.([]any); ok {
		shown := make([]any, 0, len(list))
		for _, element := range list {
			if object, ok := element.(map[string]any); ok {
				if object = p.showAll(a.SubAttributes, object, chosen); len(object) > 0 {
					shown = append(shown, object)
				}
			}
		}
		return shown, len(shown) > 0 || len(list) == 0
	}
	object, ok := v.(map[string]any)
	if !ok {
		return v, true
	}
	object = p.showAll(a.SubAttributes, object, chosen)
	return object, len(object) > 0
}

// showAll is what is shown of the attributes in an object.
func (p *Projection) showAll(attributes []Attribute, object map[string]any, chosen *selection) map[string]any {
	shown := make(map[string]any, len(object))
	for name, v := range object {
		a := findAttribute(attributes, name)
		if a == nil {
			continue
		}
		// What was asked for as a whole does not bring along what is returned only
		// when it is named itself.
		if p.only && a.Returned == ReturnedRequest && chosen != nil && chosen.whole {
			continue
		}
		if v, ok := p.show(a, v, chosen.under(name)); ok {
			shown[name] = v
		}
	}
	return shown
}
