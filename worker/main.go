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

	"github.com/rollcall-sync/rollcall/internal/app"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := Run(ctx, os.Args[1:], os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		os.Exit(app.ExitCode(err))
	}
}

// Run is the program: it works until the context ends, and then lets what is
// running come to a good place.
func Run(ctx context.Context, args []string, stderr io.Writer) error {
	return app.Program{Name: "worker", Short: "Run Rollcall's workflows and activities", Work: work}.Run(ctx, args, stderr)
}

func work(ctx context.Context, p app.Process) (err error) {
	w, err := app.StartWorker(ctx, p.Config, app.WorkerOptions{Log: p.Log, Registry: p.Registry})
	if err != nil {
		return err
	}
	defer w.Stop()
	operations, err := app.ServeOperations(p.Config.Worker.Listen, p.Registry, w.Ready, p.Log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, operations.Close()) }()
	p.Log.Info("working", "connections", len(p.Config.Connections), "database", w.Store.Name(), "metrics", operations.Address(),
		"schedules_created", len(w.Applied.Created), "schedules_updated", len(w.Applied.Updated), "schedules_removed", len(w.Applied.Removed))
	return p.Until(ctx, w.Failed())
}
