package temporal_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"

	"github.com/rollcall-sync/rollcall/internal/temporal"
)

// attributeServer answers for the three calls that search attributes need.
type attributeServer struct {
	client.Client

	have            map[string]enums.IndexedValueType
	listErr, addErr error
	added           int
	queries         []string
	// unknownFor is how many queries do not know the attributes yet.
	unknownFor int
}

type operatorCalls struct {
	operatorservice.OperatorServiceClient
	*attributeServer
}

type workflowCalls struct {
	workflowservice.WorkflowServiceClient
	*attributeServer
}

func (s *attributeServer) OperatorService() operatorservice.OperatorServiceClient {
	return operatorCalls{nil, s}
}

func (s *attributeServer) WorkflowService() workflowservice.WorkflowServiceClient {
	return workflowCalls{nil, s}
}

func (s operatorCalls) ListSearchAttributes(context.Context, *operatorservice.ListSearchAttributesRequest, ...grpc.CallOption) (*operatorservice.ListSearchAttributesResponse, error) {
	return &operatorservice.ListSearchAttributesResponse{CustomAttributes: s.have}, s.listErr
}

func (s operatorCalls) AddSearchAttributes(_ context.Context, r *operatorservice.AddSearchAttributesRequest, _ ...grpc.CallOption) (*operatorservice.AddSearchAttributesResponse, error) {
	s.added++
	if s.addErr == nil {
		maps.Copy(s.have, r.SearchAttributes)
	}
	return &operatorservice.AddSearchAttributesResponse{}, s.addErr
}

func (s workflowCalls) CountWorkflowExecutions(_ context.Context, r *workflowservice.CountWorkflowExecutionsRequest, _ ...grpc.CallOption) (*workflowservice.CountWorkflowExecutionsResponse, error) {
	s.queries = append(s.queries, r.Query)
	for name := range temporal.SearchAttributes() {
		if _, ok := s.have[name]; !ok || len(s.queries) <= s.unknownFor {
			return nil, serviceerror.NewInvalidArgument("invalid query: column name '" + name + "' is not a valid search attribute")
		}
	}
	return &workflowservice.CountWorkflowExecutionsResponse{}, nil
}

func TestSearchAttributesAreAddedOnce(t *testing.T) {
	t.Parallel()
	server := &attributeServer{unknownFor: 1, have: map[string]enums.IndexedValueType{
		temporal.AttributeHeld: enums.INDEXED_VALUE_TYPE_INT, "Other": enums.INDEXED_VALUE_TYPE_TEXT,
	}}
	for range 3 {
		if err := temporal.EnsureSearchAttributes(context.Background(), server, "default"); err != nil {
			t.Fatal(err)
		}
	}
	want := temporal.SearchAttributes()
	want["Other"] = enums.INDEXED_VALUE_TYPE_TEXT
	if diff := cmp.Diff(want, server.have); diff != "" {
		t.Errorf("search attributes (-want +got):\n%s", diff)
	}
	if server.added != 1 {
		t.Errorf("added %d times; want once", server.added)
	}
	if len(server.queries) != 2 {
		t.Errorf("asked %d times until they were known; want twice: %v", len(server.queries), server.queries)
	}
}

func TestSearchAttributesThatCannotBeHadSayWhatToDo(t *testing.T) {
	t.Parallel()
	denied := serviceerror.NewPermissionDenied("Request unauthorized.", "")
	for name, test := range map[string]struct {
		server *attributeServer
		want   []string
	}{
		"adding is refused": {&attributeServer{addErr: denied, have: map[string]enums.IndexedValueType{temporal.AttributeHeld: enums.INDEXED_VALUE_TYPE_INT}},
			[]string{"tcld namespace search-attributes add --namespace prod --sa RollcallConnection=Keyword --sa RollcallFailed=Int --sa RollcallOutcome=Keyword --sa RollcallTrigger=Keyword`",
				"temporal operator search-attribute create --namespace prod --name RollcallConnection --type Keyword --name RollcallFailed --type Int"}},
		"listing is refused and they are not there": {&attributeServer{listErr: denied, have: map[string]enums.IndexedValueType{}}, []string{"--sa RollcallHeld=Int"}},
		"the call does not exist":                   {&attributeServer{listErr: serviceerror.NewUnimplemented("x"), have: map[string]enums.IndexedValueType{}}, []string{"--sa RollcallHeld=Int"}},
		"one has another type": {&attributeServer{have: map[string]enums.IndexedValueType{temporal.AttributeHeld: enums.INDEXED_VALUE_TYPE_TEXT}},
			[]string{"namespace prod: search attribute RollcallHeld is a Text, expected a Int"}},
		"the namespace does not exist": {&attributeServer{listErr: serviceerror.NewNamespaceNotFound("prod")}, []string{"temporal operator namespace create --namespace prod"}},
		"the server is down":           {&attributeServer{listErr: serviceerror.NewUnavailable("planted")}, []string{"list search attributes of namespace prod: planted"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := temporal.EnsureSearchAttributes(context.Background(), test.server, "prod")
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got  %v\nwant …%s…", err, want)
				}
			}
			var refused *temporal.AttributesRefusedError
			if isRefusal := strings.Contains(test.want[0], "--sa"); errors.As(err, &refused) != isRefusal {
				t.Errorf("error %T; want AttributesRefusedError: %v", err, isRefusal)
			}
		})
	}
}

func TestSearchAttributesThatAnAdministratorAddedAreEnough(t *testing.T) {
	t.Parallel()
	server := &attributeServer{listErr: serviceerror.NewPermissionDenied("no", ""), have: temporal.SearchAttributes()}
	if err := temporal.EnsureSearchAttributes(context.Background(), server, "prod"); err != nil {
		t.Errorf("error %v; want none, since queries know them", err)
	}
}

func TestAnotherProcessThatAddsThemFirstIsFine(t *testing.T) {
	t.Parallel()
	server := &attributeServer{addErr: serviceerror.NewAlreadyExists("x"), have: map[string]enums.IndexedValueType{}}
	// The other one's work becomes visible between the list and the query.
	other := &attributeServer{have: temporal.SearchAttributes()}
	if err := temporal.EnsureSearchAttributes(context.Background(), raced{server, other}, "default"); err != nil {
		t.Errorf("error %v; want none", err)
	}
}

// raced lists as the first server does and is queried as the second.
type raced struct {
	*attributeServer
	later *attributeServer
}

func (r raced) WorkflowService() workflowservice.WorkflowServiceClient {
	return r.later.WorkflowService()
}

func TestWaitingForSearchAttributesEndsWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	server := &attributeServer{unknownFor: 1 << 30, have: map[string]enums.IndexedValueType{}}
	err := temporal.EnsureSearchAttributes(ctx, server, "default")
	if err == nil || !strings.Contains(err.Error(), "does not know its new search attributes yet") {
		t.Errorf("error %v; want one that says what was waited for", err)
	}
}
