package gateway_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// names are the attributes of an object in an answer, sorted.
func names(v any) []string {
	o, _ := v.(object)
	return slices.Sorted(maps.Keys(o))
}

// rfc7644Projection is sections 3.4.2.5, 3.9 and 3.10.
func rfc7644Projection() []requirement {
	return []requirement{
		{"3.4.2.5", "attributes asks for some, excludedAttributes leaves some out", []string{
			"which attributes SHALL be returned", "which MUST be supported by SCIM service providers", "Attribute names MUST be in standard attribute notation",
			"3.4.3: Attribute names MUST be in standard attribute notation", `3.4.3: MUST be in standard attribute notation`,
			"3.9: the default list of attributes SHALL be overridden", "3.9: excludedAttributes  When specified, each resource returned MUST contain the minimum set",
		},
			func(t *testing.T, c *client) {
				u := c.user(t, object{
					"title": "Dr", "nickName": "Vi", "name": object{"familyName": "Ng", "givenName": "Vi"},
					"emails":      array{object{"value": "vi@example.com", "type": "work"}},
					enterpriseURN: object{"department": "Sales", "costCenter": "7"},
				})
				path := "/Users/" + u.id()
				cases := []struct {
					query []string
					want  []string
				}{
					{[]string{"attributes", "userName"}, []string{"id", "schemas", "userName"}},
					{[]string{"attributes", "USERNAME,urn:ietf:params:scim:schemas:core:2.0:User:title"}, []string{"id", "schemas", "title", "userName"}},
					{[]string{"attributes", " title , nickName "}, []string{"id", "nickName", "schemas", "title"}},
					{[]string{"attributes", "noSuchAttribute"}, []string{"id", "schemas"}},
					{[]string{"attributes", enterpriseURN + ":department"}, []string{"id", "schemas", enterpriseURN}},
					{[]string{"attributes", enterpriseURN}, []string{"id", "schemas", enterpriseURN}},
					{[]string{"attributes", "meta"}, []string{"id", "meta", "schemas"}},
					{[]string{"excludedAttributes", "name,emails,meta,nickName," + enterpriseURN}, []string{"active", "id", "schemas", "title", "userName"}},
				}
				for _, tc := range cases {
					a := c.get(t, path+query(tc.query...))
					same(t, sorted(tc.want...), names(a.json), strings.Join(tc.query, "="))
					listed := c.find(t, "/Users", append([]string{"filter", `id eq "` + u.id() + `"`}, tc.query...)...)
					same(t, a.json, listed.at("Resources", 0), "the list with "+strings.Join(tc.query, "="))
				}
				c.get(t, path+"?attributes=name.familyName").has(t, object{"familyName": "Ng"}, "name")
				c.get(t, path+"?attributes=emails.value").has(t, array{object{"value": "vi@example.com"}}, "emails")
				c.get(t, path+"?excludedAttributes=name.familyName").has(t, object{"givenName": "Vi"}, "name")
				c.get(t, path+query("attributes", enterpriseURN+":department")).has(t, object{"department": "Sales"}, enterpriseURN)
				c.get(t, path+query("excludedAttributes", enterpriseURN+":department")).has(t, object{"costCenter": "7"}, enterpriseURN)
				same(t, []string{"version"}, names(c.get(t, path+"?attributes=meta.version").at("meta")), "meta")
			}},
		{"3.4.2.5", "id and schemas are there whatever is asked", []string{"SHALL have no effect on attributes whose schema \"returned\" setting is \"always\"", "3.4.3: SHALL have no effect on attributes whose schema"},
			func(t *testing.T, c *client) {
				u, g := c.user(t), c.group(t)
				for _, path := range []string{"/Users/" + u.id(), "/Groups/" + g.id()} {
					for _, q := range []string{"?attributes=displayName", "?excludedAttributes=id,schemas", "?excludedAttributes=ID"} {
						a := c.get(t, path+q)
						if a.id() == "" || a.at("schemas") == nil {
							t.Errorf("%s%s: %s", path, q, a.body)
						}
					}
				}
			}},
		{"3.9", "attributes counts for answers to POST, PUT and PATCH too", []string{"each resource returned MUST contain the minimum set of resource attributes and any attributes"},
			func(t *testing.T, c *client) {
				body := object{"schemas": array{userURN}, "userName": c.unique(), "title": "Dr"}
				a := c.do(t, "POST", "/Users?attributes=title", body).want(t, 201)
				same(t, []string{"id", "schemas", "title"}, names(a.json), "POST")
				path := "/Users/" + a.id()
				same(t, []string{"id", "schemas", "title"}, names(c.do(t, "PUT", path+"?attributes=title", body).want(t, 200).json), "PUT")
				same(t, []string{"id", "schemas", "title"}, names(c.patch(t, path+"?attributes=title", object{"op": "replace", "path": "title", "value": "Prof"}).want(t, 200).json), "PATCH")
				if got := c.patch(t, path+"?excludedAttributes=title", object{"op": "replace", "path": "title", "value": "Dr"}).want(t, 200); got.at("title") != nil || got.at("userName") == nil {
					t.Errorf("PATCH with excludedAttributes: %s", got.body)
				}
			}},
		{"3.9", "members are left out of a group when nobody wants them", nil, func(t *testing.T, c *client) {
			u := c.user(t)
			g := c.group(t, u.id())
			for _, q := range []string{"?excludedAttributes=members", "?attributes=displayName", "?excludedAttributes=MEMBERS", "?attributes=id"} {
				c.get(t, "/Groups/"+g.id()+q).has(t, nil, "members")
			}
			same(t, []string{u.id()}, c.get(t, "/Groups/"+g.id()+"?attributes=members").members(t), "members")
			c.get(t, "/Groups/"+g.id()+"?attributes=members.value").has(t, array{object{"value": u.id()}}, "members")
			c.get(t, "/Users/"+u.id()+"?attributes=groups").has(t, g.id(), "groups", 0, "value")
			c.get(t, "/Users/"+u.id()+"?attributes=userName").has(t, nil, "groups")
			c.get(t, "/Users/"+u.id()+"?excludedAttributes=groups").has(t, nil, "groups")
		}},
		{"3.10", "attributes are named with and without their schema", nil, func(t *testing.T, c *client) {
			u := c.user(t)
			path := "/Users/" + u.id()
			c.patch(t, path, object{"op": "add", "path": userURN + ":name.familyName", "value": "Ng"}).want(t, 200).has(t, "Ng", "name", "familyName")
			c.patch(t, path, object{"op": "add", "path": strings.ToUpper(enterpriseURN) + ":DEPARTMENT", "value": "Sales"}).want(t, 200).has(t, "Sales", enterpriseURN, "department")
			c.patch(t, path, object{"op": "add", "path": "urn:no:such:schema:title", "value": "x"}).refused(t, 400, "invalidPath")
		}},
	}
}
