package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// newestRequests is how many requests are listed unless --limit says
// otherwise: more than a screen, since most take a line.
const newestRequests = 50

// objectsShown is how many objects of one request are listed: a group's push
// may touch thousands of members. --json has them all.
const objectsShown = 20

// mostRequests bounds --limit: what became of each request is looked up.
const mostRequests = 10_000

func (p *program) scimCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "scim", Short: "Show what identity providers pushed, and what became of it", Args: unknownCommand,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(p.scimLogCommand(), p.scimShowCommand())
	return c
}

func (p *program) scimLogCommand() *cobra.Command {
	limit, since, follow := newestRequests, "", false
	var filter store.ScimLogFilter
	c := &cobra.Command{
		Use: "log CONNECTION", Short: "List the newest requests of a connection, and what became of them in each target",
		Long: "List the newest requests of a connection, the oldest of them first: when, by whom, what was asked, how it was answered, the objects it touched and what became of them in each target.\n\n" +
			"It holds no token, no password and no body. With --follow and --json there is one object a line; a request comes again when more of it is done.",
		Args: oneArgument("the connection"),
		RunE: func(c *cobra.Command, args []string) error {
			if limit < 1 || limit > mostRequests {
				return usage("--limit %d: expected 1 to %d", limit, mostRequests)
			}
			filter.Limit = limit
			if since != "" {
				ago, err := config.ParseDuration(since)
				if err != nil || ago <= 0 {
					return usage("--since %q: expected a duration such as 1h or 7d", since)
				}
				filter.Since = p.now().Add(-ago)
			}
			return p.withStore(c.Context(), func(ctx context.Context, c *config.Config, s *store.Store) error {
				if err := knownConnection(ctx, c, s, args[0]); err != nil {
					return err
				}
				log := &scimLog{program: p, requests: s, connection: args[0], filter: filter, every: followEvery, said: map[string]bool{}}
				if follow {
					return log.follow(ctx)
				}
				return log.list(ctx)
			})
		},
	}
	c.Flags().BoolVar(&follow, "follow", false, "go on with new requests until Ctrl-C")
	c.Flags().StringVar(&since, "since", "", "only what is not older, such as 1h")
	c.Flags().BoolVar(&filter.Refused, "refused", false, "only what was refused")
	c.Flags().StringVar(&filter.Object, "object", "", "only what touched this object: an id, externalId, userName or displayName")
	c.Flags().IntVar(&limit, "limit", newestRequests, "how many")
	return c
}

// requestLog is where requests are read.
type requestLog interface {
	ScimLog(ctx context.Context, connection string, f store.ScimLogFilter) ([]store.ScimLogEntry, error)
}

// scimLog lists the requests of a connection.
type scimLog struct {
	*program
	requests   requestLog
	connection string
	filter     store.ScimLogFilter
	// every is how often follow looks for new requests.
	every time.Duration
	// said holds the advice that was given already.
	said map[string]bool
}

func (l *scimLog) list(ctx context.Context) error {
	entries, err := l.read(ctx, l.filter)
	if err != nil {
		return err
	}
	slices.SortStableFunc(entries, byTime)
	if l.json {
		return l.printJSON(list(entries))
	}
	if len(entries) == 0 {
		l.printf("Nothing to show. ")
		if l.filter.Refused || l.filter.Object != "" || !l.filter.Since.IsZero() {
			l.printf("Without --since, --refused and --object there may be more.\n")
		} else {
			l.printf("No request has come in yet: see that the gateway runs and \"rollcall check\" finds a token of %s.\n", l.connection)
		}
		return nil
	}
	for _, e := range entries {
		l.printEntry(e)
	}
	return nil
}

// byTime is the order in which requests came; ids are given as rows are
// written, and reads are written later than they come.
func byTime(a, b store.ScimLogEntry) int { return a.At.Compare(b.At) }

// print prints one request, as --json or in words.
func (l *scimLog) print(e store.ScimLogEntry) error {
	if l.json {
		return l.printJSONLine(e)
	}
	l.printEntry(e)
	return nil
}

func (l *scimLog) printEntry(e store.ScimLogEntry) {
	l.printf("%s  %d  %s %s", at(e.At), e.Status, e.Method, plain(e.Path))
	if e.Summary != "" {
		l.printf("  %s", plain(e.Summary))
	}
	l.printf("  (")
	if e.Token != "" {
		l.printf("%s, ", plain(e.Token))
	}
	if e.Client != "" {
		l.printf("%s, ", plain(e.Client))
	}
	if e.Address != "" {
		l.printf("%s, ", plain(e.Address))
	}
	l.printf("%s)\n", e.Took.Round(100*time.Microsecond))
	if e.Detail != "" {
		l.printf("    refused: %s\n", plain(e.Detail))
	}
	if next := adviceOnStatus(e.Status, l.connection); next != "" && !l.said[next] {
		l.said[next] = true
		l.printf("    → %s\n", next)
	}
	l.printTouched(e.Objects)
}

// printTouched prints what became of each object of a request.
func (l *scimLog) printTouched(objects []store.ScimLogObject) {
	for i, o := range objects {
		if i == objectsShown {
			l.printf("    … and %d more; --json has them all\n", len(objects)-objectsShown)
			return
		}
		l.printOne(o)
	}
}

func (l *scimLog) printOne(o store.ScimLogObject) {
	l.printf("    %s %s: %s\n", plain(o.Type), plain(o.Label), plain(becameOf(o)))
	for _, note := range o.Notes {
		l.printf("      %s\n", plain(note))
	}
	l.advise(o.Pending, o.Run, o.Changes)
}

// advise says what to do about what did not come to its end, once each.
func (l *scimLog) advise(pending *store.ScimPending, run int64, changes []store.Count) {
	if pending != nil {
		l.adviseOn(pending.Class, place{connection: l.connection, run: run})
	}
	for _, c := range changes {
		if c.State != stateApplied {
			l.adviseOn(c.Class, place{connection: l.connection, target: c.Target, run: run})
		}
	}
}

func (l *scimLog) adviseOn(class string, at place) {
	next := adviceOnPush(class, at)
	// One text for a class and target, whichever run it was.
	key := class + " " + at.target
	if next == "" || l.said[key] {
		return
	}
	l.said[key] = true
	l.printf("      → %s: %s\n", class, next)
}

// becameOf says what became of a push in each target.
func becameOf(o store.ScimLogObject) string {
	switch {
	case o.Pending != nil:
		return pendingText(*o.Pending)
	case o.Type != "User" && o.Type != "Group":
		// Targets have no use for it.
		return "kept"
	case o.Run == 0 || len(o.Changes) == 0:
		return "nothing to do"
	}
	return fmt.Sprintf("%s (run %d)", changesText(o.Changes), o.Run)
}

func pendingText(p store.ScimPending) string {
	text := "not applied yet"
	if p.Waiting {
		text = "waits for the other end of a membership"
	}
	if p.Attempts > 0 {
		text += fmt.Sprintf(", %s, next at %s", plural(int64(p.Attempts), "attempt"), at(p.Due))
	}
	if p.Class != "" {
		text += ", " + p.Class
	}
	return text
}

// changesText lists changes by target: "cloud: account.create applied, 2
// membership.add held (over-limit)".
func changesText(changes []store.Count) string {
	text, target := "", ""
	for _, c := range changes {
		switch {
		case text == "":
			text = c.Target + ": "
		case c.Target != target:
			text += "; " + c.Target + ": "
		default:
			text += ", "
		}
		target = c.Target
		if c.Count != 1 {
			text += fmt.Sprintf("%d ", c.Count)
		}
		text += c.Kind + " " + stateOf(c.State, c.Class)
	}
	return text
}
