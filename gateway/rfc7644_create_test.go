package gateway_test

import (
	"net/url"
	"strings"
	"testing"
)

// rfc7644Create is sections 1 to 3.3: authentication, messages, creating.
func rfc7644Create() []requirement {
	return []requirement{
		{"1.2", "percent-encoding in a request is understood, and returned URIs need none", []string{"MUST percent-encode URLs"},
			func(t *testing.T, c *client) {
				u := c.user(t)
				c.get(t, "/Users/"+strings.ReplaceAll(u.id(), "-", "%2D")).has(t, u.id(), "id")
				location, err := url.Parse(u.text("meta", "location"))
				if err != nil || location.String() != u.text("meta", "location") {
					t.Errorf("meta.location %q: %v", u.text("meta", "location"), err)
				}
			}},
		{"1.3", "locations begin with the base URI and have no query", []string{"The Base URI MUST NOT contain a query string"},
			func(t *testing.T, c *client) {
				a := c.do(t, "POST", "/Users?attributes=userName&x=y", object{"schemas": array{userURN}, "userName": c.unique()}).want(t, 201)
				if location := a.header.Get("Location"); location != c.base+"/Users/"+a.id() {
					t.Errorf("Location is %q", location)
				}
			}},
		{"2", "a request without a token that counts is 401 and told how to authenticate", []string{
			`SHALL indicate supported HTTP authentication schemes via the "WWW-Authenticate" header`,
			"MUST be able to map the authenticated client to an access control policy", "the unique client MUST be mapped to a security subject",
			"SHOULD consider the subject performing the request",
		},
			func(t *testing.T, c *client) {
				u := c.user(t)
				for _, authorization := range []string{"", "Bearer", "Bearer ", "Bearer nonsense", "non-token", "Basic dXNlcjpwYXNz", strings.TrimPrefix(c.header.Get("Authorization"), "Bearer ")} {
					stranger := c.with("Authorization", authorization)
					for _, path := range []string{"/Users", "/Users/" + u.id(), "/Groups", "/ServiceProviderConfig", "/nothing", "/Me"} {
						stranger.do(t, "GET", path, nil).want(t, 401)
					}
					stranger.do(t, "POST", "/Users", object{"schemas": array{userURN}, "userName": c.unique()}).want(t, 401)
					stranger.do(t, "DELETE", "/Users/"+u.id(), nil).want(t, 401)
				}
				c.get(t, "/Users/"+u.id())
				// The scheme's name is case-insensitive (RFC 7235).
				c.with("Authorization", strings.Replace(c.header.Get("Authorization"), "Bearer", "bearer", 1)).get(t, "/Users/"+u.id())
			}},
		{"2", "a token counts on its own connection only", nil, func(t *testing.T, c *client) {
			u := c.user(t)
			c.do(t, "GET", strings.TrimSuffix(c.base, "/staff")+"/other/Users/"+u.id(), nil).want(t, 401)
		}},
		{"3.1", "messages have the URIs of the protocol, and are no schemas", []string{`MUST begin with "urn:ietf:params:scim:api:"`, `SHALL NOT be discoverable using the "/Schemas" endpoint`},
			func(t *testing.T, c *client) {
				c.get(t, "/Users?count=1").has(t, array{listURN}, "schemas")
				c.do(t, "GET", "/Users/x", nil).want(t, 404).has(t, array{errorURN}, "schemas")
				if body := string(c.get(t, "/Schemas").body); strings.Contains(body, `"id":"urn:ietf:params:scim:api:`) {
					t.Error("a message's schema is among /Schemas")
				}
				for _, urn := range []string{listURN, patchURN, errorURN} {
					c.do(t, "GET", "/Schemas/"+urn, nil).refused(t, 404, "")
				}
			}},
		{"3.1", "an answer is the state as it is kept", []string{"SHALL reflect resource state as interpreted by the SCIM service provider"},
			func(t *testing.T, c *client) {
				u := c.user(t, object{"active": "True", "title": "Dr", "unknownAttribute": 1, "emails": array{}})
				u.has(t, true, "active").has(t, nil, "unknownAttribute")
				same(t, u.json, c.get(t, "/Users/"+u.id()).json, "what GET returns")
				same(t, u.json, c.find(t, "/Users", "filter", `id eq "`+u.id()+`"`).at("Resources", 0), "what a list has")
			}},
		{"3.2", "endpoints are the plural of the type's name", []string{"SHOULD define resource endpoints using the convention of pluralizing"},
			func(t *testing.T, c *client) {
				c.get(t, "/ResourceTypes/User").has(t, "/Users", "endpoint")
				c.get(t, "/ResourceTypes/Group").has(t, "/Groups", "endpoint")
				c.get(t, "/ResourceTypes/Device").has(t, "/Devices", "endpoint")
			}},
		{"3.2", "an error's status is in the header and in the body", []string{"SHOULD also be specified in the body of the response"},
			func(t *testing.T, c *client) {
				c.do(t, "GET", "/Users/nobody", nil).refused(t, 404, "").has(t, "404", "status")
				c.do(t, "POST", "/Users", "{").refused(t, 400, "invalidSyntax").has(t, "400", "status")
				c.do(t, "GET", "/Nothing", nil).refused(t, 404, "")
				a := c.do(t, "DELETE", "/Users", nil).refused(t, 405, "")
				if !strings.Contains(a.header.Get("Allow"), "GET") || !strings.Contains(a.header.Get("Allow"), "POST") {
					t.Errorf("Allow is %q", a.header.Get("Allow"))
				}
				c.do(t, "POST", "/Users/x", object{}).refused(t, 405, "")
				c.do(t, "POST", "/Schemas", object{}).refused(t, 405, "")
			}},
		{"3.2", "PUT does not create", []string{"PUT MUST NOT be used to create new resources", "3.5.1: HTTP PUT MUST NOT be used to create"},
			func(t *testing.T, c *client) {
				name := c.unique()
				const id = "7b4b1d0a-1111-4222-8333-444455556666"
				c.do(t, "PUT", "/Users/"+id, object{"schemas": array{userURN}, "id": id, "userName": name}).refused(t, 404, "")
				c.do(t, "PUT", "/Users", object{"schemas": array{userURN}, "userName": name}).refused(t, 405, "")
				same(t, []string{}, c.find(t, "/Users", "filter", `userName eq "`+name+`"`).ids(t), "users of that name")
			}},
		{"3.3", "readOnly attributes in a request are ignored", []string{"SHALL process attributes according to the following mutability rules", `"readOnly" (see Sections 2.2 and 7 of [RFC7643]) SHALL be ignored`},
			func(t *testing.T, c *client) {
				g := c.group(t)
				u := c.user(t, object{"id": "mine", "groups": array{object{"value": g.id()}}, enterpriseURN: object{"manager": object{"value": "1", "displayName": "Boss"}}})
				if u.id() == "mine" || u.at("groups") != nil || u.at(enterpriseURN, "manager", "displayName") == "Boss" {
					t.Errorf("readOnly attributes were taken: %s", u.body)
				}
			}},
		{"3.3", "creating is 201 with the resource and its location", []string{
			"SHALL be returned with HTTP status code 201", "SHOULD contain the service provider's representation", `SHALL include, in the HTTP "Location" header and the HTTP body`,
		},
			func(t *testing.T, c *client) {
				for _, a := range []answer{c.user(t), c.group(t), c.do(t, "POST", "/Devices", object{"schemas": array{deviceURN}, "serialNumber": c.unique()}).want(t, 201)} {
					location := a.header.Get("Location")
					if location == "" || location != a.text("meta", "location") {
						t.Errorf("Location is %q, meta.location %q", location, a.text("meta", "location"))
					}
					same(t, a.json, c.get(t, location).json, "what is at the location")
					if a.header.Get("ETag") != a.text("meta", "version") {
						t.Errorf("ETag is %q, meta.version %q", a.header.Get("ETag"), a.text("meta", "version"))
					}
				}
			}},
		{"3.3", "a duplicate is 409 uniqueness", []string{"the service provider MUST return HTTP status code 409"},
			func(t *testing.T, c *client) {
				u, g := c.user(t), c.group(t)
				c.do(t, "POST", "/Users", object{"schemas": array{userURN}, "userName": u.text("userName")}).refused(t, 409, "uniqueness")
				c.do(t, "POST", "/Groups", object{"schemas": array{groupURN}, "displayName": g.text("displayName")}).refused(t, 409, "uniqueness")
				c.do(t, "POST", "/Groups", object{"schemas": array{groupURN}, "displayName": strings.ToUpper(g.text("displayName"))}).refused(t, 409, "uniqueness")
			}},
		{"3.3.1", "meta.resourceType is that of the endpoint", []string{`"resourceType" SHALL be set by the HTTP service provider`},
			func(t *testing.T, c *client) {
				c.user(t, object{"meta": object{"resourceType": "Group"}}).has(t, "User", "meta", "resourceType")
				c.group(t).has(t, "Group", "meta", "resourceType")
			}},
		{"3.4.1", "a resource is read at its location, and is 404 where it is not", nil, func(t *testing.T, c *client) {
			u := c.user(t)
			a := c.get(t, u.text("meta", "location"))
			same(t, u.json, a.json, "the user")
			c.do(t, "GET", "/Groups/"+u.id(), nil).refused(t, 404, "")
			c.do(t, "GET", "/Users/"+u.id()+"x", nil).refused(t, 404, "")
			c.do(t, "GET", "/Users/"+u.id()+"/name", nil).refused(t, 404, "")
		}},
		{"3.6", "what is deleted is gone: 204, then 404 to everything", []string{
			"MUST return a 404 (Not Found) error code for all operations", "MUST omit the resource from future query results", "SHALL return a successful HTTP status code 204",
		},
			func(t *testing.T, c *client) {
				u := c.user(t, object{"externalId": c.unique()})
				g := c.group(t, u.id())
				path := "/Users/" + u.id()
				c.do(t, "DELETE", path, nil).want(t, 204)
				c.do(t, "GET", path, nil).refused(t, 404, "")
				c.do(t, "PUT", path, object{"schemas": array{userURN}, "userName": u.text("userName")}).refused(t, 404, "")
				c.patch(t, path, object{"op": "add", "path": "nickName", "value": "x"}).refused(t, 404, "")
				c.do(t, "DELETE", path, nil).refused(t, 404, "")
				for _, filter := range []string{`id eq "` + u.id() + `"`, `userName eq "` + u.text("userName") + `"`, `externalId eq "` + u.text("externalId") + `"`} {
					same(t, []string{}, c.find(t, "/Users", "filter", filter).ids(t), filter)
				}
				same(t, []string{}, c.get(t, "/Groups/"+g.id()).members(t), "the group's members")
				c.do(t, "DELETE", "/Groups/"+g.id(), nil).want(t, 204)
				c.do(t, "GET", "/Groups/"+g.id(), nil).refused(t, 404, "")
			}},
		{"3.6", "what is deleted is in nobody's way", []string{"SHOULD NOT consider the deleted resource in conflict calculation", "SHOULD NOT fail with a 409 error due to userName conflict"},
			func(t *testing.T, c *client) {
				u, g := c.user(t, object{"externalId": "e1"}), c.group(t)
				c.do(t, "DELETE", "/Users/"+u.id(), nil).want(t, 204)
				c.do(t, "DELETE", "/Groups/"+g.id(), nil).want(t, 204)
				c.do(t, "POST", "/Users", object{"schemas": array{userURN}, "userName": u.text("userName"), "externalId": "e1"}).want(t, 201)
				c.do(t, "POST", "/Groups", object{"schemas": array{groupURN}, "displayName": g.text("displayName")}).want(t, 201)
			}},
	}
}
