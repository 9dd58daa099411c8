package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// gatewayConfiguration is that of a gateway alone. Nobody listens where its
// Temporal should be: an answer does not depend on it, and what Temporal costs
// is measured with what is applied.
func (r *scimRig) gatewayConfiguration() string {
	return fmt.Sprintf(`temporal: { address: "127.0.0.1:1" }
database: %q
worker: { listen: "127.0.0.1:0" }
log: { format: json }
scim: { listen: "127.0.0.1:0", metrics_listen: "127.0.0.1:0" }
connections:
  %s:
    source: { kind: scim }
    targets:
      cloud:
        kind: atlassian-cloud
        url: "http://127.0.0.1:1"
        organization: none
        directory: none
        api_key: ${ATLASSIAN_API_KEY}
`, r.databaseLine(), connection)
}

// answering measures what the gateway answers.
func answering(ctx context.Context, s scimSettings, stderr io.Writer) (_ []operationReport, err error) {
	wanted := slices.DeleteFunc(slices.Clone(s.operations), func(name string) bool { return strings.HasPrefix(name, operationPush) })
	if len(wanted) == 0 {
		return nil, nil
	}
	r, err := newScimRig(ctx, s, stderr)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	operations, err := r.answering(wanted)
	if err != nil {
		return nil, r.explain(err)
	}
	return operations, nil
}

func (r *scimRig) answering(wanted []string) ([]operationReport, error) {
	token, err := r.token(connection)
	if err != nil {
		return nil, err
	}
	path, err := r.writeConfiguration(r.gatewayConfiguration())
	if err != nil {
		return nil, err
	}
	if err := r.startGateway(path, append(r.environment(), "ATLASSIAN_API_KEY=not-used")); err != nil {
		return nil, err
	}
	if err := r.use(connection, token); err != nil {
		return nil, err
	}
	if err := r.people(r.settings.users); err != nil {
		return nil, err
	}
	var reports []operationReport
	for _, name := range wanted {
		one, err := r.operation(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		reports = append(reports, one)
	}
	return reports, nil
}

// operation measures one operation as often as was asked for.
func (r *scimRig) operation(name string) (operationReport, error) {
	switch name {
	case operationBare:
		return r.bare()
	case operationGroupSmall:
		return r.groupPatch(name, 1_000)
	case operationGroupLarge:
		return r.groupPatch(name, 100_000)
	}
	return r.repeated(name, r.requests.loads(r.settings.users)[name], r.address)
}

func (r *scimRig) repeated(name string, l load, address string) (operationReport, error) {
	duration := time.Duration(r.settings.seconds * float64(time.Second))
	// What is in no cache yet is a matter of the first moments.
	if _, err := l.run(r.ctx, address, r.settings.connections, duration/10, -1); err != nil {
		return operationReport{}, err
	}
	var reports []operationReport
	for i := range r.settings.repeat {
		s, err := l.run(r.ctx, address, r.settings.connections, duration, int64(i*r.settings.connections))
		if err != nil {
			return operationReport{}, err
		}
		reports = append(reports, reportOf(name, s))
	}
	return middle(reports), nil
}

// bare measures a bare SELECT over HTTP.
func (r *scimRig) bare() (_ operationReport, err error) {
	self, err := os.Executable()
	if err != nil {
		return operationReport{}, fmt.Errorf("start the bare server: %w", err)
	}
	first := newFirstLine()
	server, err := startProgram(r.ctx, r.dir, bareCommand, r.environment(), first, nil, self, bareCommand)
	if err != nil {
		return operationReport{}, err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	var at struct {
		Address string `json:"address"`
	}
	if err := r.await(server, first.got, &at); err != nil {
		return operationReport{}, err
	}
	return r.repeated(operationBare, r.requests.bareLoad(r.settings.users), at.Address)
}

// seedConnections is more than are measured with: commits are shared.
const seedConnections = 48

// people pushes new users until there are so many.
func (r *scimRig) people(users int) error {
	from := len(r.requests.ids)
	if users <= from {
		return nil
	}
	r.requests.ids = append(r.requests.ids, make([]string, users-from)...)
	numbers := make(chan int)
	ctx, cancel := context.WithCancelCause(r.ctx)
	defer cancel(nil)
	var group sync.WaitGroup
	for range seedConnections {
		group.Go(func() {
			if err := r.seed(ctx, numbers); err != nil {
				cancel(err)
			}
		})
	}
	for n := from; n < users && ctx.Err() == nil; n++ {
		select {
		case numbers <- n:
		case <-ctx.Done():
		}
	}
	close(numbers)
	group.Wait()
	return context.Cause(ctx)
}

func (r *scimRig) seed(ctx context.Context, numbers <-chan int) (err error) {
	conn, err := dialHTTP(ctx, r.address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.conn.Close()) }()
	for n := range numbers {
		if r.requests.ids[n], err = conn.made(r.requests.send(nil, "POST", "/Users", userBody(int64(n)))); err != nil {
			return fmt.Errorf("push user %d: %w", n, err)
		}
	}
	return nil
}

// made makes a request that creates something and returns its id.
func (c *httpConn) made(request []byte) (string, error) {
	status, body, err := c.do(request)
	if err != nil {
		return "", err
	}
	var one struct{ ID string }
	if status != 201 || json.Unmarshal(body, &one) != nil || one.ID == "" {
		return "", fmt.Errorf("HTTP %d: %.300s", status, body)
	}
	return one.ID, nil
}

// added is how many members a measured request adds to a group.
const added = 256

// seededAtOnce is how many members a request adds while a group is filled.
const seededAtOnce = 2_000

// groupPatch measures adding members to a group of a size, over one
// connection. They are taken out again in between, which is not measured.
func (r *scimRig) groupPatch(name string, size int) (_ operationReport, err error) {
	if err := r.people(size + added); err != nil {
		return operationReport{}, err
	}
	conn, err := dialHTTP(r.ctx, r.address)
	if err != nil {
		return operationReport{}, err
	}
	defer func() { err = errors.Join(err, conn.conn.Close()) }()
	id, err := conn.made(r.requests.send(nil, "POST", "/Groups",
		fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":%q,"members":[]}`, name)))
	if err != nil {
		return operationReport{}, err
	}
	for from := 0; from < size; from += seededAtOnce {
		if _, err := r.members(conn, id, "add", from, min(from+seededAtOnce, size)); err != nil {
			return operationReport{}, err
		}
	}
	var reports []operationReport
	for range r.settings.repeat {
		var s sample
		for s.took.Seconds() < r.settings.seconds {
			took, err := r.members(conn, id, "add", size, size+added)
			if err != nil {
				return operationReport{}, err
			}
			s.latencies.add(took)
			s.took += took
			if _, err := r.members(conn, id, "remove", size, size+added); err != nil {
				return operationReport{}, err
			}
		}
		reports = append(reports, reportOf(name, s))
	}
	return middle(reports), nil
}

// members adds some of the users to a group, or removes them, and returns how
// long the answer took.
func (r *scimRig) members(conn *httpConn, id, op string, from, to int) (time.Duration, error) {
	var values []string
	for _, member := range r.requests.ids[from:to] {
		values = append(values, fmt.Sprintf(`{"value":%q}`, member))
	}
	operation := fmt.Sprintf(`{"op":%q,"path":"members","value":[%s]}`, op, strings.Join(values, ","))
	request := r.requests.send(nil, "PATCH", "/Groups/"+id, fmt.Sprintf(patchBody, operation))
	began := time.Now()
	status, body, err := conn.do(request)
	if err != nil {
		return 0, err
	}
	if status/100 != 2 {
		return 0, fmt.Errorf("%s members: HTTP %d: %.300s", op, status, body)
	}
	return time.Since(began), nil
}
