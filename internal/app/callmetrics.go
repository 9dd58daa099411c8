package app

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// callMetrics count the calls to sources and targets. Calls are named by
// method and path template, so that no id and nobody's name is in a label.
type callMetrics struct {
	calls   *prometheus.CounterVec
	seconds *prometheus.HistogramVec
	now     func() time.Time
}

// callBuckets are seconds: a server in the next rack answers in some
// milliseconds, an invitation of 25 people takes seconds, and DefaultTimeout
// of a target is 30 s.
func callBuckets() []float64 { return []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30} }

func newCallMetrics(registry prometheus.Registerer, now func() time.Time) (*callMetrics, error) {
	m := &callMetrics{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "rollcall_calls_total",
			Help: "Calls to sources and targets, by connection, part (source, or the target's name), call and status class (429 is one of its own, none is a call without an answer)."},
			[]string{"connection", "part", "call", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "rollcall_call_seconds", Buckets: callBuckets(),
			Help: "Seconds until a call to a source or target began to be answered, or failed, by connection, part and call."},
			[]string{"connection", "part", "call"}),
		now: now,
	}
	for _, c := range []prometheus.Collector{m.calls, m.seconds} {
		if err := registry.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return m, nil
}

// around counts what goes through base; nil metrics count nothing. name must
// give a template, never a path.
func (m *callMetrics) around(base http.RoundTripper, connection, part string, name func(*http.Request) string) http.RoundTripper {
	if m == nil {
		return base
	}
	return &countedCalls{base: base, name: name,
		calls:   m.calls.MustCurryWith(prometheus.Labels{"connection": connection, "part": part}),
		seconds: m.seconds.MustCurryWith(prometheus.Labels{"connection": connection, "part": part}), now: m.now}
}

type countedCalls struct {
	base    http.RoundTripper
	name    func(*http.Request) string
	calls   *prometheus.CounterVec
	seconds prometheus.ObserverVec
	now     func() time.Time
}

// RoundTrip makes and counts one call.
func (c *countedCalls) RoundTrip(req *http.Request) (*http.Response, error) {
	call, started := c.name(req), c.now()
	response, err := c.base.RoundTrip(req)
	c.seconds.WithLabelValues(call).Observe(max(0, c.now().Sub(started)).Seconds())
	c.calls.WithLabelValues(call, statusClass(response)).Inc()
	return response, err
}

// statusClass is "2xx" and so on; a 429 stands for itself, since it is what
// one looks for.
func statusClass(response *http.Response) string {
	switch {
	case response == nil:
		return "none"
	case response.StatusCode == http.StatusTooManyRequests:
		return "429"
	}
	return strconv.Itoa(response.StatusCode/100) + "xx"
}
