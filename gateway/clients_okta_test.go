package gateway_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/gateway/gatewaytest"
	"github.com/rollcall-sync/rollcall/internal/config"
)

// quirk is a subtest of what one client does, named by its number in the
// list of what clients really send.
type quirk struct {
	number, name string
	check        func(t *testing.T, c *client)
}

func runQuirks(t *testing.T, c *client, quirks []quirk) {
	t.Helper()
	for _, q := range quirks {
		t.Run(q.number+": "+q.name, func(t *testing.T) {
			t.Parallel()
			q.check(t, c)
		})
	}
}

// oktaUser is a user's body as Okta sends it.
func oktaUser(name string) string {
	return `{"schemas":["` + userURN + `"],"userName":"` + name + `","name":{"givenName":"Test","familyName":"User"},` +
		`"emails":[{"primary":true,"value":"` + name + `","type":"work"}],"displayName":"Test User","locale":"en-US",` +
		`"externalId":"00u` + name + `","groups":[],"password":"1mz050nq","active":true}`
}

const oktaBody = "application/scim+json; charset=utf-8"

func TestClientOkta(t *testing.T) {
	t.Parallel()
	runQuirks(t, okta(startPlain(t)), []quirk{
		{"1.1", "its headers, and its test's application/json, are accepted; the answer is application/scim+json", func(t *testing.T, c *client) {
			for _, contentType := range []string{oktaBody, "application/json"} {
				c.do(t, "POST", "/Users", oktaUser(c.unique()), "Content-Type", contentType).want(t, 201)
			}
			c.do(t, "GET", "/Users?startIndex=1&count=2", nil, "Accept", "text/json;charset=UTF-8").want(t, 200)
		}},
		{"1.2.1", "Test API credentials: a list, or a 401 that says why", func(t *testing.T, c *client) {
			a := c.get(t, "/Users?startIndex=1&count=2")
			for _, name := range []string{"totalResults", "startIndex", "itemsPerPage"} {
				if _, ok := a.at(name).(float64); !ok {
					t.Errorf("%s is %v", name, a.at(name))
				}
			}
			c.get(t, "/Groups?startIndex=1&count=100")
			c.with("Authorization", "Bearer wrong").do(t, "GET", "/Users?startIndex=1&count=2", nil).refused(t, 401, "")
		}},
		{"1.2.2", "an import of users in pages has each once", func(t *testing.T, _ *client) {
			c := okta(startPlain(t))
			want := []string{}
			for range 7 {
				want = append(want, c.do(t, "POST", "/Users", oktaUser(c.unique()), "Content-Type", oktaBody).want(t, 201).id())
			}
			var got []string
			for start := 1; start <= 7; start += 3 {
				a := c.get(t, fmt.Sprintf("/Users?startIndex=%d&count=3", start)).has(t, 7, "totalResults").has(t, start, "startIndex")
				got = append(got, a.order(t)...)
			}
			same(t, sorted(want...), sorted(got...), "the import")
		}},
		{"1.2.3", "a match before a create that finds nobody is 200", func(t *testing.T, c *client) {
			name := c.unique() + "@example.com"
			for _, q := range []string{"?filter=userName%20eq%20%22" + name + "%22&startIndex=1&count=100", "?startIndex=1&count=100&filter=userName+eq+%22" + name + "%22"} {
				c.get(t, "/Users"+q).has(t, 0, "totalResults").has(t, array{listURN}, "schemas")
			}
			made := c.do(t, "POST", "/Users", oktaUser(name), "Content-Type", oktaBody).want(t, 201)
			c.get(t, "/Users?filter=userName%20eq%20%22"+strings.ToUpper(name)+"%22&startIndex=1&count=100").has(t, made.id(), "Resources", 0, "id").has(t, name, "Resources", 0, "userName")
		}},
		{"1.2.4", "a create is 201 with the whole body, twice is 409", func(t *testing.T, c *client) {
			name := c.unique()
			a := c.do(t, "POST", "/Users", oktaUser(name), "Content-Type", oktaBody).want(t, 201)
			a.has(t, name, "userName").has(t, true, "active").has(t, "00u"+name, "externalId").has(t, "en-US", "locale").has(t, nil, "groups")
			c.do(t, "POST", "/Users", oktaUser(name), "Content-Type", oktaBody).refused(t, 409, "uniqueness")
			with := strings.Replace(oktaUser(c.unique()), `"groups":[]`, `"`+enterpriseURN+`":{"department":"Sales"}`, 1)
			c.do(t, "POST", "/Users", with, "Content-Type", oktaBody).want(t, 201).has(t, "Sales", enterpriseURN, "department")
		}},
		{"1.2.5", "a PUT of what GET returned, merged, is accepted with id, meta, groups and unknown attributes", func(t *testing.T, c *client) {
			a := c.do(t, "POST", "/Users", oktaUser(c.unique()), "Content-Type", oktaBody).want(t, 201)
			g := c.group(t, a.id())
			body, _ := c.get(t, "/Users/"+a.id()).json.(object)
			body["nickName"], body["entitlementsUnknown"] = "Vi", array{object{"a": 1}}
			got := c.do(t, "PUT", "/Users/"+a.id(), body, "Content-Type", oktaBody).want(t, 200).has(t, "Vi", "nickName").has(t, a.text("externalId"), "externalId")
			got.has(t, g.id(), "groups", 0, "value")
		}},
		{"1.2.6", "the catalogue's app deactivates by PATCH without a path, and reactivates the same id", func(t *testing.T, c *client) {
			a := c.do(t, "POST", "/Users", oktaUser(c.unique()), "Content-Type", oktaBody).want(t, 201)
			for _, active := range []bool{false, true} {
				body := fmt.Sprintf(`{"schemas":["%s"],"Operations":[{"op":"replace","value":{"active":%v}}]}`, patchURN, active)
				c.do(t, "PATCH", "/Users/"+a.id(), body, "Content-Type", oktaBody).want(t, 200).has(t, active, "active")
				c.get(t, "/Users/"+a.id()).has(t, active, "active")
			}
			password := `{"schemas":["` + patchURN + `"],"Operations":[{"op":"replace","value":{"password":"n3w"}}]}`
			c.do(t, "PATCH", "/Users/"+a.id(), password, "Content-Type", oktaBody).want(t, 200)
		}},
		{"1.2.6", "the wizard's app deactivates by GET and PUT", func(t *testing.T, c *client) {
			a := c.do(t, "POST", "/Users", oktaUser(c.unique()), "Content-Type", oktaBody).want(t, 201)
			body, _ := c.get(t, "/Users/"+a.id()).json.(object)
			body["active"] = false
			c.do(t, "PUT", "/Users/"+a.id(), body, "Content-Type", oktaBody).want(t, 200).has(t, false, "active")
		}},
		{"1.2.7", "the catalogue's app pushes a group", func(t *testing.T, c *client) {
			name := "G " + c.unique()
			a, b := c.user(t), c.user(t)
			c.find(t, "/Groups", "filter", `displayName eq "`+name+`"`, "startIndex", "1", "count", "100").want(t, 200).has(t, 0, "totalResults")
			g := c.do(t, "POST", "/Groups", `{"schemas":["`+groupURN+`"],"displayName":"`+name+`","members":[]}`, "Content-Type", oktaBody).want(t, 201)
			path := "/Groups/" + g.id()
			patch := func(operations string) answer {
				t.Helper()
				return c.do(t, "PATCH", path, `{"schemas":["`+patchURN+`"],"Operations":[`+operations+`]}`, "Content-Type", oktaBody).want(t, 200)
			}
			rename := `{"op":"replace","value":{"id":"` + g.id() + `","displayName":"` + name + `"}}`
			patch(rename).has(t, name, "displayName")
			patch(rename + `,{"op":"add","path":"members","value":[{"value":"` + a.id() + `","display":"a"}]}`)
			patch(`{"op":"remove","path":"members[value eq \"` + a.id() + `\"]"},{"op":"add","path":"members","value":[{"value":"` + b.id() + `","display":"b"}]}`)
			same(t, []string{b.id()}, c.get(t, path).members(t), "members")
			patch(`{"op":"replace","path":"members","value":[{"value":"` + a.id() + `","display":"a"},{"value":"` + b.id() + `","display":"b"}]}`)
			same(t, sorted(a.id(), b.id()), c.get(t, path).members(t), "members")
			patch(`{"op":"replace","path":"members","value":[]}`)
			same(t, []string{}, c.get(t, path).members(t), "members after Push now on an empty group")
			patch(`{"op":"replace","value":{"id":"`+g.id()+`","displayName":"`+name+` 2"}}`).has(t, name+" 2", "displayName")
			c.do(t, "PATCH", path, `{"schemas":["`+patchURN+`"],"Operations":[{"op":"replace","value":{"id":"other","displayName":"x"}}]}`).refused(t, 400, "mutability")
			c.find(t, "/Groups", "filter", `displayName eq "`+strings.ToUpper(name)+` 2"`).has(t, g.id(), "Resources", 0, "id")
			c.do(t, "DELETE", path, nil).want(t, 204)
		}},
		{"1.2.7", "the wizard's app pushes a group by PUT, with its own unchanged name", func(t *testing.T, c *client) {
			name := "G " + c.unique()
			a, b := c.user(t), c.user(t)
			g := c.do(t, "POST", "/Groups", `{"schemas":["`+groupURN+`"],"displayName":"`+name+`","members":[]}`, "Content-Type", oktaBody).want(t, 201)
			c.get(t, "/Groups/"+g.id())
			for _, members := range [][]string{{a.id()}, {a.id(), b.id()}, {b.id()}} {
				values := array{}
				for _, m := range members {
					values = append(values, object{"value": m, "display": "x"})
				}
				c.do(t, "PUT", "/Groups/"+g.id(), object{"schemas": array{groupURN}, "displayName": name, "members": values}, "Content-Type", oktaBody).want(t, 200).has(t, name, "displayName")
				same(t, sorted(members...), c.get(t, "/Groups/"+g.id()).members(t), "members")
			}
		}},
		{"1.2.8", "errors have a detail, which the administrator reads", func(t *testing.T, c *client) {
			c.do(t, "GET", "/Users/00919288221112222", nil).refused(t, 404, "")
			c.with("Authorization", "non-token").do(t, "GET", "/Users", nil).refused(t, 401, "")
		}},
		{"1.3", "Header Auth: a token without Bearer counts where the connection says so", func(t *testing.T, _ *client) {
			raw, g := start(t, gatewaytest.Staff(func(s *config.ConnectionScim) { s.RawToken = true }))
			okta(raw).with("Authorization", g.Token).get(t, "/Users?startIndex=1&count=2")
			okta(raw).get(t, "/Users?startIndex=1&count=2")
			okta(raw).with("Authorization", "rcs_wrong").do(t, "GET", "/Users", nil).want(t, 401)
		}},
		{"1.3", "Basic: the token's name and the token count where the connection says so", func(t *testing.T, c *client) {
			basic, g := start(t, gatewaytest.Staff(func(s *config.ConnectionScim) { s.Basic = true }))
			request := basic.with()
			request.header.Del("Authorization")
			for _, tc := range []struct {
				user, password string
				status         int
			}{{"test", g.Token, 200}, {"test", "wrong", 401}, {"nobody", g.Token, 401}, {"", g.Token, 401}} {
				request.with("Authorization", basicAuth(tc.user, tc.password)).do(t, "GET", "/Users?startIndex=1&count=2", nil).want(t, tc.status)
			}
			c.with("Authorization", basicAuth("test", strings.TrimPrefix(c.header.Get("Authorization"), "Bearer "))).do(t, "GET", "/Users", nil).want(t, 401)
		}},
		{"1.4", "the published test's points hold: userName as written, /Groups without paging", func(t *testing.T, c *client) {
			name := "MiXed" + c.unique() + "@Example.COM"
			c.do(t, "POST", "/Users", oktaUser(name), "Content-Type", oktaBody).want(t, 201).has(t, name, "userName")
			c.get(t, "/Groups")
		}},
	})
}
