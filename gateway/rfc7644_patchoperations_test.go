package gateway_test

import (
	"strings"
	"testing"
)

// rfc7644Add is section 3.5.2.1.
func rfc7644Add() []requirement {
	return []requirement{
		{"3.5.2.1", "add needs a value", []string{`The operation MUST contain a "value" member`},
			func(t *testing.T, c *client) {
				u := worker(t, c)
				c.patch(t, "/Users/"+u.id(), op("add", "title", nil)).refused(t, 400, "")
				c.patch(t, "/Users/"+u.id(), op("add", "", nil)).refused(t, 400, "")
				c.patch(t, "/Users/"+u.id(), op("add", "", "x")).refused(t, 400, "")
				unchanged(t, c, u)
			}},
		{"3.5.2.1", "add puts each shape of value where it belongs", []string{`3.5.2.1: a set of sub-attributes SHALL be specified in the "value" parameter`},
			func(t *testing.T, c *client) {
				u := worker(t, c)
				emails, _ := u.at("emails").(array)
				more := object{"value": "more@example.com", "type": "other"}
				for _, tc := range []struct {
					op   object
					want any
					at   []any
				}{
					{op("add", "title", "Prof"), "Prof", []any{"title"}},
					{op("add", "nickName", "Vi"), "Vi", []any{"nickName"}},
					{op("add", "name", object{"givenName": "Ann"}), object{"familyName": "Ng", "givenName": "Ann"}, []any{"name"}},
					{op("add", "name.middleName", "B"), "B", []any{"name", "middleName"}},
					{op("add", "emails", array{more}), append(append(array{}, emails...), more), []any{"emails"}},
					{op("add", "emails", more), append(append(array{}, emails...), more), []any{"emails"}},
					{op("add", `emails[type eq "home"].display`, "Home"), "Home", []any{"emails", 1, "display"}},
					{op("add", "", object{"title": "Prof", "name": object{"givenName": "Ann"}}), object{"familyName": "Ng", "givenName": "Ann"}, []any{"name"}},
					{op("add", "", object{enterpriseURN: object{"division": "D"}}), object{"department": "Sales", "costCenter": "7", "division": "D"}, []any{enterpriseURN}},
					{op("add", enterpriseURN+":division", "D"), object{"department": "Sales", "costCenter": "7", "division": "D"}, []any{enterpriseURN}},
					{op("add", enterpriseURN, object{"division": "D"}), object{"department": "Sales", "costCenter": "7", "division": "D"}, []any{enterpriseURN}},
				} {
					one := c.do(t, "POST", "/Users", renamed(t, c, u)).want(t, 201)
					c.patch(t, "/Users/"+one.id(), tc.op).want(t, 200).has(t, tc.want, tc.at...)
				}
			}},
		{"3.5.2.1", "what is there already is not added again, and nothing moves", []string{"no changes SHOULD be made to the resource, and a success response SHOULD be returned", "SHALL NOT change the modify timestamp"},
			func(t *testing.T, c *client) {
				u := worker(t, c)
				for _, operation := range []object{
					op("add", "title", "Dr"), op("add", "emails", u.at("emails")), op("add", "", object{"active": true}), op("add", "name", u.at("name")),
					op("replace", "title", "Dr"), op("replace", "emails", u.at("emails")), op("add", enterpriseURN+":department", "Sales"), op("remove", "nickName", nil),
				} {
					a := c.patch(t, "/Users/"+u.id(), operation).want(t, 200)
					same(t, u.json, a.json, "the user")
				}
				member := c.user(t).id()
				g := c.group(t, member)
				g = c.get(t, "/Groups/"+g.id())
				for _, operation := range []object{op("add", "members", array{object{"value": member}}), op("replace", "members", array{object{"value": member}}), op("remove", `members[value eq "nobody"]`, nil)} {
					a := c.patch(t, "/Groups/"+g.id(), operation).want(t, 200, 400)
					if a.status == 200 {
						same(t, g.at("meta"), a.at("meta"), "meta of the group")
					}
				}
				unchanged(t, c, g)
			}},
	}
}

// renamed is a user's body under a new name.
func renamed(t *testing.T, c *client, u answer) object {
	t.Helper()
	body := object{}
	for k, v := range u.json.(object) {
		body[k] = v
	}
	body["userName"] = c.unique()
	return body
}

// rfc7644Remove is section 3.5.2.2.
func rfc7644Remove() []requirement {
	return []requirement{
		{"3.5.2.2", "remove unassigns what its path names", []string{
			"the attribute SHALL be considered unassigned", "Sub-attributes whose values have been removed SHALL", "the multi-valued attribute SHALL be considered unassigned",
		},
			func(t *testing.T, c *client) {
				u := worker(t, c)
				for _, tc := range []struct {
					path string
					gone string
					at   []any
				}{
					{"title", "title pr", []any{"title"}},
					{"name.givenName", "name.givenName pr", []any{"name", "givenName"}},
					{"name", "name pr", []any{"name"}},
					{"emails", "emails pr", []any{"emails"}},
					{`emails[type eq "home"]`, `emails[type eq "home"]`, []any{"emails", 1}},
					{`emails[type eq "work" or type eq "home"]`, "emails pr", []any{"emails"}},
					{`emails[type pr]`, "emails pr", []any{"emails"}},
					{`addresses[type eq "work"].country`, "addresses.country pr", []any{"addresses", 0, "country"}},
					{`addresses[type eq "work"]`, "addresses pr", []any{"addresses"}},
					{enterpriseURN + ":department", enterpriseURN + ":department pr", []any{enterpriseURN, "department"}},
					{enterpriseURN, enterpriseURN + ":costCenter pr", []any{enterpriseURN}},
				} {
					one := c.do(t, "POST", "/Users", renamed(t, c, u)).want(t, 201)
					c.patch(t, "/Users/"+one.id(), op("remove", tc.path, nil)).want(t, 200).has(t, nil, tc.at...)
					same(t, []string{}, c.find(t, "/Users", "filter", `id eq "`+one.id()+`" and `+tc.gone).ids(t), tc.gone)
				}
				one := c.do(t, "POST", "/Users", renamed(t, c, u)).want(t, 201)
				a := c.patch(t, "/Users/"+one.id(), op("remove", "addresses.country", nil), op("remove", "addresses.locality", nil), op("remove", "addresses.type", nil))
				a.want(t, 200).has(t, nil, "addresses")
			}},
		{"3.5.2.2", "remove without a path is noTarget", nil, func(t *testing.T, c *client) {
			u := worker(t, c)
			c.patch(t, "/Users/"+u.id(), op("remove", "", nil)).refused(t, 400, "noTarget")
			unchanged(t, c, u)
		}},
		{"3.5.2.2", "removing a required or readOnly attribute is 400 mutability", []string{"is defined as a required attribute or a read-only attribute"},
			func(t *testing.T, c *client) {
				u, g := worker(t, c), c.group(t)
				for _, path := range []string{"userName", "id", "meta", "groups", "schemas", userURN + ":userName"} {
					c.patch(t, "/Users/"+u.id(), op("remove", path, nil)).refused(t, 400, "mutability")
				}
				c.patch(t, "/Users/"+u.id(), op("replace", "userName", "")).want(t, 400)
				c.do(t, "PATCH", "/Users/"+u.id(), `{"schemas":["`+patchURN+`"],"Operations":[{"op":"replace","path":"userName","value":null}]}`).want(t, 400)
				unchanged(t, c, u)
				c.patch(t, "/Groups/"+g.id(), op("remove", "displayName", nil)).refused(t, 400, "mutability")
			}},
		{"3.5.2.2", "members are removed by filter, and all of them", []string{"If the complex multi-valued attribute has no remaining records"},
			func(t *testing.T, c *client) {
				a, b, d := c.user(t).id(), c.user(t).id(), c.user(t).id()
				inner := c.group(t).id()
				g := c.group(t, a, b, d, inner)
				path := "/Groups/" + g.id()
				c.patch(t, path, op("remove", `members[value eq "`+a+`"]`, nil)).want(t, 200)
				same(t, sorted(b, d, inner), c.get(t, path).members(t), "members")
				c.patch(t, path, op("remove", `members[type eq "Group"]`, nil)).want(t, 200)
				same(t, sorted(b, d), c.get(t, path).members(t), "members")
				c.patch(t, path, op("remove", "members", nil)).want(t, 200)
				c.get(t, path).members(t)
				same(t, []string{}, c.find(t, "/Groups", "filter", `id eq "`+g.id()+`" and members pr`).ids(t), "members pr")
				same(t, []string{}, c.find(t, "/Users", "filter", `id eq "`+a+`" and groups pr`).ids(t), "groups pr")
			}},
	}
}

// rfc7644Replace is section 3.5.2.3.
func rfc7644Replace() []requirement {
	return []requirement{
		{"3.5.2.3", "replace puts each shape of value in the place of the old", []string{
			`SHALL contain a list of one or more attributes that are to be replaced`, "the service provider SHALL treat the operation as an \"add\"",
			`3.5.2.3: a set of sub-attributes SHALL be specified in the "value" parameter, which replaces`, "then all matching record values SHALL be replaced",
		},
			func(t *testing.T, c *client) {
				u := worker(t, c)
				other := array{object{"value": "o@example.com", "type": "other"}}
				for _, tc := range []struct {
					op   object
					want any
					at   []any
				}{
					{op("replace", "", object{"title": "Prof", "nickName": "Vi"}), "Prof", []any{"title"}},
					{op("replace", "nickName", "New"), "New", []any{"nickName"}},
					{op("replace", "name", object{"givenName": "Ann"}), object{"familyName": "Ng", "givenName": "Ann"}, []any{"name"}},
					{op("replace", "emails", other), other, []any{"emails"}},
					{op("replace", "", object{"emails": other}), other, []any{"emails"}},
					{op("replace", `emails[type eq "home"].value`, "h@example.com"), "h@example.com", []any{"emails", 1, "value"}},
					{op("replace", `emails[type eq "home"]`, object{"value": "h@example.com", "type": "other"}), object{"value": "h@example.com", "type": "other"}, []any{"emails", 1}},
					{op("replace", `emails[type pr].display`, "D"), "D", []any{"emails", 0, "display"}},
					{op("replace", `emails[type pr].display`, "D"), "D", []any{"emails", 1, "display"}},
					{op("replace", `addresses[type eq "work"].locality`, "Milan"), object{"type": "work", "locality": "Milan", "country": "IT"}, []any{"addresses", 0}},
					{op("replace", enterpriseURN+":department", "R&D"), "R&D", []any{enterpriseURN, "department"}},
					{op("replace", "active", false), false, []any{"active"}},
					{op("replace", "externalId", "e-9"), "e-9", []any{"externalId"}},
				} {
					one := c.do(t, "POST", "/Users", renamed(t, c, u)).want(t, 201)
					c.patch(t, "/Users/"+one.id(), tc.op).want(t, 200).has(t, tc.want, tc.at...)
					c.get(t, "/Users/"+one.id()).has(t, tc.want, tc.at...)
				}
			}},
		{"3.5.2.3", "a filter that matches nothing is noTarget", []string{`a "scimType" error code of "noTarget"`},
			func(t *testing.T, c *client) {
				u := worker(t, c)
				for _, path := range []string{`emails[value eq "nobody@example.com"]`, `emails[value eq "nobody@example.com"].display`, `emails[type eq "work" and value eq "x"].value`, `addresses[locality eq "Paris"].country`} {
					c.patch(t, "/Users/"+u.id(), op("replace", path, map[bool]any{true: object{"value": "v"}, false: "v"}[strings.HasSuffix(path, "]")])).refused(t, 400, "noTarget")
				}
				unchanged(t, c, u)
			}},
		{"3.5.2.3", "members are replaced by the new ones", nil, func(t *testing.T, c *client) {
			a, b := c.user(t).id(), c.user(t).id()
			g := c.group(t, a)
			c.patch(t, "/Groups/"+g.id(), op("replace", "members", array{object{"value": b}})).want(t, 200)
			same(t, []string{b}, c.get(t, "/Groups/"+g.id()).members(t), "members")
			c.patch(t, "/Groups/"+g.id(), op("replace", "", object{"members": array{object{"value": a}}})).want(t, 200)
			same(t, []string{a}, c.get(t, "/Groups/"+g.id()).members(t), "members")
			c.patch(t, "/Groups/"+g.id(), op("replace", "members", array{})).want(t, 200)
			same(t, []string{}, c.get(t, "/Groups/"+g.id()).members(t), "members")
		}},
	}
}
