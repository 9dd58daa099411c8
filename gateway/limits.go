package gateway

import (
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// logins counts failed logins by address, so that one that guesses tokens
// keeps the database busy no longer than a moment.
type logins struct {
	limit int
	mu    sync.Mutex
	// windows are those of the last minute.
	windows map[netip.Addr]*window
	// good are digests of tokens that were right once. They are looked up as
	// ever, but not refused unseen: behind one proxy there may be somebody
	// with a wrong token beside the identity provider.
	good map[string]bool
}

type window struct {
	ends   time.Time
	failed int
}

const (
	loginWindow = time.Minute
	// addresses is how many are kept count of; an attacker with more has a
	// botnet, and the limit of requests at a time.
	addresses = 10_000
	// remembered is how many right tokens are.
	remembered = 1000
)

func newLogins(limit int) *logins {
	return &logins{limit: limit, windows: map[netip.Addr]*window{}, good: map[string]bool{}}
}

// blocked returns how many seconds an address has to wait; 0 for none.
func (l *logins) blocked(address netip.Addr, digest string, now time.Time) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	w, ok := l.windows[network(address)]
	if !ok || w.failed < l.limit || l.good[digest] || !now.Before(w.ends) {
		return 0
	}
	return int(math.Ceil(w.ends.Sub(now).Seconds()))
}

func (l *logins) failed(address netip.Addr, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	address = network(address)
	w, ok := l.windows[address]
	if ok && now.Before(w.ends) {
		w.failed++
		return
	}
	if !ok && len(l.windows) >= addresses {
		l.forget(now)
	}
	l.windows[address] = &window{ends: now.Add(loginWindow), failed: 1}
}

// forget drops windows that have ended and, when that is not enough, one more.
func (l *logins) forget(now time.Time) {
	for address, w := range l.windows {
		if !now.Before(w.ends) {
			delete(l.windows, address)
		}
	}
	for address := range l.windows {
		if len(l.windows) < addresses {
			return
		}
		delete(l.windows, address)
	}
}

func (l *logins) succeeded(digest string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.good[digest] {
		return
	}
	if len(l.good) >= remembered {
		clear(l.good)
	}
	l.good[digest] = true
}

// network is what one subscriber has: an IPv4 address, or a /64 of IPv6.
func network(a netip.Addr) netip.Addr {
	a = a.Unmap()
	if !a.Is6() {
		return a
	}
	p, err := a.WithZone("").Prefix(64)
	if err != nil {
		return a
	}
	return p.Addr()
}

// headerSize is about what the headers of a request took on the wire.
func headerSize(r *http.Request) int64 {
	size := int64(len(r.Method) + len(r.RequestURI) + len(r.Host))
	for name, values := range r.Header {
		for _, v := range values {
			size += int64(len(name) + len(v) + 4)
		}
	}
	return size
}

// readBody returns the body of a request that must be JSON.
func (c *call) readBody() ([]byte, error) {
	if err := acceptable(c.r.Header); err != nil {
		return nil, err
	}
	limit := c.g.settings.MaxBody
	if c.r.ContentLength > limit {
		c.g.metrics.rejected.WithLabelValues("body").Inc()
		return nil, tooLarge(limit)
	}
	body := make([]byte, 0, max(c.r.ContentLength+1, 512))
	reader := http.MaxBytesReader(c.ResponseWriter, c.r.Body, limit)
	for {
		n, err := reader.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if err == io.EOF {
			return body, nil
		}
		if err != nil {
			return nil, c.unread(err)
		}
		if len(body) == cap(body) {
			body = append(body, 0)[:len(body)]
		}
	}
}

func (c *call) unread(err error) error {
	if r := refusalOf(err); r.status == http.StatusRequestEntityTooLarge {
		c.g.metrics.rejected.WithLabelValues("body").Inc()
		return r
	}
	return &refusal{status: http.StatusBadRequest, detail: "the body ended too early, or did not come in time", cause: fmt.Errorf("read the body: %w", err)}
}

// acceptable checks the type of a body: JSON by any name, as clients do not
// agree on one, or by none (SCIM-CLIENTS.md, 1.1 and Google).
func acceptable(h http.Header) error {
	if coding := h.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return &refusal{status: http.StatusUnsupportedMediaType, detail: "the body must not be compressed"}
	}
	given := h.Get("Content-Type")
	if given == "" {
		return nil
	}
	kind, _, err := mime.ParseMediaType(given)
	if err != nil {
		kind, _, _ = strings.Cut(given, ";")
		kind = strings.ToLower(strings.TrimSpace(kind))
	}
	if kind == "application/json" || kind == "text/json" || strings.HasSuffix(kind, "+json") {
		return nil
	}
	return &refusal{status: http.StatusUnsupportedMediaType, detail: "the body must be " + contentType + " or application/json"}
}
