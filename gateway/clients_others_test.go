package gateway_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestClientOneLogin is OneLogin's SCIM provisioner, whose bodies an
// administrator writes.
func TestClientOneLogin(t *testing.T) {
	t.Parallel()
	c := startPlain(t).with("User-Agent", "OneLogin SCIM Provisioner", "Accept", "application/json")
	const contentType = "application/json"
	runQuirks(t, c, []quirk{
		{"2.2 OneLogin", "it asks for ServiceProviderConfig", func(t *testing.T, c *client) { c.get(t, "/ServiceProviderConfig") }},
		{"2.2 OneLogin", "emails as an object, schemas missing or odd", func(t *testing.T, c *client) {
			for _, schemas := range []string{``, `"schemas":[],`, `"schemas":["urn:scim:schemas:core:1.0"],`, `"schemas":"` + userURN + `",`} {
				name := c.unique()
				a := c.do(t, "POST", "/Users", `{`+schemas+`"userName":"`+name+`","emails":{"value":"`+name+`@example.com","type":"work","primary":true}}`, "Content-Type", contentType).want(t, 201)
				a.has(t, array{userURN}, "schemas").has(t, array{object{"value": name + "@example.com", "type": "work", "primary": true}}, "emails")
			}
		}},
		{"2.2 OneLogin", "a group's members by lower-case add, without schemas", func(t *testing.T, c *client) {
			u, g := c.user(t), c.group(t)
			c.do(t, "PATCH", "/Groups/"+g.id(), `{"Operations":[{"op":"add","path":"members","value":[{"value":"`+u.id()+`"}]}]}`, "Content-Type", contentType).want(t, 200)
			same(t, []string{u.id()}, c.get(t, "/Groups/"+g.id()).members(t), "members")
		}},
		{"2.2 OneLogin", "deprovisioning by PATCH, PUT or DELETE", func(t *testing.T, c *client) {
			u := c.user(t)
			c.do(t, "PATCH", "/Users/"+u.id(), `{"schemas":["`+patchURN+`"],"Operations":[{"op":"replace","path":"active","value":false}]}`, "Content-Type", contentType).want(t, 200).has(t, false, "active")
			c.do(t, "PUT", "/Users/"+u.id(), `{"userName":"`+u.text("userName")+`","active":true}`, "Content-Type", contentType).want(t, 200).has(t, true, "active")
			c.do(t, "DELETE", "/Users/"+u.id(), nil).want(t, 204)
		}},
	})
}

// TestClientJumpCloud is JumpCloud.
func TestClientJumpCloud(t *testing.T) {
	t.Parallel()
	c := startPlain(t).with("User-Agent", "JumpCloud", "Accept", "*/*")
	runQuirks(t, c, []quirk{
		{"2.2 JumpCloud", "it probes users and groups", func(t *testing.T, c *client) {
			c.get(t, "/Users?count=1&startIndex=1")
			c.get(t, "/Groups?count=1&startIndex=1")
		}},
		{"2.2 JumpCloud", "the extension's URN without the extension, then a PUT with null emails and empty phone numbers", func(t *testing.T, c *client) {
			name := c.unique()
			u := c.do(t, "POST", "/Users", `{"schemas":["`+userURN+`","`+enterpriseURN+`"],"userName":"`+name+`","name":{"familyName":"F","givenName":"G"},"emails":[{"value":"`+name+`@example.com","primary":true,"type":"work"}],"phoneNumbers":[{"type":"work","value":"tel:+1-555-1"}],"active":true}`).want(t, 201)
			u.has(t, "tel:+1-555-1", "phoneNumbers", 0, "value").has(t, array{userURN}, "schemas")
			got := c.do(t, "PUT", "/Users/"+u.id(), `{"schemas":["`+enterpriseURN+`","`+userURN+`"],"userName":"`+name+`","name":{"familyName":"F","givenName":"G"},"emails":null,"phoneNumbers":[],"active":true}`).want(t, 200)
			got.has(t, nil, "emails").has(t, nil, "phoneNumbers").has(t, array{userURN}, "schemas")
		}},
	})
}

// TestClientGoogle is Google Workspace's auto-provisioning.
func TestClientGoogle(t *testing.T) {
	t.Parallel()
	c := startPlain(t).with("User-Agent", "Google-Auto-Provisioning", "Accept", "")
	runQuirks(t, c, []quirk{
		{"2.2 Google", "application/json, with the URN of SCIM 1.0 beside the right one", func(t *testing.T, c *client) {
			name := c.unique()
			body := `{"schemas":["urn:scim:schemas:core:1.0","` + userURN + `"],"userName":"` + name + `@example.com","name":{"givenName":"G","familyName":"F"},"emails":[{"primary":true,"type":"work","value":"` + name + `@example.com"}],"active":true}`
			u := c.do(t, "POST", "/Users", body, "Content-Type", "application/json").want(t, 201).has(t, array{userURN}, "schemas")
			c.do(t, "PUT", "/Users/"+u.id(), strings.Replace(body, `"active":true`, `"active":false`, 1), "Content-Type", "application/json; charset=UTF-8").want(t, 200).has(t, false, "active")
			c.do(t, "POST", "/Users", strings.Replace(body, name, c.unique(), 2), "Content-Type", "").want(t, 201)
		}},
	})
}

// TestClientAuthentik is authentik.
func TestClientAuthentik(t *testing.T) {
	t.Parallel()
	c := startPlain(t).with("User-Agent", "goauthentik.io/2025.1", "Accept", "application/scim+json")
	const contentType = "application/scim+json"
	runQuirks(t, c, []quirk{
		{"2.2 authentik", "it obeys ServiceProviderConfig, whose bulk limit cuts its patches", func(t *testing.T, c *client) {
			a := c.get(t, "/ServiceProviderConfig").has(t, true, "patch", "supported").has(t, true, "filter", "supported")
			if n, _ := a.at("bulk", "maxOperations").(float64); n < 1 || n > 10_000 {
				t.Errorf("bulk.maxOperations is %v", n)
			}
		}},
		{"2.2 authentik", "a conflict is followed by a filter, then PUT", func(t *testing.T, c *client) {
			u := c.user(t)
			body := object{"schemas": array{userURN, enterpriseURN}, "userName": u.text("userName"), "externalId": "ak-1", "active": true, "name": object{"formatted": "A"}, "emails": array{}, "photos": array{}, "locale": "en"}
			c.do(t, "POST", "/Users", body, "Content-Type", contentType).refused(t, 409, "uniqueness")
			found := c.find(t, "/Users", "filter", `userName eq "`+u.text("userName")+`"`)
			c.do(t, "PUT", "/Users/"+found.text("Resources", 0, "id"), body, "Content-Type", contentType).want(t, 200).has(t, "ak-1", "externalId")
		}},
		{"2.2 authentik", "a group without members, renamed with its id, members one operation each", func(t *testing.T, c *client) {
			name := c.unique()
			g := c.do(t, "POST", "/Groups", object{"schemas": array{groupURN}, "displayName": name, "externalId": "x" + name}, "Content-Type", contentType).want(t, 201)
			path := "/Groups/" + g.id()
			if _, ok := c.get(t, path).at("members").(array); !ok {
				t.Errorf("an empty group has no members: %s", c.get(t, path).body)
			}
			rename := object{"op": "replace", "value": object{"schemas": array{groupURN}, "id": g.id(), "externalId": "x" + name, "displayName": name + "2"}}
			c.patch(t, path, rename).want(t, 200).has(t, name+"2", "displayName")
			var ids []string
			var operations []object
			for range 5 {
				id := c.user(t).id()
				ids = append(ids, id)
				operations = append(operations, op("add", "members", array{object{"value": id}}))
			}
			c.patch(t, path, operations...).want(t, 200)
			same(t, sorted(ids...), c.get(t, path).members(t), "members")
			c.patch(t, path, op("remove", "members", array{object{"value": ids[0]}}), op("remove", "members", array{object{"value": ids[1]}})).want(t, 200)
			same(t, sorted(ids[2:]...), c.get(t, path).members(t), "members")
			c.find(t, "/Groups", "startIndex", "1").want(t, 200)
			c.do(t, "DELETE", "/Users/"+ids[2], nil).want(t, 204)
		}},
	})
}

// TestClientSsosync is awslabs/ssosync.
func TestClientSsosync(t *testing.T) {
	t.Parallel()
	c := startPlain(t).with("User-Agent", "Go-http-client/1.1", "Accept", "")
	runQuirks(t, c, []quirk{
		{"2.2 AWS", "its filters have + for spaces", func(t *testing.T, c *client) {
			u, g := c.user(t), c.group(t)
			c.get(t, "/Users?filter=userName+eq+%22"+u.text("userName")+"%22").has(t, 1, "totalResults")
			c.get(t, "/Groups?filter=displayName+eq+%22"+strings.ReplaceAll(g.text("displayName"), " ", "+")+"%22").has(t, 1, "totalResults")
		}},
		{"2.2 AWS", "members in chunks of a hundred, a rename with externalId", func(t *testing.T, c *client) {
			g := c.group(t)
			path := "/Groups/" + g.id()
			var values array
			for i := range 150 {
				values = append(values, object{"value": fmt.Sprintf("%s-%d", c.unique(), i)})
			}
			for _, kind := range []string{"add", "remove"} {
				for start := 0; start < len(values); start += 100 {
					c.do(t, "PATCH", path, object{"schemas": array{patchURN}, "Operations": array{object{"op": kind, "path": "members", "value": values[start:min(start+100, len(values))]}}}, "Content-Type", "application/scim+json").want(t, 200)
				}
				same(t, map[string]int{"add": 150, "remove": 0}[kind], len(c.get(t, path).members(t)), "members after "+kind)
			}
			c.patch(t, path, object{"op": "replace", "value": object{"displayName": c.unique(), "externalId": "aws-1"}}).want(t, 200).has(t, "aws-1", "externalId")
		}},
	})
}

// TestClientKeycloak is Keycloak's outbound plugins.
func TestClientKeycloak(t *testing.T) {
	t.Parallel()
	c := startPlain(t).with("User-Agent", "Apache-HttpClient/4.5", "Accept", "application/scim+json")
	runQuirks(t, c, []quirk{
		{"2.2 Keycloak", "mitodl: a group's members have relative references", func(t *testing.T, c *client) {
			u := c.user(t)
			g := c.do(t, "POST", "/Groups", `{"schemas":["`+groupURN+`"],"externalId":"kc","displayName":"`+c.unique()+`","members":[{"value":"`+u.id()+`","$ref":"Users/`+u.id()+`"}]}`).want(t, 201)
			c.get(t, "/Groups/"+g.id()).has(t, u.text("meta", "location"), "members", 0, "$ref")
			c.do(t, "PUT", "/Groups/"+g.id(), `{"schemas":["`+groupURN+`"],"displayName":"`+g.text("displayName")+`","members":[]}`).want(t, 200)
			c.do(t, "DELETE", "/Groups/"+g.id(), nil).want(t, 204)
		}},
		{"2.2 Keycloak", "suvera: it reads the resource types and the schemas", func(t *testing.T, c *client) {
			for _, path := range []string{"/ResourceTypes", "/Schemas"} {
				c.get(t, path).has(t, array{listURN}, "schemas")
			}
		}},
	})
}

// TestClientWSO2 is WSO2 Identity Server, by PUT before 7.3 and PATCH since.
func TestClientWSO2(t *testing.T) {
	t.Parallel()
	c := startPlain(t).with("User-Agent", "WSO2", "Accept", "application/json")
	runQuirks(t, c, []quirk{
		{"2.2 WSO2", "PUT and PATCH both", func(t *testing.T, c *client) {
			u := c.user(t)
			c.do(t, "PUT", "/Users/"+u.id(), object{"schemas": array{userURN}, "userName": u.text("userName"), "name": object{"familyName": "F"}}, "Content-Type", "application/json").want(t, 200).has(t, "F", "name", "familyName")
			c.patch(t, "/Users/"+u.id(), op("replace", "", object{"name": object{"familyName": "P"}})).want(t, 200).has(t, "P", "name", "familyName")
		}},
	})
}
