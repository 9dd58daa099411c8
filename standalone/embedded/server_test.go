package embedded_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"

	"github.com/rollcall-sync/rollcall/standalone/embedded"
)

// Patient waits for the signal "go on" and returns its text.
func Patient(ctx workflow.Context) (string, error) {
	var text string
	workflow.GetSignalChannel(ctx, "go on").Receive(ctx, &text)
	return text, nil
}

// Prompt returns at once.
func Prompt(workflow.Context) (string, error) { return "done", nil }

func TestAServerInMemoryRunsAWorkflowAndKeepsIt(t *testing.T) {
	t.Parallel()
	s := start(t, embedded.Options{})
	c := dial(t, s)
	work(t, c)
	run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: taskQueue}, Prompt)
	if err != nil {
		t.Fatal(err)
	}
	var got string
	if err := run.Get(t.Context(), &got); err != nil || got != "done" {
		t.Fatalf("got %q, %v; want done", got, err)
	}
	namespace, err := c.WorkflowService().DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: embedded.DefaultNamespace})
	if err != nil {
		t.Fatal(err)
	}
	if kept := namespace.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration(); kept != embedded.Retention {
		t.Errorf("closed workflows are kept for %s, want %s", kept, embedded.Retention)
	}
	if s.UIURL() != "" {
		t.Errorf("there is a Web UI at %s though none was asked for", s.UIURL())
	}
}

func TestAnAddressInUseIsNamed(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	taken := l.Addr().String()

	for service, o := range map[string]embedded.Options{
		"Temporal":        {FrontendAddress: taken},
		"Temporal Web UI": {UIAddress: taken},
	} {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			_, err := embedded.Start(t.Context(), o)
			var inUse *embedded.AddressInUseError
			if !errors.As(err, &inUse) || inUse.Service != service || inUse.Address != taken {
				t.Fatalf("got %v, want an AddressInUseError of %s at %s", err, service, taken)
			}
		})
	}
}

func TestAnAddressThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"7233", "example.org:7233", "127.0.0.1:http", "127.0.0.1:70000"} {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			if s, err := embedded.Start(t.Context(), embedded.Options{FrontendAddress: address}); err == nil {
				t.Error("accepted", s.FrontendAddress(), s.Stop())
			} else if !strings.Contains(err.Error(), address) {
				t.Errorf("%v does not name the address", err)
			}
		})
	}
}

func TestServersOfOneProcessGetPortsAndStateOfTheirOwn(t *testing.T) {
	t.Parallel()
	var servers [3]*embedded.Server
	inParallel(servers[:], func(i int) {
		s, err := embedded.Start(t.Context(), embedded.Options{UIAddress: "127.0.0.1:0"})
		if err != nil {
			t.Error(err)
			return
		}
		servers[i] = s
	})
	t.Cleanup(func() {
		inParallel(servers[:], func(i int) {
			if servers[i] != nil {
				stop(t, servers[i])
			}
		})
	})
	if t.Failed() {
		return
	}
	if _, err := dial(t, servers[0]).ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "mine", TaskQueue: taskQueue}, Prompt); err != nil {
		t.Fatal(err)
	}
	for _, s := range servers[1:] {
		var notFound *serviceerror.NotFound
		if _, err := dial(t, s).DescribeWorkflowExecution(t.Context(), "mine", ""); !errors.As(err, &notFound) {
			t.Errorf("another server knows the workflow: %v", err)
		}
	}
}

func TestTheWebUIShowsTheServerAndFetchesNoNews(t *testing.T) {
	t.Parallel()
	s := start(t, embedded.Options{UIAddress: "127.0.0.1:0"})
	if body := get(t, s.UIURL()); !strings.Contains(strings.ToLower(body), "<!doctype html>") {
		t.Errorf("the front page is not HTML:\n%.200s", body)
	}
	if body := get(t, s.UIURL()+"/api/v1/namespaces"); !strings.Contains(body, `"default"`) {
		t.Errorf("the Web UI does not see the namespace:\n%.500s", body)
	}
	if body := get(t, s.UIURL()+"/api/v1/settings"); !strings.Contains(body, `"DisableNewsFetch":true`) {
		t.Errorf("the Web UI would fetch news:\n%.1000s", body)
	}
}

func TestAStoppedServerListensNoMoreAndStopsAgain(t *testing.T) {
	t.Parallel()
	s := start(t, embedded.Options{UIAddress: "127.0.0.1:0"})
	for range 2 {
		if err := s.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	for _, address := range []string{s.FrontendAddress(), strings.TrimPrefix(s.UIURL(), "http://")} {
		if conn, err := net.Dial("tcp", address); err == nil {
			t.Errorf("%s still listens", address)
			_ = conn.Close()
		}
	}
}

func TestAStartIsNotBegunForAContextThatHasEnded(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := embedded.Start(ctx, embedded.Options{Dir: t.TempDir()}); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want context.Canceled", err)
	}
}

// syncBuffer may be written to by several goroutines.
