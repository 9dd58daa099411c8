package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestNothingThatAClientSendsIsTheServersFault sends what is odd, enormous or
// malicious: whatever the answer, it is no 5xx, and what was accepted is there.
func TestNothingThatAClientSendsIsTheServersFault(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, c *client) {
		for _, tc := range robustness() {
			t.Run(tc.name, func(t *testing.T) {
				t.Parallel()
				tc.check(t, c)
			})
		}
	})
}

// notOurFault checks that an answer is no 5xx, but for 501.
func notOurFault(t *testing.T, a answer) answer {
	t.Helper()
	if a.status >= 500 && a.status != http.StatusNotImplemented {
		t.Errorf("%s %.200s: status %d\n%s", a.method, a.path, a.status, a.body)
	}
	return a
}

func robustness() []requirement {
	return []requirement{
		{name: "characters that databases dislike", check: func(t *testing.T, c *client) {
			for _, odd := range []string{`\u0000`, `a\u0000b`, `\ud800`, `\uffff`, `\u202e`, `\\`, `'; DROP TABLE scim_resources; --`, `%`, `\t\n`, "\U0010ffff", strings.Repeat("x", 70_000)} {
				name := c.unique()
				for _, body := range []string{
					`{"schemas":["` + userURN + `"],"userName":"` + name + `","nickName":"` + odd + `"}`,
					`{"schemas":["` + userURN + `"],"userName":"` + name + odd + `"}`,
					`{"schemas":["` + userURN + `"],"userName":"` + c.unique() + `","externalId":"` + odd + `"}`,
					`{"schemas":["` + userURN + `"],"userName":"` + c.unique() + `","emails":[{"value":"` + odd + `","type":"` + odd + `"}]}`,
					`{"schemas":["` + userURN + `"],"userName":"` + c.unique() + `","` + odd + `":"x"}`,
				} {
					if a := notOurFault(t, c.do(t, "POST", "/Users", body)); a.status == 201 {
						same(t, a.json, c.get(t, "/Users/"+a.id()).json, "what was accepted")
					}
				}
				notOurFault(t, c.do(t, "POST", "/Groups", `{"schemas":["`+groupURN+`"],"displayName":"`+name+odd+`","members":[{"value":"`+odd+`"}]}`))
				u := c.user(t)
				notOurFault(t, c.do(t, "PATCH", "/Users/"+u.id(), `{"schemas":["`+patchURN+`"],"Operations":[{"op":"add","path":"nickName","value":"`+odd+`"}]}`))
				notOurFault(t, c.do(t, "PATCH", "/Users/"+u.id(), `{"schemas":["`+patchURN+`"],"Operations":[{"op":"add","path":"`+odd+`","value":"x"}]}`))
				notOurFault(t, c.do(t, "POST", "/Users/.search", `{"schemas":["`+searchURN+`"],"filter":"nickName eq \"`+odd+`\" or emails[value sw \"`+odd+`\"]"}`))
			}
		}},
		{name: "bytes in URLs that databases dislike", check: func(t *testing.T, c *client) {
			for _, odd := range []string{"%00", "%ff", "%c0%af", "%ed%a0%80", "%2e%2e", "%2F", "%20", "%", "%zz", strings.Repeat("x", 4000), "'", "%27%20or%201=1"} {
				for _, endpoint := range []string{"/Users/", "/Groups/", "/Schemas/", "/ResourceTypes/", "/"} {
					a, err := c.send(t, "GET", endpoint+odd, nil)
					if err != nil {
						// The client itself refuses to send some of them.
						continue
					}
					notOurFault(t, a)
				}
				for _, q := range []string{"filter=userName%20eq%20%22" + odd + "%22", "filter=" + odd, "sortBy=" + odd, "attributes=" + odd, "excludedAttributes=" + odd, "cursor=" + odd, "startIndex=" + odd, "count=" + odd, odd + "=" + odd} {
					a, err := c.send(t, "GET", "/Users?"+q, nil)
					if err != nil {
						continue
					}
					notOurFault(t, a)
				}
			}
		}},
		{name: "numbers beyond what a page has", check: func(t *testing.T, c *client) {
			for _, n := range []string{"2147483648", "9223372036854775807", "-9223372036854775808", "99999999999999999999999", "1.5", "1e3", "0x10", " 1", "+1", ""} {
				notOurFault(t, c.find(t, "/Users", "startIndex", n, "filter", `userName eq "nobody"`))
				notOurFault(t, c.find(t, "/Users", "count", n, "filter", `userName eq "nobody"`))
				notOurFault(t, c.find(t, "/Users", "count", n, "cursor", "", "filter", `userName eq "nobody"`))
			}
			for _, n := range []string{`"1"`, `1.5`, `1e99`, `-1`, `null`, `[]`, `99999999999999999999`} {
				notOurFault(t, c.do(t, "POST", "/Users/.search", `{"schemas":["`+searchURN+`"],"filter":"userName eq \"nobody\"","startIndex":`+n+`,"count":`+n+`}`))
			}
		}},
		{name: "numbers beyond what a float has come back as they were", check: func(t *testing.T, c *client) {
			for _, n := range []string{"9007199254740993", "-9007199254740993", "9223372036854775807", "0"} {
				a := c.do(t, "POST", "/Users", `{"schemas":["`+userURN+`","`+badgeURN+`"],"userName":"`+c.unique()+`","`+badgeURN+`":{"level":`+n+`}}`).want(t, 201)
				if !strings.Contains(string(a.body), `"level":`+n) {
					t.Errorf("%s came back in %s", n, a.body)
				}
				same(t, []string{a.id()}, c.find(t, "/Users", "filter", `id eq "`+a.id()+`" and `+badgeURN+`:level eq `+n).ids(t), "the user by "+n)
				same(t, []string{}, c.find(t, "/Users", "filter", `id eq "`+a.id()+`" and `+badgeURN+`:level gt `+n).ids(t), "level gt "+n)
			}
			for _, n := range []string{"1e400", "99999999999999999999999999", "-1e400", "1e-400"} {
				for _, name := range []string{"level", "weight"} {
					notOurFault(t, c.do(t, "POST", "/Users", `{"schemas":["`+userURN+`","`+badgeURN+`"],"userName":"`+c.unique()+`","`+badgeURN+`":{"`+name+`":`+n+`}}`))
					notOurFault(t, c.find(t, "/Users", "filter", badgeURN+":"+name+" gt "+n))
				}
			}
		}},
		{name: "values longer than an index holds are told apart", check: func(t *testing.T, c *client) {
			mark := c.unique()
			long := strings.Repeat("Lorem ", 200)
			one, two := c.user(t, object{"nickName": mark, "title": long + "one"}), c.user(t, object{"nickName": mark, "title": long + "two"})
			c.user(t, object{"nickName": mark, "title": "short"})
			of := func(filter string) []string {
				return c.find(t, "/Users", "filter", `nickName eq "`+mark+`" and `+filter).ids(t)
			}
			same(t, []string{one.id()}, of(`title eq "`+long+`ONE"`), "eq")
			same(t, []string{}, of(`title eq "`+long+`"`), "eq of the beginning")
			same(t, sorted(one.id(), two.id()), of(`title sw "`+long[:300]+`"`), "sw of 300 characters")
			same(t, []string{}, of(`title co "#"`), "co of what is in no value")
			same(t, []string{}, of(`title sw "Lorem" and (title ew "0" or title ew "f" or title co "0" or title co "f")`), "ew and co of what is in no value")
			same(t, sorted(one.id(), two.id()), of(`title co "lorem lorem"`), "co of the beginning")
			// "ew", and "co" and "sw" beyond the first 448 bytes, do not see the
			// rest of a value of more than 512 bytes: an index has to end.
			external := strings.Repeat("e", 2000)
			u := c.user(t, object{"externalId": external})
			same(t, []string{u.id()}, c.find(t, "/Users", "filter", `externalId eq "`+external+`"`).ids(t), "by a long externalId")
		}},
		{name: "bodies that are odd", check: func(t *testing.T, c *client) {
			u, g := c.user(t), c.group(t)
			name := c.unique()
			for _, body := range []string{
				strings.Repeat("[", 20_000), strings.Repeat(`{"a":`, 20_000), `{"userName":"` + name + `","userName":"` + name + `x"}`, `{"userName":"` + name + `","USERNAME":"y"}`,
				`{"schemas":{},"userName":"` + c.unique() + `"}`, `{"schemas":[7,null,{}],"userName":"` + c.unique() + `"}`, `{"userName":"` + c.unique() + `","emails":[null,[],{}]}`,
				`{"userName":"` + c.unique() + `","emails":[[{"value":"x"}]]}`, `{"userName":"` + c.unique() + `","name":[]}`, `{"userName":"` + c.unique() + `","` + enterpriseURN + `":[]}`,
				`{"userName":"` + c.unique() + `","` + enterpriseURN + `":{"manager":{"value":{}}}}`, `{"userName":["` + c.unique() + `"]}`, `{"displayName":"` + name + `","members":{"value":"x"}}`,
				`{"displayName":"` + c.unique() + `","members":[null,"x",7,{},{"value":null},{"value":""},{"value":{}}]}`, `{"Operations":[null]}`, `{"Operations":[{"op":null,"path":7}]}`,
				`{"Operations":[{"op":"add","path":"members","value":[null,7,{"value":[]}]}]}`, `{"Operations":[{"op":"replace","value":{"":1,"a.b.c":2,"[":3}}]}`, `{"Operations":[{"op":"remove","path":"emails[not (not (type pr))]"}]}`,
			} {
				for _, request := range [][2]string{{"POST", "/Users"}, {"POST", "/Groups"}, {"PUT", "/Users/" + u.id()}, {"PUT", "/Groups/" + g.id()}, {"PATCH", "/Users/" + u.id()}, {"PATCH", "/Groups/" + g.id()}, {"POST", "/Bulk"}, {"POST", "/.search"}} {
					notOurFault(t, c.do(t, request[0], request[1], body))
				}
			}
		}},
		{name: "filters over members and groups", check: func(t *testing.T, c *client) {
			u, v := c.user(t, object{"displayName": c.unique()}), c.user(t)
			g := c.group(t, u.id(), "unknown-"+c.unique())
			inner := c.group(t, v.id())
			c.patch(t, "/Groups/"+g.id(), op("add", "members", array{object{"value": inner.id()}})).want(t, 200)
			for _, tc := range []struct{ filter, want string }{
				{`members.value eq "` + u.id() + `"`, g.id()}, {`members[value eq "` + u.id() + `"]`, g.id()}, {`members eq "` + v.id() + `"`, inner.id()},
				{`members[value eq "` + u.id() + `" and type eq "User"]`, g.id()}, {`members[type eq "Group"] and id eq "` + g.id() + `"`, g.id()}, {`members[value eq "nobody"]`, ""},
			} {
				same(t, strings.Fields(tc.want), c.find(t, "/Groups", "filter", tc.filter).ids(t), tc.filter)
			}
			same(t, []string{u.id()}, c.find(t, "/Users", "filter", `groups.value eq "`+g.id()+`"`).ids(t), "groups.value")
			same(t, []string{v.id()}, c.find(t, "/Users", "filter", `groups[value eq "`+inner.id()+`"]`).ids(t), "groups[value]")
			for _, filter := range []string{`members.display co "x"`, `members.$ref eq "x"`, `groups.display eq "x"`, `members gt "x"`, `groups.type eq "direct"`, `not (members pr)`} {
				for _, endpoint := range []string{"/Users", "/Groups", "/"} {
					notOurFault(t, c.find(t, endpoint, "filter", filter))
				}
			}
		}},
		{name: "orders by anything", check: func(t *testing.T, c *client) {
			for _, by := range []string{"id", "externalId", "userName", "meta.created", "meta.lastModified", "meta.version", "meta.location", "meta", "schemas", "name", "emails", "members", "groups", "active", "password", "noSuch", "emails[type eq \"work\"]", badgeURN + ":keys", badgeURN + ":photo"} {
				for _, endpoint := range []string{"/Users", "/Groups", "/"} {
					for _, order := range []string{"ascending", "descending", "DESCENDING", "sideways"} {
						notOurFault(t, c.find(t, endpoint, "sortBy", by, "sortOrder", order, "count", "1"))
					}
				}
			}
		}},
		{name: "a group in itself, and a rename that fails with its members", check: func(t *testing.T, c *client) {
			u, g, other := c.user(t), c.group(t), c.group(t)
			notOurFault(t, c.patch(t, "/Groups/"+g.id(), op("add", "members", array{object{"value": g.id()}})))
			c.patch(t, "/Groups/"+g.id(), op("replace", "members", array{})).want(t, 200)
			before := c.get(t, "/Groups/"+g.id())
			c.patch(t, "/Groups/"+g.id(), op("add", "members", array{object{"value": u.id()}}), op("replace", "displayName", other.text("displayName"))).refused(t, 409, "uniqueness")
			unchanged(t, c, before)
			c.do(t, "PUT", "/Groups/"+g.id(), object{"schemas": array{groupURN}, "displayName": other.text("displayName"), "members": array{object{"value": u.id()}}}).refused(t, 409, "uniqueness")
			unchanged(t, c, before)
			c.get(t, "/Users/"+u.id()).has(t, nil, "groups")
		}},
		{name: "methods that are not served", check: func(t *testing.T, c *client) {
			u := c.user(t)
			for _, method := range []string{"OPTIONS", "TRACE", "PROPFIND", "POST", "CONNECT"} {
				for _, path := range []string{"/Users/" + u.id(), "/Schemas", "/ServiceProviderConfig"} {
					a, err := c.send(t, method, path, nil)
					if err == nil && a.status != 405 && a.status != 404 && a.status != 501 {
						t.Errorf("%s %s: status %d", method, path, a.status)
					}
				}
			}
		}},
		{name: "bulk operations that are odd", check: func(t *testing.T, c *client) {
			u := c.user(t)
			for _, o := range []object{
				{"method": "POST", "path": "/Bulk", "bulkId": "b", "data": object{}}, {"method": "POST", "path": "/.search", "bulkId": "b", "data": object{}}, {"method": "POST", "path": "/Me", "bulkId": "b", "data": object{}},
				{"method": "DELETE", "path": "/Users"}, {"method": "DELETE", "path": "Users/" + u.id() + "/x"}, {"method": "PUT", "path": "http://elsewhere.example/Users/1", "data": object{}}, {"method": "PUT", "path": "/../staff/Users/1", "data": object{}},
				{"method": "PATCH", "path": "/Users/" + u.id() + "?attributes=x", "data": object{}}, {"method": "PATCH", "path": "/Users/bulkId:", "data": object{}}, {"method": "POST", "path": "/Users", "bulkId": strings.Repeat("b", 10_000), "data": object{"userName": c.unique()}},
				{"method": "POST", "path": "/Users", "bulkId": "self", "data": object{"userName": c.unique(), enterpriseURN: object{"manager": object{"value": "bulkId:self"}}}},
				{"method": "POST", "path": "/Users", "bulkId": "d", "data": array{}}, {"method": "PATCH", "path": "/ServiceProviderConfig", "data": object{}},
			} {
				a := notOurFault(t, c.bulk(t, 0, o))
				for _, status := range a.statuses() {
					if strings.HasPrefix(status, "5") && status != "501" {
						t.Errorf("%v is answered %s: %s", o, status, a.body)
					}
				}
			}
			twice := c.unique()
			a := notOurFault(t, c.bulk(t, 0, bulkUser("same", twice), bulkUser("same", twice+"2")))
			if a.status == 200 && fmt.Sprint(a.statuses()) == "[201 201]" && a.created(0) == a.created(1) {
				t.Errorf("one bulkId made one user of two: %s", a.body)
			}
		}},
	}
}
