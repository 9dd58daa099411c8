package gateway_test

import (
	"strings"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/gateway/gatewaytest"
	"github.com/rollcall-sync/rollcall/internal/config"
)

// TestConnectionsAreApart is RFC 7643 §3.1 on externalId's scope and RFC 7644
// §2 and §6 on tenants: what one connection holds, another does not see.
func TestConnectionsAreApart(t *testing.T) {
	t.Parallel()
	c, g := start(t, gatewaytest.Also("other", config.ConnectionScim{Client: config.ClientAuto}))
	other := newClient(strings.TrimSuffix(c.base, "/staff")+"/other", g.NewToken("other", "test", time.Time{}))
	mine := c.user(t, object{"userName": "same@example.com", "externalId": "same", "displayName": "Mine"})
	group := c.group(t, mine.id())
	theirs := other.user(t, object{"userName": "same@example.com", "externalId": "same", "displayName": "Theirs"})

	t.Run("the same userName and externalId are another person's", func(t *testing.T) {
		for _, filter := range []string{`externalId eq "same"`, `userName eq "same@example.com"`, `displayName pr`} {
			same(t, []string{mine.id()}, c.find(t, "/Users", "filter", filter).ids(t), filter)
			same(t, []string{theirs.id()}, other.find(t, "/Users", "filter", filter).ids(t), filter)
		}
	})
	t.Run("another connection's resources are not there", func(t *testing.T) {
		for _, path := range []string{"/Users/" + mine.id(), "/Groups/" + group.id()} {
			before := c.get(t, path)
			other.do(t, "GET", path, nil).refused(t, 404, "")
			other.do(t, "PUT", path, object{"userName": "x", "displayName": "x"}).refused(t, 404, "")
			other.patch(t, path, op("replace", "displayName", "x")).refused(t, 404, "")
			other.do(t, "DELETE", path, nil).refused(t, 404, "")
			unchanged(t, c, before)
		}
		same(t, []string{theirs.id()}, other.find(t, "/").ids(t), "everything of the other connection")
		same(t, 0, other.find(t, "/Groups").at("totalResults"), "groups of the other connection")
		a := other.bulk(t, 0, object{"method": "DELETE", "path": "/Users/" + mine.id()}).want(t, 200)
		same(t, []string{"404"}, a.statuses(), "a bulk request")
	})
	t.Run("a member is one of the same connection", func(t *testing.T) {
		there := other.group(t, mine.id())
		for _, member := range other.get(t, "/Groups/"+there.id()).at("members").(array) {
			if at(member, "$ref") != nil || at(member, "display") != nil {
				t.Errorf("the member %v is known", member)
			}
		}
		c.get(t, "/Users/"+mine.id()).has(t, group.id(), "groups", 0, "value").has(t, nil, "groups", 1)
	})
	t.Run("a cursor is one of the same connection", func(t *testing.T) {
		for range 2 {
			c.user(t)
		}
		cursor := c.find(t, "/Users", "count", "1", "cursor", "").text("nextCursor")
		other.find(t, "/Users", "count", "1", "cursor", cursor).refused(t, 400, "invalidCursor")
	})
	t.Run("a token opens its own connection only", func(t *testing.T) {
		c.with("Authorization", other.header.Get("Authorization")).do(t, "GET", "/Users", nil).want(t, 401)
		other.with("Authorization", c.header.Get("Authorization")).do(t, "GET", "/Users", nil).want(t, 401)
	})
}

// TestTokensEnd is RFC 7644 §7.4: a bearer token has a limited lifetime.
func TestTokensEnd(t *testing.T) {
	t.Parallel()
	c, g := start(t)
	token := func(name string, expires time.Time) *client {
		return c.with("Authorization", "Bearer "+g.NewToken("staff", name, expires))
	}
	lasting, ended, revoked := token("lasting", time.Now().Add(time.Hour)), token("ended", time.Now().Add(-time.Second)), token("revoked", time.Time{})
	lasting.get(t, "/Users")
	ended.do(t, "GET", "/Users", nil).want(t, 401)
	revoked.get(t, "/Users")
	if _, err := g.Store.RevokeScimToken(t.Context(), "staff", "revoked", time.Now()); err != nil {
		t.Fatal(err)
	}
	revoked.do(t, "GET", "/Users", nil).want(t, 401)
	revoked.do(t, "POST", "/Users", object{"schemas": array{userURN}, "userName": "x"}).want(t, 401)
	lasting.get(t, "/Users").has(t, 0, "totalResults")
}
