// Package gatewaytest starts gateways for tests: over real HTTP, on a database
// of the test's own.
package gatewaytest

import (
	"bytes"
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rollcall-sync/rollcall/gateway"
	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/pgtest"
	"github.com/rollcall-sync/rollcall/internal/scim"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// Gateway is a running gateway with one connection, unless more were asked for.
type Gateway struct {
	// URL is the SCIM base URL of the connection, without a slash at its end.
	URL string
	// Token is a token of it that never expires.
	Token string
	// Connection is its name, "staff".
	Connection string
	Store      *store.Store
	Server     *gateway.Server
	Registry   *prometheus.Registry
	// Log is what the gateway logged, at debug.
	Log *Log
	// DatabaseFile is the SQLite file; empty on PostgreSQL.
	DatabaseFile string
	// Address is what store.Open takes.
	Address string

	t     testing.TB
	mu    sync.Mutex
	woken map[string][]int
	// cutOff is whether the test itself has cut requests off.
	cutOff bool
}

// ClosedAlready tells that the test has closed the server and expects that
// something was cut off.
func (g *Gateway) ClosedAlready() { g.cutOff = true }

// Setup is what options change.
type Setup struct {
	// Settings begin as the defaults, on a free port of loopback.
	Settings config.Scim
	// Connections begin as "staff" with the defaults.
	Connections map[string]config.ConnectionScim
	// Address is a database to share; empty for one of its own.
	Address    string
	PostgreSQL bool
	// Shared is a gateway whose store is used too; nil for none.
	Shared *Gateway
	Now    func() time.Time
	// Wrap puts something between the gateway and the store.
	Wrap func(gateway.Store) gateway.Store
}

// Option changes how a gateway is set up.
type Option func(*Setup)

// Settings changes scim's settings.
func Settings(change func(*config.Scim)) Option { return func(s *Setup) { change(&s.Settings) } }

// Staff changes the settings of the connection: client, strict_members, basic,
// raw_token, extensions, resource_types.
func Staff(change func(*config.ConnectionScim)) Option {
	return func(s *Setup) {
		c := s.Connections["staff"]
		change(&c)
		s.Connections["staff"] = c
	}
}

// Client sets the profile of the connection's client.
func Client(profile string) Option {
	return Staff(func(c *config.ConnectionScim) { c.Client = profile })
}

// Strict refuses members that are not known.
func Strict() Option { return Staff(func(c *config.ConnectionScim) { c.StrictMembers = true }) }

// Extensions adds schema extensions.
func Extensions(e ...config.ScimExtension) Option {
	return Staff(func(c *config.ConnectionScim) { c.Extensions = append(c.Extensions, e...) })
}

// ResourceTypes adds resource types.
func ResourceTypes(r ...config.ScimResourceType) Option {
	return Staff(func(c *config.ConnectionScim) { c.ResourceTypes = append(c.ResourceTypes, r...) })
}

// Also adds another connection of that name.
func Also(name string, settings config.ConnectionScim) Option {
	return func(s *Setup) { s.Connections[name] = settings }
}

// PostgreSQL uses a PostgreSQL database of the test's own.
func PostgreSQL() Option { return func(s *Setup) { s.PostgreSQL = true } }

// Database shares the PostgreSQL database of another gateway.
func Database(address string) Option { return func(s *Setup) { s.Address = address } }

// SharedStore shares the open store of another gateway.
func SharedStore(other *Gateway) Option { return func(s *Setup) { s.Shared = other } }

// Clock replaces the time.
func Clock(now func() time.Time) Option { return func(s *Setup) { s.Now = now } }

// Between puts something between the gateway and the store.
func Between(wrap func(gateway.Store) gateway.Store) Option { return func(s *Setup) { s.Wrap = wrap } }

// Defaults are the default settings, on a free port of loopback.
func Defaults(t testing.TB) config.Scim {
	t.Helper()
	c, err := config.Parse("rollcall.yaml", []byte(`connections:
  staff:
    source: { kind: scim }
    targets: { cloud: { kind: atlassian-cloud, organization: o, directory: d, api_key: "${KEY}", products: {jira: user} } }
`), func(string) (string, bool) { return "key", true })
	if err != nil {
		t.Fatal(err)
	}
	settings := *c.Scim
	settings.Listen = "127.0.0.1:0"
	return settings
}

// Start starts a gateway and closes it, with its database, when the test ends.
func Start(t testing.TB, options ...Option) *Gateway {
	t.Helper()
	setup := Setup{Settings: Defaults(t), Connections: map[string]config.ConnectionScim{"staff": {Client: config.ClientAuto}}}
	for _, option := range options {
		option(&setup)
	}
	g := &Gateway{Connection: "staff", Registry: prometheus.NewRegistry(), Log: &Log{}, Address: setup.Address, t: t, woken: map[string][]int{}}
	switch {
	case setup.Shared != nil:
		g.Address, g.DatabaseFile, g.Store = setup.Shared.Address, setup.Shared.DatabaseFile, setup.Shared.Store
	case g.Address != "":
	case setup.PostgreSQL:
		g.Address = pgtest.Database(t)
	default:
		g.DatabaseFile = filepath.Join(t.TempDir(), "rollcall.db")
		g.Address = "sqlite:" + g.DatabaseFile
	}
	ctx := context.Background()
	var err error
	if g.Store == nil {
		if g.Store, err = store.Open(ctx, g.Address); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := g.Store.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	connections := map[string]*gateway.Connection{}
	for name, settings := range setup.Connections {
		registry, err := settings.Registry()
		if err != nil {
			t.Fatal(err)
		}
		connections[name] = &gateway.Connection{Name: name, Settings: settings, Registry: registry}
	}
	var between gateway.Store = g.Store
	if setup.Wrap != nil {
		between = setup.Wrap(between)
	}
	g.Server, err = gateway.Serve(ctx, gateway.Options{
		Store: between, Connections: connections, Wake: g.wake, Settings: setup.Settings, Registry: g.Registry,
		Log: slog.New(slog.NewTextHandler(g.Log, &slog.HandlerOptions{Level: slog.LevelDebug})), Now: setup.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := g.Server.Close(ctx); err != nil && !g.cutOff {
			t.Error(err)
		}
	})
	g.URL = g.Server.BaseURL("staff")
	if setup.Shared != nil {
		g.Token = setup.Shared.Token
		return g
	}
	g.Token = g.NewToken("staff", "test", time.Time{})
	return g
}

// NewToken makes a token of a connection. The zero time never expires.
func (g *Gateway) NewToken(connection, name string, expires time.Time) string {
	g.t.Helper()
	token, digest := scim.NewToken()
	if _, err := g.Store.CreateScimToken(context.Background(), connection, name, digest, expires, time.Now()); err != nil {
		g.t.Fatal(err)
	}
	return token
}

func (g *Gateway) wake(connection string, shards []int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.woken[connection] = append(g.woken[connection], shards...)
}

// Woken are the shards of the connection that were woken so far.
func (g *Gateway) Woken() []int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]int(nil), g.woken[g.Connection]...)
}

// Log gathers what is logged.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write appends to the log.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String is everything so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Clone(l.text.String())
}
