package cli

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// auditing is which part of the record is wanted.
type auditing struct {
	selection
	connection, trigger string
	since, until        string
	run                 int64
	who                 string
	actions, dry        bool
}

func (p *program) auditCommand() *cobra.Command {
	var a auditing
	c := &cobra.Command{
		Use: "audit [CONNECTION]", Short: "Export the record: each change with who or what caused it, or what persons did", Args: atMostOne("a connection"),
		Long: "Export the record of every change, the oldest first: when, by which run and what caused that, the rule, what stood there before and after, the outcome and the attempts. " +
			"With --actions, what persons did: approvals, rejections, steering, links, releases, erasures.\n\n" +
			"--json prints an object a line (JSON Lines), so that it can be of any length.",
		RunE: func(c *cobra.Command, args []string) error {
			if err := a.check(); err != nil {
				return err
			}
			since, err := p.moment("--since", a.since)
			if err != nil {
				return err
			}
			until, err := p.moment("--until", a.until)
			if err != nil {
				return err
			}
			return p.withStore(c.Context(), func(ctx context.Context, c *config.Config, s *store.Store) (err error) {
				if a.connection, err = optionalConnection(ctx, c, s, args); err != nil {
					return err
				}
				return p.audit(ctx, s, a, since, until)
			})
		},
	}
	a.flags(c)
	c.Flags().StringVar(&a.trigger, "trigger", "", "only what was caused by this: schedule, hand, log, scim, approval, undo, leaver, seats")
	c.Flags().StringVar(&a.since, "since", "", "only what is not older, such as 7d, or from a day on, such as 2027-01-31")
	c.Flags().StringVar(&a.until, "until", "", "only what is older, or from before a day")
	c.Flags().Int64Var(&a.run, "run", 0, "only of this run")
	c.Flags().StringVar(&a.who, "by", "", "only of runs that this person asked for")
	c.Flags().BoolVar(&a.dry, "dry-runs", false, "what dry runs would have done, too")
	c.Flags().BoolVar(&a.actions, "actions", false, "what persons did, in place of changes")
	p.csvFlag(c, "the record")
	return c
}

// inStates streams the changes in one of the states; in all when none is given.
func inStates(rows iter.Seq2[store.AuditRow, error], states []string) iter.Seq2[store.AuditRow, error] {
	return func(yield func(store.AuditRow, error) bool) {
		for r, err := range rows {
			if err == nil && len(states) > 0 && !slices.Contains(states, r.State) {
				continue
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// moment reads a time that was given as how long ago, or as a day or a time
// in RFC 3339; zero when none was.
func (p *program) moment(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if ago, err := config.ParseDuration(text); err == nil && ago > 0 {
		return p.now().Add(-ago), nil
	}
	if day, err := time.ParseInLocation(time.DateOnly, text, time.Local); err == nil {
		return day, nil
	}
	if moment, err := time.Parse(time.RFC3339, text); err == nil {
		return moment, nil
	}
	return time.Time{}, usage("%s %q: expected a duration such as 7d, a day such as 2027-01-31, or a time such as 2027-01-31T12:00:00Z", flag, text)
}

func (p *program) audit(ctx context.Context, s *store.Store, a auditing, since, until time.Time) error {
	users, groups := []int64{0}, []int64{0}
	if a.user != "" || a.group != "" {
		if a.connection == "" {
			return usage("--user and --group need the connection: rollcall audit CONNECTION --user …")
		}
		filters, err := a.filters(ctx, s, a.connection)
		if err != nil {
			return err
		}
		if len(filters) > 1 {
			return usage("that name means several people or groups; give an id in the source, or Rollcall's own")
		}
		users[0], groups[0] = filters[0].UserID, filters[0].GroupID
	}
	if a.actions {
		if a.group != "" || a.kind != "" || a.target != "" || a.trigger != "" || a.who != "" || a.dry || len(a.states) > 0 {
			return usage("--actions goes with --user, --run, --since and --until alone")
		}
		return p.actions(s.Actions(ctx, store.ActionFilter{Connection: a.connection, RunID: a.run, UserID: users[0], Since: since, Until: until}))
	}
	rows := s.Audit(ctx, store.AuditFilter{Connection: a.connection, Target: a.target, Kind: a.kind, Trigger: a.trigger, Who: a.who,
		UserID: users[0], GroupID: groups[0], RunID: a.run, Since: since, Until: until, DryRuns: a.dry})
	return p.auditChanges(inStates(rows, a.states))
}

func (p *program) auditChanges(rows iter.Seq2[store.AuditRow, error]) error {
	switch {
	case p.json:
		return printJSONLines(p, rows)
	case p.csv:
		headings := []string{"id", "run", "connection", "target", "trigger", "asked_by", "verified", "rules_digest", "kind", "user_id", "user", "group_id", "group", "outer_id", "outer", "scope",
			"rule", "evidence", "before", "after", "state", "class", "detail", "attempts", "run_started", "done", "approval", "undoes", "decided_by"}
		return p.printCSV(headings, mapped(rows, func(r store.AuditRow) []string {
			return []string{fmt.Sprint(r.ID), fmt.Sprint(r.RunID), r.Connection, r.Target, r.Trigger, r.AskedBy, fmt.Sprint(r.Verified), r.RulesDigest, r.Kind,
				idOf(r.UserID), r.User, idOf(r.GroupID), r.Group, idOf(r.OuterID), r.Outer, r.Scope, r.Rule, r.Evidence, r.Before, r.After, r.State, r.Class, r.Detail, fmt.Sprint(r.Attempts), stamp(r.Started), stamp(r.Done), idOf(r.ApprovalID), idOf(r.Undoes), r.DecidedBy}
		}))
	}
	shown := false
	for r, err := range rows {
		if err != nil {
			return err
		}
		shown = true
		when := r.Done
		if when.IsZero() {
			when = r.Started
		}
		p.printf("%s  run %d of %s, %s\n   ", at(when), r.RunID, r.Connection, plain(causeOf(r)))
		p.printChange(r.Change)
	}
	if !shown {
		p.printf("Nothing to show.\n")
	}
	return nil
}

// causeOf says who or what caused a change.
func causeOf(r store.AuditRow) string {
	text := "by " + r.Trigger
	if r.AskedBy != "" {
		text += ", asked for by " + whoText(r.AskedBy, r.Verified)
	}
	if r.ApprovalID != 0 {
		text += fmt.Sprintf(", approval %d", r.ApprovalID)
	}
	if r.Undoes != 0 {
		text += fmt.Sprintf(", taking back run %d", r.Undoes)
	}
	if r.DecidedBy != "" {
		text += ", decided by " + r.DecidedBy
	}
	return text
}

func (p *program) actions(rows iter.Seq2[store.Action, error]) error {
	switch {
	case p.json:
		return printJSONLines(p, rows)
	case p.csv:
		return p.printCSV([]string{"id", "at", "connection", "what", "who", "verified", "run", "user_id", "group_id", "text"}, mapped(rows, func(a store.Action) []string {
			return []string{fmt.Sprint(a.ID), stamp(a.At), a.Connection, a.What, a.Name, fmt.Sprint(a.Verified), idOf(a.RunID), idOf(a.UserID), idOf(a.GroupID), a.Text}
		}))
	}
	table := [][]string{{"WHEN", "WHO", "WHAT", "CONNECTION", "ABOUT"}}
	for a, err := range rows {
		if err != nil {
			return err
		}
		table = append(table, []string{at(a.At), whoText(a.Name, a.Verified), a.What, a.Connection, aboutOf(a)})
	}
	if len(table) == 1 {
		p.printf("Nothing to show.\n")
		return nil
	}
	return p.table(table)
}

// aboutOf says what an action was about, by ids.
func aboutOf(a store.Action) string {
	var parts []string
	for _, one := range []struct {
		what string
		id   int64
	}{{"run", a.RunID}, {"user", a.UserID}, {"group", a.GroupID}} {
		if one.id != 0 {
			parts = append(parts, fmt.Sprintf("%s %d", one.what, one.id))
		}
	}
	if a.Text != "" {
		parts = append(parts, a.Text)
	}
	return strings.Join(parts, ", ")
}
