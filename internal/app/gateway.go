package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/sdk/client"

	"github.com/rollcall-sync/rollcall/gateway"
	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/internal/temporal"
)

// ErrNothingPushed means that no connection accepts pushes, so that a gateway
// has nothing to serve.
var ErrNothingPushed = errors.New("no connection accepts pushes: give one a source with kind: scim, or with kind: okta and also: scim")

// Gateway takes pushes over SCIM until it is closed.
type Gateway struct {
	Store *store.Store

	server  *gateway.Server
	client  client.Client
	waker   *temporal.Waker
	log     *slog.Logger
	ownsIt  bool // the store
	limit   time.Duration
	stop    context.CancelFunc
	running sync.WaitGroup
	once    sync.Once
	closed  error
}

// GatewayOptions are what a gateway needs besides the configuration.
type GatewayOptions struct {
	Log *slog.Logger
	// Registry gets the metrics; nil for none.
	Registry *prometheus.Registry
	// Store is one that is open already, which stays open; nil opens the
	// configured one. One process must not open a SQLite file twice.
	Store *store.Store
	// StoreOptions change how the store is opened.
	StoreOptions []store.Option
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// purgeEvery is how often what is older than scim.log_days is deleted.
const purgeEvery = time.Hour

// StartGateway opens the database and listens. Temporal may be down: what is
// pushed meanwhile is stored, and applied when it is back. A configuration in
// which nothing is pushed is ErrNothingPushed. When it fails nothing is left
// running.
func StartGateway(ctx context.Context, c *config.Config, o GatewayOptions) (_ *Gateway, err error) {
	connections, err := pushedConnections(c)
	if err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	g := &Gateway{Store: o.Store, log: o.Log, stop: stop, limit: c.Scim.StopTimeout}
	defer func() {
		if err != nil {
			err = errors.Join(err, g.Close(context.WithoutCancel(ctx)))
		}
	}()
	if g.Store == nil {
		if g.Store, err = store.Open(ctx, DatabaseAddress(c.Database), append([]store.Option{store.ForRequests()}, o.StoreOptions...)...); err != nil {
			return nil, err
		}
		g.ownsIt = true
	}
	if g.client, err = temporal.Lazy(temporal.Options{Temporal: c.Temporal, Logger: o.Log}); err != nil {
		return nil, err
	}
	g.waker = temporal.NewWaker(g.client, g.pending(o.Now), o.Log)
	if g.server, err = gateway.Serve(ctx, gateway.Options{
		Store: g.Store, Connections: connections, Wake: g.waker.Wake, Settings: *c.Scim, Registry: o.Registry, Log: o.Log, Now: o.Now,
	}); err != nil {
		return nil, err
	}
	g.running.Go(func() { g.waker.Run(background) })
	g.running.Go(func() { g.purge(background, c.Scim.LogDays, o.Now) })
	return g, nil
}

func pushedConnections(c *config.Config) (map[string]*gateway.Connection, error) {
	connections := map[string]*gateway.Connection{}
	for name, one := range c.Connections {
		if !one.Pushed() {
			continue
		}
		registry, err := one.Scim.Registry()
		if err != nil {
			return nil, fmt.Errorf("connection %s: %w", name, err)
		}
		connections[name] = &gateway.Connection{Name: name, Settings: one.Scim, Registry: registry}
	}
	if len(connections) == 0 || c.Scim == nil {
		return nil, ErrNothingPushed
	}
	return connections, nil
}

// pending lists the shards that the sweep of the Waker wakes.
func (g *Gateway) pending(now func() time.Time) func(context.Context) ([]temporal.ShardRef, error) {
	return func(ctx context.Context) ([]temporal.ShardRef, error) {
		shards, err := g.Store.PendingShards(ctx, now())
		if err != nil {
			return nil, err
		}
		refs := make([]temporal.ShardRef, len(shards))
		for i, s := range shards {
			refs[i] = temporal.ShardRef{Connection: s.Connection, Shard: s.Shard}
		}
		return refs, nil
	}
}

// purge deletes, at the start and every hour, what is kept no longer.
func (g *Gateway) purge(ctx context.Context, keep time.Duration, now func() time.Time) {
	tick := time.NewTicker(purgeEvery)
	defer tick.Stop()
	for {
		deleted, err := g.Store.PurgeScim(ctx, now().Add(-keep))
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			g.log.Warn("the log of SCIM requests was not shortened; it is tried again in an hour", "error", err)
		case deleted > 0:
			g.log.Info("the log of SCIM requests was shortened", "rows", deleted)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Address is the host:port that is listened on.
func (g *Gateway) Address() string { return g.server.Address() }

// BaseURL is the SCIM base URL of a connection.
func (g *Gateway) BaseURL(connection string) string { return g.server.BaseURL(connection) }

// Failed delivers the error that ended serving without Close.
func (g *Gateway) Failed() <-chan error { return g.server.Failed() }

// Ready says whether pushes are accepted now. Temporal is not needed for that.
func (g *Gateway) Ready(ctx context.Context) error {
	if err := g.Store.Ping(ctx); err != nil {
		return fmt.Errorf("database: %w", err)
	}
	return nil
}

// Close takes no more requests, finishes those that it accepted, within
// scim.stop_timeout or until ctx ends, and closes what StartGateway opened.
// Closing twice does nothing.
func (g *Gateway) Close(ctx context.Context) error {
	g.once.Do(func() {
		ctx, cancel := context.WithTimeout(ctx, g.limit)
		defer cancel()
		if g.server != nil {
			g.closed = g.server.Close(ctx)
		}
		g.stop()
		if g.waker != nil {
			g.waker.Close()
		}
		g.running.Wait()
		if g.client != nil {
			g.client.Close()
		}
		if g.ownsIt {
			g.closed = errors.Join(g.closed, g.Store.Close())
		}
	})
	return g.closed
}
