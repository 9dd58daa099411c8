package scenario

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	sdkpb "go.temporal.io/api/sdk/v1"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/proto"

	"github.com/rollcall-sync/rollcall/internal/temporal"
	"github.com/rollcall-sync/rollcall/standalone/embedded"
)

// ownServer starts a Temporal server for one test, for those that look at all
// of a namespace or need settings of their own.
func ownServer(t *testing.T, o embedded.Options) *embedded.Server {
	t.Helper()
	o.SearchAttributes, o.Synchronous = temporal.SearchAttributes(), embedded.SynchronousNormal
	server, err := embedded.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// on moves a scenario that has not started to another Temporal server.
func (s *scenario) on(server *embedded.Server) *scenario {
	s.Config.Temporal.Address, s.Config.Temporal.Namespace = server.FrontendAddress(), embedded.DefaultNamespace
	return s
}

// chain returns the histories of a workflow, one for each time that it
// continued as new, from the first run on.
func chain(ctx context.Context, t *testing.T, c client.Client, workflowID, runID string) []*history.History {
	t.Helper()
	var all []*history.History
	for runID != "" {
		events := c.GetWorkflowHistory(ctx, workflowID, runID, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		one := &history.History{}
		runID = ""
		for events.HasNext() {
			event, err := events.Next()
			if err != nil {
				t.Fatal(err)
			}
			one.Events = append(one.Events, event)
			if anew := event.GetWorkflowExecutionContinuedAsNewEventAttributes(); anew != nil {
				runID = anew.NewExecutionRunId
			}
		}
		all = append(all, one)
	}
	return all
}

// metadata is what the Web UI shows beside a workflow: its current details above all.
func metadata(ctx context.Context, t *testing.T, c client.Client, workflowID, runID string) *sdkpb.WorkflowMetadata {
	t.Helper()
	answer, err := c.QueryWorkflow(ctx, workflowID, runID, "__temporal_workflow_metadata")
	if err != nil {
		t.Fatal(err)
	}
	m := &sdkpb.WorkflowMetadata{}
	if err := answer.Get(m); err != nil {
		t.Fatal(err)
	}
	return m
}

// texts returns every string in a message, those inside payloads too.
func texts(t *testing.T, m proto.Message) []string {
	t.Helper()
	encoded, err := temporalproto.CustomJSONMarshalOptions{}.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var value any
	if err := json.Unmarshal(encoded, &value); err != nil {
		t.Fatal(err)
	}
	return textsIn(value)
}

func textsIn(value any) []string {
	switch v := value.(type) {
	case map[string]any:
		var all []string
		for key, inner := range v {
			all = append(append(all, key), textsIn(inner)...)
		}
		return all
	case []any:
		var all []string
		for _, inner := range v {
			all = append(all, textsIn(inner)...)
		}
		return all
	case string:
		all := []string{v}
		decoded, err := base64.StdEncoding.DecodeString(v)
		if err != nil || len(decoded) == 0 || !utf8.Valid(decoded) {
			return all
		}
		all = append(all, string(decoded))
		var inner any
		if strings.ContainsAny(string(decoded[:1]), `{["`) && json.Unmarshal(decoded, &inner) == nil {
			all = append(all, textsIn(inner)...)
		}
		return all
	}
	return nil
}
