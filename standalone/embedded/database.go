package embedded

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"time"

	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/persistence/sql/sqlplugin"
	sqliteplugin "go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	schema "go.temporal.io/server/schema/sqlite"
	"google.golang.org/protobuf/types/known/durationpb"
)

// openDatabase returns the configuration of a database that holds this
// version's schema and the namespace.
func openDatabase(ctx context.Context, o Options) (*config.SQL, error) {
	c := &config.SQL{
		PluginName: sqliteplugin.PluginName,
		// More connections fight for SQLite's one writer: with 4 of them fewer
		// than half as many workflows a second were measured.
		MaxConns:     1,
		MaxIdleConns: 1,
	}
	if o.Dir == "" {
		// A name of its own keeps two servers of one process apart.
		c.DatabaseName = "temporal-" + rand.Text()
		c.ConnectAttributes = map[string]string{"mode": "memory", "cache": "shared"}
	} else {
		path, err := filepath.Abs(filepath.Join(o.Dir, "temporal.db"))
		if err != nil {
			return nil, fmt.Errorf("find Temporal's database: %w", err)
		}
		if err := ensureSchema(ctx, path, o.Logger); err != nil {
			return nil, err
		}
		c.DatabaseName = escapePath(path)
		c.ConnectAttributes = map[string]string{
			"mode":         "rw",
			"journal_mode": "wal",
			"synchronous":  string(o.Synchronous),
			// Ten seconds, for whoever looks into the file with other tools.
			"busy_timeout": "10000",
		}
	}

	namespace, err := schema.NewNamespaceConfig(clusterName, o.Namespace, false, o.SearchAttributes)
	if err != nil {
		return nil, fmt.Errorf("configure namespace %s: %w", o.Namespace, err)
	}
	namespace.Detail.Config.Retention = durationpb.New(Retention)
	if err := schema.CreateNamespaces(c, namespace); err != nil {
		return nil, fmt.Errorf("make namespace %s: %w", o.Namespace, err)
	}
	return c, nil
}

// ensureSchema makes the database at path if there is none. One that is not
// what this version would make is set aside first, whatever the reason: another
// version's schema, or a file that is no database at all.
func ensureSchema(ctx context.Context, path string, logger *slog.Logger) error {
	want, err := expectedSchema(ctx)
	if err != nil {
		return fmt.Errorf("read the schema of Temporal's database: %w", err)
	}
	switch _, err := os.Stat(path); {
	case err == nil:
		have, err := fileSchema(ctx, path)
		if err == nil && len(have) == 0 {
			break // It was being made when the process died.
		}
		if err == nil && maps.Equal(have, want) {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		aside, moveErr := setAside(path)
		if moveErr != nil {
			return moveErr
		}
		logger.WarnContext(ctx, "Temporal's database is of another version or damaged; it was set aside and a new one begun. Schedules and runs are made again from Rollcall's own database.",
			"file", path, "aside", aside, "error", err)
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("look for Temporal's database: %w", err)
	}

	db, err := sql.Open(sqliteDriver, sqliteFile(path)+"?_pragma=journal_mode%3Dwal&_pragma=synchronous%3Dfull")
	if err != nil {
		return fmt.Errorf("open Temporal's database: %w", err)
	}
	if err := errors.Join(writeSchema(ctx, db), db.Close()); err != nil {
		return fmt.Errorf("make Temporal's database %s: %w", path, err)
	}
	return nil
}

// sqliteDriver is the name under which modernc.org/sqlite registers itself.
const sqliteDriver = "sqlite"

// setAside renames the database with its journal: the journal of one database
// must never meet another.
func setAside(path string) (string, error) {
	aside := path + ".unusable-" + time.Now().UTC().Format("20060102T150405.000Z")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Rename(path+suffix, aside+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("set Temporal's unusable database aside: %w", err)
		}
	}
	return aside, nil
}

// writeSchema makes everything in one transaction, so that a file has all of
// the schema or none of it.
func writeSchema(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := schema.SetupSchemaOnDB(schemaWriter{ctx: ctx, tx: tx}); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// schemaWriter is the one method of an AdminDB that SetupSchemaOnDB calls.
type schemaWriter struct {
	sqlplugin.AdminDB
	ctx context.Context
	tx  *sql.Tx
}

// Exec runs one statement of the schema.
func (w schemaWriter) Exec(stmt string, args ...any) error {
	_, err := w.tx.ExecContext(w.ctx, stmt, args...)
	return err
}

func expectedSchema(ctx context.Context) (_ map[string]string, err error) {
	db, err := sql.Open(sqliteDriver, ":memory:")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1) // Each connection has a memory of its own.
	if err := writeSchema(ctx, db); err != nil {
		return nil, err
	}
	return readSchema(ctx, db)
}

func fileSchema(ctx context.Context, path string) (_ map[string]string, err error) {
	db, err := sql.Open(sqliteDriver, sqliteFile(path)+"?mode=rw")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return readSchema(ctx, db)
}

// readSchema returns the statement that made each table, index and trigger.
func readSchema(ctx context.Context, db *sql.DB) (_ map[string]string, err error) {
	rows, err := db.QueryContext(ctx, "SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_master")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	statements := map[string]string{}
	for rows.Next() {
		var name, statement string
		if err := rows.Scan(&name, &statement); err != nil {
			return nil, err
		}
		statements[name] = statement
	}
	return statements, rows.Err()
}
