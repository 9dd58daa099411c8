package store_test

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/rollcall-sync/rollcall/internal/pgtest"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/internal/store/storetest"
)

func TestStoreOnSQLite(t *testing.T) {
	t.Parallel()
	empty := emptySQLite(t)
	storetest.Run(t, func(t testing.TB, options ...store.Option) storetest.Database {
		path := filepath.Join(t.TempDir(), "store.db")
		if err := os.WriteFile(path, empty, 0o600); err != nil {
			t.Fatal(err)
		}
		return open(t, "sqlite:"+path, "sqlite", "file:"+path+"?_pragma=busy_timeout(15000)", options...)
	})
}

// emptySQLite is a database with its schema, made once: copying it is much
// quicker than waiting for the disk at every migration of every test.
func emptySQLite(t *testing.T) []byte {
	path := filepath.Join(t.TempDir(), "empty.db")
	s, err := store.Open(t.Context(), "sqlite:"+path)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	empty, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return empty
}

func TestStoreOnPostgreSQL(t *testing.T) {
	t.Parallel()
	address, err := url.Parse(pgtest.Database(t))
	if err != nil {
		t.Fatal("the address of the test's database cannot be parsed")
	}
	var schemas atomic.Int64
	// A schema for each test: a database for each would take a second each time.
	storetest.Run(t, func(t testing.TB, options ...store.Option) storetest.Database {
		schema := fmt.Sprintf("test_%d", schemas.Add(1))
		execute(t, address.String(), "CREATE SCHEMA "+schema)
		own := *address
		query := own.Query()
		query.Set("options", "-c search_path="+schema)
		own.RawQuery = query.Encode()
		return open(t, own.String(), "postgres", own.String(), options...)
	})
}

func execute(t testing.TB, address, statement string) {
	t.Helper()
	db, err := sqlx.Open("postgres", address)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Errorf("%s: %v", statement, err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

func open(t testing.TB, address, driver, dsn string, options ...store.Option) storetest.Database {
	t.Helper()
	s, err := store.Open(t.Context(), address, options...)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sqlx.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close the second connection: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return storetest.Database{Store: s, SQL: db}
}
