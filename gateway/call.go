package gateway

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/http"
	"net/netip"
	"runtime/debug"
	"time"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// call is one request on its way. It is handed through the router as the
// ResponseWriter, which costs nothing, where a context would be copied.
type call struct {
	http.ResponseWriter
	g *Gateway
	r *http.Request
	// connection is the name in the path, whether there is such a one or not.
	connection string
	// door is nil until the caller has been recognised.
	door   *door
	caller store.ScimCaller
	digest string

	started   time.Time
	requestID string
	address   netip.Addr
	trusted   bool // the address in front of it is a trusted proxy
	path      string
	base      string // what baseURL found out
	route     string
	status    int
	// read is whether it changes nothing.
	read    bool
	summary string
	detail  string
	// err is for the program's log; failed is whether it deserves a warning,
	// which a client that went away does not.
	err    error
	failed bool
}

// fails notes an error for the program's log.
func (c *call) fails(err error) { c.err, c.failed = errors.Join(c.err, err), true }

// readTimeout is how long a request that changes nothing may take: plugins of
// Keycloak give up after five seconds.
const readTimeout = 4500 * time.Millisecond

// ServeHTTP answers a request.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{ResponseWriter: w, g: g, r: r, started: g.now(), requestID: requestID(r.Header), route: "none"}
	c.address, c.trusted = g.proxies.client(r)
	w.Header().Set("X-Request-Id", c.requestID)
	g.metrics.inFlight.Inc()
	defer g.metrics.inFlight.Dec()
	defer c.end()
	defer c.recover()
	select {
	case g.slots <- struct{}{}:
		defer func() { <-g.slots }()
	default:
		g.metrics.rejected.WithLabelValues("busy").Inc()
		c.respond(answer{}, busy())
		return
	}
	if headerSize(r) > g.settings.MaxHeader {
		g.metrics.rejected.WithLabelValues("header").Inc()
		c.respond(answer{}, &refusal{status: http.StatusRequestHeaderFieldsTooLarge, detail: "the headers are longer than scim.max_header allows"})
		return
	}
	g.router.ServeHTTP(c, c.locate(r))
}

// recover answers what a mistake of the program left unanswered. The value of
// a panic may hold anything, so only its type is logged.
func (c *call) recover() {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler {
		panic(v)
	}
	c.g.metrics.panics.Inc()
	detail := "of " + typeName(v)
	if e, ok := v.(interface{ RuntimeError() }); ok {
		// The runtime's own words name indices and types, never values.
		if e, ok := e.(error); ok {
			detail = e.Error()
		}
	}
	c.g.log.Error("a request was given up: panic "+detail, "request", c.requestID, "connection", c.known(), "route", c.route, "stack", string(debug.Stack()))
	if c.status == 0 {
		c.respond(answer{}, &refusal{status: http.StatusInternalServerError,
			detail: "this request met a defect of the gateway; its log has more under request " + c.requestID})
	}
}

// known is the name of the connection for metrics and logs: what a path says
// is not repeated unless it is a connection's.
func (c *call) known() string {
	if _, ok := c.g.doors[c.connection]; ok {
		return c.connection
	}
	return ""
}

// limited is the context of the request, ending when its time is over. A write
// goes on when the client hangs up: it may have been the last half of a commit.
func (c *call) limited() (context.Context, context.CancelFunc) {
	timeout := c.g.settings.RequestTimeout
	if c.read {
		return context.WithTimeout(c.r.Context(), min(timeout, readTimeout))
	}
	return context.WithTimeout(context.WithoutCancel(c.r.Context()), timeout)
}

// entra reports whether the client is Microsoft Entra ID: as configured, or by
// what it alone sends.
func (c *call) entra() bool {
	switch c.door.settings.Client {
	case config.ClientEntra:
		return true
	case config.ClientRFC:
		return false
	}
	return c.r.Header.Get("Adscimversion") != "" || hasParameter(c.r.URL.RawQuery, "aadOptscim062020")
}

// request is the call as the log of requests keeps it.
func (c *call) request() store.ScimRequest {
	return store.ScimRequest{
		ConnectionID: c.caller.ConnectionID, At: c.started, Token: c.caller.TokenName, Client: printable(c.r.UserAgent(), 200), Address: c.address.String(),
		RequestID: c.requestID, Method: c.r.Method, Path: c.path, Status: c.status, Took: c.g.now().Sub(c.started), Summary: c.summary, Detail: c.detail,
	}
}

// requestID takes the identifier that a proxy gave a request, or makes one.
func requestID(h http.Header) string {
	given := h.Get("X-Request-Id")
	if given != "" && len(given) <= 128 && given == printable(given, 128) {
		return given
	}
	var id [12]byte
	rand.Read(id[:])
	return hex.EncodeToString(id[:])
}

// printable keeps the visible ASCII of a header, up to a length.
func printable(s string, most int) string {
	kept := len(s) <= most
	for i := 0; kept && i < len(s); i++ {
		kept = s[i] >= ' ' && s[i] < 0x7f
	}
	if kept {
		return s
	}
	clean := make([]byte, 0, min(len(s), most))
	for i := 0; i < len(s) && len(clean) < most; i++ {
		if s[i] >= ' ' && s[i] < 0x7f {
			clean = append(clean, s[i])
		}
	}
	return string(clean)
}
