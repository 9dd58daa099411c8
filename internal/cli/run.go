package cli

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// What --state and --kind know.
var (
	states = []directory.State{directory.Unguarded, directory.Doubted, directory.Planned, directory.Retry, directory.Applied, directory.Held,
		directory.Contradicted, directory.Failed, directory.Refused, directory.Blocked, directory.Skipped, directory.Waiting,
		directory.Approved, directory.Rejected, directory.Expired}
	kinds = []directory.Kind{directory.CreateAccount, directory.UpdateAccount, directory.SuspendAccount, directory.RestoreAccount,
		directory.DeactivateAccount, directory.DeleteAccount, directory.CreateGroup, directory.RenameGroup, directory.ReplaceGroup,
		directory.AddMember, directory.RemoveMember, directory.AddNesting, directory.RemoveNesting, directory.PermitGroup}
)

// selection is which changes of a run are shown.
type selection struct {
	failed      bool
	states      []string
	kind        string
	user, group string
	target      string
	// byUser puts the changes of one person in all targets together.
	byUser bool
}

func (p *program) runCommand() *cobra.Command {
	var s selection
	c := &cobra.Command{
		Use: "run ID", Short: "Show what a run came to, and its changes; or steer one that is under way", Args: oneArgument("the id of a run"),
		RunE: func(c *cobra.Command, args []string) error {
			id, err := runNumber(args[0])
			if err != nil {
				return err
			}
			if err := s.check(); err != nil {
				return err
			}
			return p.withStore(c.Context(), func(ctx context.Context, _ *config.Config, db *store.Store) error {
				return p.run(ctx, db, id, s)
			})
		},
	}
	c.Flags().BoolVar(&s.failed, "failed", false, "only changes that failed, were refused or were blocked")
	c.Flags().BoolVar(&s.byUser, "by-user", false, "each person's changes in all targets together, person by person")
	s.flags(c)
	p.csvFlag(c, "the changes")
	c.AddCommand(p.steerCommands()...)
	return c
}

// flags adds the selection to a command that shows changes.
func (s *selection) flags(c *cobra.Command) {
	c.Flags().StringSliceVar(&s.states, "state", nil, "only changes in these states: "+join(states))
	c.Flags().StringVar(&s.kind, "kind", "", "only changes of this kind: "+join(kinds))
	c.Flags().StringVar(&s.target, "target", "", "only changes in this target")
	c.Flags().StringVar(&s.user, "user", "", "only this person's changes, by e-mail, login or id")
	c.Flags().StringVar(&s.group, "group", "", "only this group's changes, by name or id")
}

// runNumber reads the id of a run.
func runNumber(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return 0, usage("%q is not the id of a run; \"rollcall runs\" lists them", text)
	}
	return id, nil
}

func join[T ~string](words []T) string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = string(w)
	}
	return strings.Join(texts, ", ")
}

func (s selection) check() error {
	if s.failed && len(s.states) > 0 {
		return usage("--failed and --state exclude each other")
	}
	for _, state := range s.states {
		if !slices.Contains(states, directory.State(state)) {
			return usage("unknown state %q; expected %s", state, join(states))
		}
	}
	if s.kind != "" && !slices.Contains(kinds, directory.Kind(s.kind)) {
		return usage("unknown kind %q; expected %s", s.kind, join(kinds))
	}
	return nil
}

func (p *program) run(ctx context.Context, s *store.Store, id int64, wanted selection) error {
	run, err := findRun(ctx, s, id)
	if err != nil {
		return err
	}
	filters, err := wanted.filters(ctx, s, run.Connection)
	if err != nil {
		return err
	}
	if wanted.byUser {
		return p.runByUser(ctx, s, run, filters)
	}
	changes := selected(ctx, s, id, filters)
	if p.csv {
		return p.changesCSV(changes)
	}
	r, err := readReport(ctx, s, run)
	if err != nil {
		return err
	}
	if p.json {
		return printJSONAnd(p, r, "changes", changes)
	}
	if err := p.printReport(r); err != nil {
		return err
	}
	return p.printChanges("Changes", changes)
}

// findRun reads a run; where there is none of that number it says which there are.
func findRun(ctx context.Context, s *store.Store, id int64) (store.Run, error) {
	run, err := s.Run(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return store.Run{}, noRun(ctx, s, id)
	}
	return run, err
}

func noRun(ctx context.Context, s *store.Store, id int64) error {
	newest, err := s.Runs(ctx, "", 5)
	if err != nil {
		return err
	}
	f := &failure{code: ExitFailed, err: fmt.Errorf("there is no run %d", id), next: "there are no runs yet; start one with: rollcall sync CONNECTION"}
	if len(newest) > 0 {
		ids := make([]string, len(newest))
		for i, r := range newest {
			ids[i] = fmt.Sprint(r.ID)
		}
		f.next = "the newest are " + strings.Join(ids, ", ") + "; \"rollcall runs\" lists more."
	}
	return f
}

// filters turns names into ids: a filter for each pair of subjects that they mean.
func (s selection) filters(ctx context.Context, db *store.Store, connection string) ([]store.ChangeFilter, error) {
	base := store.ChangeFilter{States: s.states, Kind: s.kind, Target: s.target}
	if s.failed {
		for _, state := range failedStates {
			base.States = append(base.States, string(state))
		}
	}
	if s.target != "" && connection != "" {
		switch err := db.KnownTarget(ctx, connection, s.target); {
		case errors.Is(err, store.ErrNotFound):
			return nil, linkFailure(connection, s.target, err)
		case err != nil:
			return nil, err
		}
	}
	users, groups := []int64{0}, []int64{0}
	var err error
	if s.user != "" {
		if users, err = find(ctx, db, connection, s.user, "person", "e-mail address, login, id in the source or account id", func(users, _ []int64) []int64 { return users }); err != nil {
			return nil, err
		}
	}
	if s.group != "" {
		if groups, err = find(ctx, db, connection, s.group, "group", "name, id in the source or id in the target", func(_, groups []int64) []int64 { return groups }); err != nil {
			return nil, err
		}
	}
	var filters []store.ChangeFilter
	for _, user := range users {
		for _, group := range groups {
			f := base
			f.UserID, f.GroupID = user, group
			filters = append(filters, f)
		}
	}
	return filters, nil
}

// find looks a subject up by any of its names, and takes a number that is
// none as Rollcall's own id, which is what notes and the Web UI show.
func find(ctx context.Context, db *store.Store, connection, name, what, by string, choose func(users, groups []int64) []int64) ([]int64, error) {
	users, groups, err := db.SubjectIDs(ctx, connection, name)
	if err != nil {
		return nil, err
	}
	if ids := choose(users, groups); len(ids) > 0 {
		return ids, nil
	}
	if id, err := strconv.ParseInt(name, 10, 64); err == nil && id > 0 {
		return []int64{id}, nil
	}
	return nil, &failure{code: ExitFailed, err: fmt.Errorf("connection %s has no %s %q", connection, what, name), next: "give the " + by + "."}
}

// selected streams the changes of a run that the filters select.
func selected(ctx context.Context, s *store.Store, id int64, filters []store.ChangeFilter) iter.Seq2[store.Change, error] {
	return func(yield func(store.Change, error) bool) {
		for _, f := range filters {
			for c, err := range s.Changes(ctx, id, f) {
				if !yield(c, err) {
					return
				}
			}
		}
	}
}
