package pgtest

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// ErrNotFound says that the machine has no PostgreSQL to start.
var ErrNotFound = errors.New("PostgreSQL not found: neither initdb and postgres nor " + EnvServer)

// Options of a private server.
type Options struct {
	// Durable makes commits wait for the disk, as in production.
	Durable bool
}

// Server is a private PostgreSQL server that listens on a Unix socket alone.
// It ends when Stop is called or this process ends, also by SIGKILL, and
// leaves nothing behind.
type Server struct {
	dir      string
	lifeline io.Closer
	ended    chan error
}

const (
	superuser = "rollcall"

	// Starting takes about a second; this is for a machine under load.
	startTimeout = 2 * time.Minute
	// How often a server that is starting is asked. It has no event for being
	// ready that this process could wait for.
	startPoll = 10 * time.Millisecond
)

// The watchdog is the server's parent: it ends the server when its standard
// input does, which the kernel closes with this process.
//
//go:embed watchdog.sh
var watchdog string

// Start runs a server and returns when it answers. It fails with ErrNotFound
// where there is no PostgreSQL.
func Start(ctx context.Context, o Options) (_ *Server, err error) {
	bin, err := findBinaries()
	if err != nil {
		return nil, err
	}
	attributes, owner, err := unprivileged()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "rollcall-pg-")
	if err != nil {
		return nil, fmt.Errorf("make a directory for PostgreSQL: %w", err)
	}
	s := &Server{dir: dir, ended: make(chan error, 1)}
	// Until the watchdog runs, nobody else removes the directory.
	if err := owner.own(dir); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	command := exec.Command("sh", append([]string{"-c", watchdog, "watchdog", dir, bin, superuser}, settings(dir, o)...)...)
	command.Dir = dir
	command.SysProcAttr = attributes
	if s.lifeline, err = command.StdinPipe(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := command.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start PostgreSQL: %w", err), os.RemoveAll(dir))
	}
	go func() { s.ended <- command.Wait() }()

	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := s.waitUntilServing(ctx); err != nil {
		log, readErr := os.ReadFile(filepath.Join(dir, "log"))
		return nil, errors.Join(fmt.Errorf("start PostgreSQL in %s: %w\n%s", dir, err, log), readErr, s.Stop(), os.RemoveAll(dir))
	}
	return s, nil
}

// settings are postgres's -c arguments.
func settings(dir string, o Options) []string {
	set := []string{
		"listen_addresses=",
		"unix_socket_directories=" + dir,
		// Each of many parallel tests has a pool of its own.
		"max_connections=300",
		"timezone=UTC",
		"synchronous_commit=on",
	}
	if !o.Durable {
		set = append(set, "fsync=off", "full_page_writes=off")
	}
	arguments := make([]string, 0, 2*len(set))
	for _, s := range set {
		arguments = append(arguments, "-c", s)
	}
	return arguments
}

func (s *Server) waitUntilServing(ctx context.Context) (err error) {
	db, err := sql.Open("postgres", s.URL())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	poll := time.NewTicker(startPoll)
	defer poll.Stop()
	for {
		refused := db.PingContext(ctx)
		if refused == nil {
			return nil
		}
		select {
		case <-poll.C:
		case err := <-s.ended:
			s.ended <- err // For Stop.
			return errors.Join(errors.New("it ended at once"), err)
		case <-ctx.Done():
			return errors.Join(ctx.Err(), refused)
		}
	}
}

// URL is the address of the database "postgres" on the server, for lib/pq.
func (s *Server) URL() string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.User(superuser),
		Path:     "/postgres",
		RawQuery: url.Values{"host": {s.dir}, "sslmode": {"disable"}}.Encode(),
	}
	return u.String()
}

// Stop ends the server, disconnecting its clients, and removes its files. It
// may be called once.
func (s *Server) Stop() error {
	closed := s.lifeline.Close()
	if err := <-s.ended; err != nil {
		return fmt.Errorf("stop PostgreSQL: %w", err)
	}
	if errors.Is(closed, os.ErrClosed) {
		return nil // The server ended before.
	}
	return closed
}
