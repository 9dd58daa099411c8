package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/temporal"
)

// pollsWithin is how long ago the last poll of a worker that still runs began
// at most: the server ends a poll that found nothing after a minute.
const pollsWithin = 70 * time.Second

// A worker that has just started polls its queues one after another: until
// startsWithin, a queue without one is asked for again while others have one,
// and until seenWithin while none has.
const (
	startsWithin = 15 * time.Second
	seenWithin   = 3 * time.Second
	asksEvery    = 250 * time.Millisecond
)

// queuesWithoutWorker returns the task queues of connections that no worker
// polls, the one of all workflows first. A worker that is starting is given
// the time for it.
func queuesWithoutWorker(ctx context.Context, conn client.Client, c *config.Config, connections []string) ([]string, error) {
	began := time.Now()
	again := time.NewTicker(asksEvery)
	defer again.Stop()
	for {
		absent, polled, err := queuesNotPolled(ctx, conn, c, connections)
		patience := startsWithin
		if polled == 0 {
			patience = seenWithin
		}
		if err != nil || len(absent) == 0 || time.Since(began) > patience {
			return absent, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-again.C:
		}
	}
}

// queuesNotPolled returns the queues that no worker polls, and how many are polled.
func queuesNotPolled(ctx context.Context, conn client.Client, c *config.Config, connections []string) (absent []string, polled int, err error) {
	type queue struct {
		name string
		kind enums.TaskQueueType
	}
	queues := []queue{{temporal.WorkflowQueue, enums.TASK_QUEUE_TYPE_WORKFLOW}}
	for _, name := range connections {
		queues = append(queues, queue{temporal.SourceQueue(name), enums.TASK_QUEUE_TYPE_ACTIVITY})
		if c.Connections[name].Pushed() {
			queues = append(queues, queue{temporal.ProvisionQueue(name), enums.TASK_QUEUE_TYPE_ACTIVITY})
		}
		for _, target := range c.Connections[name].TargetNames() {
			queues = append(queues, queue{temporal.TargetQueue(name, target), enums.TASK_QUEUE_TYPE_ACTIVITY})
		}
	}
	for _, q := range queues {
		found, err := isPolled(ctx, conn, q.name, q.kind)
		if err != nil {
			return nil, polled, temporalFailure("ask who polls task queue "+q.name, c, err)
		}
		if found {
			polled++
		} else {
			absent = append(absent, q.name)
		}
	}
	return absent, polled, nil
}

func isPolled(ctx context.Context, conn client.Client, queue string, kind enums.TaskQueueType) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, dialWithin)
	defer cancel()
	description, err := conn.DescribeTaskQueue(ctx, queue, kind)
	if err != nil {
		return false, err
	}
	for _, poller := range description.GetPollers() {
		if time.Since(poller.GetLastAccessTime().AsTime()) < pollsWithin {
			return true, nil
		}
	}
	return false, nil
}

// noWorker says which worker is missing.
func noWorker(absent []string, c *config.Config) error {
	if absent[0] == temporal.WorkflowQueue {
		return &failure{code: ExitFailed,
			err:  fmt.Errorf("no worker polls Temporal at %s, namespace %s, so nothing would be done", c.Temporal.Address, c.Temporal.Namespace),
			next: "start one: worker --config " + c.File}
	}
	return &failure{code: ExitFailed,
		err:  fmt.Errorf("a worker runs, but none polls task queue %s: it was started with another configuration", absent[0]),
		next: "restart it with this one: worker --config " + c.File}
}

// temporalFailure says what to do about an error of the Temporal server.
func temporalFailure(doing string, c *config.Config, err error) error {
	f := &failure{code: ExitFailed, err: fmt.Errorf("%s: %w", doing, err)}
	var absent *serviceerror.NamespaceNotFound
	var denied *serviceerror.PermissionDenied
	switch {
	case errors.As(err, &absent):
		f.next = fmt.Sprintf("make the namespace (temporal operator namespace create --namespace %s), or name another with temporal.namespace in %s.", c.Temporal.Namespace, c.File)
	case errors.As(err, &denied):
		f.next = fmt.Sprintf("see that temporal.api_key or temporal.tls in %s may use namespace %s.", c.File, c.Temporal.Namespace)
	}
	return f
}
