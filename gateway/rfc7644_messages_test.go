package gateway_test

import (
	"fmt"
	"strings"
	"testing"
)

// rfc7644Messages is sections 3.8, 3.11 to 3.13, 4, 5, 7 and 8: formats,
// errors, discovery and safety.
func rfc7644Messages() []requirement {
	return []requirement{
		{"3.8", "JSON in UTF-8 is accepted and returned, as scim+json", []string{
			"Servers MUST accept requests and be able to return JSON-structured responses using UTF-8", "UTF-8 SHALL be the default encoding",
			`MUST support the "Accept" header`, `8.1: SHOULD use the "application/scim+json" media type`,
		},
			func(t *testing.T, c *client) {
				for _, contentType := range []string{"application/scim+json", "application/scim+json; charset=utf-8", "application/json", "application/json;charset=UTF-8", "APPLICATION/SCIM+JSON"} {
					body := object{"schemas": array{userURN}, "userName": c.unique(), "displayName": "Zoë Łukasz 日本 😀"}
					a := c.do(t, "POST", "/Users", body, "Content-Type", contentType).want(t, 201).has(t, "Zoë Łukasz 日本 😀", "displayName")
					for _, accept := range []string{"application/scim+json", "application/json", "*/*", "", "text/html, application/json;q=0.9"} {
						c.do(t, "GET", "/Users/"+a.id(), nil, "Accept", accept).want(t, 200)
					}
				}
				c.do(t, "POST", "/Users", "userName=x", "Content-Type", "application/x-www-form-urlencoded").refused(t, 415, "")
				c.do(t, "POST", "/Users", "<user/>", "Content-Type", "text/xml").refused(t, 415, "")
			}},
		{"3.8", "what is not UTF-8, or not one JSON object, is refused", nil, func(t *testing.T, c *client) {
			for _, bad := range []string{"", "{", "null", "[]", `"x"`, "7", `{"userName":"a"} {"userName":"b"}`, "{\"schemas\":[\"" + userURN + "\"],\"userName\":\"\xff\xfe\"}"} {
				c.do(t, "POST", "/Users", bad).want(t, 400)
			}
		}},
		{"3.11", "/Me is not served, and says so with 501", []string{"SHOULD respond with HTTP status code 501"},
			func(t *testing.T, c *client) {
				c.do(t, "GET", "/Me", nil).refused(t, 501, "")
				c.do(t, "DELETE", "/Me", nil).refused(t, 501, "")
				c.do(t, "POST", "/Me", object{"userName": "x"}).refused(t, 501, "")
			}},
		{"3.12", "errors are JSON with status, scimType and words", []string{"MUST return the errors in the body of the response", "SHOULD handle the identified HTTP status codes", "SHOULD provide descriptive"},
			func(t *testing.T, c *client) {
				u := c.user(t)
				// lawful checks the body of each.
				c.do(t, "POST", "/Users", "{").refused(t, 400, "invalidSyntax")
				c.do(t, "POST", "/Users", object{"schemas": array{userURN}}).refused(t, 400, "invalidValue")
				c.find(t, "/Users", "filter", "x").refused(t, 400, "invalidFilter")
				c.patch(t, "/Users/"+u.id(), op("replace", "no such path[", "x")).refused(t, 400, "invalidPath")
				c.patch(t, "/Users/"+u.id(), op("remove", "", nil)).refused(t, 400, "noTarget")
				c.patch(t, "/Users/"+u.id(), op("remove", "userName", nil)).refused(t, 400, "mutability")
				c.do(t, "POST", "/Users", object{"schemas": array{userURN}, "userName": u.text("userName")}).refused(t, 409, "uniqueness")
				c.find(t, "/Users", "filter", `password eq "x"`).refused(t, 403, "sensitive")
				c.with("Authorization", "Bearer x").do(t, "GET", "/Users", nil).refused(t, 401, "")
				c.do(t, "GET", "/Nowhere", nil).refused(t, 404, "")
				c.do(t, "PATCH", "/Users", object{}).refused(t, 405, "")
				c.do(t, "PUT", "/Users/"+u.id(), object{"schemas": array{userURN}, "userName": "x"}, "If-Match", `W/"0"`).refused(t, 412, "")
			}},
		{"3.12", "an error repeats nobody's name or address", []string{"SHALL NOT"}, func(t *testing.T, c *client) {
			mark := c.unique()
			u := c.user(t, object{"userName": mark + "@private.example"})
			for _, a := range []answer{
				c.do(t, "POST", "/Users", object{"schemas": array{userURN}, "userName": u.text("userName")}),
				c.do(t, "POST", "/Users", object{"schemas": array{userURN}, "userName": c.unique(), "active": mark}),
				c.find(t, "/Users", "filter", `userName zz "`+mark+`"`),
				c.do(t, "GET", "/Users/"+mark, nil),
			} {
				if a.status < 400 || strings.Contains(a.text("detail"), mark) {
					t.Errorf("%s: status %d: %s", a.method, a.status, a.text("detail"))
				}
			}
		}},
		{"3.13", "the version is v2, before the endpoint", []string{"the version identifier MUST appear in the URL path", "MUST perform the operation using the desired version or reject the request"},
			func(t *testing.T, c *client) {
				if !strings.Contains(c.base, "/v2/") {
					t.Fatalf("the base is %s", c.base)
				}
				for _, version := range []string{"v1", "v3"} {
					c.do(t, "GET", strings.Replace(c.base, "/v2/", "/"+version+"/", 1)+"/Users", nil).want(t, 404)
				}
			}},
		{"4", "discovery is there as lists and one by one", []string{
			"SHALL return responses with a JSON object using a \"schemas\" attribute of", `"/Schemas" SHALL return all supported schemas in ListResponse format`, "(ListResponse) form SHALL be used",
		},
			func(t *testing.T, c *client) {
				c.get(t, "/ServiceProviderConfig").has(t, array{"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"}, "schemas")
				for path, urn := range map[string]string{"/Schemas": "urn:ietf:params:scim:schemas:core:2.0:Schema", "/ResourceTypes": "urn:ietf:params:scim:schemas:core:2.0:ResourceType"} {
					a := c.get(t, path).has(t, array{listURN}, "schemas")
					list, _ := a.at("Resources").(array)
					a.has(t, len(list), "totalResults")
					for i := range list {
						one := c.get(t, path+"/"+a.text("Resources", i, "id"))
						one.has(t, array{urn}, "schemas")
						same(t, a.at("Resources", i), one.json, path)
						one.has(t, strings.TrimPrefix(urn, "urn:ietf:params:scim:schemas:core:2.0:"), "meta", "resourceType")
					}
					c.do(t, "GET", path+"/nothing", nil).refused(t, 404, "")
				}
				for _, urn := range []string{userURN, groupURN, enterpriseURN, badgeURN, deviceURN} {
					c.get(t, "/Schemas/"+urn).has(t, urn, "id")
				}
				c.do(t, "PUT", "/ServiceProviderConfig", object{}).refused(t, 405, "")
			}},
		{"4", "queries of discovery are ignored, but a filter is 403", []string{"such as filtering, sorting, and pagination, SHALL be ignored", "SHOULD respond with HTTP status code 403 (Forbidden) to ensure"},
			func(t *testing.T, c *client) {
				for _, path := range []string{"/Schemas", "/ResourceTypes"} {
					same(t, c.get(t, path).json, c.find(t, path, "count", "1", "startIndex", "2", "sortBy", "id").json, path)
					c.find(t, path, "filter", `id eq "x"`).refused(t, 403, "")
				}
				same(t, c.get(t, "/ServiceProviderConfig").json, c.find(t, "/ServiceProviderConfig", "filter", `id eq "x"`, "count", "0").json, "ServiceProviderConfig")
			}},
		{"4", "what is published is what is true", nil, func(t *testing.T, c *client) {
			config := c.get(t, "/ServiceProviderConfig")
			for _, name := range []string{"patch", "bulk", "filter", "sort", "etag"} {
				config.has(t, true, name, "supported")
			}
			// A password is dropped: it cannot be changed here.
			config.has(t, false, "changePassword", "supported")
			config.has(t, true, "pagination", "cursor").has(t, true, "pagination", "index")
			most, _ := config.at("filter", "maxResults").(float64)
			if n, _ := c.find(t, "/Users", "count", fmt.Sprint(int(most)+1)).at("itemsPerPage").(float64); n > most {
				t.Errorf("%v resources on a page, maxResults is %v", n, most)
			}
		}},
		{"5", "user names are compared as prepared Unicode strings", []string{"MUST use the preparation, enforcement, and comparison of internationalized strings", "7.8: strings MUST be appropriately prepared before comparison"},
			func(t *testing.T, c *client) {
				mark := c.unique()
				u := c.user(t, object{"userName": mark + "Zoe\u0308"})
				c.do(t, "POST", "/Users", object{"schemas": array{userURN}, "userName": mark + "ZO\u00cb"}).refused(t, 409, "uniqueness")
				same(t, []string{u.id()}, c.find(t, "/Users", "filter", `userName eq "`+mark+"zo\u00eb"+`"`).ids(t), "composed")
				wide := c.user(t, object{"userName": mark + "\uff21\uff42"})
				same(t, []string{wide.id()}, c.find(t, "/Users", "filter", `userName eq "`+mark+`ab"`).ids(t), "of full width")
			}},
		{"7.4", "a token is long enough that nobody guesses it", []string{"MUST contain sufficient entropy"},
			func(t *testing.T, c *client) {
				token := strings.TrimPrefix(c.header.Get("Authorization"), "Bearer ")
				// 32 random bytes are 43 characters of base64.
				if secret := strings.TrimPrefix(token, "rcs_"); secret == token || len(secret) != 43 {
					t.Errorf("a token has %d characters", len(token))
				}
			}},
		{"7.5.2", "a filter over something secret is 403", []string{"SHOULD respond with HTTP status code 403 to indicate"},
			func(t *testing.T, c *client) {
				c.find(t, "/Users", "filter", `userName eq "x" or password eq "t1meMa$heen"`).refused(t, 403, "sensitive")
				c.find(t, "/", "filter", `password pr`).refused(t, 403, "sensitive")
			}},
	}
}
