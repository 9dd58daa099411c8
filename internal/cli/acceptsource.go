package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/rollcall-sync/rollcall/activities"
	"github.com/rollcall-sync/rollcall/internal/app"
	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// acceptance is a person's word that a connection is read from another
// organization from now on.
type acceptance struct {
	connection, by string
	yes            bool
}

func (p *program) acceptSource(ctx context.Context, a acceptance) error {
	return p.withStore(ctx, func(ctx context.Context, c *config.Config, s *store.Store) error {
		if err := connection(c, a.connection); err != nil {
			return err
		}
		if c.Connections[a.connection].Source.Kind == config.KindScim {
			return usage("connection %s has no source that is read; its people are pushed", a.connection)
		}
		who, err := p.who(c, a.by)
		if err != nil {
			return err
		}
		connections, err := app.Connections(c, nil)
		if err != nil {
			return &failure{code: ExitUsage, err: err, next: "correct it in " + c.File + ", or where it reads that from."}
		}
		report, err := connections[a.connection].Source.Check(ctx)
		if err != nil {
			return &failure{code: ExitFailed, err: errors.New(couldNotAsk(err, place{connection: a.connection})), next: "nothing was accepted."}
		}
		changed, err := sourceChanged(ctx, s, a.connection, report.Identity)
		if err != nil {
			return err
		}
		if changed == nil && p.json {
			return p.printAccepted(a.connection, report.Identity, report.Identity)
		}
		if changed == nil {
			p.printf("The source of %s is %s, as before. Nothing to accept.\n", a.connection, plain(report.Identity))
			return nil
		}
		if !p.json {
			p.printf("The people of %s were read from %s; the configuration names %s.\n", a.connection, plain(changed.Was), plain(changed.Is))
			p.printf("Whoever is not in the new one is missing, and leaves, within the guard's limits. Look first: rollcall plan %s\n", a.connection)
		}
		if err := p.confirm(ctx, a.yes, fmt.Sprintf("Read %s from %s from now on?", a.connection, plain(changed.Is))); err != nil {
			return err
		}
		id, err := s.ConnectionID(ctx, a.connection)
		if err != nil {
			return err
		}
		if err := s.AcceptSource(ctx, id, changed.Is, who, p.now()); err != nil {
			return fmt.Errorf("accept the source of %s: %w", a.connection, err)
		}
		if p.json {
			return p.printAccepted(a.connection, changed.Was, changed.Is)
		}
		p.printf("Accepted. The next run reads everything: rollcall plan %s\n", a.connection)
		return nil
	})
}

func (p *program) printAccepted(connection, was, is string) error {
	return p.printJSON(struct {
		Connection string `json:"connection"`
		Was        string `json:"was"`
		Is         string `json:"is"`
	}{connection, was, is})
}

// sourceChanged says whether a source is another organization than the one
// that the connection's people were read from; nil when it is not, or when
// they never were.
func sourceChanged(ctx context.Context, s *store.Store, connection, identity string) (*store.SourceChangedError, error) {
	id, err := s.ConnectionID(ctx, connection)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	err = s.LearnSource(ctx, id, identity)
	var changed *store.SourceChangedError
	if errors.As(err, &changed) {
		return changed, nil
	}
	return nil, err
}

// checkIdentity adds to what is missing that a source is another one.
func checkIdentity(ctx context.Context, db *sharedStore, c *activities.Connection, identity string, r *checked) {
	s, err := db.open()
	if err != nil {
		return // the database has a line of its own
	}
	changed, err := sourceChanged(ctx, s, c.Name, identity)
	switch {
	case err != nil:
		r.Missing = append(r.Missing, withNext(err))
	case changed != nil:
		r.Missing = append(r.Missing, fmt.Sprintf("this is %s, and the people of %s were read from %s. %s", changed.Is, c.Name, changed.Was, adviceOn(classSourceChanged, place{connection: c.Name})))
	}
}
