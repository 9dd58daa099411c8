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

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/internal/app"
	"github.com/rollcall-sync/rollcall/internal/config"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := Run(ctx, os.Args[1:], os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "scimgw:", err)
		os.Exit(exitCode(err))
	}
}

// exitCode is 2 for a configuration or a command line that is wrong.
func exitCode(err error) int {
	var problems config.Problems
	if errors.As(err, &problems) || errors.Is(err, app.ErrNothingPushed) {
		return 2
	}
	return 1
}

// Run is the program: it serves until the context ends, and then finishes what
// it accepted.
func Run(ctx context.Context, args []string, stderr io.Writer) error {
	var path string
	c := &cobra.Command{
		Use: "scimgw", Short: "Take what identity providers push over SCIM", Args: cobra.NoArgs, Version: app.Version(),
		SilenceErrors: true, SilenceUsage: true,
		RunE: func(c *cobra.Command, _ []string) error { return serve(c.Context(), path, stderr) },
	}
	c.Flags().StringVar(&path, "config", config.DefaultPath(os.LookupEnv), "configuration file (or ROLLCALL_CONFIG)")
	c.SetArgs(args)
	return c.ExecuteContext(ctx)
}

func serve(ctx context.Context, path string, stderr io.Writer) (err error) {
	c, err := config.Load(path, os.LookupEnv)
	if err != nil {
		return err
	}
	log := app.NewLogger(stderr, c.Log)
	for _, warning := range c.Warnings {
		log.Warn(warning.String())
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	g, err := app.StartGateway(ctx, c, app.GatewayOptions{Log: log, Registry: registry})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.Close(context.WithoutCancel(ctx))) }()
	operations, err := app.ServeOperations(c.Scim.MetricsListen, registry, g.Ready, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, operations.Close()) }()
	pushed := c.PushedNames()
	log.Info("serving", "address", g.Address(), "connections", len(pushed), "base_url", g.BaseURL(pushed[0]), "database", g.Store.Name(), "metrics", operations.Address())
	select {
	case <-ctx.Done():
		log.Info("stopping")
		return nil
	case err := <-g.Failed():
		return err
	}
}
