package cli

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// linkStates are what --state knows.
var linkStates = []string{store.LinkLinked, store.LinkMatched, store.LinkAmbiguous, store.LinkUnmatchedUser, store.LinkUnmatchedAccount}

func (p *program) linkCommand() *cobra.Command {
	f := store.LinkFilter{}
	c := &cobra.Command{
		Use: "link CONNECTION", Short: "List which account is whose, and what would be matched, is ambiguous or has no match", Args: oneArgument("the connection"),
		Long: "List which account of each target is which person's, as both were last read: linked ones, those that the next run would match, ambiguous ones, and people and accounts without a match.\n\n" +
			"\"rollcall sync CONNECTION --dry-run --drift\" reads both sides first.",
		RunE: func(c *cobra.Command, args []string) error {
			if f.State != "" && !slices.Contains(linkStates, f.State) {
				return usage("--state %q: expected %s", f.State, join(linkStates))
			}
			return p.withStore(c.Context(), func(ctx context.Context, c *config.Config, s *store.Store) error {
				if err := knownConnection(ctx, c, s, args[0]); err != nil {
					return err
				}
				f.Connection = args[0]
				for _, name := range c.Connections[args[0]].TargetNames() {
					if !slices.Contains(c.Connections[args[0]].Targets[name].LinkBy, "email") {
						f.ByUserName = append(f.ByUserName, name)
					}
				}
				return p.links(f, s.Links(ctx, f))
			})
		},
	}
	c.Flags().StringVar(&f.Target, "target", "", "only in this target")
	c.Flags().StringVar(&f.State, "state", "", "only in this state: "+join(linkStates))
	p.csvFlag(c, "the links")
	c.AddCommand(p.linkSetCommand(), p.linkRemoveCommand())
	return c
}

func (p *program) links(f store.LinkFilter, links iter.Seq2[store.LinkRow, error]) error {
	switch {
	case p.json:
		return printJSONRows(p, links)
	case p.csv:
		return p.printCSV([]string{"target", "state", "user_id", "user", "account", "email", "name", "status", "origin", "why"}, mapped(links, func(l store.LinkRow) []string {
			return []string{l.Target, l.State, idOf(l.UserID), l.User, l.RemoteID, l.Email, l.Account, l.Status, l.Origin, l.Why}
		}))
	}
	section := ""
	for l, err := range links {
		if err != nil {
			return linkFailure(f.Connection, f.Target, err)
		}
		if title := linkTitles[l.State] + " in " + l.Target; title != section {
			p.printf("%s\n", title)
			section = title
		}
		p.printf("  %s\n", plain(linkText(l)))
	}
	if section == "" && f.State != "" {
		p.printf("Nothing is %s.\n", f.State)
		return nil
	}
	if section == "" {
		p.printf("Nothing to show. Both sides are read with: rollcall plan %s --full --drift\n", f.Connection)
	}
	return nil
}

// linkTitles say what the states mean.
var linkTitles = map[string]string{
	store.LinkLinked:           "Linked",
	store.LinkMatched:          "Matched, linked by the next run",
	store.LinkAmbiguous:        "Ambiguous, left alone until a person says which",
	store.LinkUnmatchedUser:    "People without an account",
	store.LinkUnmatchedAccount: "Accounts that no source knows",
}

// linkText is a person and an account, as far as there are both.
func linkText(l store.LinkRow) string {
	var parts []string
	if l.UserID != 0 {
		parts = append(parts, nameOr(l.User, "user", l.UserID))
	}
	if l.RemoteID != "" {
		account := l.RemoteID
		for _, name := range []string{l.Account, l.Email, l.Status} {
			if name != "" {
				account += ", " + name
			}
		}
		parts = append(parts, account)
	}
	text := strings.Join(parts, " = ")
	for _, more := range []string{l.Origin, l.Why} {
		if more != "" {
			text += " (" + more + ")"
		}
	}
	return text
}

// linkFailure says what a link could not be listed, set or taken away for.
func linkFailure(connection, target string, err error) error {
	var unknown *store.AccountUnknownError
	var elsewhere *store.LinkedElsewhereError
	var has *store.HasLinkError
	var busy *store.BusyError
	switch {
	case errors.Is(err, store.ErrNotFound) && target != "":
		return &failure{code: ExitFailed, err: fmt.Errorf("target %s of connection %s is not known, or has nothing like that", target, connection),
			next: fmt.Sprintf("\"rollcall link %s\" lists what is linked; a target that is new is known once it has run.", connection)}
	case errors.Is(err, store.ErrNotFound):
		return &failure{code: ExitFailed, err: fmt.Errorf("connection %s has not run yet", connection), next: "run it once with: rollcall sync " + connection + " --dry-run"}
	case errors.As(err, &unknown):
		return &failure{code: ExitFailed, err: fmt.Errorf("%s has no account %s that is free to be linked, as it was last read", unknown.Target, unknown.RemoteID),
			next: fmt.Sprintf("see the ids with \"rollcall accounts %s --unmanaged\"; an account that is new there is known after \"rollcall plan %s --drift\".", connection, connection)}
	case errors.As(err, &elsewhere):
		return &failure{code: ExitFailed, err: fmt.Errorf("account %s is linked to user %d of connection %s", elsewhere.RemoteID, elsewhere.UserID, elsewhere.Connection),
			next: fmt.Sprintf("take that link away first: rollcall link remove %s %d", elsewhere.Connection, elsewhere.UserID)}
	case errors.As(err, &has):
		return &failure{code: ExitFailed, err: fmt.Errorf("that person is linked to account %s of %s", has.RemoteID, has.Target),
			next: fmt.Sprintf("take that link away first: rollcall link remove %s %d --target %s", connection, has.UserID, has.Target)}
	case errors.As(err, &busy):
		return &failure{code: ExitFailed, err: fmt.Errorf("run %d is changing that person at this moment", busy.RunID),
			next: fmt.Sprintf("try again in a minute, or end the run first: rollcall run stop %d", busy.RunID)}
	}
	return err
}
