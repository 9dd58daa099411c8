package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// fastestPace is more changes a second than any target takes; a higher one is
// a slip of the keyboard.
const fastestPace = 1000

// steering is a verb for a run that is under way.
type steering struct {
	verb, short, done string
}

// steerCommands are the verbs of `rollcall run`. They write to the database
// alone, which a running batch looks at every second, so they work while
// Temporal does not answer.
func (p *program) steerCommands() []*cobra.Command {
	var all []*cobra.Command
	for _, s := range []steering{
		{"pause", "Hold a run where it is, within two seconds", "pauses; let it go on with: rollcall run resume {run}"},
		{"resume", "Let a paused run go on", "goes on"},
		{"stop", "End a run where it is, within two seconds; what is left is for the next run", "stops; what it had done is recorded, and the next run does the rest"},
	} {
		by := ""
		c := &cobra.Command{Use: s.verb + " ID", Short: s.short, Args: oneArgument("the id of a run")}
		c.RunE = func(c *cobra.Command, args []string) error {
			return p.steer(c.Context(), args[0], "", by, s, 0)
		}
		byFlag(c, &by)
		all = append(all, c)
	}
	return append(all, p.slowCommand(), p.skipCommand())
}

func (p *program) slowCommand() *cobra.Command {
	by, pace := "", int64(0)
	c := &cobra.Command{
		Use: "slow ID --pace N", Short: "Let a run make at most so many changes a second", Args: oneArgument("the id of a run"),
		RunE: func(c *cobra.Command, args []string) error {
			if !c.Flags().Changed("pace") || pace < 0 || pace > fastestPace {
				return usage("--pace: expected the most changes a second, 1 to %d, or 0 for no limit", fastestPace)
			}
			done := fmt.Sprintf("makes at most %s a second", plural(pace, "change"))
			if pace == 0 {
				done = "goes as fast as it may"
			}
			return p.steer(c.Context(), args[0], "", by, steering{verb: "slow", done: done}, pace)
		},
	}
	c.Flags().Int64Var(&pace, "pace", 0, "the most changes a second; 0 takes the limit away")
	byFlag(c, &by)
	return c
}

func (p *program) skipCommand() *cobra.Command {
	by := ""
	c := &cobra.Command{
		Use: "skip ID USER", Short: "Leave one person out of a run; the next run looks at them again", Args: twoArguments("the id of a run and a person"),
		RunE: func(c *cobra.Command, args []string) error {
			return p.steer(c.Context(), args[0], args[1], by, steering{verb: "skip", done: "leaves out what it has not yet done to that person"}, 0)
		},
	}
	byFlag(c, &by)
	return c
}

// steer gives a verb to a run; person is empty except for skip.
func (p *program) steer(ctx context.Context, run, person, by string, s steering, pace int64) error {
	id, err := runNumber(run)
	if err != nil {
		return err
	}
	return p.withStore(ctx, func(ctx context.Context, c *config.Config, db *store.Store) error {
		who, err := p.who(c, by)
		if err != nil {
			return err
		}
		found, err := findRun(ctx, db, id)
		if err != nil {
			return err
		}
		if found.Outcome != "" {
			return runEnded(found)
		}
		var user int64
		if person != "" {
			if user, err = onePerson(ctx, db, found.Connection, person); err != nil {
				return err
			}
		}
		if err := db.Steer(ctx, id, s.verb, pace, user, who, p.now()); err != nil {
			return fmt.Errorf("%s run %d: %w", s.verb, id, err)
		}
		if p.json {
			return p.printJSON(struct {
				Run    int64  `json:"run_id"`
				Verb   string `json:"verb"`
				Pace   int64  `json:"pace,omitempty"`
				UserID int64  `json:"user_id,omitempty"`
			}{id, s.verb, pace, user})
		}
		p.printf("Run %d of %s %s.\n", id, found.Connection, strings.ReplaceAll(s.done, "{run}", fmt.Sprint(id)))
		return nil
	})
}

// runEnded says that there is nothing to steer any more.
func runEnded(r store.Run) error {
	return &failure{code: ExitFailed, err: fmt.Errorf("run %d of %s has ended (%s)", r.ID, r.Connection, r.Outcome),
		next: fmt.Sprintf("look at it with: rollcall run %d; \"rollcall runs %s\" lists the newest.", r.ID, r.Connection)}
}

// onePerson finds exactly one person of a connection by any of their names.
func onePerson(ctx context.Context, db *store.Store, connection, name string) (int64, error) {
	ids, err := people(ctx, db, connection, []string{name})
	if err != nil {
		return 0, err
	}
	return ids[0], nil
}

// people finds the people of a connection whom names mean. A name that means
// several is taken for none of them.
func people(ctx context.Context, db *store.Store, connection string, names []string) ([]int64, error) {
	var all []int64
	for _, name := range names {
		ids, err := find(ctx, db, connection, name, "person", "e-mail address, login, id in the source or account id", func(users, _ []int64) []int64 { return users })
		if err != nil {
			return nil, err
		}
		if len(ids) > 1 {
			return nil, &failure{code: ExitUsage, err: fmt.Errorf("connection %s has %d people called %q", connection, len(ids), name),
				next: fmt.Sprintf("give the login, or Rollcall's own id of one: %v", ids)}
		}
		all = append(all, ids...)
	}
	return all, nil
}
