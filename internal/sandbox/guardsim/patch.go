package guardsim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

const schemaPatch = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

type operation struct {
	Op    string          `json:"op"`
	Path  string          `json:"path"`
	Value json.RawMessage `json:"value"`
}

// readPatch reads a PatchOp (RFC 7644 section 3.5.2).
func readPatch(r *http.Request) ([]operation, *refusal) {
	var body struct {
		Schemas    []string    `json:"schemas"`
		Operations []operation `json:"Operations"`
	}
	if err := standin.Decode(r, &body, true, mediaSCIM, "application/json"); err != nil {
		return nil, refuse(http.StatusBadRequest, "invalidSyntax", "%s", err)
	}
	if !slices.Contains(body.Schemas, schemaPatch) || len(body.Operations) == 0 {
		return nil, refuse(http.StatusBadRequest, "invalidSyntax", "a patch has the schema %s and operations", schemaPatch)
	}
	for i, op := range body.Operations {
		body.Operations[i].Op = strings.ToLower(op.Op)
		switch body.Operations[i].Op {
		case "add", "replace":
			if len(op.Value) == 0 {
				return nil, refuse(http.StatusBadRequest, "invalidValue", "%s needs a value", op.Op)
			}
		case "remove":
			if op.Path == "" {
				return nil, refuse(http.StatusBadRequest, "noTarget", "remove needs a path")
			}
		default:
			return nil, refuse(http.StatusBadRequest, "invalidSyntax", "there is no operation %q", op.Op)
		}
	}
	return body.Operations, nil
}

// apply does one operation on a user.
func (u *user) apply(op operation) *refusal {
	if op.Path == "" {
		var values map[string]json.RawMessage
		if json.Unmarshal(op.Value, &values) != nil {
			return refuse(http.StatusBadRequest, "invalidValue", "without a path the value is an object")
		}
		for name, value := range values {
			if wrong := u.apply(operation{Op: op.Op, Path: name, Value: value}); wrong != nil {
				return wrong
			}
		}
		return nil
	}
	for _, fixed := range []string{"id", "meta", "groups", schemaAtlassian} {
		if strings.EqualFold(op.Path, fixed) {
			return refuse(http.StatusBadRequest, "mutability", "%s is read-only", fixed)
		}
	}
	if strings.Contains(op.Path, "[") {
		return refuse(http.StatusBadRequest, "invalidPath", "a user's path has no filter: %s", op.Path)
	}
	if op.Op != "remove" {
		return u.set(op.Path, op.Value)
	}
	name, known := attributeNamed(op.Path)
	if !known {
		return refuse(http.StatusBadRequest, "invalidPath", "there is no attribute %s that can be written", op.Path)
	}
	return u.clear(name)
}
