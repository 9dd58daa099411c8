package gateway_test

import (
	"slices"
	"strings"
	"testing"
)

// required says which members of an object are missing.
func required(t *testing.T, a answer, o any, names ...string) {
	t.Helper()
	for _, name := range names {
		if v := at(o, name); v == nil || v == "" {
			t.Errorf("%s has no %s: %v", a.path, name, o)
		}
	}
}

// rfc7643Discovery is sections 5 to 7: what a provider says of itself.
func rfc7643Discovery() []requirement {
	return []requirement{
		{"5", "ServiceProviderConfig has every attribute, and no other", nil, func(t *testing.T, c *client) {
			a := c.get(t, "/ServiceProviderConfig")
			required(t, a, a.json, "schemas", "patch", "bulk", "filter", "changePassword", "sort", "etag", "authenticationSchemes")
			for _, name := range []string{"patch", "bulk", "filter", "changePassword", "sort", "etag"} {
				if _, ok := a.at(name, "supported").(bool); !ok {
					t.Errorf("%s.supported is %v", name, a.at(name, "supported"))
				}
			}
			for _, keys := range [][]any{{"bulk", "maxOperations"}, {"bulk", "maxPayloadSize"}, {"filter", "maxResults"}} {
				if n, ok := a.at(keys...).(float64); !ok || n < 1 {
					t.Errorf("%v is %v", keys, a.at(keys...))
				}
			}
			schemes, _ := a.at("authenticationSchemes").(array)
			for _, s := range schemes {
				required(t, a, s, "type", "name", "description")
			}
			if len(schemes) == 0 || a.at("authenticationSchemes", 0, "type") != "oauthbearertoken" {
				t.Errorf("authenticationSchemes is %v", schemes)
			}
			o, _ := a.json.(object)
			known := []string{"schemas", "documentationUri", "patch", "bulk", "filter", "changePassword", "sort", "etag", "authenticationSchemes", "meta", "pagination"}
			for name := range o {
				if !slices.Contains(known, name) {
					t.Errorf("%s is no attribute of ServiceProviderConfig", name)
				}
			}
		}},
		{"6", "resource types say name, endpoint and schemas that exist", []string{
			"service providers MUST specify the name", "service providers MUST specify the description",
			`MUST be equal to the "id" attribute of the associated "Schema" resource`, `MUST be equal to the "id" attribute of a "Schema" resource`,
		},
			func(t *testing.T, c *client) {
				a := c.get(t, "/ResourceTypes")
				resources, _ := a.at("Resources").(array)
				if len(resources) < 3 {
					t.Fatalf("%d resource types: %s", len(resources), a.body)
				}
				for i, r := range resources {
					required(t, a, r, "schemas", "id", "name", "description", "endpoint", "schema")
					c.get(t, "/Schemas/"+a.text("Resources", i, "schema")).has(t, a.text("Resources", i, "schema"), "id")
					c.find(t, a.text("Resources", i, "endpoint"), "count", "0").want(t, 200)
					extensions, _ := at(r, "schemaExtensions").(array)
					for _, e := range extensions {
						if _, ok := at(e, "required").(bool); !ok {
							t.Errorf("the extension %v does not say whether it is required", e)
						}
						urn, _ := at(e, "schema").(string)
						c.get(t, "/Schemas/"+urn).has(t, urn, "id")
					}
				}
			}},
		{"6", "a required extension must be there, with its required attributes", []string{"a resource of this type MUST include this schema extension"},
			func(t *testing.T, _ *client) {
				c := startRequired(t)
				c.do(t, "POST", "/Users", object{"schemas": array{userURN}, "userName": c.unique()}).refused(t, 400, "invalidValue")
				c.do(t, "POST", "/Users", object{"schemas": array{userURN, badgeURN}, "userName": c.unique(), badgeURN: object{"note": "x"}}).refused(t, 400, "invalidValue")
				u := c.user(t, badge(object{"number": "7"}))
				c.do(t, "PUT", "/Users/"+u.id(), object{"schemas": array{userURN}, "userName": u.text("userName")}).refused(t, 400, "invalidValue")
				c.patch(t, "/Users/"+u.id(), object{"op": "remove", "path": badgeURN + ":number"}).refused(t, 400, "mutability")
				c.get(t, "/ResourceTypes/User").has(t, true, "schemaExtensions", 1, "required")
			}},
		{"7", "schemas say their URI, name and description, and every characteristic", []string{
			"service providers MUST specify the URI", "service providers MUST specify the name", "service providers MUST specify the description",
			`there SHOULD be a corresponding schema attribute "subAttributes"`,
		},
			func(t *testing.T, c *client) {
				a := c.get(t, "/Schemas")
				resources, _ := a.at("Resources").(array)
				for _, r := range resources {
					required(t, a, r, "id", "name", "description", "attributes")
				}
				attributesOf(t, c, func(path []string, attribute object) {
					required(t, a, attribute, "name", "type", "description", "mutability", "returned")
					for _, name := range []string{"multiValued", "required"} {
						if _, ok := attribute[name].(bool); !ok {
							t.Errorf("%v: %s is %v", path, name, attribute[name])
						}
					}
					if subs, _ := attribute["subAttributes"].(array); attribute["type"] == "complex" && len(subs) == 0 {
						t.Errorf("%v is complex and has no sub-attributes", path)
					}
				})
			}},
		{"7", "case exact values keep their case and are compared by it", []string{"SHALL use case sensitivity when evaluating filters", "the server SHALL preserve case for any value submitted"},
			func(t *testing.T, c *client) {
				mark := "MiXed" + c.unique()
				u := c.user(t, badge(object{"number": mark}))
				u.has(t, mark, badgeURN, "number")
				same(t, []string{u.id()}, c.find(t, "/Users", "filter", badgeURN+`:number eq "`+mark+`"`).ids(t), "the same case")
				same(t, []string{}, c.find(t, "/Users", "filter", badgeURN+`:number eq "`+strings.ToLower(mark)+`"`).ids(t), "another case")
			}},
		{"7", "readOnly attributes are not modified", []string{"readOnly  The attribute SHALL NOT be modified"},
			func(t *testing.T, c *client) {
				g := c.group(t)
				u := c.user(t)
				for _, path := range []string{"id", "meta.created", "groups", "meta"} {
					c.patch(t, "/Users/"+u.id(), object{"op": "replace", "path": path, "value": "x"}).refused(t, 400, "mutability")
				}
				got := c.get(t, "/Users/"+u.id())
				same(t, u.json, got.json, "the user")
				c.do(t, "PUT", "/Groups/"+g.id(), object{"schemas": array{groupURN}, "id": "x", "displayName": g.text("displayName")}).want(t, 200).has(t, g.id(), "id")
			}},
		{"7", "immutable attributes are set once", []string{"The attribute SHALL NOT be updated"},
			func(t *testing.T, c *client) {
				u := c.user(t, badge(object{"serial": "S1"}))
				path := "/Users/" + u.id()
				put := badge(object{"serial": "S2"})
				put["userName"] = u.text("userName")
				c.do(t, "PUT", path, put).refused(t, 400, "mutability")
				c.patch(t, path, object{"op": "replace", "path": badgeURN + ":serial", "value": "S2"}).refused(t, 400, "mutability")
				c.patch(t, path, object{"op": "remove", "path": badgeURN + ":serial"}).refused(t, 400, "mutability")
				c.get(t, path).has(t, "S1", badgeURN, "serial")
				later := c.user(t)
				c.patch(t, "/Users/"+later.id(), object{"op": "add", "path": badgeURN + ":serial", "value": "S3"}).want(t, 200).has(t, "S3", badgeURN, "serial")
			}},
		{"7", "what is never returned is never returned, what is on request only on request, what is always always", []string{"Attribute values SHALL NOT be returned"},
			func(t *testing.T, c *client) {
				u := c.user(t, badge(object{"pin": "1234", "hint": "on request", "colour": "red", "note": "default"}))
				path := "/Users/" + u.id()
				u.has(t, nil, badgeURN, "pin")
				c.get(t, path).has(t, nil, badgeURN, "pin").has(t, nil, badgeURN, "hint").has(t, "red", badgeURN, "colour").has(t, "default", badgeURN, "note")
				asked := c.get(t, path+query("attributes", badgeURN+":hint,"+badgeURN+":pin"))
				asked.has(t, "on request", badgeURN, "hint").has(t, nil, badgeURN, "pin").has(t, "red", badgeURN, "colour").has(t, nil, badgeURN, "note")
				c.get(t, path+query("excludedAttributes", badgeURN+":colour,"+badgeURN+":note")).has(t, "red", badgeURN, "colour").has(t, nil, badgeURN, "note")
				c.find(t, "/Users", "filter", badgeURN+`:pin eq "1234"`).want(t, 400, 403)
			}},
		{"7", "no two resources have the same unique value", []string{
			"server  The value SHOULD be unique within the context of the current SCIM endpoint", "No two resources on the same server SHOULD possess the same value",
			"global  The value SHOULD be globally unique", "No two resources on any server SHOULD possess the same value",
		},
			func(t *testing.T, c *client) {
				mark := c.unique()
				u, other := c.user(t, badge(object{"number": mark})), c.user(t)
				body := badge(object{"number": mark})
				body["userName"] = c.unique()
				c.do(t, "POST", "/Users", body).refused(t, 409, "uniqueness")
				c.patch(t, "/Users/"+other.id(), object{"op": "add", "path": badgeURN + ":number", "value": mark}).refused(t, 409, "uniqueness")
				c.patch(t, "/Users/"+u.id(), object{"op": "replace", "path": badgeURN + ":number", "value": mark}).want(t, 200)
				device := object{"schemas": array{deviceURN}, "serialNumber": mark}
				c.do(t, "POST", "/Devices", device).want(t, 201)
				c.do(t, "POST", "/Devices", device).refused(t, 409, "uniqueness")
			}},
	}
}
