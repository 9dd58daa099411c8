package sweep

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/rollcall-sync/rollcall/internal/app"
	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/internal/temporal"
	"github.com/rollcall-sync/rollcall/standalone/embedded"
)

const (
	// envGateway makes this binary a gateway; its value is the configuration file.
	envGateway = "ROLLCALL_SWEEP_GATEWAY"
	// envTemporal makes it a Temporal server; its value is the directory that
	// keeps the state.
	envTemporal = "ROLLCALL_SWEEP_TEMPORAL"
)

// gatewayMain is the gateway as it is shipped, with a hook in its store. It
// takes the orders that a worker does.
func gatewayMain(ctx context.Context, path string) (code int) {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelInfo}))
	c, err := config.Load(path, os.LookupEnv)
	if err != nil {
		log.Error("the configuration cannot be used", "error", err)
		return 2
	}
	var trap commitTrap
	hooks := store.WithHooks(store.Hooks{BeforeCommit: func() { trap.pass(before) }, AfterCommit: func() { trap.pass(after) }})
	g, err := app.StartGateway(ctx, c, app.GatewayOptions{Log: log, StoreOptions: []store.Option{hooks}})
	if err != nil {
		log.Error("the gateway did not start", "error", err)
		return 1
	}
	defer func() {
		if err := g.Close(ctx); err != nil {
			log.Error("the gateway did not stop cleanly", "error", err)
			code = max(code, 1)
		}
	}()
	return trap.obey(g.Address(), log)
}

// temporalMain is a Temporal server that goes on where the last one in its
// directory was killed.
func temporalMain(ctx context.Context, dir string) int {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	server, err := embedded.Start(ctx, embedded.Options{
		Dir: dir, FrontendAddress: "127.0.0.1:0", SearchAttributes: temporal.SearchAttributes(), Synchronous: embedded.SynchronousNormal, Logger: log,
	})
	if err != nil {
		log.Error("Temporal did not start", "error", err)
		return 1
	}
	fmt.Println("ready", server.FrontendAddress())
	orders := bufio.NewScanner(os.Stdin)
	for orders.Scan() { // there are none; the end of standard input is that of the test
	}
	if err := errors.Join(orders.Err(), server.Stop()); err != nil {
		log.Error("Temporal did not stop cleanly", "error", err)
		return 1
	}
	return 0
}
