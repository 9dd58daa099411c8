package temporal

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"
)

// Metrics feeds the SDK's metrics into a Prometheus registry. Those to watch:
// temporal_activity_schedule_to_start_latency, temporal_workflow_task_execution_failed,
// temporal_worker_task_slots_available, temporal_num_pollers.
type Metrics struct {
	Handler  client.MetricsHandler
	provider *metric.MeterProvider
}

// NewMetrics registers with registry. Problems with a single metric go to
// onError and keep nothing from running.
func NewMetrics(registry prometheus.Registerer, onError func(error)) (*Metrics, error) {
	reader, err := exporter.New(exporter.WithRegisterer(registry), exporter.WithoutScopeInfo(), exporter.WithoutTargetInfo())
	if err != nil {
		return nil, fmt.Errorf("register Temporal's metrics: %w", err)
	}
	provider := metric.NewMeterProvider(metric.WithReader(reader))
	handler := opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{
		Meter:                provider.Meter("temporal-sdk-go"),
		OnError:              onError,
		UseMonotonicCounters: true,
	})
	return &Metrics{Handler: handler, provider: provider}, nil
}

// Close stops collecting.
func (m *Metrics) Close(ctx context.Context) error {
	if err := m.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("stop Temporal's metrics: %w", err)
	}
	return nil
}
