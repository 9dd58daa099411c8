package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"

	"github.com/rollcall-sync/rollcall/internal/store"
)

const (
	// readsListed is how many reads of one connection in a second have lines
	// of their own; the rest is counted in one line.
	readsListed = 50
	// queued is how many lines wait to be written, about two megabytes.
	queued = 4096
	// batch is how many lines one transaction writes.
	batch = 500
)

// requestLog gathers what the store does not log itself, within the
// transaction of a write: reads, and what was refused. It is written once a
// second.
type requestLog struct {
	store   Store
	metrics *metrics
	log     *slog.Logger

	mu    sync.Mutex
	lines []line
	reads map[string]*reads
	// ids of connections by name: they never change. They, and failing, belong
	// to the goroutine that writes.
	ids     map[string]int64
	failing bool
}

// line is a request with the name of its connection: that of a failed login
// has no id yet.
type line struct {
	connection string
	store.ScimRequest
}

type reads struct {
	second  int64
	listed  int
	skipped int
	// example stands for those that were skipped.
	example store.ScimRequest
}

func newRequestLog(s Store, m *metrics, log *slog.Logger) *requestLog {
	return &requestLog{store: s, metrics: m, log: log, reads: map[string]*reads{}, ids: map[string]int64{}}
}

// read notes a read, whatever it was answered.
func (l *requestLog) read(c *call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.reads[c.door.name]
	if r == nil {
		r = &reads{}
		l.reads[c.door.name] = r
	}
	if second := c.started.Unix(); second != r.second {
		r.second, r.listed = second, 0
	}
	if r.listed >= readsListed {
		if r.skipped == 0 {
			r.example = store.ScimRequest{ConnectionID: c.caller.ConnectionID, At: c.started, Token: c.caller.TokenName, Client: printable(c.r.UserAgent(), 200),
				Address: c.address.String(), Method: http.MethodGet, Status: http.StatusOK}
		}
		r.skipped++
		return
	}
	r.listed++
	l.add(line{c.door.name, c.request()})
}

// refused notes a request that was refused, of a connection that there is.
func (l *requestLog) refused(c *call) {
	if c.known() == "" {
		return
	}
	if c.read && c.door != nil {
		l.read(c)
		return
	}
	request := c.request()
	if request.Summary == "" && c.door == nil {
		request.Summary = "log in"
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.add(line{c.known(), request})
}

// note adds a line about one operation of a Bulk.
func (l *requestLog) note(connection string, r store.ScimRequest) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.add(line{connection, r})
}

func (l *requestLog) add(one line) {
	if len(l.lines) >= queued {
		l.metrics.unlogged.Inc()
		return
	}
	l.lines = append(l.lines, one)
}

// take returns what waits, with a line for the reads that have none.
func (l *requestLog) take() []line {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := l.lines
	l.lines = nil
	for name, r := range l.reads {
		if r.skipped > 0 {
			r.example.Summary = fmt.Sprintf("%d more reads", r.skipped)
			lines = append(lines, line{name, r.example})
			r.skipped = 0
		}
	}
	return lines
}

// flush writes what waits. What the database does not take waits for the next
// time, as far as there is room.
func (l *requestLog) flush(ctx context.Context) {
	for lines := l.take(); len(lines) > 0; {
		now := lines[:min(batch, len(lines))]
		if err := l.write(ctx, now); err != nil {
			if !l.failing {
				l.log.Warn("the log of requests is not written; it is tried again until it is", "error", err)
			}
			l.failing = true
			l.putBack(lines)
			return
		}
		l.failing = false
		lines = lines[len(now):]
	}
}

func (l *requestLog) write(ctx context.Context, lines []line) error {
	requests := make([]store.ScimRequest, 0, len(lines))
	for _, one := range lines {
		if one.ConnectionID == 0 {
			id, err := l.connection(ctx, one.connection)
			if errors.Is(err, store.ErrNotFound) {
				continue // it never had a token, so there is nothing to belong to
			}
			if err != nil {
				return err
			}
			one.ConnectionID = id
		}
		requests = append(requests, one.ScimRequest)
	}
	if len(requests) == 0 {
		return nil
	}
	return l.store.LogScim(ctx, requests)
}

// connection is the id of a connection.
func (l *requestLog) connection(ctx context.Context, name string) (int64, error) {
	if id, ok := l.ids[name]; ok {
		return id, nil
	}
	id, err := l.store.ConnectionID(ctx, name)
	if err == nil {
		l.ids[name] = id
	}
	return id, err
}

func (l *requestLog) putBack(lines []line) {
	l.mu.Lock()
	defer l.mu.Unlock()
	later := l.lines
	l.lines = nil
	for _, one := range append(lines, later...) {
		l.add(one)
	}
}
