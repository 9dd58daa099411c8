package cli

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/store"
)

func (p *program) leaversCommand() *cobra.Command {
	f := store.LeaverFilter{}
	c := &cobra.Command{
		Use: "leavers [CONNECTION]", Short: "List who is leaving, on which step of the ladder, and when the next is due", Args: atMostOne("a connection"),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withStore(c.Context(), func(ctx context.Context, c *config.Config, s *store.Store) (err error) {
				if f.Connection, err = optionalConnection(ctx, c, s, args); err != nil {
					return err
				}
				return p.leavers(s.Leavers(ctx, f))
			})
		},
	}
	c.Flags().StringVar(&f.Target, "target", "", "only in this target")
	p.csvFlag(c, "the leavers")
	c.AddCommand(p.holdCommand("hold", "Stop a leaver where they are: no further step is taken", true),
		p.holdCommand("release", "Let a leaver's ladder go on; steps that came due meanwhile are taken", false))
	return c
}

func (p *program) leavers(leavers iter.Seq2[store.Leaver, error]) error {
	switch {
	case p.json:
		return printJSONRows(p, leavers)
	case p.csv:
		return p.printCSV([]string{"connection", "target", "user_id", "user", "reason", "since", "step", "ladder", "next", "due", "held"}, mapped(leavers, func(l store.Leaver) []string {
			return []string{l.Connection, l.Target, fmt.Sprint(l.UserID), l.User, string(l.Reason), stamp(l.Since), fmt.Sprint(l.Step), l.Ladder, l.Next, stamp(l.Due), fmt.Sprint(l.Held)}
		}))
	}
	rows := [][]string{{"CONNECTION", "PERSON", "TARGET", "REASON", "SINCE", "STEP", "NEXT", "DUE"}}
	for l, err := range leavers {
		if err != nil {
			return err
		}
		next, due := l.Next, at(l.Due)
		if next == "" {
			next = "-"
		}
		if l.Held {
			due = "held"
		}
		rows = append(rows, []string{l.Connection, nameOr(l.User, "user", l.UserID), l.Target, string(l.Reason), at(l.Since), stepText(l), next, due})
	}
	if len(rows) == 1 {
		p.printf("Nobody is leaving.\n")
		return nil
	}
	return p.table(rows)
}

// stepText is such as "2 of 3": how many steps are due or done, of how many.
func stepText(l store.Leaver) string {
	return fmt.Sprintf("%d of %d", l.Step, strings.Count(l.Ladder, ", ")+1)
}

// nameOr is a subject's name, or its id where it has none.
func nameOr(name, what string, id int64) string {
	if name == "" {
		return fmt.Sprintf("%s %d", what, id)
	}
	return name
}

func (p *program) holdCommand(name, short string, hold bool) *cobra.Command {
	target, by := "", ""
	c := &cobra.Command{
		Use: name + " CONNECTION USER", Short: short, Args: twoArguments("the connection and a person"),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withStore(c.Context(), func(ctx context.Context, c *config.Config, s *store.Store) error {
				return p.hold(ctx, c, s, args[0], args[1], target, by, hold)
			})
		},
	}
	c.Flags().StringVar(&target, "target", "", "only in this target")
	byFlag(c, &by)
	return c
}

func (p *program) hold(ctx context.Context, c *config.Config, s *store.Store, connection, person, target, by string, hold bool) error {
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
	err = s.HoldLeaver(ctx, connection, user, target, hold, who, p.now())
	if errors.Is(err, store.ErrNotFound) {
		return &failure{code: ExitFailed, err: fmt.Errorf("%s is not leaving %s", person, placeText(connection, target)), next: "\"rollcall leavers " + connection + "\" lists who is."}
	}
	if err != nil {
		return err
	}
	if p.json {
		return p.printJSON(struct {
			Connection string `json:"connection"`
			UserID     int64  `json:"user_id"`
			Target     string `json:"target,omitempty"`
			Held       bool   `json:"held"`
		}{connection, user, target, hold})
	}
	if hold {
		p.printf("%s stays on the step that they are on until: rollcall leavers release %s %s\n", plain(person), connection, plain(person))
		return nil
	}
	p.printf("The ladder of %s goes on; a step that is due is taken within a minute.\n", plain(person))
	return nil
}

// placeText is a connection, or one target of it.
func placeText(connection, target string) string {
	if target == "" {
		return "any target of " + connection
	}
	return target + " of " + connection
}
