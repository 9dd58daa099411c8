package cli

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// undoing is what is to be taken back.
type undoing struct {
	run    int64
	users  []string
	dryRun bool
	by     string
	yes    bool
}

func (p *program) undoCommand() *cobra.Command {
	var u undoing
	c := &cobra.Command{
		Use: "undo RUN", Short: "Take back what a run did, and keep it so", Args: oneArgument("the id of a run"),
		Long: "Take back what a run did, from what it recorded. What has changed since is left alone, and what cannot be taken back is listed before anything is done; the guard is asked as in any run.\n\n" +
			"What was undone stays so: later runs do not simply do it again, until \"rollcall undo release\" or a change in the source says otherwise.",
		RunE: func(c *cobra.Command, args []string) (err error) {
			if u.run, err = runNumber(args[0]); err != nil {
				return err
			}
			return p.undo(c.Context(), u)
		},
	}
	c.Flags().StringSliceVar(&u.users, "user", nil, "only what was done to these people, by e-mail, login or id")
	c.Flags().BoolVar(&u.dryRun, "dry-run", false, "show what would be undone, and do nothing")
	byFlag(c, &u.by)
	yesFlag(c, &u.yes)
	p.csvFlag(c, "what would be undone")
	c.AddCommand(p.undoReleaseCommand())
	return c
}

func (p *program) undo(ctx context.Context, u undoing) error {
	if p.csv && !u.dryRun {
		return usage("--csv prints what would be undone, so it needs --dry-run")
	}
	return p.withStore(ctx, func(ctx context.Context, c *config.Config, s *store.Store) error {
		who, err := p.who(c, u.by)
		if err != nil {
			return err
		}
		run, err := findRun(ctx, s, u.run)
		if err != nil {
			return err
		}
		if run.Outcome == "" {
			return &failure{code: ExitFailed, err: fmt.Errorf("run %d of %s is under way", run.ID, run.Connection), next: fmt.Sprintf("wait for its end, or end it with: rollcall run stop %d", run.ID)}
		}
		users, err := people(ctx, s, run.Connection, u.users)
		if err != nil {
			return err
		}
		due, err := p.previewUndo(run, s.UndoPreview(ctx, run.ID, users), u.dryRun)
		var none *store.NotUndoableError
		if errors.As(err, &none) {
			return &failure{code: ExitFailed, err: err, next: "\"rollcall runs " + run.Connection + "\" lists the runs; give the one whose changes are to be taken back."}
		}
		if err != nil || u.dryRun {
			return err
		}
		if due == 0 {
			return &failure{code: ExitFailed, err: fmt.Errorf("nothing of run %d can be taken back", run.ID), next: "the reason stands beside each change above."}
		}
		conn, err := dial(ctx, c)
		if err != nil {
			return err
		}
		defer conn.Close()
		if err := p.workersOf(ctx, conn, c, run.Connection); err != nil {
			return err
		}
		if err := p.confirm(ctx, u.yes, fmt.Sprintf("Take %s back, as %s?", plural(due, "change"), plain(whoText(who.Name, who.Verified)))); err != nil {
			return err
		}
		return p.sendUndo(ctx, c, conn, s, store.Request{Connection: run.Connection, Kind: store.RequestUndo, Subject: run.ID, Users: users, Who: who})
	})
}

func (p *program) sendUndo(ctx context.Context, c *config.Config, conn client.Client, s *store.Store, r store.Request) error {
	r, err := p.addRequest(ctx, s, r)
	if err != nil {
		return err
	}
	return p.carryOut(ctx, c, conn, s, r, workflows.TriggerUndo)
}

// previewUndo prints what an undo takes back and what it cannot, and returns
// how many changes are taken back.
func (p *program) previewUndo(run store.Run, items iter.Seq2[store.UndoItem, error], dry bool) (int64, error) {
	if dry && p.json {
		return 0, printJSONRows(p, items)
	}
	if dry && p.csv {
		return 0, p.printCSV([]string{"change", "target", "kind", "undone_by", "user_id", "user", "group_id", "group", "outer_id", "outer", "scope", "before", "after", "class"},
			mapped(items, func(i store.UndoItem) []string {
				return []string{fmt.Sprint(i.ChangeID), i.Target, string(i.Kind), string(i.Reverse), idOf(i.UserID), i.User, idOf(i.GroupID), i.Group, idOf(i.OuterID), i.Outer, i.Scope, i.Before, i.After, string(i.Class)}
			}))
	}
	sums := undoSums{}
	for i, err := range items {
		if err != nil {
			return 0, err
		}
		if sums.total() == 0 && !p.json {
			p.printf("Run %d of %s did\n", run.ID, run.Connection)
		}
		if n := sums.add(i); n <= changesShown && !p.json {
			p.printUndo(i)
		}
	}
	if p.json {
		return sums.due(), nil
	}
	if sums.total() == 0 {
		p.printf("Run %d of %s did nothing, or nothing to these people.\n", run.ID, run.Connection)
		return 0, nil
	}
	if err := p.printUndoSums(run.Connection, run.ID, sums); err != nil {
		return 0, err
	}
	p.printf("\n")
	if dry {
		p.printf("Do it with: rollcall undo %d\n", run.ID)
	}
	return sums.due(), nil
}

// undoSum is a number of changes that an undo treats alike.
type undoSum struct {
	target         string
	kind, reversed directory.Kind
	class          directory.Class
	count          int64
}

type undoSums []undoSum

// add counts a change, and returns how many there are like it by now.
func (s *undoSums) add(i store.UndoItem) int64 {
	at := slices.IndexFunc(*s, func(n undoSum) bool {
		return n.target == i.Target && n.kind == directory.Kind(i.Kind) && n.class == directory.Class(i.Class)
	})
	if at < 0 {
		*s = append(*s, undoSum{target: i.Target, kind: directory.Kind(i.Kind), reversed: directory.Kind(i.Reverse), class: directory.Class(i.Class)})
		at = len(*s) - 1
	}
	(*s)[at].count++
	return (*s)[at].count
}

func (s undoSums) total() (n int64) {
	for _, one := range s {
		n += one.count
	}
	return n
}

// due is how many are taken back.
func (s undoSums) due() (n int64) {
	for _, one := range s {
		if one.class == "" {
			n += one.count
		}
	}
	return n
}

func (p *program) printUndo(i store.UndoItem) {
	subject := subjectOf(store.Change{UserID: i.UserID, User: i.User, GroupID: i.GroupID, Group: i.Group, OuterID: i.OuterID, Outer: i.Outer, Scope: i.Scope})
	p.printf("  %-16s %-18s %s: ", i.Target, i.Kind, plain(subject))
	if i.Class != "" {
		p.printf("stays (%s)\n", i.Class)
		return
	}
	p.printf("%s", i.Reverse)
	if i.Before != "" {
		p.printf(" to %s", plain(i.Before))
	}
	p.printf("\n")
}

func (p *program) printUndoSums(connection string, run int64, sums undoSums) error {
	rows := [][]string{{"TARGET", "DONE", "UNDONE BY", "COUNT"}}
	advised := map[directory.Class]bool{}
	for _, n := range sums {
		by := string(n.reversed)
		if n.class != "" {
			by, advised[n.class] = fmt.Sprintf("- (%s)", n.class), true
		}
		rows = append(rows, []string{n.target, string(n.kind), by, fmt.Sprint(n.count)})
	}
	p.printf("\n")
	if err := p.table(rows); err != nil {
		return err
	}
	for _, n := range sums {
		if n.class != "" && advised[n.class] {
			delete(advised, n.class)
			p.printf("%s: %s\n", n.class, adviceOn(n.class, place{connection: connection, target: n.target, run: run}))
		}
	}
	return nil
}

func (p *program) undoReleaseCommand() *cobra.Command {
	user, by, run := "", "", int64(0)
	c := &cobra.Command{
		Use: "release CONNECTION", Short: "Let later runs decide again about what was undone", Args: oneArgument("the connection"),
		Long: "Let later runs decide again about what was undone: of one person, of one undo, or of the whole connection. Nothing is written to a target by this; the next run does what the rules say.",
		RunE: func(c *cobra.Command, args []string) error {
			return p.withStore(c.Context(), func(ctx context.Context, c *config.Config, s *store.Store) error {
				return p.undoRelease(ctx, c, s, args[0], user, by, run)
			})
		},
	}
	c.Flags().StringVar(&user, "user", "", "only of this person, by e-mail, login or id")
	c.Flags().Int64Var(&run, "run", 0, "only of this undo, by the id of its own run")
	byFlag(c, &by)
	return c
}

func (p *program) undoRelease(ctx context.Context, c *config.Config, s *store.Store, connection, person, by string, run int64) error {
	if err := knownConnection(ctx, c, s, connection); err != nil {
		return err
	}
	who, err := p.who(c, by)
	if err != nil {
		return err
	}
	f := store.OverrideFilter{Connection: connection, RunID: run}
	if person != "" {
		if f.UserID, err = onePerson(ctx, s, connection, person); err != nil {
			return err
		}
	}
	released, err := s.ReleaseOverrides(ctx, f, who, p.now())
	if err != nil {
		return fmt.Errorf("release what was undone in %s: %w", connection, err)
	}
	if p.json {
		return p.printJSON(struct {
			Connection string `json:"connection"`
			Released   int64  `json:"released"`
		}{connection, released})
	}
	if released == 0 {
		p.printf("Nothing that was undone stands there.\n")
		return nil
	}
	p.printf("Released %s. The next run does what the rules say: rollcall plan %s\n", plural(released, "value"), connection)
	return nil
}
