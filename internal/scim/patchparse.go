package scim

import "strings"

const (
	// maxOperations bounds what one request can ask for. authentik sends an
	// operation a member, and Microsoft Entra ID at most a thousand; ten thousand
	// are applied in a few milliseconds.
	maxOperations = 10_000
	// maxValues is how many values of one attribute a PATCH may leave. Members
	// are not counted: they are rows.
	maxValues = 1_000
	// maxComparisons is how often a PATCH may compare a value with a filter or
	// with another value: what a few hundred values and a thousand operations
	// need, and less than half a second.
	maxComparisons = 1_000_000
	// maxMemberFilters is how many operations may select members by something
	// other than their value, each of which reads the group's members.
	maxMemberFilters = 256
)

// Patch is a parsed PatchOp request (RFC 7644, section 3.5.2). It may be
// applied several times, as when a transaction is repeated.
type Patch struct {
	// OwnID is the id of the resource that is patched. It is set before Apply:
	// Okta repeats the id in the value of an operation, which is right when it
	// is the same and 400 mutability when it is not.
	OwnID string

	resourceType *ResourceType
	steps        []patchStep
	members      []MemberChange
}

// patchVerb is what an operation does.
type patchVerb string

const (
	addVerb     patchVerb = "add"
	replaceVerb patchVerb = "replace"
	removeVerb  patchVerb = "remove"
)

// patchStep is an operation, or the part of an operation without path that is
// about one attribute, checked as far as it can be without the resource.
type patchStep struct {
	// operation counts from 1.
	operation int
	verb      patchVerb
	target    patchTarget
	// value is as Attribute.coerce gives it; nil to unassign.
	value any
	// cleared are the sub-attributes that a complex value unassigns.
	cleared []*Attribute
	// ownID is the id that the client says the resource has.
	ownID string
}

// patchReader compiles the operations of a request.
type patchReader struct {
	patch *Patch
	// operation and verb are those of the operation that is being read.
	operation int
	verb      patchVerb
	// path and target are those of the operation before: many operations in a
	// row have the same.
	path   string
	target patchTarget
	// memberFilters counts towards maxMemberFilters.
	memberFilters int
}

// ParsePatch reads a PatchOp body. Names of keys, operations and attributes are
// understood in any case, and what clients are known to send is tolerated: see
// patchquirks.go. Refused, as *Error with 400, are what is no PatchOp request and
// unknown operations (invalidSyntax), paths that do not exist (invalidPath),
// filters in them (invalidFilter), values that do not fit (invalidValue),
// attributes that are readOnly (mutability) and a remove without a path (noTarget);
// with 413, more than 10,000 operations.
//
// In an operation without a path, id, meta, groups and schemas are ignored (but
// see [Patch.OwnID]), and so are attributes that the type does not have, as in a
// POST. A password is checked and dropped.
func (t *ResourceType) ParsePatch(body []byte) (*Patch, error) {
	request, err := decodeObject(body)
	if err != nil {
		return nil, err
	}
	operations, ok := member(request, "operations").([]any)
	if !ok || len(operations) == 0 {
		return nil, refusal(InvalidSyntax, "a PATCH needs Operations: an array of at least one operation")
	}
	if len(operations) > maxOperations {
		return nil, &Error{Status: 413, Detail: "a PATCH can have at most 10,000 operations: send several"}
	}
	reader := patchReader{patch: &Patch{resourceType: t}}
	for i, operation := range operations {
		object, ok := operation.(map[string]any)
		reader.operation = i + 1
		if !ok {
			return nil, reader.in(refusal(InvalidSyntax, "an operation is an object with op, path and value"))
		}
		if err := reader.read(object); err != nil {
			return nil, reader.in(err)
		}
	}
	reader.patch.members = distinctMembers(reader.patch.members)
	return reader.patch, nil
}

// member finds a key in any case.
func member(object map[string]any, folded string) any {
	if value, ok := object[folded]; ok {
		return value
	}
	for name, value := range object {
		if foldName(name) == folded {
			return value
		}
	}
	return nil
}

// in says in which operation a refusal is.
func (r *patchReader) in(err error) error { return inOperation(r.operation, err) }

func inOperation(number int, err error) error {
	refused, ok := err.(*Error)
	if !ok {
		return err
	}
	in := refusal(refused.ScimType, "operation %d: %s", number, refused.Detail)
	in.Status = refused.Status
	return in
}

// read compiles an operation.
func (r *patchReader) read(operation map[string]any) error {
	var path string
	var value any
	hasValue := false
	r.verb = ""
	for name, v := range operation {
		switch foldName(name) {
		case "op":
			op, _ := v.(string)
			r.verb = patchVerb(foldName(op))
		case "path":
			text, ok := v.(string)
			if !ok && v != nil {
				return refusal(InvalidPath, "path is %s where a string is due", jsonType(v))
			}
			path = strings.TrimSpace(text)
		case "value":
			value, hasValue = v, true
		}
	}
	switch r.verb {
	case addVerb, replaceVerb:
		if !hasValue {
			return refusal(InvalidValue, "%s needs a value", r.verb)
		}
	case removeVerb:
		if path == "" {
			return refusal(NoTarget, "remove needs a path")
		}
	default:
		return refusal(InvalidSyntax, `op must be "add", "replace" or "remove"`)
	}
	if path == "" {
		return r.readWithoutPath(value)
	}
	if path != r.path {
		target, err := r.patch.resourceType.patchTarget(path)
		if err != nil {
			return err
		}
		r.path, r.target = path, target
	}
	return r.compile(r.target, value)
}

// compile makes the steps of one target.
func (r *patchReader) compile(target patchTarget, value any) error {
	t := r.patch.resourceType
	if target.whole {
		if objects, ok := objectsOf(value); ok && r.verb != removeVerb {
			for _, object := range objects {
				if err := r.readObject(target.urn, object); err != nil {
					return err
				}
			}
			return nil
		}
		if r.verb == removeVerb || value == nil && r.verb == replaceVerb {
			r.patch.steps = append(r.patch.steps, patchStep{operation: r.operation, verb: removeVerb, target: target})
			return nil
		}
		return refusal(InvalidValue, "%s takes an object with its attributes", target)
	}
	if t.Members && target.urn == "" && target.attribute.Name == "members" {
		return r.compileMembers(target, value)
	}
	step := patchStep{operation: r.operation, verb: r.verb, target: target}
	if target.attribute.Name == "id" && target.sub == nil {
		if id, ok := value.(string); ok && id != "" && r.verb != removeVerb {
			step.ownID = id
			r.patch.steps = append(r.patch.steps, step)
			return nil
		}
	}
	if target.attribute.Name == "schemas" && target.urn == "" && r.verb != removeVerb {
		return nil // They follow from the attributes that the resource has.
	}
	if target.attribute.Mutability == ReadOnly || target.definition().Mutability == ReadOnly {
		return refusal(MutabilityViolated, "%s is readOnly", target)
	}
	if target.attribute.Mutability == WriteOnly || target.definition().Mutability == WriteOnly {
		return step.drop(value)
	}
	if err := step.take(value); err != nil {
		return err
	}
	if step.verb == addVerb && step.value == nil && step.cleared == nil {
		return nil // Nothing is to be added.
	}
	r.patch.steps = append(r.patch.steps, step)
	return nil
}
