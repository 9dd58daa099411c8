package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/rollcall-sync/rollcall/gateway/gatewaytest"
)

// TestChoices is what was chosen where clients contradict each other.
func TestChoices(t *testing.T) {
	t.Parallel()
	runQuirks(t, startPlain(t), []quirk{
		{"choice 1", "PATCH is 200 with the resource; a group's is 204 for Entra", func(t *testing.T, c *client) {
			u, g := c.user(t), c.group(t)
			title, name := op("replace", "title", "Dr"), op("replace", "displayName", c.unique())
			c.patch(t, "/Users/"+u.id(), title).want(t, 200).has(t, "Dr", "title")
			c.patch(t, "/Groups/"+g.id(), name).want(t, 200).has(t, name["value"], "displayName")
			entra(c).patch(t, "/Groups/"+g.id(), name).want(t, 204)
			entra(c).patch(t, "/Users/"+u.id(), title).want(t, 200, 204)
		}},
		{"choice 2", "a filter that matches nothing makes a value when it is a plain type, else noTarget", func(t *testing.T, c *client) {
			u := c.user(t)
			c.patch(t, "/Users/"+u.id(), op("replace", `emails[type eq "home"].value`, "h@example.com")).want(t, 200).has(t, array{object{"type": "home", "value": "h@example.com"}}, "emails")
			before := c.get(t, "/Users/"+u.id())
			for _, path := range []string{`emails[type eq "unheardOf"].value`, `emails[value eq "x"].display`, `emails[type eq "work" and primary eq true].value`, `emails[type ne "home"].value`, `emails[type sw "wo"].value`} {
				c.patch(t, "/Users/"+u.id(), op("replace", path, "x")).refused(t, 400, "noTarget")
			}
			unchanged(t, c, before)
		}},
		{"choice 3", "a filter on /Schemas and /ResourceTypes is 403, on /ServiceProviderConfig ignored", func(t *testing.T, c *client) {
			c.find(t, "/Schemas", "filter", `id eq "x"`).refused(t, 403, "")
			c.find(t, "/ResourceTypes", "filter", `id eq "x"`).refused(t, 403, "")
			c.find(t, "/ServiceProviderConfig", "filter", `id eq "x"`).want(t, 200)
		}},
		{"choice 4", "the content type has no charset", func(t *testing.T, c *client) {
			if got := c.user(t).header.Get("Content-Type"); got != "application/scim+json" {
				t.Errorf("Content-Type is %q", got)
			}
		}},
		{"choice 5", "a member that is not known is kept, and is there when the user is", func(t *testing.T, c *client) {
			mark := c.unique()
			known := c.user(t)
			g := c.group(t, mark+"@example.com", "ext-"+mark, known.id())
			path := "/Groups/" + g.id()
			same(t, sorted(mark+"@example.com", "ext-"+mark, known.id()), c.get(t, path).members(t), "members, of whom two are not known")
			byName := c.user(t, object{"userName": mark + "@example.com"})
			same(t, sorted(byName.id(), "ext-"+mark, known.id()), c.get(t, path).members(t), "members, by userName")
			byExternal := c.user(t, object{"externalId": "ext-" + mark})
			same(t, sorted(byName.id(), byExternal.id(), known.id()), c.get(t, path).members(t), "members, by externalId")
			c.get(t, "/Users/"+byExternal.id()).has(t, g.id(), "groups", 0, "value")
			c.patch(t, path, op("add", "members", array{object{"value": "later-" + mark}})).want(t, 200)
			c.patch(t, path, op("remove", `members[value eq "later-`+mark+`"]`, nil)).want(t, 200)
			same(t, sorted(byName.id(), byExternal.id(), known.id()), c.get(t, path).members(t), "members")
		}},
		{"choice 5", "a strict connection refuses such a member, and changes nothing", func(t *testing.T, _ *client) {
			c := startPlain(t, gatewaytest.Strict())
			u := c.user(t)
			g := c.group(t, u.id())
			g = c.get(t, "/Groups/"+g.id())
			for _, kind := range []string{"add", "replace"} {
				c.patch(t, "/Groups/"+g.id(), op(kind, "members", array{object{"value": "nobody"}})).refused(t, 400, "invalidValue")
			}
			c.do(t, "PUT", "/Groups/"+g.id(), object{"schemas": array{groupURN}, "displayName": c.unique(), "members": array{object{"value": "nobody"}}}).refused(t, 400, "invalidValue")
			c.do(t, "POST", "/Groups", object{"schemas": array{groupURN}, "displayName": c.unique(), "members": array{object{"value": "nobody"}}}).refused(t, 400, "invalidValue")
			unchanged(t, c, g)
		}},
		{"choice 6", "two primaries are refused in POST and PUT; a PATCH hands primary over", func(t *testing.T, c *client) {
			two := array{object{"value": "a@example.com", "type": "work", "primary": true}, object{"value": "b@example.com", "type": "home", "primary": true}}
			c.do(t, "POST", "/Users", object{"schemas": array{userURN}, "userName": c.unique(), "emails": two}).refused(t, 400, "invalidValue")
			u := c.user(t, object{"emails": array{object{"value": "a@example.com", "type": "work", "primary": true}, object{"value": "b@example.com", "type": "home"}}})
			c.do(t, "PUT", "/Users/"+u.id(), object{"schemas": array{userURN}, "userName": u.text("userName"), "emails": two}).refused(t, 400, "invalidValue")
			a := c.patch(t, "/Users/"+u.id(), op("replace", `emails[type eq "home"].primary`, true)).want(t, 200).has(t, true, "emails", 1, "primary")
			if a.at("emails", 0, "primary") == true {
				t.Errorf("the old primary is one still: %s", a.body)
			}
		}},
		{"2.2", "members are not wiped before unknown ones are refused", func(t *testing.T, _ *client) {
			c := startPlain(t, gatewaytest.Strict())
			u := c.user(t)
			g := c.group(t, u.id())
			c.patch(t, "/Groups/"+g.id(), op("replace", "members", array{object{"value": u.id()}, object{"value": "nobody"}})).want(t, 400)
			same(t, []string{u.id()}, c.get(t, "/Groups/"+g.id()).members(t), "members")
		}},
	})
}

// TestKnownDefects is what other servers get wrong.
func TestKnownDefects(t *testing.T) {
	t.Parallel()
	runQuirks(t, startPlain(t), []quirk{
		{"defect", "no Location on 201", func(t *testing.T, c *client) {
			for _, a := range []answer{c.user(t), c.group(t)} {
				if a.header.Get("Location") == "" {
					t.Errorf("POST %s has no Location", a.path)
				}
			}
		}},
		{"defect", "no WWW-Authenticate on 401, and a body that is no SCIM error", func(t *testing.T, c *client) {
			// lawful checks both.
			c.with("Authorization", "").do(t, "GET", "/Users", nil).want(t, 401).has(t, array{errorURN}, "schemas")
		}},
		{"defect", "count ignored", func(t *testing.T, c *client) {
			mark, _ := three(t, c, plainUser)
			same(t, 1, len(c.find(t, "/Users", "filter", `nickName eq "`+mark+`"`, "count", "1").order(t)), "resources on a page of one")
		}},
		{"defect", "a userName filter that minds the case", func(t *testing.T, c *client) {
			u := c.user(t)
			same(t, []string{u.id()}, c.find(t, "/Users", "filter", `userName eq "`+strings.ToUpper(u.text("userName"))+`"`).ids(t), "the user")
		}},
		{"defect", "gt on a boolean accepted, an unknown operator answered 200", func(t *testing.T, c *client) {
			c.find(t, "/Users", "filter", `active gt true`).refused(t, 400, "invalidFilter")
			c.find(t, "/Users", "filter", `userName like "x"`).refused(t, 400, "invalidFilter")
		}},
		{"defect", "lastModified bumped by a no-op", func(t *testing.T, c *client) {
			u := c.user(t, object{"title": "Dr"})
			same(t, u.at("meta"), c.patch(t, "/Users/"+u.id(), op("replace", "title", "Dr")).want(t, 200).at("meta"), "meta")
		}},
		{"defect", "PUT that ignores If-Match", func(t *testing.T, c *client) {
			u := c.user(t)
			c.do(t, "PUT", "/Users/"+u.id(), object{"schemas": array{userURN}, "userName": u.text("userName")}, "If-Match", `W/"no"`).refused(t, 412, "")
		}},
		{"defect", "PUT without userName answered 200, remove of userName accepted", func(t *testing.T, c *client) {
			u := c.user(t)
			c.do(t, "PUT", "/Users/"+u.id(), object{"schemas": array{userURN}, "title": "x"}).refused(t, 400, "invalidValue")
			c.patch(t, "/Users/"+u.id(), op("remove", "userName", nil)).refused(t, 400, "mutability")
		}},
		{"defect", "a circular bulkId answered 409, results without a status", func(t *testing.T, c *client) {
			a := c.bulk(t, 0, bulkGroup("a", c.unique(), "bulkId:b"), bulkGroup("b", c.unique(), "bulkId:c"), bulkGroup("c", c.unique(), "bulkId:a")).want(t, 200)
			same(t, []string{"201", "201", "201"}, a.statuses(), "the statuses")
			for i := range 3 {
				same(t, []string{a.created((i + 1) % 3)}, c.get(t, "/Groups/"+a.created(i)).members(t), "members")
			}
		}},
		{"defect", "/Schemas/{id} that returns a list", func(t *testing.T, c *client) {
			c.get(t, "/Schemas/"+userURN).has(t, userURN, "id").has(t, nil, "Resources")
			c.get(t, "/ResourceTypes/User").has(t, "User", "name").has(t, nil, "Resources")
		}},
		{"defect", "a group's PATCH that loses members when many write at once", func(t *testing.T, c *client) {
			g := c.group(t)
			path := "/Groups/" + g.id()
			const writers = 8
			users := make([]string, writers)
			for i := range users {
				users[i] = c.user(t).id()
			}
			statuses := make([]int, writers)
			var wg sync.WaitGroup
			for i, id := range users {
				wg.Go(func() {
					body := object{"schemas": array{patchURN}, "Operations": array{op("add", "members", array{object{"value": id}, object{"value": fmt.Sprintf("gone-%d", i)}})}}
					for _, operation := range []any{body, object{"schemas": array{patchURN}, "Operations": array{op("remove", fmt.Sprintf(`members[value eq "gone-%d"]`, i), nil)}}} {
						a, err := c.send(t, http.MethodPatch, path, operation)
						if err != nil {
							t.Error(err)
							return
						}
						statuses[i] = a.status
					}
				})
			}
			wg.Wait()
			for i, status := range statuses {
				if status != 200 {
					t.Errorf("writer %d was answered %d", i, status)
				}
			}
			same(t, sorted(users...), c.get(t, path).members(t), "members")
		}},
	})
}
