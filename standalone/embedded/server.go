// Package embedded runs a Temporal server and its Web UI inside this process,
// on one SQLite file, for trying Rollcall and for a company of a few hundred
// people.
//
// The file is disposable: Temporal's SQLite schema has no upgrade path, so a
// file that another version wrote is set aside and a new one begun. What must
// last is in Rollcall's own database, from which schedules and runs are made
// again.
package embedded

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	// Schedules name their time zone and the server looks it up, also where
	// the machine has no zone database.
	_ "time/tzdata"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/server/temporal"
)

const (
	// DefaultFrontendAddress is where Temporal's own development server and
	// its clients expect the frontend.
	DefaultFrontendAddress = "127.0.0.1:7233"
	// DefaultUIAddress is where Temporal's own development server has its Web UI.
	DefaultUIAddress = "127.0.0.1:8233"
	// TemporalService and WebUIService are the values of AddressInUseError.Service.
	TemporalService = "Temporal"
	WebUIService    = "Temporal Web UI"

	// DefaultNamespace is the namespace that Temporal's clients use unasked.
	DefaultNamespace = "default"
	// Retention is how long closed workflows stay in Temporal. A week lets an
	// administrator look on Monday at what happened on Friday.
	Retention = 7 * 24 * time.Hour

	// A start takes less than a second; this is for a machine under load.
	readyTimeout = 30 * time.Second
	// Stopping takes about one second. Past this the process may as well end:
	// every commit is on disk already.
	stopTimeout = 20 * time.Second
)

// Synchronous is SQLite's setting of that name: what a commit waits for.
type Synchronous string

const (
	// SynchronousFull waits for the disk at every commit: a power loss loses
	// nothing that was recorded.
	SynchronousFull Synchronous = "full"
	// SynchronousNormal is some 25 % faster, safe when the process dies, and
	// may lose the last commits when the power does.
	SynchronousNormal Synchronous = "normal"
)

// Options say where a server keeps its state and listens.
type Options struct {
	// Dir holds temporal.db; it is made if missing. Empty keeps everything in
	// memory, for tests.
	Dir string
	// FrontendAddress is host:port with the host an IP address. Empty, or port
	// 0, lets the kernel choose a port, on loopback.
	FrontendAddress string
	// UIAddress is the same for the Web UI. Empty runs no Web UI.
	UIAddress string
	// Namespace is made if missing. Empty means DefaultNamespace.
	Namespace string
	// SearchAttributes are made in the namespace if missing.
	SearchAttributes map[string]enumspb.IndexedValueType
	// Synchronous is SynchronousFull if empty.
	Synchronous Synchronous
	// SuggestContinueAsNewAfter is after how many events of its history a
	// workflow is asked to continue as new; 0 leaves it to Temporal (4,096).
	SuggestContinueAsNewAfter int
	// Logger receives the server's errors, and a warning when an unusable
	// database is set aside. Nil logs nothing.
	Logger *slog.Logger
}

// AddressInUseError says that another program listens where the server should.
type AddressInUseError struct {
	// Service is TemporalService or WebUIService.
	Service string
	// Address is the host:port that was asked for.
	Address string
	Err     error
}

// Error names the service and the address.
func (e *AddressInUseError) Error() string {
	return fmt.Sprintf("%s cannot listen on %s: %v", e.Service, e.Address, e.Err)
}

// Unwrap returns the operating system's error.
func (e *AddressInUseError) Unwrap() error { return e.Err }

// Server is a running Temporal server.
type Server struct {
	temporal temporal.Server
	ui       *webUI
	lock     *dirLock
	logger   *serverLogger
	frontend string
	stop     func() error
}

// Start runs a server and returns when it and the Web UI answer. It fails with
// *AddressInUseError when an address is taken, with ErrDirInUse when another
// process runs a server on the same directory, and with the context's error
// when that ends first. The context does not end the server: Stop does.
func Start(ctx context.Context, o Options) (_ *Server, err error) {
	o.Namespace = cmp.Or(o.Namespace, DefaultNamespace)
	o.FrontendAddress = cmp.Or(o.FrontendAddress, "127.0.0.1:0")
	o.Synchronous = cmp.Or(o.Synchronous, SynchronousFull)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}

	ports, err := reservePorts(o.FrontendAddress, o.UIAddress)
	if err != nil {
		return nil, err
	}
	// The servers listen by themselves; the reservations end once they do.
	defer ports.release()

	for _, at := range []endpoint{ports.frontend, ports.ui} {
		if at.ip != nil && !at.ip.IsLoopback() {
			o.Logger.WarnContext(ctx, "Temporal is open to the network, and asks nobody for a password", "address", at.client())
		}
	}

	s := &Server{logger: newServerLogger(o.Logger), frontend: ports.frontend.client()}
	s.stop = sync.OnceValue(s.shutDown)
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Stop())
		}
	}()

	if s.lock, err = prepareDir(ctx, o.Dir); err != nil {
		return nil, err
	}
	database, err := openDatabase(ctx, o)
	if err != nil {
		return nil, err
	}
	configuration := serverConfig(database, ports)
	if s.temporal, err = newTemporal(configuration, ports, s.logger, o); err != nil {
		return nil, fmt.Errorf("configure Temporal: %w", err)
	}

	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	if err := s.startTemporal(ctx); err != nil {
		return nil, fmt.Errorf("start Temporal: %w", err)
	}
	if err := s.makeReady(ctx, o); err != nil {
		return nil, err
	}
	if o.UIAddress != "" {
		if s.ui, err = startUI(ctx, ports.ui, s.frontend, o.Namespace); err != nil {
			return nil, fmt.Errorf("start the Temporal Web UI: %w", err)
		}
	}
	return s, nil
}

// startTemporal returns when the services run, or as soon as one of them gave
// up: Temporal reports that to its logger, and may never return.
func (s *Server) startTemporal(ctx context.Context) error {
	started := make(chan error, 1)
	go func() { started <- s.temporal.Start() }()
	select {
	case err := <-started:
		return err
	case err := <-s.logger.fatal:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// FrontendAddress is the host:port for Temporal clients on this machine.
func (s *Server) FrontendAddress() string { return s.frontend }

// UIURL is the address of the Web UI, or empty if there is none.
func (s *Server) UIURL() string {
	if s.ui == nil {
		return ""
	}
	return s.ui.url
}

// Failed receives one error if the server can no longer run. The caller should
// then call Stop and end.
func (s *Server) Failed() <-chan error { return s.logger.fatal }

// Stop ends the Web UI and the server and gives the directory free. Further
// calls return what the first did.
func (s *Server) Stop() error { return s.stop() }

func (s *Server) shutDown() error {
	s.logger.quieten()
	if s.ui != nil {
		s.ui.stop()
	}
	var failed error
	if s.temporal != nil {
		stopped := make(chan error, 1)
		go func() { stopped <- s.temporal.Stop() }()
		select {
		case err := <-stopped:
			failed = err
		case <-time.After(stopTimeout):
			failed = fmt.Errorf("no answer within %s", stopTimeout)
		}
		if failed != nil {
			failed = fmt.Errorf("stop Temporal: %w", failed)
		}
	}
	return errors.Join(failed, s.lock.release())
}
