package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/rollcall-sync/rollcall/internal/app"
	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/internal/temporal"
)

// dialWithin is how long Temporal may take to answer at first: a server on
// another continent needs a second, one that starts at this moment a few.
const dialWithin = 10 * time.Second

// load reads the configuration.
func (p *program) load() (*config.Config, error) {
	c, err := config.Load(p.config, p.env)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &failure{code: ExitUsage, err: fmt.Errorf("there is no configuration file %s", p.config),
			next: "name it with --config or ROLLCALL_CONFIG; rollcall.example.yaml shows what goes into one."}
	}
	var problems config.Problems
	if errors.As(err, &problems) {
		return nil, &failure{code: ExitUsage, err: fmt.Errorf("%s in the configuration:\n%w", plural(int64(len(problems)), "problem"), err)}
	}
	if err != nil {
		return nil, &failure{code: ExitUsage, err: err}
	}
	return c, nil
}

// connection checks that a connection is configured.
func connection(c *config.Config, name string) error {
	if _, ok := c.Connections[name]; !ok {
		return unknownConnection(name, c.ConnectionNames())
	}
	return nil
}

func unknownConnection(name string, known []string) error {
	return usage("connection %q is not configured; the configuration has %s", name, strings.Join(known, ", "))
}

// openStore opens the database. A file that is not there is not made: it
// would only hide that another one is meant.
func openStore(ctx context.Context, c *config.Config) (*store.Store, error) {
	if c.Database.Kind == config.SQLite {
		if _, err := os.Stat(c.Database.Path); errors.Is(err, fs.ErrNotExist) {
			return nil, &failure{code: ExitFailed, err: fmt.Errorf("there is no database %s yet", c.Database.Path),
				next: "the worker makes it when it first starts; if one runs already, its configuration names another database."}
		}
	}
	s, err := store.Open(ctx, app.DatabaseAddress(c.Database))
	if err != nil {
		return nil, &failure{code: ExitFailed, err: err, next: "see that the database runs and that database in " + c.File + " names it."}
	}
	return s, nil
}

// dial connects to Temporal.
func dial(ctx context.Context, c *config.Config) (client.Client, error) {
	ctx, cancel := context.WithTimeout(ctx, dialWithin)
	defer cancel()
	// What goes wrong is returned; the client's own log would say it twice.
	conn, err := temporal.Dial(ctx, temporal.Options{Temporal: c.Temporal, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, &failure{code: ExitFailed, err: err,
			next: fmt.Sprintf("see that the Temporal server runs and that temporal.address in %s names it; \"standalone temporal\" starts one.", c.File)}
	}
	return conn, nil
}
