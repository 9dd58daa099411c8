package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Operations serves metrics and health: /metrics for Prometheus, /healthz
// while the process lives, /readyz while it can do its work.
type Operations struct {
	server   *http.Server
	listener net.Listener
	ended    chan error
}

// ServeOperations listens on an address; port 0 takes any free one. ready is
// asked by /readyz, for at most two seconds.
func ServeOperations(address string, registry *prometheus.Registry, ready func(context.Context) error, log *slog.Logger) (*Operations, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for metrics and health: %w; choose another address with worker.listen, or scim.metrics_listen for scimgw", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		if err := ready(ctx); err != nil {
			log.Warn("not ready", "error", err)
			http.Error(w, "not ready", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	})
	o := &Operations{server: &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}, listener: listener, ended: make(chan error, 1)}
	go func() { o.ended <- o.server.Serve(listener) }()
	return o, nil
}

// Address is the host:port that is listened on.
func (o *Operations) Address() string { return o.listener.Addr().String() }

// Close stops serving.
func (o *Operations) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	err := o.server.Shutdown(ctx)
	if ended := <-o.ended; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}
