package scim

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestServiceProviderConfigHasOnlyWhatIsDefined(t *testing.T) {
	t.Parallel()
	got := asJSON(t, ServiceProviderConfig(Capabilities{
		Patch: true, Bulk: true, Filter: true, Sort: true, ETag: true, MaxOperations: 1000, MaxPayload: 4 << 20, MaxResults: 200,
		CursorTimeout: time.Hour, DefaultPageSize: 100, MaxPageSize: 200, Basic: true, DocumentationURI: "https://rollcall.example.com/docs",
	}))
	var want map[string]any
	err := json.Unmarshal([]byte(`{
		"schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
		"documentationUri": "https://rollcall.example.com/docs",
		"patch": {"supported": true},
		"bulk": {"supported": true, "maxOperations": 1000, "maxPayloadSize": 4194304},
		"filter": {"supported": true, "maxResults": 200},
		"changePassword": {"supported": false},
		"sort": {"supported": true},
		"etag": {"supported": true},
		"authenticationSchemes": [
			{"type": "oauthbearertoken", "name": "OAuth Bearer Token", "description": "A token in the Authorization header, after the word Bearer", "specUri": "https://www.rfc-editor.org/info/rfc6750", "primary": true},
			{"type": "httpbasic", "name": "HTTP Basic", "description": "The token's name as the user, the token as the password", "specUri": "https://www.rfc-editor.org/info/rfc7617"}
		],
		"pagination": {"cursor": true, "index": true, "defaultPaginationMethod": "index", "defaultPageSize": 100, "maxPageSize": 200, "cursorTimeout": 3600},
		"meta": {"resourceType": "ServiceProviderConfig"}
	}`), &want)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("RFC 7643 §5, RFC 9865 §4 (-want +got):\n%s", diff)
	}
	// What is published is described by the schema that is published.
	for name := range got {
		if findAttribute(serviceProviderConfigSchema().Attributes, name) == nil && findAttribute(commonAttributes(), name) == nil {
			t.Errorf("%s is in no schema", name)
		}
	}
	plain := ServiceProviderConfig(Capabilities{})
	if _, ok := plain["documentationUri"]; ok || len(plain["authenticationSchemes"].([]any)) != 1 {
		t.Errorf("without documentation and Basic it is %v", plain)
	}
}

func TestDescribeResourceType(t *testing.T) {
	t.Parallel()
	got := asJSON(t, badge().Describe())
	want := map[string]any{
		"schemas": []any{ResourceTypeSchema}, "id": "Badge", "name": "Badge", "endpoint": "/Badges", "schema": "urn:example:scim:Badge",
		"schemaExtensions": []any{map[string]any{"schema": site, "required": true}},
		"meta":             map[string]any{"resourceType": "ResourceType"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("RFC 7643 §6 (-want +got):\n%s", diff)
	}
}

func TestDiscoveryDocumentsHaveNoNulls(t *testing.T) {
	t.Parallel()
	r, err := NewRegistry(nil, nil, []*ResourceType{badge()})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range r.Schemas() {
		noNulls(t, s.ID, asJSON(t, s.Describe()))
	}
	for _, resourceType := range r.Types() {
		noNulls(t, resourceType.Name, asJSON(t, resourceType.Describe()))
	}
}

func noNulls(t *testing.T, path string, v any) {
	t.Helper()
	switch v := v.(type) {
	case nil:
		t.Errorf("%s is null", path)
	case map[string]any:
		for name, inner := range v {
			noNulls(t, path+"."+name, inner)
		}
	case []any:
		for _, inner := range v {
			noNulls(t, path, inner)
		}
	}
}

func TestErrorBody(t *testing.T) {
	t.Parallel()
	got := string((&Error{Status: 409, ScimType: UniqueViolated, Detail: `userName is "taken"`}).Body())
	want := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"409","scimType":"uniqueness","detail":"userName is \"taken\""}`
	if got != want {
		t.Errorf("RFC 7644 §3.12: body is %s", got)
	}
	if got := string((&Error{Status: 404, Detail: "no"}).Body()); got != `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"404","detail":"no"}` {
		t.Errorf("body is %s", got)
	}
}
