package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/store"
)

func (p *program) linkSetCommand() *cobra.Command {
	target, by := "", ""
	c := &cobra.Command{
		Use: "set CONNECTION USER ACCOUNT", Short: "Say which account is a person's; ACCOUNT is its id in the target",
		Long: "Say which account is a person's. The account must be nobody's; \"rollcall accounts CONNECTION --unmanaged\" has the ids. The next run writes to it what the rules ask for.",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 3 {
				return usage("expected three arguments, the connection, a person and the id of an account; see %s --help", c.CommandPath())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return p.withLink(c.Context(), args, target, by, func(ctx context.Context, s *store.Store, l store.LinkChange) error {
				l.RemoteID = args[2]
				if err := s.SetLink(ctx, l, p.now()); err != nil {
					return err
				}
				return p.linked(l, fmt.Sprintf("%s is linked to account %s of %s. What the next run makes of it: rollcall explain %s %s", plain(args[1]), plain(args[2]), l.Target, args[0], plain(args[1])))
			})
		},
	}
	c.Flags().StringVar(&target, "target", "", "the target; may be left out where there is one")
	byFlag(c, &by)
	return c
}

func (p *program) linkRemoveCommand() *cobra.Command {
	target, by, yes := "", "", false
	c := &cobra.Command{
		Use: "remove CONNECTION USER", Short: "Say that a person's account is nobody's; it stays as it is in the target", Args: twoArguments("the connection and a person"),
		Long: "Say that a person's account is nobody's. The account stays in the target as it is; no other is made or linked for the person until \"rollcall link set\" says which.",
		RunE: func(c *cobra.Command, args []string) error {
			return p.withLink(c.Context(), args, target, by, func(ctx context.Context, s *store.Store, l store.LinkChange) error {
				if err := p.confirm(ctx, yes, fmt.Sprintf("Take the link of %s in %s away?", plain(args[1]), l.Target)); err != nil {
					return err
				}
				if err := s.RemoveLink(ctx, l, p.now()); err != nil {
					return err
				}
				return p.linked(l, fmt.Sprintf("%s has no account in %s any more, and gets none until: rollcall link set %s %s ACCOUNT", plain(args[1]), l.Target, args[0], plain(args[1])))
			})
		},
	}
	c.Flags().StringVar(&target, "target", "", "the target; may be left out where there is one")
	byFlag(c, &by)
	yesFlag(c, &yes)
	return c
}

// withLink runs a command about the link of a person, the second argument, in
// a target of a connection, the first.
func (p *program) withLink(ctx context.Context, args []string, target, by string, command func(context.Context, *store.Store, store.LinkChange) error) error {
	return p.withStore(ctx, func(ctx context.Context, c *config.Config, s *store.Store) error {
		if err := connection(c, args[0]); err != nil {
			return err
		}
		var err error
		if target, err = oneTarget(c, args[0], target); err != nil {
			return err
		}
		who, err := p.who(c, by)
		if err != nil {
			return err
		}
		user, err := onePerson(ctx, s, args[0], args[1])
		if err != nil {
			return err
		}
		return linkFailure(args[0], target, command(ctx, s, store.LinkChange{Connection: args[0], Target: target, UserID: user, Who: who}))
	})
}

// oneTarget is the target that was named, or the only one.
func oneTarget(c *config.Config, connection, name string) (string, error) {
	targets := c.Connections[connection].TargetNames()
	if name == "" {
		if len(targets) == 1 {
			return targets[0], nil
		}
		return "", usage("connection %s has several targets; name one with --target: %s", connection, strings.Join(targets, ", "))
	}
	if _, ok := c.Connections[connection].Targets[name]; !ok {
		return "", usage("connection %s has no target %q; it has %s", connection, name, strings.Join(targets, ", "))
	}
	return name, nil
}

func (p *program) linked(l store.LinkChange, text string) error {
	if p.json {
		return p.printJSON(struct {
			Connection string `json:"connection"`
			Target     string `json:"target"`
			UserID     int64  `json:"user_id"`
			RemoteID   string `json:"remote_id,omitempty"`
		}{l.Connection, l.Target, l.UserID, l.RemoteID})
	}
	p.printf("%s\n", text)
	return nil
}
