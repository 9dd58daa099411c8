package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand"
	"net"
	"net/http"
	"os"

	"github.com/jmoiron/sqlx"
)

// bareCommand is the argument with which bench runs itself as a server that
// answers each request with one row by its key, and does nothing else.
const bareCommand = "bare-select"

// bareConnections is the size of its pool: more than cores is no faster.
const bareConnections = 16

// runBare serves until the context ends. It writes its address to stdout once
// it listens. The database's address comes in BENCH_DATABASE, as arguments
// can be read by everybody.
func runBare(ctx context.Context, args []string, stdout io.Writer) (err error) {
	flags := flag.NewFlagSet("bench "+bareCommand, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	if err := flags.Parse(args); err != nil {
		return &usageError{err}
	}
	db, err := sqlx.ConnectContext(ctx, "postgres", os.Getenv("BENCH_DATABASE"))
	if err != nil {
		return fmt.Errorf("connect to the database: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(bareConnections)
	db.SetMaxIdleConns(bareConnections)
	statement, err := db.PreparexContext(ctx, `SELECT document FROM scim_resources WHERE connection_id = 1 AND scim_id = $1`)
	if err != nil {
		return fmt.Errorf("prepare: %w", err)
	}
	defer func() { err = errors.Join(err, statement.Close()) }()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var document []byte
		if err := statement.GetContext(r.Context(), &document, r.URL.Path[len("/"):]); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/scim+json")
		_, _ = w.Write(document) // a client that is gone is not an error
	})}
	if err := json.NewEncoder(stdout).Encode(map[string]string{"address": listener.Addr().String()}); err != nil {
		return errors.Join(err, listener.Close())
	}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() }) // Serve says that it ended
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// bareLoad asks it for the users that there are.
func (r *requests) bareLoad(users int) load {
	plain := &requests{header: r.header}
	return load{want: 200, next: func(rng *rand.Rand, buffer []byte) ([]byte, string) {
		n := rng.Intn(users)
		return plain.get(buffer, "/"+r.ids[n]), userName(int64(n))
	}}
}
