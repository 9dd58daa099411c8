package cli

import (
	"context"
	"fmt"
	"iter"

	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/store"
)

func (p *program) accountsCommand() *cobra.Command {
	f, unmanaged := store.UnmanagedFilter{}, false
	c := &cobra.Command{
		Use: "accounts CONNECTION --unmanaged", Short: "List the accounts of targets that no source knows; they are never touched", Args: oneArgument("the connection"),
		Long: "List the accounts of targets that nobody in a source is linked to, as the targets were last read. Rollcall never touches them.\n\n" +
			"The accounts that it keeps are listed by \"rollcall link CONNECTION --state linked\".",
		RunE: func(c *cobra.Command, args []string) error {
			if !unmanaged {
				return usage("expected --unmanaged; the accounts that are linked are listed by \"rollcall link CONNECTION --state linked\"")
			}
			return p.withStore(c.Context(), func(ctx context.Context, c *config.Config, s *store.Store) error {
				if err := knownConnection(ctx, c, s, args[0]); err != nil {
					return err
				}
				f.Connection = args[0]
				return linkFailure(f.Connection, f.Target, p.unmanaged(f.Connection, s.Unmanaged(ctx, f)))
			})
		},
	}
	c.Flags().BoolVar(&unmanaged, "unmanaged", false, "accounts that no source knows")
	c.Flags().StringVar(&f.Target, "target", "", "only in this target")
	p.csvFlag(c, "the accounts")
	return c
}

func (p *program) unmanaged(connection string, accounts iter.Seq2[store.UnmanagedAccount, error]) error {
	switch {
	case p.json:
		return printJSONRows(p, accounts)
	case p.csv:
		return p.printCSV([]string{"target", "account", "email", "user_name", "display_name", "status", "managed", "read_only"},
			mapped(accounts, func(a store.UnmanagedAccount) []string {
				return []string{a.Target, a.RemoteID, a.Email, a.UserName, a.Name, a.Status, fmt.Sprint(a.Managed), fmt.Sprint(a.ReadOnly)}
			}))
	}
	rows := [][]string{{"TARGET", "ACCOUNT", "E-MAIL", "NAME", "STATUS"}}
	for a, err := range accounts {
		if err != nil {
			return err
		}
		rows = append(rows, []string{a.Target, a.RemoteID, a.Email, a.Name, a.Status})
	}
	if len(rows) == 1 {
		p.printf("Every account that was seen is linked to somebody. Targets are read daily, or now with: rollcall plan %s --drift\n", connection)
		return nil
	}
	if err := p.table(rows); err != nil {
		return err
	}
	p.printf("\nThey are never touched. Link one to a person with: rollcall link set %s USER ACCOUNT\n", connection)
	return nil
}
