// Package pgtest gives tests databases on a private PostgreSQL server, started
// from the binaries found on the machine and gone with the test process,
// however that ends.
package pgtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	// The driver under test.
	_ "github.com/lib/pq"
)

// EnvServer names the variable that holds the URL, or the key=value string, of
// a server to make databases on instead of starting one. Its user must be
// allowed to create databases.
const EnvServer = "ROLLCALL_TEST_POSTGRES"

// Database makes a database for this test alone, drops it when the test ends,
// and returns its URL for lib/pq. The server runs without fsync, which only a
// crash of the machine could tell.
//
// Where neither EnvServer is set nor PostgreSQL found, the test is skipped, or
// fails if CI is "true".
func Database(t testing.TB) string {
	t.Helper()
	return database(t, shared.fast)
}

// DurableDatabase is Database on a server that waits for the disk as in
// production: for tests that measure, or that kill the server.
func DurableDatabase(t testing.TB) string {
	t.Helper()
	return database(t, shared.durable)
}

// shared holds this process's servers: starting one takes a second, too long
// for each test. They end with the process.
var shared = struct {
	fast, durable func() (*Server, error)
}{
	fast:    sync.OnceValues(func() (*Server, error) { return Start(context.Background(), Options{}) }),
	durable: sync.OnceValues(func() (*Server, error) { return Start(context.Background(), Options{Durable: true}) }),
}

func database(t testing.TB, server func() (*Server, error)) string {
	t.Helper()
	at := os.Getenv(EnvServer)
	if at == "" {
		s, err := server()
		if errors.Is(err, ErrNotFound) && os.Getenv("CI") != "true" {
			t.Skipf("the PostgreSQL half is skipped: %v", err)
		}
		if err != nil {
			t.Fatalf("start PostgreSQL: %v", err)
		}
		at = s.URL()
	}
	dsn, drop, err := createDatabase(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := drop(); err != nil {
			t.Error(err)
		}
	})
	return dsn
}

// dropTimeout is generous: dropping takes milliseconds.
const dropTimeout = 30 * time.Second

// createDatabase makes a database on the server and returns where it is and
// how to drop it.
func createDatabase(ctx context.Context, server string) (dsn string, drop func() error, err error) {
	name := "rollcall_test_" + strings.ToLower(rand.Text())
	if dsn, err = withDatabase(server, name); err != nil {
		return "", nil, err
	}
	if err := execute(ctx, server, "CREATE DATABASE "+name); err != nil {
		return "", nil, fmt.Errorf("create database %s: %w", name, err)
	}
	return dsn, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), dropTimeout)
		defer cancel()
		// A killed program's connections may still be open at the server.
		if err := execute(ctx, server, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			return fmt.Errorf("drop database %s: %w", name, err)
		}
		return nil
	}, nil
}

func execute(ctx context.Context, server, statement string) (err error) {
	db, err := sql.Open("postgres", server)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = db.ExecContext(ctx, statement)
	return err
}

// withDatabase returns the connection string with another database's name.
func withDatabase(server, name string) (string, error) {
	if !strings.HasPrefix(server, "postgres://") && !strings.HasPrefix(server, "postgresql://") {
		// In key=value form the last value of a key counts.
		return server + " dbname=" + name, nil
	}
	u, err := url.Parse(server)
	if err != nil {
		// The parser's error would repeat the password.
		return "", fmt.Errorf("%s is not a valid URL", EnvServer)
	}
	u.Path = "/" + name
	return u.String(), nil
}
