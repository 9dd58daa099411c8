package gateway_test

import (
	"testing"
)

// rfc7644Put is section 3.5.1, and 3.14 on versions.
func rfc7644Put() []requirement {
	return []requirement{
		{"3.5.1", "PUT replaces: what is not said is gone", []string{"Any values provided SHALL replace the existing attribute values", "3.5: Implementers MUST support HTTP PUT"},
			func(t *testing.T, c *client) {
				u := c.user(t, object{
					"title": "Dr", "nickName": "Vi", "externalId": "x1", "active": true, "emails": array{object{"value": "a@example.com"}},
					enterpriseURN: object{"department": "Sales"},
				})
				body := object{"schemas": array{userURN}, "userName": u.text("userName"), "title": "Prof", "emails": array{object{"value": "b@example.com"}}}
				a := c.do(t, "PUT", "/Users/"+u.id(), body).want(t, 200)
				a.has(t, "Prof", "title").has(t, nil, "nickName").has(t, nil, enterpriseURN).has(t, array{object{"value": "b@example.com"}}, "emails").has(t, array{userURN}, "schemas")
				same(t, a.json, c.get(t, "/Users/"+u.id()).json, "what GET returns")
				for _, filter := range []string{`nickName eq "Vi"`, `emails.value eq "a@example.com"`, enterpriseURN + `:department pr`} {
					same(t, []string{}, c.find(t, "/Users", "filter", `id eq "`+u.id()+`" and `+filter).ids(t), filter)
				}
			}},
		{"3.5.1", "a group's members are replaced", nil, func(t *testing.T, c *client) {
			a, b, d := c.user(t).id(), c.user(t).id(), c.user(t).id()
			g := c.group(t, a, b)
			put := func(members any) answer {
				body := object{"schemas": array{groupURN}, "displayName": g.text("displayName")}
				if members != nil {
					body["members"] = members
				}
				return c.do(t, "PUT", "/Groups/"+g.id(), body).want(t, 200)
			}
			same(t, sorted(b, d), put(array{object{"value": b}, object{"value": d}}).members(t), "members")
			same(t, sorted(b, d), c.get(t, "/Groups/"+g.id()).members(t), "members")
			same(t, []string{}, put(array{}).members(t), "members after an empty list")
			same(t, []string{}, c.get(t, "/Groups/"+g.id()).members(t), "members")
		}},
		{"3.5.1", "immutable values must match", []string{"the input value(s) MUST match, or HTTP status code 400 SHOULD be returned", "the new value(s) SHALL be applied"},
			func(t *testing.T, c *client) {
				u := c.user(t)
				put := func(serial string) answer {
					body := badge(object{"serial": serial})
					body["userName"] = u.text("userName")
					return c.do(t, "PUT", "/Users/"+u.id(), body)
				}
				put("S1").want(t, 200).has(t, "S1", badgeURN, "serial")
				put("S1").want(t, 200)
				put("S2").refused(t, 400, "mutability")
				c.get(t, "/Users/"+u.id()).has(t, "S1", badgeURN, "serial")
			}},
		{"3.5.1", "readOnly values are ignored", []string{"readOnly  Any values provided SHALL be ignored"},
			func(t *testing.T, c *client) {
				u := c.user(t)
				body, _ := c.get(t, "/Users/"+u.id()).json.(object)
				body["id"], body["meta"], body["groups"] = "other", object{"version": "x"}, array{object{"value": "y"}}
				body["title"] = "Dr"
				c.do(t, "PUT", "/Users/"+u.id(), body).want(t, 200).has(t, u.id(), "id").has(t, u.text("meta", "created"), "meta", "created").has(t, nil, "groups")
			}},
		{"3.5.1", "a required attribute must be there", []string{`clients MUST specify the attribute in the PUT request`, "SHALL be removed or defaulted"},
			func(t *testing.T, c *client) {
				u, g := c.user(t, object{"title": "Dr"}), c.group(t)
				c.do(t, "PUT", "/Users/"+u.id(), object{"schemas": array{userURN}, "title": "Prof"}).refused(t, 400, "invalidValue")
				c.do(t, "PUT", "/Groups/"+g.id(), object{"schemas": array{groupURN}}).refused(t, 400, "invalidValue")
				c.get(t, "/Users/"+u.id()).has(t, "Dr", "title").has(t, u.text("meta", "version"), "meta", "version")
			}},
		{"3.5.1", "PUT of what is there already changes nothing", nil, func(t *testing.T, c *client) {
			u := c.user(t, object{"title": "Dr", "emails": array{object{"value": "a@example.com", "type": "work", "primary": true}}})
			body := c.get(t, "/Users/"+u.id()).json
			same(t, u.at("meta"), c.do(t, "PUT", "/Users/"+u.id(), body).want(t, 200).at("meta"), "meta")
		}},
		{"3.14", "versions are in the ETag and in meta.version", []string{"SCIM ETags MUST be specified as an HTTP header and SHOULD be specified within the 'version' attribute"},
			func(t *testing.T, c *client) {
				c.get(t, "/ServiceProviderConfig").has(t, true, "etag", "supported")
				u, g := c.user(t), c.group(t)
				for _, path := range []string{"/Users/" + u.id(), "/Groups/" + g.id()} {
					a := c.get(t, path)
					if etag := a.header.Get("ETag"); etag == "" || etag != a.text("meta", "version") {
						t.Errorf("ETag is %q, meta.version %q", etag, a.text("meta", "version"))
					}
				}
				a := c.patch(t, "/Users/"+u.id(), object{"op": "add", "path": "title", "value": "Dr"}).want(t, 200)
				if a.header.Get("ETag") == u.header.Get("ETag") || a.header.Get("ETag") != a.text("meta", "version") {
					t.Errorf("ETag %q after %q", a.header.Get("ETag"), u.header.Get("ETag"))
				}
			}},
		{"3.14", "If-None-Match answers 304 to a reader who has it", nil, func(t *testing.T, c *client) {
			u := c.user(t)
			version := u.text("meta", "version")
			for _, header := range []string{version, "*", `W/"other", ` + version, version[2:]} {
				a := c.do(t, "GET", "/Users/"+u.id(), nil, "If-None-Match", header).want(t, 304)
				if a.header.Get("ETag") != version {
					t.Errorf("ETag of a 304 is %q", a.header.Get("ETag"))
				}
			}
			c.do(t, "GET", "/Users/"+u.id(), nil, "If-None-Match", `W/"other"`).want(t, 200)
		}},
		{"3.14", "If-Match refuses a writer who has an old one", nil, func(t *testing.T, c *client) {
			u := c.user(t, object{"title": "Dr"})
			path, old := "/Users/"+u.id(), u.text("meta", "version")
			patch := object{"schemas": array{patchURN}, "Operations": array{object{"op": "replace", "path": "title", "value": "Prof"}}}
			put := object{"schemas": array{userURN}, "userName": u.text("userName")}
			current := c.do(t, "PATCH", path, patch, "If-Match", old).want(t, 200).text("meta", "version")
			c.do(t, "PATCH", path, patch, "If-Match", old).refused(t, 412, "")
			c.do(t, "PUT", path, put, "If-Match", old).refused(t, 412, "")
			c.do(t, "DELETE", path, nil, "If-Match", old).refused(t, 412, "")
			c.get(t, path).has(t, "Prof", "title").has(t, current, "meta", "version")
			c.do(t, "PUT", path, put, "If-Match", `"nothing", `+current).want(t, 200)
			c.do(t, "PUT", path, put, "If-Match", "*").want(t, 200)
			c.do(t, "PUT", "/Users/nobody", put, "If-Match", "*").want(t, 404, 412)
			c.do(t, "DELETE", path, nil, "If-Match", c.get(t, path).text("meta", "version")).want(t, 204)
		}},
		{"3.14", "If-None-Match: * refuses to overwrite", nil, func(t *testing.T, c *client) {
			u := c.user(t)
			put := object{"schemas": array{userURN}, "userName": u.text("userName"), "title": "x"}
			c.do(t, "PUT", "/Users/"+u.id(), put, "If-None-Match", "*").refused(t, 412, "")
		}},
	}
}
