package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// bulk sends operations in one request.
func (c *client) bulk(t testing.TB, failOnErrors int, operations ...object) answer {
	t.Helper()
	body := object{"schemas": array{bulkURN}, "Operations": operations}
	if failOnErrors > 0 {
		body["failOnErrors"] = failOnErrors
	}
	return c.do(t, "POST", "/Bulk", body)
}

func bulkUser(bulkID, name string) object {
	return object{"method": "POST", "path": "/Users", "bulkId": bulkID, "data": object{"schemas": array{userURN}, "userName": name}}
}

func bulkGroup(bulkID, name string, members ...string) object {
	values := array{}
	for _, m := range members {
		values = append(values, object{"value": m})
	}
	return object{"method": "POST", "path": "/Groups", "bulkId": bulkID, "data": object{"schemas": array{groupURN}, "displayName": name, "members": values}}
}

// statuses are those of a bulk answer's operations.
func (a answer) statuses() []string {
	list, _ := a.at("Operations").(array)
	found := []string{}
	for i := range list {
		found = append(found, a.text("Operations", i, "status"))
	}
	return found
}

// created is the id at the end of an operation's location.
func (a answer) created(i int) string {
	location := a.text("Operations", i, "location")
	return location[strings.LastIndex(location, "/")+1:]
}

// rfc7644Bulk is section 3.7.
func rfc7644Bulk() []requirement {
	return []requirement{
		{"3.7", "every operation has its result, in the shape of the RFC", []string{
			"HTTP response code 200 OK MUST be returned", `MUST return the same "bulkId"`, "the same stateful result is achieved",
			"3.7.3: MUST include the result of all processed operations", "3.7.3: MUST be returned for all operations except for failed POST", "3.7.3: MUST include the code attribute",
		},
			func(t *testing.T, c *client) {
				u, gone := c.user(t), c.user(t)
				name := c.unique()
				a := c.bulk(t, 0,
					bulkUser("qwerty", name),
					object{"method": "PUT", "path": "/Users/" + u.id(), "version": u.text("meta", "version"), "data": object{"schemas": array{userURN}, "userName": u.text("userName"), "title": "Dr"}},
					object{"method": "PATCH", "path": "/Users/" + u.id(), "data": object{"schemas": array{patchURN}, "Operations": array{op("add", "nickName", "Vi")}}},
					object{"method": "delete", "path": "/Users/" + gone.id()},
				).want(t, 200)
				a.has(t, array{bulkReplyURN}, "schemas")
				same(t, []string{"201", "200", "200", "204"}, a.statuses(), "the statuses")
				a.has(t, "qwerty", "Operations", 0, "bulkId").has(t, "POST", "Operations", 0, "method").has(t, "PUT", "Operations", 1, "method")
				a.has(t, u.text("meta", "location"), "Operations", 1, "location").has(t, gone.text("meta", "location"), "Operations", 3, "location")
				made := c.get(t, a.text("Operations", 0, "location"))
				made.has(t, name, "userName").has(t, a.text("Operations", 0, "version"), "meta", "version")
				c.get(t, "/Users/"+u.id()).has(t, "Dr", "title").has(t, "Vi", "nickName")
				c.do(t, "GET", "/Users/"+gone.id(), nil).want(t, 404)
			}},
		{"3.7", "a failed operation has its error, and the others go on", []string{
			"the response body MUST be included", `the "response" attribute MUST contain the detail error response`,
			"MUST continue performing as many changes as possible", "3.7.3: the status MUST also include the description",
		},
			func(t *testing.T, c *client) {
				u := c.user(t)
				name := c.unique()
				a := c.bulk(t, 0,
					bulkUser("a", u.text("userName")),
					object{"method": "PUT", "path": "/Users/nobody", "data": object{"schemas": array{userURN}, "userName": c.unique()}},
					object{"method": "PATCH", "path": "/Users/" + u.id(), "data": object{"schemas": array{patchURN}, "Operations": array{op("remove", "userName", nil)}}},
					object{"method": "PUT", "path": "/Users/" + u.id(), "version": `W/"old"`, "data": object{"schemas": array{userURN}, "userName": u.text("userName")}},
					object{"method": "DELETE", "path": "/Nothing/1"},
					bulkUser("b", name),
				).want(t, 200)
				same(t, []string{"409", "404", "400", "412", "404", "201"}, a.statuses(), "the statuses")
				for i, status := range []string{"409", "404", "400", "412", "404"} {
					a.has(t, errorURN, "Operations", i, "response", "schemas", 0).has(t, status, "Operations", i, "response", "status")
					if a.text("Operations", i, "response", "detail") == "" {
						t.Errorf("operation %d has no detail", i)
					}
				}
				a.has(t, "uniqueness", "Operations", 0, "response", "scimType").has(t, "mutability", "Operations", 2, "response", "scimType")
				a.has(t, nil, "Operations", 0, "location").has(t, "a", "Operations", 0, "bulkId").has(t, u.text("meta", "location"), "Operations", 2, "location")
				if !strings.HasSuffix(a.text("Operations", 1, "location"), "/Users/nobody") {
					t.Errorf("the location of a failed PUT is %q", a.text("Operations", 1, "location"))
				}
			}},
		{"3.7", "failOnErrors stops after that many", nil, func(t *testing.T, c *client) {
			taken, free := c.user(t).text("userName"), c.unique()
			a := c.bulk(t, 1, bulkUser("a", taken), bulkUser("b", taken), bulkUser("c", free)).want(t, 200)
			same(t, []string{"409"}, a.statuses(), "after one error")
			a = c.bulk(t, 2, bulkUser("a", taken), bulkUser("b", taken), bulkUser("c", free)).want(t, 200)
			same(t, []string{"409", "409"}, a.statuses(), "after two errors")
			same(t, []string{}, c.find(t, "/Users", "filter", `userName eq "`+free+`"`).ids(t), "users of the last operation")
		}},
		{"3.7", "a request that is no bulk request is refused whole", nil, func(t *testing.T, c *client) {
			for _, bad := range []string{`{`, `[]`, `{"schemas":["` + bulkURN + `"]}`, `{"schemas":["` + bulkURN + `"],"Operations":{}}`} {
				c.do(t, "POST", "/Bulk", bad).want(t, 400)
			}
			a := c.bulk(t, 0,
				object{"path": "/Users", "bulkId": "a", "data": object{}}, object{"method": "GET", "path": "/Users"},
				object{"method": "POST", "path": "/Users", "data": object{"schemas": array{userURN}, "userName": c.unique()}},
				object{"method": "POST", "path": "/Users", "bulkId": "x"}, object{"method": "PUT", "bulkId": "y", "data": object{}},
			)
			if a.status != 400 {
				a.want(t, 200)
				for i, status := range a.statuses() {
					if !strings.HasPrefix(status, "4") {
						t.Errorf("operation %d is answered %s", i, status)
					}
				}
			}
			c.do(t, "GET", "/Bulk", nil).refused(t, 405, "")
		}},
		{"3.7.1", "references in a circle are resolved", []string{"MUST try to resolve circular cross-references"},
			func(t *testing.T, c *client) {
				a := c.bulk(t, 0, bulkGroup("a", c.unique(), "bulkId:b"), bulkGroup("b", c.unique(), "bulkId:a")).want(t, 200)
				same(t, []string{"201", "201"}, a.statuses(), "the statuses")
				same(t, []string{a.created(1)}, c.get(t, "/Groups/"+a.created(0)).members(t), "the first group's members")
				same(t, []string{a.created(0)}, c.get(t, "/Groups/"+a.created(1)).members(t), "the second group's members")
			}},
		{"3.7.2", "a bulkId stands for the id, wherever it is and in whatever order", []string{`MUST replace the string "bulkId:qwerty" with the permanent resource id`, "MUST be handled in the same way by the service provider"},
			func(t *testing.T, c *client) {
				forward := c.bulk(t, 0, bulkGroup("g", c.unique(), "bulkId:u"), bulkUser("u", c.unique())).want(t, 200)
				same(t, []string{"201", "201"}, forward.statuses(), "the statuses")
				same(t, []string{forward.created(1)}, c.get(t, "/Groups/"+forward.created(0)).members(t), "members")
				employee := bulkUser("e", c.unique())
				employee["data"].(object)[enterpriseURN] = object{"manager": object{"value": "bulkId:m"}}
				g := c.group(t)
				a := c.bulk(t, 0, bulkUser("m", c.unique()), employee,
					object{"method": "PATCH", "path": "/Groups/" + g.id(), "data": object{"schemas": array{patchURN}, "Operations": array{op("add", "members", array{object{"value": "bulkId:m"}, object{"value": "bulkId:e"}})}}},
					object{"method": "PATCH", "path": "/Users/bulkId:e", "data": object{"schemas": array{patchURN}, "Operations": array{op("add", "title", "Dr")}}},
				).want(t, 200)
				same(t, []string{"201", "201", "200", "200"}, a.statuses(), "the statuses")
				c.get(t, "/Users/"+a.created(1)).has(t, a.created(0), enterpriseURN, "manager", "value").has(t, "Dr", "title")
				same(t, sorted(a.created(0), a.created(1)), c.get(t, "/Groups/"+g.id()).members(t), "members")
			}},
		{"3.7.2", "a bulkId that is nobody's, or of an operation that failed, is refused", nil, func(t *testing.T, c *client) {
			taken := c.user(t).text("userName")
			name := c.unique()
			a := c.bulk(t, 0, bulkUser("u", taken), bulkGroup("g", name, "bulkId:u"), bulkGroup("h", c.unique(), "bulkId:nobody")).want(t, 200, 400)
			if a.status == 200 {
				for i, status := range a.statuses() {
					if !strings.HasPrefix(status, "4") {
						t.Errorf("operation %d is answered %s", i, status)
					}
				}
			}
			same(t, []string{}, c.find(t, "/Groups", "filter", `displayName eq "`+name+`"`).ids(t), "groups made")
		}},
		{"3.7.4", "the limits are published, and beyond them is 413 that names the limit", []string{
			"MUST define the maximum number of operations", "MUST return HTTP response code 413", "MUST specify the limit exceeded in the body",
		},
			func(t *testing.T, c *client) {
				config := c.get(t, "/ServiceProviderConfig")
				operations, _ := config.at("bulk", "maxOperations").(float64)
				payload, _ := config.at("bulk", "maxPayloadSize").(float64)
				if operations < 1 || payload < 1 {
					t.Fatalf("bulk is %v", config.at("bulk"))
				}
				many := make([]object, int(operations)+1)
				for i := range many {
					many[i] = object{"method": "DELETE", "path": "/Users/none"}
				}
				a := c.bulk(t, 0, many...).refused(t, http.StatusRequestEntityTooLarge, "")
				if !strings.Contains(a.text("detail"), fmt.Sprint(int(operations))) {
					t.Errorf("the detail does not say the limit: %s", a.text("detail"))
				}
				padded, err := json.Marshal(object{"schemas": array{bulkURN}, "Operations": array{}, "padding": strings.Repeat("x", int(payload))})
				if err != nil {
					t.Fatal(err)
				}
				a = c.do(t, "POST", "/Bulk", string(padded)).refused(t, http.StatusRequestEntityTooLarge, "")
				if !strings.Contains(a.text("detail"), fmt.Sprint(int(payload))) {
					t.Errorf("the detail does not say the limit of %d: %s", int(payload), a.text("detail"))
				}
			}},
	}
}
