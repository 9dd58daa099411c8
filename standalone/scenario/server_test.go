package scenario

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/rollcall-sync/rollcall/internal/temporal"
	"github.com/rollcall-sync/rollcall/standalone/embedded"
)

// atOnce is how many of these tests run side by side: a run mostly waits for
// commits and polls, so that more than there are cores fit.
const atOnce = "6"

// lanes is how many namespaces there are: a test may play two scenarios.
const lanes = 12

// shared is the one Temporal server of this package's tests. All workers poll
// a task queue of one name, so each scenario has a namespace to itself.
var shared temporalServer

type temporalServer struct {
	once       sync.Once
	server     *embedded.Server
	namespaces chan string
	err        error
}

func TestMain(m *testing.M) {
	flag.Parse()
	parallel := true
	flag.Visit(func(f *flag.Flag) { parallel = parallel && f.Name != "test.parallel" })
	if parallel {
		if err := flag.Set("test.parallel", atOnce); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	}
	code := m.Run()
	if shared.server != nil {
		if err := shared.server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

func (s *temporalServer) start() error {
	ctx, cancel := context.WithTimeout(context.Background(), hung)
	defer cancel()
	var err error
	s.server, err = embedded.Start(ctx, embedded.Options{SearchAttributes: temporal.SearchAttributes(), Synchronous: embedded.SynchronousNormal})
	if err != nil {
		return err
	}
	c, err := client.NewNamespaceClient(client.Options{HostPort: s.server.FrontendAddress()})
	if err != nil {
		return err
	}
	defer c.Close()
	s.namespaces = make(chan string, lanes)
	s.namespaces <- embedded.DefaultNamespace
	for i := 1; i < lanes; i++ {
		name := fmt.Sprintf("lane-%d", i)
		err := c.Register(ctx, &workflowservice.RegisterNamespaceRequest{Namespace: name, WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour)})
		if err != nil {
			return fmt.Errorf("register namespace %s: %w", name, err)
		}
		s.namespaces <- name
	}
	return nil
}

// lend lends a namespace until the test ends.
func (s *temporalServer) lend(t *testing.T) (*embedded.Server, string) {
	t.Helper()
	s.once.Do(func() { s.err = s.start() })
	if s.err != nil {
		t.Fatal(s.err)
	}
	select {
	case namespace := <-s.namespaces:
		t.Cleanup(func() {
			if err := s.end(namespace); err != nil {
				t.Errorf("what still ran in namespace %s was not ended: %v", namespace, err)
			}
			s.namespaces <- namespace
		})
		return s.server, namespace
	case <-t.Context().Done():
		t.Fatal(t.Context().Err())
		return nil, ""
	}
}

// end ends what a test left running: the workers of the next one would take it
// for work on their own database.
func (s *temporalServer) end(namespace string) error {
	ctx, cancel := context.WithTimeout(context.Background(), hung)
	defer cancel()
	c, err := client.DialContext(ctx, client.Options{HostPort: s.server.FrontendAddress(), Namespace: namespace, Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	if err != nil {
		return err
	}
	defer c.Close()
	open, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: "ExecutionStatus = 'Running'"})
	if err != nil {
		return err
	}
	for _, w := range open.Executions {
		err := c.TerminateWorkflow(ctx, w.Execution.WorkflowId, w.Execution.RunId, "its test has ended")
		var gone *serviceerror.NotFound
		if err != nil && !errors.As(err, &gone) { // it has ended by itself
			return err
		}
	}
	return nil
}
