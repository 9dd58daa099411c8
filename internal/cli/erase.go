package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/store"
)

func (p *program) eraseCommand() *cobra.Command {
	by, yes := "", false
	c := &cobra.Command{
		Use: "erase CONNECTION USER", Short: "Remove what is kept of a person who is gone from the source", Args: twoArguments("the connection and a person"),
		Long: "Remove what Rollcall keeps of a person who is gone from the source: names, addresses, attributes, what was pushed, and what changes say stood there before and after. " +
			"That it was done is recorded, by number and without a name.\n\n" +
			"The account in a target is left as it is, and is nobody's afterwards. What is in logs and backups of your own is yours to remove. It cannot be undone.",
		RunE: func(c *cobra.Command, args []string) error {
			return p.withStore(c.Context(), func(ctx context.Context, c *config.Config, s *store.Store) error {
				return p.erase(ctx, c, s, args[0], args[1], by, yes)
			})
		},
	}
	byFlag(c, &by)
	yesFlag(c, &yes)
	return c
}

func (p *program) erase(ctx context.Context, c *config.Config, s *store.Store, connection, person, by string, yes bool) error {
	if err := knownConnection(ctx, c, s, connection); err != nil {
		return err
	}
	who, err := p.who(c, by)
	if err != nil {
		return err
	}
	user, err := onePerson(ctx, s, connection, person)
	if err != nil {
		return err
	}
	if err := p.confirm(ctx, yes, fmt.Sprintf("Remove everything that is kept of %s in %s? It cannot be undone.", plain(person), connection)); err != nil {
		return err
	}
	erased, err := s.Erase(ctx, connection, user, who, p.now())
	var there *store.StillThereError
	switch {
	case errors.As(err, &there):
		return &failure{code: ExitFailed, err: fmt.Errorf("%s is still in the source of %s; nothing was removed", person, connection),
			next: fmt.Sprintf("delete the person in the source, have that seen with \"rollcall sync %s --user %s\", and erase them then.", connection, person)}
	case errors.Is(err, store.ErrNotFound):
		return &failure{code: ExitFailed, err: fmt.Errorf("connection %s has no person %q", connection, person), next: "give the e-mail address, login, id in the source or account id."}
	case err != nil:
		return fmt.Errorf("erase user %d: %w", user, err)
	case p.json:
		return p.printJSON(erased)
	}
	p.printf("Removed what was kept of user %d in %s: out of %s, %s, %s and %s of the SCIM log, which stay without the name.\n", user, connection,
		plural(erased.Changes, "change"), plural(erased.Notes, "note"), plural(erased.Requests, "request"), plural(erased.Log, "line"))
	for _, a := range erased.Accounts {
		p.printf("Account %s in %s (%s) is left as it is, and is nobody's now.\n", plain(a.RemoteID), a.Target, a.Status)
	}
	p.printf("That it was done is recorded: rollcall audit %s --actions\n", connection)
	return nil
}
