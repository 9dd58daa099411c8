package scim

import (
	"slices"
	"strings"
)

// readWithoutPath compiles an operation whose value names its attributes.
func (r *patchReader) readWithoutPath(value any) error {
	objects, ok := objectsOf(value)
	if !ok {
		return refusal(InvalidValue, "without a path, value must be an object with the attributes to %s", r.verb)
	}
	for _, object := range objects {
		if err := r.readObject("", object); err != nil {
			return err
		}
	}
	return nil
}

// readObject compiles each attribute of an object, in the order of their names
// so that the result does not depend on chance. Each key is a path. With a URN
// the attributes are those of an extension.
func (r *patchReader) readObject(urn string, object map[string]any) error {
	names := make([]string, 0, len(object))
	for name := range object {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		path := name
		if urn != "" {
			path = urn + ":" + name
		}
		if err := r.readKey(path, object[name]); err != nil {
			return err
		}
	}
	return nil
}

// readKey compiles one attribute of a value without path.
func (r *patchReader) readKey(path string, value any) error {
	t := r.patch.resourceType
	if foldName(path) == foldName(t.Schema.ID) {
		if objects, ok := objectsOf(value); ok && len(objects) == 1 {
			return r.readObject("", objects[0])
		}
		return nil
	}
	target, err := t.patchTarget(path)
	if err != nil {
		if strings.Contains(path, "[") {
			return err
		}
		return nil // What the type does not have is ignored, as in a POST.
	}
	if target.attribute.Mutability == ReadOnly {
		switch foldName(target.attribute.Name) {
		case "id":
			if isUnassigned(value) {
				return nil
			}
			if id, ok := value.(string); ok {
				r.patch.steps = append(r.patch.steps, patchStep{operation: r.operation, verb: r.verb, target: target, ownID: id})
				return nil
			}
		case "meta", "groups", "schemas":
			return nil
		}
	}
	return r.compile(target, value)
}
