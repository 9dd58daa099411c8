package scim

import (
	"maps"
	"strings"
)

// Apply applies all operations to a copy of the document and gives it with the
// steps about members, which it never loads; the old document stays as it is, also
// after an error. changed is false when the document comes out as it was; it says
// nothing of members. The steps belong to the Patch: they are not to be modified.
//
// Errors are *Error: noTarget for brackets that select nothing, mutability for
// what is required, readOnly or immutable, invalidValue for two primaries or too
// many values, and tooMany for a request that compares beyond all measure.
//
// Where the standard leaves a choice, this is it:
//
//   - brackets that are just type eq "work", with a canonical value, make the
//     value when there is none to add to or replace, as Microsoft Entra ID expects,
//     and removing it is no error; brackets otherwise need something to select,
//     also for remove (RFC 7644, section 3.12, table 9);
//   - replacing what brackets select replaces those values whole, but keeps what the
//     brackets compared by eq; adding to it merges sub-attributes;
//   - adding a value whose value and type are there already merges the two;
//   - a path to a sub-attribute of a multi-valued attribute without brackets is
//     about all its values, or makes one when there is none;
//   - a value that is left with nothing but type and primary is removed.
func (p *Patch) Apply(old Resource) (next Resource, changed bool, members []MemberChange, err error) {
	next = make(Resource, len(old)+1)
	for name, value := range old {
		next[name] = cloneValue(value)
	}
	w := patchWriter{patch: p, document: next, comparisons: maxComparisons}
	for i := range p.steps {
		w.step = &p.steps[i]
		if err := w.apply(); err != nil {
			return nil, false, nil, inOperation(w.step.operation, err)
		}
	}
	if changed = !equalObjects(old, next); changed {
		if err := p.checkWhole(old, next); err != nil {
			return nil, false, nil, err
		}
	}
	return next, changed, p.members, nil
}

// checkWhole checks what no single operation shows: an extension that is
// required and gone, and required attributes of what the operations made. A
// document that lacked something before, because the schema has changed since,
// may stay as incomplete as it was: nobody should keep an account for that.
func (p *Patch) checkWhole(old, next Resource) error {
	for _, extension := range p.resourceType.Extensions {
		if _, had := old[extension.Schema.ID]; had && extension.Required && next[extension.Schema.ID] == nil {
			return refusal(MutabilityViolated, "%s is required and cannot be removed", extension.Schema.ID)
		}
	}
	if err := p.resourceType.validate(next); err != nil && p.resourceType.validate(old) == nil {
		return err
	}
	return nil
}

// patchWriter applies steps to one document.
type patchWriter struct {
	patch    *Patch
	document Resource
	// step is the one that is being applied.
	step *patchStep
	// comparisons is how many are left.
	comparisons int
}

// apply applies the step.
func (w *patchWriter) apply() error {
	target := w.step.target
	if w.step.ownID != "" {
		if w.patch.OwnID != "" && w.step.ownID != w.patch.OwnID {
			return refusal(MutabilityViolated, "id is readOnly, and this is another resource's")
		}
		return nil
	}
	if target.whole {
		return w.removeExtension()
	}
	container := map[string]any(w.document)
	if target.urn != "" {
		extension, ok := w.document[target.urn].(map[string]any)
		if !ok {
			extension = map[string]any{}
		}
		container = extension
	}
	var err error
	if target.attribute.MultiValued {
		err = w.applyToMany(container)
	} else {
		err = w.applyToOne(container)
	}
	if err != nil || target.urn == "" {
		return err
	}
	if len(container) == 0 {
		delete(w.document, target.urn)
	} else {
		w.document[target.urn] = container
	}
	return nil
}

// removeExtension removes all attributes of an extension.
func (w *patchWriter) removeExtension() error {
	extension, _ := w.document[w.step.target.urn].(map[string]any)
	for i := range w.step.target.attribute.SubAttributes {
		attribute := &w.step.target.attribute.SubAttributes[i]
		if attribute.Mutability == Immutable && isPresent(extension[attribute.Name]) {
			return refusal(MutabilityViolated, "%s.%s is immutable", w.step.target, attribute.Name)
		}
	}
	delete(w.document, w.step.target.urn)
	return nil
}

// applyToOne applies the step to an attribute with one value.
func (w *patchWriter) applyToOne(container map[string]any) error {
	attribute, sub := w.step.target.attribute, w.step.target.sub
	if attribute.Type != Complex || w.step.value == nil && sub == nil && w.step.cleared == nil {
		return w.set(container, attribute, cloneValue(w.step.value))
	}
	before, _ := container[attribute.Name].(map[string]any)
	object := maps.Clone(before)
	if object == nil {
		object = map[string]any{}
	}
	if err := w.merge(object); err != nil {
		return err
	}
	if len(object) == 0 {
		return w.set(container, attribute, nil)
	}
	return w.set(container, attribute, object)
}

// merge writes the step's value into a complex value: its sub-attribute, or
// those that the value has. The others stay.
func (w *patchWriter) merge(object map[string]any) error {
	if sub := w.step.target.sub; sub != nil {
		return w.set(object, sub, cloneValue(w.step.value))
	}
	value, _ := w.step.value.(map[string]any)
	return w.mergeObject(object, value)
}

func (w *patchWriter) mergeObject(object, value map[string]any) error {
	for i := range w.step.target.attribute.SubAttributes {
		sub := &w.step.target.attribute.SubAttributes[i]
		if inner, ok := value[sub.Name]; ok {
			if err := w.set(object, sub, cloneValue(inner)); err != nil {
				return err
			}
		}
	}
	for _, sub := range w.step.cleared {
		if err := w.set(object, sub, nil); err != nil {
			return err
		}
	}
	return nil
}

// set assigns or, with nil, unassigns an attribute or sub-attribute in the
// object that holds it, as far as its characteristics allow. The value becomes
// part of the document: what belongs to the step is copied before.
func (w *patchWriter) set(object map[string]any, definition *Attribute, value any) error {
	before, had := object[definition.Name]
	if value == nil && definition.Required {
		return refusal(MutabilityViolated, "%s is required and cannot be removed", w.named(definition))
	}
	if definition.Mutability == Immutable && isPresent(before) && !equalValues(before, value) {
		return refusal(MutabilityViolated, "%s is immutable and has a value already", w.named(definition))
	}
	switch {
	case value != nil:
		object[definition.Name] = value
	case had:
		delete(object, definition.Name)
	}
	return nil
}

// named names an attribute or a sub-attribute of the step's target.
func (w *patchWriter) named(definition *Attribute) string {
	name := w.step.target.String()
	if definition == w.step.target.definition() || strings.HasSuffix(name, "."+definition.Name) {
		return name
	}
	if definition == w.step.target.attribute {
		return AttributePath{URN: w.step.target.urn, Name: definition.Name}.String()
	}
	return name + "." + definition.Name
}
