package gateway_test

import (
	"slices"
	"strings"
	"testing"
)

// rfc7643Common is section 3: schemas and the attributes of every resource.
func rfc7643Common() []requirement {
	const unknownURN = "urn:example:params:scim:schemas:nobody:2.0:Thing"
	return []requirement{
		{"3", "schemas is there, without what is not of the type and without repetition, whatever its order", []string{
			"MUST include a non-empty array", "MUST only contain values defined as", "Duplicate values MUST NOT be included", "MUST NOT impact behavior",
		},
			func(t *testing.T, c *client) {
				department := object{"department": "Sales"}
				for _, schemas := range []array{{userURN, enterpriseURN}, {enterpriseURN, userURN}, {userURN, userURN, enterpriseURN, enterpriseURN}, {unknownURN, userURN, enterpriseURN}} {
					a := c.do(t, "POST", "/Users", object{"schemas": schemas, "userName": c.unique(), enterpriseURN: department}).want(t, 201)
					got, _ := a.at("schemas").(array)
					slices.SortFunc(got, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
					same(t, array{userURN, enterpriseURN}, got, "schemas")
					a.has(t, "Sales", enterpriseURN, "department")
				}
			}},
		{"3", "common attributes need no schema of their own", []string{"SHALL be assumed to be present in every resource"},
			func(t *testing.T, c *client) {
				mark := c.unique()
				c.user(t, object{"externalId": mark}).has(t, mark, "externalId")
				for _, filter := range []string{`externalId eq "` + mark + `"`, `externalId eq "` + mark + `" and meta.resourceType eq "User" and id pr and schemas eq "` + userURN + `"`} {
					if ids := c.find(t, "/Users", "filter", filter).ids(t); len(ids) != 1 {
						t.Errorf("%s finds %v", filter, ids)
					}
				}
			}},
		{"3.1", "every resource has id, meta and externalId, also of a type of one's own", []string{"these attributes MUST be defined for all resources", "MUST be assigned values by the service provider"},
			func(t *testing.T, c *client) {
				device := c.do(t, "POST", "/Devices", object{"schemas": array{deviceURN}, "serialNumber": c.unique(), "externalId": "x-1"}).want(t, 201)
				device.has(t, "x-1", "externalId").has(t, "Device", "meta", "resourceType")
				for _, a := range []answer{c.user(t), c.group(t), device} {
					for _, keys := range [][]any{{"id"}, {"meta", "resourceType"}, {"meta", "created"}, {"meta", "lastModified"}, {"meta", "location"}, {"meta", "version"}} {
						if a.text(keys...) == "" {
							t.Errorf("POST %s: %v is missing: %s", a.path, keys, a.body)
						}
					}
				}
			}},
		{"3.1", "ids are the provider's, unique over all types, stable, and not the client's", []string{
			`MUST include a non-empty "id" value`, "MUST be unique across the SCIM service provider", "MUST be a stable, non-reassignable identifier",
			"MUST NOT be specified by the client", `"bulkId" is a reserved keyword`,
		},
			func(t *testing.T, c *client) {
				u := c.user(t, object{"id": "chosen"})
				seen := []string{}
				for _, id := range []string{u.id(), c.user(t).id(), c.group(t).id(), c.group(t).id()} {
					if id == "" || id == "chosen" || slices.Contains(seen, id) || strings.Contains(strings.ToLower(id), "bulkid") {
						t.Errorf("id %q among %v", id, seen)
					}
					seen = append(seen, id)
				}
				path := "/Users/" + u.id()
				c.do(t, "PUT", path, object{"schemas": array{userURN}, "id": "other", "userName": c.unique()}).want(t, 200).has(t, u.id(), "id")
				c.patch(t, path, object{"op": "replace", "path": "nickName", "value": "x"}).want(t, 200).has(t, u.id(), "id")
				c.patch(t, path, object{"op": "replace", "path": "id", "value": "other"}).refused(t, 400, "mutability")
				c.get(t, path).has(t, u.id(), "id")
				c.do(t, "DELETE", path, nil).want(t, 204)
				if again := c.user(t, object{"userName": u.text("userName")}).id(); again == u.id() {
					t.Error("the id of a deleted user was given out again")
				}
			}},
		{"3.1", "externalId is the client's alone", []string{"MUST NOT be specified by the service provider"},
			func(t *testing.T, c *client) {
				u := c.user(t)
				u.has(t, nil, "externalId")
				c.get(t, "/Users/"+u.id()).has(t, nil, "externalId")
				c.group(t).has(t, nil, "externalId")
			}},
		{"3.1", "externalId is compared as it is written", nil, func(t *testing.T, c *client) {
			mark := "Xx" + c.unique()
			u := c.user(t, object{"externalId": mark})
			same(t, []string{u.id()}, c.find(t, "/Users", "filter", `externalId eq "`+mark+`"`).ids(t), "the same case")
			same(t, []string{}, c.find(t, "/Users", "filter", `externalId eq "`+strings.ToUpper(mark)+`"`).ids(t), "another case")
		}},
		{"3.1", "meta is the provider's", []string{"SHALL be ignored when provided by clients", "This attribute MUST be a DateTime", `MUST be the same as the value of "created"`},
			func(t *testing.T, c *client) {
				u := c.user(t, object{"meta": object{"resourceType": "Group", "created": "2001-01-01T00:00:00Z", "lastModified": "2001-01-01T00:00:00Z", "location": "http://x.example/", "version": `W/"99"`}})
				u.has(t, "User", "meta", "resourceType").has(t, u.text("meta", "created"), "meta", "lastModified")
				if created := u.text("meta", "created"); !xsdDateTime.MatchString(created) || strings.HasPrefix(created, "2001") {
					t.Errorf("meta.created is %q", created)
				}
				if location := u.text("meta", "location"); location != c.base+"/Users/"+u.id() {
					t.Errorf("meta.location is %q", location)
				}
				c.do(t, "PUT", "/Users/"+u.id(), object{"schemas": array{userURN}, "userName": c.unique(), "meta": object{"created": "2001-01-01T00:00:00Z"}}).want(t, 200).
					has(t, u.text("meta", "created"), "meta", "created")
			}},
		{"3.1", "lastModified moves with a change", nil, func(t *testing.T, c *client) {
			u := c.user(t)
			before := u
			// Two changes may fall into one tick of the clock; a hundred do not.
			for range 100 {
				a := c.patch(t, "/Users/"+u.id(), object{"op": "add", "path": "nickName", "value": c.unique()}).want(t, 200)
				a.has(t, u.text("meta", "created"), "meta", "created")
				if a.text("meta", "version") == before.text("meta", "version") || a.text("meta", "lastModified") < before.text("meta", "lastModified") {
					t.Errorf("meta went from %v to %v", before.at("meta"), a.at("meta"))
				}
				if a.text("meta", "lastModified") > u.text("meta", "lastModified") {
					return
				}
				before = a
			}
			t.Errorf("lastModified stays at %s", u.text("meta", "lastModified"))
		}},
		{"3.1", "meta.location is the Content-Location", []string{`MUST be the same as the "Content-Location"`},
			func(t *testing.T, c *client) {
				u := c.user(t)
				if got, want := c.get(t, "/Users/"+u.id()).header.Get("Content-Location"), u.text("meta", "location"); got != want {
					t.Errorf("Content-Location is %q, meta.location %q", got, want)
				}
			}},
		{"3.1", "the version is marked as weak", []string{"MUST mark the \"version\" (entity-tag) as weak"},
			func(t *testing.T, c *client) {
				for _, a := range []answer{c.user(t), c.group(t)} {
					if v := a.text("meta", "version"); !strings.HasPrefix(v, `W/"`) || !strings.HasSuffix(v, `"`) {
						t.Errorf("meta.version is %q", v)
					}
				}
			}},
		{"3.3", "the base schema is always among schemas, and an extension's attributes are under its URI", []string{
			"which SHALL be the base schema", "SHALL be used as a JSON container",
		},
			func(t *testing.T, c *client) {
				u := c.user(t, object{enterpriseURN: object{"employeeNumber": "42"}})
				u.has(t, userURN, "schemas", 0).has(t, "42", enterpriseURN, "employeeNumber").has(t, nil, "employeeNumber")
				a := c.do(t, "POST", "/Users", object{"schemas": array{enterpriseURN}, "userName": c.unique(), enterpriseURN: object{"costCenter": "7"}}).want(t, 201)
				if got, _ := a.at("schemas").(array); !slices.Contains(got, any(userURN)) {
					t.Errorf("schemas is %v", got)
				}
			}},
		{"3.3", "no extension redefines an attribute of the base", []string{"Schema extensions SHOULD avoid redefining"},
			func(t *testing.T, c *client) {
				base := map[string]bool{}
				attributesOf(t, c, func(path []string, _ object) {
					if len(path) == 2 && path[0] == userURN {
						base[strings.ToLower(path[1])] = true
					}
				})
				attributesOf(t, c, func(path []string, _ object) {
					if len(path) == 2 && path[0] == enterpriseURN && base[strings.ToLower(path[1])] {
						t.Errorf("the enterprise extension redefines %s", path[1])
					}
				})
			}},
	}
}
