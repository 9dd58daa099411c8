package notify

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// day is how often the same trouble is told again.
func day(at time.Time) string { return at.UTC().Format(time.DateOnly) }

// Failure says that a run failed, and of what class. The same class is told
// once a day, as a run an hour may fail of it.
func Failure(connection string, run int64, class directory.Class, at time.Time) Message {
	if class == "" {
		class = directory.ClassInternal
	}
	return Message{
		Event: EventFailure, Connection: connection, Run: run, Class: class, At: at,
		Key:   fmt.Sprintf("failure/%s/%s/%s", connection, class, day(at)),
		Title: fmt.Sprintf("%s: run %d failed", connection, run),
		Text: fmt.Sprintf("Run %d of %s did not come to its end (%s). What it had done is recorded, and the next run goes on from there. "+
			"Further failures of this kind are not told again today.", run, connection, class),
		Next: fmt.Sprintf("\"rollcall run %d\" says what to do about it; docs/messages.md explains \"%s\".", run, class),
	}
}

// HeldPlan is what Held tells of.
type HeldPlan struct {
	Connection, Target string
	Run, Plan          int64
	// Digest is of what is held: the same is told once a day, though each run
	// makes a plan of its own of it. Without one each plan is told.
	Digest string
	// Reason is the class for which it is held.
	Reason directory.Class
	// Counts are the changes in it by kind.
	Counts map[directory.Kind]int64
	// Expires is when it can no longer be approved.
	Expires time.Time
}

// Held says that a plan waits for a person.
func Held(p HeldPlan, at time.Time) Message {
	expires, total := p.Expires.UTC().Truncate(time.Second), int64(0)
	what := p.Digest
	if what == "" {
		what = fmt.Sprint(p.Plan)
	}
	counts := make(map[string]int64, len(p.Counts))
	for kind, n := range p.Counts {
		counts[string(kind)] = n
		total += n
	}
	return Message{
		Event: EventHeld, Connection: p.Connection, Target: p.Target, Run: p.Run, Plan: p.Plan, Class: p.Reason, At: at, Counts: counts, Expires: &expires,
		Key:   fmt.Sprintf("held/%s/%s/%s/%s", p.Connection, p.Target, what, day(at)),
		Title: fmt.Sprintf("%s: %s held in %s", p.Connection, changes(total), p.Target),
		Text: fmt.Sprintf("Run %d of %s held what follows in %s, since %s. Everything else goes on.\n%s\nUnless somebody approves, nothing of it is done. It can be approved until %s.",
			p.Run, p.Connection, p.Target, why(p.Reason), list(counts), expires.Format(time.RFC1123)),
		Next: fmt.Sprintf("\"rollcall held %s\" shows what waits by now, as a later run takes the plan's place. Then \"rollcall approve %d\", the whole or a part, or \"rollcall reject %d\".",
			p.Connection, p.Run, p.Run),
	}
}

// Quarantine says that no removal of a connection is admitted any more, after
// so many runs that the guard stopped.
func Quarantine(connection string, run, trips int64, since time.Time) Message {
	return Message{
		Event: EventQuarantine, Connection: connection, Run: run, Class: directory.ClassQuarantine, At: since, Counts: map[string]int64{"runs": trips},
		Key:   fmt.Sprintf("quarantine/%s/%d", connection, since.Unix()),
		Title: connection + ": in quarantine",
		Text: fmt.Sprintf("The guard stopped %d runs of %s, each for something new, and none between them went through. From now on nothing is taken away, however little; people and groups are still added and updated. "+
			"Usually the source answers wrongly, or a rule was changed.", trips, connection),
		Next: fmt.Sprintf("See what is wrong with \"rollcall held %s\" and \"rollcall check\". Then \"rollcall quarantine release %s\".", connection, connection),
	}
}

// Seats says how many people wait for a licence in a target. It is told once
// a day while somebody waits.
func Seats(connection, target string, run, waiting int64, at time.Time) Message {
	return Message{
		Event: EventSeats, Connection: connection, Target: target, Run: run, Class: directory.ClassSeat, At: at, Counts: map[string]int64{"waiting": waiting},
		Key:   fmt.Sprintf("seats/%s/%s/%s", connection, target, day(at)),
		Title: fmt.Sprintf("%s: %s for a licence in %s", connection, waits(waiting), target),
		Text:  fmt.Sprintf("%s has no free licence. %s, in the order in which they came, and get one when one is free.", target, capital(waits(waiting))),
		Next:  fmt.Sprintf("Buy licences for %s, or take access from somebody. The next run tries again by itself.", target),
	}
}

// Token says that a credential ends. setting is where it stands in the
// configuration. It is told once when the end is near, and once when it has come.
func Token(connection, setting string, expires, at time.Time) Message {
	expires = expires.UTC().Truncate(time.Second)
	m := Message{Event: EventToken, Connection: connection, At: at, Expires: &expires,
		Next: fmt.Sprintf("Make a new one, put it where %s reads it, set the new date and restart the worker.", setting)}
	if at.Before(expires) {
		m.Key = fmt.Sprintf("token/%s/%s/%s/near", connection, setting, day(expires))
		m.Title = fmt.Sprintf("%s: a credential ends on %s", connection, day(expires))
		m.Text = fmt.Sprintf("The credential of %s ends on %s. Runs fail from then on.", setting, day(expires))
		return m
	}
	m.Key = fmt.Sprintf("token/%s/%s/%s/past", connection, setting, day(expires))
	m.Title = fmt.Sprintf("%s: a credential has ended", connection)
	m.Text = fmt.Sprintf("The credential of %s ended on %s, by the date in the configuration.", setting, day(expires))
	return m
}

// Silence says that no run of a connection has ended well since a time; zero
// is never. It is told once for each silence.
func Silence(connection string, since, at time.Time) Message {
	last := "No run of it ever has"
	if !since.IsZero() {
		last = "The last one that did was on " + since.UTC().Format(time.RFC1123)
	}
	return Message{
		Event: EventSilence, Connection: connection, At: at,
		Key:   fmt.Sprintf("silence/%s/%d", connection, max(since.Unix(), 0)),
		Title: connection + ": nothing has happened for too long",
		Text:  fmt.Sprintf("No run of %s has come to its end for longer than quiet_after. %s. Who left in the meantime may still have access.", connection, last),
		Next:  fmt.Sprintf("See \"rollcall runs %s\" and \"rollcall schedule list\", and that a worker and the Temporal server run.", connection),
	}
}

// Test is the message of "rollcall notify test".
func Test(at time.Time) Message {
	return Message{
		Event: EventTest, At: at, Key: "test/" + at.UTC().Format(time.RFC3339Nano),
		Title: "Rollcall can reach you", Text: "This is a test, asked for by \"rollcall notify test\".", Next: "Nothing to do.",
	}
}

// why is a class in words, within a sentence.
func why(class directory.Class) string {
	switch class {
	case directory.ClassOverLimit:
		return "it is more than the guard admits in its window"
	case directory.ClassWholeGroup:
		return "a group would lose all its members"
	case directory.ClassEverybody:
		return "everybody would lose their access"
	case directory.ClassQuarantine:
		return "the connection is in quarantine"
	case directory.ClassSourceShort:
		return "the source's list is too short to be believed"
	case directory.ClassRecreate:
		return "a group that cannot be renamed would be replaced by a new one"
	}
	return "the guard did not admit it (" + string(class) + ")"
}

// list writes counts a line each, in the order of their names.
func list(counts map[string]int64) string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		lines = append(lines, fmt.Sprintf("  %s: %d", name, counts[name]))
	}
	return strings.Join(lines, "\n")
}

func changes(n int64) string {
	if n == 1 {
		return "1 change is"
	}
	return fmt.Sprintf("%d changes are", n)
}

func waits(n int64) string {
	if n == 1 {
		return "1 person waits"
	}
	return fmt.Sprintf("%d people wait", n)
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
