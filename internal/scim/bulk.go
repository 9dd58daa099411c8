package scim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// BulkRequest is several requests in one (RFC 7644, section 3.7).
type BulkRequest struct {
	// FailOnErrors is after how many errors to stop; 0 is never.
	FailOnErrors int
	Operations   []BulkOperation
}

// BulkOperation is one of them. What is wrong with it alone, Check says.
type BulkOperation struct {
	// Method is in capitals.
	Method string
	// BulkID names what a POST makes for the other operations.
	BulkID string
	// Version is the ETag that the resource must have, empty for any.
	Version string
	// Path is /Users or /Users/id, where the id may be bulkId:….
	Path string
	// Data is the body; nil for none.
	Data json.RawMessage
}

// bulkPrefix marks a reference to what another operation makes.
const bulkPrefix = "bulkId:"

// ParseBulk reads a bulk request. The error, an *Error, is 413 for more than
// maxOperations, if that is above 0, and 400 for what is no bulk request at
// all. What is wrong with one operation is left to its Check, so that the
// others go on.
func ParseBulk(body []byte, maxOperations int) (BulkRequest, error) {
	object, err := decodeObject(body)
	if err != nil {
		return BulkRequest{}, err
	}
	var b BulkRequest
	var operations []any
	for name, v := range object {
		switch foldName(name) {
		case "failonerrors":
			if b.FailOnErrors, err = failOnErrors(v); err != nil {
				return BulkRequest{}, err
			}
		case "operations":
			list, ok := v.([]any)
			if !ok {
				return BulkRequest{}, refusal(InvalidSyntax, "Operations is %s where an array is due", jsonType(v))
			}
			operations = list
		}
	}
	if len(operations) == 0 {
		return BulkRequest{}, refusal(InvalidSyntax, "the request has no Operations")
	}
	if maxOperations > 0 && len(operations) > maxOperations {
		return BulkRequest{}, &Error{Status: 413, Detail: fmt.Sprintf("the request has %d operations; at most %d are taken at once (maxOperations)", len(operations), maxOperations)}
	}
	b.Operations = make([]BulkOperation, len(operations))
	seen := make(map[string]bool, len(operations))
	for i, v := range operations {
		o, err := bulkOperation(v)
		if err != nil {
			return BulkRequest{}, within("Operations["+strconv.Itoa(i)+"]", err)
		}
		if o.Method == "POST" && o.BulkID != "" {
			if seen[o.BulkID] {
				return BulkRequest{}, refusal(InvalidValue, "two operations have the same bulkId; each needs its own")
			}
			seen[o.BulkID] = true
		}
		b.Operations[i] = o
	}
	return b, nil
}

func failOnErrors(v any) (int, error) {
	if v == nil {
		return 0, nil
	}
	n, ok := v.(json.Number)
	if !ok {
		return 0, refusal(InvalidValue, "failOnErrors is %s where a number is due", jsonType(v))
	}
	count, err := strconv.Atoi(n.String())
	if err != nil || count < 0 {
		return 0, refusal(InvalidValue, "failOnErrors is a whole number of errors, 0 for any number")
	}
	return count, nil
}

// bulkOperation reads one operation of a bulk request.
func bulkOperation(v any) (BulkOperation, error) {
	object, ok := v.(map[string]any)
	if !ok {
		return BulkOperation{}, refusal(InvalidSyntax, "an operation is %s where an object is due", jsonType(v))
	}
	var o BulkOperation
	for name, v := range object {
		var into *string
		switch foldName(name) {
		case "method":
			into = &o.Method
		case "bulkid":
			into = &o.BulkID
		case "version":
			into = &o.Version
		case "path":
			into = &o.Path
		case "data":
			if v == nil {
				continue
			}
			data, err := json.Marshal(v)
			if err != nil {
				return BulkOperation{}, refusal(InvalidSyntax, "data cannot be read")
			}
			o.Data = data
			continue
		default:
			continue
		}
		if v == nil {
			continue
		}
		if *into, ok = v.(string); !ok {
			return BulkOperation{}, refusal(InvalidSyntax, "%s is %s where a string is due", foldName(name), jsonType(v))
		}
	}
	o.Method = strings.ToUpper(o.Method)
	return o, nil
}

// Check says, as an *Error, what is wrong with the operation by itself: its
// method, a path that does not go with it, a bulkId or data that it lacks.
func (o BulkOperation) Check() error {
	if !slices.Contains([]string{"POST", "PUT", "PATCH", "DELETE"}, o.Method) {
		return refusal(InvalidSyntax, "the method of an operation is POST, PUT, PATCH or DELETE")
	}
	if o.Path == "" {
		return refusal(InvalidSyntax, "the operation has no path")
	}
	_, id, err := o.Target()
	switch {
	case err != nil:
		return err
	case o.Method == "POST" && id != "":
		return refusal(InvalidValue, "the path of a POST is an endpoint, such as /Users, without an id")
	case o.Method != "POST" && id == "":
		return refusal(InvalidValue, "the path of a %s names a resource, such as /Users/id", o.Method)
	case o.Method == "POST" && o.BulkID == "":
		return refusal(InvalidValue, "a POST needs a bulkId (RFC 7644, section 3.7)")
	case o.Method != "DELETE" && o.Data == nil:
		return refusal(InvalidValue, "a %s needs data", o.Method)
	}
	return nil
}

// Target takes the path apart: the endpoint, such as /Users, and the id, empty
// for none. A path that begins with the scheme and host of a URL, or goes
// deeper, is an *Error invalidValue.
func (o BulkOperation) Target() (endpoint, id string, err error) {
	rest, ok := strings.CutPrefix(o.Path, "/")
	endpoint, id, _ = strings.Cut(strings.TrimSuffix(rest, "/"), "/")
	if !ok || endpoint == "" || strings.ContainsAny(id, "/?#") {
		return "", "", refusal(InvalidValue, "the path of an operation is relative to the base, such as /Users or /Users/id")
	}
	return "/" + endpoint, id, nil
}
