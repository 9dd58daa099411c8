package scim

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseBulk(t *testing.T) {
	t.Parallel()
	b, err := ParseBulk([]byte(`{"schemas":["`+BulkRequestSchema+`"],"failOnErrors":2,"operations":[
		{"method":"post","path":"/Users","bulkId":"q","data":{"userName":"Alice"}},
		{"METHOD":"DELETE","path":"/Users/1","version":"W/\"3\"","data":null}]}`), 2)
	if err != nil {
		t.Fatal(err)
	}
	want := BulkRequest{FailOnErrors: 2, Operations: []BulkOperation{
		{Method: "POST", Path: "/Users", BulkID: "q", Data: json.RawMessage(`{"userName":"Alice"}`)},
		{Method: "DELETE", Path: "/Users/1", Version: `W/"3"`},
	}}
	if diff := cmp.Diff(want, b); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
	for name, tt := range map[string]struct {
		body     string
		status   int
		scimType string
	}{
		"no JSON":                                   {`x`, 400, InvalidSyntax},
		"no operations":                             {`{}`, 400, InvalidSyntax},
		"an empty list of operations":               {`{"Operations":[]}`, 400, InvalidSyntax},
		"operations that are an object":             {`{"Operations":{}}`, 400, InvalidSyntax},
		"an operation that is a string":             {`{"Operations":["x"]}`, 400, InvalidSyntax},
		"a method that is a number":                 {`{"Operations":[{"method":1}]}`, 400, InvalidSyntax},
		"failOnErrors that is negative":             {`{"failOnErrors":-1,"Operations":[{}]}`, 400, InvalidValue},
		"failOnErrors that is a word":               {`{"failOnErrors":"x","Operations":[{}]}`, 400, InvalidValue},
		"a bulkId that is used twice":               {`{"Operations":[{"method":"POST","bulkId":"a"},{"method":"POST","bulkId":"a"}]}`, 400, InvalidValue},
		"RFC 7644 §3.7.4: more operations than may": {`{"Operations":[{},{},{}]}`, 413, ""},
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			t.Parallel()
			_, err := ParseBulk([]byte(tt.body), 2)
			var refused *Error
			if !errors.As(err, &refused) || refused.Status != tt.status || refused.ScimType != tt.scimType {
				t.Errorf("error is %v, not %d %s", err, tt.status, tt.scimType)
			}
		})
	}
}

func TestCheckOfABulkOperation(t *testing.T) {
	t.Parallel()
	data := json.RawMessage(`{}`)
	for _, o := range []BulkOperation{
		{Method: "POST", Path: "/Users", BulkID: "a", Data: data},
		{Method: "PUT", Path: "/Users/bulkId:a", Data: data},
		{Method: "PATCH", Path: "/Groups/1", Data: data},
		{Method: "DELETE", Path: "/Groups/1"},
	} {
		if err := o.Check(); err != nil {
			t.Errorf("%s %s: %v", o.Method, o.Path, err)
		}
	}
	for name, o := range map[string]BulkOperation{
		"a GET":                   {Method: "GET", Path: "/Users/1"},
		"no method":               {Path: "/Users/1"},
		"no path":                 {Method: "DELETE"},
		"a path with a host":      {Method: "DELETE", Path: "https://x/Users/1"},
		"a path that goes deeper": {Method: "DELETE", Path: "/Users/1/2"},
		"a path with a query":     {Method: "DELETE", Path: "/Users/1?x=y"},
		"a POST to a resource":    {Method: "POST", Path: "/Users/1", BulkID: "a", Data: data},
		"a POST without a bulkId": {Method: "POST", Path: "/Users", Data: data},
		"a POST without data":     {Method: "POST", Path: "/Users", BulkID: "a"},
		"a PATCH without data":    {Method: "PATCH", Path: "/Users/1"},
		"a PATCH of an endpoint":  {Method: "PATCH", Path: "/Users", Data: data},
		"a DELETE of all":         {Method: "DELETE", Path: "/Users/"},
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			t.Parallel()
			var refused *Error
			if err := o.Check(); !errors.As(err, &refused) || refused.Status != 400 {
				t.Errorf("error is %v", err)
			}
		})
	}
}

func TestOrderOfABulkRequest(t *testing.T) {
	t.Parallel()
	post := func(id, data string) string {
		return `{"method":"POST","path":"/Groups","bulkId":"` + id + `","data":` + data + `}`
	}
	refers := func(ids ...string) string {
		return `{"members":[{"value":"bulkId:` + strings.Join(ids, `"},{"value":"bulkId:`) + `"}]}`
	}
	tests := []struct {
		name       string
		operations []string
		want       []BulkStep
	}{
		{"without references as it was written", []string{post("a", `{}`), post("b", `{}`)}, []BulkStep{{Index: 0}, {Index: 1}}},
		{"RFC 7644 §3.7.2: what is referred to is made first", []string{post("g", refers("u")), post("u", `{}`)}, []BulkStep{{Index: 1}, {Index: 0}}},
		{"a path refers as well", []string{`{"method":"PATCH","path":"/Groups/bulkId:a","data":{}}`, post("a", `{}`)}, []BulkStep{{Index: 1}, {Index: 0}}},
		{"the filter of a PATCH refers as well",
			[]string{`{"method":"PATCH","path":"/Groups/1","data":{"Operations":[{"op":"remove","path":"members[value eq \"bulkId:a\"]"}]}}`, post("a", `{}`)},
			[]BulkStep{{Index: 1}, {Index: 0}}},
		{"RFC 7644 §3.7.1: two that refer to each other", []string{post("a", refers("b")), post("b", refers("a"))},
			[]BulkStep{{Index: 1, Unresolved: []string{"a"}}, {Index: 0}, {Index: 1, Again: true}}},
		{"one that refers to itself", []string{post("a", refers("a"))}, []BulkStep{{Index: 0, Unresolved: []string{"a"}}, {Index: 0, Again: true}}},
		{"a circle of three, and one that hangs on it", []string{post("a", refers("b")), post("b", refers("c")), post("c", refers("a", "b")), post("d", refers("a"))},
			[]BulkStep{{Index: 2, Unresolved: []string{"a", "b"}}, {Index: 1}, {Index: 0}, {Index: 2, Again: true}, {Index: 3}}},
		{"a bulkId that nobody makes does not matter yet", []string{post("a", refers("z")), post("b", `{}`)}, []BulkStep{{Index: 0}, {Index: 1}}},
		{"the bulkId of what is no POST makes nothing", []string{post("a", refers("p")), `{"method":"PUT","path":"/Groups/1","bulkId":"p","data":{}}`}, []BulkStep{{Index: 0}, {Index: 1}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b, err := ParseBulk([]byte(`{"Operations":[`+strings.Join(tt.operations, ",")+`]}`), 0)
			if err != nil {
				t.Fatal(err)
			}
			steps, err := b.Order()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, steps); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
		})
	}
}

func TestResolveBulkIDs(t *testing.T) {
	t.Parallel()
	ids := map[string]string{"a": "1", "b": "2"}
	tests := []struct {
		name, data, path   string
		leaveOut           []string
		wantData, wantPath string
	}{
		{"nothing to resolve leaves the data as they are", `{ "z":1, "displayName": "about bulkId:a" }`, "/Users", nil, `{ "z":1, "displayName": "about bulkId:a" }`, "/Users"},
		{"no data", ``, "/Users/bulkId:a", nil, ``, "/Users/1"},
		{"values and paths", `{"members":[{"value":"bulkId:a"},{"value":"x"}]}`, "/Groups/bulkId:b", nil, `{"members":[{"value":"1"},{"value":"x"}]}`, "/Groups/2"},
		{"a $ref", `{"members":[{"$ref":"../Users/bulkId:a"}]}`, "", nil, `{"members":[{"$ref":"../Users/1"}]}`, ""},
		{"RFC 7644 §3.7.2: a manager", `{"` + EnterpriseUserSchema + `":{"manager":{"value":"bulkId:a"}}}`, "", nil, `{"` + EnterpriseUserSchema + `":{"manager":{"value":"1"}}}`, ""},
		{"a manager as a string", `{"manager":"bulkId:a"}`, "", nil, `{"manager":"1"}`, ""},
		{"the path of a PATCH operation", `{"Operations":[{"op":"remove","path":"members[value eq \"bulkId:a\" or value eq \"bulkId:b\"]"}]}`, "", nil,
			`{"Operations":[{"op":"remove","path":"members[value eq \"1\" or value eq \"2\"]"}]}`, ""},
		{"a member left out", `{"members":[{"value":"bulkId:c","type":"User"},{"value":"bulkId:a"}]}`, "", []string{"c"}, `{"members":[{"value":"1"}]}`, ""},
		{"a manager left out", `{"x":{"manager":{"value":"bulkId:c"},"y":1}}`, "", []string{"c"}, `{"x":{"y":1}}`, ""},
		{"a member that is a string left out", `{"members":["bulkId:c"]}`, "", []string{"c"}, `{"members":[]}`, ""},
		{"what is there is not left out", `{"members":["bulkId:a"]}`, "", []string{"a"}, `{"members":["1"]}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			data, path, err := ResolveBulkIDs(json.RawMessage(tt.data), tt.path, ids, tt.leaveOut)
			if err != nil {
				t.Fatal(err)
			}
			if string(data) != tt.wantData || path != tt.wantPath {
				t.Errorf("got %s at %s", data, path)
			}
		})
	}
	for name, tt := range map[string]struct{ data, path string }{
		"in the data": {`{"members":[{"value":"bulkId:nobody"}]}`, ""},
		"in a $ref":   {`{"$ref":"Users/bulkId:nobody"}`, ""},
		"in a filter": {`{"path":"members[value eq \"bulkId:nobody\"]"}`, ""},
		"in the path": {``, "/Users/bulkId:nobody"},
	} {
		t.Run("refuses a bulkId that nobody made "+name, func(t *testing.T) {
			t.Parallel()
			_, _, err := ResolveBulkIDs(json.RawMessage(tt.data), tt.path, ids, nil)
			isRefusal(t, err, InvalidValue)
		})
	}
}
