package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/rollcall-sync/rollcall/internal/app"
	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/temporal"
	"github.com/rollcall-sync/rollcall/standalone/embedded"
)

// place says where a Rollcall in one process keeps its state and listens.
type place struct {
	dir, address, uiAddress string
}

// rollcall is everything in one process: the Temporal server with its Web UI,
// the worker, the SCIM gateway where a connection is pushed, and metrics.
type rollcall struct {
	server     *embedded.Server
	worker     *app.Worker
	gateway    *app.Gateway // nil when no connection accepts pushes
	operations *app.Operations
	config     *config.Config
	// unwatch ends the watch over the disk.
	unwatch func()
}

// startRollcall starts everything; load makes the configuration once the
// Temporal server's address is known. When it fails nothing is left running.
func startRollcall(ctx context.Context, p place, load func(temporalAddress string) (*config.Config, error), stderr io.Writer) (_ *rollcall, err error) {
	disk := newDiskWatch(p.dir)
	r := &rollcall{unwatch: disk.start(context.WithoutCancel(ctx))}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.stop())
		}
	}()
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the state directory: %w", err)
	}
	r.server, err = embedded.Start(ctx, embedded.Options{
		Dir: p.dir, FrontendAddress: p.address, UIAddress: p.uiAddress, SearchAttributes: temporal.SearchAttributes(),
		Logger: slog.New(disk.around(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))),
	})
	if err != nil {
		return nil, withFlag(err)
	}
	if r.config, err = load(r.server.FrontendAddress()); err != nil {
		return nil, err
	}
	// The embedded server is the one to use; the state belongs beside it
	// unless the configuration says where.
	r.config.Temporal = config.Temporal{Address: r.server.FrontendAddress(), Namespace: embedded.DefaultNamespace, HeartbeatTimeout: r.config.Temporal.HeartbeatTimeout}
	if r.config.Database.Default {
		r.config.Database = config.Database{Kind: config.SQLite, Path: filepath.Join(p.dir, "rollcall.db")}
	}
	plain := app.NewLogger(stderr, r.config.Log).Handler()
	disk.also(stateFolder(r.config.Database, p.dir), plain)
	log := slog.New(disk.around(plain))
	registry := app.NewRegistry()
	if r.worker, err = app.StartWorker(ctx, r.config, app.WorkerOptions{Log: log, Registry: registry}); err != nil {
		return nil, err
	}
	if len(r.config.PushedNames()) > 0 {
		// The worker's store: two of them on one SQLite file would wait for each other.
		if r.gateway, err = app.StartGateway(ctx, r.config, app.GatewayOptions{Log: log, Registry: registry, Store: r.worker.Store}); err != nil {
			return nil, err
		}
	}
	if r.operations, err = app.ServeOperations(r.config.Worker.Listen, registry, r.worker.Ready, log); err != nil {
		return nil, err
	}
	return r, nil
}

// database names the database as an administrator would look for it.
func (r *rollcall) database() string {
	if r.config.Database.Kind == config.SQLite {
		return "sqlite:" + r.config.Database.Path
	}
	return r.worker.Store.Name()
}

// wait returns when the context ends, or with the error of a part that ended
// by itself.
func (r *rollcall) wait(ctx context.Context) error {
	var gateway <-chan error
	if r.gateway != nil {
		gateway = r.gateway.Failed()
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-r.server.Failed():
		return fmt.Errorf("temporal: %w", err)
	case err := <-r.worker.Failed():
		return err
	case err := <-gateway:
		return err
	}
}

// stop lets what was accepted be answered and running batches come to a good
// place, and stops everything: the gateway first, the Temporal server last.
func (r *rollcall) stop() error {
	var errs []error
	if r.gateway != nil {
		ctx, cancel := context.WithTimeout(context.Background(), r.config.Scim.StopTimeout)
		defer cancel()
		errs = append(errs, r.gateway.Close(ctx))
	}
	if r.operations != nil {
		errs = append(errs, r.operations.Close())
	}
	if r.worker != nil {
		r.worker.Stop()
	}
	if r.server != nil {
		errs = append(errs, r.server.Stop())
	}
	r.unwatch()
	return errors.Join(errs...)
}

// stateFolder is where Rollcall's own database writes, where that is a file;
// otherwise the directory of everything else.
func stateFolder(d config.Database, dir string) string {
	if d.Kind == config.SQLite {
		return filepath.Dir(d.Path)
	}
	return dir
}
