// Command scimgw takes what identity providers push over SCIM.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/rollcall-sync/rollcall/internal/app"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := Run(ctx, os.Args[1:], os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "scimgw:", err)
		os.Exit(app.ExitCode(err))
	}
}

// Run is the program: it serves until the context ends, and then finishes what
// it accepted.
func Run(ctx context.Context, args []string, stderr io.Writer) error {
	return app.Program{Name: "scimgw", Short: "Take what identity providers push over SCIM", Work: serve}.Run(ctx, args, stderr)
}

func serve(ctx context.Context, p app.Process) (err error) {
	g, err := app.StartGateway(ctx, p.Config, app.GatewayOptions{Log: p.Log, Registry: p.Registry})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.Close(context.WithoutCancel(ctx))) }()
	operations, err := app.ServeOperations(p.Config.Scim.MetricsListen, p.Registry, g.Ready, p.Log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, operations.Close()) }()
	pushed := p.Config.PushedNames()
	p.Log.Info("serving", "address", g.Address(), "connections", len(pushed), "base_url", g.BaseURL(pushed[0]), "database", g.Store.Name(), "metrics", operations.Address())
	return p.Until(ctx, g.Failed())
}
