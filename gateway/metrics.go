package gateway

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rollcall-sync/rollcall/internal/store"
)

// metrics count requests. Labels are names of connections, routes and tokens
// from the configuration, never ids or anything of a person.
type metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inFlight prometheus.Gauge
	rejected *prometheus.CounterVec
	logins   *prometheus.CounterVec
	panics   prometheus.Counter
	unlogged prometheus.Counter
	expires  *prometheus.GaugeVec
	pending  *prometheus.GaugeVec
	oldest   *prometheus.GaugeVec
}

func newMetrics(registry *prometheus.Registry) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "rollcall_scim_requests_total",
			Help: "SCIM requests that were answered, by connection, route, method and status."}, []string{"connection", "route", "method", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "rollcall_scim_request_duration_seconds",
			Help: "How long SCIM requests took, by route.", Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}}, []string{"route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "rollcall_scim_requests_in_flight", Help: "SCIM requests that are being answered."}),
		rejected: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "rollcall_scim_rejected_total",
			Help: "SCIM requests that a limit refused: busy (scim.concurrency), logins (scim.failed_logins), body (scim.max_body), header (scim.max_header)."}, []string{"limit"}),
		logins: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "rollcall_scim_failed_logins_total",
			Help: "SCIM requests with a wrong, expired, revoked or missing token; the connection is empty when there is none of the name."}, []string{"connection"}),
		panics:   prometheus.NewCounter(prometheus.CounterOpts{Name: "rollcall_scim_panics_total", Help: "SCIM requests that met a defect of the gateway."}),
		unlogged: prometheus.NewCounter(prometheus.CounterOpts{Name: "rollcall_scim_log_dropped_total", Help: "Reads and refusals that the log of requests has no line about, because it could not be written fast enough."}),
		expires: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "rollcall_scim_token_expires_timestamp_seconds",
			Help: "When a token expires, in Unix time; tokens that never expire have no value."}, []string{"connection", "token"}),
		pending: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "rollcall_scim_inbox_pending",
			Help: "Objects that were pushed and are not applied in every target yet."}, []string{"connection"}),
		oldest: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "rollcall_scim_inbox_oldest_seconds",
			Help: "How long the oldest push that is not applied in every target has waited; 0 when there is none."}, []string{"connection"}),
	}
	if registry == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.requests, m.duration, m.inFlight, m.rejected, m.logins, m.panics, m.unlogged, m.expires, m.pending, m.oldest} {
		if err := registry.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return m, nil
}

func (m *metrics) answered(c *call, took time.Duration) {
	m.requests.WithLabelValues(c.known(), c.route, method(c.r.Method), strconv.Itoa(c.status)).Inc()
	m.duration.WithLabelValues(c.route).Observe(took.Seconds())
}

// measure renews the metrics that are read from the database.
func (g *Gateway) measure(ctx context.Context) {
	if err := errors.Join(g.measureTokens(ctx), g.measureBacklogs(ctx)); err != nil && ctx.Err() == nil {
		g.log.Warn("tokens and what waits were not measured", "error", err)
	}
}

// measureBacklogs shows how much was pushed that is still to be applied.
func (g *Gateway) measureBacklogs(ctx context.Context) error {
	backlogs, err := g.store.ScimBacklogs(ctx)
	if err != nil {
		return err
	}
	waiting := map[string]store.ScimBacklog{}
	for _, b := range backlogs {
		waiting[b.Connection] = b
	}
	for name := range g.doors {
		b := waiting[name]
		age := time.Duration(0)
		if b.Objects > 0 {
			age = max(g.now().Sub(b.Oldest), 0)
		}
		g.metrics.pending.WithLabelValues(name).Set(float64(b.Objects))
		g.metrics.oldest.WithLabelValues(name).Set(age.Seconds())
	}
	return nil
}

// measureTokens shows when tokens expire. While two tokens have one name, in a
// rotation, the later date counts: that is the one in use soon.
func (g *Gateway) measureTokens(ctx context.Context) error {
	tokens, err := g.store.ScimTokens(ctx, "")
	if err != nil {
		return err
	}
	type key struct{ connection, name string }
	latest := map[key]time.Time{}
	forever := map[key]bool{}
	for _, t := range tokens {
		k := key{t.Connection, t.Name}
		if g.doors[t.Connection] == nil || !t.Revoked.IsZero() {
			continue
		}
		if t.Expires.IsZero() {
			forever[k] = true
		}
		if t.Expires.After(latest[k]) {
			latest[k] = t.Expires
		}
	}
	g.metrics.expires.Reset()
	for k, at := range latest {
		if !forever[k] {
			g.metrics.expires.WithLabelValues(k.connection, k.name).Set(float64(at.Unix()))
		}
	}
	return nil
}
