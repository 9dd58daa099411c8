package sweep

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/rollcall-sync/rollcall/internal/temporal"
	"github.com/rollcall-sync/rollcall/standalone/embedded"
)

// shared is the one Temporal server of these tests. All workers poll a task
// queue of one name, so each lane has a namespace to itself while it runs.
var shared temporalServer

type temporalServer struct {
	once       sync.Once
	server     *embedded.Server
	namespaces chan string
	err        error
}

func (s *temporalServer) start() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s.server, s.err = embedded.Start(ctx, embedded.Options{SearchAttributes: temporal.SearchAttributes(), Synchronous: embedded.SynchronousNormal})
	if s.err != nil {
		return
	}
	c, err := client.NewNamespaceClient(client.Options{HostPort: s.server.FrontendAddress()})
	if err != nil {
		s.err = err
		return
	}
	defer c.Close()
	s.namespaces = make(chan string, lanesAtOnce)
	for i := range lanesAtOnce {
		name := fmt.Sprintf("lane-%d", i)
		err := c.Register(ctx, &workflowservice.RegisterNamespaceRequest{Namespace: name, WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour)})
		if err != nil {
			s.err = fmt.Errorf("register namespace %s: %w", name, err)
			return
		}
		s.namespaces <- name
	}
}

func (s *temporalServer) stop() error {
	if s.server == nil {
		return nil
	}
	return s.server.Stop()
}

// namespace lends a namespace until the test ends.
func (s *temporalServer) namespace(t *testing.T) (address, namespace string) {
	t.Helper()
	s.once.Do(s.start)
	if s.err != nil {
		t.Fatal(s.err)
	}
	namespace = <-s.namespaces
	t.Cleanup(func() { s.namespaces <- namespace })
	return s.server.FrontendAddress(), namespace
}
