package pgtest_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/pgtest"
)

func TestEachTestHasADatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	first, second := open(t, pgtest.Database(t)), open(t, pgtest.Database(t))
	if _, err := first.ExecContext(t.Context(), "CREATE TABLE people (id text PRIMARY KEY)"); err != nil {
		t.Fatal(err)
	}
	var found sql.NullString
	if err := second.QueryRowContext(t.Context(), "SELECT to_regclass('people')").Scan(&found); err != nil {
		t.Fatal(err)
	}
	if found.Valid {
		t.Error("the second database holds the first one's table")
	}
}

func TestTheDatabaseIsDroppedWhenTheTestEndsThoughAConnectionIsOpen(t *testing.T) {
	t.Parallel()
	var dsn string
	t.Run("a test", func(t *testing.T) {
		dsn = pgtest.Database(t)
		db, err := sql.Open("postgres", dsn) // Left open on purpose.
		if err != nil {
			t.Fatal(err)
		}
		if err := db.PingContext(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	if dsn == "" {
		t.SkipNow() // The inner test has said why.
	}
	if err := open(t, dsn).PingContext(t.Context()); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("connecting to a dropped database: %v", err)
	}
}

func TestOnlyADurableDatabaseWaitsForTheDisk(t *testing.T) {
	t.Parallel()
	if os.Getenv(pgtest.EnvServer) != "" {
		t.Skip("the server of " + pgtest.EnvServer + " has settings of its own")
	}
	type settings struct{ Fsync, SynchronousCommit string }
	for name, c := range map[string]struct {
		database func(testing.TB) string
		want     settings
	}{
		"fast":    {pgtest.Database, settings{Fsync: "off", SynchronousCommit: "on"}},
		"durable": {pgtest.DurableDatabase, settings{Fsync: "on", SynchronousCommit: "on"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got settings
			row := open(t, c.database(t)).QueryRowContext(t.Context(),
				"SELECT current_setting('fsync'), current_setting('synchronous_commit')")
			if err := row.Scan(&got.Fsync, &got.SynchronousCommit); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Not parallel: it sets the environment.
func TestAServerGivenByTheEnvironmentIsUsed(t *testing.T) {
	s, err := pgtest.Start(t.Context(), pgtest.Options{})
	if errors.Is(err, pgtest.ErrNotFound) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	u, err := url.Parse(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	socket := u.Query().Get("host")
	for name, given := range map[string]string{
		"as a URL":       s.URL(),
		"as keys=values": "host=" + socket + " user=" + u.User.Username() + " dbname=postgres sslmode=disable",
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(pgtest.EnvServer, given)
			var used, database string
			row := open(t, pgtest.Database(t)).QueryRowContext(t.Context(),
				"SELECT current_setting('unix_socket_directories'), current_database()")
			if err := row.Scan(&used, &database); err != nil {
				t.Fatal(err)
			}
			if used != socket {
				t.Errorf("used the server in %s, want %s", used, socket)
			}
			if database == "postgres" {
				t.Error("used the server's own database")
			}
		})
	}
}

func TestAStoppedServerLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	s, err := pgtest.Start(t.Context(), pgtest.Options{})
	if errors.Is(err, pgtest.ErrNotFound) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	db := open(t, s.URL())
	var files string
	if err := db.QueryRowContext(t.Context(), "SHOW data_directory").Scan(&files); err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := db.PingContext(t.Context()); err == nil {
		t.Error("the server still answers")
	}
	if _, err := os.Stat(filepath.Dir(files)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there: %v", filepath.Dir(files), err)
	}
}

// envVictim tells this test binary to be the process that is killed.
const envVictim = "PGTEST_VICTIM"

func TestTheServerEndsWithAProcessThatIsKilled(t *testing.T) {
	t.Parallel()
	victim := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestVictim$")
	victim.Env = append(os.Environ(), envVictim+"=1", pgtest.EnvServer+"=")
	output, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil && err != io.EOF {
		t.Fatal(err)
	}
	dir, ok := strings.CutPrefix(strings.TrimSpace(line), "serving in ")
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := victim.Wait(); err == nil && ok {
		t.Error("the process ended by itself")
	}
	if !ok {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no server in the other process: %s", line)
		}
		t.Skipf("no server in the other process: %s", line)
	}

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for {
		// The watchdog removes the directory after the server has ended.
		if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
			return
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			t.Fatalf("%s is still there", dir)
		}
	}
}

// TestVictim is no test of its own: it runs in the process that
// TestTheServerEndsWithAProcessThatIsKilled kills.
func TestVictim(t *testing.T) {
	if os.Getenv(envVictim) == "" {
		t.Skip("runs in a process of its own")
	}
	var files string
	if err := open(t, pgtest.Database(t)).QueryRowContext(t.Context(), "SHOW data_directory").Scan(&files); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stdout.WriteString("serving in " + filepath.Dir(files) + "\n"); err != nil {
		t.Fatal(err)
	}
	<-t.Context().Done() // Only the kill ends this.
}

func open(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}
