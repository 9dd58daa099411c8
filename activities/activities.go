// Package activities holds the side effects of a run, one file a stage. They
// are methods of Activities, which holds what they depend on. What they are
// given and return is in package workflows; personal data goes into the
// database and nowhere else.
package activities

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/directory/rules"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// Activities holds what the activities need.
type Activities struct {
	Store *store.Store
	// Connections are the configured connections, by name.
	Connections map[string]*Connection
	// Heartbeat is how long an activity may be silent.
	Heartbeat time.Duration
	// SearchAttributes is whether the namespace has ours.
	SearchAttributes bool
	Log              *slog.Logger
	// RunEnded, when set, is told of every run that ended.
	RunEnded func(connection string, result workflows.SyncResult, counts []store.Count, at time.Time)
	// Wake, when set, tells the shards of a connection that something is due.
	Wake func(connection string, shards []int)
	// Start starts workflows beside the one that an activity belongs to, or finds
	// them running.
	Start Starter
	// Notifier tells administrators what happened; nil tells nobody.
	Notifier Notifier
	// Approvals says who may approve what is held.
	Approvals store.ApprovalPolicy
	// Retention says how long what is recorded is kept.
	Retention store.Retention
	// Tidy says what else housekeeping looks at.
	Tidy Tidy
	// Now is the clock.
	Now func() time.Time

	// protections are, by a target's id, when it was last asked what must not be touched.
	protections sync.Map
	// outages are, by a target's id, until when it is left alone.
	outages sync.Map
	// sources are when each connection's source last said which organisation it
	// is, by the connection's id.
	sources sync.Map
	// steers are how the runs that this process works for are steered.
	steers steers
}

// Starter starts workflows by what they are about. Starting one that runs
// already makes it look again; the methods that end in There leave it alone. An
// error means that Temporal could not be reached: the sweep starts later what is
// missing.
type Starter interface {
	Subjects(ctx context.Context, connection string, requestID int64, trigger string) error
	Held(ctx context.Context, connection string, planID int64) error
	HeldThere(ctx context.Context, connection string, planID int64) error
	Leaver(ctx context.Context, connection string, userID int64) error
	LeaverThere(ctx context.Context, connection string, userID int64) error
	Notify(ctx context.Context, notificationID int64) error
}

// Notifier turns events into messages to administrators.
type Notifier interface {
	// Destinations are the names of those who want to hear of an event of a
	// connection.
	Destinations(connection, event string) []string
	// Deliver sends a payload to a destination. Its errors are this project's
	// typed ones: *directory.UnavailableError is worth trying again.
	Deliver(ctx context.Context, destination string, payload []byte) error
}

// protection is when a target was last asked what must not be touched.
type protection struct {
	mu sync.Mutex
	at time.Time
}

func (a *Activities) protection(targetID int64) *protection {
	p, _ := a.protections.LoadOrStore(targetID, &protection{})
	return p.(*protection)
}

// Connection is a configured connection with its clients.
type Connection struct {
	Name string
	// RulesDigest changes whenever what the rules make of a user may change.
	RulesDigest string
	Source      directory.Source
	SourceQueue string
	// Rules decide who gets what in each target.
	Rules *rules.Set
	// SourceFloor is what a list of the source must come to before anything is
	// believed to be missing from it.
	SourceFloor store.SourceFloor
	// QuarantineAfter is how many runs the guard may stop, each for something new
	// and with no good one between, before no removal is admitted any more; 0 is never.
	QuarantineAfter int
	// FullEvery is how old a full read of the source may get.
	FullEvery time.Duration
	// Overlap is how far an incremental read reaches back before the watermark.
	Overlap time.Duration
	Guard   store.Limits
	Targets []*Target
	// Pushes is whether people and groups are pushed to the connection.
	Pushes bool
	// Mapping, when its functions are set, turns what is pushed into users and
	// groups. Without it a push only names whom the source is asked about.
	Mapping store.Mapping
}

// pushedOnly is whether what is pushed is all there is.
func (c *Connection) pushedOnly() bool { return c.Pushes && c.Mapping.User != nil }

// Target is a configured target with its client.
type Target struct {
	directory.Target
	Name, Kind string
	// Identity is the place that accounts live in.
	Identity string
	Queue    string
	// AdoptGroups reports whether an existing group of that name may become ours.
	AdoptGroups func(name string) bool
	// ProtectedAccounts and ProtectedGroups are addresses, names or ids that
	// the configuration protects.
	ProtectedAccounts, ProtectedGroups []string
	// Can is what this kind of target can do.
	Can directory.Capabilities
	// Guard limits what may be taken away here.
	Guard store.Limits
	// Mode says which memberships may be removed; Recreate is whether a group
	// that cannot be renamed may be replaced, once approved.
	Mode     directory.GroupMode
	Recreate bool
	// LinkBy are the attributes by which an existing account is found to be
	// somebody's, in order: email, user_name, or others of Can.LinkBy.
	LinkBy []string
	// RenamesAccounts is whether an existing account's user name follows the
	// rules; without it they name new accounts only.
	RenamesAccounts bool
	// Nests is whether a group that is in another in the source is so here, where
	// both are taken; without it the people of the inner one are in the outer one.
	Nests bool
	// Permissions are what groups are to hold here; more is never taken away.
	Permissions []directory.GroupPermission
	// FullEvery is how old what is known of the target may get.
	FullEvery time.Duration
	// Concurrency is how many calls a batch makes side by side.
	Concurrency int
}

func (a *Activities) connection(name string) (*Connection, error) {
	c, ok := a.Connections[name]
	if !ok {
		a.Log.Error("a connection is not configured in this worker", "connection", name)
		return nil, final(classUnknown)
	}
	return c, nil
}

func (a *Activities) target(connection, name string) (*Target, error) {
	c, err := a.connection(connection)
	if err != nil {
		return nil, err
	}
	for _, t := range c.Targets {
		if t.Name == name {
			return t, nil
		}
	}
	a.Log.Error("a target is not configured in this worker", "connection", connection, "target", name)
	return nil, final(classUnknown)
}

func claimOf(r workflows.RunRef) store.Claim {
	return store.Claim{ConnectionID: r.ConnectionID, RunID: r.RunID, Epoch: r.Epoch}
}

// alive heartbeats, and renews the run's claim, until the returned function
// is called. It fails with store.ErrFenced when the claim is lost already;
// when it is lost later, the context it returns is cancelled, and the next
// attempt fails here instead of calling anybody. What is done with that context
// is steered as a person wants the run to be.
func (a *Activities) alive(ctx context.Context, claim store.Claim, progress func() any) (context.Context, func(), error) {
	if err := a.Store.Renew(ctx, claim, a.Now()); err != nil {
		return ctx, func() {}, err
	}
	// Heartbeats are the activity's own: the end of the work must not cut one off,
	// which would look like a cancelled activity.
	whole := ctx
	ctx, cancel := context.WithCancelCause(ctx)
	steer, release := a.steering(claim)
	ctx = steered(ctx, steer)
	every := min(a.Heartbeat, workflows.FirstHeartbeat) / 3
	if every <= 0 {
		every = time.Second
	}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if progress != nil {
				activity.RecordHeartbeat(whole, progress())
			} else {
				activity.RecordHeartbeat(whole)
			}
			if err := a.Store.Renew(ctx, claim, a.Now()); err != nil && ctx.Err() == nil {
				if isFenced(err) {
					cancel(err)
					return
				}
				a.Log.Warn("the claim could not be renewed yet", "run", claim.RunID, "error", err)
			}
		}
	}()
	return ctx, func() { cancel(nil); <-stopped; release() }, nil
}

// beat heartbeats until the returned function is called, for an activity that
// holds no claim yet, or needs none.
func (a *Activities) beat(ctx context.Context) (stop func()) {
	whole := ctx
	ctx, cancel := context.WithCancel(ctx)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(max(min(a.Heartbeat, workflows.FirstHeartbeat)/3, 100*time.Millisecond))
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				activity.RecordHeartbeat(whole)
			}
		}
	}()
	return func() { cancel(); <-stopped }
}
