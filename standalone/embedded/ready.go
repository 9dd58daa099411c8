package embedded

import (
	"context"
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
)

// makeReady waits until the frontend serves and makes the search attributes
// that are missing: those of a namespace which existed before are not touched
// when the database is opened.
func (s *Server) makeReady(ctx context.Context, o Options) (err error) {
	conn, err := grpc.NewClient("passthrough:///"+s.frontend, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return fmt.Errorf("connect to Temporal: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()

	if _, err := grpc_health_v1.NewHealthClient(conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{
		Service: "temporal.api.workflowservice.v1.WorkflowService",
	}, grpc.WaitForReady(true)); err != nil {
		return fmt.Errorf("wait for Temporal to serve: %w", err)
	}
	if len(o.SearchAttributes) == 0 {
		return nil
	}

	operator := operatorservice.NewOperatorServiceClient(conn)
	existing, err := operator.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: o.Namespace})
	if err != nil {
		return fmt.Errorf("list search attributes of namespace %s: %w", o.Namespace, err)
	}
	missing := map[string]enumspb.IndexedValueType{}
	for name, kind := range o.SearchAttributes {
		if _, ok := existing.GetCustomAttributes()[name]; !ok {
			missing[name] = kind
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if _, err := operator.AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace: o.Namespace, SearchAttributes: missing,
	}); err != nil {
		return fmt.Errorf("add search attributes to namespace %s: %w", o.Namespace, err)
	}
	return nil
}
