package embedded

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrDirInUse says that another process runs a server on the directory. Two
// servers on one file would each believe that they own every workflow.
var ErrDirInUse = errors.New("another process is using this directory")

// dirLock is an exclusive transaction in an empty SQLite file: the same on
// every system, and gone with the process however that ends.
type dirLock struct {
	db *sql.DB
}

// prepareDir makes the directory, readable by its owner only, and locks it. An
// empty dir needs no lock.
func prepareDir(ctx context.Context, dir string) (_ *dirLock, err error) {
	if dir == "" {
		return nil, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the directory for Temporal's database: %w", err)
	}
	db, err := sql.Open("sqlite", sqliteFile(filepath.Join(dir, "temporal.lock"))+"?_pragma=locking_mode%3Dexclusive")
	if err != nil {
		return nil, fmt.Errorf("open temporal.lock: %w", err)
	}
	l := &dirLock{db: db}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.release())
		}
	}()
	// One connection, never given up: with locking_mode=exclusive it keeps the
	// lock of its first transaction until it is closed.
	db.SetMaxOpenConns(1)
	db.SetMaxIdleConns(1)
	if _, err := db.ExecContext(ctx, "BEGIN EXCLUSIVE; COMMIT"); err != nil {
		var locked *sqlite.Error
		if errors.As(err, &locked) && locked.Code()&0xff == sqlite3.SQLITE_BUSY {
			return nil, fmt.Errorf("lock %s: %w", dir, ErrDirInUse)
		}
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	return l, nil
}

func (l *dirLock) release() error {
	if l == nil {
		return nil
	}
	if err := l.db.Close(); err != nil {
		return fmt.Errorf("close temporal.lock: %w", err)
	}
	return nil
}

// sqliteFile is the URI of a file: its name may hold what a URI gives a
// meaning, such as a question mark.
func sqliteFile(path string) string { return "file:" + escapePath(path) }

func escapePath(path string) string {
	return (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath()
}
