package scim

import "strings"

// typeIndex finds the attributes of a resource type by name without walking the
// schemas or folding their names again.
type typeIndex struct {
	// core has the type's own attributes and those of every resource, by their
	// names as spelt and folded.
	core map[string]*attributeEntry
	// schemas has the type's schemas by folded URN.
	schemas map[string]*schemaEntry
	// bare has the attributes of extensions whose name nothing else has.
	bare map[string]*attributeEntry
	// ordered are the type's own schema and its extensions, in order.
	ordered []*schemaEntry
	// active is the attribute that says whether a user may use the account; nil
	// for all but users.
	active *Attribute
	// plain is whether a stored document shows as it is: no attribute in it is
	// returned on request only, or never.
	plain bool
}

type schemaEntry struct {
	schema    *Schema
	extension bool
	required  bool
	// whole stands for all attributes of an extension.
	whole      *Attribute
	attributes map[string]*attributeEntry
	// ordered are the attributes in the order of the schema.
	ordered []*attributeEntry
}

// attributeEntry is an attribute with what is said of it in other forms.
type attributeEntry struct {
	attribute *Attribute
	schema    *schemaEntry
	// valuePath is the path of its values, in lower case.
	valuePath string
	subs      []subEntry
}

type subEntry struct {
	attribute *Attribute
	valuePath string
}

// Found is the definition of an attribute that a path names.
type Found struct {
	// Path is canonical: URN is empty but for an extension's attributes, and
	// names are spelt as in the schema.
	Path AttributePath
	// Attribute is the attribute. For a path that is just the URN of an
	// extension it is a complex attribute with the extension's attributes as its
	// sub-attributes, and Path has only a URN.
	Attribute *Attribute
	// Sub is nil for a path without a sub-attribute.
	Sub *Attribute
	// Schema is where it is defined; for id, externalId, meta and schemas, which
	// every resource has, it is the type's own.
	Schema *Schema
}

// Definition is the sub-attribute where there is one, else the attribute.
func (f Found) Definition() *Attribute {
	if f.Sub != nil {
		return f.Sub
	}
	return f.Attribute
}

// ValuePath is the Path of the Values that the attribute has.
func (f Found) ValuePath() string {
	var path strings.Builder
	path.WriteString(f.Path.URN)
	if f.Path.URN != "" && f.Path.Name != "" {
		path.WriteByte(':')
	}
	path.WriteString(f.Path.Name)
	if f.Path.Sub != "" {
		path.WriteByte('.')
		path.WriteString(f.Path.Sub)
	}
	return foldName(path.String())
}

// lookups is the type's index, made at the first use.
func (t *ResourceType) lookups() *typeIndex {
	t.once.Do(func() { t.index = newTypeIndex(t) })
	return t.index
}

func newTypeIndex(t *ResourceType) *typeIndex {
	x := &typeIndex{schemas: map[string]*schemaEntry{}, bare: map[string]*attributeEntry{}, plain: true}
	core := newSchemaEntry(t.Schema, false, true)
	x.ordered = append(x.ordered, core)
	common := newSchemaEntry(&Schema{ID: t.Schema.ID, Attributes: commonAttributes()}, false, true)
	for name, entry := range common.attributes {
		entry.schema = core
		core.attributes[name] = entry
	}
	x.core = core.attributes
	for _, e := range t.Extensions {
		x.ordered = append(x.ordered, newSchemaEntry(e.Schema, true, e.Required))
	}
	twice := map[string]bool{}
	for _, s := range x.ordered {
		x.schemas[foldName(s.schema.ID)] = s
		for _, entry := range s.ordered {
			name := foldName(entry.attribute.Name)
			x.plain = x.plain && !hidden(entry.attribute)
			if !s.extension || x.core[name] != nil || twice[name] {
				continue
			}
			if x.bare[name] != nil {
				delete(x.bare, name)
				twice[name] = true
				continue
			}
			x.bare[name] = entry
		}
	}
	if t.Schema.ID == UserSchema {
		x.active = findAttribute(t.Schema.Attributes, "active")
	}
	return x
}

func newSchemaEntry(s *Schema, extension, required bool) *schemaEntry {
	prefix := ""
	e := &schemaEntry{schema: s, extension: extension, required: required, attributes: make(map[string]*attributeEntry, len(s.Attributes))}
	if extension {
		prefix = foldName(s.ID) + ":"
		e.whole = &Attribute{Name: s.ID, Type: Complex, Description: s.Description, SubAttributes: s.Attributes}
	}
	for i := range s.Attributes {
		a := &s.Attributes[i]
		entry := &attributeEntry{attribute: a, schema: e, valuePath: prefix + foldName(a.Name)}
		for j := range a.SubAttributes {
			sub := &a.SubAttributes[j]
			entry.subs = append(entry.subs, subEntry{attribute: sub, valuePath: entry.valuePath + "." + foldName(sub.Name)})
		}
		e.attributes[a.Name] = entry
		e.attributes[foldName(a.Name)] = entry
		e.ordered = append(e.ordered, entry)
	}
	return e
}

// hidden is whether an attribute, or a part of it, is kept and yet not always shown.
func hidden(a *Attribute) bool {
	if a.Mutability != WriteOnly && (a.Returned == ReturnedNever || a.Returned == ReturnedRequest) {
		return true
	}
	for i := range a.SubAttributes {
		if hidden(&a.SubAttributes[i]) {
			return true
		}
	}
	return false
}

// find finds an attribute of the type's own schema by name.
func (x *typeIndex) find(name string) *attributeEntry {
	return findEntry(x.core, name)
}

// findEntry looks a name up in any case; most are spelt as in the schema.
func findEntry(among map[string]*attributeEntry, name string) *attributeEntry {
	if entry := among[name]; entry != nil {
		return entry
	}
	return among[foldName(name)]
}

// Lookup finds the definition of an attribute path, ignoring case (RFC 7644,
// section 3.10): the type's own attributes, those of every resource (id,
// externalId, meta, schemas), and those of extensions by URN, or by their bare
// name where nothing else has that name. A path may name an extension as a
// whole. The error is an *Error invalidPath.
func (t *ResourceType) Lookup(p AttributePath) (Found, error) {
	x := t.lookups()
	if p.URN != "" {
		return x.lookupByURN(p)
	}
	entry := x.find(p.Name)
	if entry == nil {
		entry = findEntry(x.bare, p.Name)
	}
	if entry == nil {
		return x.lookupByURN(p)
	}
	return entry.found(p)
}

// lookupByURN finds an attribute by its schema. A URN that ends the path was
// taken apart by the parser, which does not know the schemas: its last part is
// then in Name, and, where a "." followed as in urn:…:User.manager, the
// attribute is in Sub.
func (x *typeIndex) lookupByURN(p AttributePath) (Found, error) {
	if s := x.schemas[foldName(p.URN)]; s != nil && p.Name != "" {
		entry := findEntry(s.attributes, p.Name)
		if entry == nil {
			return Found{}, noAttribute(p.Name)
		}
		return entry.found(p)
	}
	urn := p.Name
	if p.URN != "" && p.Name != "" {
		urn = p.URN + ":" + p.Name
	} else if p.URN != "" {
		urn = p.URN
	}
	s := x.schemas[foldName(urn)]
	switch {
	case s == nil:
		return Found{}, noAttribute(urn)
	case p.Sub != "":
		name, sub, _ := strings.Cut(p.Sub, ".")
		return x.lookupByURN(AttributePath{URN: urn, Name: name, Sub: sub})
	case !s.extension:
		return Found{}, refusal(InvalidPath, "path names the schema %q, not an attribute of it", s.schema.ID)
	}
	return Found{Path: AttributePath{URN: s.schema.ID}, Attribute: s.whole, Schema: s.schema}, nil
}

// found makes the answer for an attribute, with the sub-attribute that the path names.
func (e *attributeEntry) found(p AttributePath) (Found, error) {
	f := Found{Path: AttributePath{Name: e.attribute.Name}, Attribute: e.attribute, Schema: e.schema.schema}
	if e.schema.extension {
		f.Path.URN = e.schema.schema.ID
	}
	if p.Sub == "" {
		return f, nil
	}
	f.Sub = e.attribute.sub(p.Sub)
	if f.Sub == nil {
		return Found{}, noAttribute(e.attribute.Name + "." + p.Sub)
	}
	f.Path.Sub = f.Sub.Name
	return f, nil
}

// noAttribute refuses a path. What a client wrote there is a name, but its
// length is not ours to vouch for.
func noAttribute(name string) *Error {
	const longest = 200
	if len(name) > longest {
		name = strings.ToValidUTF8(name[:longest], "") + "…"
	}
	return refusal(InvalidPath, "there is no attribute %q", name)
}
