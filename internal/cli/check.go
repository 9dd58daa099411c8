package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/rollcall-sync/rollcall/activities"
	"github.com/rollcall-sync/rollcall/internal/app"
	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// checked is what one line of `check` says.
type checked struct {
	Connection string `json:"connection,omitempty"`
	// Part is temporal, database, source, scim or target.
	Part string `json:"part"`
	Name string `json:"name,omitempty"`
	Kind string `json:"kind,omitempty"`
	// Identity is where that is: an address, an organisation.
	Identity string `json:"identity,omitempty"`
	OK       bool   `json:"ok"`
	// Can is what the credential may do, Missing what it should and may not,
	// with what to do about it.
	Can     []string `json:"can"`
	Missing []string `json:"missing"`
	// Notes keep nothing from working.
	Notes []string `json:"notes"`
	// Version is the product's, where it has one. Directory is "writable",
	// "read-only" or "unknown", and Licences what is left of each, for a target
	// that could be asked.
	Version   string           `json:"version,omitempty"`
	Directory string           `json:"directory,omitempty"`
	Licences  []checkedLicence `json:"licences,omitempty"`
}

func (p *program) checkCommand() *cobra.Command {
	var a acceptance
	c := &cobra.Command{
		Use: "check", Short: "Ask every source and target whether it can be used, and say what is missing", Args: noArguments,
		Long: "Ask every source and target, Temporal and the database whether they can be used: reachable, authorised, what the credential may do, what is missing.\n\n" +
			"Nothing is changed in a source or a target. The exit code is 1 when something is missing.\n\n" +
			"Runs of a connection whose source is another organization than before fail, so that nobody leaves by a slip in an address; --accept-source says that it is meant.",
		RunE: func(c *cobra.Command, _ []string) error {
			if a.connection != "" {
				return p.acceptSource(c.Context(), a)
			}
			return p.check(c.Context())
		},
	}
	c.Flags().StringVar(&a.connection, "accept-source", "", "read this connection from the organization that is configured now")
	byFlag(c, &a.by)
	yesFlag(c, &a.yes)
	return c
}

func (p *program) check(ctx context.Context) error {
	c, err := p.load()
	if err != nil {
		return err
	}
	connections, err := app.Connections(c, nil)
	if err != nil {
		return &failure{code: ExitUsage, err: err, next: "correct it in " + c.File + ", or where it reads that from."}
	}
	db := newSharedStore(ctx, c)
	// Each fills in a place of its own, so that the order is always the same.
	results := []checked{{Part: "temporal"}, {Part: "database"}}
	work := []func(*checked){
		func(r *checked) { checkTemporal(ctx, c, r) },
		func(r *checked) { checkDatabase(c, db, r) },
	}
	for _, name := range c.ConnectionNames() {
		connection := connections[name]
		configured := c.Connections[name]
		// A source of pushes is nowhere to be asked.
		if configured.Source.Kind != config.KindScim {
			results = append(results, checked{Connection: name, Part: "source", Kind: configured.Source.Kind, Identity: configured.Source.URL})
			work = append(work, func(r *checked) { checkSource(ctx, db, connection, r) })
		}
		if configured.Pushed() {
			results = append(results, checked{Connection: name, Part: "scim", Kind: config.KindScim, Identity: c.Scim.Base(name)})
			work = append(work, func(r *checked) { checkTokens(ctx, c, db, name, p.now(), r) })
		}
		for _, t := range connection.Targets {
			results = append(results, checked{Connection: name, Part: "target", Name: t.Name, Kind: t.Kind, Identity: t.Identity})
			work = append(work, func(r *checked) { checkTarget(ctx, db, name, t, r) })
		}
	}
	var group errgroup.Group
	group.SetLimit(8)
	for i := range work {
		group.Go(func() error { work[i](&results[i]); return nil })
	}
	if err := errors.Join(group.Wait(), db.close(), ctx.Err()); err != nil {
		return err
	}
	wrong := int64(0)
	for i := range results {
		r := &results[i]
		r.Can, r.Missing, r.Notes = list(r.Can), list(r.Missing), list(r.Notes)
		if r.OK = len(r.Missing) == 0; !r.OK {
			wrong++
		}
	}
	if p.json {
		err = p.printJSON(struct {
			OK     bool      `json:"ok"`
			Checks []checked `json:"checks"`
		}{wrong == 0, results})
	} else {
		p.printChecks(results)
	}
	if err == nil && wrong > 0 {
		err = fmt.Errorf("%s cannot be used as configured", plural(wrong, "part"))
	}
	return err
}

func (p *program) printChecks(results []checked) {
	for i := range results {
		r := &results[i]
		state := "ok"
		if !r.OK {
			state = "MISSING"
		}
		what := r.Part
		if r.Connection != "" {
			what = strings.TrimSpace(r.Connection + " " + r.Part + " " + r.Name)
		}
		p.printf("%-8s %s", state, what)
		if r.Identity != "" {
			p.printf(" (%s)", plain(r.Identity))
		}
		if len(r.Can) > 0 {
			p.printf(": %s", plain(strings.Join(r.Can, "; ")))
		}
		p.printf("\n")
		p.printProduct(r)
		for _, missing := range r.Missing {
			p.printf("         - %s\n", plain(missing))
		}
		for _, note := range r.Notes {
			p.printf("         note: %s\n", plain(note))
		}
	}
}

func checkTemporal(ctx context.Context, c *config.Config, r *checked) {
	r.Identity = c.Temporal.Address + ", namespace " + c.Temporal.Namespace
	conn, err := dial(ctx, c)
	if err != nil {
		r.Missing = append(r.Missing, withNext(err))
		return
	}
	defer conn.Close()
	absent, err := queuesWithoutWorker(ctx, conn, c, c.ConnectionNames())
	switch {
	case err != nil:
		r.Missing = append(r.Missing, withNext(err))
	case len(absent) > 0:
		r.Notes = append(r.Notes, withNext(noWorker(absent, c)))
	default:
		r.Can = append(r.Can, "reach a worker")
	}
}

// sharedStore is the database, opened once for everything that looks into it:
// two that write to one SQLite file would wait for each other.
type sharedStore struct {
	// open is errNoDatabase for a file that is not there yet.
	open func() (*store.Store, error)
	// opened is nil until it is.
	opened *store.Store
}

var errNoDatabase = errors.New("there is no database yet")

func newSharedStore(ctx context.Context, c *config.Config) *sharedStore {
	s := new(sharedStore)
	s.open = sync.OnceValues(func() (*store.Store, error) {
		if c.Database.Kind == config.SQLite {
			if _, err := os.Stat(c.Database.Path); errors.Is(err, fs.ErrNotExist) {
				return nil, errNoDatabase
			}
		}
		var err error
		s.opened, err = openStore(ctx, c)
		return s.opened, err
	})
	return s
}

// close closes what was opened, once nothing opens any more.
func (s *sharedStore) close() error {
	if s.opened == nil {
		return nil
	}
	return s.opened.Close()
}

func checkDatabase(c *config.Config, db *sharedStore, r *checked) {
	r.Kind = c.Database.Kind
	if c.Database.Kind == config.SQLite {
		r.Identity = c.Database.Path
	}
	s, err := db.open()
	switch {
	case errors.Is(err, errNoDatabase):
		r.Notes = append(r.Notes, "it is not there yet; the worker makes it when it first starts.")
	case err != nil:
		r.Missing = append(r.Missing, withNext(err))
	default:
		r.Can = append(r.Can, "use "+s.Name())
	}
}

func checkSource(ctx context.Context, db *sharedStore, c *activities.Connection, r *checked) {
	report, err := c.Source.Check(ctx)
	if report.Identity != "" {
		r.Identity = report.Identity
	}
	r.Can, r.Missing = report.Can, report.Missing
	if err != nil {
		r.Missing = append(r.Missing, couldNotAsk(err, place{connection: c.Name}))
		return
	}
	checkIdentity(ctx, db, c, report.Identity, r)
}

func checkTarget(ctx context.Context, db *sharedStore, connection string, t *activities.Target, r *checked) {
	defer checkPlace(ctx, db, connection, t, r)
	report, err := t.Check(ctx)
	r.Can, r.Missing, r.Notes = report.Can, report.Missing, report.Notes
	if err != nil {
		r.Missing = append(r.Missing, couldNotAsk(err, place{connection: connection, target: t.Name}))
		return
	}
	if len(report.Can) > 0 { // a refused credential learns nothing of the product
		r.product(report)
	}
}

// checkPlace adds to what is missing that a target is another place than the one
// in which its accounts and groups are linked.
func checkPlace(ctx context.Context, db *sharedStore, connection string, t *activities.Target, r *checked) {
	s, err := db.open()
	if err != nil {
		return // the database has a line of its own
	}
	moved, err := s.TargetMoved(ctx, connection, store.TargetSpec{Name: t.Name, Kind: t.Kind, Identity: t.Identity})
	switch {
	case err != nil:
		r.Missing = append(r.Missing, withNext(err))
	case moved != nil:
		r.Missing = append(r.Missing, fmt.Sprintf("this is %s, and what is linked is in %s. %s", moved.Is, moved.Was, adviceOn(classMoved, place{connection: connection, target: t.Name})))
	}
}

// couldNotAsk is the line for a vendor that could not be asked.
func couldNotAsk(err error, at place) string {
	text := err.Error()
	if detail := directory.DetailOf(err); detail != "" {
		text += " (" + detail + ")"
	}
	return strings.TrimSpace(text + ". " + adviceOn(directory.ClassOf(err), at))
}

// withNext is an error with what to do next, in one line.
func withNext(err error) string {
	var f *failure
	if errors.As(err, &f) && f.next != "" {
		return f.Error() + "; " + f.next
	}
	return err.Error()
}
