package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/jmoiron/sqlx"
	_ "github.com/lib/pq" // registers "postgres"
)

// scratchDatabase is a database of this measurement's own on a server.
type scratchDatabase struct {
	server  *sqlx.DB
	name    string
	address string
}

// makeDatabase makes an empty database on the server at an address, so that
// no run finds what an earlier one left.
func makeDatabase(ctx context.Context, address string) (*scratchDatabase, error) {
	u, err := url.Parse(address)
	if err != nil {
		// The error of url.Parse would show the address with its password.
		return nil, errors.New("--database: not a URL")
	}
	server, err := sqlx.ConnectContext(ctx, "postgres", address)
	if err != nil {
		return nil, fmt.Errorf("connect to the database server: %w", err)
	}
	name := fmt.Sprintf("rollcall_bench_%d", time.Now().UnixNano())
	if _, err := server.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
		return nil, errors.Join(fmt.Errorf("create database %s: %w", name, err), server.Close())
	}
	own := *u
	own.Path = "/" + name
	return &scratchDatabase{server: server, name: name, address: own.String()}, nil
}

// drop removes the database. It is called after the worker has stopped, and
// also when the measurement was interrupted.
func (d *scratchDatabase) drop() error {
	_, err := d.server.Exec("DROP DATABASE " + d.name)
	if err != nil {
		err = fmt.Errorf("drop database %s: %w", d.name, err)
	}
	return errors.Join(err, d.server.Close())
}
