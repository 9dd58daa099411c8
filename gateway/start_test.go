package gateway_test

import (
	"testing"

	"github.com/rollcall-sync/rollcall/gateway/gatewaytest"
	"github.com/rollcall-sync/rollcall/internal/config"
)

// patient lets a test fail to authenticate as often as it needs.
func patient() gatewaytest.Option {
	return gatewaytest.Settings(func(s *config.Scim) { s.FailedLogins = 100_000 })
}

// start starts a gateway and returns a client of its connection.
func start(t *testing.T, options ...gatewaytest.Option) (*client, *gatewaytest.Gateway) {
	t.Helper()
	g := gatewaytest.Start(t, append([]gatewaytest.Option{patient()}, options...)...)
	return newClient(g.URL, g.Token), g
}

// startPlain is a gateway with nothing but the RFC's schemas.
func startPlain(t *testing.T, options ...gatewaytest.Option) *client {
	t.Helper()
	c, _ := start(t, options...)
	return c
}

// startRich is a gateway with an extension that has an attribute of each type
// and characteristic, with a resource type of its own, and with a second
// connection, "other".
func startRich(t *testing.T, options ...gatewaytest.Option) *client {
	t.Helper()
	text := func(name string, more config.ScimAttribute) config.ScimAttribute {
		more.Name, more.Type, more.Description = name, "string", "The badge's "+name+"."
		return more
	}
	typed := func(name, kind string) config.ScimAttribute {
		return config.ScimAttribute{Name: name, Type: kind, Description: "The badge's " + name + "."}
	}
	keys := typed("keys", "complex")
	keys.Multi = true
	keys.Sub = []config.ScimAttribute{text("value", config.ScimAttribute{}), text("type", config.ScimAttribute{CaseExact: true})}
	badge := config.ScimExtension{URN: badgeURN, Name: "Badge", Description: "A badge.", On: "User", Attributes: []config.ScimAttribute{
		text("number", config.ScimAttribute{CaseExact: true, Uniqueness: "server"}),
		text("note", config.ScimAttribute{}),
		text("serial", config.ScimAttribute{Mutability: "immutable"}),
		text("pin", config.ScimAttribute{Returned: "never", Mutability: "writeOnly"}),
		text("hint", config.ScimAttribute{Returned: "request"}),
		text("colour", config.ScimAttribute{Returned: "always"}),
		typed("level", "integer"), typed("weight", "decimal"), typed("issued", "dateTime"), typed("photo", "binary"), keys,
	}}
	device := config.ScimResourceType{Name: "Device", Endpoint: "/Devices", URN: deviceURN, Description: "A device.", Unique: "serialNumber", Attributes: []config.ScimAttribute{
		{Name: "serialNumber", Type: "string", Required: true, Uniqueness: "server", Description: "What is printed on it."},
		{Name: "model", Type: "string", Description: "What it is."},
	}}
	c, _ := start(t, append(options, gatewaytest.Extensions(badge), gatewaytest.ResourceTypes(device), gatewaytest.Also("other", config.ConnectionScim{Client: config.ClientAuto}))...)
	return c
}

// onBoth runs tests against a rich gateway on SQLite and one on PostgreSQL:
// filters, orders and pages are SQL.
func onBoth(t *testing.T, tests func(t *testing.T, c *client)) {
	t.Helper()
	for name, options := range map[string][]gatewaytest.Option{"SQLite": nil, "PostgreSQL": {gatewaytest.PostgreSQL()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tests(t, startRich(t, options...))
		})
	}
}

// startRequired is a gateway whose users must have a badge with a number.
func startRequired(t *testing.T) *client {
	t.Helper()
	c, _ := start(t, gatewaytest.Extensions(config.ScimExtension{
		URN: badgeURN, Name: "Badge", Description: "A badge.", On: "User", Required: true, Attributes: []config.ScimAttribute{
			{Name: "number", Type: "string", Required: true, Description: "Its number."}, {Name: "note", Type: "string", Description: "A note."},
		},
	}))
	return c
}
