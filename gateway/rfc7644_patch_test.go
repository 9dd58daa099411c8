package gateway_test

import (
	"testing"
)

func op(kind, path string, value any) object {
	o := object{"op": kind}
	if path != "" {
		o["path"] = path
	}
	if value != nil {
		o["value"] = value
	}
	return o
}

// unchanged checks that a refused request left the resource as it was.
func unchanged(t *testing.T, c *client, before answer) {
	t.Helper()
	same(t, before.json, c.get(t, before.text("meta", "location")).json, "the resource after a refusal")
}

// worker is a user with something of every shape to change.
func worker(t *testing.T, c *client) answer {
	t.Helper()
	mark := c.unique()
	u := c.user(t, object{
		"title": "Dr", "active": true, "name": object{"familyName": "Ng", "givenName": "Vi"},
		"emails": array{
			object{"value": mark + "@work.example", "type": "work", "primary": true},
			object{"value": mark + "@home.example", "type": "home"},
		},
		"addresses":   array{object{"type": "work", "locality": "Rome", "country": "IT"}},
		enterpriseURN: object{"department": "Sales", "costCenter": "7"},
	})
	return c.get(t, "/Users/"+u.id())
}

// rfc7644Patch is section 3.5.2 without the single operations.
func rfc7644Patch() []requirement {
	return []requirement{
		{"3.5", "PATCH is supported and says so", []string{"implementers SHOULD support HTTP PATCH"},
			func(t *testing.T, c *client) {
				c.get(t, "/ServiceProviderConfig").has(t, true, "patch", "supported")
				g, u := c.group(t), c.user(t)
				c.patch(t, "/Groups/"+g.id(), op("add", "members", array{object{"value": u.id()}})).want(t, 200)
				same(t, []string{u.id()}, c.get(t, "/Groups/"+g.id()).members(t), "members")
			}},
		{"3.5.2", "a body that is no patch is refused", []string{
			`MUST contain the attribute "Operations"`, `MUST have exactly one "op" member`, "the server SHALL return an HTTP response status",
		},
			func(t *testing.T, c *client) {
				u := worker(t, c)
				path := "/Users/" + u.id()
				for _, bad := range []any{
					`{"schemas":["` + patchURN + `"]}`, `{"schemas":["` + patchURN + `"],"Operations":[]}`, `{"schemas":["` + patchURN + `"],"Operations":{}}`,
					`{"schemas":["` + patchURN + `"],"Operations":[{"path":"title","value":"x"}]}`, `{"schemas":["` + patchURN + `"],"Operations":[{"op":"move","path":"title","value":"x"}]}`,
					`{"schemas":["` + patchURN + `"],"Operations":[7]}`, `[]`, `{`, ``, `"x"`,
				} {
					c.do(t, "PATCH", path, bad).want(t, 400)
				}
				unchanged(t, c, u)
			}},
		{"3.5.2", "an operation fits the attribute, or is refused in words", []string{
			"MUST be compatible with the attribute's mutability and schema", `a client MUST NOT modify an attribute that has mutability`, "SHALL return the appropriate HTTP response",
		},
			func(t *testing.T, c *client) {
				u := worker(t, c)
				for _, tc := range []struct {
					op       object
					scimType string
				}{
					{op("replace", "id", "x"), "mutability"}, {op("replace", "meta.created", "x"), "mutability"}, {op("remove", "id", nil), "mutability"},
					{op("replace", "active", "perhaps"), "invalidValue"}, {op("replace", "name", "x"), "invalidValue"}, {op("replace", "title", object{"a": 1}), "invalidValue"},
					{op("replace", "noSuchAttribute", "x"), "invalidPath"}, {op("replace", "name.noSuch", "x"), "invalidPath"}, {op("replace", "emails[type eq", "x"), "invalidFilter"},
					{op("replace", "emails[noSuch eq \"x\"]", object{}), ""}, {op("replace", "title[value eq \"x\"]", "x"), "invalidPath"}, {op("add", "..", "x"), "invalidPath"},
					{op("replace", `x509Certificates[type eq "work"].value`, "%%"), ""},
				} {
					c.patch(t, "/Users/"+u.id(), tc.op).refused(t, 400, tc.scimType)
				}
				unchanged(t, c, u)
			}},
		{"3.5.2", "schemas follow what operations add and take away", []string{
			`on the SCIM service provider's representation of the resource SHALL be assumed`, `SHALL assume the modified state of the "schemas" attribute`,
		},
			func(t *testing.T, c *client) {
				u := c.user(t)
				path := "/Users/" + u.id()
				c.patch(t, path, op("add", enterpriseURN+":employeeNumber", "7")).want(t, 200).has(t, array{userURN, enterpriseURN}, "schemas")
				c.patch(t, path, op("remove", enterpriseURN+":employeeNumber", nil)).want(t, 200).has(t, array{userURN}, "schemas").has(t, nil, enterpriseURN)
				a := c.patch(t, path, op("add", "schemas", array{enterpriseURN}), op("add", enterpriseURN+":department", "Sales")).want(t, 200)
				a.has(t, "Sales", enterpriseURN, "department")
				c.patch(t, path, op("remove", enterpriseURN, nil)).want(t, 200).has(t, nil, enterpriseURN)
			}},
		{"3.5.2", "a new primary takes the place of the other", []string{`"primary" sub-attribute to "true" SHALL cause the server`},
			func(t *testing.T, c *client) {
				for _, operation := range []object{
					op("add", "emails", array{object{"value": "new@example.com", "type": "other", "primary": true}}),
					op("replace", `emails[type eq "home"].primary`, true),
					op("replace", `emails[type eq "home"]`, object{"value": "h@example.com", "type": "home", "primary": true}),
					op("add", "", object{"emails": array{object{"value": "new@example.com", "type": "other", "primary": true}}}),
				} {
					u := worker(t, c)
					a := c.patch(t, "/Users/"+u.id(), operation).want(t, 200)
					primaries := []string{}
					list, _ := a.at("emails").(array)
					for i := range list {
						if a.at("emails", i, "primary") == true {
							primaries = append(primaries, a.text("emails", i, "type"))
						}
					}
					if len(primaries) != 1 || primaries[0] == "work" {
						t.Errorf("after %v the primaries are %v", operation, primaries)
					}
				}
			}},
		{"3.5.2", "all operations or none", []string{"SHALL be treated as atomic", "the original SCIM resource MUST be restored", "the server SHALL return an HTTP response status code and a JSON"},
			func(t *testing.T, c *client) {
				u := worker(t, c)
				c.patch(t, "/Users/"+u.id(), op("replace", "title", "Prof"), op("remove", "emails", nil), op("replace", "noSuch", "x")).refused(t, 400, "invalidPath")
				c.patch(t, "/Users/"+u.id(), op("replace", "title", "Prof"), op("remove", "userName", nil)).refused(t, 400, "mutability")
				other := c.user(t)
				c.patch(t, "/Users/"+u.id(), op("replace", "title", "Prof"), op("replace", "userName", other.text("userName"))).refused(t, 409, "uniqueness")
				unchanged(t, c, u)
				member := c.user(t)
				g := c.group(t, member.id())
				g = c.get(t, "/Groups/"+g.id())
				c.patch(t, "/Groups/"+g.id(), op("replace", "displayName", "New"), op("remove", "members", nil), op("replace", "noSuch", "x")).refused(t, 400, "")
				unchanged(t, c, g)
			}},
		{"3.5.2", "operations are applied one after the other", nil, func(t *testing.T, c *client) {
			u := worker(t, c)
			a := c.patch(t, "/Users/"+u.id(), op("remove", "emails", nil), op("add", "emails", array{object{"value": "x@example.com", "type": "work"}}), op("replace", `emails[type eq "work"].value`, "y@example.com")).want(t, 200)
			a.has(t, array{object{"value": "y@example.com", "type": "work"}}, "emails")
			member := c.user(t).id()
			g := c.group(t)
			c.patch(t, "/Groups/"+g.id(), op("add", "members", array{object{"value": member}}), op("remove", `members[value eq "`+member+`"]`, nil)).want(t, 200)
			same(t, []string{}, c.get(t, "/Groups/"+g.id()).members(t), "added, then removed")
			c.patch(t, "/Groups/"+g.id(), op("remove", `members`, nil), op("add", "members", array{object{"value": member}})).want(t, 200)
			same(t, []string{member}, c.get(t, "/Groups/"+g.id()).members(t), "removed, then added")
		}},
		{"3.5.2", "success is 200 with the whole resource, also with attributes", []string{"the server either MUST return a 200 OK response code", `MUST return a 200 OK if the "attributes" parameter`},
			func(t *testing.T, c *client) {
				u := worker(t, c)
				a := c.patch(t, "/Users/"+u.id(), op("replace", "title", "Prof")).want(t, 200)
				same(t, a.json, c.get(t, "/Users/"+u.id()).json, "what PATCH returned")
				c.patch(t, "/Users/"+u.id()+"?attributes=title", op("replace", "title", "Dr")).want(t, 200).has(t, "Dr", "title").has(t, nil, "userName")
				g := c.group(t)
				c.patch(t, "/Groups/"+g.id()+"?attributes=displayName", op("replace", "displayName", c.unique())).want(t, 200)
				c.with("Adscimversion", "1.0").patch(t, "/Groups/"+g.id()+"?attributes=displayName", op("replace", "displayName", c.unique())).want(t, 200)
			}},
	}
}
