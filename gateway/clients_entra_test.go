package gateway_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/gateway/gatewaytest"
	"github.com/rollcall-sync/rollcall/internal/config"
)

func basicAuth(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// entra is a client with the headers of Microsoft Entra's.
func entra(c *client) *client {
	return c.with("User-Agent", "", "Accept", "application/scim+json", "Adscimversion", "AzureActiveDirectory/1.0")
}

// entraOps is a PATCH body as Entra sends it.
func entraOps(operations string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + operations + `]}`
}

func entraUser(name string) string {
	return `{"schemas":["` + userURN + `","` + enterpriseURN + `"],"externalId":"` + name + `","userName":"` + name + `@example.com","active":true,` +
		`"displayName":"Test","emails":[{"primary":true,"type":"work","value":"` + name + `@example.com"}],"meta":{"resourceType":"User"},` +
		`"name":{"formatted":"g f","familyName":"f","givenName":"g"},"roles":[]}`
}

const entraJSON = "application/scim+json; charset=utf-8"

func (c *client) entraUser(t *testing.T) answer {
	t.Helper()
	return c.do(t, "POST", "/Users", entraUser(c.unique()), "Content-Type", entraJSON).want(t, 201)
}

func (c *client) entraPatch(t *testing.T, path, operations string) answer {
	t.Helper()
	return c.do(t, "PATCH", path, entraOps(operations), "Content-Type", entraJSON)
}

// TestClientEntra is both of Entra's dialects against a connection that
// recognises it, and against one that is told.
func TestClientEntra(t *testing.T) {
	t.Parallel()
	for name, setting := range map[string]string{"recognised": config.ClientAuto, "told": config.ClientEntra} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runQuirks(t, entra(startPlain(t, gatewaytest.Client(setting))), append(entraQuirks(), entraGroupQuirks()...))
		})
	}
}

func entraQuirks() []quirk {
	return []quirk{
		{"E1", "op is written with a capital", func(t *testing.T, c *client) {
			u := c.entraUser(t)
			c.entraPatch(t, "/Users/"+u.id(), `{"op":"Add","path":"nickName","value":"N"},{"op":"Replace","path":"title","value":"Dr"},{"op":"Remove","path":"displayName"}`).want(t, 200, 204)
			c.get(t, "/Users/"+u.id()).has(t, "N", "nickName").has(t, "Dr", "title").has(t, nil, "displayName")
		}},
		{"E2", "booleans come as words", func(t *testing.T, c *client) {
			u := c.entraUser(t)
			for _, tc := range []struct {
				operation string
				active    bool
			}{
				{`{"op":"Replace","path":"active","value":"False"}`, false}, {`{"op":"Add","path":"active","value":"True"}`, true},
				{`{"op":"Replace","path":"active","value":false}`, false}, {`{"op":"replace","value":{"active":"true"}}`, true},
				{`{"op":"Replace","path":"active","value":"FALSE"}`, false},
			} {
				c.entraPatch(t, "/Users/"+u.id(), tc.operation).want(t, 200, 204)
				c.get(t, "/Users/"+u.id()).has(t, tc.active, "active")
			}
			body := strings.NewReplacer(`"active":true`, `"active":"True"`, `"primary":true`, `"primary":"True"`).Replace(entraUser(c.unique()))
			c.do(t, "POST", "/Users", body, "Content-Type", entraJSON).want(t, 201).has(t, true, "active").has(t, true, "emails", 0, "primary")
			c.do(t, "PUT", "/Users/"+u.id(), strings.Replace(entraUser(u.text("externalId")), `"active":true`, `"active":"false"`, 1), "Content-Type", entraJSON).want(t, 200).has(t, false, "active")
		}},
		{"E4", "null is no value", func(t *testing.T, c *client) {
			body := strings.Replace(entraUser(c.unique()), `"roles":[]`, `"roles":null,"title":null,"addresses":[{"type":"work","locality":"Rome","country":null,"formatted":null}]`, 1)
			c.do(t, "POST", "/Users", body, "Content-Type", entraJSON).want(t, 201).has(t, array{object{"type": "work", "locality": "Rome"}}, "addresses").has(t, nil, "title")
			u := c.entraUser(t)
			c.do(t, "POST", "/Groups", `{"schemas":["`+groupURN+`"],"displayName":"`+c.unique()+`","members":[{"$ref":null,"value":"`+u.id()+`","display":null}]}`).want(t, 201)
		}},
		{"E5", "one operation for each attribute, with filters, capitals and URNs in the paths", func(t *testing.T, c *client) {
			u := c.entraUser(t)
			c.entraPatch(t, "/Users/"+u.id(), `{"op":"Replace","path":"name.givenName","value":"K"},`+
				`{"op":"Replace","path":"emails[type eq \"work\"].value","value":"w@example.com"},`+
				`{"op":"Add","path":"phoneNumbers[type eq \"mobile\"].value","value":"+1 555 1"},`+
				`{"op":"Add","path":"addresses[type eq \"work\"].formatted","value":"1 Street"},`+
				`{"op":"Add","path":"emails[type eq \"other\"].Value","value":"o@example.com"},`+
				`{"op":"Add","path":"`+enterpriseURN+`:department","value":"Sales"}`).want(t, 200, 204)
			got := c.get(t, "/Users/"+u.id())
			got.has(t, "K", "name", "givenName").has(t, "Sales", enterpriseURN, "department").has(t, array{object{"type": "mobile", "value": "+1 555 1"}}, "phoneNumbers")
			got.has(t, array{object{"type": "work", "formatted": "1 Street"}}, "addresses")
			got.has(t, "w@example.com", "emails", 0, "value").has(t, "o@example.com", "emails", 1, "value")
		}},
		{"E6", "a value that is not there yet is made, with the filter's type", func(t *testing.T, c *client) {
			u := c.entraUser(t)
			for _, kind := range []string{"Replace", "Add"} {
				for _, phone := range []string{"mobile", "fax"} {
					c.entraPatch(t, "/Users/"+u.id(), `{"op":"`+kind+`","path":"phoneNumbers[type eq \"`+phone+`\"].value","value":"`+kind+`"}`).want(t, 200, 204)
				}
				c.get(t, "/Users/"+u.id()).has(t, array{object{"type": "mobile", "value": kind}, object{"type": "fax", "value": kind}}, "phoneNumbers")
			}
			c.entraPatch(t, "/Users/"+u.id(), `{"op":"Replace","path":"phoneNumbers[type eq \"fax\" and value eq \"x\"].value","value":"1"}`).refused(t, 400, "noTarget")
		}},
		{"E7", "with the flag, names in a value without a path are paths", func(t *testing.T, c *client) {
			u := c.entraUser(t)
			c.do(t, "PATCH", "/Users/"+u.id()+"?aadOptscim062020", entraOps(`{"op":"replace","value":{"name.givenName":"K","displayName":"D","`+enterpriseURN+`:employeeNumber":"A","emails[type eq \"work\"].value":"n@example.com","`+enterpriseURN+`":{"department":"Sales"}}}`), "Content-Type", entraJSON).want(t, 200, 204)
			got := c.get(t, "/Users/"+u.id())
			got.has(t, object{"formatted": "g f", "familyName": "f", "givenName": "K"}, "name").has(t, "D", "displayName").has(t, object{"department": "Sales", "employeeNumber": "A"}, enterpriseURN)
			got.has(t, "n@example.com", "emails", 0, "value")
		}},
		{"E8", "replace of a complex attribute merges, null unassigns", func(t *testing.T, c *client) {
			u := c.entraUser(t)
			c.entraPatch(t, "/Users/"+u.id(), `{"op":"Replace","path":"name","value":{"givenName":"K","formatted":null}}`).want(t, 200, 204)
			c.get(t, "/Users/"+u.id()).has(t, object{"familyName": "f", "givenName": "K"}, "name")
			c.entraPatch(t, "/Users/"+u.id(), `{"op":"Replace","path":"displayName","value":null}`).want(t, 200, 204)
			c.get(t, "/Users/"+u.id()).has(t, nil, "displayName")
		}},
		{"E9", "the manager comes as text, and after a dot", func(t *testing.T, c *client) {
			u := c.entraUser(t)
			for _, tc := range []struct{ operation, want string }{
				{`{"op":"Add","path":"` + enterpriseURN + `:manager","value":"m1"}`, "m1"}, {`{"op":"Replace","path":"` + enterpriseURN + `.manager","value":"m2"}`, "m2"},
				{`{"op":"Replace","path":"` + enterpriseURN + `:manager","value":{"value":"m3"}}`, "m3"}, {`{"op":"Replace","path":"` + enterpriseURN + `:manager","value":[{"$ref":"../Users/m4","value":"m4"}]}`, "m4"},
				{`{"op":"Replace","path":"` + enterpriseURN + `:manager.value","value":"m5"}`, "m5"},
			} {
				c.entraPatch(t, "/Users/"+u.id(), tc.operation).want(t, 200, 204)
				c.get(t, "/Users/"+u.id()).has(t, tc.want, enterpriseURN, "manager", "value")
			}
			body := strings.Replace(entraUser(c.unique()), `"roles":[]`, `"`+enterpriseURN+`":{"manager":"m6"}`, 1)
			c.do(t, "POST", "/Users", body, "Content-Type", entraJSON).want(t, 201).has(t, "m6", enterpriseURN, "manager", "value")
		}},
		{"E10", "filters of Entra, its samples' without quotes too", func(t *testing.T, c *client) {
			u := c.entraUser(t)
			external, name := u.text("externalId"), u.text("userName")
			for _, filter := range []string{
				`userName eq "` + name + `"`, `externalId eq "` + external + `"`, `externalId eq ` + external, `emails[type eq "work"].value eq "` + name + `"`,
				`userName sw ` + external, `userName eq "` + name + `" and externalId eq "` + external + `"`, `meta.Created gt 2015-10-10T14:38:21.8617979-07:00 and externalId eq ` + external,
				`UserName Eq "` + name + `"`,
			} {
				same(t, []string{u.id()}, c.find(t, "/Users", "filter", filter).ids(t), filter)
			}
		}},
		{"E12", "a query that misses is a list", func(t *testing.T, c *client) {
			c.find(t, "/Users", "filter", `userName eq "3dd1d6b0-2c6a-4a0e-8b7e-1a1c4d9b0f11"`).want(t, 200).has(t, 0, "totalResults")
			c.find(t, "/Groups", "excludedAttributes", "members", "filter", `displayName eq "3dd1d6b0"`).want(t, 200).has(t, 0, "totalResults")
		}},
		{"E14", "an inactive user is still there, a hard delete is 204", func(t *testing.T, c *client) {
			u := c.entraUser(t)
			c.entraPatch(t, "/Users/"+u.id(), `{"op":"Replace","path":"active","value":"False"}`).want(t, 200, 204)
			same(t, []string{u.id()}, c.find(t, "/Users", "filter", `userName eq "`+u.text("userName")+`"`).ids(t), "the inactive user")
			c.do(t, "DELETE", "/Users/"+u.id(), nil).want(t, 204)
		}},
		{"E16", "the flag in the tenant's URL, and slashes that come of it", func(t *testing.T, c *client) {
			u := c.entraUser(t)
			c.get(t, "/Users/"+u.id()+"?aadOptscim062020")
			c.get(t, "/Users?aadOptscim062020&filter=id%20eq%20%22"+u.id()+"%22").has(t, 1, "totalResults")
			for _, path := range []string{"//Users/" + u.id(), "/Users//" + u.id(), "/Users/" + u.id() + "/", "/Users/" + u.id() + "/?aadOptscim062020"} {
				c.get(t, path).has(t, u.id(), "id")
			}
			c.get(t, "/Users/?count=0")
			c.get(t, "/users/"+u.id()).has(t, u.id(), "id")
		}},
		{"E17", "values are kept as sent, and /Schemas is a list", func(t *testing.T, c *client) {
			name := c.unique()
			body := strings.Replace(entraUser(name), `"Test"`, `"  Ünï  TEST "`, 1)
			c.do(t, "POST", "/Users", strings.ReplaceAll(body, name+"@example.com", "MiXed"+name+"@Example.COM"), "Content-Type", entraJSON).want(t, 201).
				has(t, "  Ünï  TEST ", "displayName").has(t, "MiXed"+name+"@Example.COM", "userName").has(t, "MiXed"+name+"@Example.COM", "emails", 0, "value")
			a := c.get(t, "/Schemas").has(t, array{listURN}, "schemas")
			if strings.Contains(string(a.body), "null") {
				t.Error("/Schemas has a null")
			}
		}},
		{"E19", "what is never returned may still be published", func(t *testing.T, c *client) {
			found := false
			attributesOf(t, c, func(path []string, a object) {
				if path[len(path)-1] == "password" {
					found = a["returned"] == "never" && a["mutability"] == "writeOnly"
				}
			})
			if !found {
				t.Error("password is not published as never returned")
			}
		}},
	}
}

func entraGroupQuirks() []quirk {
	return []quirk{
		{"E3", "members are removed by value without the flag and by filter with it", func(t *testing.T, c *client) {
			a, b, d := c.entraUser(t).id(), c.entraUser(t).id(), c.entraUser(t).id()
			g := c.group(t, a, b, d)
			path := "/Groups/" + g.id()
			c.entraPatch(t, path, `{"op":"Remove","path":"members","value":[{"$ref":null,"value":"`+a+`"}]}`).want(t, 204)
			same(t, sorted(b, d), c.get(t, path).members(t), "members")
			c.do(t, "PATCH", path+"?aadOptscim062020", entraOps(`{"op":"Remove","path":"members[value eq \"`+b+`\"]"}`), "Content-Type", entraJSON).want(t, 204)
			same(t, []string{d}, c.get(t, path).members(t), "members")
			c.entraPatch(t, path, `{"op":"Remove","path":"members"}`).want(t, 204)
			same(t, []string{}, c.get(t, path).members(t), "members")
		}},
		{"E11", "groups are asked for without their members", func(t *testing.T, c *client) {
			g := c.group(t, c.entraUser(t).id())
			c.get(t, "/Groups/"+g.id()+"?excludedAttributes=members").has(t, nil, "members").has(t, g.id(), "id")
			c.find(t, "/Groups", "excludedAttributes", "members", "filter", `displayName eq "`+g.text("displayName")+`"`).has(t, nil, "Resources", 0, "members").has(t, 1, "totalResults")
		}},
		{"E13", "schemas that nobody knows, and a URN without its object", func(t *testing.T, c *client) {
			body := `{"schemas":["` + groupURN + `","http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],"externalId":"` + c.unique() + `","displayName":"` + c.unique() + `","meta":{"resourceType":"Group"}}`
			c.do(t, "POST", "/Groups", body, "Content-Type", entraJSON).want(t, 201).has(t, array{groupURN}, "schemas")
			c.entraUser(t).has(t, array{userURN}, "schemas")
		}},
		{"E14", "a group's PATCH is answered 204", func(t *testing.T, c *client) {
			u := c.entraUser(t)
			g := c.group(t)
			c.entraPatch(t, "/Groups/"+g.id(), `{"op":"Add","path":"members","value":[{"value":"`+u.id()+`"}]}`).want(t, 204)
			c.entraPatch(t, "/Groups/"+g.id(), `{"op":"Replace","path":"displayName","value":"`+c.unique()+`"}`).want(t, 204)
		}},
		{"E15", "members that are there already change nothing", func(t *testing.T, c *client) {
			u := c.entraUser(t)
			g := c.group(t, u.id())
			before := c.get(t, "/Groups/"+g.id())
			c.entraPatch(t, "/Groups/"+g.id(), `{"op":"Add","path":"members","value":[{"value":"`+u.id()+`"}]},{"op":"Add","path":"members","value":[{"value":"`+u.id()+`"}]}`).want(t, 204)
			unchanged(t, c, before)
		}},
		{"E17", "names of groups are unique", func(t *testing.T, c *client) {
			g := c.group(t)
			c.do(t, "POST", "/Groups", object{"schemas": array{groupURN}, "displayName": g.text("displayName")}).refused(t, 409, "uniqueness")
		}},
		{"E18", "it is recognised by its header or its flag alone", func(t *testing.T, _ *client) {
			c := startPlain(t)
			g := c.group(t)
			add := entraOps(`{"op":"add","path":"displayName","value":"` + c.unique() + `"}`)
			c.do(t, "PATCH", "/Groups/"+g.id(), add).want(t, 200)
			entra(c).do(t, "PATCH", "/Groups/"+g.id(), add).want(t, 204)
			c.do(t, "PATCH", "/Groups/"+g.id()+"?aadOptscim062020", add).want(t, 204)
			c.find(t, "/Users", "filter", `externalId eq jyoung`).refused(t, 400, "invalidFilter")
		}},
	}
}

// TestEveryNumberedQuirkHasATest reads the table of what Entra sends.
func TestEveryNumberedQuirkHasATest(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(filepath.Dir(filepath.Dir(sharedFile(t, "rfc7644.txt"))), "SCIM-CLIENTS.md"))
	if err != nil {
		t.Fatal(err)
	}
	tested := map[string]bool{}
	for _, q := range append(entraQuirks(), entraGroupQuirks()...) {
		tested[q.number] = true
	}
	rows := regexp.MustCompile(`(?m)^\| (E\d+) \|`).FindAllStringSubmatch(string(text), -1)
	if len(rows) < 19 {
		t.Errorf("the table has %d rows", len(rows))
	}
	for _, row := range rows {
		if !tested[row[1]] {
			t.Errorf("%s has no test", row[1])
		}
	}
}
