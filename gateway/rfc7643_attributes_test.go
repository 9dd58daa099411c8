package gateway_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// badgeURN is an extension of the tests with an attribute of every type and
// characteristic; deviceURN is a resource type of theirs. See startRich.
const (
	badgeURN  = "urn:example:params:scim:schemas:extension:badge:2.0:User"
	deviceURN = "urn:example:params:scim:schemas:device:2.0:Device"
)

// badge is a user's extension with these attributes.
func badge(attributes object) object {
	return object{badgeURN: attributes, "schemas": array{userURN, badgeURN}}
}

// attributesOf calls f for each published attribute and sub-attribute, with
// its path: URN, name, name.
func attributesOf(t *testing.T, c *client, f func(path []string, a object)) {
	t.Helper()
	schemas := c.get(t, "/Schemas")
	var walk func(path []string, list any)
	walk = func(path []string, list any) {
		attributes, _ := list.(array)
		for _, v := range attributes {
			a, _ := v.(object)
			name, _ := a["name"].(string)
			f(append(slices.Clone(path), name), a)
			walk(append(slices.Clone(path), name), a["subAttributes"])
		}
	}
	resources, _ := schemas.at("Resources").(array)
	if len(resources) < 3 {
		t.Fatalf("only %d schemas are published", len(resources))
	}
	for i := range resources {
		walk([]string{schemas.text("Resources", i, "id")}, schemas.at("Resources", i, "attributes"))
	}
}

// rfc7643Attributes is sections 2.1 to 2.5: names, types, multi-valued and
// unassigned attributes.
func rfc7643Attributes() []requirement {
	return []requirement{
		{"1.2", "a simple attribute has no sub-attributes", []string{"A simple attribute MUST NOT contain sub-attributes"},
			func(t *testing.T, c *client) {
				attributesOf(t, c, func(path []string, a object) {
					if a["type"] != "complex" && a["subAttributes"] != nil {
						t.Errorf("%v is %v and has sub-attributes", path, a["type"])
					}
				})
				u := c.user(t)
				c.patch(t, "/Users/"+u.id(), object{"op": "replace", "path": "userName.formatted", "value": "x"}).refused(t, 400, "invalidPath")
				c.find(t, "/Users", "filter", `userName.formatted eq "x"`).refused(t, 400, "invalidFilter")
				c.do(t, "POST", "/Users", object{"schemas": array{userURN}, "userName": object{"formatted": "x"}}).refused(t, 400, "invalidValue")
			}},
		{"2.1", "every resource says its schemas", []string{`MUST specify schema via the "schemas" attribute`},
			func(t *testing.T, c *client) {
				c.user(t).has(t, array{userURN}, "schemas")
				c.group(t).has(t, array{groupURN}, "schemas")
			}},
		{"2.1", "published names of attributes follow the grammar", []string{"Attribute names MUST conform"},
			func(t *testing.T, c *client) {
				// $ref is the RFC's own exception.
				name := regexp.MustCompile(`^([A-Za-z][-$_0-9A-Za-z]*|\$ref)$`)
				attributesOf(t, c, func(path []string, _ object) {
					if !name.MatchString(path[len(path)-1]) {
						t.Errorf("%v does not follow the grammar", path)
					}
				})
			}},
		{"2.1", "names of attributes are understood in any case", nil, func(t *testing.T, c *client) {
			name := c.unique()
			a := c.do(t, "POST", "/Users", object{"SCHEMAS": array{userURN}, "USERNAME": name, "NAME": object{"FAMILYname": "Ng"}}).want(t, 201)
			a.has(t, name, "userName").has(t, "Ng", "name", "familyName")
		}},
		{"2.3", "no data type but the RFC's is published", []string{"SCIM extensions SHOULD NOT introduce new data types"},
			func(t *testing.T, c *client) {
				known := []any{"string", "boolean", "decimal", "integer", "dateTime", "reference", "complex", "binary"}
				attributesOf(t, c, func(path []string, a object) {
					if !slices.Contains(known, a["type"]) {
						t.Errorf("%v is of type %v", path, a["type"])
					}
				})
			}},
		{"2.3.1", "a string attribute takes no number", nil, func(t *testing.T, c *client) {
			c.do(t, "POST", "/Users", object{"schemas": array{userURN}, "userName": c.unique(), "nickName": object{}}).refused(t, 400, "invalidValue")
			c.do(t, "POST", "/Users", object{"schemas": array{userURN}, "userName": 7}).refused(t, 400, "invalidValue")
		}},
		{"2.3.2", "a boolean attribute takes no other word", nil, func(t *testing.T, c *client) {
			c.do(t, "POST", "/Users", object{"schemas": array{userURN}, "userName": c.unique(), "active": "perhaps"}).refused(t, 400, "invalidValue")
		}},
		{"2.3.3", "a decimal keeps its value", nil, func(t *testing.T, c *client) {
			u := c.user(t, badge(object{"weight": 3.25}))
			c.get(t, "/Users/"+u.id()).has(t, 3.25, badgeURN, "weight")
		}},
		{"2.3.4", "an integer with a fraction is refused", []string{"MUST NOT contain fractional or exponent parts"},
			func(t *testing.T, c *client) {
				bad := `{"schemas":["` + userURN + `","` + badgeURN + `"],"userName":"` + c.unique() + `","` + badgeURN + `":{"level":`
				c.do(t, "POST", "/Users", bad+`1.5}}`).refused(t, 400, "invalidValue")
				c.do(t, "POST", "/Users", bad+`"one"}}`).refused(t, 400, "invalidValue")
				u := c.user(t, badge(object{"level": 12}))
				if text := string(c.get(t, "/Users/"+u.id()).body); !strings.Contains(text, `"level":12}`) && !strings.Contains(text, `"level":12,`) {
					t.Errorf("the integer 12 does not come back as 12: %s", text)
				}
			}},
		{"2.3.5", "a dateTime that is no date and time is refused", []string{"MUST be encoded as a valid xsd:dateTime", "Values represented in JSON format MUST conform"},
			func(t *testing.T, c *client) {
				for _, bad := range []string{"2011-05-13", "04:42:34Z", "yesterday", "2011-13-13T04:42:34Z", ""} {
					body := badge(object{"issued": bad})
					body["userName"] = c.unique()
					if bad == "" {
						continue
					}
					c.do(t, "POST", "/Users", body).refused(t, 400, "invalidValue")
				}
				u := c.user(t, badge(object{"issued": "2008-01-23T04:56:22Z"}))
				u.has(t, "2008-01-23T04:56:22Z", badgeURN, "issued")
				for _, name := range []string{"created", "lastModified"} {
					if got := u.text("meta", name); !xsdDateTime.MatchString(got) {
						t.Errorf("meta.%s is %q", name, got)
					}
				}
			}},
		{"2.3.6", "a binary value that is not base64 is refused", []string{"MUST be base64 encoded"},
			func(t *testing.T, c *client) {
				body := badge(object{"photo": "not base64!"})
				body["userName"] = c.unique()
				c.do(t, "POST", "/Users", body).refused(t, 400, "invalidValue")
				c.user(t, badge(object{"photo": "AQIDBA=="})).has(t, "AQIDBA==", badgeURN, "photo")
			}},
		{"2.3.7", "a returned reference is a URI that a GET finds the target by", []string{
			"The value MUST be the absolute or relative URI", "the base URI for relative URI resolution MUST include",
			"MUST be to an HTTP-addressable resource", "MUST receive the target resource or an appropriate HTTP response",
		},
			func(t *testing.T, c *client) {
				u := c.user(t)
				g := c.group(t, u.id())
				ref := c.get(t, "/Groups/"+g.id()).text("members", 0, "$ref")
				c.get(t, ref).has(t, u.id(), "id")
				ref = c.get(t, "/Users/"+u.id()).text("groups", 0, "$ref")
				c.get(t, ref).has(t, g.id(), "id")
				c.do(t, "GET", strings.Replace(ref, g.id(), "nobody", 1), nil).refused(t, 404, "")
			}},
		{"2.3.8", "the order of attributes does not matter", []string{"MUST NOT require or expect attributes to be in any specific order"},
			func(t *testing.T, c *client) {
				a, b := c.unique(), c.unique()
				c.do(t, "POST", "/Users", `{"active":false,"name":{"familyName":"B","givenName":"A"},"userName":"`+a+`","schemas":["`+userURN+`"]}`).want(t, 201).has(t, false, "active")
				c.do(t, "POST", "/Users", `{"schemas":["`+userURN+`"],"userName":"`+b+`","name":{"givenName":"A","familyName":"B"},"active":false}`).want(t, 201).has(t, false, "active")
				u := c.user(t)
				c.do(t, "PATCH", "/Users/"+u.id(), `{"Operations":[{"value":"Vi","path":"nickName","op":"add"}],"schemas":["`+patchURN+`"]}`).want(t, 200).has(t, "Vi", "nickName")
			}},
		{"2.3.8", "no sub-attribute is complex", []string{"A complex attribute MUST NOT contain sub-attributes that have sub-attributes"},
			func(t *testing.T, c *client) {
				attributesOf(t, c, func(path []string, a object) {
					// The schema of schemas is the exception of section 7.
					if len(path) > 2 && a["type"] == "complex" && !strings.HasSuffix(path[0], ":Schema") {
						t.Errorf("%v is complex inside a complex attribute", path)
					}
				})
				body := object{"schemas": array{userURN}, "userName": c.unique(), "name": object{"familyName": object{"first": "x"}}}
				c.do(t, "POST", "/Users", body).refused(t, 400, "invalidValue")
			}},
		{"2.4", "attributes of objects are published as complex, with the standard sub-attributes in their meanings",
			[]string{"they SHALL be considered to be complex attributes", "these sub-attributes MUST be used with the meanings"},
			func(t *testing.T, c *client) {
				kinds := map[string]string{"type": "string", "primary": "boolean", "display": "string", "$ref": "reference"}
				complexes := 0
				attributesOf(t, c, func(path []string, a object) {
					if len(path) == 2 && a["type"] == "complex" {
						complexes++
					}
					if want := kinds[path[len(path)-1]]; len(path) == 3 && want != "" && a["type"] != want && strings.HasPrefix(path[0], "urn:ietf:params:scim:schemas:core:2.0:User") {
						t.Errorf("%v is %v, want %s", path, a["type"], want)
					}
				})
				if complexes == 0 {
					t.Error("no complex attribute is published")
				}
				u := c.user(t, object{"displayName": "Kim Vo"})
				g := c.group(t, u.id())
				g = c.get(t, "/Groups/"+g.id())
				g.has(t, u.id(), "members", 0, "value").has(t, "User", "members", 0, "type")
				g.has(t, u.text("meta", "location"), "members", 0, "$ref")
			}},
		{"2.4", "two primaries in one attribute are refused", []string{`The primary attribute value "true" MUST appear no more than once`},
			func(t *testing.T, c *client) {
				emails := array{object{"value": "a@example.com", "primary": true}, object{"value": "b@example.com", "type": "home", "primary": true}}
				c.do(t, "POST", "/Users", object{"schemas": array{userURN}, "userName": c.unique(), "emails": emails}).refused(t, 400, "invalidValue")
				u := c.user(t)
				c.do(t, "PUT", "/Users/"+u.id(), object{"schemas": array{userURN}, "userName": u.text("userName"), "emails": emails}).refused(t, 400, "invalidValue")
				c.patch(t, "/Users/"+u.id(), object{"op": "add", "path": "emails", "value": emails}).refused(t, 400, "invalidValue")
			}},
		{"2.4", "a value that says nothing about primary is not primary", []string{`the value of "primary" SHALL be assumed to be "false"`},
			func(t *testing.T, c *client) {
				mark := c.unique()
				c.user(t, object{"nickName": mark, "emails": array{object{"value": mark + "@example.com", "type": "work"}}})
				main := c.user(t, object{"nickName": mark, "emails": array{object{"value": mark + "2@example.com", "type": "work", "primary": true}}})
				same(t, []string{main.id()}, c.find(t, "/Users", "filter", `nickName eq "`+mark+`" and emails[primary eq true]`).ids(t), "users with a primary address")
			}},
		{"2.4", "a member's reference means the same whatever version its URI has", []string{"SHALL be considered comparable to URIs without a version"},
			func(t *testing.T, c *client) {
				u := c.user(t)
				for _, ref := range []string{"https://scim.example.com/Users/", "https://scim.example.com/v1/Users/", "Users/", "../Users/"} {
					g := c.do(t, "POST", "/Groups", object{"schemas": array{groupURN}, "displayName": c.unique(), "members": array{object{"value": u.id(), "$ref": ref + u.id()}}}).want(t, 201)
					c.get(t, "/Groups/"+g.id()).has(t, u.text("meta", "location"), "members", 0, "$ref")
				}
			}},
		{"2.4", "the same type and value are not returned twice", []string{"SHOULD NOT return the same (type, value) combination more than once"},
			func(t *testing.T, c *client) {
				email := object{"value": c.unique() + "@example.com", "type": "work"}
				u := c.user(t, object{"emails": array{email, email}})
				u.has(t, array{email}, "emails")
				c.patch(t, "/Users/"+u.id(), object{"op": "add", "path": "emails", "value": array{email}}).want(t, 200).has(t, array{email}, "emails")
			}},
		{"2.5", "unassigned, null and an empty list are the same", []string{`SHALL be considered to be equivalent in "state"`},
			func(t *testing.T, c *client) {
				mark := c.unique()
				u := c.user(t, object{"displayName": mark, "nickName": nil, "emails": array{}, "phoneNumbers": nil, "name": object{"familyName": nil}})
				for _, name := range []string{"nickName", "emails", "phoneNumbers", "name"} {
					if u.at(name) != nil {
						t.Errorf("%s is %v", name, u.at(name))
					}
					same(t, []string{}, c.find(t, "/Users", "filter", `displayName eq "`+mark+`" and `+name+" pr").ids(t), name+" pr")
				}
				full := c.user(t, object{"nickName": "Vi", "emails": array{object{"value": mark + "@example.com"}}})
				a := c.do(t, "PUT", "/Users/"+full.id(), object{"schemas": array{userURN}, "userName": full.text("userName"), "nickName": nil, "emails": array{}}).want(t, http.StatusOK)
				a.has(t, nil, "nickName").has(t, nil, "emails")
			}},
	}
}
