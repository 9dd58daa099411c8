package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"github.com/rollcall-sync/rollcall/internal/sandbox"
	"github.com/rollcall-sync/rollcall/internal/sandbox/atlassiansim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
	"github.com/rollcall-sync/rollcall/internal/temporal"
	"github.com/rollcall-sync/rollcall/workflows"
)

const (
	// callTakes is the least time that a call to a stand-in takes.
	callTakes = 5 * time.Millisecond
	// pushEvery is the time between two pushes: twenty a second, which is what
	// Okta and Entra ID come to for one application.
	pushEvery = 50 * time.Millisecond
	// pushesAlone and pushesBusy are how many are measured.
	pushesAlone, pushesBusy = 200, 200
	// appliedWithin is when a push counts as lost.
	appliedWithin = 2 * time.Minute
	// ranConnection is the connection that has a run going on beside.
	ranConnection = "ran"
	// ranGroups are the groups of its people.
	ranGroups = 100
)

// arrivals notes when an account is created in the target, by the stand-in
// itself.
type arrivals struct {
	mu      sync.Mutex
	waiting map[string]chan time.Time
	times   map[string]int
	// invited is closed at the first account that nobody waits for.
	invited chan struct{}
}

func (a *arrivals) hook(phase string, call fault.Call) {
	if phase != "after" || call.API != atlassiansim.API {
		return
	}
	now := time.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, key := range call.Keys() {
		email, created := strings.CutPrefix(key, "create-account:")
		if !created {
			continue
		}
		a.times[email]++
		if arrived := a.waiting[email]; arrived != nil {
			arrived <- now
			delete(a.waiting, email)
		} else if a.invited != nil {
			close(a.invited)
			a.invited = nil
		}
	}
}

// await returns what tells when an address has an account.
func (a *arrivals) await(email string) <-chan time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	arrived := make(chan time.Time, 1)
	a.waiting[email] = arrived
	return arrived
}

// others returns what tells that the run creates accounts.
func (a *arrivals) others() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.invited = make(chan struct{})
	return a.invited
}

// twice returns how many accounts were created more than once.
func (a *arrivals) twice() (n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, times := range a.times {
		if times > 1 {
			n++
		}
	}
	return n
}

// applyRig is a gateway with everything behind it.
type applyRig struct {
	*scimRig
	box      *sandbox.Server
	arrivals *arrivals
}

// applying measures the time from a push to its being in the target: alone,
// and while a run of the same connection goes on.
func applying(ctx context.Context, s scimSettings, stderr io.Writer) (_ []operationReport, err error) {
	alone, busy := slices.Contains(s.operations, operationPush), slices.Contains(s.operations, operationPushBusy)
	if !alone && !busy {
		return nil, nil
	}
	inner, err := newScimRig(ctx, s, stderr)
	if err != nil {
		return nil, err
	}
	r := &applyRig{scimRig: inner, arrivals: &arrivals{waiting: map[string]chan time.Time{}, times: map[string]int{}}}
	defer func() { err = errors.Join(err, r.close()) }()
	operations, err := r.measure(alone, busy)
	if err != nil {
		return nil, r.explain(err)
	}
	return operations, nil
}

func (r *applyRig) close() error {
	err := r.scimRig.close()
	if r.box != nil {
		err = errors.Join(err, r.box.Close())
	}
	return err
}

func (r *applyRig) measure(alone, busy bool) ([]operationReport, error) {
	var err error
	r.box, err = sandbox.New(sandbox.Options{People: r.settings.users, Groups: ranGroups, Memberships: 2, Uniform: true, Unmanaged: true, Seed: 1,
		Latency: callTakes, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	r.box.Engine.SetLogging(false)
	r.box.Engine.OnCall(r.arrivals.hook)
	if err := r.box.Start(); err != nil {
		return nil, err
	}
	if err := r.startAll(); err != nil {
		return nil, err
	}
	var reports []operationReport
	if alone {
		one, err := r.pushed(operationPush, connection, pushesAlone, nil)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", operationPush, err)
		}
		reports = append(reports, one)
	}
	if busy {
		one, err := r.besideARun()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", operationPushBusy, err)
		}
		reports = append(reports, one)
	}
	if n := r.arrivals.twice(); n > 0 {
		return nil, fmt.Errorf("%d accounts were created more than once", n)
	}
	return reports, nil
}

// applyConfiguration has two connections to one organisation: one that is
// pushed alone, and one of Okta's that is pushed as well.
func (r *applyRig) applyConfiguration(temporalLine string) string {
	a := r.box.Announcement()
	target := fmt.Sprintf(`
    targets:
      cloud:
        kind: atlassian-cloud
        url: %s
        organization: %s
        directory: %s
        api_key: ${ATLASSIAN_API_KEY}
        products: {jira: user, confluence: user}
        rate_limit_share: 100%%
    guard: { removals_share: 100%%, removals_limit: 1000000 }`, a.Atlassian, a.Organization, a.Directory)
	return fmt.Sprintf(`%s
database: %q
worker: { listen: "127.0.0.1:0", stop_timeout: 2s }
log: { format: json }
scim: { listen: "127.0.0.1:0", metrics_listen: "127.0.0.1:0" }
connections:
  %s:
    source: { kind: scim }%s
  %s:
    source:
      kind: okta
      also: scim
      url: %s
      token: ${OKTA_TOKEN}
      rate_limit_share: 100%%
      overlap: 0s%s
`, temporalLine, r.databaseLine(), connection, target, ranConnection, a.Okta, target)
}

func (r *applyRig) environment() []string {
	a := r.box.Announcement()
	return append(r.scimRig.environment(), "OKTA_TOKEN="+a.OktaToken, "ATLASSIAN_API_KEY="+a.AtlassianKey)
}

// startAll starts what such an installation has: with SQLite everything in one
// process, with PostgreSQL the worker and the gateway beside Temporal.
func (r *applyRig) startAll() error {
	if !r.settings.postgres {
		return r.startInOne()
	}
	address, err := r.startTemporal()
	if err != nil {
		return err
	}
	path, err := r.writeConfiguration(r.applyConfiguration(fmt.Sprintf("temporal: { address: %q }", address)))
	if err != nil {
		return err
	}
	if err := r.launchWorker(path, r.environment()); err != nil {
		return err
	}
	if err := r.startGateway(path, r.environment()); err != nil {
		return err
	}
	return r.dial(address)
}

// startInOne starts the standalone program and learns from what it prints
// where Temporal and the gateway are.
func (r *applyRig) startInOne() error {
	path, err := r.writeConfiguration(r.applyConfiguration(""))
	if err != nil {
		return err
	}
	places := newPlaces()
	r.worker, err = r.launch("standalone", r.environment(), places, nil, filepath.Join(r.programs, standaloneProgram),
		"--config", path, "--data", r.path("data"), "--address", "127.0.0.1:0", "--ui-address", "")
	if err != nil {
		return err
	}
	var at struct{ Temporal, SCIM string }
	if err := r.await(r.worker, places.complete, &at); err != nil {
		return err
	}
	r.address = at.SCIM
	return r.dial(at.Temporal)
}

func (r *applyRig) dial(address string) (err error) {
	r.client, err = client.DialContext(r.ctx, client.Options{HostPort: address, Logger: log.NewStructuredLogger(discard())})
	if err != nil {
		return fmt.Errorf("connect to Temporal: %w", err)
	}
	return nil
}

// places reads what standalone prints when everything is ready.
type places struct {
	complete chan []byte
	text     bytes.Buffer
	told     bool
}

func newPlaces() *places { return &places{complete: make(chan []byte, 1)} }

// Write notes addresses; lines that are none of them pass by.
func (p *places) Write(b []byte) (int, error) {
	p.text.Write(b)
	found := map[string]string{}
	for lines := bufio.NewScanner(bytes.NewReader(p.text.Bytes())); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		found[name] = strings.TrimSpace(value)
	}
	if scim, ok := found["SCIM"]; ok && found["Temporal"] != "" && !p.told && bytes.HasSuffix(b, []byte("\n")) {
		p.told = true
		host, _, _ := strings.Cut(strings.TrimPrefix(scim, "http://"), "/")
		p.complete <- fmt.Appendf(nil, `{"temporal":%q,"scim":%q}`, found["Temporal"], host)
	}
	return len(b), nil
}

// besideARun pushes while the first run of a connection goes on: from when it
// begins to invite people.
func (r *applyRig) besideARun() (operationReport, error) {
	invited := r.arrivals.others()
	run, err := r.client.ExecuteWorkflow(r.ctx, client.StartWorkflowOptions{ID: "sync/" + ranConnection + "/bench", TaskQueue: temporal.WorkflowQueue},
		workflows.SyncName, workflows.SyncInput{Connection: ranConnection, Trigger: "hand"})
	if err != nil {
		return operationReport{}, fmt.Errorf("start a run: %w", err)
	}
	ctx, over := context.WithCancel(r.ctx)
	defer over()
	ended := make(chan error, 1)
	var result workflows.SyncResult
	go func() {
		ended <- run.Get(r.ctx, &result)
		over()
	}()
	select {
	case <-invited:
	case <-ctx.Done():
		return operationReport{}, errors.Join(errors.New("the run ended before it invited anybody"), <-ended)
	}
	report, err := r.pushed(operationPushBusy, ranConnection, pushesBusy, ctx.Done())
	if err != nil {
		return operationReport{}, err
	}
	if err := <-ended; err != nil {
		return operationReport{}, fmt.Errorf("the run beside: %w", err)
	}
	if result.Outcome != workflows.OutcomeDone {
		return operationReport{}, fmt.Errorf("the run beside ended %s", result.Outcome)
	}
	return report, nil
}

// pushed pushes new people one after the other and measures how long each
// takes from the request to the account. It stops early at a signal.
func (r *applyRig) pushed(name, to string, pushes int, enough <-chan struct{}) (_ operationReport, err error) {
	token, err := r.token(to)
	if err != nil {
		return operationReport{}, err
	}
	if err := r.use(to, token); err != nil {
		return operationReport{}, err
	}
	conn, err := dialHTTP(r.ctx, r.address)
	if err != nil {
		return operationReport{}, err
	}
	defer func() { err = errors.Join(err, conn.conn.Close()) }()
	var mu sync.Mutex
	var s sample
	var group sync.WaitGroup
	failed := make(chan error, pushes)
	next := time.NewTicker(pushEvery)
	defer next.Stop()
	began := time.Now()
push:
	for n := range pushes {
		select {
		case <-next.C:
		case <-enough:
			break push
		case <-r.ctx.Done():
			return operationReport{}, context.Cause(r.ctx)
		}
		body, email, err := r.joiner(to, n)
		if err != nil {
			return operationReport{}, err
		}
		arrived, asked := r.arrivals.await(email), time.Now()
		if _, err := conn.made(r.requests.send(nil, "POST", "/Users", body)); err != nil {
			return operationReport{}, err
		}
		group.Go(func() {
			select {
			case at := <-arrived:
				mu.Lock()
				defer mu.Unlock()
				s.latencies.add(at.Sub(asked))
			case <-time.After(appliedWithin):
				failed <- fmt.Errorf("push %d was not applied within %s", n, appliedWithin)
			case <-r.ctx.Done():
				failed <- context.Cause(r.ctx)
			}
		})
	}
	group.Wait()
	s.took = time.Since(began)
	close(failed)
	if err := <-failed; err != nil {
		return operationReport{}, err
	}
	if s.latencies.total == 0 {
		return operationReport{}, errors.New("the run was over before anything could be pushed; more --users are needed")
	}
	return reportOf(name, s), nil
}

// joiner is somebody new, who is in Okta too where a push is confirmed there.
func (r *applyRig) joiner(to string, n int) (body, email string, err error) {
	email = fmt.Sprintf("joiner-%d.%s@%s", n, to, people.Domain)
	id := fmt.Sprintf("00u-%s-%d", to, n)
	if to == ranConnection {
		id, err = r.box.Okta.CreateUser(people.Person{FirstName: "Joiner", LastName: fmt.Sprintf("Number %d", n), Login: email, Email: email, Status: people.Active})
		if err != nil {
			return "", "", fmt.Errorf("create a user in Okta: %w", err)
		}
	}
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":%q,"name":{"givenName":"Joiner","familyName":"Number %d"},`+
		`"emails":[{"primary":true,"value":%q,"type":"work"}],"externalId":%q,"active":true}`, email, n, email, id), email, nil
}
