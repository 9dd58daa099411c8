// Command worker polls Temporal and runs Rollcall's workflows and activities.
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
		fmt.Fprintln(os.Stderr, "worker:", err)
		os.Exit(exitCode(err))
	}
}

// exitCode is 2 for a configuration or a command line that is wrong.
func exitCode(err error) int {
	var problems config.Problems
	if errors.As(err, &problems) {
		return 2
	}
	return 1
}

// Run is the program: it works until the context ends, and then lets what is
// running come to a good place.
func Run(ctx context.Context, args []string, stderr io.Writer) error {
	var path string
	c := &cobra.Command{
		Use: "worker", Short: "Run Rollcall's workflows and activities", Args: cobra.NoArgs, Version: app.Version(),
		SilenceErrors: true, SilenceUsage: true,
		RunE: func(c *cobra.Command, _ []string) error { return work(c.Context(), path, stderr) },
	}
	c.Flags().StringVar(&path, "config", config.DefaultPath(os.LookupEnv), "configuration file (or ROLLCALL_CONFIG)")
	c.SetArgs(args)
	return c.ExecuteContext(ctx)
}

func work(ctx context.Context, path string, stderr io.Writer) (err error) {
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
	w, err := app.StartWorker(ctx, c, app.WorkerOptions{Log: log, Registry: registry})
	if err != nil {
		return err
	}
	defer w.Stop()
	operations, err := app.ServeOperations(c.Worker.Listen, registry, w.Ready, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, operations.Close()) }()
	log.Info("working", "connections", len(c.Connections), "database", w.Store.Name(), "metrics", operations.Address(),
		"schedules_created", len(w.Applied.Created), "schedules_updated", len(w.Applied.Updated), "schedules_removed", len(w.Applied.Removed))
	select {
	case <-ctx.Done():
		log.Info("stopping")
		return nil
	case err := <-w.Failed():
		return err
	}
}
