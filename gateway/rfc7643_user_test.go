package gateway_test

import (
	"strings"
	"testing"
)

// rfc7643User is section 4: users, groups and the enterprise extension.
func rfc7643User() []requirement {
	return []requirement{
		{"4.1.1", "a user without a userName is refused", []string{"Each User MUST include a non-empty userName value"},
			func(t *testing.T, c *client) {
				u := c.user(t)
				for _, body := range []object{{}, {"userName": ""}, {"userName": nil}, {"userName": "  "}} {
					body["schemas"] = array{userURN}
					c.do(t, "POST", "/Users", body).refused(t, 400, "invalidValue")
					c.do(t, "PUT", "/Users/"+u.id(), body).refused(t, 400, "invalidValue")
				}
				c.get(t, "/Users/"+u.id()).has(t, u.text("userName"), "userName")
			}},
		{"4.1.1", "a userName is unique, in any case", []string{"MUST be unique across the service provider's entire set of Users"},
			func(t *testing.T, c *client) {
				u, other := c.user(t), c.user(t)
				taken := strings.ToUpper(u.text("userName"))
				c.do(t, "POST", "/Users", object{"schemas": array{userURN}, "userName": taken}).refused(t, 409, "uniqueness")
				c.do(t, "PUT", "/Users/"+other.id(), object{"schemas": array{userURN}, "userName": taken}).refused(t, 409, "uniqueness")
				c.patch(t, "/Users/"+other.id(), object{"op": "replace", "path": "userName", "value": taken}).refused(t, 409, "uniqueness")
				same(t, []string{u.id()}, c.find(t, "/Users", "filter", `userName eq "`+taken+`"`).ids(t), "users of that name")
				c.patch(t, "/Users/"+u.id(), object{"op": "replace", "path": "userName", "value": taken}).want(t, 200).has(t, taken, "userName")
			}},
		{"4.1.1", "a password is in no answer, whatever is asked for", []string{"SHALL NOT be returnable by a service provider", "MUST NOT be returned by a service provider in any form"},
			func(t *testing.T, c *client) {
				const secret = "t1meMa$heen-4.1.1"
				u := c.user(t, object{"password": secret})
				path := "/Users/" + u.id()
				answers := []answer{
					u, c.get(t, path), c.get(t, path+"?attributes=password"), c.get(t, path+"?attributes=userName,password"),
					c.find(t, "/Users", "filter", `id eq "`+u.id()+`"`, "attributes", "password"),
					c.do(t, "PUT", path, object{"schemas": array{userURN}, "userName": u.text("userName"), "password": secret + "2"}).want(t, 200),
					c.patch(t, path, object{"op": "replace", "path": "password", "value": secret + "3"}).want(t, 200),
					c.patch(t, path, object{"op": "replace", "value": object{"password": secret + "4"}}).want(t, 200),
					c.do(t, "POST", "/Users/.search", object{"schemas": array{searchURN}, "filter": `id eq "` + u.id() + `"`, "attributes": array{"password"}}).want(t, 200),
				}
				for _, a := range answers {
					if strings.Contains(string(a.body), secret) {
						t.Errorf("%s %s returns the password", a.method, a.path)
					}
				}
			}},
		{"4.1.1", "a password cannot be asked after", nil, func(t *testing.T, c *client) {
			for _, filter := range []string{`password eq "x"`, `password sw "x"`, `password pr`, `not (password eq "x")`, `userName pr and password co "a"`} {
				c.find(t, "/Users", "filter", filter).refused(t, 403, "sensitive")
			}
			c.do(t, "POST", "/Users/.search", object{"schemas": array{searchURN}, "filter": `password eq "x"`}).refused(t, 403, "sensitive")
			if a := c.find(t, "/Users", "sortBy", "password"); a.status == 200 {
				t.Error("users are sorted by their passwords")
			}
		}},
		{"4.1.1", "a password is a string that is not empty", nil, func(t *testing.T, c *client) {
			for _, bad := range []any{7, "", array{"x"}, object{"value": "x"}} {
				c.do(t, "POST", "/Users", object{"schemas": array{userURN}, "userName": c.unique(), "password": bad}).refused(t, 400, "invalidValue")
			}
		}},
		{"4.1.2", "a user's groups are direct, with the group's id and URI", []string{
			"SHOULD indicate that clients may modify membership", `sub-attribute MUST be the "id"`,
		},
			func(t *testing.T, c *client) {
				u := c.user(t)
				g := c.group(t, u.id())
				c.get(t, "/Users/"+u.id()).has(t, array{object{
					"value": g.id(), "$ref": g.text("meta", "location"), "display": g.text("displayName"), "type": "direct",
				}}, "groups")
			}},
		{"4.1.2", "memberships change by the group alone", []string{`group membership changes MUST be applied via the "Group" Resource`},
			func(t *testing.T, c *client) {
				g := c.group(t)
				u := c.user(t, object{"groups": array{object{"value": g.id()}}})
				same(t, []string{}, c.get(t, "/Groups/"+g.id()).members(t), "members after POST")
				c.do(t, "PUT", "/Users/"+u.id(), object{"schemas": array{userURN}, "userName": u.text("userName"), "groups": array{object{"value": g.id()}}}).want(t, 200)
				same(t, []string{}, c.get(t, "/Groups/"+g.id()).members(t), "members after PUT")
				c.patch(t, "/Users/"+u.id(), object{"op": "add", "path": "groups", "value": array{object{"value": g.id()}}}).refused(t, 400, "mutability")
				c.get(t, "/Users/"+u.id()).has(t, nil, "groups")
			}},
		{"4.1.2", "a certificate is base64", []string{"which MUST be base64 encoded"},
			func(t *testing.T, c *client) {
				c.do(t, "POST", "/Users", object{"schemas": array{userURN}, "userName": c.unique(), "x509Certificates": array{object{"value": "%%%"}}}).refused(t, 400, "invalidValue")
				c.user(t, object{"x509Certificates": array{object{"value": "MIIDQzCCAqygAwIBAgICEAAwDQ=="}}})
			}},
		{"4.2", "a group without a name is refused", nil, func(t *testing.T, c *client) {
			for _, body := range []object{{}, {"displayName": ""}, {"displayName": nil}} {
				body["schemas"] = array{groupURN}
				c.do(t, "POST", "/Groups", body).refused(t, 400, "invalidValue")
			}
		}},
		{"4.2", "groups nest", nil, func(t *testing.T, c *client) {
			inner := c.group(t)
			outer := c.group(t, inner.id())
			c.get(t, "/Groups/"+outer.id()).has(t, "Group", "members", 0, "type").has(t, inner.text("meta", "location"), "members", 0, "$ref")
		}},
		{"4.3", "a manager's id and reference come back", []string{"RECOMMENDED"}, func(t *testing.T, c *client) {
			boss := c.user(t)
			u := c.user(t, object{enterpriseURN: object{"manager": object{"value": boss.id(), "$ref": "../Users/" + boss.id()}}})
			got := c.get(t, "/Users/"+u.id())
			got.has(t, boss.id(), enterpriseURN, "manager", "value")
			if got.text(enterpriseURN, "manager", "$ref") == "" {
				t.Errorf("the manager's $ref is lost: %s", got.body)
			}
		}},
	}
}
