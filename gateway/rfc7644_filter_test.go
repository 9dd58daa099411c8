package gateway_test

import (
	"fmt"
	"strings"
	"testing"
)

// rfc7644Filter is section 3.4.2.2.
func rfc7644Filter() []requirement {
	return []requirement{
		{"3.4.2.2", "each operator returns what it matches and nothing else", []string{
			"only those resources matching the filter expression SHALL be returned", "SHALL be determined by the attribute's \"caseExact\" characteristic",
			"Filters MUST be evaluated using the following order of operations", "Boolean expressions MAY be grouped", "MUST be a valid filter",
			"MUST conform to the following ABNF",
		}, checkOperators},
		{"3.4.2.2", "order on a boolean or a binary is invalidFilter", []string{"Boolean and Binary"},
			func(t *testing.T, c *client) {
				for _, op := range []string{"gt", "ge", "lt", "le"} {
					c.find(t, "/Users", "filter", "active "+op+" true").refused(t, 400, "invalidFilter")
					c.find(t, "/Users", "filter", `x509Certificates.value `+op+` "AAAA"`).refused(t, 400, "invalidFilter")
					c.find(t, "/Users", "filter", badgeURN+`:photo `+op+` "AAAA"`).refused(t, 400, "invalidFilter")
					c.find(t, "/Users", "filter", `emails[primary `+op+` false]`).refused(t, 400, "invalidFilter")
				}
			}},
		{"3.4.2.2", "what is no filter is invalidFilter", []string{
			"The filter parameter MUST contain at least one valid expression", "MUST contain an attribute name followed by an attribute operator",
			"MUST decline to filter results if the specified filter operation is not recognized",
		},
			func(t *testing.T, c *client) {
				for _, bad := range []string{
					`userName`, `userName eq`, `eq "x"`, `()`, `userName zz "x"`, `userName = "x"`, `userName eq "x`, `(userName pr`, `userName pr)`,
					`userName eq "x" and`, `userName eq "x" or or userName pr`, `not userName pr`, `emails[]`, `emails[type eq "work"`, `userName pr "x" extra`,
					`userName eq "x" userName eq "y"`, `emails[type eq "work" and`, `noSuchAttribute eq "x"`, `urn:x:y:z eq "x"`, `emails[noSuch eq "x"]`, `userName eq {}`,
				} {
					c.find(t, "/Users", "filter", bad).refused(t, 400, "invalidFilter")
				}
				deep := strings.Repeat("(", 5000) + "userName pr" + strings.Repeat(")", 5000)
				c.find(t, "/Users", "filter", deep).refused(t, 400, "invalidFilter")
			}},
		{"3.4.2.2", "a complex attribute needs a sub-attribute", []string{"a fully qualified sub-attribute MUST be specified"},
			func(t *testing.T, c *client) {
				c.find(t, "/Users", "filter", `name eq "x"`).refused(t, 400, "invalidFilter")
				c.find(t, "/Users", "filter", `addresses eq "x"`).refused(t, 400, "invalidFilter")
			}},
		{"3.4.2.2", "a default counts as the value that was returned", []string{"SHALL use the value that was returned to the client that last created or modified"},
			func(t *testing.T, c *client) {
				u := c.user(t)
				one := `id eq "` + u.id() + `" and `
				active, returned := u.at("active").(bool)
				if !returned {
					same(t, []string{}, c.find(t, "/Users", "filter", one+"active pr").ids(t), "active pr")
					same(t, []string{}, c.find(t, "/Users", "filter", one+"active eq true").ids(t), "active eq true")
					return
				}
				same(t, []string{u.id()}, c.find(t, "/Users", "filter", one+fmt.Sprintf("active eq %v", active)).ids(t), "active")
			}},
	}
}

// checkOperators is a table of filters over four users.
func checkOperators(t *testing.T, c *client) {
	mark := c.unique()
	create := func(more object) string {
		return c.user(t, object{"nickName": mark, "schemas": array{userURN, enterpriseURN, badgeURN}}, more).id()
	}
	email := func(kind, value string, primary bool) object {
		return object{"type": kind, "value": value, "primary": primary}
	}
	names := map[string]string{}
	names[create(object{
		"title": "Engineer", "active": true, "externalId": "E-a" + mark, "name": object{"familyName": "Ng", "givenName": "Ann"},
		"emails":      array{email("work", "ann@example.com", true), email("home", "ann@home.example", false)},
		enterpriseURN: object{"department": "Sales", "manager": object{"value": "26118915-6090-4610-87e4-49d8ca9f808d"}},
		badgeURN:      object{"level": 9, "issued": "2011-05-13T04:42:34Z", "weight": 1.5, "note": "A\tB", "keys": array{object{"value": "k1", "type": "Gold"}}},
	})] = "ann"
	names[create(object{
		"title": "ENGINEER II", "active": false, "externalId": "E-b" + mark, "name": object{"familyName": "Oak"},
		"emails":      array{email("work", "bob@home.example", false), email("home", "bob@example.com", true)},
		enterpriseURN: object{"department": "sales"},
		badgeURN:      object{"level": 100, "issued": "2011-05-13T06:42:34+02:00", "weight": 10},
	})] = "bob"
	names[create(object{
		"title": "Clerk", "active": true, "externalId": "e-c" + mark, "userType": "Employee",
		badgeURN: object{"level": -5, "issued": "2012-01-01T00:00:00Z", "weight": 1.25},
	})] = "cat"
	names[create(object{"externalId": "e-d" + mark})] = "dan"
	cases := []struct{ filter, want string }{
		{`title eq "engineer"`, "ann"}, {`title EQ "ENGINEER"`, "ann"}, {`TITLE eq "Engineer"`, "ann"},
		{`title ne "engineer"`, "bob cat dan"}, {`title co "gineer"`, "ann bob"}, {`title sw "eng"`, "ann bob"}, {`title ew "ii"`, "bob"},
		{`title sw "%"`, ""}, {`title co "_"`, ""},
		{`title pr`, "ann bob cat"}, {`not (title pr)`, "dan"}, {`NOT (title pr)`, "dan"},
		{`title gt "clerk"`, "ann bob"}, {`title ge "CLERK"`, "ann bob cat"}, {`title lt "engineer"`, "cat"}, {`title le "engineer"`, "ann cat"},
		{`externalId eq "E-a` + mark + `"`, "ann"}, {`externalId eq "e-a` + mark + `"`, ""}, {`externalId sw "E-"`, "ann bob"},
		{`active eq true`, "ann cat dan"}, {`active eq false`, "bob"},
		{`name.familyName eq "ng"`, "ann"}, {`name pr`, "ann bob"}, {`name.givenName pr`, "ann"},
		{`urn:ietf:params:scim:schemas:core:2.0:User:name.familyName eq "oak"`, "bob"}, {`URN:IETF:params:scim:schemas:core:2.0:user:TITLE eq "clerk"`, "cat"},
		{enterpriseURN + `:department eq "SALES"`, "ann bob"}, {enterpriseURN + `:manager.value eq "26118915-6090-4610-87e4-49d8ca9f808d"`, "ann"},
		{enterpriseURN + `:manager pr`, "ann"},
		{`emails.value eq "bob@example.com"`, "bob"}, {`emails eq "bob@example.com"`, "bob"}, {`emails co "home"`, "ann bob"}, {`emails pr`, "ann bob"}, {`emails.type eq "work"`, "ann bob"},
		{`emails[type eq "work" and value co "@example.com"]`, "ann"}, {`emails[type eq "home" and primary eq true]`, "bob"},
		{`emails[type eq "work"] and emails[value co "@example.com"]`, "ann bob"}, {`emails[not (type eq "work") and value ew ".com"]`, "bob"},
		{`emails[type eq "work" and value co "@example.com"] or title eq "clerk"`, "ann cat"}, {`not (emails[type eq "work" and primary eq true])`, "bob cat dan"},
		{`emails.type eq "work" and emails.value eq "bob@example.com"`, "bob"},
		{badgeURN + `:level gt 9`, "bob"}, {badgeURN + `:level ge 9`, "ann bob"}, {badgeURN + `:level lt 9`, "cat"}, {badgeURN + `:level le 9`, "ann cat"},
		{badgeURN + `:level eq -5`, "cat"}, {badgeURN + `:weight gt 1.25`, "ann bob"}, {badgeURN + `:weight eq 10.0`, "bob"}, {badgeURN + `:level eq 9.0`, "ann"},
		{badgeURN + `:issued eq "2011-05-13T04:42:34Z"`, "ann bob"}, {badgeURN + `:issued gt "2011-05-13T04:42:34.5Z"`, "cat"}, {badgeURN + `:issued lt "2011-12-31T23:00:00+02:00"`, "ann bob"},
		{badgeURN + `:keys[type eq "Gold"]`, "ann"}, {badgeURN + `:keys.type eq "gold"`, ""}, {badgeURN + `:note eq "a\tb"`, "ann"},
		{`title pr and active eq true or userType pr`, "ann cat"}, {`userType pr or title pr and active eq false`, "bob cat"},
		{`(userType pr or title pr) and active eq false`, "bob"}, {`not (title sw "eng") and active eq true`, "cat dan"},
		{`not (active eq false or title pr)`, "dan"}, {`title eq "clerk" OR title eq "engineer" AND active eq false`, "cat"},
		{`title eq null`, "dan"}, {`title ne null`, "ann bob cat"},
		{`meta.created gt "2011-05-13T04:42:34Z"`, "ann bob cat dan"}, {`meta.lastModified lt "2011-05-13T04:42:34Z"`, ""}, {`meta.resourceType eq "User"`, "ann bob cat dan"},
		{`schemas eq "` + userURN + `"`, "ann bob cat dan"}, {`schemas eq "` + enterpriseURN + `"`, "ann bob"},
		{`id pr`, "ann bob cat dan"}, {`userName pr and groups pr`, ""},
	}
	for _, tc := range cases {
		a := c.find(t, "/Users", "filter", `nickName eq "`+mark+`" and (`+tc.filter+`)`)
		if a.status != 200 {
			t.Errorf("%s: status %d: %s", tc.filter, a.status, a.body)
			continue
		}
		got := []string{}
		for _, id := range a.order(t) {
			got = append(got, names[id])
		}
		if s := strings.Join(sorted(got...), " "); s != tc.want {
			t.Errorf("%s finds %q, want %q", tc.filter, s, tc.want)
		}
		a.has(t, len(got), "totalResults")
	}
}
