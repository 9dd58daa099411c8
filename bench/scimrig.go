package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/rollcall-sync/rollcall/internal/pgtest"
	"github.com/rollcall-sync/rollcall/internal/scim"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// measureScim measures a gateway: first what it answers, alone, then how soon
// what was pushed is in the target, with everything that takes.
func measureScim(ctx context.Context, s scimSettings, stderr io.Writer) (_ scimReport, err error) {
	dir := s.programs
	if dir == "" {
		if dir, err = os.MkdirTemp("", "rollcall-bench-"); err != nil {
			return scimReport{}, fmt.Errorf("make a directory: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		if err := build(ctx, dir, stderr, s.needs()...); err != nil {
			return scimReport{}, err
		}
	}
	s.programs = dir
	if s.postgres && s.server == "" {
		server, err := pgtest.Start(ctx, pgtest.Options{Durable: true})
		if err != nil {
			return scimReport{}, err
		}
		defer func() { err = errors.Join(err, server.Stop()) }()
		s.server = server.URL()
	}
	report := scimReport{settings: s}
	for _, part := range []func(context.Context, scimSettings, io.Writer) ([]operationReport, error){answering, applying} {
		operations, err := part(ctx, s, stderr)
		if err != nil {
			return scimReport{}, err
		}
		report.Operations = append(report.Operations, operations...)
	}
	return report, nil
}

// needs are the programs that the operations are measured with.
func (s scimSettings) needs() []string {
	programs := []string{gatewayProgram}
	if slices.Contains(s.operations, operationPush) || slices.Contains(s.operations, operationPushBusy) {
		programs = append(programs, standaloneProgram)
		if s.postgres {
			programs = append(programs, workerProgram)
		}
	}
	return programs
}

// scimRig is what is needed to measure a gateway.
type scimRig struct {
	*rig
	settings scimSettings
	gateway  *program
	requests *requests
	// address is the gateway's host:port.
	address string
}

func newScimRig(ctx context.Context, s scimSettings, stderr io.Writer) (*scimRig, error) {
	inner, err := newRig(ctx, settings{Programs: s.programs, Keep: s.keep, postgres: s.server}, stderr)
	if err != nil {
		return nil, err
	}
	r := &scimRig{rig: inner, settings: s}
	if s.postgres {
		if r.database, err = makeDatabase(ctx, s.server); err != nil {
			return nil, errors.Join(err, r.close())
		}
	}
	return r, nil
}

// close stops the gateway and then the rest.
func (r *scimRig) close() error {
	r.cancel(context.Canceled)
	var err error
	if r.gateway != nil {
		err = r.gateway.stop()
	}
	return errors.Join(err, r.rig.close())
}

// databaseLine is how the configuration names the database.
func (r *scimRig) databaseLine() string {
	if r.settings.postgres {
		return "${BENCH_DATABASE}"
	}
	return "sqlite:" + r.path("rollcall.db")
}

func (r *scimRig) path(name string) string { return filepath.Join(r.dir, name) }

// databaseAddress is the same for store.Open.
func (r *scimRig) databaseAddress() string {
	if r.settings.postgres {
		return r.database.address
	}
	return "sqlite:" + r.path("rollcall.db")
}

// environment is what the programs need.
func (r *scimRig) environment() []string {
	if r.database == nil {
		return nil
	}
	return []string{"BENCH_DATABASE=" + r.database.address}
}

// token makes a token of a connection. The database is made if there is none.
func (r *scimRig) token(connection string) (_ string, err error) {
	db, err := store.Open(r.ctx, r.databaseAddress())
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	token, digest := scim.NewToken()
	_, err = db.CreateScimToken(r.ctx, connection, "bench", digest, time.Now().Add(24*time.Hour), time.Now())
	return token, err
}

// writeConfiguration writes the configuration and returns its path.
func (r *scimRig) writeConfiguration(text string) (string, error) {
	path := r.path("rollcall.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return "", fmt.Errorf("write the configuration: %w", err)
	}
	return path, nil
}

// gatewayReady is what the gateway logs when it serves.
const gatewayReady = "serving"

// startGateway starts the gateway and returns when it serves.
func (r *scimRig) startGateway(configuration string, environment []string) error {
	ready := make(chan []byte, 1)
	var err error
	r.gateway, err = r.launch("scimgw", environment, nil, func(line []byte) {
		var entry struct {
			Message string `json:"msg"`
		}
		if json.Unmarshal(line, &entry) == nil && entry.Message == gatewayReady {
			select {
			case ready <- append([]byte(nil), line...):
			default: // it says so once
			}
		}
	}, filepath.Join(r.programs, gatewayProgram), "--config", configuration)
	if err != nil {
		return err
	}
	var at struct {
		Address string `json:"address"`
	}
	if err := r.await(r.gateway, ready, &at); err != nil {
		return err
	}
	r.address = at.Address
	return nil
}

// use makes requests for a connection go to the gateway.
func (r *scimRig) use(connection, token string) error {
	base, err := url.JoinPath("/scim/v2", connection)
	if err != nil {
		return fmt.Errorf("base of %s: %w", connection, err)
	}
	r.requests = requestsAt(r.address, base, token)
	r.requests.made.Store(1_000_000)
	return nil
}
