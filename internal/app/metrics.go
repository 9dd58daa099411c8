package app

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// runMetrics count what runs came to. Labels are names from the configuration
// and words of Rollcall's own, never anything of a person.
type runMetrics struct {
	runs    *prometheus.CounterVec
	changes *prometheus.CounterVec
	ended   *prometheus.GaugeVec
	held    *prometheus.GaugeVec
}

func newRunMetrics(registry prometheus.Registerer) (*runMetrics, error) {
	m := &runMetrics{
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "rollcall_runs_total",
			Help: "Runs that ended, by connection and outcome."}, []string{"connection", "outcome"}),
		changes: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "rollcall_changes_total",
			Help: "Changes of runs that ended, by connection, target, kind and what became of them."}, []string{"connection", "target", "kind", "state"}),
		ended: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "rollcall_last_run_timestamp_seconds",
			Help: "When the last run with that outcome ended, in Unix time."}, []string{"connection", "outcome"}),
		held: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "rollcall_held_removals",
			Help: "Removals that the guard held in the last run."}, []string{"connection"}),
	}
	for _, c := range []prometheus.Collector{m.runs, m.changes, m.ended, m.held} {
		if err := registry.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return m, nil
}

// runEnded counts a run that ended.
func (m *runMetrics) runEnded(connection string, result workflows.SyncResult, counts []store.Count, at time.Time) {
	m.runs.WithLabelValues(connection, result.Outcome).Inc()
	m.ended.WithLabelValues(connection, result.Outcome).Set(float64(at.UnixMilli()) / 1000)
	m.held.WithLabelValues(connection).Set(float64(result.Held))
	for _, c := range counts {
		m.changes.WithLabelValues(connection, c.Target, c.Kind, c.State).Add(float64(c.Count))
	}
}
