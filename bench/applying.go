package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/rollcall-sync/rollcall/internal/sandbox"
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
