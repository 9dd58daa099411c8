package config

import (
	"log/slog"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// Every default is set here, with its reason. A struct gets its defaults
// before the file's values are read into it.

const day = 24 * time.Hour

func (c *Config) setDefaults() {
	// A file beside the configuration needs nothing installed.
	c.Database = Database{Kind: SQLite, Path: "rollcall.db", Default: true}
	// A daily schedule that missed a run, and then another.
	c.QuietAfter = 2 * day
	// Time to ask for a new token where that takes a ticket.
	c.TokenWarning = 14 * day
}

func (a *Approvals) setDefaults() { a.Persons = 1 }

func (n *Notification) setDefaults() {
	// What a mail server that takes mail from programs speaks; RFC 6409, section 3.1.
	n.TLS = TLSStartTLS
}

func (r *Retention) setDefaults() {
	// A year's audit, and a month to do it in.
	r.Changes = 400 * day
	// What an undo needs, and what holds names: as short as is still useful.
	r.Images = 90 * day
	r.Profiles = 90 * day
}

func (g *Groups) setDefaults() {
	g.Mode = string(directory.Additive)
	g.Renames = RenamesKeep
	g.Nested = NestedFlatten
}

func (l *Leavers) setDefaults() {
	l.Deactivated, l.OutOfScope = Ladder(directory.Suspend()), Ladder(directory.Suspend())
	l.Deleted, l.Suspended = Ladder(directory.Suspend()), Ladder(directory.Suspend())
}

func (t *Temporal) setDefaults() {
	// What `temporal server start-dev`, the standalone program and the
	// published images listen on.
	t.Address = "localhost:7233"
	t.Namespace = "default"
	// A batch heartbeats every second or so; 30 s forgives a long pause of
	// the process and still hands a dead worker's batch on quickly.
	t.HeartbeatTimeout = 30 * time.Second
}

func (w *Worker) setDefaults() {
	// Loopback, since the endpoint asks for no password. 9464 is the port
	// that OpenTelemetry's Prometheus exporters use.
	w.Listen = "127.0.0.1:9464"
	// A batch is mostly waiting for the network; 16 of them keep a target's
	// published limits busy with a few connections.
	w.Concurrency = 16
	// Less than the 30 s that Kubernetes gives a pod to stop.
	w.StopTimeout = 20 * time.Second
}

func (s *Scim) setDefaults() {
	// Loopback, since without TLS nothing else may reach it but a proxy.
	s.Listen = "127.0.0.1:8088"
	// Okta sends a group's members in PATCHes of a few thousand, each about
	// 80 bytes; a Bulk of a thousand users is about 2 MiB.
	s.MaxBody = 4 << 20
	// A bearer token and what a proxy adds are below 4 KiB.
	s.MaxHeader = 32 << 10
	s.BulkOperations = 1000
	// Okta closes the connection after 60 s.
	s.RequestTimeout = 30 * time.Second
	// Many times what a database answers side by side; more would only wait.
	s.Concurrency = 256
	// A person who mistypes needs a few, a program that guesses needs more
	// than there is time for.
	s.FailedLogins = 20
	s.LogDays = 30 * day
	// Less than the 30 s that Kubernetes gives a pod to stop.
	s.StopTimeout = 20 * time.Second
}

func (s *ConnectionScim) setDefaults() { s.Client = ClientAuto }

func (e *ScimExtension) setDefaults() { e.On = "User" }

func (a *ScimAttribute) setDefaults() {
	// RFC 7643, section 2.2.
	a.Type = "string"
	a.Mutability, a.Returned, a.Uniqueness = "readWrite", "default", "none"
}

func (l *Log) setDefaults() {
	l.Level = slog.LevelInfo
	l.Format = "text"
}

func (s *Source) setDefaults() {
	s.Users = UsersEveryone
	// BUILT_IN is "Everyone" and the administrators' groups.
	s.GroupTypes = []string{"OKTA_GROUP", "APP_GROUP"}
	// The most that Okta recommends; developer.okta.com, "List all users".
	s.PageSize = 200
	// Deletions are seen by full reads alone.
	s.FullRead = Interval(day)
	// Okta gives one token half of a bucket unless told otherwise, and other
	// integrations need the rest.
	s.RateLimitShare = 0.5
	// Well above the slowest page that was seen, well below a heartbeat's
	// patience with retries.
	s.Timeout = 30 * time.Second
	// Okta's clock, its index and a page that was long under way.
	s.Overlap = 5 * time.Minute
}

func (s *SystemLog) setDefaults() {
	// A token may ask for the log 25 to 60 times a minute.
	s.Poll = time.Minute
}

func (t *Target) setDefaults() {
	// What people changed by hand in the target is put right within a day.
	t.FullRead = Interval(day)
	// The organization's limits are per key and Rollcall should have one of
	// its own; the rest is for a second installation and for scripts.
	t.RateLimitShare = 0.8
	// The most that one batch may have in flight.
	t.Concurrency = 16
	t.Timeout = 30 * time.Second
	// URL, LinkBy, AccessGroups and Leavers are by kind; see completeTarget and
	// validateRules.
}

func (g *Guard) setDefaults() {
	// One in twenty, or a hundred, whichever is less: a normal day in a large
	// company stays below, a wrong answer of the source does not.
	g.RemovalsShare = 0.05
	g.RemovalsLimit = 100
	// In a company of forty, 5 % is two people; five leavers are a normal day.
	g.AlwaysAllowed = 5
	g.Window = day
	// Over a weekend and some holidays; then the source is read again anyway.
	g.HeldExpires = 7 * day
	// A third of a company does not leave between two runs.
	g.MaxDrop = 0.3
	// Once is an accident; three runs in a row are something that is wrong.
	g.QuarantineAfter = 3
}

func (s *Schedule) setDefaults() {
	s.Weekday = time.Monday
	// UTC has no daylight saving time, so no run is skipped or made twice.
	s.Timezone = "UTC"
}
